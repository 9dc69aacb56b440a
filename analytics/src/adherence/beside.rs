//! What stands beside adherence and is no part of it: EXAS, which a professional rates, and EARS, which the person answers.

use crate::adherence::interval::Interval;
use crate::error::{AnalyticsError, check_range};

/// How well an exercise is performed, as a professional sees it: a fifth of its effect for each point (EXAS, Arensman 2024,
/// chapter 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quality {
    /// 0.2.
    Poor,
    /// 0.4.
    Moderate,
    /// 0.6.
    Reasonable,
    /// 0.8.
    Good,
    /// 1.
    Excellent,
}

impl Quality {
    /// Share of the effect.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Self::Poor => 0.2,
            Self::Moderate => 0.4,
            Self::Reasonable => 0.6,
            Self::Good => 0.8,
            Self::Excellent => 1.0,
        }
    }
}

/// One exercise, or one kind of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExasExercise {
    /// Sessions done / sessions recommended, as [`crate::adherence::Fitt::frequency`].
    pub frequency: Interval,
    /// Repetitions or minutes of a session done / recommended.
    pub intensity: Interval,
    /// How well it is performed; `None` where nobody has watched.
    pub quality: Option<Quality>,
}

/// The Exercise Adherence Scale, 0 to 100: the mean over exercises of frequency x intensity x 100 x quality, each ratio at
/// most 1 (Arensman 2024, who gives the scale 0 to 100; the cap of each ratio by itself is ours [D]).
///
/// An interval where what was done is one. `None` without exercises, or where the quality of one is not known: it is never
/// taken for granted.
#[must_use]
pub fn exas(exercises: &[ExasExercise]) -> Option<Interval> {
    let n = exercises.len() as f64;
    let (mut lo, mut hi) = (0.0, 0.0);
    for exercise in exercises {
        let quality = exercise.quality?.share();
        lo += quality * exercise.frequency.lo.min(1.0) * exercise.intensity.lo.min(1.0);
        hi += quality * exercise.frequency.hi.min(1.0) * exercise.intensity.hi.min(1.0);
    }
    (n > 0.0).then(|| Interval { lo: 100.0 * lo / n, hi: 100.0 * hi / n })
}

/// A score of the Exercise Adherence Rating Scale (Newman-Beinart 2017), 0 to 24, as it was scored elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ears(u8);

impl Ears {
    /// Greatest score: six items of 0 to 4.
    pub const MOST: u8 = 24;

    /// A score.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`] above 24.
    pub fn new(score: u8) -> Result<Self, AnalyticsError> {
        check_range("ears", score.into(), 0.0, Self::MOST.into())?;
        Ok(Self(score))
    }

    /// The score.
    #[must_use]
    pub fn score(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(frequency: (f64, f64), intensity: f64, quality: Option<Quality>) -> ExasExercise {
        ExasExercise {
            frequency: Interval { lo: frequency.0, hi: frequency.1 },
            intensity: Interval::point(intensity),
            quality,
        }
    }

    #[test]
    fn two_exercises_by_hand() {
        // 4 of 5 days, half the repetitions, good: 0.8 x 0.5 x 0.8 = 0.32. 6 of 5 days, all, excellent: 1. Mean 66.
        let first = exercise((0.8, 0.8), 0.5, Some(Quality::Good));
        let second = exercise((1.2, 1.2), 1.0, Some(Quality::Excellent));
        let found = exas(&[first, second]).unwrap();
        assert!((found.lo - 66.0).abs() < 1e-12 && (found.hi - 66.0).abs() < 1e-12);
        // With open days the second lies between 0.5 and 1.
        let open = exas(&[first, exercise((0.5, 1.1), 1.0, Some(Quality::Excellent))]).unwrap();
        assert!((open.lo - 41.0).abs() < 1e-12 && (open.hi - 66.0).abs() < 1e-12);
    }

    #[test]
    fn quality_is_never_taken_for_granted() {
        let watched = exercise((1.0, 1.0), 1.0, Some(Quality::Poor));
        assert_eq!(exas(&[watched, exercise((1.0, 1.0), 1.0, None)]), None);
        assert_eq!(exas(&[]), None);
    }

    #[test]
    fn ears_ends_at_24() {
        assert_eq!(Ears::new(24).unwrap().score(), 24);
        assert!(Ears::new(25).is_err());
    }
}
