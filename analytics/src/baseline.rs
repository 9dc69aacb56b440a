//! What a person could do before a programme, and the quotas that are shares of it.
//!
//! Two baselines are kept apart. Trials show what somebody *can* do when asked, so a programme starts below them, at 70 %
//! of their mean (Lambeek et al. 2007, BMC Public Health 7:254). The run-in shows what somebody *does* on ordinary days,
//! which is no maximum: 70 % of it would prescribe less than usual, so a programme starts at 100 % of it [D].
//!
//! Quotas are rounded down, never up: no rounding prescribes more than the share.

use chrono::{Days, NaiveDate};

use crate::error::{AnalyticsError, check_range};
use crate::programme::QuotaKind;

/// Trials of a baseline. Lambeek et al. 2007: three baseline sessions.
pub const TRIALS: usize = 3;

/// Share of the mean of the trials with which a programme starts, percent. Lambeek et al. 2007.
pub const TRIAL_PERCENT: u16 = 70;

/// Share of the run-in's median with which a programme starts, percent. [D] 100 (docs/methods.md, Adherence).
pub const RUN_IN_PERCENT: u16 = 100;

/// Days before the start over which a run-in is looked at. [D] 28.
pub const RUN_IN_DAYS: u64 = 28;

/// Valid days of them that are needed. Seven days: Clemes 2008; one day's steps alone have an ICC of 0.41.
pub const RUN_IN_VALID_DAYS: usize = 7;

/// Below so many steps a quota is rounded to [`FINE_STEPS`], from there on to [`COARSE_STEPS`]. [D]
const COARSE_FROM_STEPS: u32 = 2_000;
const FINE_STEPS: u32 = 10;
const COARSE_STEPS: u32 = 50;

/// Three trials of one exercise, each an amount of its quota's kind: steps, minutes or workshops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trials {
    sum: u32,
}

impl Trials {
    /// Checks the trials of a kind.
    ///
    /// # Errors
    /// Fewer or more than three; a trial of nothing, or of more than any day's quota.
    pub fn of(kind: QuotaKind, amounts: &[u32]) -> Result<Self, AnalyticsError> {
        if amounts.len() != TRIALS {
            return Err(AnalyticsError::TrialsNotThree { found: amounts.len() });
        }
        for &amount in amounts {
            check_range("trial", amount.into(), 1.0, kind.most_a_day().into())?;
        }
        Ok(Self { sum: amounts.iter().sum() })
    }

    /// What the three come to; all that a quota needs to know of them.
    #[must_use]
    pub fn sum(self) -> u32 {
        self.sum
    }

    /// The trials of a kind that come to a sum.
    ///
    /// # Errors
    /// No three trials of the kind come to it.
    pub fn of_sum(kind: QuotaKind, sum: u32) -> Result<Self, AnalyticsError> {
        let trials = TRIALS as u32;
        check_range("sum of the trials", sum.into(), trials.into(), (trials * kind.most_a_day()).into())?;
        Ok(Self { sum })
    }

    /// Their mean.
    #[must_use]
    pub fn mean(self) -> f64 {
        f64::from(self.sum) / TRIALS as f64
    }

    /// A share of the mean as a quota, rounded down.
    #[must_use]
    pub fn quota(self, kind: QuotaKind, percent: u16) -> u32 {
        rounded_down(kind, u64::from(self.sum) * u64::from(percent) / (100 * TRIALS as u64))
    }
}

/// The median of the steps of a run-in: of the valid days within [`RUN_IN_DAYS`] before the start, in any order. With an
/// even number of days it is the mean of the middle two, rounded down to a step.
///
/// # Errors
/// [`AnalyticsError::RunInTooShort`] with fewer than [`RUN_IN_VALID_DAYS`] of them.
pub fn run_in_median(
    start: NaiveDate,
    valid_days: impl IntoIterator<Item = (NaiveDate, u32)>,
) -> Result<u32, AnalyticsError> {
    let from = start.checked_sub_days(Days::new(RUN_IN_DAYS)).unwrap_or(NaiveDate::MIN);
    let run_in = valid_days.into_iter().filter(|(date, _)| (from..start).contains(date));
    let mut steps: Vec<u32> = run_in.map(|(_, steps)| steps).collect();
    if steps.len() < RUN_IN_VALID_DAYS {
        return Err(AnalyticsError::RunInTooShort { found: steps.len() });
    }
    steps.sort_unstable();
    let (lower, upper) = (steps[(steps.len() - 1) / 2], steps[steps.len() / 2]);
    Ok(lower.midpoint(upper))
}

/// A share of a run-in's median as a quota of steps, rounded down.
#[must_use]
pub fn run_in_quota(median: u32, percent: u16) -> u32 {
    rounded_down(QuotaKind::Steps, u64::from(median) * u64::from(percent) / 100)
}

