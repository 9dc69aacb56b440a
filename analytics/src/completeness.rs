//! What was expected of a source and what has come, hour by hour, and why the rest has not.

use std::ops::Range;

use crate::error::AnalyticsError;
use crate::merge::minutes_of;
use crate::minutes::MINUTE_MS;
use crate::source_minutes::source_minutes;
use crate::sources::{GapCause, SourceDay};
use crate::wear::ValidWearParams;

/// Name and version of the rules.
pub const COMPLETENESS_VERSION: &str = "completeness-v1";

/// Minutes of an hour.
const HOUR_MINUTES: usize = 60;

/// Why a minute of a source has no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// It was not worn.
    NotWorn,
    /// The source has not been heard of since: what it recorded may still come.
    NotSynced,
    /// Its battery was empty.
    Battery,
    /// The link was lost.
    Link,
    /// The participant or the phone withheld permission.
    Permission,
    /// It was collected, and lost before it was sent.
    Lost,
    /// A phone's store of health data, which writes nothing while nobody moves: whether it should have is not known.
    Silent,
    /// Nobody knows.
    Unknown,
}

impl Missing {
    /// Every cause.
    pub const ALL: [Self; 8] = [
        Self::NotWorn,
        Self::NotSynced,
        Self::Battery,
        Self::Link,
        Self::Permission,
        Self::Lost,
        Self::Silent,
        Self::Unknown,
    ];

    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotWorn => "not_worn",
            Self::NotSynced => "not_synced",
            Self::Battery => "battery",
            Self::Link => "link",
            Self::Permission => "permission",
            Self::Lost => "lost",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
        }
    }
}

impl From<GapCause> for Missing {
    fn from(cause: GapCause) -> Self {
        match cause {
            GapCause::NotWorn => Self::NotWorn,
            GapCause::NotSynced => Self::NotSynced,
            GapCause::Battery => Self::Battery,
            GapCause::Link => Self::Link,
            GapCause::Permission => Self::Permission,
            GapCause::Lost => Self::Lost,
        }
    }
}

/// From when until when something is expected of a source, ms since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Its first reading.
    pub from_ms: i64,
    /// The moment as of which it is asked.
    pub to_ms: i64,
    /// The last that is known of it: its last synchronisation or reading. Behind it, what is missing may still come.
    pub heard_ms: i64,
}

/// An hour of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceHour {
    /// First instant, ms since 1970 UTC.
    pub start_ms: i64,
    /// Minutes of which something is expected: `received` and all of `missing`.
    pub expected: u16,
    /// Minutes of which something has come.
    pub received: u16,
    /// Those of them in which it was not worn, as far as is known: a device counts 0 on a table.
    pub received_not_worn: u16,
    /// The other minutes, in the order of [`Missing::ALL`].
    pub missing: [u16; Missing::ALL.len()],
}

impl SourceHour {
    /// Minutes that are missing for a cause.
    #[must_use]
    pub fn missing_for(&self, cause: Missing) -> u16 {
        self.missing[cause as usize]
    }
}

