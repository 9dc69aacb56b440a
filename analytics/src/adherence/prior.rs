//! What to expect of a person before their own days say it.

use crate::error::{AnalyticsError, check_range};
use crate::programme::QuotaKind;

/// Name and version of the prior's rule; the numbers themselves are part of a row's inputs.
pub const PRIOR_VERSION: &str = "prior-moments-v1";

/// Valid days that a person needs to inform the prior (docs/methods.md, Adherence).
pub const LEAST_VALID_DAYS: u32 = 8;

/// Valid days of the school that a person needs to inform its prior: 4 of its 8 [D]. With eight, only people whose every
/// sheet was filled in would be asked, and where half the sheets are missing nobody.
pub const LEAST_VALID_WORKSHOP_DAYS: u32 = 4;

/// People needed for a prior of the cohort's own (docs/methods.md, Adherence).
pub const LEAST_PEOPLE: usize = 30;

/// Mean 0.7, worth 3 days: adherence to weekly step targets in chronic low back pain is 70 % (62 to 77, McDonough
/// 2013); docs/methods.md, Adherence.
const DEFAULT_A: f64 = 2.1;
const DEFAULT_B: f64 = 0.9;

/// One person's valid days, as they inform the prior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonDays {
    /// Valid days.
    pub valid: u32,
    /// Of them, attained.
    pub attained: u32,
}

/// Where a prior comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PriorSource {
    /// Beta(2.1, 0.9).
    Default,
    /// Moments of so many people.
    Cohort {
        /// People with enough valid days.
        people: u32,
    },
    /// A stored snapshot.
    Given,
}

/// A beta distribution of the success rate of a valid day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    a: f64,
    b: f64,
    source: PriorSource,
}

impl Default for Prior {
    fn default() -> Self {
        Self { a: DEFAULT_A, b: DEFAULT_B, source: PriorSource::Default }
    }
}

impl Prior {
    /// A prior from a stored snapshot.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`] for a or b outside 1e-6 to 1e6.
    pub fn new(a: f64, b: f64) -> Result<Self, AnalyticsError> {
        check_range("a", a, 1e-6, 1e6)?;
        check_range("b", b, 1e-6, 1e6)?;
        Ok(Self { a, b, source: PriorSource::Given })
    }

    /// By moment matching over people with at least 8 valid days, when there are at least 30 of them; else the
    /// default. Phone-only people have no valid day and are outside by construction.
    ///
    /// m and V are mean and variance (n - 1) of attained/valid; tau = max(V - m(1-m) mean(1/valid), 0.001);
    /// M = clip(m(1-m)/tau - 1, 1.5, 30); a = mM, b = (1-m)M (docs/methods.md, Adherence). When m is 0 or 1 the match has no beta
    /// distribution, and the default stands. The order of people does not matter.
    ///
    /// # Errors
    /// [`AnalyticsError::CountsImpossible`] for more attained than valid days.
    pub fn from_people(people: &[PersonDays]) -> Result<Self, AnalyticsError> {
        Self::from_people_with(people, LEAST_VALID_DAYS)
    }

    /// The same for a kind of quota: workshops are few, and [`LEAST_VALID_WORKSHOP_DAYS`] suffice.
    ///
    /// # Errors
    /// As [`Prior::from_people`].
    pub fn of_kind(kind: QuotaKind, people: &[PersonDays]) -> Result<Self, AnalyticsError> {
        let workshop = kind == QuotaKind::Workshop;
        Self::from_people_with(people, if workshop { LEAST_VALID_WORKSHOP_DAYS } else { LEAST_VALID_DAYS })
    }

