//! Requests with nothing hidden.

use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
}

/// One connection a request, and no answer later than this.
fn agent(within: Duration) -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
    config.timeout_global(Some(within)).build().into()
}

type Answered = Result<Answer, ureq::Error>;

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answered {
    let answer = answer?;
    Ok(Answer { status: answer.status().as_u16() })
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
