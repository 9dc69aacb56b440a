use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate};
use foulee_analytics::adherence::{
    Adherence, DayOutcome as Judged, DayRow as JudgedDay, judge_day, judge_reported,
};
use foulee_analytics::programme::QuotaKind;
use foulee_analytics::{HomeZones, MinuteState as State};

use super::{PageQuery, local};
use crate::ApiError;
use crate::adherence::{DayRows, Period, Plan, assess, load_rows, reference_date};
use crate::feed::{load_minutes, offset_minutes};
use crate::pages::Lang;
use crate::pages::model as p;
use crate::registry::{Participant, Registry};
use crate::worker::{DayPayload, WEEK_KIND, WeekPayload, prior_of};

/// Days in the table of days: with the week rows, about three months of a person.
const TABLE_DAYS: u64 = 90;
/// Weeks in the history.
const HISTORY_WEEKS: usize = 13;

/// A participant's page, from rows alone.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn person_page(
    registry: &Registry,
    participant: &Participant,
    zones: &HomeZones,
    query: &PageQuery,
    lang: Lang,
    now_ms: i64,
) -> Result<p::PersonPage, ApiError> {
    let id = participant.id;
    let stop = crate::safety::stop_of(registry, id).await?;
    // What is withheld is not even looked up.
    let plan = if stop.is_some() { Plan::default() } else { Plan::load(registry, id).await? };
    let last_day = registry.day_row_digests(id).await?.iter().map(|day| day.date).max();
    let today = zones.date_of(now_ms)?;
    let reference = reference_date(today, last_day);
    let to = query.to.unwrap_or(reference);
    let period = Period::choose(None, Some(to), reference)?;
    let from = to.checked_sub_days(Days::new(TABLE_DAYS - 1)).unwrap_or(to);
    // Today is lived but not complete: it belongs to its week and to the table, never to adherence.
    let shown_to = if query.to.is_none() && to < today && last_day == Some(today) { today } else { to };
    let rows = load_rows(registry, id, Period { from, to: shown_to }).await?;
    let day = query.day.or_else(|| last_day.map(|last| last.min(shown_to))).unwrap_or(to);
    let kind = plan.all_kinds().first().copied().unwrap_or(QuotaKind::Steps);
    let week_of = query.week.or(query.day).unwrap_or(shown_to);
    let week_from = week_start(&plan, week_of);
    let adherence = if plan.is_empty() {
        None
    } else {
        let prior = prior_of(registry, kind).await?;
        Some(assess(&plan, &rows, period, kind, &prior)?.adherence)
    };
    let judged = judge_days(&plan, &rows, Period { from: from.min(week_from), to: shown_to }, kind)?;
    let last_reading = rows.values().rev().find_map(|row| row.last_reading_ms);
    let newest =
        last_day.and_then(|last| rows.get(&last)).and_then(|row| row.last_reading_ms).or(last_reading);
    let study = match participant.study {
        Some(study) => registry.study(study).await?.map(|study| study.name),
        None => None,
    };
    let programme = plan.on(to).or_else(|| plan.first_date().and_then(|first| plan.on(first))).map(
        |(doc, _)| match lang {
            Lang::Fr => doc.title.fr.clone(),
            Lang::En => doc.title.en.clone(),
        },
    );
    let step = |date: NaiveDate, days: i64| date.checked_add_signed(chrono::TimeDelta::days(days));
    Ok(p::PersonPage {
        frame: p::Frame {
            safety: stop.as_ref().map(|stop| super::safety_notice(stop, id, lang)),
            synthetic: None,
            storing: false,
            other_language: query.href(lang.other(), query.day, query.week),
            index: p::Href::new(format!("/?lang={}", lang.code())).ok(),
        },
        participant: short(participant),
        study,
        programme,
        home_zone: zones.zone_at(now_ms).name().to_owned(),
        period: Some(p::Period { from: period.from, to: period.to }),
        last_reading: newest
            .and_then(|ms| local(zones, ms))
            .map(|at| p::LastReading { at, received_at: None }),
        this_week: (!plan.is_empty() || !rows.is_empty())
            .then(|| week(&plan, &rows, &judged, week_from, kind, today)),
        adherence: adherence.as_ref().map(|adherence| adherence_view(adherence, &rows)),
        weeks: if stop.is_some() {
            Vec::new()
        } else {
            weeks(registry, participant, kind, week_from, query, lang).await?
        },
        days: day_table(&rows, &judged, query, lang, from),
        day: Some(day_view(registry, participant, zones, day, now_ms).await?),
        withheld: stop.is_some(),
        links: p::PersonLinks {
            previous_day: query.href(lang, step(day, -1), None),
            next_day: if day < today { query.href(lang, step(day, 1), None) } else { None },
            previous_week: query.href(lang, None, step(week_from, -7)),
            day_of: p::Href::new(format!("/p/{id}/day?lang={}", lang.code())).ok(),
            received: p::Href::new(format!("/p/{id}/received?lang={}", lang.code())).ok(),
            live: p::Href::new(format!("/p/{id}/live?lang={}", lang.code())).ok(),
            next_week: if week_from < week_start(&plan, today) {
                query.href(lang, None, step(week_from, 7))
            } else {
                None
            },
        },
    })
}

