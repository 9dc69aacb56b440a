//! Requests with nothing hidden.

use std::time::Duration;

use ureq::http::HeaderMap;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
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
