//! Adherence as an interval: estimate, 90 % interval, hard bounds, and what if unworn days were worse.

use crate::adherence::beta_binomial::{beta_binomial_pmf, shifted_beta_binomial_pmf};
use crate::adherence::interval::Interval;
use crate::adherence::prior::Prior;
use crate::error::AnalyticsError;

/// Level of the interval: its ends are the 5 and 95 % quantiles.
pub const LEVEL: f64 = 0.9;

/// Shifts of the logit of the success rate of unseen days (docs/methods.md, Adherence).
pub const SENSITIVITY_SHIFTS: [f64; 2] = [-0.5, -1.5];

/// What the days came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCounts {
    /// D: eligible days of the programme in the period.
    pub prescribed: u32,
    /// n_v: valid days among them.
    pub valid: u32,
    /// k_v: valid days attained.
    pub valid_attained: u32,
    /// k_p: partly worn days known to be attained.
    pub known_attained: u32,
}

impl DayCounts {
    /// Days attained for certain.
    #[must_use]
    pub fn attained(&self) -> u32 {
        self.valid_attained + self.known_attained
    }

    /// Days missed for certain.
    #[must_use]
    pub fn missed(&self) -> u32 {
        self.valid - self.valid_attained
    }

    /// Days of which it cannot be said.
    #[must_use]
    pub fn censored(&self) -> u32 {
        self.prescribed - self.valid - self.known_attained
    }

    fn check(&self) -> Result<(), AnalyticsError> {
        if self.valid_attained > self.valid {
            return Err(AnalyticsError::CountsImpossible { attained: self.valid_attained, days: self.valid });
        }
        let partly = self.prescribed.checked_sub(self.valid);
        if partly.is_none_or(|partly| self.known_attained > partly) {
            let attained = self.valid.saturating_add(self.known_attained);
            return Err(AnalyticsError::CountsImpossible { attained, days: self.prescribed });
        }
        Ok(())
    }
}

/// What the data allow to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdherenceStatus {
    /// At least 2/7 of the days are valid: estimate, interval and bounds.
    Ok,
    /// Fewer: interval and bounds, no estimate, no decision, no ranking.
    Insufficient,
    /// None is valid: bounds alone.
    Bounded,
}

impl AdherenceStatus {
    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Insufficient => "insufficient",
            Self::Bounded => "bounded",
        }
    }
}

/// Adherence if unseen days had been less successful than seen ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    /// Shift of the logit of the success rate on unseen days.
    pub logit_shift: f64,
    /// E\[T\]/D under the shift; `None` unless the status is ok.
    pub estimate: Option<f64>,
    /// 5 and 95 % quantiles of T/D under the shift.
    pub interval: Interval,
}

/// Share of prescribed days attained, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// What the data allow to say.
    pub status: AdherenceStatus,
    /// E\[T\]/D; `None` unless the status is ok.
    pub estimate: Option<f64>,
    /// 5 and 95 % quantiles of T/D; `None` when bounded.
    pub interval: Option<Interval>,
    /// \[(k_v+k_p)/D, 1-(n_v-k_v)/D\]; `None` only when nothing was prescribed.
    pub bounds: Option<Interval>,
    /// One entry per [`SENSITIVITY_SHIFTS`]; empty when bounded.
    pub sensitivity: Vec<Sensitivity>,
}

