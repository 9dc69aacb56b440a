use std::ops::Range;

use crate::minutes::MinuteState;
use crate::source_minutes::SourceMinutes;
use crate::step_grid::MICRO;

/// Times that are spoken for: sorted, and apart from each other.
#[derive(Debug, Default)]
pub(super) struct Covered(Vec<Range<i64>>);

impl Covered {
    pub(super) fn extend(&mut self, times: impl Iterator<Item = Range<i64>>) {
        self.0.extend(times.filter(|time| time.start < time.end));
        self.0.sort_unstable_by_key(|time| (time.start, time.end));
        self.0.dedup_by(|next, before| {
            let meets = next.start <= before.end;
            if meets {
                before.end = before.end.max(next.end);
            }
            meets
        });
    }

    /// How much of a time is not spoken for, ms.
    fn open_ms(&self, time: &Range<i64>) -> i64 {
        let first = self.0.partition_point(|covered| covered.end <= time.start);
        let within = self.0[first..].iter().take_while(|covered| covered.start < time.end);
        let covered: i64 =
            within.map(|covered| covered.end.min(time.end) - covered.start.max(time.start)).sum();
        time.end - time.start - covered
    }
}

/// The steps of a source that lie outside of what is spoken for, by minute. A record that is spoken for in part gives its
/// even share over the rest; what is lost by rounding is carried on to the next such minute.
pub(super) fn share_outside(one: &SourceMinutes, covered: &Covered) -> Vec<u16> {
    let mut steps = vec![0_u16; one.state.len()];
    let mut carried = 0_i64;
    for pieces in one.pieces.chunk_by(|a, b| a.minute == b.minute) {
        let minute = pieces[0].minute;
        if one.state[minute] == MinuteState::Unknown {
            continue;
        }
        let (mut own, mut open) = (0_u64, 0_u64);
        for piece in pieces {
            let length_ms = (piece.end_ms - piece.start_ms).max(1);
            let open_ms = covered.open_ms(&(piece.start_ms..piece.end_ms));
            let share = u128::from(piece.micro_steps) * u128::from(open_ms.unsigned_abs())
                / u128::from(length_ms.unsigned_abs());
            own += piece.micro_steps;
            open += u64::try_from(share).unwrap_or(piece.micro_steps);
        }
        let signed = |micro: u64| i64::try_from(micro).unwrap_or(i64::MAX);
        if own == open {
            steps[minute] = one.steps[minute];
            carried += signed(open) - signed(u64::from(one.steps[minute]) * MICRO);
            continue;
        }
        let micro = u64::try_from(signed(open) + carried).unwrap_or(0);
        // A minute never gives more than the source counted in it.
        steps[minute] = u16::try_from(micro / MICRO).unwrap_or(u16::MAX).min(one.steps[minute]);
        carried += signed(open) - signed(u64::from(steps[minute]) * MICRO);
    }
    steps
}
