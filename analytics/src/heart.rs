//! Heart rate: resting heart rate of a day, and minutes in intensity zones.

use crate::error::{AnalyticsError, check_range};

/// Name and version of the heart-rate measures.
pub const HEART_VERSION: &str = "heart-anomalydetect-rhr-v1";

/// Minutes without steps, the minute itself included, before a heart rate counts as resting: 12 (AnomalyDetect,
/// Mishra et al. 2020, for Fitbit; docs/methods.md).
pub const RESTING_TRAILING_MINUTES: usize = 12;

/// Least resting minutes for a resting heart rate of the day, in minutes. [D]
pub const LEAST_RESTING_MINUTES: usize = 30;

/// Heart rate at rest of one day, in /min.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RestingHeartRate {
    /// Median over the resting minutes: this is `resting_heart_rate`, as in the source of the rule.
    pub median_bpm: f64,
    /// 5th percentile over the resting minutes, linear between ranks (R type 7): near the night's floor.
    pub p5_bpm: f64,
    /// Resting minutes.
    pub minutes: u32,
}

/// Resting heart rate from the minutes whose trailing 12 minutes are all worn and without steps.
///
/// `still[i]` says that minute `i` was worn without steps; `heart_rate_deci_bpm[i]` is in 0.1 /min. The slices have
/// one entry per minute; the shorter one decides. `None` below [`LEAST_RESTING_MINUTES`].
#[must_use]
pub fn resting_heart_rate(still: &[bool], heart_rate_deci_bpm: &[Option<u16>]) -> Option<RestingHeartRate> {
    let mut resting = Vec::new();
    let mut run = 0;
    for (&still, heart_rate) in still.iter().zip(heart_rate_deci_bpm) {
        run = if still { run + 1 } else { 0 };
        if run >= RESTING_TRAILING_MINUTES
            && let Some(deci_bpm) = heart_rate
        {
            resting.push(*deci_bpm);
        }
    }
    if resting.len() < LEAST_RESTING_MINUTES {
        return None;
    }
    resting.sort_unstable();
    Some(RestingHeartRate {
        median_bpm: percentile(&resting, 0.5) / 10.0,
        p5_bpm: percentile(&resting, 0.05) / 10.0,
        minutes: resting.len() as u32,
    })
}

/// Percentile of sorted values, linear between ranks (R type 7, numpy's default).
fn percentile(sorted: &[u16], share: f64) -> f64 {
    let rank = share * (sorted.len() - 1) as f64;
    let below = rank.floor() as usize;
    let above = rank.ceil() as usize;
    let (low, high) = (f64::from(sorted[below]), f64::from(sorted[above]));
    low + (high - low) * (rank - rank.floor())
}

/// What heart-rate zones are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ZoneBasis {
    /// Heart-rate reserve: (HR - resting) / (max - resting). Moderate from 40 %, vigorous from 60 %.
    Reserve,
    /// Maximal heart rate. Moderate from 64 %, vigorous from 77 %.
    Maximum,
}

/// Floors of the zones in /min.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zones {
    basis: ZoneBasis,
    moderate_bpm: f64,
    vigorous_bpm: f64,
}

/// Minutes of heart rate by zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ZoneMinutes {
    /// Below moderate.
    pub light: u32,
    /// Moderate.
    pub moderate: u32,
    /// Vigorous.
    pub vigorous: u32,
}

