//! Adherence: prescribed days beside what was seen of them.
//!
//! Never one number: an estimate stands with its 90 % interval, hard bounds, completeness and what-if shifts, and is
//! withheld where the data do not bear it. All rules are those of docs/methods.md, Adherence.

mod intensity;
mod interval;
mod outcome;
mod reported;

mod beta_binomial;
mod estimate;
mod prior;

mod course;
mod dose;
mod fitt;
mod met;
mod pacing;
mod week;
mod weeks_met;

mod beside;
mod statement;

use chrono::NaiveDate;

pub use beside::{Ears, ExasExercise, Quality, exas};
pub use beta_binomial::{beta_binomial_pmf, ln_gamma, shifted_beta_binomial_pmf};
pub use course::{Course, INTERRUPTION_SESSIONS, STOP_DAYS};
pub use dose::RelativeDose;
pub use estimate::{AdherenceStatus, DayCounts, Estimate, LEVEL, SENSITIVITY_SHIFTS, Sensitivity, estimate};
pub use fitt::{Fitt, share_of_kinds};
pub use intensity::{BandMinutes, HeartRateReserve, minutes_in_cadence, minutes_in_reserve};
pub use interval::{Interval, Span};
pub use met::{
    MetDose, RELAXATION_MET, STRENGTHENING_MET, STRETCHING_MET, WALKING_MET, WALKING_STEPS_A_MINUTE,
    dose_over_kinds, met_hours_per_unit,
};
pub use outcome::{DayObs, DayOutcome, DayRow, judge_day};
pub use pacing::{PACING_VERSION, Pacing, PacingParams, ValidPacingParams};
pub use prior::{
    LEAST_PEOPLE, LEAST_VALID_DAYS, LEAST_VALID_WORKSHOP_DAYS, PRIOR_VERSION, PersonDays, Prior, PriorSource,
};
pub use reported::{Answer, ReportedDay, Said, SessionReport, judge_reported};
pub use statement::{Statement, statements};
pub use week::{WeekOutcome, WeekRow};
pub use weeks_met::{WEEK_CORRELATIONS, WeeksMet};

use crate::error::AnalyticsError;
use crate::programme::{PrescribedDay, QuotaKind};

/// Name and version of the adherence rules; part of every row's key.
pub const ADHERENCE_VERSION: &str = "adherence-betabinomial-v2";

/// What adherence is judged from.
#[derive(Debug, Clone, Copy)]
pub struct AdherenceInput<'a> {
    /// First day of the period.
    pub from: NaiveDate,
    /// Last day of the period that counts: never after today.
    pub to: NaiveDate,
    /// The kind of quota assessed.
    pub kind: QuotaKind,
    /// Eligible days with their quotas, in any order, one per date. Those after `to` are ignored; those before `from`
    /// only complete the first week.
    pub prescribed: &'a [PrescribedDay],
    /// What was seen, in any order, one per date. Days without prescription matter to pacing alone. Kinds that no sensor
    /// judges need none.
    pub observed: &'a [DayObs],
    /// What was said of this kind of quota, in any order, one per date: what was done for the kinds that are reported, and
    /// effort and early end for every kind.
    pub reported: &'a [ReportedDay],
    /// The score of EARS, which stands beside adherence.
    pub ears: Option<Ears>,
    /// What to expect of a person.
    pub prior: &'a Prior,
    /// When pacing is shown.
    pub pacing: &'a ValidPacingParams,
}

/// Adherence of one person to one kind of quota over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Adherence {
    /// First day of the period.
    pub from: NaiveDate,
    /// Last day of the period.
    pub to: NaiveDate,
    /// The kind of quota assessed.
    pub kind: QuotaKind,
    /// Estimate, interval, bounds and sensitivity, with their status.
    pub estimate: Estimate,
    /// Level of every interval: 0.9.
    pub level: f64,
    /// Known minutes / minutes of the prescribed days, 0 to 1; of a kind that is reported, the share of days that the
    /// person or the sheet told all of. `None` when nothing was prescribed.
    pub completeness: Option<f64>,
    /// What the days came to.
    pub days: DayCounts,
    /// Programme weeks, judged whole up to `to`.
    pub weeks: Vec<WeekRow>,
    /// Of how many of them the plan was met.
    pub weeks_met: WeeksMet,
    /// Frequency, intensity, time, type.
    pub fitt: Fitt,
    /// Dose done / planned; `None` when nothing was prescribed.
    pub relative_dose: Option<RelativeDose>,
    /// Interruptions, reduced sessions, early ends, and whether it was given up.
    pub course: Course,
    /// The score of EARS as given.
    pub ears: Option<Ears>,
    /// Pacing over the 28 days that end with `to`.
    pub pacing: Pacing,
    /// Every prescribed day of the period, by date.
    pub by_day: Vec<DayRow>,
    /// The prior used.
    pub prior: Prior,
}

