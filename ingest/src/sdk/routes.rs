use std::io::Read;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, post};
use flate2::read::MultiGzDecoder;
use foulee_contract::{ParticipantId, Problem, ProblemKind};
use tokio::sync::mpsc::channel;

use super::answer::SyncAnswer;
use super::arriving::{Arriving, UNDER_WAY_BYTES, drain, feed};
use super::body::{BodyError, Document, read_body};
use super::keep::keep;
use crate::budget::Share;
use crate::http::{busy, denied, not_arrived, too_large, unsupported};
use crate::{ContentEncoding, IngestState, problem_response};

/// Pieces of a body that wait for who reads it.
const WAITING_PIECES: usize = 1;
/// The header of an SDK that was given a key instead of a person's token: any token that may write is one.
const API_KEY: &str = "x-open-wearables-api-key";

/// What the SDK sends to.
pub(crate) fn routes() -> Router<IngestState> {
    Router::new()
        .route("/api/v1/sdk/users/{id}/sync", post(sync))
        .route("/api/v1/sdk/users/{id}/sync/apple", post(sync_apple))
        .route("/api/v1/sdk/users/{id}/logs", post(logs))
        .route("/api/v1/users/{id}/connections/{provider}", delete(disconnect))
}

async fn sync(state: State<IngestState>, id: Path<String>, headers: HeaderMap, body: Body) -> Response {
    take(&state, &id, &headers, body, "").await
}

/// Where the first versions of the SDK for Apple's phones send to.
async fn sync_apple(state: State<IngestState>, id: Path<String>, headers: HeaderMap, body: Body) -> Response {
    take(&state, &id, &headers, body, "apple").await
}

async fn take(state: &IngestState, id: &str, headers: &HeaderMap, body: Body, provider: &str) -> Response {
    match sync_answer(state, id, headers, body, provider).await {
        Ok((answer, share)) => {
            let response = (StatusCode::OK, axum::Json(answer)).into_response();
            drop(share);
            response
        }
        Err(problem) => refuse(state, *problem),
    }
}

fn refuse(state: &IngestState, problem: Problem) -> Response {
    state.metrics.refused(problem.kind == ProblemKind::TooManyRequests);
    problem_response(problem)
}

async fn sync_answer(
    state: &IngestState,
    id: &str,
    headers: &HeaderMap,
    body: Body,
    provider: &str,
) -> Result<(SyncAnswer, Share), Box<Problem>> {
    let mut share = state.budget.share();
    let admitted = match admit(state, id, headers).await {
        Ok(participant) if share.grow(UNDER_WAY_BYTES) => Ok(participant),
        Ok(_) => Err(busy()),
        Err(problem) => Err(problem),
    };
    let (participant, is_packed) = match admitted.and_then(|id| Ok((id, is_packed(headers)?))) {
        Ok(admitted) => admitted,
        Err(problem) => {
            drain(body).await;
            return Err(problem);
        }
    };
    let (mut document, mut share) = document(body, is_packed, share).await?;
    if document.provider.is_empty() {
        provider.clone_into(&mut document.provider);
    }
    // Asked again now that the body is here: it may have been long on its way.
    let _open = state.gate.read().await;
    admit(state, id, headers).await?;
    let counts = keep(state, participant, document, &mut share).await?;
    state.metrics.answered(counts.accepted, counts.new.unwrap_or(0), counts.rejected_total);
    state.metrics.passed_over(counts.not_kept_total);
    Ok((SyncAnswer::new(participant, counts), share))
}