impl Zones {
    /// Zones of a person: by reserve when age and resting heart rate are known, by maximum when only age is, `None`
    /// without age.
    ///
    /// Maximal heart rate is 220 - age; thresholds 40/60 % of reserve and 64/77 % of maximum (ACSM, as used by
    /// CADENCE-Adults). They do not hold under beta-blockers: the caller must not ask then.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`] for an age outside 18 to 110 or a resting heart rate outside 30 to
    /// 120 /min or not below the maximum.
    pub fn of_person(
        age_years: Option<u8>,
        resting_bpm: Option<f64>,
    ) -> Result<Option<Self>, AnalyticsError> {
        let Some(age_years) = age_years else { return Ok(None) };
        check_range("age_years", age_years.into(), 18.0, 110.0)?;
        let max_bpm = 220.0 - f64::from(age_years);
        let Some(rest_bpm) = resting_bpm else {
            return Ok(Some(Self {
                basis: ZoneBasis::Maximum,
                moderate_bpm: 0.64 * max_bpm,
                vigorous_bpm: 0.77 * max_bpm,
            }));
        };
        check_range("resting_bpm", rest_bpm, 30.0, 120.0_f64.min(max_bpm - 1.0))?;
        let reserve_bpm = max_bpm - rest_bpm;
        Ok(Some(Self {
            basis: ZoneBasis::Reserve,
            moderate_bpm: rest_bpm + 0.40 * reserve_bpm,
            vigorous_bpm: rest_bpm + 0.60 * reserve_bpm,
        }))
    }

    /// What they are measured against.
    #[must_use]
    pub fn basis(&self) -> ZoneBasis {
        self.basis
    }

    /// Floor of the moderate zone in /min.
    #[must_use]
    pub fn moderate_bpm(&self) -> f64 {
        self.moderate_bpm
    }

    /// Floor of the vigorous zone in /min.
    #[must_use]
    pub fn vigorous_bpm(&self) -> f64 {
        self.vigorous_bpm
    }

    /// Minutes in each zone; input in 0.1 /min, one entry per minute.
    #[must_use]
    pub fn minutes(&self, heart_rate_deci_bpm: &[Option<u16>]) -> ZoneMinutes {
        let mut minutes = ZoneMinutes::default();
        for &deci_bpm in heart_rate_deci_bpm.iter().flatten() {
            let bpm = f64::from(deci_bpm) / 10.0;
            if bpm >= self.vigorous_bpm {
                minutes.vigorous += 1;
            } else if bpm >= self.moderate_bpm {
                minutes.moderate += 1;
            } else {
                minutes.light += 1;
            }
        }
        minutes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resting_needs_twelve_still_minutes_before() {
        let mut still = vec![true; 60];
        still[20] = false;
        let heart_rate: Vec<Option<u16>> = (0..60).map(|i| Some(600 + i)).collect();
        // Minutes 11 to 19 and 32 to 59: 37 minutes.
        let rest = resting_heart_rate(&still, &heart_rate).unwrap();
        assert_eq!(rest.minutes, 37);
        assert!((rest.median_bpm - 64.1).abs() < 1e-9);
        assert!((rest.p5_bpm - 61.28).abs() < 1e-9);
        assert_eq!(resting_heart_rate(&still[..40], &heart_rate[..40]), None);
    }

    #[test]
    fn zones_follow_what_is_known() {
        assert_eq!(Zones::of_person(None, Some(60.0)).unwrap(), None);
        let by_max = Zones::of_person(Some(50), None).unwrap().unwrap();
        assert_eq!(by_max.basis(), ZoneBasis::Maximum);
        assert!((by_max.moderate_bpm() - 108.8).abs() < 1e-9 && (by_max.vigorous_bpm() - 130.9).abs() < 1e-9);
        let by_reserve = Zones::of_person(Some(50), Some(60.0)).unwrap().unwrap();
        assert_eq!(by_reserve.basis(), ZoneBasis::Reserve);
        assert!(
            (by_reserve.moderate_bpm() - 104.0).abs() < 1e-9
                && (by_reserve.vigorous_bpm() - 126.0).abs() < 1e-9
        );
        let minutes = by_reserve.minutes(&[Some(1039), Some(1040), Some(1260), None]);
        assert_eq!(minutes, ZoneMinutes { light: 1, moderate: 1, vigorous: 1 });
        assert!(Zones::of_person(Some(5), None).is_err());
        assert!(Zones::of_person(Some(50), Some(20.0)).is_err());
    }
}
