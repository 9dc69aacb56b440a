//! Cumulative step counters to steps: the one place where deltas are made.
//!
//! Counters are stored as they are; this reads them. It knows daily resets, reboots, rollovers, values that are stale
//! after midnight, holes, and jumps that no one can walk. A delta over a hole stays one long interval, which
//! [`merge_day`](crate::merge_day) treats as unresolved: never one minute's cadence.

use crate::error::{AnalyticsError, check_range};
use crate::sources::StepInterval;

/// Name and version of the rules.
pub const COUNTER_VERSION: &str = "counter-delta-v3";

/// Most believable steps per second over any interval: 4 (docs/methods.md, Counters) [D].
pub const MAX_STEPS_PER_SECOND: u64 = 4;

/// Time by which values may come later than they were counted, ms: a radio link delivers in bunches. 10 s [D].
const LATE_MS: u64 = 10_000;

/// Most believable steps per second from midnight to a reading, in telling a counter that restarted from one that is
/// stale: 2, a brisk walk without rest. [D]
const MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT: u64 = 2;

/// Longest time between the readings of two epochs for the second to be taken as begun in between, ms: a quarter hour.
/// Beyond, somebody else may have worn the device. [D]
const EPOCH_FOLLOWS_MS: u64 = 15 * 60_000;

/// One reading of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounterReading {
    /// Instant, ms since 1970 UTC.
    pub at_ms: i64,
    /// Which of the device's counts this is, where it says so: each begins at zero.
    pub epoch: u32,
    /// Steps since the counter's own zero.
    pub value: u64,
}

/// How a counter returns to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CounterParams {
    /// Width in bits after which it rolls over, if it does (8 to 63). ANT+ and FIT: 16; most others none.
    pub width_bits: Option<u8>,
    /// It restarts at local midnight (InfiniTime, Garmin's daily cycles).
    pub resets_daily: bool,
    /// It restarts when the device does (Android `TYPE_STEP_COUNTER`; nearly every watch).
    pub resets_on_reboot: bool,
}

/// [`CounterParams`] that were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidCounterParams(CounterParams);

impl CounterParams {
    /// Checks the width.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`] for a width outside 8 to 63 bits.
    pub fn check(self) -> Result<ValidCounterParams, AnalyticsError> {
        if let Some(bits) = self.width_bits {
            check_range("width_bits", bits.into(), 8.0, 63.0)?;
        }
        Ok(ValidCounterParams(self))
    }
}

/// Steps read from a counter, and what happened to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CounterSteps {
    /// Steps between readings, by time. The first reading gives none, since what it counted before is not known; only
    /// that of a counter that restarts daily tells of the time since midnight, if that can be walked.
    pub steps: Vec<StepInterval>,
    /// Times it restarted.
    pub resets: u32,
    /// Times it rolled over.
    pub rollovers: u32,
    /// Readings whose change no rule explains: they give no steps, and the next reading starts afresh from them; but after
    /// one that fell and rose again it goes on from the one before, for that one was stale.
    pub quarantined: Vec<CounterReading>,
}