/// A short name: the export's own id where there is one, else the end of the pseudonym.
pub(super) fn short(participant: &Participant) -> String {
    participant.external_id.clone().unwrap_or_else(|| {
        let id = participant.id.to_string();
        id[id.len() - 8..].to_owned()
    })
}

/// The first day of the programme week of a date; its Monday where nothing is prescribed.
fn week_start(plan: &Plan, date: NaiveDate) -> NaiveDate {
    let monday =
        date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday()))).unwrap_or(date);
    let Some((_, start)) = plan.on(date) else { return monday };
    let week = foulee_analytics::programme::week_of(start, date).unwrap_or(0);
    start.checked_add_days(Days::new(7 * week)).unwrap_or(monday)
}

type JudgedDays = BTreeMap<NaiveDate, JudgedDay>;

fn judge_days(plan: &Plan, rows: &DayRows, period: Period, kind: QuotaKind) -> Result<JudgedDays, ApiError> {
    let mut judged = JudgedDays::new();
    for planned in
        plan.days(period.from, period.to.checked_add_days(Days::new(7)).unwrap_or(period.to), kind)?
    {
        let day = planned.day;
        let judged_day = if kind.is_sensed() {
            let seen = rows.get(&day.date).map(|row| row.observation(day.date, day.quota.min_cadence));
            judge_day(&day, seen.as_ref())
        } else {
            judge_reported(&day, plan.reported(kind).iter().find(|told| told.date == day.date))
        };
        judged.insert(day.date, judged_day);
    }
    Ok(judged)
}

fn outcome_of(judged: Judged) -> p::DayOutcome {
    match judged {
        Judged::Attained | Judged::KnownAttained => p::DayOutcome::Attained,
        Judged::Missed => p::DayOutcome::Missed,
        Judged::Censored => p::DayOutcome::Censored,
    }
}

