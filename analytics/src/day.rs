//! Measures of one local day.

use crate::bouts::{ValidBoutParams, bout_minutes, bouts, strict_bouts};
use crate::cadence::{CadenceProfile, MODERATE_CADENCE, VIGOROUS_CADENCE};
use crate::error::AnalyticsError;
use crate::heart::{ZoneBasis, Zones, resting_heart_rate};
use crate::inactivity::{longest, runs, transition_probability};
use crate::minutes::{DayMinutes, MinuteState};
use crate::wear::ValidDayRule;

/// Name and version of the measures as a set; part of every row's key.
pub const DAY_MEASURES_VERSION: &str = "day-measures-v2";

/// Length of a strict bout in minutes. [D] 10, as [`crate::bouts::BoutParams`].
const STRICT_BOUT_MINUTES: usize = 10;

/// What a day's measures need to know about the person and the study.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DayContext {
    /// When a day is valid.
    pub valid_day: ValidDayRule,
    /// Age in years; `None` when unknown, and under heart-rate lowering medication, where zones do not hold.
    pub age_years: Option<u8>,
    /// The person's usual resting heart rate in /min, from earlier days.
    pub usual_resting_bpm: Option<f64>,
}

/// How far a day's measures can be trusted; the first that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayQuality {
    /// No minute is known.
    NoData,
    /// A device's own total is above zero where all its minutes are zero.
    TotalContradictsMinutes,
    /// Only sources that are not worn reported.
    PhoneOnly,
    /// Wear was guessed from steps.
    WearFromSteps,
    /// Part of the steps came in intervals longer than a minute.
    UnresolvedSteps,
    /// A counter began anew or said what nobody can walk: steps may be missing.
    LostSteps,
    /// None of these.
    Measured,
}

impl DayQuality {
    /// Of a day's minutes.
    #[must_use]
    pub fn of(day: &DayMinutes) -> Self {
        let known = day.steps_seen().is_some();
        if day.flags.total_contradicts_minutes {
            Self::TotalContradictsMinutes
        } else if !known {
            Self::NoData
        } else if day.from_phone_only {
            Self::PhoneOnly
        } else if day.flags.wear_from_steps {
            Self::WearFromSteps
        } else if day.flags.unresolved_steps {
            Self::UnresolvedSteps
        } else if day.flags.lost_steps {
            Self::LostSteps
        } else {
            Self::Measured
        }
    }

    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::TotalContradictsMinutes => "total_contradicts_minutes",
            Self::PhoneOnly => "phone_only",
            Self::WearFromSteps => "wear_from_steps",
            Self::UnresolvedSteps => "unresolved_steps",
            Self::LostSteps => "lost_steps",
            Self::Measured => "measured",
        }
    }
}

/// One measure of one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayMeasure {
    /// A name of [`REGISTRY`](crate::REGISTRY).
    pub measure: &'static str,
    /// The value in the registry's unit; `None` when it cannot be known.
    pub value: Option<f64>,
    /// Minutes that the value rests on / minutes of the day, 0 to 1.
    pub coverage: f64,
    /// [`DayQuality::as_str`], or the basis of heart-rate zones (`percent_hrr`, `percent_hrmax`).
    pub quality: &'static str,
}

