//! Cumulative step counters to steps: the one place where deltas are made.
//!
//! Counters are stored as they are; this reads them. It knows daily resets, reboots, rollovers, values that are stale
//! after midnight, holes, and jumps that no one can walk. A delta over a hole stays one long interval, which
//! [`merge_day`](crate::merge_day) treats as unresolved: never one minute's cadence.

mod change;

use std::ops::Range;

use crate::error::{AnalyticsError, check_range};
use crate::sources::StepInterval;
use crate::step_grid::LONGEST_RECORD_MS;
use change::{Change, change, midnight_between, plausible};

/// Name and version of the rules.
pub const COUNTER_VERSION: &str = "counter-delta-v6";

/// Most believable steps per second over any interval: 4 (docs/methods.md, Counters) [D].
pub const MAX_STEPS_PER_SECOND: u64 = 4;

/// Time by which values may come later than they were counted, ms: a radio link delivers in bunches. 10 s [D].
const LATE_MS: u64 = 10_000;

/// Most believable steps per second from midnight to a reading, in telling a counter that restarted from one that is
/// stale: 2, a brisk walk without rest. [D]
const MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT: u64 = 2;

/// Longest interval that says when its steps were walked, ms: [`crate::step_grid`]'s.
const HOLE_MS: u64 = LONGEST_RECORD_MS as u64;

/// How far apart two readings of a counter may lie for their difference to be spread over the time between, ms: a week, as
/// long as a ring or a band stores. What lies further apart says nothing of any day. [D]
pub const MOST_APART_MS: u64 = 7 * 86_400_000;

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

/// What had to be decided about a reading, where it was not as plain as a count that went on within its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// The first reading: what it counted before is not known, but since midnight where the counter restarts daily and that
    /// can be walked.
    First,
    /// It restarted at midnight. What was walked behind the last reading of the day before is not known.
    DailyReset,
    /// It restarted at some time. What was walked between the reading before and then is not known.
    Restart,
    /// It came to its greatest value and went on from zero.
    Rollover,
    /// The device began another count, within minutes of the last.
    NewCount,
    /// The device began another count, and nobody knows when.
    OtherCount,
    /// It still shows yesterday's value, so nothing was walked as far as it tells.
    Stale,
    /// It fell and rose again: the value in between was an old one, and is left out.
    RoseAgain,
    /// Steps of an interval of more than a quarter hour: they count, and nobody knows when they were.
    Hole,
    /// Steps of an interval with midnight in it: each day gets its even share.
    OverMidnight,
    /// The readings lie more than [`MOST_APART_MS`] apart: what is between says nothing of any day.
    TooFarApart,
    /// Several values at one instant: the greatest counts.
    SameInstant,
    /// A change that no rule explains, or that nobody can walk: it gives no steps.
    Unexplained,
}

impl Decision {
    /// Every decision, in the order of their names here.
    pub const ALL: [Self; 13] = [
        Self::First,
        Self::DailyReset,
        Self::Restart,
        Self::Rollover,
        Self::NewCount,
        Self::OtherCount,
        Self::Stale,
        Self::RoseAgain,
        Self::Hole,
        Self::OverMidnight,
        Self::TooFarApart,
        Self::SameInstant,
        Self::Unexplained,
    ];

    /// Whether steps before the reading may be missing from those that it gives.
    #[must_use]
    pub fn loses_steps(self) -> bool {
        matches!(self, Self::Restart | Self::OtherCount | Self::TooFarApart | Self::Unexplained)
    }

    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::DailyReset => "daily_reset",
            Self::Restart => "restart",
            Self::Rollover => "rollover",
            Self::NewCount => "new_count",
            Self::OtherCount => "other_count",
            Self::Stale => "stale",
            Self::RoseAgain => "rose_again",
            Self::Hole => "hole",
            Self::OverMidnight => "over_midnight",
            Self::TooFarApart => "too_far_apart",
            Self::SameInstant => "same_instant",
            Self::Unexplained => "unexplained",
        }
    }
}

/// A decision about one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterNote {
    /// The time that it is about begins here, ms since 1970 UTC: at the reading before, or at the reading itself.
    pub from_ms: i64,
    /// The reading's instant, ms since 1970 UTC.
    pub at_ms: i64,
    /// What was decided.
    pub decision: Decision,
    /// What the counter stood at before; `None` for the first reading.
    pub before: Option<u64>,
    /// What it stood at.
    pub value: u64,
    /// Steps that it gives; `None` where nothing can be said.
    pub steps: Option<u64>,
}

impl CounterNote {
    /// Whether it is about any time of a day with these bounds.
    #[must_use]
    pub fn is_about(&self, bounds: &Range<i64>) -> bool {
        self.from_ms < bounds.end && self.at_ms >= bounds.start
    }
}

/// Steps read from a counter, and what had to be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CounterSteps {
    /// Steps between readings, by time.
    pub steps: Vec<StepInterval>,
    /// Every decision, by the time of its reading; a reading may have several.
    pub notes: Vec<CounterNote>,
    /// Of a counter that restarts daily, what it stood at last on each day, by the day's first instant: its own total.
    pub day_totals: Vec<(i64, u64)>,
}

impl CounterSteps {
    /// How often something was decided.
    #[must_use]
    pub fn count(&self, decision: Decision) -> usize {
        self.notes.iter().filter(|note| note.decision == decision).count()
    }
}

