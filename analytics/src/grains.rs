//! Whether a device agrees with itself: its own total of a day against the steps of its minutes.
//!
//! Both are kept as they came, and neither is repaired with the other. Source: docs/methods.md, Totals.

use std::ops::Range;

use crate::error::AnalyticsError;
use crate::merge::minutes_of;
use crate::source_minutes::source_minutes;
use crate::sources::SourceDay;
use crate::step_grid::MAX_STEPS_PER_MINUTE;
use crate::wear::ValidWearParams;

/// Name and version of the rules.
pub const GRAIN_VERSION: &str = "grain-check-v1";

/// Most steps of a small difference: two minutes of walking at 100 a minute (docs/fitabase-differences.md). [D]
const SMALL_STEPS: u32 = 200;

/// How a day's total and the minutes of that day stand to each other; the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrainCheck {
    /// They are the same.
    Equal,
    /// There is no minute, so there is nothing to check.
    NoMinutes,
    /// Every minute is zero and the total is not: the zeros are not believed.
    ZerosContradicted,
    /// The total is greater, and the minutes that are missing can hold the rest.
    MinutesMissing,
    /// At most 200 steps apart, either way, and no minute is missing that could explain it.
    SmallDifference,
    /// The total is greater by more than that, and no minute is missing that could explain it.
    TotalAbove,
    /// The total is less by more than that: it was made before the day was over, or the device counted otherwise.
    TotalBelow,
}

/// What a check comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The two agree.
    Agree,
    /// They differ, and what is missing explains it.
    Explained,
    /// They differ, and nothing that is at hand explains it.
    Flagged,
}

impl GrainCheck {
    /// Every outcome, in the order in which they are tried.
    pub const ALL: [Self; 7] = [
        Self::Equal,
        Self::NoMinutes,
        Self::ZerosContradicted,
        Self::MinutesMissing,
        Self::SmallDifference,
        Self::TotalAbove,
        Self::TotalBelow,
    ];

    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::NoMinutes => "no_minutes",
            Self::ZerosContradicted => "zeros_contradicted",
            Self::MinutesMissing => "minutes_missing",
            Self::SmallDifference => "small_difference",
            Self::TotalAbove => "total_above",
            Self::TotalBelow => "total_below",
        }
    }

    /// What it comes to.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Equal => Verdict::Agree,
            Self::NoMinutes | Self::MinutesMissing => Verdict::Explained,
            Self::ZerosContradicted | Self::SmallDifference | Self::TotalAbove | Self::TotalBelow => {
                Verdict::Flagged
            }
        }
    }
}

impl Verdict {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Explained => "explained",
            Self::Flagged => "flagged",
        }
    }
}

/// A total held against the minutes of its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedTotal {
    /// Steps of the source's own minutes, as it counted them; `None` without any minute.
    pub minutes: Option<u32>,
    /// Steps of its total.
    pub total: u32,
    /// Minutes of the day without any step record of it.
    pub missing_minutes: u32,
    /// How the two stand to each other.
    pub check: GrainCheck,
}

/// Holds a source's own total of a day with these bounds against its minutes.
///
/// # Errors
/// As [`crate::merge_day`].
pub fn check_total(
    bounds: &Range<i64>,
    source: &SourceDay,
    total: u32,
    params: &ValidWearParams,
) -> Result<CheckedTotal, AnalyticsError> {
    let minutes = minutes_of(bounds)?;
    let one = source_minutes(source, bounds, minutes, params)?;
    let counted: u32 = one.steps.iter().chain(&one.adrift).map(|&steps| u32::from(steps)).sum();
    let said = one.step_record.iter().filter(|&&said| said).count() as u32;
    let adrift = one.adrift.iter().filter(|&&steps| steps > 0).count() as u32;
    let counted = (said > 0 || adrift > 0).then_some(counted);
    let missing_minutes = (minutes as u32).saturating_sub(said);
    let check = check(counted, total, missing_minutes);
    Ok(CheckedTotal { minutes: counted, total, missing_minutes, check })
}

fn check(minutes: Option<u32>, total: u32, missing_minutes: u32) -> GrainCheck {
    let Some(minutes) = minutes else { return GrainCheck::NoMinutes };
    let rest = total.saturating_sub(minutes);
    if total == minutes {
        GrainCheck::Equal
    } else if minutes == 0 {
        GrainCheck::ZerosContradicted
    } else if rest > 0 && rest <= missing_minutes.saturating_mul(MAX_STEPS_PER_MINUTE) {
        GrainCheck::MinutesMissing
    } else if total.abs_diff(minutes) <= SMALL_STEPS {
        GrainCheck::SmallDifference
    } else if rest > 0 {
        GrainCheck::TotalAbove
    } else {
        GrainCheck::TotalBelow
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minutes::MINUTE_MS;
    use crate::sources::StepInterval;
    use crate::wear::WearParams;

    const DAY: Range<i64> = 0..86_400_000;

    fn source(minutes: impl Iterator<Item = (i64, u32)>) -> SourceDay {
        let steps = minutes.map(|(minute, count)| StepInterval {
            start_ms: minute * MINUTE_MS,
            end_ms: (minute + 1) * MINUTE_MS,
            count,
        });
        SourceDay { wearable: true, steps: steps.collect(), ..SourceDay::default() }
    }

    fn checked(source: &SourceDay, total: u32) -> CheckedTotal {
        let source = SourceDay { day_total_steps: Some(total), ..source.clone() };
        check_total(&DAY, &source, total, &WearParams::default().check().unwrap()).unwrap()
    }

    #[test]
    fn a_whole_day_of_minutes_is_held_against_the_total() {
        let walked = source((0..1_440).map(|minute| (minute, if minute / 60 == 9 { 100 } else { 0 })));
        for (total, expected) in [
            (6_000, GrainCheck::Equal),
            (6_200, GrainCheck::SmallDifference),
            (5_800, GrainCheck::SmallDifference),
            (6_201, GrainCheck::TotalAbove),
            (5_799, GrainCheck::TotalBelow),
            (0, GrainCheck::TotalBelow),
        ] {
            let found = checked(&walked, total);
            assert_eq!((found.check, found.minutes, found.missing_minutes), (expected, Some(6_000), 0));
        }
    }

    #[test]
    fn zeros_are_contradicted_and_the_sum_is_told_as_the_device_counted() {
        let zeros = source((0..1_440).map(|minute| (minute, 0)));
        let found = checked(&zeros, 13_952);
        assert_eq!((found.check, found.minutes), (GrainCheck::ZerosContradicted, Some(0)));
        assert_eq!(checked(&zeros, 0).check, GrainCheck::Equal);
    }

    #[test]
    fn missing_minutes_explain_what_could_be_walked_in_them() {
        let half = source((0..720).map(|minute| (minute, if minute == 600 { 80 } else { 0 })));
        let found = checked(&half, 5_000);
        assert_eq!((found.check, found.missing_minutes), (GrainCheck::MinutesMissing, 720));
        assert_eq!(checked(&half, 720 * 300 + 81).check, GrainCheck::TotalAbove);
        let none = checked(&SourceDay { wearable: true, ..SourceDay::default() }, 5_000);
        assert_eq!((none.check, none.minutes), (GrainCheck::NoMinutes, None));
    }

    #[test]
    fn every_outcome_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> =
            GrainCheck::ALL.iter().map(|check| check.as_str()).collect();
        assert_eq!(words.len(), GrainCheck::ALL.len());
    }
}