/// All measures of a day, in the registry's order.
///
/// # Errors
/// [`AnalyticsError::ParameterOutOfRange`] for an impossible age or resting heart rate in `context`.
pub fn measure_day(day: &DayMinutes, context: &DayContext) -> Result<Vec<DayMeasure>, AnalyticsError> {
    let zones = Zones::of_person(context.age_years, context.usual_resting_bpm)?;
    let minutes = day.len() as f64;
    let share = |part: u32| if minutes > 0.0 { f64::from(part) / minutes } else { 0.0 };
    let quality = DayQuality::of(day).as_str();

    let moved = day.count(MinuteState::Moved);
    let still = day.count(MinuteState::Still);
    let known = moved + still;
    let worn = day.wear_minutes();
    let cadence = CadenceProfile::new(day.cadences());
    let cadence_known = cadence.known_minutes();
    let moderate: Vec<bool> = day.cadences().map(|c| c.is_some_and(|c| c >= MODERATE_CADENCE)).collect();
    let active_runs = runs(day.cadences().map(|c| c.is_some_and(|c| c > 0)));
    // A minute of zero inside a longer interval with steps is no certain rest.
    let at_rest: Vec<bool> = day.cadences().map(|c| c == Some(0)).collect();
    let inactive_runs = runs(at_rest.iter().copied());
    let walked = bouts(&moderate, &ValidBoutParams::default());
    let heart_minutes = day.heart_rate_deci_bpm.iter().flatten().count() as u32;

    let mut out = Emitter { measures: Vec::with_capacity(crate::REGISTRY.len()), quality };
    let if_any = |part: u32, value: f64| (part > 0).then_some(value);
    let by_cadence = |value: u32| if_any(cadence_known, f64::from(value));

    out.add("steps", day.steps_seen().map(f64::from), share(known));
    out.add("device_day_total", day.device_day_total.map(f64::from), share(known));
    // How much is known is itself always known.
    out.add("wear_minutes", Some(f64::from(worn)), 1.0);
    out.add("moved_minutes", if_any(known, f64::from(moved)), share(known));
    out.add("still_minutes", if_any(worn, f64::from(still)), share(worn));
    out.add("unknown_minutes", Some(minutes - f64::from(known)), 1.0);
    out.add("valid_day", Some(f64::from(u8::from(context.valid_day.is_valid(worn)))), 1.0);

    const BAND_NAMES: [&str; 8] = [
        "cadence_0_minutes",
        "cadence_1_19_minutes",
        "cadence_20_39_minutes",
        "cadence_40_59_minutes",
        "cadence_60_79_minutes",
        "cadence_80_99_minutes",
        "cadence_100_119_minutes",
        "cadence_120_minutes",
    ];
    for (name, band) in BAND_NAMES.into_iter().zip(cadence.band_minutes()) {
        // Without wear nothing can be said about rest.
        let value = if name == BAND_NAMES[0] { if_any(worn, f64::from(band)) } else { by_cadence(band) };
        out.add(name, value, share(cadence_known));
    }
    for (name, top) in [("peak_1_cadence", 1), ("peak_30_cadence", 30), ("peak_60_cadence", 60)] {
        out.add(name, cadence.peak(top), share(cadence_known));
    }
    out.add("mvpa_minutes", by_cadence(cadence.minutes_at_least(MODERATE_CADENCE)), share(cadence_known));
    out.add("vigorous_minutes", by_cadence(cadence.minutes_at_least(VIGOROUS_CADENCE)), share(cadence_known));
    out.add("mvpa_bout_minutes", by_cadence(bout_minutes(&walked)), share(cadence_known));
    out.add("mvpa_bout_count", by_cadence(walked.len() as u32), share(cadence_known));
    let strict = bout_minutes(&strict_bouts(&moderate, STRICT_BOUT_MINUTES));
    out.add("mvpa_strict_bout_minutes", by_cadence(strict), share(cadence_known));

    out.add("longest_inactivity", if_any(worn, f64::from(longest(&inactive_runs))), share(cadence_known));
    out.add("active_bout_count", by_cadence(active_runs.len() as u32), share(cadence_known));
    let whole = |runs: &[u32]| if worn > 0 { transition_probability(runs) } else { None };
    out.add("astp", whole(&active_runs), share(cadence_known));
    out.add("satp", whole(&inactive_runs), share(cadence_known));

    let rest = resting_heart_rate(&at_rest, &day.heart_rate_deci_bpm);
    let rest_share = share(rest.map_or(0, |rest| rest.minutes));
    out.add("resting_heart_rate", rest.map(|rest| rest.median_bpm), rest_share);
    out.add("resting_heart_rate_p5", rest.map(|rest| rest.p5_bpm), rest_share);
    out.add(
        "heart_rate_minutes",
        if_any(known + heart_minutes, f64::from(heart_minutes)),
        share(heart_minutes),
    );
    let in_zones = zones.filter(|_| heart_minutes > 0).map(|zones| zones.minutes(&day.heart_rate_deci_bpm));
    if let Some(zones) = zones {
        out.quality = match zones.basis() {
            ZoneBasis::Reserve => "percent_hrr",
            ZoneBasis::Maximum => "percent_hrmax",
        };
    }
    let zone_share = if in_zones.is_some() { share(heart_minutes) } else { 0.0 };
    out.add("heart_rate_light_minutes", in_zones.map(|z| f64::from(z.light)), zone_share);
    out.add("heart_rate_moderate_minutes", in_zones.map(|z| f64::from(z.moderate)), zone_share);
    out.add("heart_rate_vigorous_minutes", in_zones.map(|z| f64::from(z.vigorous)), zone_share);
    Ok(out.measures)
}

struct Emitter {
    measures: Vec<DayMeasure>,
    quality: &'static str,
}

impl Emitter {
    fn add(&mut self, measure: &'static str, value: Option<f64>, coverage: f64) {
        self.measures.push(DayMeasure { measure, value, coverage, quality: self.quality });
    }
}

#[cfg(test)]
mod tests;
