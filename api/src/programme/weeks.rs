//! What a document prescribes, week by week.

use chrono::{Datelike as _, NaiveDate};
use foulee_analytics::programme::week_of;
use foulee_contract::{BaselineDoc, IntensityDoc, ProgrammeDoc, QuotaDoc};

use super::follow::{WEEK, eligible, kind_of};

/// A quota in a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekRow {
    /// The week, from 1.
    pub week: u32,
    /// The stage, from 1.
    pub stage: usize,
    /// What is counted.
    pub kind: &'static str,
    /// Days of the week on which it is to be reached.
    pub per_week: u8,
    /// The days that can count, as `mon tue`.
    pub days: String,
    /// The day's amount; `None` where it is a share of a baseline.
    pub target: Option<u32>,
    /// Steps, minutes or workshops a day, in UCUM.
    pub unit: &'static str,
    /// What the target is a share of.
    pub baseline: Option<&'static str>,
    /// That share in `%`.
    pub percent: Option<u16>,
    /// How hard, as `100-130`: cadence, heart-rate reserve, effort.
    pub intensity: [Option<String>; 3],
}

/// A row for each quota of each week; a pause has none.
#[must_use]
pub fn week_rows(doc: &ProgrammeDoc) -> Vec<WeekRow> {
    let mut rows = Vec::new();
    for ((index, stage), first) in doc.stages.iter().enumerate().zip(first_weeks(doc)) {
        for week in first..first + u32::from(stage.weeks) {
            rows.extend(stage.quotas.iter().map(|quota| {
                let days = eligible(stage, quota);
                let days: Vec<String> = WEEK
                    .into_iter()
                    .filter(|day| days.contains(*day))
                    .map(|day| day.to_string().to_lowercase())
                    .collect();
                row(quota, week, index + 1, days.join(" "))
            }));
        }
    }
    rows
}

/// The quotas that can count on a date, of somebody who started on another: what their day shows, exercises by name.
#[must_use]
pub fn quotas_on(doc: &ProgrammeDoc, start: NaiveDate, date: NaiveDate) -> Vec<&QuotaDoc> {
    let Some(week) = week_of(start, date) else { return Vec::new() };
    let stages = doc.stages.iter().zip(first_weeks(doc));
    let mut within = stages.filter(|(stage, first)| {
        let first = u64::from(first.saturating_sub(1));
        (first..first + u64::from(stage.weeks)).contains(&week)
    });
    let stage = within.next().map(|(stage, _)| stage);
    let quotas = stage.into_iter().flat_map(|stage| stage.quotas.iter().map(move |quota| (stage, quota)));
    quotas
        .filter(|(stage, quota)| eligible(stage, quota).contains(date.weekday()))
        .map(|(_, quota)| quota)
        .collect()
}

/// Its length in weeks, pauses included.
#[must_use]
pub fn weeks(doc: &ProgrammeDoc) -> u32 {
    let last = first_weeks(doc).last().zip(doc.stages.last());
    last.map_or(0, |(first, stage)| first + u32::from(stage.weeks) - 1)
}

/// The first week of each stage, from 1.
fn first_weeks(doc: &ProgrammeDoc) -> impl Iterator<Item = u32> {
    doc.stages.iter().scan(1, |free, stage| {
        let first = stage.from_week.map_or(*free, u32::from);
        *free = first + u32::from(stage.weeks);
        Some(first)
    })
}

fn row(quota: &QuotaDoc, week: u32, stage: usize, days: String) -> WeekRow {
    use foulee_analytics::baseline::{RUN_IN_PERCENT, TRIAL_PERCENT};
    use foulee_analytics::programme::QuotaKind;

    let kind = kind_of(quota.kind);
    let unit = match kind {
        QuotaKind::Steps => "{steps}/d",
        QuotaKind::Workshop => "{workshops}/d",
        _ => "min/d",
    };
    let (baseline, usual) = match quota.baseline {
        Some(BaselineDoc::RunIn) => (Some("run_in"), Some(RUN_IN_PERCENT)),
        Some(BaselineDoc::Trials) => (Some("trials"), Some(TRIAL_PERCENT)),
        None => (None, None),
    };
    let IntensityDoc { cadence, heart_rate_reserve, effort } = quota.intensity.unwrap_or_default();
    let band = |ends: Option<[u16; 2]>| ends.map(|[lo, hi]| format!("{lo}-{hi}"));
    WeekRow {
        week,
        stage,
        kind: kind.as_str(),
        per_week: quota.per_week,
        days,
        target: quota.target,
        unit,
        baseline,
        percent: quota.percent.or(usual),
        intensity: [cadence, heart_rate_reserve, effort].map(band),
    }
}
