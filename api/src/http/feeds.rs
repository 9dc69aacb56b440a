use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::{Metric, ParticipantId, Problem, ProblemKind};
use foulee_store::Scan;
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Path, Query};
use super::stream::rows_as_read;
use crate::adherence::{AdherenceDoc, Period};
use crate::feed::{
    self, CompletenessBy, CompletenessFeed, CompletenessRow, DictionaryRow, MeasureRow, MinuteRow,
    ReadingFeed, TotalRow,
};
use crate::worker::Person;
use crate::{ApiError, ask};

/// Days of raw readings or minutes in one answer.
const MAX_RAW_DAYS: i64 = 31;
/// Days of measures or adherence in one answer: three years and a little.
const MAX_DAYS: i64 = 1_200;

#[derive(Serialize)]
pub(super) struct Rows<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadingsQuery {
    metric: Option<Metric>,
    from: Option<String>,
    to: Option<String>,
    as_of: Option<String>,
}

/// An instant of the query; `field` is named where it is none. A date alone is not taken: the other feeds' dates are local
/// days, and this would be a UTC one.
fn instant(field: &str, text: Option<&str>) -> Result<DateTime<Utc>, Fault> {
    text.and_then(|text| DateTime::parse_from_rfc3339(text).ok()).map(|at| at.to_utc()).ok_or_else(|| {
        Fault::field(
            field,
            "an instant with its zone (RFC 3339), such as 2026-01-05T00:00:00Z; + is sent as %2B",
        )
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DaysQuery {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AdherenceQuery {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    as_of: Option<DateTime<Utc>>,
    quota: Option<String>,
}

pub(super) async fn readings(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<ReadingsQuery>,
) -> Result<Response, Fault> {
    caller.may_read(&service, id).await?;
    let from = instant("from", query.from.as_deref())?;
    let to = instant("to", query.to.as_deref())?;
    let as_of = query.as_of.as_deref().map(|text| instant("as_of", Some(text))).transpose()?;
    if to <= from || (to - from).num_days() > MAX_RAW_DAYS {
        return Err(Fault::field("to", format!("after `from`, at most {MAX_RAW_DAYS} days later")));
    }
    let scan = Scan {
        participant: id,
        metrics: query.metric.into_iter().collect(),
        from_ms: from.timestamp_millis(),
        to_ms: to.timestamp_millis(),
        known_at_ms: as_of.map(|at| at.timestamp_millis()),
    };
    let place = place_among_readers(&service)?;
    rows_as_read(ReadingFeed::open(service.store.clone(), scan).await?, place).await
}

/// A place among those who read from the store at once.
pub(super) fn place_among_readers(service: &Service) -> Result<OwnedSemaphorePermit, Fault> {
    let place = service.reading_feeds.clone().try_acquire_owned();
    place.map_err(|_| Fault::from(Problem::new(ProblemKind::TooManyRequests)))
}

/// The period that was asked for, no longer than `most` days.
async fn period(service: &Service, id: ParticipantId, query: &DaysQuery, most: i64) -> Result<Period, Fault> {
    let period = ask::period(&service.registry, id, query.from, query.to, (service.clock)()).await?;
    if (period.to - period.from).num_days() >= most {
        return Err(Fault::field("to", format!("at most {most} days from `from` on")));
    }
    Ok(period)
}

pub(super) async fn minutes(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<DaysQuery>,
) -> Result<Json<Rows<MinuteRow>>, Fault> {
    caller.may_read(&service, id).await?;
    let period = period(&service, id, &query, MAX_RAW_DAYS).await?;
    let zones = crate::zones::home_zones(&service.registry, id).await?;
    let mut items = Vec::new();
    for date in period.dates() {
        items.extend(feed::minutes_of_day(&service.registry, id, &zones, date).await?);
    }
    Ok(Json(Rows { items }))
}

pub(super) async fn measures(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<DaysQuery>,
) -> Result<Json<Rows<MeasureRow>>, Fault> {
    caller.may_read(&service, id).await?;
    let period = period(&service, id, &query, MAX_DAYS).await?;
    Ok(Json(Rows { items: feed::measure_rows(&service.registry, id, period).await? }))
}

pub(super) async fn totals(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<DaysQuery>,
) -> Result<Json<Rows<TotalRow>>, Fault> {
    caller.may_read(&service, id).await?;
    let period = period(&service, id, &query, MAX_DAYS).await?;
    Ok(Json(Rows { items: feed::total_rows(&service.registry, id, period).await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompletenessQuery {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    as_of: Option<String>,
    by: Option<String>,
}

pub(super) async fn completeness(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<CompletenessQuery>,
) -> Result<Json<Rows<CompletenessRow>>, Fault> {
    caller.may_read(&service, id).await?;
    let as_of = query.as_of.as_deref().map(|text| instant("as_of", Some(text))).transpose()?;
    let by = match query.by.as_deref() {
        None | Some("hour") => CompletenessBy::Hour,
        Some("day") => CompletenessBy::Day,
        Some(_) => return Err(Fault::field("by", "hour or day")),
    };
    let days = DaysQuery { from: query.from, to: query.to };
    let period = period(&service, id, &days, MAX_RAW_DAYS).await?;
    let _place = place_among_readers(&service)?;
    let store = &*service.store;
    let person = Person::load(&service.registry, store, id).await?.ok_or(ApiError::ParticipantUnknown)?;
    let known_at_ms = as_of.map(|at| at.timestamp_millis());
    let mut feed = CompletenessFeed::open(store, &person, period, by, known_at_ms, (service.clock)()).await?;
    let mut items = Vec::new();
    while let Some(rows) = feed.next().await? {
        items.extend(rows);
    }
    Ok(Json(Rows { items }))
}

pub(super) async fn adherence(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<AdherenceQuery>,
) -> Result<Json<AdherenceDoc>, Fault> {
    caller.may_read(&service, id).await?;
    let kind = match query.quota.as_deref() {
        None => QuotaKind::Steps,
        Some(word) => QuotaKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| Fault::field("quota", QuotaKind::ALL.map(QuotaKind::as_str).join(", ")))?,
    };
    let days = DaysQuery { from: query.from, to: query.to };
    let period = period(&service, id, &days, MAX_DAYS).await?;
    let as_of_ms = query.as_of.map(|at| at.timestamp_millis());
    Ok(Json(ask::adherence(&service.registry, &*service.store, id, period, kind, as_of_ms).await?))
}

pub(super) async fn dictionary() -> Json<Rows<DictionaryRow>> {
    Json(Rows { items: feed::dictionary() })
}
