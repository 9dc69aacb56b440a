//! Questions that commands and `/v1` ask alike.

use chrono::NaiveDate;
use foulee_analytics::baseline::{RUN_IN_DAYS, RUN_IN_PERCENT, Trials, run_in_median, run_in_quota};
use foulee_analytics::programme::QuotaKind;
use foulee_analytics::{AnalyticsError, HomeZones};
use foulee_contract::{Contingency, ParticipantId, ProgrammeDoc};
use foulee_store::Store;

use crate::ApiError;
use crate::adherence::{AdherenceDoc, Period, Plan, assess, load_rows, reference_date};
use crate::programme::{
    GRADED_STARTS, GRADED_WALKING, Start, built_in, doc_digest, needs, programme_of, started,
    started_template, templates,
};
use crate::registry::{Assigned, NewProgramme, Registry, RegistryError};
use crate::safety::{self, StopDoc};
use crate::worker::{Person, days_as_of, prior_as_of};
use crate::zones::home_zones;

/// The period asked for, or the last 28 complete days.
///
/// # Errors
/// When it is reversed or the registry fails.
pub async fn period(
    registry: &Registry,
    id: ParticipantId,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    now_ms: i64,
) -> Result<Period, ApiError> {
    let zones = home_zones(registry, id).await?;
    let last_day = registry.day_row_digests(id).await?.iter().map(|day| day.date).max();
    Period::choose(from, to, reference_date(zones.date_of(now_ms)?, last_day))
}

/// The last 28 complete days as far as readings go, and what came after them: raw readings need no complete day, and
/// no computed one.
///
/// # Errors
/// When the store fails.
pub async fn period_of_readings(
    store: &dyn Store,
    zones: &HomeZones,
    id: ParticipantId,
    now_ms: i64,
) -> Result<Period, ApiError> {
    const DAY_MS: i64 = 86_400_000;
    let last = store.day_digests(id, 0, i32::MAX).await?.iter().map(|day| day.epoch_day).max();
    // The home day in which that UTC day ends: none of its readings starts later.
    let last = last.map(|day| zones.date_of((i64::from(day) + 1) * DAY_MS - 1)).transpose()?;
    let today = zones.date_of(now_ms)?;
    let period = Period::choose(None, None, reference_date(today, last))?;
    Ok(Period { to: last.map_or(period.to, |last| last.max(period.to)), ..period })
}

/// Adherence over a period, from day rows; or, as of a time, from what was known then.
///
/// # Errors
/// [`ApiError::NothingAssigned`] where no programme is assigned.
pub async fn adherence(
    registry: &Registry,
    store: &dyn Store,
    id: ParticipantId,
    period: Period,
    kind: QuotaKind,
    as_of_ms: Option<i64>,
) -> Result<AdherenceDoc, ApiError> {
    let plan = Plan::load_as_of(registry, id, as_of_ms).await?;
    let rows = match as_of_ms {
        None => load_rows(registry, id, period).await?,
        Some(known_at_ms) => {
            let person = Person::load(registry, store, id).await?.ok_or(ApiError::ParticipantUnknown)?;
            let back = chrono::Days::new(crate::adherence::LOOK_BACK_DAYS);
            let from = period.from.checked_sub_days(back).unwrap_or(period.from);
            days_as_of(store, &person, from..period.to, known_at_ms).await?
        }
    };
    let prior = prior_as_of(registry, kind, as_of_ms).await?;
    let assessed = assess(&plan, &rows, period, kind, &prior)?;
    let doc = AdherenceDoc::new(id, &assessed, as_of_ms.map(crate::feed::rfc3339));
    // What is stopped now is withheld also from who asks what was known before.
    let Some(stop) = safety::stop_of(registry, id).await? else { return Ok(doc) };
    let since = home_zones(registry, id).await?.date_of(stop.since_ms)?;
    Ok(doc.withheld(StopDoc::of(&stop)?, since))
}

/// All programmes: the built-in templates, then what was stored, each version once.
///
/// # Errors
/// When the registry fails.
pub async fn programmes(registry: &Registry) -> Result<Vec<ProgrammeDoc>, ApiError> {
    let mut docs = templates();
    for stored in registry.programmes().await? {
        // A template that somebody assigned as it is stands among both.
        if !docs.iter().any(|doc| doc.name == stored.name && doc.version == stored.version) {
            docs.push(serde_json::from_str(&stored.doc_json)?);
        }
    }
    Ok(docs)
}

/// A programme by name: its latest version, built in or stored.
///
/// # Errors
/// [`ApiError::ProgrammeUnknown`].
pub async fn programme(registry: &Registry, name: &str) -> Result<ProgrammeDoc, ApiError> {
    let template = templates().into_iter().find(|template| template.name == name);
    match (registry.latest_programme(name).await?, template) {
        (Some(stored), Some(template)) if stored.version <= template.version => Ok(template),
        (Some(stored), _) => Ok(serde_json::from_str(&stored.doc_json)?),
        (None, template) => template.ok_or(ApiError::ProgrammeUnknown),
    }
}