fn week(
    plan: &Plan,
    rows: &DayRows,
    judged: &JudgedDays,
    from: NaiveDate,
    kind: QuotaKind,
    today: NaiveDate,
) -> p::Week {
    let dates = from.iter_days().take(7);
    let mut days = Vec::with_capacity(7);
    let (mut sure, mut open, mut known, mut so_far) = (0, 0, 0, 0);
    let mut quota = None;
    for date in dates {
        let row = rows.get(&date);
        let day = judged.get(&date);
        let lived = date < today || row.is_some();
        let outcome = match day {
            None => p::DayOutcome::Rest,
            // What was reached today is reached; what was not can still be.
            Some(day) if date >= today && !day.outcome.is_attained() => p::DayOutcome::NotYet,
            Some(day) => outcome_of(day.outcome),
        };
        quota = quota.or(day.map(|day| day.quota));
        match outcome {
            p::DayOutcome::Attained => sure += 1,
            p::DayOutcome::Censored | p::DayOutcome::NotYet => open += 1,
            p::DayOutcome::Missed | p::DayOutcome::Rest => {}
        }
        if day.is_some() && lived && outcome != p::DayOutcome::NotYet {
            so_far += 1;
            known += u32::from(outcome != p::DayOutcome::Censored);
        }
        days.push(p::DayCell {
            date,
            quota: day.map(|day| day.quota.target),
            done: if kind.is_sensed() {
                row.and_then(|row| row.observation(date, day.map_or(60, |d| d.quota.min_cadence)).done(kind))
            } else {
                // Nothing said is not nothing done.
                day.filter(|day| day.outcome != Judged::Censored || day.done.lo > 0.0)
                    .map(|day| day.done.lo as u32)
            },
            outcome,
            wear_minutes: row.and_then(|row| (!row.phone_only).then_some(row.wear_minutes)),
            unknown_minutes: row.map_or(if lived { 1_440 } else { 0 }, |row| row.unknown_minutes),
            valid: row.is_some_and(|row| row.valid),
        });
    }
    let per_week = quota.map_or(0, |quota| u32::from(quota.per_week));
    let over = from.checked_add_days(Days::new(7)).is_some_and(|end| end <= today);
    let outcome = if quota.is_none() || plan.is_empty() {
        p::WeekOutcome::Undetermined
    } else if sure >= per_week {
        p::WeekOutcome::Attained
    } else if sure + open < per_week {
        p::WeekOutcome::Missed
    } else if over {
        p::WeekOutcome::Undetermined
    } else {
        p::WeekOutcome::InProgress
    };
    p::Week {
        from,
        quota: quota.map(|quota| p::Quota { kind: kind_of(quota.kind), target: quota.target, per_week }),
        days,
        done: p::CountRange { lo: sure, hi: sure + open },
        outcome,
        known_days: known,
        of_days: so_far,
    }
}

pub(super) fn kind_of(kind: QuotaKind) -> p::QuotaKind {
    match kind {
        QuotaKind::Steps => p::QuotaKind::Steps,
        QuotaKind::WalkMinutes => p::QuotaKind::WalkMinutes,
        QuotaKind::Stretching => p::QuotaKind::Stretching,
        QuotaKind::Strengthening => p::QuotaKind::Strengthening,
        QuotaKind::Relaxation => p::QuotaKind::Relaxation,
        QuotaKind::Workshop => p::QuotaKind::Workshop,
    }
}

pub(super) fn adherence_view(adherence: &Adherence, rows: &DayRows) -> p::Adherence {
    use foulee_analytics::adherence::AdherenceStatus as Status;
    let pair =
        |interval: foulee_analytics::adherence::Interval| p::Interval { lo: interval.lo, hi: interval.hi };
    let estimate = &adherence.estimate;
    let days = adherence.days;
    let in_period = rows.range(adherence.from..=adherence.to);
    let phone_only = in_period.clone().count() > 0 && in_period.into_iter().all(|(_, row)| row.phone_only);
    p::Adherence {
        status: match estimate.status {
            Status::Ok => p::AdherenceStatus::Ok,
            Status::Insufficient => p::AdherenceStatus::Insufficient,
            Status::Bounded => p::AdherenceStatus::Bounded,
        },
        estimate: estimate.estimate,
        interval: estimate.interval.map(pair),
        level: adherence.level,
        bounds: estimate.bounds.map_or(p::Interval { lo: 0.0, hi: 1.0 }, pair),
        completeness: adherence.completeness,
        measured: f64::from(days.valid) / f64::from(days.prescribed.max(1)),
        days: p::DayCounts {
            prescribed: days.prescribed,
            attained: days.attained(),
            missed: days.missed(),
            censored: days.censored(),
        },
        shifted: estimate
            .sensitivity
            .iter()
            .filter_map(|shifted| {
                Some(p::ShiftedEstimate {
                    logit_shift: shifted.logit_shift,
                    estimate: shifted.estimate?,
                    interval: pair(shifted.interval),
                })
            })
            .collect(),
        phone_only,
    }
}