/// Steps between the readings of one device's counter, in any order.
///
/// `day_starts_ms` are the local midnights that the readings may span, sorted (from
/// [`HomeZones::bounds`](crate::HomeZones::bounds)); they matter to counters that restart daily. Of several readings at
/// one instant the greatest counts. Source: docs/methods.md, Counters.
#[must_use]
pub fn counter_steps(
    readings: &[CounterReading],
    day_starts_ms: &[i64],
    params: &ValidCounterParams,
) -> CounterSteps {
    let mut sorted = readings.to_vec();
    sorted.sort_unstable();
    let mut out = CounterSteps::default();
    let mut last: Option<CounterReading> = None;
    // The one before a reading that fell for no reason.
    let mut fell_from: Option<CounterReading> = None;
    for pair in sorted.chunk_by(|a, b| a.at_ms == b.at_ms) {
        let reading = pair[pair.len() - 1];
        if last.is_none() && params.0.resets_daily {
            // It says itself what was walked since its midnight.
            let midnight = midnight_between(i64::MIN, reading.at_ms, day_starts_ms);
            let since = midnight.filter(|&midnight| {
                plausible(reading.value, midnight, reading.at_ms, MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT)
            });
            if let Some(from_ms) = since.filter(|&from_ms| from_ms < reading.at_ms) {
                push(&mut out.steps, from_ms, reading.at_ms, reading.value);
            }
        }
        let rose_again = fell_from.take().filter(|high| {
            high.epoch == reading.epoch
                && reading
                    .value
                    .checked_sub(high.value)
                    .is_some_and(|count| plausible(count, high.at_ms, reading.at_ms, MAX_STEPS_PER_SECOND))
        });
        if let Some(before) = rose_again.or(last) {
            let midnight = midnight_between(before.at_ms, reading.at_ms, day_starts_ms);
            match change(before, reading, midnight, &params.0) {
                Change::Steps { from_ms, count } => push(&mut out.steps, from_ms, reading.at_ms, count),
                Change::Reset { from_ms, count } => {
                    out.resets += 1;
                    push(&mut out.steps, from_ms, reading.at_ms, count);
                }
                Change::Rollover { count } => {
                    out.rollovers += 1;
                    push(&mut out.steps, before.at_ms, reading.at_ms, count);
                }
                Change::Epoch => {}
                Change::Unexplained => {
                    out.quarantined.push(reading);
                    fell_from = Some(before).filter(|before| reading.value < before.value);
                }
            }
        }
        last = Some(reading);
    }
    out
}

/// What happened between two readings.
enum Change {
    Steps {
        from_ms: i64,
        count: u64,
    },
    Reset {
        from_ms: i64,
        count: u64,
    },
    Rollover {
        count: u64,
    },
    /// Another count, and nobody knows what it stood at when the last one ended.
    Epoch,
    Unexplained,
}

fn change(
    before: CounterReading,
    now: CounterReading,
    midnight_ms: Option<i64>,
    params: &CounterParams,
) -> Change {
    if now.epoch != before.epoch {
        let follows = now.at_ms.abs_diff(before.at_ms) <= EPOCH_FOLLOWS_MS
            && plausible(now.value, before.at_ms, now.at_ms, MAX_STEPS_PER_SECOND);
        return match follows {
            true => Change::Reset { from_ms: before.at_ms, count: now.value },
            false => Change::Epoch,
        };
    }
    if let Some(midnight_ms) = midnight_ms.filter(|_| params.resets_daily && now.value != before.value) {
        let since_midnight =
            plausible(now.value, midnight_ms, now.at_ms, MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT);
        if now.value < before.value || since_midnight {
            return if plausible(now.value, midnight_ms, now.at_ms, MAX_STEPS_PER_SECOND) {
                Change::Reset { from_ms: midnight_ms, count: now.value }
            } else {
                Change::Unexplained
            };
        }
    }
    if let Some(count) = now.value.checked_sub(before.value) {
        return if plausible(count, before.at_ms, now.at_ms, MAX_STEPS_PER_SECOND) {
            Change::Steps { from_ms: before.at_ms, count }
        } else {
            Change::Unexplained
        };
    }
    if let Some(bits) = params.width_bits {
        let to_the_top = (1_u64 << bits).checked_sub(before.value);
        let rolled = to_the_top.and_then(|rest| rest.checked_add(now.value));
        if let Some(count) = rolled.filter(|&n| plausible(n, before.at_ms, now.at_ms, MAX_STEPS_PER_SECOND)) {
            return Change::Rollover { count };
        }
    }
    // A daily counter may also restart late, after it had stood still on yesterday's value.
    if (params.resets_on_reboot || params.resets_daily)
        && plausible(now.value, before.at_ms, now.at_ms, MAX_STEPS_PER_SECOND)
    {
        return Change::Reset { from_ms: before.at_ms, count: now.value };
    }
    Change::Unexplained
}

