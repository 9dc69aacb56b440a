//! A running `foulee serve`, asked over HTTP.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::foulee::Folder;

/// How long anything may take that takes a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A service over a folder; killed when it is dropped before it was stopped.
pub(crate) struct Served {
    pub(crate) child: Child,
    log: PathBuf,
    agent: ureq::Agent,
    pub(crate) address: String,
    /// The token of the run: good for everything.
    pub(crate) token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Said {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The problem that this is, of one status: typed, titled, and saying what to do.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["type"].as_str().is_some_and(|kind| kind.starts_with("/problems/")), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        problem
    }
}

impl Served {
    pub(crate) fn start(folder: &Folder) -> Self {
        let log = folder.file("serve.log");
        let mut command = folder.command();
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(File::create(folder.file("serve.out")).expect("a file"));
        let child = command.stderr(File::create(&log).expect("a file")).spawn().expect("foulee serves");
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(PATIENCE)).build().into();
        let mut served = Self { child, log, agent, address: String::new(), token: String::new() };
        let known = served.until("it says where it listens", |served| {
            let holder: Value =
                serde_json::from_slice(&fs::read(folder.data().join("foulee.address")).ok()?).ok()?;
            (holder["pid"] == served.child.id()).then_some(holder)
        });
        served.address = known["address"].as_str().expect("an address").to_owned();
        served.token = known["token"].as_str().expect("a token").to_owned();
        served
    }

    /// Waits for something, with the log at hand where it never comes.
    #[track_caller]
    pub(crate) fn until<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{what}: {ended:?}\n{}", self.log());
            sleep(Duration::from_millis(20));
        }
    }

    /// Asks with a token, or none.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Said {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let answer = if body.is_empty() && method != "POST" {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body.to_vec()).expect("a request"))
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.log()));
        let headers = answer.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Said {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.body_mut().read_to_string().expect("a body"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Said {
        self.ask("GET", path, Some(&self.token), &[], &[])
    }

    /// Posts a batch with the token of the run.
    pub(crate) fn post(&self, batch: &Value) -> Said {
        self.post_as(&self.token, batch)
    }

    pub(crate) fn post_as(&self, token: &str, batch: &Value) -> Said {
        self.ask("POST", "/v1/readings", Some(token), JSON, batch.to_string().as_bytes())
    }

    /// One of the figures of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.get("/metrics").body;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} is not in\n{text}"))
    }

    /// Waits until no day is left to compute.
    pub(crate) fn drained(&mut self) {
        self.until("days are computed", |served| (served.metric("worker_dirty_days") == 0).then_some(()));
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGTERM, and no waiting.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// How it ended and how long that took.
    #[track_caller]
    pub(crate) fn wait(mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (status, started.elapsed());
            }
            assert!(started.elapsed() < PATIENCE, "it does not end:\n{}", self.log());
            sleep(Duration::from_millis(10));
        }
    }

    /// Ends it in good order.
    #[track_caller]
    pub(crate) fn stop(self) {
        self.terminate();
        let log = self.log();
        let (status, _) = self.wait();
        assert!(status.success(), "{status}\n{log}");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];