/// What whoever assigns a programme says of its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartChoice {
    /// Steps a day in place of the run-in's own.
    pub start_steps: Option<u32>,
    /// Three trials of what the programme tries.
    pub trials: Option<Vec<u32>>,
    /// Whether progress waits for pain, where the document leaves that to the study.
    pub contingency: Option<Contingency>,
}

/// The document to assign for a name. The graded template starts from a person's run-in although it has amounts to show.
///
/// # Errors
/// [`ApiError::ProgrammeUnknown`], and those of [`document_for`].
pub async fn programme_for(
    registry: &Registry,
    id: ParticipantId,
    name: &str,
    start: NaiveDate,
    choice: &StartChoice,
) -> Result<ProgrammeDoc, ApiError> {
    let doc = programme(registry, name).await?;
    let is_graded = doc.name == GRADED_WALKING && templates().contains(&doc);
    if !is_graded {
        return document_for(registry, id, &doc, start, choice).await;
    }
    let steps = match choice.start_steps {
        Some(steps) => steps,
        // Who walks more than its greatest start is asked for that; nobody is asked for more than they walk.
        None => run_in(registry, id, start).await?.min(*GRADED_STARTS.end()),
    };
    if choice.start_steps.is_none() && steps < *GRADED_STARTS.start() {
        return Err(ApiError::RunInTooLow { found: steps });
    }
    let from =
        Start { run_in: Some(steps), trials: trials_of(&doc, choice)?, contingency: choice.contingency };
    started_template(&doc, &from)
}

/// The document to assign for one that may start from a baseline: from the person's own run-in, from steps given in its
/// place, from trials.
///
/// # Errors
/// [`ApiError::NoBaseline`], and those of [`started`].
pub async fn document_for(
    registry: &Registry,
    id: ParticipantId,
    doc: &ProgrammeDoc,
    start: NaiveDate,
    choice: &StartChoice,
) -> Result<ProgrammeDoc, ApiError> {
    let run_in = match choice.start_steps {
        None if needs(doc).run_in => Some(run_in(registry, id, start).await?),
        given => given,
    };
    let from = Start { run_in, trials: trials_of(doc, choice)?, contingency: choice.contingency };
    started(doc, &from)
}

/// The median of the valid days before the start, rounded down as a quota is: daily steps are habitual, so a programme
/// starts at 100 % of it.
async fn run_in(registry: &Registry, id: ParticipantId, start: NaiveDate) -> Result<u32, ApiError> {
    let from = start.checked_sub_days(chrono::Days::new(RUN_IN_DAYS)).unwrap_or(start);
    let to = start.pred_opt().unwrap_or(start);
    let rows = load_rows(registry, id, Period { from, to }).await?;
    let valid = rows.iter().filter(|(_, day)| day.valid);
    let median = run_in_median(start, valid.filter_map(|(date, day)| Some((*date, day.steps?))));
    match median {
        Ok(median) => Ok(run_in_quota(median, RUN_IN_PERCENT)),
        Err(AnalyticsError::RunInTooShort { found }) => Err(ApiError::NoBaseline { found }),
        Err(error) => Err(error.into()),
    }
}

fn trials_of(doc: &ProgrammeDoc, choice: &StartChoice) -> Result<Option<Trials>, ApiError> {
    match (&choice.trials, needs(doc).trials) {
        (None, _) => Ok(None),
        (Some(amounts), Some(kind)) => Trials::of(kind, amounts).map(Some).map_err(ApiError::TrialsRefused),
        (Some(_), None) => Err(ApiError::BaselineUnused { field: "trials" }),
    }
}

/// Stores a document and assigns it from a day on. Assigning what was assigned last changes nothing.
///
/// # Errors
/// When the document cannot be followed, when the study has not chosen what it must, or when the document's version
/// exists with another content.
pub async fn assign(
    registry: &Registry,
    id: ParticipantId,
    doc: &ProgrammeDoc,
    start: NaiveDate,
    now_ms: i64,
) -> Result<Assigned, ApiError> {
    store_programme(registry, doc, now_ms).await?;
    Ok(registry.assign(id, &doc.name, doc.version, start, now_ms).await?)
}

/// Stores a document that can be followed; the same again changes nothing.
///
/// # Errors
/// When it cannot be followed, or its version exists with another content.
async fn store_programme(registry: &Registry, doc: &ProgrammeDoc, now_ms: i64) -> Result<(), ApiError> {
    programme_of(doc)?;
    if needs(doc).contingency {
        return Err(ApiError::ContingencyMissing);
    }
    if built_in(&doc.name, doc.version).is_some_and(|known| known != *doc) {
        return Err(RegistryError::ProgrammeConflict.into());
    }
    let (json, digest) = doc_digest(doc)?;
    let new = NewProgramme { name: &doc.name, version: doc.version, digest: &digest, doc_json: &json };
    registry.put_programme(new, now_ms).await?;
    Ok(())
}
