use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use foulee_contract::{Contingency, ParticipantId, Problem, ProblemKind, ProgrammeDoc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Path, json_fault};
use crate::ask::{self, StartChoice};
use crate::programme::parse_member;
use crate::registry::{Prescription, Right};
use crate::safety::StopDoc;

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
    /// What is stopped; then nothing is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    safety: Option<StopDoc>,
}

pub(super) async fn prescriptions(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<Prescriptions>, Fault> {
    caller.may_read(&service, id).await?;
    if let Some(stop) = crate::safety::stop_of(&service.registry, id).await? {
        return Ok(Json(Prescriptions { items: Vec::new(), safety: Some(StopDoc::of(&stop)?) }));
    }
    let items = service.registry.prescriptions(id).await?.into_iter().map(PrescriptionDoc::from);
    Ok(Json(Prescriptions { items: items.collect(), safety: None }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPrescription {
    /// The name of a programme that is there; or else
    programme: Option<String>,
    /// the document of one, which is read by itself, so that its faults have lines.
    document: Option<IgnoredAny>,
    start: NaiveDate,
    start_steps: Option<u32>,
    trials: Option<Vec<u32>>,
    contingency: Option<Contingency>,
}

pub(super) async fn assign(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    request: Request,
) -> Result<Response, Fault> {
    caller.may(&service, Right::Prescribe, id).await?;
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::from_parts(parts.clone(), body), &service).await;
    let body = body.map_err(|error| json_fault(&error.into()))?;
    let again = Request::from_parts(parts, Body::from(body.clone()));
    let Json(new) =
        Json::<NewPrescription>::from_request(again, &service).await.map_err(|error| json_fault(&error))?;
    let now_ms = (service.clock)();
    let choice =
        StartChoice { start_steps: new.start_steps, trials: new.trials, contingency: new.contingency };
    let doc = match (new.programme, new.document) {
        (Some(name), None) => ask::programme_for(&service.registry, id, &name, new.start, &choice).await?,
        (None, Some(IgnoredAny)) => {
            let text = std::str::from_utf8(&body).map_err(|_| Problem::new(ProblemKind::Malformed))?;
            let doc = parse_member(text, "document")?;
            ask::document_for(&service.registry, id, &doc, new.start, &choice).await?
        }
        _ => return Err(Fault::field("programme", "the name of a programme, or else its `document`")),
    };
    let assigned = ask::assign(&service.registry, id, &doc, new.start, now_ms).await?;
    service.worker.refresh(id, now_ms).await?;
    let code = if assigned.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((code, Json(PrescriptionDoc::from(assigned.prescription))).into_response())
}