/// Steps between the readings of one count of a device, in any order, each as often as it came.
///
/// `day_starts_ms` are the local midnights that the readings may span, sorted (from
/// [`HomeZones::bounds`](crate::HomeZones::bounds)). Source: docs/methods.md, Counters.
#[must_use]
pub fn counter_steps(
    readings: &[CounterReading],
    day_starts_ms: &[i64],
    params: &ValidCounterParams,
) -> CounterSteps {
    let mut sorted = readings.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut out = CounterSteps::default();
    let mut last: Option<CounterReading> = None;
    // The one before a reading that fell for no reason.
    let mut fell_from: Option<CounterReading> = None;
    // Yesterday's value, while it is still shown.
    let mut stale: Option<u64> = None;
    for same in sorted.chunk_by(|a, b| a.at_ms == b.at_ms) {
        let reading = same[same.len() - 1];
        if let [.., other, _] = same {
            out.note(reading.at_ms, reading, Decision::SameInstant, Some(other.value), None);
        }
        let Some(previous) = last.replace(reading) else {
            let steps = first(reading, day_starts_ms, &params.0);
            let from_ms = steps.map_or(reading.at_ms, |(from_ms, _)| from_ms);
            out.note(from_ms, reading, Decision::First, None, steps.map(|(_, count)| count));
            out.push(steps, reading.at_ms);
            if steps.is_some() {
                out.stands_at(reading, day_starts_ms);
            }
            continue;
        };
        let rose_again = fell_from.take().filter(|high| rises(*high, reading));
        if rose_again.is_some() {
            out.note(previous.at_ms, previous, Decision::RoseAgain, Some(previous.value), None);
        }
        let before = rose_again.unwrap_or(previous);
        if reading.at_ms.abs_diff(before.at_ms) > MOST_APART_MS {
            out.note(before.at_ms, reading, Decision::TooFarApart, Some(before.value), None);
            continue;
        }
        let midnight = midnight_between(before.at_ms, reading.at_ms, day_starts_ms);
        let Change { steps, decision } = change(before, reading, midnight, &params.0);
        let count = steps.map(|(_, count)| count);
        if let Some(decision) = decision {
            out.note(before.at_ms, reading, decision, Some(before.value), count);
        }
        let restarted = decision == Some(Decision::Restart);
        if let Some((from_ms, count)) = steps.filter(|(_, count)| *count > 0 || restarted) {
            let count = Some(count);
            if reading.at_ms.abs_diff(from_ms) > HOLE_MS {
                out.note(from_ms, reading, Decision::Hole, Some(before.value), count);
            }
            if midnight.is_some_and(|midnight| from_ms < midnight && midnight < reading.at_ms) {
                out.note(from_ms, reading, Decision::OverMidnight, Some(before.value), count);
            }
        }
        stale = match decision {
            Some(Decision::Stale) => Some(reading.value),
            _ => stale.filter(|&value| value == reading.value),
        };
        if params.0.resets_daily && steps.is_some() && stale.is_none() {
            out.stands_at(reading, day_starts_ms);
        }
        if decision == Some(Decision::Unexplained) {
            fell_from = Some(before).filter(|before| reading.value < before.value);
        }
        // A counter that began anew within a hole tells of nothing before its zero: no step is known, and no rest.
        let silent = restarted && reading.at_ms.abs_diff(before.at_ms) > HOLE_MS;
        out.push(steps.filter(|(_, count)| *count > 0 || !silent), reading.at_ms);
    }
    out
}

/// What the first reading of a counter that restarts daily says of the time since its midnight.
fn first(reading: CounterReading, day_starts_ms: &[i64], params: &CounterParams) -> Option<(i64, u64)> {
    let midnight =
        midnight_between(i64::MIN, reading.at_ms, day_starts_ms).filter(|_| params.resets_daily)?;
    let walked = plausible(reading.value, midnight, reading.at_ms, MAX_STEPS_PER_SECOND_SINCE_MIDNIGHT);
    (walked && midnight < reading.at_ms).then_some((midnight, reading.value))
}

/// Whether a count goes on from a higher one that came before a lower.
fn rises(high: CounterReading, reading: CounterReading) -> bool {
    high.epoch == reading.epoch
        && reading
            .value
            .checked_sub(high.value)
            .is_some_and(|count| plausible(count, high.at_ms, reading.at_ms, MAX_STEPS_PER_SECOND))
}

impl CounterSteps {
    fn note(
        &mut self,
        from_ms: i64,
        reading: CounterReading,
        decision: Decision,
        before: Option<u64>,
        steps: Option<u64>,
    ) {
        let CounterReading { at_ms, value, .. } = reading;
        self.notes.push(CounterNote { from_ms, at_ms, decision, before, value, steps });
    }

    /// Notes a value as the total of its day so far.
    fn stands_at(&mut self, reading: CounterReading, day_starts_ms: &[i64]) {
        let Some(day_ms) = midnight_between(i64::MIN, reading.at_ms, day_starts_ms) else { return };
        match self.day_totals.last_mut() {
            Some((day, value)) if *day == day_ms => *value = reading.value,
            _ => self.day_totals.push((day_ms, reading.value)),
        }
    }

    fn push(&mut self, steps: Option<(i64, u64)>, end_ms: i64) {
        if let Some((start_ms, count)) = steps {
            // A plausible count of a week is far below the limit of u32.
            self.steps.push(StepInterval {
                start_ms,
                end_ms,
                count: u32::try_from(count).unwrap_or(u32::MAX),
            });
        }
    }
}

#[cfg(test)]
mod tests;