fn plausible(count: u64, from_ms: i64, to_ms: i64, most_per_second: u64) -> bool {
    let elapsed_ms = to_ms.abs_diff(from_ms).saturating_add(LATE_MS);
    u128::from(count) * 1000 <= u128::from(most_per_second) * u128::from(elapsed_ms)
}

/// The last local midnight after one reading and not after the other.
fn midnight_between(before_ms: i64, now_ms: i64, day_starts_ms: &[i64]) -> Option<i64> {
    let index = day_starts_ms.partition_point(|&start| start <= now_ms).checked_sub(1)?;
    Some(day_starts_ms[index]).filter(|&midnight| midnight > before_ms)
}

fn push(steps: &mut Vec<StepInterval>, start_ms: i64, end_ms: i64, count: u64) {
    // A plausible count of any interval that ms can express is far below the limit of u32 but for centuries.
    steps.push(StepInterval { start_ms, end_ms, count: u32::try_from(count).unwrap_or(u32::MAX) });
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn read(values: &[(i64, u64)]) -> Vec<CounterReading> {
        values
            .iter()
            .map(|&(hour, value)| CounterReading { at_ms: hour * HOUR_MS, epoch: 0, value })
            .collect()
    }

    fn counts(found: &CounterSteps) -> Vec<u32> {
        found.steps.iter().map(|steps| steps.count).collect()
    }

    fn run(values: &[(i64, u64)], midnights: &[i64], params: CounterParams) -> CounterSteps {
        let midnights: Vec<i64> = midnights.iter().map(|hour| hour * HOUR_MS).collect();
        counter_steps(&read(values), &midnights, &params.check().unwrap())
    }

    #[test]
    fn deltas_between_readings_and_none_before_the_first() {
        let found = run(&[(1, 500), (2, 700), (3, 700)], &[], CounterParams::default());
        assert_eq!(counts(&found), [200, 0]);
        assert_eq!(found.steps[0].start_ms, HOUR_MS);
    }

    #[test]
    fn a_reboot_behind_a_hole_counts_from_zero() {
        // The Garmin stream: 299 to 2 616, 42 h of silence, then 0, 0, 60.
        let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
        let found = run(&[(0, 299), (5, 2_616), (47, 0), (48, 0), (49, 60)], &[], params);
        assert_eq!((counts(&found), found.resets), (vec![2_317, 0, 0, 60], 1));
        let unknown = run(&[(5, 2_616), (47, 0)], &[], CounterParams::default());
        assert_eq!((unknown.steps.len(), unknown.quarantined.len()), (0, 1));
    }

    #[test]
    fn a_rollover_must_be_walkable() {
        let params = CounterParams { width_bits: Some(16), ..CounterParams::default() };
        let found = run(&[(1, 65_000), (2, 100)], &[], params);
        assert_eq!((counts(&found), found.rollovers), (vec![636], 1));
        assert_eq!(run(&[(1, 5_000), (2, 100)], &[], params).quarantined.len(), 1);
        assert!(CounterParams { width_bits: Some(64), ..params }.check().is_err());
    }

    #[test]
    fn a_daily_counter_restarts_at_midnight() {
        let params = CounterParams { resets_daily: true, ..CounterParams::default() };
        let found = run(&[(20, 5_000), (30, 800), (40, 6_000)], &[24], params);
        assert_eq!((counts(&found), found.resets), (vec![800, 5_200], 1));
        assert_eq!(found.steps[0].start_ms, 24 * HOUR_MS);
        // Above yesterday's value, but walkable since midnight: it restarted.
        let above = run(&[(20, 5_000), (42, 6_000)], &[24], params);
        assert_eq!((counts(&above), above.resets), (vec![6_000], 1));
    }

    #[test]
    fn the_first_value_of_a_daily_counter_tells_of_its_day() {
        let params = CounterParams { resets_daily: true, ..CounterParams::default() };
        let found = run(&[(30, 800), (31, 900)], &[24], params);
        assert_eq!((counts(&found), found.steps[0].start_ms), (vec![800, 100], 24 * HOUR_MS));
        // Nobody walked that within an hour: yesterday's value, or a stranger's.
        assert_eq!(counts(&run(&[(25, 13_660), (26, 13_700)], &[24], params)), [40]);
        assert_eq!(counts(&run(&[(30, 800), (31, 900)], &[], params)), [100]);
    }

    #[test]
    fn values_that_come_in_a_bunch_are_walked() {
        let found = counter_steps(
            &[(0, 100), (1_000, 100), (1_010, 106)].map(|(at_ms, value)| CounterReading {
                at_ms,
                epoch: 0,
                value,
            }),
            &[],
            &CounterParams::default().check().unwrap(),
        );
        assert_eq!(counts(&found), [0, 6]);
    }

    #[test]
    fn yesterdays_value_after_midnight_is_stale() {
        // InfiniTime kept 13 660 until the screen woke, then showed 0.
        let params = CounterParams { resets_daily: true, ..CounterParams::default() };
        let found = run(&[(23, 13_660), (25, 13_660), (31, 0), (32, 90)], &[24], params);
        assert_eq!(counts(&found), [0, 0, 90]);
    }

    #[test]
    fn a_jump_that_no_one_can_walk_is_set_aside() {
        let found = run(&[(1, 100), (2, 60_000), (3, 60_050)], &[], CounterParams::default());
        assert_eq!(counts(&found), [50]);
        assert_eq!(found.quarantined, read(&[(2, 60_000)]));
    }

    #[test]
    fn order_and_repetition_change_nothing() {
        let params = CounterParams::default();
        let once = run(&[(1, 100), (2, 200), (3, 350)], &[], params);
        assert_eq!(run(&[(3, 350), (1, 100), (2, 200), (1, 100)], &[], params), once);
    }

    fn seconds(values: &[(i64, u32, u64)], params: CounterParams) -> CounterSteps {
        let of = |&(second, epoch, value)| CounterReading { at_ms: second * 1_000, epoch, value };
        let readings: Vec<CounterReading> = values.iter().map(of).collect();
        counter_steps(&readings, &[], &params.check().unwrap())
    }

    #[test]
    fn a_stale_value_on_a_new_link_adds_nothing() {
        let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
        // What was asked for stood at 5003; what was told first is the last value of the link before.
        let found = seconds(&[(0, 0, 5_000), (10, 0, 5_003), (11, 0, 4_999), (12, 0, 5_004)], params);
        assert_eq!((counts(&found), found.quarantined.len(), found.resets), (vec![3, 1], 1, 0));
        // A device that begins lower, and goes on from there, is taken as it is.
        let found = seconds(&[(0, 0, 5_000), (10, 0, 4_000), (11, 0, 4_002), (12, 0, 4_003)], params);
        assert_eq!((counts(&found), found.quarantined.len()), (vec![2, 1], 1));
    }

    #[test]
    fn a_new_count_of_the_device_begins_at_zero() {
        let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
        let found = seconds(&[(0, 1, 100), (30, 1, 136), (40, 2, 18), (50, 2, 36)], params);
        assert_eq!((counts(&found), found.resets), (vec![36, 18, 18], 1));
        // A larger first value, and one after hours, when somebody else may have worn it.
        let found = seconds(&[(0, 1, 100), (30, 2, 500), (40, 2, 510)], params);
        assert_eq!((counts(&found), found.resets), (vec![10], 0));
        let found = seconds(&[(0, 1, 100), (7_200, 2, 18), (7_210, 2, 20)], params);
        assert_eq!(counts(&found), [2]);
    }
}
