use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use foulee_contract::{ParticipantId, Source};
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Path, json_fault};
use crate::sources::{self, SourceRow};

#[derive(Serialize)]
pub(super) struct Sources {
    items: Vec<SourceRow>,
}

pub(super) async fn list(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<Sources>, Fault> {
    caller.may_read(&service, id).await?;
    Ok(Json(Sources { items: sources::sources(&service.registry, &*service.store, id).await? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preferred {
    /// Keys, the first first; empty for the order by kind.
    first: Vec<String>,
}

pub(super) async fn prefer(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Result<Json<Preferred>, JsonRejection>,
) -> Result<Json<Sources>, Fault> {
    caller.admin()?;
    let Json(preferred) = body.map_err(|error| json_fault(&error))?;
    let first: Result<Vec<Source>, Fault> = preferred
        .first
        .iter()
        .map(|key| key.parse().map_err(|error| Fault::field("first", format!("{key}: {error}"))))
        .collect();
    let now_ms = (service.clock)();
    sources::prefer(&service.registry, &*service.store, id, &first?, now_ms).await?;
    service.worker.refresh(id, now_ms).await?;
    Ok(Json(Sources { items: sources::sources(&service.registry, &*service.store, id).await? }))
}
