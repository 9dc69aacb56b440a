use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use foulee_contract::{
    Answer, Batch, MAX_READINGS, MAX_WIRE_BYTES, Object, ParticipantId, Problem, ProblemKind, SeriesBlock,
};
use foulee_store::{Store, StoreError, WriteBatch, Written};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::arrive::{ArriveError, arrive};
use crate::budget::{Budget, Share};
use crate::media::is_json;
use crate::weigh::weigh;
use crate::{
    Accepted, Authority, ContentEncoding, DecodeError, Denied, IngestMetrics, WriteGrant, accept, decode,
};

/// Says the time, ms UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the endpoint needs.
#[derive(Clone)]
pub struct IngestState {
    store: Arc<dyn Store>,
    pub(crate) authority: Arc<dyn Authority>,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<IngestMetrics>,
    pub(crate) budget: Budget,
    pub(crate) gate: WriteGate,
    /// As many batches are read at once as there are cores: more would only hold more memory.
    readers: Arc<Semaphore>,
}

/// Shut while somebody is erased, so that no reading of theirs that was already let in is written behind it.
pub type WriteGate = Arc<tokio::sync::RwLock<()>>;

impl std::fmt::Debug for IngestState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IngestState").finish_non_exhaustive()
    }
}

impl IngestState {
    /// Over a store, with somebody who knows the tokens and a clock.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        authority: Arc<dyn Authority>,
        clock: Clock,
        metrics: Arc<IngestMetrics>,
        gate: WriteGate,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let readers = Arc::new(Semaphore::new(cores));
        Self { store, authority, clock, metrics, budget: Budget::default(), gate, readers }
    }

    /// A turn to read a large batch.
    async fn turn(&self, large: bool) -> Option<SemaphorePermit<'_>> {
        // Never closed; without a permit it would still be right, only larger.
        if large { self.readers.acquire().await.ok() } else { None }
    }
}

/// `POST /v1/readings`, and what a phone's SDK sends.
pub fn router(state: IngestState) -> Router {
    Router::new().route("/v1/readings", post(post_readings)).merge(crate::sdk::routes()).with_state(state)
}

/// Bodies above this are read on a thread of their own, so that one large batch does not hold up the others.
const PARSE_INLINE_BYTES: usize = 16 << 10;

async fn post_readings(State(state): State<IngestState>, headers: HeaderMap, body: Body) -> Response {
    match answer(&state, &headers, body).await {
        Ok((answer, written_for, share)) => {
            let response = (StatusCode::OK, Extension(written_for), axum::Json(answer)).into_response();
            drop(share);
            response
        }
        Err(problem) => {
            state.metrics.refused(problem.kind == ProblemKind::TooManyRequests);
            problem_response(*problem)
        }
    }
}

async fn answer(
    state: &IngestState,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Answer, WrittenFor, Share), Box<Problem>> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let token = text(header::AUTHORIZATION).and_then(bearer);
    state.authority.write_grant(token).await.map_err(denied)?;
    if !text(header::CONTENT_TYPE).is_some_and(is_json) {
        return Err(unsupported("Content-Type", "application/json, in UTF-8"));
    }
    let encoding = ContentEncoding::from_header(text(header::CONTENT_ENCODING))
        .ok_or_else(|| unsupported("Content-Encoding", "identity, gzip or zstd"))?;
    let announced = text(header::CONTENT_LENGTH).and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > MAX_WIRE_BYTES) {
        return Err(not_arrived(ArriveError::TooLarge));
    }
    let mut share = state.budget.share();
    let body = arrive(body, &mut share).await.map_err(not_arrived)?;
    // Asked again now that the body is here: it may have been long on its way.
    let _open = state.gate.read().await;
    let mut grant = state.authority.write_grant(token).await.map_err(denied)?;
    let now_ms = (state.clock)();
    let large = body.len() > PARSE_INLINE_BYTES || encoding != ContentEncoding::Identity;
    let mut turn = state.turn(large).await;
    let (batch, share) = on_thread(large, move || read(body, encoding, share)).await?;
    if !batch.series.iter().all(|block| grant.allows(&block.participant)) {
        // What is remembered may be older than a participant who was just added. Others read while this one waits.
        drop(turn.take());
        grant = state.authority.fresh_write_grant(token).await.map_err(denied)?;
        turn = state.turn(large).await;
    }
    let (accepted, share) = on_thread(large, move || look_through(batch, &grant, now_ms, share)).await?;
    drop(turn);
    let written_for = WrittenFor::of(&accepted.write);
    store(state, accepted).await.map(|answer| (answer, written_for, share))
}

/// The participants for whom a batch was kept: an extension of its answer, for whoever notes who wrote for whom.
#[derive(Clone, Debug)]
pub struct WrittenFor(pub Arc<[ParticipantId]>);

impl WrittenFor {
    fn of(write: &WriteBatch) -> Self {
        let mut people: Vec<ParticipantId> =
            write.groups.iter().map(|group| group.series.participant).collect();
        people.sort_unstable();
        people.dedup();
        Self(people.into())
    }
}

pub(crate) async fn on_thread<T: Send + 'static>(
    large: bool,
    work: impl FnOnce() -> Result<T, Box<Problem>> + Send + 'static,
) -> Result<T, Box<Problem>> {
    if !large {
        return work();
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| Box::new(Problem::new(ProblemKind::Internal)))?
}

