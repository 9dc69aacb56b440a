use std::path::{Path, PathBuf};
use std::time::Duration;

use foulee_contract::{Answer, Batch, Problem};

use crate::GatewayError;
use crate::clock::machine;
use crate::config::UplinkConfig;
use crate::uplink::tls;

/// What the service said to a batch.
#[derive(Debug)]
pub(super) enum Said {
    /// Durable there, but for what it names.
    Accepted(Answer),
    /// None of it is acceptable, each reading for a reason of its own.
    NoneAccepted(Box<Problem>),
    /// Later, and after how long if it says so.
    Later(Option<Duration>),
    /// The token is not (or no longer) good.
    NotAllowed(u16),
    /// There is none to send with: its file is not there yet, or empty.
    NoToken(Box<GatewayError>),
    /// Too large at once.
    TooLarge,
    /// Wrong as a whole.
    Wrong(Box<Problem>),
    /// No answer.
    Unreachable(Box<ureq::Error>),
}

/// The service's clock, as an answer of it showed: whole seconds, somewhere between the question and the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dated {
    date_ms: i64,
    /// Time since this machine started when it was asked, and when it had answered, ms.
    asked_boot_ms: i64,
    answered_boot_ms: i64,
}

impl Dated {
    /// Least and greatest that true time minus the time since this machine's start can be, ms.
    pub(super) fn truth_ms(&self) -> (i64, i64) {
        (self.date_ms - self.answered_boot_ms, self.date_ms + 1_000 - self.asked_boot_ms)
    }

    fn of<T>(response: &ureq::http::Response<T>, asked_boot_ms: i64) -> Option<Self> {
        let text = response.headers().get("Date")?.to_str().ok()?;
        let date_ms = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis();
        Some(Self { date_ms, asked_boot_ms, answered_boot_ms: machine().boot_ms })
    }
}

/// The way to the service.
pub(super) struct Client {
    agent: ureq::Agent,
    url: String,
    token_file: PathBuf,
    token: Option<String>,
    /// When the service answered last.
    pub(super) dated: Option<Dated>,
}

/// Where systemd puts credentials.
fn credential(name: &str) -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join(name))
}

impl Client {
    pub(super) fn new(config: &UplinkConfig) -> Result<Self, GatewayError> {
        let token_file =
            config.token_file.clone().or_else(|| credential("foulee-token")).ok_or(GatewayError::NoToken)?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(60)))
            .tls_config(tls::config(config.ca_file.as_deref())?)
            .build();
        let url = config.url.trim_end_matches('/').to_owned();
        Ok(Self { agent: agent.into(), url, token_file, token: None, dated: None })
    }

    /// The token, read again after the service refused it: it may have been replaced.
    fn token(&mut self) -> Result<String, GatewayError> {
        if self.token.is_none() {
            let text = std::fs::read_to_string(&self.token_file)
                .map_err(|source| GatewayError::ReadFile { path: self.token_file.clone(), source })?;
            self.token = Some(text.trim().to_owned()).filter(|token| !token.is_empty());
        }
        self.token.clone().ok_or(GatewayError::NoToken)
    }

    /// The service's clock, where it is that service which answers and says so.
    pub(super) fn time(&self) -> Result<Option<Dated>, Box<ureq::Error>> {
        let asked_boot_ms = machine().boot_ms;
        let response = self.agent.get(format!("{}/livez", self.url)).call()?;
        Ok(Dated::of(&response, asked_boot_ms).filter(|_| response.status().is_success()))
    }

    /// Posts a batch.
    pub(super) fn post(&mut self, batch: &Batch) -> Said {
        let token = match self.token() {
            Ok(token) => token,
            Err(error) => return Said::NoToken(Box::new(error)),
        };
        // Both cannot fail: the batch holds nothing that JSON lacks, and memory is there or the process ends.
        let Ok(body) = serde_json::to_vec(batch) else { return Said::TooLarge };
        let Ok(body) = zstd::bulk::compress(&body, 3) else { return Said::TooLarge };
        let asked_boot_ms = machine().boot_ms;
        let sent = self
            .agent
            .post(format!("{}/v1/readings", self.url))
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .header("Content-Encoding", "zstd")
            .send(body.as_slice());
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => return Said::Unreachable(Box::new(error)),
        };
        self.dated = Dated::of(&response, asked_boot_ms);
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get("Retry-After")
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let text = match response.body_mut().with_config().limit(64 << 20).read_to_string() {
            Ok(text) => text,
            Err(error) => return Said::Unreachable(Box::new(error)),
        };
        match status {
            200 => match serde_json::from_str(&text) {
                Ok(answer) => Said::Accepted(answer),
                // Something that is no Foulée answers there: nothing was accepted.
                Err(_) => Said::Later(None),
            },
            401 | 403 => {
                self.token = None;
                Said::NotAllowed(status)
            }
            413 => Said::TooLarge,
            429 | 503 => Said::Later(retry_after),
            422 => match serde_json::from_str::<Problem>(&text) {
                Ok(problem) if !problem.rejected.is_empty() => Said::NoneAccepted(Box::new(problem)),
                Ok(problem) => Said::Wrong(Box::new(problem)),
                Err(_) => Said::Later(None),
            },
            400 | 404..=499 => match serde_json::from_str::<Problem>(&text) {
                Ok(problem) if status != 404 => Said::Wrong(Box::new(problem)),
                _ => Said::Later(None),
            },
            _ => Said::Later(retry_after),
        }
    }
}
