//! Asks a running service.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use foulee_contract::{Answer, Batch, ParticipantId, Problem};
use foulee_ingest::import::{People, Sink, SinkError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::lock::Holder;
use crate::people::NewPerson;
use crate::registry::NameKind;

/// A running service and the token with which it is asked.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.base)
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there.
    #[error("the service does not answer")]
    Unreachable(#[source] Box<ureq::Error>),
    /// It says no.
    #[error("the service refused: {}", .0.title)]
    Refused(Box<Problem>),
}

/// How often a batch is offered again to a busy service, and how long in between at first.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_millis(200);
/// How long a stream may take to begin.
const FIRST_LINE: Duration = Duration::from_secs(10);

impl Client {
    /// Of the process that serves a data folder.
    #[must_use]
    pub fn new(holder: &Holder) -> Self {
        Self::to(&format!("http://{}", holder.address), &holder.token)
    }

    /// At an address, `http://HOST:PORT`.
    #[must_use]
    pub fn to(base: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Self { agent: config.into(), base: base.to_owned(), token: token.to_owned() }
    }

    /// Posts a body and reads the answer.
    ///
    /// # Errors
    /// As [`ClientError`] says.
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("Authorization", format!("Bearer {}", self.token));
        answer(request.send_json(body))
    }

    /// Deletes and reads the answer.
    ///
    /// # Errors
    /// As [`ClientError`] says.
    pub fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let request = self.agent.delete(format!("{}{path}", self.base));
        answer(request.header("Authorization", format!("Bearer {}", self.token)).call())
    }

    /// A stream of events, to be read line by line.
    ///
    /// # Errors
    /// As [`ClientError`] says.
    pub fn stream(&self, path: &str) -> Result<impl BufRead + Send + use<>, ClientError> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = request.config().timeout_global(None).timeout_recv_response(Some(FIRST_LINE)).build();
        let response = request.header("Authorization", format!("Bearer {}", self.token)).call();
        let mut response = response.map_err(|error| ClientError::Unreachable(Box::new(error)))?;
        if response.status().is_success() {
            return Ok(BufReader::new(response.into_body().into_reader()));
        }
        let text = response.body_mut().read_to_string().unwrap_or_default();
        Err(ClientError::Refused(Box::new(problem(response.status().as_u16(), &text))))
    }

    /// The bytes of a page, with the token as its cookie.
    ///
    /// # Errors
    /// As [`ClientError`] says.
    pub fn page(&self, path: &str) -> Result<String, ClientError> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let response = request.header("Cookie", format!("foulee_token={}", self.token)).call();
        let mut response = response.map_err(|error| ClientError::Unreachable(Box::new(error)))?;
        let text = response.body_mut().read_to_string();
        let text = text.map_err(|error| ClientError::Unreachable(Box::new(error)))?;
        if response.status().is_success() {
            Ok(text)
        } else {
            Err(ClientError::Refused(Box::new(problem(response.status().as_u16(), &text))))
        }
    }
}

fn answer<T: DeserializeOwned>(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<T, ClientError> {
    let mut response = response.map_err(|error| ClientError::Unreachable(Box::new(error)))?;
    let body = response.body_mut().with_config().limit(64 << 20).read_to_string();
    let body = body.map_err(|error| ClientError::Unreachable(Box::new(error)))?;
    if response.status().is_success() {
        let unread = |error: serde_json::Error| {
            ClientError::Unreachable(Box::new(ureq::Error::Other(Box::new(error))))
        };
        serde_json::from_str(&body).map_err(unread)
    } else {
        Err(ClientError::Refused(Box::new(problem(response.status().as_u16(), &body))))
    }
}

fn problem(status: u16, body: &str) -> Problem {
    serde_json::from_str(body).unwrap_or_else(|_| {
        let kind = foulee_contract::ProblemKind::Unavailable;
        Problem { status, title: format!("status {status}"), ..Problem::new(kind) }
    })
}

impl From<ClientError> for SinkError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Unreachable(source) => SinkError::Unreachable(source),
            ClientError::Refused(problem) => SinkError::Refused(problem),
        }
    }
}

/// An importer's way into a running service.
impl Sink for Client {
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.post("/v1/readings", batch) {
                Err(ClientError::Refused(problem)) if matches!(problem.status, 429 | 503) => {
                    std::thread::sleep(pause);
                    pause *= 2;
                }
                Err(ClientError::Refused(problem)) if !problem.rejected.is_empty() => {
                    return Ok(Answer {
                        rejected: problem.rejected,
                        new: Some(0),
                        duplicate: Some(0),
                        accepted: 0,
                    });
                }
                other => return Ok(other?),
            }
        }
        Ok(self.post("/v1/readings", batch)?)
    }
}

/// Of a refusal, what it says of the export's own id.
fn not_admitted(problem: Box<Problem>) -> SinkError {
    let field = NameKind::ExternalId.field();
    match problem.errors.iter().find(|error| error.field == field) {
        Some(error) => SinkError::NotAdmitted { fix: error.fix.clone() },
        None => SinkError::Refused(problem),
    }
}

/// Finds participants of a study through a running service, which then knows at once for whom it may write.
#[derive(Debug)]
pub struct RemotePeople {
    /// The service.
    pub client: Client,
    /// The study.
    pub study: String,
    /// The zone of those who are new.
    pub time_zone: Option<String>,
}

impl People for RemotePeople {
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError> {
        #[derive(serde::Deserialize)]
        struct Added {
            id: ParticipantId,
        }
        let new = NewPerson {
            external_id: Some(external_id.to_owned()),
            study: Some(self.study.clone()),
            time_zone: self.time_zone.clone(),
            ..NewPerson::default()
        };
        match self.client.post("/v1/participants", &new) {
            Ok(Added { id }) => Ok(id),
            Err(ClientError::Refused(problem)) => Err(not_admitted(problem)),
            Err(error) => Err(error.into()),
        }
    }
}
