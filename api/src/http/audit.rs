use axum::Json;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use foulee_contract::ParticipantId;
use foulee_ingest::{WrittenFor, phone_token};
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::{Caller, Recognised, token};
use super::fault::{Fault, Path, Query};
use crate::registry::{Act, AuditEntry, Looked, MAX_ENTRIES, NOBODY, Right};

/// Whom an answer is about, and who asked, where the path names nobody.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) caller: Caller,
    pub(super) people: Vec<ParticipantId>,
}

/// Notes who asked what of whom, on disk before the answer leaves; where it cannot be noted, nothing is answered.
///
/// It stands around every route: one whose path has an `{id}` of a participant is noted without doing anything for it.
pub(super) async fn note(State(service): State<Service>, request: Request, next: Next) -> Response {
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let act = act_of(request.method(), route.as_str());
    let (mut parts, body) = request.into_parts();
    let named = named_in(&mut parts).await;
    let secret = secret_of(&parts.headers).map(str::to_owned);
    let mut owed = Owed { service, people: Vec::new(), caller: None, act, route };
    if let Some(id) = named {
        owed.people.push(id);
        owed.caller = match recognise(&owed.service, secret.as_deref()).await {
            Ok(caller) => caller,
            Err(fault) => return fault.into_response(),
        };
        parts.extensions.insert(Recognised(owed.caller));
    }
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(about) = response.extensions_mut().remove::<About>() {
        owed.caller = Some(about.caller);
        owed.people.extend(about.people);
    }
    let status = response.status();
    let done = match (response.extensions_mut().remove::<WrittenFor>(), secret) {
        (Some(WrittenFor(people)), Some(secret)) => owed.pay_sender(&people, &secret, status).await,
        // A method that the path does not have is no access.
        _ if status == StatusCode::METHOD_NOT_ALLOWED => owed.forget(),
        _ => owed.pay(status).await,
    };
    done.map_or_else(IntoResponse::into_response, |()| response)
}

fn act_of(method: &Method, route: &str) -> Act {
    match *method {
        Method::GET | Method::HEAD => Act::Read,
        Method::DELETE if route == "/v1/participants/{id}" => Act::Erase,
        _ => Act::Write,
    }
}

/// The participant whom the path names, read as the handlers read it.
async fn named_in(parts: &mut Parts) -> Option<ParticipantId> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    params.iter().find(|(name, _)| *name == "id").and_then(|(_, value)| value.parse().ok())
}

/// The token that was sent, in whichever of the ways that some handler takes.
fn secret_of(headers: &HeaderMap) -> Option<&str> {
    token(headers).or_else(|| phone_token(headers))
}

async fn recognise(service: &Service, secret: Option<&str>) -> Result<Option<Caller>, Fault> {
    match secret {
        Some(secret) => Caller::of_token(service, secret).await,
        None => Ok(None),
    }
}

/// An entry that is owed until it is written: also when the client goes away before it has its answer.
struct Owed {
    service: Service,
    people: Vec<ParticipantId>,
    caller: Option<Caller>,
    act: Act,
    route: MatchedPath,
}

impl Owed {
    fn forget(mut self) -> Result<(), Fault> {
        self.people.clear();
        Ok(())
    }

    /// Who sends readings is noted now and then, not with each batch.
    async fn pay_sender(
        mut self,
        people: &[ParticipantId],
        secret: &str,
        status: StatusCode,
    ) -> Result<(), Fault> {
        let now_ms = (self.service.clock)();
        let due = self.service.senders.due(secret, people, now_ms);
        if due.is_empty() {
            return Ok(());
        }
        self.caller = recognise(&self.service, Some(secret)).await?;
        let service = self.service.clone();
        self.people.clone_from(&due);
        self.pay(status).await?;
        service.senders.noted(secret, &due, now_ms);
        Ok(())
    }

    async fn pay(mut self, status: StatusCode) -> Result<(), Fault> {
        let people = std::mem::take(&mut self.people);
        write(&self.service, people, self.caller, self.act, &self.route, Some(status)).await
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        let people = std::mem::take(&mut self.people);
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if people.is_empty() {
            return;
        }
        let (service, caller, act) = (self.service.clone(), self.caller, self.act);
        let route = self.route.clone();
        runtime.spawn(async move {
            let _ = write(&service, people, caller, act, &route, None).await;
        });
    }
}

async fn write(
    service: &Service,
    people: Vec<ParticipantId>,
    caller: Option<Caller>,
    act: Act,
    route: &MatchedPath,
    status: Option<StatusCode>,
) -> Result<(), Fault> {
    let looked = Looked {
        token: caller.and_then(|caller| caller.token),
        role: caller.map_or(NOBODY, |caller| caller.scope.as_str()),
        act,
        route: route.as_str(),
        status: status.map(|status| status.as_u16()),
    };
    Ok(service.registry.note_access(&people, looked, (service.clock)()).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditQuery {
    after: Option<i64>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Entries {
    items: Vec<EntryDoc>,
    /// Give it as `after` for the next page; null at the end.
    next: Option<i64>,
}

#[derive(Serialize)]
struct EntryDoc {
    id: i64,
    at: String,
    token: Option<i64>,
    role: String,
    act: &'static str,
    route: String,
    status: Option<u16>,
}

impl From<AuditEntry> for EntryDoc {
    fn from(entry: AuditEntry) -> Self {
        Self {
            id: entry.id,
            at: crate::feed::rfc3339(entry.recorded_ms),
            token: entry.token.map(|token| token.get()),
            role: entry.role,
            act: entry.act.as_str(),
            route: entry.route,
            status: entry.status,
        }
    }
}

/// `GET /v1/participants/{id}/audit`: who looked.
pub(super) async fn list(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Entries>, Fault> {
    caller.may(&service, Right::ReadAudit, id).await?;
    let limit = query.limit.unwrap_or(100);
    if !(1..=MAX_ENTRIES).contains(&limit) {
        return Err(Fault::field("limit", format!("1 to {MAX_ENTRIES}")));
    }
    let found = service.registry.audit(id, query.after.unwrap_or(0), limit).await?;
    let next = (found.len() == limit as usize).then(|| found.last().map(|last| last.id)).flatten();
    Ok(Json(Entries { items: found.into_iter().map(EntryDoc::from).collect(), next }))
}