/// Earlier weeks, oldest first, from the worker's own rows.
async fn weeks(
    registry: &Registry,
    participant: &Participant,
    kind: QuotaKind,
    before: NaiveDate,
    query: &PageQuery,
    lang: Lang,
) -> Result<Vec<p::WeekRow>, ApiError> {
    let mut weeks = Vec::new();
    for row in registry.results(participant.id, WEEK_KIND).await? {
        let week: WeekPayload = serde_json::from_str(&row.computed.payload)?;
        if week.kind == kind.as_str() && week.from < before {
            weeks.push(week);
        }
    }
    weeks.sort_by_key(|week| week.from);
    let skip = weeks.len().saturating_sub(HISTORY_WEEKS);
    Ok(weeks
        .into_iter()
        .skip(skip)
        .map(|week| p::WeekRow {
            from: week.from,
            quota: Some(p::Quota {
                kind: kind_of(kind),
                target: week.target,
                per_week: u32::from(week.per_week),
            }),
            done: p::CountRange { lo: week.done.0, hi: week.done.1 },
            outcome: if week.done.0 >= u32::from(week.per_week) {
                p::WeekOutcome::Attained
            } else if week.done.1 < u32::from(week.per_week) {
                p::WeekOutcome::Missed
            } else {
                p::WeekOutcome::Undetermined
            },
            known_days: week.eligible.saturating_sub(week.done.1.saturating_sub(week.done.0)),
            of_days: week.eligible,
            href: query.href(lang, None, Some(week.from)),
        })
        .collect())
}

/// The table of days, newest first.
fn day_table(
    rows: &DayRows,
    judged: &JudgedDays,
    query: &PageQuery,
    lang: Lang,
    from: NaiveDate,
) -> Vec<p::DayRow> {
    let line = |(date, row): (&NaiveDate, &DayPayload)| p::DayRow {
        date: *date,
        steps: row.steps,
        wear_minutes: (!row.phone_only).then_some(row.wear_minutes),
        mvpa_minutes: row.value("mvpa_minutes").map(|minutes| minutes as u32),
        peak30_cadence: row.value("peak_30_cadence").map(|cadence| cadence as f32),
        resting_heart_rate_bpm: row.value("resting_heart_rate").map(|bpm| bpm as f32),
        outcome: judged.get(date).map(|day| outcome_of(day.outcome)),
        valid: row.valid,
        href: query.href(lang, Some(*date), None),
    };
    rows.range(from..).rev().map(line).collect()
}

async fn day_view(
    registry: &Registry,
    participant: &Participant,
    zones: &HomeZones,
    date: NaiveDate,
    now_ms: i64,
) -> Result<p::DayView, ApiError> {
    let bounds = zones.bounds(date)?;
    let rows = load_rows(registry, participant.id, Period { from: date, to: date }).await?;
    let count = usize::try_from((bounds.end - bounds.start) / 60_000).unwrap_or(0);
    let cells = load_minutes(registry, participant.id, date)
        .await?
        .map(|minutes| minutes.cells())
        .unwrap_or_default();
    let minutes = (0..count).map(|minute| {
        let (state, steps, heart) = cells.get(minute).copied().unwrap_or((State::Unknown, None, None));
        p::MinuteCell {
            state: match state {
                State::Moved => p::MinuteState::Moved,
                State::Still => p::MinuteState::Still,
                State::Unknown => p::MinuteState::Unknown,
            },
            steps,
            heart_rate_bpm: heart.map(|deci_bpm| f32::from(deci_bpm) / 10.0),
        }
    });
    let offset_at = |minute: usize| offset_minutes(zones, bounds.start + minute as i64 * 60_000);
    let shifts =
        (1..count).filter(|minute| offset_at(*minute) != offset_at(minute - 1)).map(|minute| p::ClockShift {
            at_minute: minute as u16,
            by_minutes: (offset_at(minute) - offset_at(minute - 1)) as i16,
        });
    let elapsed = bounds.contains(&now_ms).then(|| ((now_ms - bounds.start) / 60_000) as u16);
    Ok(p::DayView {
        date,
        minutes: minutes.collect(),
        steps: rows.get(&date).and_then(|row| row.steps),
        clock_shifts: shifts.collect(),
        elapsed,
    })
}
