//! What people say: reports, and what is known of their lives.

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use chrono::{DateTime, FixedOffset};
use foulee_contract::{
    CONTRACT_VERSION, MAX_REPORTS, ParticipantId, Problem, ProblemKind, Report, ReportBatch,
    ReportRejectCode, ReportRejection, ReportsAnswer,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Service;
use super::access::Caller;
use super::audit::About;
use super::fault::{Fault, Path, Query, json_fault};
use crate::feed::rfc3339;
use crate::profile::{self, Answer};
use crate::registry::{ContextEntry, Origin, Right, Role, Scope, StoredReport};
use crate::reports;
use crate::safety::CODE_DAYS;

impl Caller {
    /// By whom something is said that comes with this token.
    pub(super) fn origin(&self) -> Origin {
        match self.scope {
            Scope::Role(Role::Participant, _) => Origin::Participant,
            Scope::Role(Role::Coordinator | Role::Researcher | Role::Administrator, _) | Scope::Admin => {
                Origin::Operator
            }
            Scope::Role(Role::Device, _)
            | Scope::WriteParticipant(_)
            | Scope::WriteStudy(_)
            | Scope::ReadParticipant(_)
            | Scope::ReadStudy(_) => Origin::Import,
            Scope::Role(
                Role::Physiotherapist
                | Role::AdaptedActivityTeacher
                | Role::OccupationalTherapist
                | Role::Psychologist
                | Role::Physician,
                _,
            ) => Origin::Professional,
        }
    }

    /// Whether something may be said for this participant.
    pub(super) async fn may_say(&self, service: &Service, id: ParticipantId) -> Result<(), Fault> {
        self.may(service, Right::Report, id).await
    }
}

/// `POST /v1/reports`: durable, and acting on safety, once it is answered.
pub(super) async fn report(
    State(service): State<Service>,
    caller: Caller,
    body: Result<Json<ReportBatch<Value>>, JsonRejection>,
) -> Result<(Extension<About>, Json<ReportsAnswer>), Fault> {
    caller.has(Right::Report)?;
    let Json(batch) = body.map_err(|error| json_fault(&error))?;
    if batch.contract != CONTRACT_VERSION {
        return Err(Fault::field("contract", format!("{CONTRACT_VERSION}")));
    }
    if batch.reports.len() > MAX_REPORTS {
        return Err(Fault::field(
            "reports",
            format!("at most {MAX_REPORTS}; send the others in a second request"),
        ));
    }
    let _open = service.gate.read().await;
    let now_ms = (service.clock)();
    let mut read = reports::read(batch.reports, now_ms);
    let mut known = std::collections::HashMap::new();
    let mut within = Vec::with_capacity(read.reports.len());
    for (index, report) in std::mem::take(&mut read.reports) {
        let who = report.participant;
        let may = match known.get(&who) {
            Some(may) => *may,
            None => service.registry.may(caller.scope, Right::Report, who).await?,
        };
        known.insert(who, may);
        if may {
            within.push((index, report));
        } else {
            read.rejected.push(ReportRejection {
                index,
                code: ReportRejectCode::ParticipantUnknown,
                field: "participant".to_owned(),
                fix: "a participant for whom this token may report".to_owned(),
            });
        }
    }
    let people: Vec<ParticipantId> =
        within.iter().map(|(_, report): &(u32, Report)| report.participant).collect();
    read.reports = within;
    let answer = reports::keep(&service.registry, read, caller.origin(), now_ms).await?;
    service.live.said(&people);
    Ok((Extension(About { caller, people }), Json(answer)))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AsOf {
    as_of: Option<DateTime<FixedOffset>>,
}

#[derive(Serialize)]
pub(super) struct ReportDoc {
    #[serde(flatten)]
    report: Report,
    origin: &'static str,
    recorded_at: String,
}

impl From<StoredReport> for ReportDoc {
    fn from(stored: StoredReport) -> Self {
        let StoredReport { report, origin, recorded_ms, .. } = stored;
        Self { report, origin: origin.as_str(), recorded_at: rfc3339(recorded_ms) }
    }
}

#[derive(Serialize)]
pub(super) struct Reports {
    items: Vec<ReportDoc>,
}

/// `GET /v1/participants/{id}/reports`: all that was said, in the order of arrival.
pub(super) async fn list(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<AsOf>,
) -> Result<Json<Reports>, Fault> {
    caller.may_read(&service, id).await?;
    let known_at_ms = query.as_of.map(|at| at.timestamp_millis());
    let items = service.registry.reports(id, known_at_ms).await?;
    Ok(Json(Reports { items: items.into_iter().map(ReportDoc::from).collect() }))
}

/// What is known of a person's life.
#[derive(Serialize)]
pub(super) struct ProfileDoc {
    participant: ParticipantId,
    items: Vec<ProfileItem>,
}

#[derive(Serialize)]
struct ProfileItem {
    item: String,
    state: &'static str,
    value: Option<Value>,
    effective_at: String,
    origin: &'static str,
    recorded_at: String,
}

impl ProfileItem {
    fn of(entry: &ContextEntry) -> Result<Self, Fault> {
        let value = entry.value.as_deref().map(serde_json::from_str).transpose();
        Ok(Self {
            item: entry.item.clone(),
            state: entry.state.as_str(),
            value: value.map_err(crate::ApiError::from)?,
            effective_at: rfc3339(entry.effective_ms),
            origin: entry.origin.as_str(),
            recorded_at: rfc3339(entry.recorded_ms),
        })
    }
}

async fn profile_doc(
    service: &Service,
    id: ParticipantId,
    as_of: Option<DateTime<FixedOffset>>,
) -> Result<Json<ProfileDoc>, Fault> {
    let known_at_ms = as_of.map(|at| at.timestamp_millis());
    let all = service.registry.context(id, known_at_ms).await?;
    let holding = profile::holding(&all, known_at_ms.unwrap_or_else(|| (service.clock)()));
    let items = holding.into_iter().map(ProfileItem::of).collect::<Result<_, _>>()?;
    Ok(Json(ProfileDoc { participant: id, items }))
}

/// `GET /v1/participants/{id}/profile`: what holds now, or held as it was known at an instant.
pub(super) async fn profile(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<AsOf>,
) -> Result<Json<ProfileDoc>, Fault> {
    caller.may_read(&service, id).await?;
    profile_doc(&service, id, query.as_of).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAnswers {
    answers: Map<String, Value>,
    /// From when on they hold; now where it is left out.
    effective_at: Option<DateTime<FixedOffset>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclinedDoc {
    declined: Option<String>,
}

/// `POST /v1/participants/{id}/profile`: answers, or `{"declined": REASON}` in place of one.
pub(super) async fn set_profile(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Result<Json<NewAnswers>, JsonRejection>,
) -> Result<Json<ProfileDoc>, Fault> {
    caller.may_say(&service, id).await?;
    let Json(new) = body.map_err(|error| json_fault(&error))?;
    let now_ms = (service.clock)();
    let effective_ms = new.effective_at.map_or(now_ms, |at| at.timestamp_millis());
    let mut answers = Vec::with_capacity(new.answers.len());
    for (item, value) in new.answers {
        let answer = if value.is_object() {
            let declined: DeclinedDoc = serde_json::from_value(value)
                .map_err(|_| Fault::field(&item, "an answer, or {\"declined\": REASON or null}"))?;
            Answer::Declined(declined.declined)
        } else {
            Answer::Given(value)
        };
        answers.push((item, answer));
    }
    let _open = service.gate.read().await;
    profile::set(&service.registry, id, &answers, effective_ms, caller.origin(), now_ms).await?;
    profile_doc(&service, id, None).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clearance {
    by: ClearedBy,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClearedBy {
    Professional,
    OwnStatement,
}

/// `GET /v1/participants/{id}/safety`.
pub(super) async fn safety(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<crate::safety::SafetyDoc>, Fault> {
    caller.may_read(&service, id).await?;
    Ok(Json(crate::safety::doc(&service.registry, id).await?))
}

/// `POST /v1/participants/{id}/safety/clearances`: what was raised is cleared, by who may.
pub(super) async fn clear(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Result<Json<Clearance>, JsonRejection>,
) -> Result<Json<crate::safety::SafetyDoc>, Fault> {
    let Json(asked) = body.map_err(|error| json_fault(&error))?;
    let by = match asked.by {
        ClearedBy::Professional => {
            caller.may(&service, Right::ClearSafety, id).await?;
            crate::registry::Clearer::Professional
        }
        ClearedBy::OwnStatement => {
            caller.may_say(&service, id).await?;
            crate::registry::Clearer::OwnStatement
        }
    };
    service.registry.participant(id).await?.ok_or_else(Fault::not_found)?;
    crate::safety::clear(&service.registry, id, by, (service.clock)()).await?;
    service.live.said(&[id]);
    Ok(Json(crate::safety::doc(&service.registry, id).await?))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCode {
    expires_days: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct CodeDoc {
    /// Shown this once.
    code: String,
    expires_at: String,
}

/// `POST /v1/participants/{id}/safety/codes`: a code for the general practitioner.
pub(super) async fn clearing_code(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Bytes,
) -> Result<(StatusCode, Json<CodeDoc>), Fault> {
    caller.may_say(&service, id).await?;
    // No body is one without wishes.
    let asked: NewCode = if body.is_empty() {
        NewCode::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| Problem::new(ProblemKind::InvalidField).detail(error.to_string()))?
    };
    let days = asked.expires_days.unwrap_or(CODE_DAYS);
    if !(1..=CODE_DAYS).contains(&days) {
        return Err(Fault::field("expires_days", format!("1 to {CODE_DAYS}")));
    }
    let made = crate::safety::clearing_code(&service.registry, id, days, (service.clock)());
    let (code, expires_ms) = made.await?;
    let doc = CodeDoc { code: code.reveal().to_owned(), expires_at: rfc3339(expires_ms) };
    Ok((StatusCode::CREATED, Json(doc)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByCode {
    code: String,
}

/// `POST /v1/safety/clearances`: by the code alone, without a token. A code that is none, is spent or has ended is not told
/// apart, and of whom it was is not told.
pub(super) async fn clear_by_code(
    State(service): State<Service>,
    body: Result<Json<ByCode>, JsonRejection>,
) -> Result<StatusCode, Fault> {
    let Json(asked) = body.map_err(|error| json_fault(&error))?;
    if redeem(&service, &asked.code).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        let unknown = "this code is not known, was used already, has ended, or is older than the last report";
        Err(Problem::new(ProblemKind::NotFound).detail(unknown).into())
    }
}

/// Lifts a stop by a code; whether it was one.
pub(super) async fn redeem(service: &Service, code: &str) -> Result<bool, Fault> {
    let now_ms = (service.clock)();
    if !service.clearing_attempts.allow(now_ms) {
        let detail = "too many codes are being tried; try again in a minute";
        return Err(Problem::new(ProblemKind::TooManyRequests).detail(detail).into());
    }
    let cleared = service.registry.clear_by_code(code, now_ms).await?;
    if let Some(id) = cleared {
        service.live.said(&[id]);
    }
    Ok(cleared.is_some())
}
