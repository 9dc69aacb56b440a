//! The API of 2.x before a 1.x server, as thin as it can be.
//!
//! Codes and bodies are those that were measured on 2.7. What 1.x cannot do stays as 1.x does it: unsigned fields are
//! refused, a body over 25 MB is 413, a deleted tag value is no longer listed.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::forward::Upstream;
use super::serve::{Line, Serving, hold};
use buckets::Buckets;
use problem::{Gone, Problem};
use tokens::Tokens;

mod buckets;
mod delete;
mod lines;
mod predicate;
mod problem;
mod query;
mod real;
mod statements;
mod tokens;
mod write;

pub use real::{Real2, real2};

/// The version that it says and behaves like.
const VERSION: &str = "v2.7.12";

/// Ends when it is dropped; the server behind stays.
#[derive(Debug)]
pub struct Gateway2 {
    address: SocketAddr,
    _serving: Serving,
}

/// What the handlers share.
#[derive(Debug)]
struct Inside {
    upstream: Upstream,
    org: String,
    buckets: Buckets,
    tokens: Mutex<Tokens>,
    /// How many batches were tried elsewhere first.
    tried: AtomicU64,
}

type Shared = State<Arc<Inside>>;

impl Gateway2 {
    /// Before an influxd 1.x at `HOST:PORT` without authentication; with one organisation, and a token that may do all.
    ///
    /// # Errors
    /// There is no port or thread to be had.
    pub fn start(influxd_address: &str, org: &str, token: &str) -> io::Result<Self> {
        let upstream = Upstream::new(influxd_address);
        let inside = Arc::new(Inside {
            buckets: Buckets::new(upstream.clone()),
            upstream,
            org: org.to_owned(),
            tokens: Mutex::new(Tokens::new(token)),
            tried: AtomicU64::new(0),
        });
        let (socket, address) = hold(0)?;
        Ok(Self { address, _serving: Serving::start(socket, router(inside))? })
    }

    /// As `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

fn router(inside: Arc<Inside>) -> Router {
    Router::new()
        .route("/api/v2/write", post(write::write))
        .route("/api/v2/delete", post(delete::delete))
        .route("/api/v2/buckets", get(buckets::list).post(buckets::create))
        .route("/api/v2/orgs", get(buckets::orgs))
        .route("/api/v2/authorizations", post(tokens::create))
        .route("/query", get(query::query).post(query::query))
        .route("/health", get(health))
        .route("/ping", get(ping))
        .route("/metrics", get(metrics))
        .fallback(async || Problem::new(404, "not found", "path not found"))
        .method_not_allowed_fallback(async || Problem::new(405, "method not allowed", "Method Not Allowed"))
        .layer(middleware::from_fn(as_one_server))
        .with_state(inside)
}

/// A server that is gone does not answer 502: its connection ends.
async fn as_one_server(ConnectInfo(line): ConnectInfo<Line>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    if answer.extensions().get::<Gone>().is_some() {
        line.cut();
    }
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("x-influxdb-build"), HeaderValue::from_static("OSS"));
    headers.insert(HeaderName::from_static("x-influxdb-version"), HeaderValue::from_static(VERSION));
    answer
}

async fn health(State(inside): Shared) -> Result<Response, Problem> {
    inside.upstream.get("/ping").await?;
    let none: BTreeSet<u8> = BTreeSet::new();
    let body = json!({
        "name": "influxdb",
        "message": "ready for queries and writes",
        "status": "pass",
        "checks": none,
        "version": VERSION,
        "commit": "test gateway",
    });
    Ok(json_answer(200, &body))
}

async fn ping(State(inside): Shared) -> Result<StatusCode, Problem> {
    inside.upstream.get("/ping").await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn metrics(State(inside): Shared) -> Result<Response, Problem> {
    Ok(inside.upstream.get("/metrics").await?)
}

fn json_answer(status: u16, body: &serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, json)], body.to_string()).into_response()
}
