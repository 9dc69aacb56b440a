use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use foulee_contract::{ParticipantId, Problem, ProblemKind};
use serde::{Deserialize, Serialize};

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Path, json_fault};
use crate::people::{self, CODE_DAYS, new_secret};
use crate::registry::{ACCESS_SECONDS, PhoneTokens};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewEnrolment {
    expires_days: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct EnrolmentDoc {
    /// Shown this once.
    code: String,
    user_id: ParticipantId,
    expires_at: String,
}

/// Makes a one-time code for a participant's phone.
pub(super) async fn enrol(
    State(service): State<Service>,
    caller: Caller,
    Path(id): Path<ParticipantId>,
    body: Bytes,
) -> Result<(StatusCode, Json<EnrolmentDoc>), Fault> {
    caller.admin()?;
    // No body is one without wishes.
    let asked: NewEnrolment = if body.is_empty() {
        NewEnrolment::default()
    } else {
        serde_json::from_slice(&body)
            .map_err(|error| Problem::new(ProblemKind::InvalidField).detail(error.to_string()))?
    };
    let days = asked.expires_days.unwrap_or(CODE_DAYS.default);
    if !CODE_DAYS.contains(days) {
        let fix = format!("{} to {}", CODE_DAYS.least, CODE_DAYS.most);
        return Err(Fault::field("expires_days", fix));
    }
    let (code, expires_ms) = people::enrol(&service.registry, id, days, (service.clock)()).await?;
    let code = code.reveal().to_owned();
    let doc = EnrolmentDoc { code, user_id: id, expires_at: crate::feed::rfc3339(expires_ms) };
    Ok((StatusCode::CREATED, Json(doc)))
}

#[derive(Deserialize)]
pub(super) struct Redeem {
    code: String,
}

#[derive(Deserialize)]
pub(super) struct Refresh {
    refresh_token: String,
}

/// What the SDK takes. Its own server says the same.
#[derive(Serialize)]
pub(super) struct TokensDoc {
    access_token: String,
    token_type: &'static str,
    refresh_token: String,
    expires_in: i64,
    user_id: ParticipantId,
}

impl From<PhoneTokens> for TokensDoc {
    fn from(tokens: PhoneTokens) -> Self {
        Self {
            access_token: tokens.access.reveal().to_owned(),
            token_type: "bearer",
            refresh_token: tokens.refresh.reveal().to_owned(),
            expires_in: ACCESS_SECONDS,
            user_id: tokens.participant,
        }
    }
}

/// Lets a phone in by its code. A code that is none, is spent or has ended is not told apart.
pub(super) async fn redeem(
    State(service): State<Service>,
    body: Result<Json<Redeem>, JsonRejection>,
) -> Result<Json<TokensDoc>, Fault> {
    let Json(asked) = body.map_err(|error| json_fault(&error))?;
    let now_ms = (service.clock)();
    if !service.attempts.allow(now_ms) {
        let detail = "too many codes are being tried; try again in a minute";
        return Err(Problem::new(ProblemKind::TooManyRequests).detail(detail).into());
    }
    let secrets = [new_secret()?, new_secret()?];
    let tokens = service.registry.redeem(&asked.code, secrets, now_ms).await?;
    let unknown = "this code is not known, was used already or has ended: ask for another one";
    Ok(Json(tokens.ok_or_else(|| Problem::new(ProblemKind::NotFound).detail(unknown))?.into()))
}

/// A new access token by the refresh token. On 401 the SDK signs the phone out.
pub(super) async fn refresh(
    State(service): State<Service>,
    body: Result<Json<Refresh>, JsonRejection>,
) -> Result<Json<TokensDoc>, Fault> {
    let Json(asked) = body.map_err(|error| json_fault(&error))?;
    let tokens =
        service.registry.refresh_phone(&asked.refresh_token, new_secret()?, (service.clock)()).await?;
    let ended = "this phone is no longer let in: enrol it anew with a code";
    Ok(Json(tokens.ok_or_else(|| Problem::new(ProblemKind::Unauthorized).detail(ended))?.into()))
}

/// Ends a phone. One that is not known has ended already (RFC 7009).
pub(super) async fn revoke(
    State(service): State<Service>,
    body: Result<Json<Refresh>, JsonRejection>,
) -> Result<StatusCode, Fault> {
    let Json(asked) = body.map_err(|error| json_fault(&error))?;
    if service.registry.end_phone(&asked.refresh_token, (service.clock)()).await? {
        service.access.forget();
    }
    Ok(StatusCode::NO_CONTENT)
}