/// Estimates adherence from what the days came to (docs/methods.md, Adherence).
///
/// The success rate is learnt from valid days alone: X ~ BetaBinomial(D - n_v, a0 + k_v, b0 + n_v - k_v), and
/// T = k_v + max(k_p, X): partly worn successes are a lower bound, never evidence for the rate. The shifts replace the
/// posterior rate p of unseen days by expit(logit p + shift), integrated over p.
///
/// # Errors
/// [`AnalyticsError::CountsImpossible`] when the counts contradict each other.
pub fn estimate(counts: &DayCounts, prior: &Prior) -> Result<Estimate, AnalyticsError> {
    counts.check()?;
    let DayCounts { prescribed, valid, valid_attained, .. } = *counts;
    let days = f64::from(prescribed);
    let bounds = (prescribed > 0).then(|| Interval {
        lo: f64::from(counts.attained()) / days,
        hi: f64::from(prescribed - counts.missed()) / days,
    });
    let status = status_of(valid, prescribed);
    if status == AdherenceStatus::Bounded {
        return Ok(Estimate { status, estimate: None, interval: None, bounds, sensitivity: Vec::new() });
    }
    let a = prior.a() + f64::from(valid_attained);
    let b = prior.b() + f64::from(valid - valid_attained);
    let unseen = prescribed - valid;
    let told = |mean: f64| (status == AdherenceStatus::Ok).then_some(mean);
    let (mean, interval) = attained_share(&beta_binomial_pmf(unseen, a, b), counts);
    let sensitivity = SENSITIVITY_SHIFTS
        .into_iter()
        .map(|logit_shift| {
            let pmf = shifted_beta_binomial_pmf(unseen, a, b, -logit_shift);
            let (mean, interval) = attained_share(&pmf, counts);
            Sensitivity { logit_shift, estimate: told(mean), interval }
        })
        .collect();
    Ok(Estimate { status, estimate: told(mean), interval: Some(interval), bounds, sensitivity })
}

/// What so many valid of so many days allow to say.
pub(crate) fn status_of(valid: u32, prescribed: u32) -> AdherenceStatus {
    if valid == 0 {
        AdherenceStatus::Bounded
    } else if u64::from(valid) * 7 >= u64::from(prescribed) * 2 {
        AdherenceStatus::Ok
    } else {
        AdherenceStatus::Insufficient
    }
}

/// Mean and interval of T/D, given the distribution of X.
fn attained_share(pmf: &[f64], counts: &DayCounts) -> (f64, Interval) {
    let days = f64::from(counts.prescribed);
    let share = |x: usize| {
        let unseen_attained = (x as u32).max(counts.known_attained);
        f64::from(counts.valid_attained + unseen_attained) / days
    };
    let mean = pmf.iter().enumerate().map(|(x, probability)| probability * share(x)).sum();
    let (lo, hi) = central(pmf);
    (mean, Interval { lo: share(lo), hi: share(hi) })
}