/// Judges a period.
///
/// # Errors
/// [`AnalyticsError::PeriodReversed`], [`AnalyticsError::DayTwice`] for two prescriptions, observations or reports of a
/// date, [`AnalyticsError::QuotaKindMixed`] for a prescription of another kind, [`AnalyticsError::ReportOfAnotherKind`] and
/// [`AnalyticsError::ParameterOutOfRange`] for a report of another kind or an effort off Borg's scale.
pub fn assess(input: &AdherenceInput<'_>) -> Result<Adherence, AnalyticsError> {
    let AdherenceInput { from, to, kind, prior, .. } = *input;
    if to < from {
        return Err(AnalyticsError::PeriodReversed { from, to });
    }
    let observed = by_date(input.observed, |obs| obs.date)?;
    let reported = by_date(input.reported, |told| told.date)?;
    reported.iter().try_for_each(|told| told.check(kind))?;
    let prescribed = by_date(input.prescribed, |day| day.date)?;
    let mut rows = Vec::with_capacity(prescribed.len());
    for day in prescribed.iter().filter(|day| day.date <= to) {
        if day.quota.kind != kind {
            let (date, found) = (day.date, day.quota.kind);
            return Err(AnalyticsError::QuotaKindMixed { date, expected: kind, found });
        }
        let told =
            reported.binary_search_by_key(&day.date, |told| told.date).ok().map(|index| &reported[index]);
        if !kind.is_sensed() {
            rows.push(judge_reported(day, told));
            continue;
        }
        let seen =
            observed.binary_search_by_key(&day.date, |obs| obs.date).ok().map(|index| &observed[index]);
        let effort = told.and_then(|told| told.effort);
        let stopped_early = told.and_then(|told| told.stopped_early);
        rows.push(DayRow { effort, stopped_early, ..judge_day(day, seen) });
    }
    let first = rows.partition_point(|row| row.date < from);
    let first_week = rows.get(first).map(|row| row.week_start);
    let weeks = match first_week {
        Some(start) => week::judge_weeks(&rows[rows.partition_point(|row| row.week_start < start)..]),
        None => Vec::new(),
    };
    let by_day = rows.split_off(first);
    let days = week::count_days(&by_day);
    Ok(Adherence {
        from,
        to,
        kind,
        estimate: estimate(&days, prior)?,
        level: LEVEL,
        completeness: completeness(&by_day),
        days,
        weeks_met: weeks_met::weeks_met(&weeks, prior),
        weeks,
        fitt: fitt::fitt(&by_day, kind),
        relative_dose: dose::relative_dose(&by_day),
        course: course::course(&by_day, from, to),
        ears: input.ears,
        pacing: pacing::pacing(&observed, to, input.pacing),
        by_day,
        prior: *prior,
    })
}

fn completeness(rows: &[DayRow]) -> Option<f64> {
    let all: u64 = rows.iter().map(|row| u64::from(row.day_minutes)).sum();
    let known: u64 =
        rows.iter().map(|row| u64::from(row.day_minutes.saturating_sub(row.unknown_minutes))).sum();
    (all > 0).then(|| known as f64 / all as f64)
}

fn by_date<T: Copy>(values: &[T], date: impl Fn(&T) -> NaiveDate) -> Result<Vec<T>, AnalyticsError> {
    let mut sorted = values.to_vec();
    sorted.sort_by_key(&date);
    match sorted.windows(2).find(|pair| date(&pair[0]) == date(&pair[1])) {
        Some(pair) => Err(AnalyticsError::DayTwice { date: date(&pair[0]) }),
        None => Ok(sorted),
    }
}

#[cfg(test)]
mod tests;
