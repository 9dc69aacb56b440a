use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use chrono::{DateTime, FixedOffset};
use foulee_contract::ParticipantId;
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Path, json_fault};
use crate::registry::{Consent, ConsentState, Purpose, Right, consent_at};

#[derive(Serialize)]
pub(super) struct ConsentDoc {
    id: i64,
    purpose: &'static str,
    state: &'static str,
    /// From when on it holds.
    from: String,
    recorded_at: String,
}

impl From<Consent> for ConsentDoc {
    fn from(consent: Consent) -> Self {
        Self {
            id: consent.id,
            purpose: consent.purpose.as_str(),
            state: consent.state.as_str(),
            from: crate::feed::rfc3339(consent.effective_ms),
            recorded_at: crate::feed::rfc3339(consent.recorded_ms),
        }
    }
}

/// What holds now, each purpose; null where nobody asked.
#[derive(Serialize)]
struct Now {
    care: Option<&'static str>,
    research: Option<&'static str>,
    contact: Option<&'static str>,
    sharing: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Consents {
    now: Now,
    /// All that was ever said, in the order in which it was recorded.
    items: Vec<ConsentDoc>,
}

pub(super) async fn list(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
) -> Result<Json<Consents>, Fault> {
    caller.may_read(&service, id).await?;
    let history = service.registry.consents(id).await?;
    let at_ms = (service.clock)();
    let now = |purpose| consent_at(&history, purpose, at_ms).map(ConsentState::as_str);
    let now = Now {
        care: now(Purpose::Care),
        research: now(Purpose::Research),
        contact: now(Purpose::Contact),
        sharing: now(Purpose::Sharing),
    };
    Ok(Json(Consents { now, items: history.into_iter().map(ConsentDoc::from).collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    purpose: String,
    state: String,
    /// From when on; now where it is left out.
    at: Option<DateTime<FixedOffset>>,
}

pub(super) async fn say(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Result<Json<Said>, JsonRejection>,
) -> Result<(StatusCode, Json<ConsentDoc>), Fault> {
    caller.may(&service, Right::Consent, id).await?;
    let Json(said) = body.map_err(|error| json_fault(&error))?;
    let purpose = Purpose::of_word(&said.purpose)
        .ok_or_else(|| Fault::field("purpose", "care, research, contact or sharing"))?;
    let state = ConsentState::of_word(&said.state)
        .ok_or_else(|| Fault::field("state", "given, refused or withdrawn"))?;
    let now_ms = (service.clock)();
    let at_ms = said.at.map_or(now_ms, |at| at.timestamp_millis());
    let consent = service.registry.say_consent(id, purpose, state, at_ms, now_ms).await?;
    Ok((StatusCode::CREATED, Json(consent.into())))
}
