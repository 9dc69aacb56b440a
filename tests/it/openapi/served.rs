//! A service that runs in this process, on a socket of its own, with a clock that the test sets.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use foulee_api::http::{Service, router};
use foulee_api::people::new_secret;
use foulee_api::registry::{Registry, Scope, TokenId};
use foulee_store::{EmbeddedStore, Store};
use serde_json::Value;
use tokio::runtime::Runtime;

/// 2026-03-30T12:00:00Z, when the tests take place.
pub(crate) const NOW_MS: i64 = 1_774_872_000_000;

/// A running service.
pub(crate) struct Served {
    /// What it shares with its handlers.
    pub(crate) service: Service,
    /// Runs it; for what the test asks of the registry itself.
    pub(crate) runtime: Runtime,
    now_ms: Arc<AtomicI64>,
    /// `http://HOST:PORT`.
    pub(crate) base: String,
    agent: ureq::Agent,
}

/// What it said.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's text, empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether it is a problem of a kind, said as a problem is to be said.
    pub(crate) fn is_problem(&self, kind: &str) -> bool {
        self.header("content-type") == "application/problem+json"
            && self.json()["type"] == format!("/problems/{kind}")
            && self.json()["status"] == self.status
    }
}

impl Served {
    /// A service over a folder.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_over(folder, Arc::new(EmbeddedStore::open(folder).expect("a store")))
    }

    /// A service over a folder's registry and a store.
    pub(crate) fn start_over(folder: &Path, store: Arc<dyn Store>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let registry = runtime.block_on(Registry::open(folder)).expect("a registry");
        let now_ms = Arc::new(AtomicI64::new(NOW_MS));
        let clock = {
            let now_ms = Arc::clone(&now_ms);
            Arc::new(move || now_ms.load(Ordering::Relaxed))
        };
        let service = Service::new(store, registry, clock, None);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let app = router(service.clone());
        runtime.spawn(async move { axum::serve(listener, app).await });
        // No connection is used again: the service may close one whose body it did not have to read.
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.max_idle_connections(0).build();
        Self { service, runtime, now_ms, base, agent: config.into() }
    }

    /// Moves the clock on.
    pub(crate) fn pass(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// A new token of a scope, which ends `expires_ms` from now on.
    pub(crate) fn token(&self, scope: Scope, expires_ms: Option<i64>) -> (TokenId, String) {
        let now_ms = (self.service.clock)();
        let secret = new_secret().expect("random numbers");
        let expires_ms = expires_ms.map(|ms| now_ms + ms);
        let issued = self.service.registry.issue_token(scope, "test", secret, now_ms, expires_ms);
        let (id, text) = self.runtime.block_on(issued).expect("a token");
        (id, text.reveal().to_owned())
    }

    /// Asks with a bearer token and a JSON body.
    pub(crate) fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Reply {
        let bearer = token.map(|token| ("Authorization", format!("Bearer {token}")));
        let kind = body.map(|_| ("Content-Type", "application/json".to_owned()));
        let headers: Vec<(&str, String)> = bearer.into_iter().chain(kind).collect();
        self.send(method, path, &headers, body.map(Value::to_string).unwrap_or_default().into_bytes())
    }

    /// Asks with these headers and bytes.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> Reply {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = if body.is_empty() {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let (parts, mut body) =
            answer.unwrap_or_else(|error| panic!("{method} {path}: {error}")).into_parts();
        let streams = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if streams {
            first_data(body.into_reader())
        } else {
            body.with_config().limit(64 << 20).read_to_string().expect("a body")
        };
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

/// The data of the first event of a stream that has any; a stream has no end to be waited for.
fn first_data(stream: impl Read) -> String {
    let lines = BufReader::new(stream).lines().map(|line| line.expect("a line"));
    let mut data = lines.filter_map(|line| Some(line.strip_prefix("data: ")?.to_owned()));
    data.next().expect("an event")
}