/// The 5 and 95 % quantiles of a count.
pub(crate) fn central(pmf: &[f64]) -> (usize, usize) {
    // Smallest value whose cumulative probability reaches the level; the margin absorbs rounding of the sum.
    let quantile = |level: f64| {
        let mut cumulative = 0.0;
        let reached = pmf.iter().position(|probability| {
            cumulative += probability;
            cumulative >= level - 1e-12
        });
        reached.unwrap_or(pmf.len() - 1)
    };
    let tail = (1.0 - LEVEL) / 2.0;
    (quantile(tail), quantile(1.0 - tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(prescribed: u32, valid: u32, valid_attained: u32, known_attained: u32) -> DayCounts {
        DayCounts { prescribed, valid, valid_attained, known_attained }
    }

    #[test]
    fn everything_seen_leaves_no_doubt() {
        let found = estimate(&counts(28, 28, 21, 0), &Prior::default()).unwrap();
        assert_eq!(found.status, AdherenceStatus::Ok);
        assert!((found.estimate.unwrap() - 0.75).abs() < 1e-12);
        assert_eq!(found.interval, Some(Interval { lo: 0.75, hi: 0.75 }));
        assert_eq!(found.bounds, found.interval);
    }

    #[test]
    fn a_worked_example() {
        // D = 4, n_v = 2, k_v = 1, k_p = 1 under Beta(1, 1): X ~ BetaBinomial(2, 2, 2) = 3/10, 4/10, 3/10.
        // T = 1 + max(1, X) = 2, 2, 3: E[T]/D = (2 x 0.7 + 3 x 0.3) / 4 = 0.575.
        let prior = Prior::new(1.0, 1.0).unwrap();
        let found = estimate(&counts(4, 2, 1, 1), &prior).unwrap();
        assert!((found.estimate.unwrap() - 0.575).abs() < 1e-12);
        assert_eq!(found.interval, Some(Interval { lo: 0.5, hi: 0.75 }));
        assert_eq!(found.bounds, Some(Interval { lo: 0.5, hi: 0.75 }));
        // Unseen days that are worse: the estimate falls with the shift.
        assert!(found.sensitivity[0].estimate < found.estimate);
        assert!(found.sensitivity[1].estimate < found.sensitivity[0].estimate);
    }

    #[test]
    fn two_sevenths_of_valid_days_are_enough() {
        let status = |valid| estimate(&counts(28, valid, 0, 0), &Prior::default()).unwrap().status;
        assert_eq!(status(8), AdherenceStatus::Ok);
        assert_eq!(status(7), AdherenceStatus::Insufficient);
        assert_eq!(status(0), AdherenceStatus::Bounded);
        let few = estimate(&counts(28, 7, 3, 2), &Prior::default()).unwrap();
        assert!(few.estimate.is_none() && few.interval.is_some() && few.bounds.is_some());
        let none = estimate(&counts(28, 0, 0, 5), &Prior::default()).unwrap();
        assert!(none.estimate.is_none() && none.interval.is_none() && none.sensitivity.is_empty());
        assert_eq!(none.bounds, Some(Interval { lo: 5.0 / 28.0, hi: 1.0 }));
    }

    #[test]
    fn impossible_counts_are_rejected() {
        assert!(estimate(&counts(5, 3, 4, 0), &Prior::default()).is_err());
        assert!(estimate(&counts(5, 6, 4, 0), &Prior::default()).is_err());
        assert!(estimate(&counts(5, 3, 2, 3), &Prior::default()).is_err());
        assert_eq!(estimate(&counts(0, 0, 0, 0), &Prior::default()).unwrap().bounds, None);
    }

    fn any_counts() -> impl Strategy<Value = DayCounts> {
        (1_u32..60, 0.0..=1.0, 0.0..=1.0, 0.0..=1.0).prop_map(|(prescribed, v, k, p)| {
            let part = |of: u32, share: f64| (f64::from(of) * share).round() as u32;
            let valid = part(prescribed, v);
            counts(prescribed, valid, part(valid, k), part(prescribed - valid, p))
        })
    }

    proptest! {
        #[test]
        fn estimate_and_interval_lie_within_the_bounds(counts in any_counts(), a in 0.02_f64..30.0, b in 0.02_f64..30.0) {
            let found = estimate(&counts, &Prior::new(a, b).unwrap()).unwrap();
            let bounds = found.bounds.unwrap();
            if let Some(interval) = found.interval {
                prop_assert!(interval.lo <= interval.hi);
                prop_assert!(bounds.contains(interval.lo) && bounds.contains(interval.hi));
            }
            if let Some(estimate) = found.estimate {
                prop_assert!(bounds.contains(estimate));
            }
            for shifted in &found.sensitivity {
                prop_assert!(bounds.contains(shifted.interval.lo) && bounds.contains(shifted.interval.hi));
                if let (Some(shifted), Some(estimate)) = (shifted.estimate, found.estimate) {
                    prop_assert!(bounds.contains(shifted) && shifted <= estimate + 1e-9);
                }
            }
        }

        #[test]
        fn losing_a_day_never_narrows_the_bounds(counts in any_counts()) {
            let width = |counts: &DayCounts| {
                let bounds = estimate(counts, &Prior::default()).unwrap().bounds.unwrap();
                (bounds.lo, bounds.hi)
            };
            let (lo, hi) = width(&counts);
            let mut fewer = Vec::new();
            if counts.missed() > 0 {
                fewer.push(DayCounts { valid: counts.valid - 1, ..counts });
            }
            if counts.valid_attained > 0 {
                fewer.push(DayCounts { valid: counts.valid - 1, valid_attained: counts.valid_attained - 1, ..counts });
            }
            if counts.known_attained > 0 {
                fewer.push(DayCounts { known_attained: counts.known_attained - 1, ..counts });
            }
            for less in fewer {
                let (less_lo, less_hi) = width(&less);
                prop_assert!(less_lo <= lo && less_hi >= hi);
            }
        }
    }
}