    fn from_people_with(people: &[PersonDays], least_valid_days: u32) -> Result<Self, AnalyticsError> {
        const LEAST_VARIANCE: f64 = 0.001;
        const LEAST_WEIGHT: f64 = 1.5;
        const MOST_WEIGHT: f64 = 30.0;
        if let Some(wrong) = people.iter().find(|person| person.attained > person.valid) {
            return Err(AnalyticsError::CountsImpossible { attained: wrong.attained, days: wrong.valid });
        }
        let mut informative: Vec<PersonDays> =
            people.iter().copied().filter(|person| person.valid >= least_valid_days).collect();
        if informative.len() < LEAST_PEOPLE {
            return Ok(Self::default());
        }
        // Sums of floats depend on order; a fixed one makes the prior independent of the input's.
        informative.sort_unstable();
        let n = informative.len() as f64;
        let rate = |person: &PersonDays| f64::from(person.attained) / f64::from(person.valid);
        let mean = informative.iter().map(rate).sum::<f64>() / n;
        let variance =
            informative.iter().map(|person| (rate(person) - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let binomial = mean * (1.0 - mean);
        if binomial <= 0.0 {
            return Ok(Self::default());
        }
        let inverse_days = informative.iter().map(|person| 1.0 / f64::from(person.valid)).sum::<f64>() / n;
        let between = (variance - binomial * inverse_days).max(LEAST_VARIANCE);
        let weight = (binomial / between - 1.0).clamp(LEAST_WEIGHT, MOST_WEIGHT);
        Ok(Self {
            a: mean * weight,
            b: (1.0 - mean) * weight,
            source: PriorSource::Cohort { people: informative.len() as u32 },
        })
    }

    /// First parameter.
    #[must_use]
    pub fn a(&self) -> f64 {
        self.a
    }

    /// Second parameter.
    #[must_use]
    pub fn b(&self) -> f64 {
        self.b
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> PriorSource {
        self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_people_leave_the_default() {
        let people = vec![PersonDays { valid: 20, attained: 3 }; 29];
        assert_eq!(Prior::from_people(&people).unwrap(), Prior::default());
        let mut with_short = people;
        with_short.push(PersonDays { valid: 7, attained: 7 });
        assert_eq!(Prior::from_people(&with_short).unwrap().source(), PriorSource::Default);
    }

    #[test]
    fn four_days_of_the_school_suffice() {
        let people = vec![PersonDays { valid: 4, attained: 3 }; 30];
        assert_eq!(Prior::of_kind(QuotaKind::Relaxation, &people).unwrap(), Prior::default());
        let school = Prior::of_kind(QuotaKind::Workshop, &people).unwrap();
        assert_eq!(school.source(), PriorSource::Cohort { people: 30 });
        assert!((school.a() / (school.a() + school.b()) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn moments_by_hand() {
        // 20 people at 4/10 and 20 at 8/10: m = 0.6, V = 40 x 0.04 / 39, V - 0.24/10 = 0.0170256...
        let mut people = vec![PersonDays { valid: 10, attained: 4 }; 20];
        people.extend(vec![PersonDays { valid: 10, attained: 8 }; 20]);
        let prior = Prior::from_people(&people).unwrap();
        let weight = 0.24 / (1.6 / 39.0 - 0.024) - 1.0;
        assert!((prior.a() - 0.6 * weight).abs() < 1e-12 && (prior.b() - 0.4 * weight).abs() < 1e-12);
        assert_eq!(prior.source(), PriorSource::Cohort { people: 40 });
        people.reverse();
        assert_eq!(Prior::from_people(&people).unwrap(), prior);
    }

    #[test]
    fn the_weight_stays_between_one_and_a_half_and_thirty_days() {
        let alike = Prior::from_people(&vec![PersonDays { valid: 20, attained: 12 }; 30]).unwrap();
        assert!((alike.a() + alike.b() - 30.0).abs() < 1e-12);
        let mut apart = vec![PersonDays { valid: 20, attained: 0 }; 15];
        apart.extend(vec![PersonDays { valid: 20, attained: 20 }; 15]);
        let apart = Prior::from_people(&apart).unwrap();
        assert!((apart.a() + apart.b() - 1.5).abs() < 1e-12);
    }

    #[test]
    fn the_impossible_is_rejected() {
        assert!(Prior::from_people(&[PersonDays { valid: 1, attained: 2 }]).is_err());
        assert!(Prior::new(0.0, 1.0).is_err());
        let all = vec![PersonDays { valid: 20, attained: 20 }; 30];
        assert_eq!(Prior::from_people(&all).unwrap(), Prior::default());
    }
}
