//! Step intervals of one source on a grid of minutes.
//!
//! An interval of up to a minute belongs to the minute of its middle and is that minute's cadence. A longer one is
//! *unresolved*: its steps are spread evenly over the time that nothing shorter covers, so that totals hold, but a minute
//! with such steps has no cadence. A longer interval of zero steps is resolved: each of its minutes is zero.
//!
//! Steps of an interval longer than devices record ([`LONGEST_RECORD_MS`]) are *adrift*: a counter that was not heard for
//! hours tells how many there were and not when. They count for the day, and no minute of it moved or was worn for them.

use std::ops::Range;

use crate::error::AnalyticsError;
use crate::minutes::{DayFlags, MINUTE_MS};
use crate::source_minutes::{Window, length, sorted};
use crate::sources::StepInterval;

/// Name and version of the rule.
pub const STEP_GRID_VERSION: &str = "step-grid-v5";

/// Longest interval whose steps are a minute's cadence, in ms: a minute and a second of clock jitter. [D]
const RESOLVED_MS: i64 = MINUTE_MS + 1000;

/// Longest interval whose steps say that somebody moved within it, in ms: a quarter hour, the longest epoch that wearables
/// record by themselves (Colmi rings), and a second of clock jitter. What is longer is a hole between two looks at a
/// counter. [D]
pub(crate) const LONGEST_RECORD_MS: i64 = 15 * MINUTE_MS + 1000;

/// Most believable steps per minute: 5 a second, above any sprint (docs/methods.md takes about 4 a second as plausible
/// for walking people; the margin keeps runners). [D]
pub const MAX_STEPS_PER_MINUTE: u32 = 300;

