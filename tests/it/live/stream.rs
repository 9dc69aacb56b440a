//! A live stream, read line by line on a thread of its own.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::served::Served;

/// An event and when it came.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) id: String,
    pub(crate) state: Value,
    pub(crate) at: Instant,
}

/// A stream that is read.
pub(crate) struct Stream {
    told: Receiver<Told>,
}

/// How a request for a stream was answered.
pub(crate) fn open(
    served: &Served,
    token: &str,
    id: &str,
    last: Option<&str>,
) -> Result<Stream, (u16, String)> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
    let agent: ureq::Agent = config.into();
    let request = agent.get(format!("{}/v1/participants/{id}/live", served.base));
    let mut request = request.header("Authorization", format!("Bearer {token}"));
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    let (parts, body) = request.call().expect("an answer").into_parts();
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if parts.status != 200 {
        return Err((parts.status.as_u16(), header("retry-after").to_owned()));
    }
    assert_eq!((header("content-type"), header("cache-control")), ("text/event-stream", "no-store"));
    let (sender, told) = channel();
    std::thread::spawn(move || {
        let mut id = String::new();
        for line in BufReader::new(body.into_reader()).lines().map_while(Result::ok) {
            if let Some(text) = line.strip_prefix("id: ") {
                text.clone_into(&mut id);
            } else if let Some(text) = line.strip_prefix("data: ") {
                let state = serde_json::from_str(text).expect("JSON");
                if sender.send(Told { id: id.clone(), state, at: Instant::now() }).is_err() {
                    return;
                }
            }
        }
    });
    Ok(Stream { told })
}

impl Stream {
    /// The next event.
    #[track_caller]
    pub(crate) fn next(&self) -> Told {
        self.told.recv_timeout(Duration::from_secs(5)).expect("an event within five seconds")
    }

    /// That nothing comes for a while.
    #[track_caller]
    pub(crate) fn silent(&self, time: Duration) {
        match self.told.recv_timeout(time) {
            Err(RecvTimeoutError::Timeout) => {}
            other => panic!("silence was expected: {other:?}"),
        }
    }

    /// That it ends without another event, and how soon.
    #[track_caller]
    pub(crate) fn ends(&self, within: Duration) -> Duration {
        let begun = Instant::now();
        match self.told.recv_timeout(within) {
            Err(RecvTimeoutError::Disconnected) => begun.elapsed(),
            other => panic!("an end was expected: {other:?}"),
        }
    }
}