/// A reading on its way to the store, and a rejection with its texts and its place in the answer.
pub(crate) const ROW_BYTES: usize = 80;
pub(crate) const REJECTION_BYTES: usize = 400;

fn look_through(
    batch: Batch,
    grant: &WriteGrant,
    now_ms: i64,
    mut share: Share,
) -> Result<(Accepted, Share), Box<Problem>> {
    let readings: usize = batch.series.iter().map(SeriesBlock::len).sum();
    if !share.grow(readings.min(MAX_READINGS) * ROW_BYTES) {
        return Err(busy());
    }
    let accepted = accept(&batch, grant, now_ms)?;
    drop(batch);
    let kept = accepted.write.len() * ROW_BYTES + accepted.rejected.len() * REJECTION_BYTES;
    if share.resize(kept) { Ok((accepted, share)) } else { Err(busy()) }
}

/// The batch of a body. No step takes memory that the share does not hold.
fn read(body: Vec<u8>, encoding: ContentEncoding, mut share: Share) -> Result<(Batch, Share), Box<Problem>> {
    let body = decode(body, encoding, |bytes| share.grow(bytes)).map_err(|error| match error {
        DecodeError::Broken(_) | DecodeError::Window => {
            Box::new(Problem::new(ProblemKind::Malformed).detail(error.to_string()))
        }
        DecodeError::TooLarge => too_large(&error.to_string()),
        DecodeError::Busy => busy(),
    })?;
    let parsed = weigh(&body).map_err(|error| too_large(&error.to_string()))?;
    if !share.resize(body.capacity() + parsed) {
        return Err(busy());
    }
    let Object(batch) = serde_json::from_slice(&body).map_err(|_| explain(&body))?;
    drop(body);
    share.resize(parsed);
    Ok((batch, share))
}

/// Parses again, slowly, to name the field.
fn explain(body: &[u8]) -> Box<Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let problem = Problem::new(ProblemKind::Malformed);
    Box::new(match serde_path_to_error::deserialize::<_, Object<Batch>>(&mut json) {
        Err(error) => problem.field(error.path().to_string(), error.inner().to_string()),
        Ok(_) => problem.detail("there is more after the end of the JSON document; send one batch a request"),
    })
}

async fn store(state: &IngestState, accepted: Accepted) -> Result<Answer, Box<Problem>> {
    let Accepted { write, rejected } = accepted;
    let count = write.len() as u64;
    if count == 0 && !rejected.is_empty() {
        state.metrics.answered(0, 0, rejected.len() as u64);
        return Err(Box::new(Problem { rejected, ..Problem::new(ProblemKind::NothingAccepted) }));
    }
    let written = if count == 0 { Written { new: Some(0) } } else { write_to(state, write).await? };
    state.metrics.answered(count, written.new.unwrap_or(0), rejected.len() as u64);
    Ok(Answer { accepted: count, new: written.new, duplicate: written.new.map(|new| count - new), rejected })
}

/// Writes to the store; when this returns, what was written is durable.
pub(crate) async fn write_to(state: &IngestState, write: WriteBatch) -> Result<Written, Box<Problem>> {
    state.store.write(write).await.map_err(|error| match error {
        StoreError::Busy => busy(),
        error => {
            tracing::error!(error = &error as &dyn std::error::Error, "the store refused a batch");
            Box::new(
                Problem::new(ProblemKind::Unavailable)
                    .detail("nothing of this batch was kept; send it again"),
            )
        }
    })
}

/// The token of an `Authorization` header; the scheme's case does not matter (RFC 9110).
#[must_use]
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) fn denied(denied: Denied) -> Box<Problem> {
    Box::new(match denied {
        Denied::Unauthorized => Problem::new(ProblemKind::Unauthorized)
            .detail("send Authorization: Bearer with a token made by `foulee token add`"),
        Denied::Forbidden => Problem::new(ProblemKind::Forbidden).detail("this token may not write readings"),
        Denied::Unavailable => Problem::new(ProblemKind::Unavailable),
    })
}

pub(crate) fn unsupported(field: &str, fix: &str) -> Box<Problem> {
    Box::new(Problem::new(ProblemKind::UnsupportedMedia).field(field, fix))
}

pub(crate) fn too_large(detail: &str) -> Box<Problem> {
    Box::new(Problem::new(ProblemKind::TooLarge).detail(detail))
}

pub(crate) fn not_arrived(error: ArriveError) -> Box<Problem> {
    let kind = match error {
        ArriveError::TooLarge => ProblemKind::TooLarge,
        ArriveError::CutOff => ProblemKind::Malformed,
        ArriveError::Silent => ProblemKind::RequestTimeout,
        ArriveError::Busy => return busy(),
    };
    Box::new(Problem::new(kind).detail(error.to_string()))
}

pub(crate) fn busy() -> Box<Problem> {
    Box::new(Problem::new(ProblemKind::TooManyRequests))
}

/// A problem as an answer, with `Retry-After` where trying again helps.
#[must_use]
pub fn problem_response(problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let retry = match problem.kind {
        ProblemKind::TooManyRequests => Some("1"),
        ProblemKind::Unavailable => Some("5"),
        _ => None,
    };
    let challenge = (problem.kind == ProblemKind::Unauthorized).then_some("Bearer");
    let is_late = problem.kind == ProblemKind::RequestTimeout;
    let mut response = (status, axum::Json(problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = retry {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    if let Some(challenge) = challenge {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if is_late {
        // The rest of its body may still come, and would be taken for the next request.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
