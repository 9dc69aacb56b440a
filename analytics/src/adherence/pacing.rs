//! Pacing: overshoot, crash and rebound of daily steps. Exploratory, for display only, and no part of adherence.

use chrono::{Days, NaiveDate};

use crate::adherence::outcome::DayObs;
use crate::error::{AnalyticsError, check_range};

/// Name and version of the pacing indices.
pub const PACING_VERSION: &str = "pacing-own-median-v1";

/// Parameters of pacing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PacingParams {
    /// Window in days, ending with the last day judged. 28 (docs/methods.md, Adherence).
    pub window_days: u16,
    /// Least valid days in it. 14 (docs/methods.md, Adherence).
    pub least_valid_days: u16,
    /// A day above this multiple of the own median overshoots. 1.5 (docs/methods.md, Adherence).
    pub overshoot_ratio: f64,
    /// A day below this multiple of the own median is a crash. 0.5 (docs/methods.md, Adherence).
    pub crash_ratio: f64,
    /// Least share of overshoot days for the flag. 0.25 [D]; with the next, fires by chance in 1.3 % of ordinary
    /// people over 20 weekly looks.
    pub flag_overshoot: f64,
    /// Greatest rebound for the flag. -0.25 [D].
    pub flag_rebound: f64,
}

impl Default for PacingParams {
    fn default() -> Self {
        Self {
            window_days: 28,
            least_valid_days: 14,
            overshoot_ratio: 1.5,
            crash_ratio: 0.5,
            flag_overshoot: 0.25,
            flag_rebound: -0.25,
        }
    }
}

/// [`PacingParams`] that were checked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ValidPacingParams(PacingParams);

impl PacingParams {
    /// Checks every field once.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`]: window 2 to 366, least valid days 2 to the window, overshoot ratio
    /// above 1 to 10, crash ratio above 0 and below 1, flags in (0, 1] and [-1, 0).
    pub fn check(self) -> Result<ValidPacingParams, AnalyticsError> {
        check_range("window_days", self.window_days.into(), 2.0, 366.0)?;
        check_range("least_valid_days", self.least_valid_days.into(), 2.0, self.window_days.into())?;
        check_range("overshoot_ratio", self.overshoot_ratio, 1.0 + f64::EPSILON, 10.0)?;
        check_range("crash_ratio", self.crash_ratio, f64::MIN_POSITIVE, 1.0 - f64::EPSILON)?;
        check_range("flag_overshoot", self.flag_overshoot, f64::MIN_POSITIVE, 1.0)?;
        check_range("flag_rebound", self.flag_rebound, -1.0, -f64::MIN_POSITIVE)?;
        Ok(ValidPacingParams(self))
    }
}

/// Pacing of a window. With too few valid days every index is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pacing {
    /// First day of the window.
    pub from: NaiveDate,
    /// Last day of the window.
    pub to: NaiveDate,
    /// Valid days in it.
    pub valid_days: u32,
    /// Median of daily steps over valid days.
    pub median_steps: Option<f64>,
    /// Standard deviation (n - 1) of the natural logarithm of daily steps; a day of 0 steps counts as 1.
    pub sd_log_steps: Option<f64>,
    /// O: share of valid days above 1.5 x own median.
    pub overshoot: Option<f64>,
    /// U: share of valid days below 0.5 x own median.
    pub crash: Option<f64>,
    /// R: mean over overshoot days of (mean of the valid ones among the next 2 days / median - 1); `None` when no
    /// overshoot day has a valid day after it.
    pub rebound: Option<f64>,
    /// Overshoot days that R rests on.
    pub rebound_days: u32,
    /// O and R both beyond their thresholds; `None` when O is unknown, or R is while O is beyond its own.
    pub flag: Option<bool>,
}

