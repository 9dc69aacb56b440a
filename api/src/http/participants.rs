use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use chrono::{DateTime, FixedOffset};
use foulee_contract::ParticipantId;
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::audit::About;
use super::fault::{Fault, Path, Query, json_fault};
use crate::people::{self, NewPerson};
use crate::registry::{MAX_PAGE, Participant, Purpose, Reach, Right, SINCE_EVER};

#[derive(Serialize)]
pub(super) struct ParticipantDoc {
    id: ParticipantId,
    external_id: Option<String>,
    study: Option<String>,
    birth_year: Option<i64>,
    time_zones: Vec<ZoneDoc>,
    added_at: String,
}

#[derive(Serialize)]
struct ZoneDoc {
    from: Option<String>,
    time_zone: String,
}

#[derive(Serialize)]
pub(super) struct Page {
    items: Vec<ParticipantDoc>,
    /// Give it as `after` for the next page; null at the end.
    next: Option<ParticipantId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    after: Option<ParticipantId>,
    limit: Option<u32>,
    study: Option<String>,
}

async fn doc(service: &Service, caller: Caller, participant: Participant) -> Result<ParticipantDoc, Fault> {
    let study = match participant.study {
        Some(study) => service.registry.study(study).await?.map(|study| study.name),
        None => None,
    };
    let zones = service.registry.home_zones(participant.id).await?;
    Ok(ParticipantDoc {
        id: participant.id,
        external_id: participant.external_id.filter(|_| !caller.is_researcher()),
        study,
        birth_year: participant.birth_year,
        time_zones: zones
            .into_iter()
            .map(|zone| ZoneDoc {
                from: (zone.from_ms != crate::registry::SINCE_EVER)
                    .then(|| crate::feed::rfc3339(zone.from_ms)),
                time_zone: zone.zone.name().to_owned(),
            })
            .collect(),
        added_at: crate::feed::rfc3339(participant.recorded_ms),
    })
}

pub(super) async fn list(
    State(service): State<Service>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<(Extension<About>, Json<Page>), Fault> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Fault::field("limit", format!("1 to {MAX_PAGE}")));
    }
    let found = visible(&service, caller, query.study.as_deref(), query.after, limit).await?;
    let next = (found.len() == limit as usize).then(|| found.last().map(|last| last.id)).flatten();
    let about = About { caller, people: found.iter().map(|one| one.id).collect() };
    let mut items = Vec::with_capacity(found.len());
    for participant in found {
        items.push(doc(&service, caller, participant).await?);
    }
    Ok((Extension(about), Json(Page { items, next })))
}

/// The participants whom a caller may see, after one of them.
pub(super) async fn visible(
    service: &Service,
    caller: Caller,
    study: Option<&str>,
    after: Option<ParticipantId>,
    limit: u32,
) -> Result<Vec<Participant>, Fault> {
    let asked = match study {
        Some(name) => match service.registry.study_by_name(name).await? {
            Some(study) => Some(study.id),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let right = if caller.is_researcher() { Right::ReadPseudonymised } else { Right::ReadPerson };
    let within = match caller.scope.reach(right) {
        Reach::Everybody => asked,
        Reach::Study(own) => match asked {
            Some(study) if study != own => return Ok(Vec::new()),
            _ => Some(own),
        },
        Reach::One(id) => {
            let one = service.registry.participant(id).await?;
            let one = one.filter(|one| asked.is_none_or(|study| one.study == Some(study)));
            return Ok(one.into_iter().filter(|one| after.is_none_or(|after| one.id > after)).collect());
        }
        Reach::Nobody => return caller.reader().map(|()| Vec::new()),
    };
    if let (Right::ReadPseudonymised, Some(study)) = (right, within) {
        let found = service.registry.consenting(study, Purpose::Research, after, limit).await?;
        return Ok(found.into_iter().map(|one| Participant { external_id: None, ..one }).collect());
    }
    Ok(service.registry.participants(within, after, limit).await?)
}

pub(super) async fn show(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<ParticipantDoc>, Fault> {
    caller.may_read(&service, id).await?;
    let participant = service.registry.participant(id).await?.ok_or_else(Fault::not_found)?;
    Ok(Json(doc(&service, caller, participant).await?))
}

pub(super) async fn add(
    State(service): State<Service>,
    caller: Caller,
    body: Result<Json<NewPerson>, JsonRejection>,
) -> Result<Response, Fault> {
    caller.admin()?;
    let Json(new) = body.map_err(|error| json_fault(&error))?;
    let (id, created) = people::add(&service.registry, &new, (service.clock)()).await?;
    service.access.forget();
    let participant = service.registry.participant(id).await?.ok_or_else(Fault::not_found)?;
    let code = if created { StatusCode::CREATED } else { StatusCode::OK };
    let about = About { caller, people: vec![id] };
    Ok((code, Extension(about), Json(doc(&service, caller, participant).await?)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Move {
    time_zone: String,
    /// From when on; since ever where it is left out.
    from: Option<DateTime<FixedOffset>>,
}

pub(super) async fn move_home(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Result<Json<Move>, JsonRejection>,
) -> Result<Json<ParticipantDoc>, Fault> {
    caller.admin()?;
    let Json(asked) = body.map_err(|error| json_fault(&error))?;
    let participant = service.registry.participant(id).await?.ok_or_else(Fault::not_found)?;
    let now_ms = (service.clock)();
    let from_ms = asked.from.map_or(SINCE_EVER, |from| from.timestamp_millis());
    service.registry.set_home_zone(id, from_ms, &asked.time_zone, now_ms).await?;
    service.worker.refresh(id, now_ms).await?;
    Ok(Json(doc(&service, caller, participant).await?))
}

pub(super) async fn erase(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<people::ErasedDoc>, Fault> {
    caller.admin()?;
    let _shut = service.gate.write().await;
    let erased = people::erase(&service.registry, &*service.store, id, (service.clock)()).await?;
    // Still behind the gate: who asks next is told that there is nobody.
    service.access.forget();
    Ok(Json(erased))
}
