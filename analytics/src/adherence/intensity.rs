//! How hard: minutes in a band of cadence or of heart-rate reserve, and reported exertion in a band.

use crate::error::{AnalyticsError, check_range};
use crate::minutes::DayMinutes;
use crate::programme::Band;

/// Minutes in a band, and of how many it is known whether they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BandMinutes {
    /// Minutes in the band.
    pub inside: u32,
    /// Minutes of which it is known.
    pub known: u32,
}

/// Minutes at a cadence in the band and at `least` steps/min or more; `None` when no minute's cadence is known.
#[must_use]
pub fn minutes_in_cadence(day: &DayMinutes, band: Band, least: u16) -> Option<u32> {
    let mut inside = None;
    for cadence in day.cadences().flatten() {
        let hit = cadence >= least && (band.lo..=band.hi).contains(&cadence);
        inside = Some(inside.unwrap_or(0) + u32::from(hit));
    }
    inside
}

/// A person's heart-rate reserve: from the rate at rest to the greatest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeartRateReserve {
    rest_bpm: f64,
    max_bpm: f64,
}

impl HeartRateReserve {
    /// From the heart rate at rest and the greatest one, in /min. It does not hold under beta-blockers: the caller must
    /// not ask then.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`] for a rate at rest outside 30 to 120 /min, or a greatest one that is not
    /// at least 20 /min above it [D] or is above 230.
    pub fn new(rest_bpm: f64, max_bpm: f64) -> Result<Self, AnalyticsError> {
        check_range("rest_bpm", rest_bpm, 30.0, 120.0)?;
        check_range("max_bpm", max_bpm, rest_bpm + 20.0, 230.0)?;
        Ok(Self { rest_bpm, max_bpm })
    }

    /// Share of the reserve that a heart rate in /min takes, in percent; below 0 under the rate at rest.
    ///
    /// Karvonen 1957: (rate - rest) / (greatest - rest).
    #[must_use]
    pub fn percent(&self, bpm: f64) -> f64 {
        100.0 * (bpm - self.rest_bpm) / (self.max_bpm - self.rest_bpm)
    }
}

/// Minutes whose heart rate lies in a band of the reserve, in percent, both ends included, among those that `counted`
/// names; heart rates in 0.1 /min. The shorter slice decides.
#[must_use]
pub fn minutes_in_reserve(
    reserve: &HeartRateReserve,
    band: Band,
    heart_rate_deci_bpm: &[Option<u16>],
    counted: &[bool],
) -> BandMinutes {
    let mut minutes = BandMinutes::default();
    for (deci_bpm, _) in heart_rate_deci_bpm.iter().zip(counted).filter(|(_, counted)| **counted) {
        let Some(deci_bpm) = deci_bpm else { continue };
        let percent = reserve.percent(f64::from(*deci_bpm) / 10.0);
        // The margin keeps the ends inside whatever the rounding.
        let inside = percent + 1e-9 >= f64::from(band.lo) && percent - 1e-9 <= f64::from(band.hi);
        minutes.known += 1;
        minutes.inside += u32::from(inside);
    }
    minutes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_by_hand() {
        // Rest 60, greatest 160: 40 % is 100, 60 % is 120.
        let reserve = HeartRateReserve::new(60.0, 160.0).unwrap();
        assert!((reserve.percent(100.0) - 40.0).abs() < 1e-12);
        let rates = [Some(999), Some(1_000), Some(1_200), Some(1_201), None, Some(1_100)];
        let band = Band { lo: 40, hi: 60 };
        let all = minutes_in_reserve(&reserve, band, &rates, &[true; 6]);
        assert_eq!(all, BandMinutes { inside: 3, known: 5 });
        let walked = [true, true, false, false, true, false];
        let walking = minutes_in_reserve(&reserve, band, &rates, &walked);
        assert_eq!(walking, BandMinutes { inside: 1, known: 2 });
    }

    #[test]
    fn a_reserve_of_nobody_is_refused() {
        assert!(HeartRateReserve::new(60.0, 79.0).is_err());
        assert!(HeartRateReserve::new(20.0, 160.0).is_err());
        assert!(HeartRateReserve::new(60.0, f64::NAN).is_err());
    }

    #[test]
    fn cadence_in_its_band() {
        let date = chrono::NaiveDate::default();
        let mut day = DayMinutes::unknown(date, 0, 5);
        assert_eq!(minutes_in_cadence(&day, Band { lo: 90, hi: 110 }, 60), None);
        day.steps = [50, 90, 110, 111, 100].map(Some).to_vec();
        day.cadence_known = vec![true, true, true, true, false];
        assert_eq!(minutes_in_cadence(&day, Band { lo: 90, hi: 110 }, 60), Some(2));
        assert_eq!(minutes_in_cadence(&day, Band { lo: 40, hi: 110 }, 60), Some(2));
    }
}