/// Reads a body on a thread of its own while it arrives.
async fn document(body: Body, is_packed: bool, mut share: Share) -> Result<(Document, Share), Box<Problem>> {
    let (to, pieces) = channel(WAITING_PIECES);
    let read = tokio::task::spawn_blocking(move || {
        let arriving = Arriving::new(pieces);
        let input: Box<dyn Read> =
            if is_packed { Box::new(MultiGzDecoder::new(arriving)) } else { Box::new(arriving) };
        read_body(input, &mut share).map(|document| (document, share))
    });
    let (read, ()) = tokio::join!(read, feed(body, to));
    let read = read.map_err(|_| Box::new(Problem::new(ProblemKind::Internal)))?;
    read.map_err(|error| match error {
        BodyError::Arrive(error) => not_arrived(error),
        BodyError::TooMany | BodyError::TooLong(_) => too_large(&error.to_string()),
        BodyError::Malformed(_) | BodyError::Packed | BodyError::NotAnObject => {
            Box::new(Problem::new(ProblemKind::Malformed).detail(error.to_string()))
        }
    })
}

/// The token with which a phone sends.
#[must_use]
pub fn phone_token(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::AUTHORIZATION.as_str()).map(token_of).or_else(|| text(API_KEY).map(str::trim))
}

/// The participant of a path, if the token of the request may write for them. Of a stranger it says no more than of
/// nobody.
async fn admit(state: &IngestState, id: &str, headers: &HeaderMap) -> Result<ParticipantId, Box<Problem>> {
    let token = phone_token(headers);
    let grant = state.authority.write_grant(token).await.map_err(denied)?;
    let stranger = || {
        let detail = "this token may not write for the user in the path: sign in again with a code of theirs";
        Box::new(Problem::new(ProblemKind::Forbidden).detail(detail))
    };
    let participant: ParticipantId = id.parse().map_err(|_| stranger())?;
    if grant.allows(&participant) {
        return Ok(participant);
    }
    // What is remembered may be older than a participant who was just added.
    let grant = state.authority.fresh_write_grant(token).await.map_err(denied)?;
    if grant.allows(&participant) { Ok(participant) } else { Err(stranger()) }
}

/// The token of an `Authorization` header. The SDK's own examples put `Bearer` in front of the token that an app hands over,
/// and it keeps a refreshed one as it comes: so the word may be there once, twice or not at all.
fn token_of(value: &str) -> &str {
    match value.trim().split_once(' ') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer") => token_of(rest),
        _ => value.trim(),
    }
}

fn is_packed(headers: &HeaderMap) -> Result<bool, Box<Problem>> {
    let value = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    match ContentEncoding::from_header(value) {
        Some(ContentEncoding::Identity) => Ok(false),
        Some(ContentEncoding::Gzip) => Ok(true),
        Some(ContentEncoding::Zstd) | None => Err(unsupported("Content-Encoding", "identity or gzip")),
    }
}

/// What the SDK tells of its own runs and of the phone's battery: taken, so that it is at peace, and not kept.
async fn logs(state: State<IngestState>, id: Path<String>, headers: HeaderMap, body: Body) -> Response {
    let admitted = admit(&state, &id, &headers).await;
    drain(body).await;
    match admitted {
        Ok(user_id) => {
            let answer = serde_json::json!({"status_code": 202, "response": "Not kept", "user_id": user_id});
            (StatusCode::ACCEPTED, axum::Json(answer)).into_response()
        }
        Err(problem) => refuse(&state, *problem),
    }
}

/// The SDK says that it will no longer send from one of the phone's stores of health data. There is nothing to end: what
/// it sent stays, and its token is ended by `token/revoke`.
async fn disconnect(
    state: State<IngestState>,
    Path((id, _provider)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    match admit(&state, &id, &headers).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => refuse(&state, *problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_however_often_bearer_stands_before_it() {
        for text in ["fpa_1_00", "Bearer fpa_1_00", "bearer  fpa_1_00 ", "Bearer Bearer fpa_1_00"] {
            assert_eq!(token_of(text), "fpa_1_00", "{text}");
        }
        assert_eq!([token_of(""), token_of("Bearer"), token_of("Basic eA==")], ["", "Bearer", "Basic eA=="]);
    }
}
