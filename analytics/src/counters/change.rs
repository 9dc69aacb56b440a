use super::{
    CounterParams, CounterReading, Decision, LATE_MS, MAX_STEPS_PER_SECOND,
    MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT,
};

/// Longest time between the readings of two epochs for the second to be taken as begun in between, ms: a quarter hour.
/// Beyond, somebody else may have worn the device. [D]
const EPOCH_FOLLOWS_MS: u64 = 15 * 60_000;

/// What happened between two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// From when on `count` steps were taken; `None` where nothing can be said.
    pub(super) steps: Option<(i64, u64)>,
    /// What had to be decided, where it was not as plain as a count that went on.
    pub(super) decision: Option<Decision>,
}

impl Change {
    fn counted(from_ms: i64, count: u64, decision: Option<Decision>) -> Self {
        Self { steps: Some((from_ms, count)), decision }
    }

    fn nothing(decision: Decision) -> Self {
        Self { steps: None, decision: Some(decision) }
    }
}

pub(super) fn change(
    before: CounterReading,
    now: CounterReading,
    midnight_ms: Option<i64>,
    params: &CounterParams,
) -> Change {
    let walkable = |count, from_ms| plausible(count, from_ms, now.at_ms, MAX_STEPS_PER_SECOND);
    if now.epoch != before.epoch {
        let follows =
            now.at_ms.abs_diff(before.at_ms) <= EPOCH_FOLLOWS_MS && walkable(now.value, before.at_ms);
        return match follows {
            true => Change::counted(before.at_ms, now.value, Some(Decision::NewCount)),
            false => Change::nothing(Decision::OtherCount),
        };
    }
    // The same value again is yesterday's, still shown; but for 0, which may be today's.
    let may_be_new = now.value != before.value || now.value == 0;
    if let Some(midnight_ms) = midnight_ms.filter(|_| params.resets_daily && may_be_new) {
        let since_midnight =
            plausible(now.value, midnight_ms, now.at_ms, MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT);
        // Where that cannot be walked it may have restarted before midnight, which is looked at below.
        if since_midnight || (now.value < before.value && walkable(now.value, midnight_ms)) {
            return Change::counted(midnight_ms, now.value, Some(Decision::DailyReset));
        }
    }
    if let Some(count) = now.value.checked_sub(before.value) {
        if !walkable(count, before.at_ms) {
            return Change::nothing(Decision::Unexplained);
        }
        let is_stale = count == 0 && now.value > 0 && params.resets_daily && midnight_ms.is_some();
        return Change::counted(before.at_ms, count, is_stale.then_some(Decision::Stale));
    }
    if let Some(count) =
        rolled_over(before.value, now.value, params).filter(|&count| walkable(count, before.at_ms))
    {
        return Change::counted(before.at_ms, count, Some(Decision::Rollover));
    }
    // A daily counter may also restart late, after it had stood still on yesterday's value.
    if (params.resets_on_reboot || params.resets_daily) && walkable(now.value, before.at_ms) {
        return Change::counted(before.at_ms, now.value, Some(Decision::Restart));
    }
    Change::nothing(Decision::Unexplained)
}

/// Widths of counters whose maker tells none, in bits.
const USUAL_WIDTHS: [u8; 3] = [16, 24, 32];
/// Most steps below its greatest value at which a counter of untold width is taken to have come to it: of 16 bits a
/// sixty-fourth. Who begins anew just there by chance is one in that many. [D]
const NEAR_THE_TOP: u64 = 1 << 10;

/// Steps of a counter that came to its greatest value and went on from zero; `None` where it cannot have.
fn rolled_over(before: u64, now: u64, params: &CounterParams) -> Option<u64> {
    let over = |bits: u8| {
        let rest = (1_u64 << bits).checked_sub(before)?;
        Some((rest, rest.checked_add(now)?))
    };
    match params.width_bits {
        Some(bits) => over(bits).map(|(_, count)| count),
        // No day has as many steps as 16 bits hold.
        None if params.resets_daily => None,
        None => {
            let mut rolled = USUAL_WIDTHS.into_iter().filter_map(over);
            rolled.find(|(rest, _)| *rest <= NEAR_THE_TOP).map(|(_, count)| count)
        }
    }
}

pub(super) fn plausible(count: u64, from_ms: i64, to_ms: i64, most_per_second: u64) -> bool {
    let elapsed_ms = to_ms.abs_diff(from_ms).saturating_add(LATE_MS);
    u128::from(count) * 1000 <= u128::from(most_per_second) * u128::from(elapsed_ms)
}

/// The last local midnight before one reading and not before the other: what is read at midnight itself is of the day that ends.
pub(super) fn midnight_between(before_ms: i64, now_ms: i64, day_starts_ms: &[i64]) -> Option<i64> {
    let index = day_starts_ms.partition_point(|&start| start < now_ms).checked_sub(1)?;
    Some(day_starts_ms[index]).filter(|&midnight| midnight >= before_ms)
}
