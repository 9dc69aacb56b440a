//! The service over HTTP: `/v1` for programs, pages for people, and what an operator asks.

mod access;
mod attempts;
mod audit;
mod consents;
mod fault;
mod feeds;
mod groups;
mod health;
mod leftover;
mod live;
mod openapi;
mod pages;
mod participants;
mod phones;
mod programmes;
mod said;
mod senders;
mod sources;
mod state;
mod stream;
mod today;

use leftover::Leftover;

pub use access::{Access, GRANT_CACHE_MS};
pub use openapi::OPENAPI;
pub use state::Service;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use foulee_contract::{Problem, ProblemKind};
use foulee_ingest::{IngestState, problem_response, router as ingest_router};

/// Everything that the service answers to.
pub fn router(service: Service) -> Router {
    let ingest = IngestState::new(
        service.store.clone(),
        service.access.clone(),
        service.clock.clone(),
        service.ingest_metrics.clone(),
        service.gate.clone(),
    );
    let v1 = Router::new()
        .route("/v1/participants", get(participants::list).post(participants::add))
        .route("/v1/participants/{id}", get(participants::show).delete(participants::erase))
        .route("/v1/participants/{id}/readings", get(feeds::readings))
        .route("/v1/participants/{id}/minutes", get(feeds::minutes))
        .route("/v1/participants/{id}/measures", get(feeds::measures))
        .route("/v1/participants/{id}/completeness", get(feeds::completeness))
        .route("/v1/participants/{id}/totals", get(feeds::totals))
        .route("/v1/participants/{id}/adherence", get(feeds::adherence))
        .route("/v1/participants/{id}/sources", get(sources::list).post(sources::prefer))
        .route("/v1/participants/{id}/zones", post(participants::move_home))
        .route("/v1/participants/{id}/live", get(live::newest))
        .route("/v1/participants/{id}/prescriptions", get(programmes::prescriptions).post(programmes::assign))
        .route("/v1/participants/{id}/enrolments", post(phones::enrol))
        .route("/v1/participants/{id}/reports", get(said::list))
        .route("/v1/participants/{id}/profile", get(said::profile).post(said::set_profile))
        .route("/v1/participants/{id}/safety", get(said::safety))
        .route("/v1/participants/{id}/safety/clearances", post(said::clear))
        .route("/v1/participants/{id}/safety/codes", post(said::clearing_code))
        .route("/v1/reports", post(said::report))
        .route("/v1/safety/clearances", post(said::clear_by_code))
        .route("/v1/participants/{id}/consents", get(consents::list).post(consents::say))
        .route("/v1/participants/{id}/audit", get(audit::list))
        .route("/v1/groups/{group}/attendance", get(groups::sheet).post(groups::note))
        .route("/v1/measures", get(feeds::dictionary))
        .route("/v1/programmes", get(programmes::list))
        .route("/v1/programmes/{name}", get(programmes::show))
        .route("/openapi.json", get(openapi::document));
    // What the SDK in a phone asks for itself; what it sends is ingest's.
    let phones = Router::new()
        .route("/api/v1/invitation-code/redeem", post(phones::redeem))
        .route("/api/v1/token/refresh", post(phones::refresh))
        .route("/api/v1/token/revoke", post(phones::revoke));
    let pages = Router::new()
        .route("/", get(pages::index))
        .route("/p/{id}", get(pages::person))
        .route("/p/{id}/live", get(pages::live))
        .route("/p/{id}/received", get(pages::received))
        .route("/p/{id}/day", get(today::day).post(today::say))
        .route("/p/{id}/safety", get(today::stop).post(today::lift))
        .route("/clear", get(today::clear_form).post(today::clear))
        .route("/enter", get(pages::enter_form).post(pages::enter))
        .route("/leave", post(pages::leave))
        .route("/enrol", get(pages::enrol))
        .route("/static/foulee.css", get(pages::stylesheet))
        .route("/static/live.js", get(pages::live_script));
    let health = Router::new()
        .route("/livez", get(health::livez))
        .route("/healthz", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics));
    Router::new()
        .merge(v1)
        .merge(phones)
        .merge(pages)
        .merge(health)
        .with_state(service.clone())
        .merge(ingest_router(ingest))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(service, audit::note))
        .layer(middleware::from_fn(finish))
}

/// A request that takes longer holds somebody else's place.
const SLOWEST_REQUEST: Duration = Duration::from_secs(60);
/// What a phone sends at first can be 50 MB over a poor network; one that brings nothing for ten seconds is ended all the same.
const SLOWEST_PHONE: Duration = Duration::from_secs(600);

fn longest(request: &Request) -> Duration {
    if request.uri().path().starts_with("/api/v1/sdk/") { SLOWEST_PHONE } else { SLOWEST_REQUEST }
}

/// Headers that every answer has, and an end for every request.
async fn finish(request: Request, next: Next) -> Response {
    let (request, left) = Leftover::of(request);
    let mut response = match tokio::time::timeout(longest(&request), next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            problem_response(Problem::new(ProblemKind::Unavailable).detail("the request took too long"))
        }
    };
    let headers = response.headers_mut();
    if !headers.contains_key(header::CONNECTION) {
        left.read_on().await;
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is about a person is kept by nobody on the way.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

async fn not_found() -> Response {
    problem_response(Problem::new(ProblemKind::NotFound)).into_response()
}

async fn method_not_allowed() -> Response {
    problem_response(Problem::new(ProblemKind::MethodNotAllowed)).into_response()
}