/// The hours of a day in which something is expected of a source, cut from the day's first instant on: the last may be short.
///
/// Zeros that the device's own total contradicts are no data.
///
/// # Errors
/// As [`crate::merge_day`].
pub fn source_hours(
    bounds: &Range<i64>,
    source: &SourceDay,
    expected: &Expected,
    params: &ValidWearParams,
) -> Result<Vec<SourceHour>, AnalyticsError> {
    let minutes = minutes_of(bounds)?;
    let one = source_minutes(source, bounds, minutes, params)?;
    let mut hours = Vec::with_capacity(minutes.div_ceil(HOUR_MINUTES));
    for first in (0..minutes).step_by(HOUR_MINUTES) {
        let start_ms = bounds.start + first as i64 * MINUTE_MS;
        let missing = [0; Missing::ALL.len()];
        let mut hour = SourceHour { start_ms, expected: 0, received: 0, received_not_worn: 0, missing };
        for minute in first..(first + HOUR_MINUTES).min(minutes) {
            let at_ms = bounds.start + minute as i64 * MINUTE_MS;
            if at_ms + MINUTE_MS <= expected.from_ms || at_ms >= expected.to_ms {
                continue;
            }
            hour.expected += 1;
            let cause = one.cause[minute];
            if one.heard[minute] {
                hour.received += 1;
                hour.received_not_worn += u16::from(cause == Some(GapCause::NotWorn));
                continue;
            }
            let missing = match cause {
                Some(cause) => cause.into(),
                None if at_ms + MINUTE_MS > expected.heard_ms => Missing::NotSynced,
                None if source.sparse_steps => Missing::Silent,
                None => Missing::Unknown,
            };
            hour.missing[missing as usize] += 1;
        }
        if hour.expected > 0 {
            hours.push(hour);
        }
    }
    Ok(hours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::{Gap, HeartRate, StepInterval};
    use crate::wear::WearParams;

    const HOUR_MS: i64 = 3_600_000;
    const DAY: Range<i64> = 0..24 * HOUR_MS;

    fn steps(minutes: Range<i64>, count: u32) -> impl Iterator<Item = StepInterval> {
        minutes.map(move |minute| StepInterval {
            start_ms: minute * MINUTE_MS,
            end_ms: (minute + 1) * MINUTE_MS,
            count,
        })
    }

    fn hours(source: &SourceDay, expected: Expected) -> Vec<SourceHour> {
        source_hours(&DAY, source, &expected, &WearParams::default().check().unwrap()).unwrap()
    }

    const WHOLE: Expected = Expected { from_ms: 0, to_ms: DAY.end, heard_ms: 12 * HOUR_MS };

    #[test]
    fn what_is_missing_before_the_last_word_is_unknown_and_behind_it_not_synced() {
        let source = SourceDay { wearable: true, steps: steps(0..300, 50).collect(), ..SourceDay::default() };
        let found = hours(&source, WHOLE);
        assert_eq!(found.len(), 24);
        assert!(found.iter().all(|hour| hour.received + hour.missing.iter().sum::<u16>() == hour.expected));
        let [first, eighth, last] = [found[0], found[8], found[23]];
        assert_eq!((first.received, first.expected), (60, 60));
        assert_eq!((eighth.received, eighth.missing_for(Missing::Unknown)), (0, 60));
        assert_eq!((last.received, last.missing_for(Missing::NotSynced)), (0, 60));
        let sparse = SourceDay { sparse_steps: true, ..source };
        assert_eq!(hours(&sparse, WHOLE)[8].missing_for(Missing::Silent), 60);
    }

    #[test]
    fn nothing_is_expected_before_the_first_reading_or_behind_the_moment() {
        let source = SourceDay { wearable: true, ..SourceDay::default() };
        let expected = Expected { from_ms: HOUR_MS + 1, to_ms: 3 * HOUR_MS - 1, heard_ms: 0 };
        let found = hours(&source, expected);
        let shape: Vec<_> = found.iter().map(|hour| (hour.start_ms, hour.expected)).collect();
        assert_eq!(shape, [(HOUR_MS, 60), (2 * HOUR_MS, 60)]);
    }

    #[test]
    fn a_known_cause_is_told_and_zeros_off_the_wrist_have_come() {
        let heart_rate = (0..60).map(|minute| HeartRate {
            start_ms: minute * MINUTE_MS,
            end_ms: minute * MINUTE_MS,
            deci_bpm: 620,
        });
        let source = SourceDay {
            wearable: true,
            has_heart_rate: true,
            steps: steps(0..120, 0).collect(),
            heart_rate: heart_rate.collect(),
            gaps: vec![Gap { start_ms: 2 * HOUR_MS, end_ms: 3 * HOUR_MS, cause: GapCause::Battery }],
            ..SourceDay::default()
        };
        let found = hours(&source, WHOLE);
        assert_eq!((found[0].received, found[0].received_not_worn), (60, 0));
        assert_eq!((found[1].received, found[1].received_not_worn), (60, 60));
        assert_eq!(found[2].missing_for(Missing::Battery), 60);
    }

    #[test]
    fn a_strap_that_counts_no_steps_is_heard() {
        let heart_rate = (0..60).map(|second| HeartRate {
            start_ms: second * MINUTE_MS,
            end_ms: second * MINUTE_MS,
            deci_bpm: 700,
        });
        let source = SourceDay {
            wearable: true,
            has_heart_rate: true,
            heart_rate: heart_rate.collect(),
            ..SourceDay::default()
        };
        assert_eq!(hours(&source, WHOLE)[0].received, 60);
    }

    #[test]
    fn an_hour_that_came_as_one_record_has_come_and_a_hole_of_a_counter_has_not() {
        let hour = StepInterval { start_ms: 0, end_ms: HOUR_MS, count: 500 };
        let source = SourceDay { wearable: true, steps: vec![hour], ..SourceDay::default() };
        assert_eq!(hours(&source, WHOLE)[0].received, 60);
        let counter = SourceDay { has_counter: true, ..source };
        assert_eq!(hours(&counter, WHOLE)[0].received, 0);
    }
}