/// Minutes of steps. All vectors have one entry per minute of the window.
#[derive(Debug)]
pub(crate) struct StepGrid {
    /// 0 where absent.
    pub(crate) steps: Vec<u16>,
    pub(crate) present: Vec<bool>,
    pub(crate) resolved: Vec<bool>,
    /// The minute's even share of steps of which nobody knows when they were.
    pub(crate) adrift: Vec<u16>,
    /// A reading was ignored here: silence would be the wrong word for it.
    pub(crate) refused: Vec<bool>,
    /// The same record by record: minutes, and the share of each.
    pub(crate) drifts: Vec<Vec<(usize, u16)>>,
    /// What `steps` are made of, by minute and time.
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a record, or a short record as a whole, whose steps are counted in one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece {
    pub(crate) minute: usize,
    /// Its own time, ms since 1970 UTC: that of a short record may reach over the edge of its minute.
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    /// In millionths of a step, since an even share of a long record is seldom whole.
    pub(crate) micro_steps: u64,
}

/// Millionths of a step in a step.
pub(crate) const MICRO: u64 = 1_000_000;

impl StepGrid {
    /// Adds what the same device counted apart from this, and at the same time.
    pub(crate) fn beside(&mut self, other: Self) {
        for minute in 0..self.steps.len() {
            self.resolved[minute] = match (self.present[minute], other.present[minute]) {
                (true, true) => self.resolved[minute] && other.resolved[minute],
                (true, false) => self.resolved[minute],
                (false, _) => other.resolved[minute],
            };
            self.present[minute] |= other.present[minute];
            self.refused[minute] |= other.refused[minute];
            self.steps[minute] = self.steps[minute].saturating_add(other.steps[minute]);
            self.adrift[minute] = self.adrift[minute].saturating_add(other.adrift[minute]);
        }
        self.drifts.extend(other.drifts);
        self.pieces.extend(other.pieces);
        self.pieces.sort_unstable();
    }
}

pub(crate) fn step_grid(
    readings: &[StepInterval],
    window: &Window,
    flags: &mut DayFlags,
) -> Result<StepGrid, AnalyticsError> {
    let mut sums = vec![0_u32; window.minutes];
    let mut grid = StepGrid {
        steps: vec![0; window.minutes],
        present: vec![false; window.minutes],
        resolved: vec![false; window.minutes],
        adrift: vec![0; window.minutes],
        refused: vec![false; window.minutes],
        drifts: Vec::new(),
        pieces: Vec::new(),
    };
    let mut long: Vec<(i64, StepInterval)> = Vec::new();
    let mut short: Vec<(usize, StepInterval)> = Vec::new();
    let mut kept_end_ms = i64::MIN;
    let mut kept_length_ms = 0;
    for &reading in sorted(readings).iter() {
        let length_ms = length(reading.start_ms, reading.end_ms)?;
        if length_ms > RESOLVED_MS {
            long.push((length_ms, reading));
            continue;
        }
        let Some(minute) = window.minute(reading.start_ms.saturating_add(length_ms / 2)) else { continue };
        let overlap_ms = kept_end_ms.saturating_sub(reading.start_ms).min(length_ms);
        if overlap_ms > 0 && 2 * overlap_ms > length_ms.min(kept_length_ms) {
            flags.overlapping_steps = true;
            continue;
        }
        (kept_end_ms, kept_length_ms) = (reading.end_ms, length_ms);
        short.push((minute, reading));
        sums[minute] = sums[minute].saturating_add(reading.count);
        grid.present[minute] = true;
        grid.resolved[minute] = true;
    }
    for (minute, &sum) in sums.iter().enumerate() {
        if sum > MAX_STEPS_PER_MINUTE {
            flags.implausible_steps = true;
            grid.present[minute] = false;
            grid.resolved[minute] = false;
            grid.refused[minute] = true;
        } else {
            grid.steps[minute] = u16::try_from(sum).unwrap_or(u16::MAX);
        }
    }
    // The shortest first, so that nested records are not counted twice.
    long.sort_by_key(|&(length_ms, reading)| (length_ms, reading));
    short.retain(|&(minute, _)| !grid.refused[minute]);
    let piece = |&(minute, reading): &(usize, StepInterval)| {
        let StepInterval { start_ms, end_ms, count } = reading;
        Piece { minute, start_ms, end_ms, micro_steps: u64::from(count) * MICRO }
    };
    grid.pieces.extend(short.iter().map(piece));
    let mut counted =
        Counted { short: short.into_iter().map(|(_, reading)| reading).collect(), long: Vec::new() };
    for (length_ms, reading) in long {
        spread(reading, length_ms, &mut counted, window, &mut grid, flags);
    }
    grid.pieces.sort_unstable();
    Ok(grid)
}

/// Intervals whose steps are in the grid.
struct Counted {
    /// Sorted by start; none is longer than [`RESOLVED_MS`].
    short: Vec<StepInterval>,
    /// Parts of longer ones that nothing shorter covers, so that none overlap.
    long: Vec<StepInterval>,
}

impl Counted {
    /// The parts of `reading` that others cover, sorted and apart, and the steps that are in them.
    fn within(&self, reading: StepInterval) -> (Vec<Range<i64>>, i128) {
        let first = self.short.partition_point(|other| other.start_ms < reading.start_ms - RESOLVED_MS);
        let past = self.short.partition_point(|other| other.start_ms < reading.end_ms);
        let (mut parts, mut steps): (Vec<Range<i64>>, i128) = (Vec::new(), 0);
        for other in self.short[first..past].iter().chain(&self.long) {
            let (start_ms, end_ms) = (other.start_ms.max(reading.start_ms), other.end_ms.min(reading.end_ms));
            if start_ms < end_ms {
                let length_ms = i128::from(other.end_ms) - i128::from(other.start_ms);
                steps += i128::from(other.count) * i128::from(end_ms - start_ms) / length_ms;
                parts.push(start_ms..end_ms);
            }
        }
        parts.sort_unstable_by_key(|part| part.start);
        parts.dedup_by(|next, before| {
            let meets = next.start <= before.end;
            if meets {
                before.end = before.end.max(next.end);
            }
            meets
        });
        (parts, steps)
    }
}

/// Spreads a long interval's steps over the time that nothing shorter covers, if it can be believed.
fn spread(
    reading: StepInterval,
    length_ms: i64,
    counted: &mut Counted,
    window: &Window,
    grid: &mut StepGrid,
    flags: &mut DayFlags,
) {
    let touched = window.touched(reading.start_ms, reading.end_ms);
    if touched.is_empty() {
        return;
    }
    if i128::from(reading.count) * i128::from(MINUTE_MS)
        > i128::from(MAX_STEPS_PER_MINUTE) * i128::from(length_ms)
    {
        flags.implausible_steps = true;
        grid.refused[touched].fill(true);
        return;
    }
    let (covered, covered_steps) = counted.within(reading);
    let open_ms = length_ms - covered.iter().map(|part| part.end - part.start).sum::<i64>();
    if open_ms <= 0 {
        return;
    }
    let open_steps = (i128::from(reading.count) - covered_steps).max(0);
    flags.unresolved_steps |= open_steps > 0;
    // Shares by running total, so that the minutes of neighbouring days add up to the whole.
    let share = |from_ms: i64, to_ms: i64| {
        let until = |ms: i64| open_steps * i128::from(ms) / i128::from(open_ms);
        u32::try_from(until(to_ms) - until(from_ms)).unwrap_or(u32::MAX)
    };
    let adrift = open_steps > 0 && length_ms > LONGEST_RECORD_MS;
    let mut drift: Vec<(usize, u16)> = Vec::new();
    // What lies before the window counts for the running total.
    let mut before_ms = 0;
    for open in open_parts(reading, &covered) {
        for minute in window.touched(open.start, open.end) {
            let minute_ms = window.origin_ms + minute as i64 * MINUTE_MS;
            let part = open.start.max(minute_ms)..open.end.min(minute_ms + MINUTE_MS);
            let from_ms = before_ms + (part.start - open.start);
            let part_ms = part.end - part.start;
            let steps = u16::try_from(share(from_ms, from_ms + part_ms)).unwrap_or(u16::MAX);
            let micro_steps = open_steps * i128::from(MICRO) * i128::from(part_ms) / i128::from(open_ms);
            let piece = Piece {
                minute,
                start_ms: part.start,
                end_ms: part.end,
                micro_steps: u64::try_from(micro_steps).unwrap_or(u64::MAX),
            };
            take_part(grid, piece, steps, open_steps > 0, adrift);
            match drift.last_mut().filter(|(last, _)| *last == minute) {
                Some((_, share)) => *share = share.saturating_add(steps),
                None => drift.push((minute, steps)),
            }
        }
        let after_ms = before_ms + (open.end - open.start);
        let count = share(before_ms, after_ms);
        counted.long.push(StepInterval { start_ms: open.start, end_ms: open.end, count });
        before_ms = after_ms;
    }
    if adrift {
        grid.drifts.push(drift);
    }
}

/// The parts of a record that nothing else covers.
fn open_parts(reading: StepInterval, covered: &[Range<i64>]) -> impl Iterator<Item = Range<i64>> {
    let starts = std::iter::once(reading.start_ms).chain(covered.iter().map(|part| part.end));
    let ends = covered.iter().map(|part| part.start).chain(std::iter::once(reading.end_ms));
    starts.zip(ends).map(|(start, end)| start..end).filter(|part| part.start < part.end)
}

/// Counts a part of a long record in its minute.
fn take_part(grid: &mut StepGrid, piece: Piece, steps: u16, has_steps: bool, adrift: bool) {
    let minute = piece.minute;
    if adrift {
        grid.adrift[minute] = grid.adrift[minute].saturating_add(steps);
        return;
    }
    grid.resolved[minute] =
        if grid.present[minute] { grid.resolved[minute] && steps == 0 } else { !has_steps };
    grid.steps[minute] = grid.steps[minute].saturating_add(steps);
    grid.present[minute] = true;
    grid.pieces.push(piece);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(readings: &[StepInterval]) -> (StepGrid, DayFlags) {
        let mut flags = DayFlags::default();
        let window = Window { origin_ms: 0, minutes: 10 };
        (step_grid(readings, &window, &mut flags).unwrap(), flags)
    }

    fn at(start_s: i64, end_s: i64, count: u32) -> StepInterval {
        StepInterval { start_ms: start_s * 1000, end_ms: end_s * 1000, count }
    }

    #[test]
    fn short_intervals_add_up_within_their_minute() {
        let (grid, flags) = grid(&[at(30, 60, 40), at(0, 30, 50), at(60, 120, 0)]);
        assert_eq!(grid.steps[..3], [90, 0, 0]);
        assert_eq!(grid.present[..3], [true, true, false]);
        assert_eq!(flags, DayFlags::default());
    }

    #[test]
    fn minutes_that_do_not_start_on_the_minute_keep_their_cadence() {
        let (grid, _) = grid(&[at(20, 80, 100), at(80, 140, 110)]);
        assert_eq!(grid.steps[..3], [100, 110, 0]);
    }

    #[test]
    fn a_long_interval_keeps_its_total_and_is_no_cadence() {
        let (grid, flags) = grid(&[at(60, 360, 7)]);
        assert_eq!(grid.steps[..7], [0, 1, 1, 2, 1, 2, 0]);
        assert!(grid.resolved.iter().all(|&resolved| !resolved));
        assert!(flags.unresolved_steps);
    }

    #[test]
    fn steps_of_a_hole_are_in_no_minute_and_in_the_total() {
        let (grid, flags) = grid(&[at(0, 60, 40), at(60, 3600, 590), at(-3600, 0, 100)]);
        assert_eq!(grid.steps[..2], [40, 0]);
        assert_eq!(grid.present.iter().filter(|&&present| present).count(), 1);
        // Ten minutes' share, but for the one that is known.
        assert_eq!(grid.adrift.iter().map(|&steps| u32::from(steps)).sum::<u32>(), 90);
        assert!(flags.unresolved_steps);
        // A quarter hour is a record of the device's own.
        let (record, _) = super::tests::grid(&[at(0, 900, 90)]);
        assert!(
            record.present.iter().all(|&present| present) && record.adrift.iter().all(|&steps| steps == 0)
        );
    }

    #[test]
    fn a_long_interval_of_zero_is_zero_in_every_minute() {
        let (grid, flags) = grid(&[at(0, 600, 0)]);
        assert!(grid.resolved.iter().all(|&resolved| resolved));
        assert!(!flags.unresolved_steps);
    }

    #[test]
    fn nested_records_are_not_counted_twice() {
        let (grid, _) = grid(&[at(0, 600, 100), at(60, 120, 80), at(120, 360, 12)]);
        assert_eq!(grid.steps.iter().map(|&s| u32::from(s)).sum::<u32>(), 100);
        assert_eq!(grid.steps[1], 80);
    }

    #[test]
    fn an_interval_over_the_edge_gives_each_side_its_share() {
        let reading = at(-300, 300, 101);
        let (right, _) = grid(&[reading]);
        let mut flags = DayFlags::default();
        let left = step_grid(&[reading], &Window { origin_ms: -600_000, minutes: 10 }, &mut flags).unwrap();
        let total = |grid: &StepGrid| grid.steps.iter().map(|&s| u32::from(s)).sum::<u32>();
        assert_eq!((total(&left), total(&right)), (50, 51));
    }

    #[test]
    fn intervals_that_follow_each_other_within_a_minute_keep_their_totals() {
        let total =
            |readings: &[StepInterval]| grid(readings).0.steps.iter().map(|&s| u32::from(s)).sum::<u32>();
        // A hole that ends within a minute, and the seconds behind it.
        assert_eq!(total(&[at(0, 130, 100), at(130, 131, 2), at(131, 132, 2), at(132, 192, 90)]), 194);
        // A counter that is looked at every five minutes, at odd seconds.
        assert_eq!(total(&[at(7, 207, 200), at(207, 409, 300), at(409, 590, 100)]), 600);
        let (found, _) = grid(&[at(0, 130, 100), at(130, 179, 40)]);
        assert!(!found.resolved[2], "partly spread: no cadence");
    }

    #[test]
    fn the_impossible_is_ignored_and_flagged() {
        let (grid_one, flags) = grid(&[at(0, 60, 400)]);
        assert!(!grid_one.present[0] && flags.implausible_steps);
        let (grid_two, flags) = grid(&[at(0, 60, 40), at(0, 59, 40)]);
        assert_eq!(grid_two.steps[0], 40);
        assert!(flags.overlapping_steps);
        let mut flags = DayFlags::default();
        let reversed = step_grid(&[at(60, 0, 1)], &Window { origin_ms: 0, minutes: 10 }, &mut flags);
        assert!(matches!(reversed, Err(AnalyticsError::IntervalReversed { .. })));
    }
}