/// Pacing over the window that ends with `to`, from steps of valid days.
///
/// `observed` is sorted by date and has one entry per date.
pub(crate) fn pacing(observed: &[DayObs], to: NaiveDate, params: &ValidPacingParams) -> Pacing {
    let params = &params.0;
    let back = Days::new(u64::from(params.window_days) - 1);
    let from = to.checked_sub_days(back).unwrap_or(NaiveDate::MIN);
    let days: Vec<(NaiveDate, f64)> = observed
        .iter()
        .filter(|obs| (from..=to).contains(&obs.date) && obs.valid && !obs.phone_only)
        .filter_map(|obs| obs.steps.map(|steps| (obs.date, f64::from(steps))))
        .collect();
    let mut out = Pacing {
        from,
        to,
        valid_days: days.len() as u32,
        median_steps: None,
        sd_log_steps: None,
        overshoot: None,
        crash: None,
        rebound: None,
        rebound_days: 0,
        flag: None,
    };
    if days.len() < usize::from(params.least_valid_days) {
        return out;
    }
    let n = days.len() as f64;
    let mut steps: Vec<f64> = days.iter().map(|&(_, steps)| steps).collect();
    steps.sort_by(f64::total_cmp);
    let median = f64::midpoint(steps[(steps.len() - 1) / 2], steps[steps.len() / 2]);
    out.median_steps = Some(median);
    let logs: Vec<f64> = steps.iter().map(|steps| steps.max(1.0).ln()).collect();
    let mean = logs.iter().sum::<f64>() / n;
    out.sd_log_steps = Some((logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt());
    if median <= 0.0 {
        return out;
    }
    let share = |predicate: &dyn Fn(f64) -> bool| steps.iter().filter(|&&s| predicate(s)).count() as f64 / n;
    let overshoot = share(&|steps| steps > params.overshoot_ratio * median);
    out.overshoot = Some(overshoot);
    out.crash = Some(share(&|steps| steps < params.crash_ratio * median));

    let mut rebounds = Vec::new();
    for (index, &(date, steps)) in days.iter().enumerate() {
        if steps <= params.overshoot_ratio * median {
            continue;
        }
        let next: Vec<f64> = days[index + 1..]
            .iter()
            .take(2)
            .filter(|(after, _)| (*after - date).num_days() <= 2)
            .map(|d| d.1)
            .collect();
        if !next.is_empty() {
            rebounds.push(next.iter().sum::<f64>() / next.len() as f64 / median - 1.0);
        }
    }
    out.rebound_days = rebounds.len() as u32;
    out.rebound = (!rebounds.is_empty()).then(|| rebounds.iter().sum::<f64>() / rebounds.len() as f64);
    out.flag = if overshoot < params.flag_overshoot {
        Some(false)
    } else {
        out.rebound.map(|rebound| rebound <= params.flag_rebound)
    };
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(steps: &[Option<u32>]) -> Vec<DayObs> {
        let start = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        steps
            .iter()
            .zip(start.iter_days())
            .map(|(&steps, date)| DayObs {
                date,
                steps,
                walk_minutes: None,
                moderate_minutes: None,
                in_cadence_band: None,
                in_reserve_band: None,
                day_minutes: 1440,
                wear_minutes: 900,
                unknown_minutes: 0,
                valid: steps.is_some(),
                cadence_valid: false,
                phone_only: false,
            })
            .collect()
    }

    fn of(steps: &[Option<u32>]) -> Pacing {
        let days = days(steps);
        pacing(&days, days.last().unwrap().date, &ValidPacingParams::default())
    }

    #[test]
    fn boom_and_bust_by_hand() {
        // Four times 10 000, 2 000, 2 000, 4 000: median 3 000, O = 4/16, U = 0.
        let cycle = [Some(10_000), Some(2_000), Some(2_000), Some(4_000)];
        let found = of(&cycle.repeat(4));
        assert_eq!(found.median_steps, Some(3_000.0));
        assert_eq!((found.overshoot, found.crash), (Some(0.25), Some(0.0)));
        assert!((found.rebound.unwrap() + 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((found.rebound_days, found.flag), (4, Some(true)));
    }

    #[test]
    fn steady_days_have_no_spread() {
        let found = of(&[Some(5_000); 28]);
        assert!(found.sd_log_steps.unwrap() < 1e-12);
        assert_eq!((found.overshoot, found.flag), (Some(0.0), Some(false)));
        assert_eq!(found.rebound, None);
    }

    #[test]
    fn too_few_valid_days_say_nothing() {
        let mut steps = vec![Some(5_000); 13];
        steps.extend([None; 15]);
        let found = of(&steps);
        assert_eq!((found.valid_days, found.sd_log_steps, found.flag), (13, None, None));
    }

    #[test]
    fn parameters_are_rejected() {
        assert!(PacingParams { least_valid_days: 29, ..PacingParams::default() }.check().is_err());
        assert!(PacingParams { overshoot_ratio: 1.0, ..PacingParams::default() }.check().is_err());
        assert!(PacingParams::default().check().is_ok());
    }
}