/// Steps to 50, below 2 000 to 10; everything else is whole already.
fn rounded_down(kind: QuotaKind, amount: u64) -> u32 {
    let amount = u32::try_from(amount).unwrap_or(u32::MAX);
    match kind {
        QuotaKind::Steps if amount < COARSE_FROM_STEPS => amount - amount % FINE_STEPS,
        QuotaKind::Steps => amount - amount % COARSE_STEPS,
        _ => amount,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// So many days that end on the day before the start, the last first.
    fn before(start: NaiveDate, steps: &[u32]) -> Vec<(NaiveDate, u32)> {
        (1..).map(|back| start - Days::new(back)).zip(steps.iter().copied()).collect()
    }

    #[test]
    fn trials_by_hand() {
        let quota = |kind, amounts: &[u32]| {
            let trials = Trials::of(kind, amounts).unwrap();
            trials.quota(kind, TRIAL_PERCENT)
        };
        // (12 + 15 + 14) / 3 = 13.67; 70 % = 9.57; down to 9.
        assert_eq!(quota(QuotaKind::WalkMinutes, &[12, 15, 14]), 9);
        // (10 + 10 + 10) / 3 = 10; 70 % = 7, exactly.
        assert_eq!(quota(QuotaKind::Strengthening, &[10, 10, 10]), 7);
        // (20 + 21 + 22) / 3 = 21; 70 % = 14.7; down to 14.
        assert_eq!(quota(QuotaKind::Stretching, &[22, 20, 21]), 14);
        // (4 000 + 4 400 + 4 300) / 3 = 4 233.3; 70 % = 2 963.3; down to 2 950.
        assert_eq!(quota(QuotaKind::Steps, &[4_000, 4_400, 4_300]), 2_950);
        // (1 800 + 2 000 + 1 900) / 3 = 1 900; 70 % = 1 330; a multiple of 10 as it is.
        assert_eq!(quota(QuotaKind::Steps, &[1_800, 2_000, 1_900]), 1_330);
        // One minute each: 0.7, down to 0. Whoever assigns it is told, for 0 is no quota.
        assert_eq!(quota(QuotaKind::WalkMinutes, &[1, 1, 1]), 0);
        let trials = Trials::of(QuotaKind::WalkMinutes, &[12, 15, 14]).unwrap();
        assert!((trials.mean() - 13.667).abs() < 0.001);
        assert_eq!(Trials::of_sum(QuotaKind::WalkMinutes, 41).unwrap(), trials);
    }

    #[test]
    fn three_trials_and_no_other_number() {
        let of = |amounts: &[u32]| Trials::of(QuotaKind::WalkMinutes, amounts);
        for (amounts, found) in [(&[][..], 0), (&[12, 15], 2), (&[12, 15, 14, 13], 4)] {
            assert_eq!(of(amounts), Err(AnalyticsError::TrialsNotThree { found }));
        }
        assert!(of(&[0, 10, 10]).is_err());
        assert!(of(&[10, 10, 1_441]).is_err());
        assert!(Trials::of(QuotaKind::Stretching, &[10, 10, 241]).is_err());
        assert!(Trials::of_sum(QuotaKind::Stretching, 2).is_err());
        assert!(Trials::of_sum(QuotaKind::Stretching, 721).is_err());
    }

    #[test]
    fn run_in_by_hand() {
        let start = day("2026-03-29");
        let seven = [5_000, 3_000, 4_120, 9_000, 4_000, 4_500, 100];
        // Sorted: 100 3 000 4 000 4 120 4 500 5 000 9 000; the fourth of seven.
        assert_eq!(run_in_median(start, before(start, &seven)), Ok(4_120));
        // With 4 301 the middle two of eight are 4 120 and 4 301: 4 210.5.
        let eight = [&seven[..], &[4_301]].concat();
        assert_eq!(run_in_median(start, before(start, &eight)), Ok(4_210));
        // 100 % is what is usual, rounded down to 50; 70 % would be 2 884, down to 2 850.
        assert_eq!(run_in_quota(4_120, RUN_IN_PERCENT), 4_100);
        assert_eq!(run_in_quota(4_120, 70), 2_850);
        assert_eq!((run_in_quota(1_999, 100), run_in_quota(2_000, 100)), (1_990, 2_000));
    }

    #[test]
    fn only_the_days_of_the_run_in_count() {
        let start = day("2026-03-29");
        let six = before(start, &[5_000; 6]);
        assert_eq!(run_in_median(start, six.clone()), Err(AnalyticsError::RunInTooShort { found: 6 }));
        let with = |date: &str| run_in_median(start, six.iter().copied().chain([(day(date), 5_000)]));
        assert_eq!(with("2026-03-01"), Ok(5_000), "28 days before the start");
        assert_eq!(with("2026-02-28"), Err(AnalyticsError::RunInTooShort { found: 6 }), "29 days before");
        assert_eq!(with("2026-03-29"), Err(AnalyticsError::RunInTooShort { found: 6 }), "the start itself");
    }

    proptest! {
        #[test]
        fn a_quota_of_trials_never_exceeds_its_share(
            mut amounts in prop::collection::vec(1_u32..=240, 3), percent in 1_u16..=300,
        ) {
            let of = |amounts: &[u32]| Trials::of(QuotaKind::Relaxation, amounts).unwrap();
            let trials = of(&amounts);
            let share = trials.mean() * f64::from(percent) / 100.0;
            let quota = f64::from(trials.quota(QuotaKind::Relaxation, percent));
            prop_assert!(quota <= share + 1e-9 && quota > share - 1.0, "{quota} of {share}");
            amounts.reverse();
            prop_assert_eq!(of(&amounts), trials);
        }

        #[test]
        fn a_median_lies_among_its_days(mut steps in prop::collection::vec(0_u32..=60_000, 7..=28)) {
            let start = day("2026-03-29");
            let median = run_in_median(start, before(start, &steps)).unwrap();
            let (below, above) = (steps.iter().filter(|s| **s < median), steps.iter().filter(|s| **s > median));
            prop_assert!(below.count() * 2 <= steps.len() && above.count() * 2 <= steps.len());
            steps.sort_unstable();
            prop_assert_eq!(run_in_median(start, before(start, &steps)).unwrap(), median);
            let quota = run_in_quota(median, RUN_IN_PERCENT);
            prop_assert!(quota <= median && median - quota < 50);
        }
    }
}
