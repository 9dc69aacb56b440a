//! The other end: a running server, asked over HTTP as any client asks.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use foulee_contract::{Metric, ParticipantId};
use serde::{Deserialize, Serialize};

use crate::error::SimError;

/// Longest that an answer may take.
const SLOWEST: Duration = Duration::from_secs(60);
/// Longest answer: a day of readings of one person is far below.
const LONGEST_ANSWER: u64 = 256 << 20;

/// Where a server is and the token that it is asked with.
#[derive(Clone)]
pub struct Uplink {
    base: String,
    token: String,
}

impl std::fmt::Debug for Uplink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Uplink({})", self.base)
    }
}

impl Uplink {
    /// A server by its URL, and an admin's token.
    ///
    /// # Errors
    /// When it is no URL of HTTP, or the token is empty.
    pub fn new(url: &str, token: &str) -> Result<Self, SimError> {
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        let parsed = url.parse::<ureq::http::Uri>().ok().filter(|uri| is_http && uri.authority().is_some());
        if parsed.is_none_or(|uri| uri.query().is_some()) {
            return Err(SimError::ServerUrl);
        }
        let token = token.trim();
        if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(SimError::NoToken);
        }
        Ok(Self { base: url.trim_end_matches('/').to_owned(), token: token.to_owned() })
    }
}

/// A batch as it is posted.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) body: Vec<u8>,
    pub(super) is_zstd: bool,
    pub(super) wrong_token: bool,
}

impl Request {
    pub(super) fn plain(body: Vec<u8>) -> Self {
        Self { body, is_zstd: false, wrong_token: false }
    }

    pub(super) fn zstd(body: Vec<u8>) -> Self {
        Self { body, is_zstd: true, wrong_token: false }
    }
}

/// An answer that trying again would not change.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// No such answer yet.
#[derive(Debug)]
pub(super) enum Delay {
    /// The server cannot now, and says by which status and, if it does, after how long.
    Later { status: u16, after: Option<Duration> },
    /// Nobody answers, or the answer broke off.
    Unreachable(Box<ureq::Error>),
}

/// A row of the feed of raw readings.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub(super) metric: String,
    pub(super) source: String,
    pub(super) grain: String,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    pub(super) offset: Option<i16>,
    pub(super) value: Option<f64>,
    pub(super) unit: String,
    pub(super) seq: u64,
    pub(super) rev: u64,
    pub(super) how: String,
}

#[derive(Deserialize)]
struct Rows {
    items: Vec<Row>,
}

#[derive(Serialize)]
struct NewPerson<'a> {
    study: &'a str,
    external_id: &'a str,
    time_zone: &'a str,
}

#[derive(Deserialize)]
struct Person {
    id: ParticipantId,
}

/// A server, with connections of its own.
pub(super) struct Server {
    agent: ureq::Agent,
    uplink: Uplink,
}

impl Server {
    pub(super) fn new(uplink: &Uplink) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(SLOWEST))
            .build();
        Self { agent: config.into(), uplink: uplink.clone() }
    }

    /// Posts a batch.
    pub(super) fn post(&self, request: &Request) -> Result<Reply, Delay> {
        let token = if request.wrong_token { "no-such-token" } else { &self.uplink.token };
        let mut post = self
            .agent
            .post(format!("{}/v1/readings", self.uplink.base))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json");
        if request.is_zstd {
            post = post.header("Content-Encoding", "zstd");
        }
        heard(post.send(request.body.as_slice()))
    }

    /// Adds somebody, or finds them again by their id within the study.
    pub(super) fn enrol(&self, study: &str, external_id: &str, time_zone: &str) -> Result<Reply, Delay> {
        let post = self
            .agent
            .post(format!("{}/v1/participants", self.uplink.base))
            .header("Authorization", format!("Bearer {}", self.uplink.token));
        heard(post.send_json(NewPerson { study, external_id, time_zone }))
    }

    /// Whether all that is acknowledged can be read: a server may keep it in a journal in front of its store for a while.
    pub(super) fn settled(&self) -> Result<(), Delay> {
        let reply = heard(self.agent.get(format!("{}/metrics", self.uplink.base)).call())?;
        let text = String::from_utf8_lossy(&reply.body);
        let waiting = text.lines().find_map(|line| line.strip_prefix("journal_waiting_records "));
        match waiting {
            None | Some("0") => Ok(()),
            Some(_) => Err(Delay::Later { status: 503, after: None }),
        }
    }

    /// The readings of somebody from one time on to before another, at most 31 days. Those that reach into the time are
    /// given as well.
    pub(super) fn readings(&self, who: ParticipantId, from_ms: i64, to_ms: i64) -> Result<Reply, Delay> {
        let time = |ms| {
            DateTime::from_timestamp_millis(ms)
                .unwrap_or_default()
                .to_rfc3339_opts(SecondsFormat::Millis, true)
        };
        let (base, from, to) = (&self.uplink.base, time(from_ms), time(to_ms));
        let get = self
            .agent
            .get(format!("{base}/v1/participants/{who}/readings?from={from}&to={to}"))
            .header("Authorization", format!("Bearer {}", self.uplink.token));
        heard(get.call())
    }
}

impl Reply {
    /// The participant whom it names.
    pub(super) fn participant(&self) -> Result<ParticipantId, SimError> {
        match self.status {
            200 | 201 => serde_json::from_slice::<Person>(&self.body)
                .map(|person| person.id)
                .map_err(|_| SimError::NotFoulee { status: self.status }),
            401 | 403 => Err(SimError::NotAllowed { status: self.status }),
            status => Err(SimError::NotFoulee { status }),
        }
    }

    /// The readings that it holds.
    pub(super) fn rows(&self) -> Result<Vec<Row>, SimError> {
        match self.status {
            200 => serde_json::from_slice::<Rows>(&self.body)
                .map(|rows| rows.items)
                .map_err(|_| SimError::NotFoulee { status: 200 }),
            401 | 403 => Err(SimError::NotAllowed { status: self.status }),
            status => Err(SimError::NotFoulee { status }),
        }
    }
}

impl Row {
    /// The metric, if its unit is the one said.
    pub(super) fn metric(&self) -> Option<Metric> {
        self.metric.parse().ok().filter(|metric: &Metric| metric.unit() == self.unit)
    }
}

fn heard(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Reply, Delay> {
    let mut response = sent.map_err(|error| Delay::Unreachable(Box::new(error)))?;
    let status = response.status().as_u16();
    let after = response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
    let body = body.map_err(|error| Delay::Unreachable(Box::new(error)))?;
    match status {
        408 | 429 | 500..=599 => Err(Delay::Later { status, after: after.map(Duration::from_secs) }),
        status => Ok(Reply { status, body }),
    }
}
