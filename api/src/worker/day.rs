use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use foulee_analytics::adherence::DayObs;
use foulee_analytics::grains::check_total;
use foulee_analytics::programme::DEFAULT_WALKING_CADENCE;
use foulee_analytics::wear::{ValidWearParams, WearParams};
use foulee_analytics::{
    AnalyticsError, DayContext, DayFlags, DayMinutes, DayQuality, SourceDay, measure_day, merge_day,
};

use super::person::Person;
use super::readings::Readings;
use super::rows::{DayPayload, MeasureCell, MinutesPayload, TotalCell, cause_word};
use crate::ApiError;
use crate::feed::offset_minutes;

/// The flag of a day on which devices' own clocks differed from the home clock.
pub const CLOCK_ELSEWHERE: &str = "clock_elsewhere";

/// A computed day.
#[derive(Clone, Debug)]
pub struct ComputedDay {
    /// What pages and feeds read.
    pub payload: DayPayload,
    /// Its minutes.
    pub minutes: MinutesPayload,
}

/// Computes one day: pure, from the readings and what is known of the person. `None` for a day without any reading.
///
/// # Errors
/// When analytics refuses a reading or a parameter.
pub fn compute_day(
    person: &Person,
    readings: &Readings,
    date: NaiveDate,
    bounds: &Range<i64>,
    usual_resting_bpm: Option<f64>,
) -> Result<Option<ComputedDay>, ApiError> {
    if bounds.is_empty() || !readings.any_in(bounds) {
        return Ok(None);
    }
    let wear: ValidWearParams = WearParams::default().check()?;
    let sources = readings.of_day(bounds);
    let mut day = merge_day(date, bounds.clone(), &sources, &wear)?;
    day.flags.lost_steps = readings.notes_in(bounds).any(|(_, note)| note.decision.loses_steps());
    // A year alone can be out of range (a typing error): zones are then not given, everything else is.
    let age_years = person.age_years(date).filter(|age| (5..=110).contains(age));
    let context = DayContext { age_years, usual_resting_bpm, ..DayContext::default() };
    let measures = measure_day(&day, &context)?;
    let obs = DayObs::from_minutes(&day, &context.valid_day, DEFAULT_WALKING_CADENCE);
    let (cadence, cadence_known) = cadence_minutes(&day);
    let mut flags = flag_words(day.flags);
    if readings.is_elsewhere(bounds, |ms| offset_minutes(&person.zones, ms)) {
        flags.push(CLOCK_ELSEWHERE.to_owned());
    }
    let payload = DayPayload {
        start_ms: day.start_ms,
        minutes: day.len() as u32,
        steps: obs.steps,
        wear_minutes: obs.wear_minutes,
        unknown_minutes: obs.unknown_minutes,
        valid: obs.valid,
        cadence_valid: obs.cadence_valid,
        phone_only: obs.phone_only,
        cadence_known,
        quality: DayQuality::of(&day).as_str().to_owned(),
        flags,
        cadence,
        causes: causes(&day),
        counters: readings.decisions_in(bounds),
        totals: checked_totals(person, readings, &sources, bounds, &wear)?,
        conflicts: readings.conflicts_in(bounds),
        last_reading_ms: readings.last_in(bounds),
        measures: measures
            .into_iter()
            .map(|m| (m.measure.to_owned(), MeasureCell(m.value, m.coverage, m.quality.to_owned())))
            .collect(),
    };
    Ok(Some(ComputedDay { payload, minutes: MinutesPayload::new(&day) }))
}

/// Each source's own total of the day, held against its minutes.
pub(super) fn checked_totals(
    person: &Person,
    readings: &Readings,
    sources: &[SourceDay],
    bounds: &Range<i64>,
    wear: &ValidWearParams,
) -> Result<Vec<TotalCell>, AnalyticsError> {
    let mut cells = Vec::new();
    let totals = readings.totals_of(sources, bounds);
    for ((place, source), total) in readings.places().zip(sources).zip(totals) {
        let Some(total) = total else { continue };
        let checked = check_total(bounds, source, total, wear)?;
        cells.push(TotalCell {
            source: person.sources[place].source.key().to_owned(),
            minutes: checked.minutes,
            total,
            missing_minutes: checked.missing_minutes,
            check: checked.check.as_str().to_owned(),
        });
    }
    Ok(cells)
}

fn cadence_minutes(day: &DayMinutes) -> (Vec<(u16, u16)>, bool) {
    let mut minutes: BTreeMap<u16, u16> = BTreeMap::new();
    let mut known = false;
    for cadence in day.cadences().flatten() {
        known = true;
        if cadence > 0 {
            *minutes.entry(cadence).or_default() += 1;
        }
    }
    (minutes.into_iter().collect(), known)
}

fn causes(day: &DayMinutes) -> BTreeMap<String, u32> {
    let mut causes = BTreeMap::new();
    for cause in day.cause.iter().flatten() {
        *causes.entry(cause_word(*cause).to_owned()).or_default() += 1;
    }
    causes
}

fn flag_words(flags: DayFlags) -> Vec<String> {
    let all = [
        (flags.wear_from_steps, "wear_from_steps"),
        (flags.total_contradicts_minutes, "total_contradicts_minutes"),
        (flags.total_without_minutes, "total_without_minutes"),
        (flags.unresolved_steps, "unresolved_steps"),
        (flags.overlapping_steps, "overlapping_steps"),
        (flags.implausible_steps, "implausible_steps"),
        (flags.lost_steps, "lost_steps"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned()).collect()
}
