use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use foulee_contract::{ParticipantId, ProgrammeDoc};
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Path, json_fault};
use crate::ask;
use crate::registry::{Prescription, Right};

#[derive(Serialize)]
pub(super) struct Programmes {
    items: Vec<ProgrammeDoc>,
}

pub(super) async fn list(State(service): State<Service>, caller: Caller) -> Result<Json<Programmes>, Fault> {
    caller.reader()?;
    Ok(Json(Programmes { items: ask::programmes(&service.registry).await? }))
}

pub(super) async fn show(
    State(service): State<Service>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ProgrammeDoc>, Fault> {
    caller.reader()?;
    Ok(Json(ask::programme(&service.registry, &name).await?))
}

#[derive(Serialize)]
pub(super) struct PrescriptionDoc {
    id: i64,
    programme: String,
    version: u32,
    start: NaiveDate,
    assigned_at: String,
}

impl From<Prescription> for PrescriptionDoc {
    fn from(prescription: Prescription) -> Self {
        Self {
            id: prescription.id.get(),
            programme: prescription.programme,
            version: prescription.version,
            start: prescription.start_date,
            assigned_at: crate::feed::rfc3339(prescription.recorded_ms),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Prescriptions {
    items: Vec<PrescriptionDoc>,
}

pub(super) async fn prescriptions(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<Prescriptions>, Fault> {
    caller.may_read(&service, id).await?;
    let items = service.registry.prescriptions(id).await?.into_iter().map(PrescriptionDoc::from);
    Ok(Json(Prescriptions { items: items.collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPrescription {
    /// The name of a programme that is there; or else
    programme: Option<String>,
    /// the document of one.
    document: Option<ProgrammeDoc>,
    start: NaiveDate,
    start_steps: Option<u32>,
}

pub(super) async fn assign(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Result<Json<NewPrescription>, JsonRejection>,
) -> Result<Response, Fault> {
    caller.may(&service, Right::Prescribe, id).await?;
    let Json(new) = body.map_err(|error| json_fault(&error))?;
    let now_ms = (service.clock)();
    let doc = match (new.programme, new.document) {
        (Some(name), None) => {
            ask::programme_for(&service.registry, id, &name, new.start, new.start_steps).await?
        }
        (None, Some(doc)) => doc,
        _ => return Err(Fault::field("programme", "the name of a programme, or else its `document`")),
    };
    let assigned = ask::assign(&service.registry, id, &doc, new.start, now_ms).await?;
    service.worker.refresh(id, now_ms).await?;
    let code = if assigned.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((code, Json(PrescriptionDoc::from(assigned.prescription))).into_response())
}
