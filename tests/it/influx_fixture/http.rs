//! Requests with nothing hidden.

use std::time::Duration;

use serde_json::Value;
use ureq::http::HeaderMap;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// One connection a request, and no answer later than this.
fn agent(within: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
    config.timeout_global(Some(within)).build().into()
}

type Answered = Result<Answer, ureq::Error>;

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answered {
    let mut answer = answer?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec()?;
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, headers: answer.headers().clone(), text })
}

pub(crate) fn try_post(url: &str, headers: &[(&str, &str)], body: &[u8], within: Duration) -> Answered {
    let mut request = agent(within).post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.send(body))
}

pub(crate) fn try_get(url: &str, headers: &[(&str, &str)], within: Duration) -> Answered {
    let mut request = agent(within).get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.call())
}

const LONG: Duration = Duration::from_secs(60);

#[track_caller]
pub(crate) fn post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    try_post(url, headers, body, LONG).expect("an answer")
}

#[track_caller]
pub(crate) fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    try_get(url, headers, LONG).expect("an answer")
}

#[track_caller]
pub(crate) fn form(url: &str, headers: &[(&str, &str)], pairs: &[(&str, &str)]) -> Answer {
    let mut request = agent(LONG).post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.send_form(pairs.iter().copied())).expect("an answer")
}
