//! A running `foulee demo`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The demonstration; ended when dropped.
pub(crate) struct Demo {
    child: Child,
    /// The link that it printed.
    pub(crate) link: String,
}

/// The binary that `cargo build --release -p foulee-api` made beside this test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let folder = test.parent().and_then(Path::parent).expect("target/release/deps");
    let found = folder.join("foulee");
    assert!(found.is_file(), "{} is absent: cargo build --release -p foulee-api", found.display());
    found
}

impl Demo {
    /// Starts it and waits for its link.
    pub(crate) fn start() -> Self {
        let mut command = Command::new(binary());
        command.arg("demo").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("foulee demo");
        let mut link = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut link).expect("a line");
        let link = link.trim().to_owned();
        assert!(link.starts_with("http://127.0.0.1:"), "the demonstration prints a link: {link}");
        Self { child, link }
    }

    /// `http://HOST:PORT`.
    pub(crate) fn base(&self) -> &str {
        self.link.split("/enter").next().unwrap_or_default()
    }

    /// The address of the participant's page, without a query.
    pub(crate) fn person(&self) -> String {
        let path = self.link.split("to=").nth(1).unwrap_or_default();
        format!("{}{path}", self.base())
    }

    /// The token of the run.
    pub(crate) fn token(&self) -> &str {
        self.link.split("token=").nth(1).and_then(|rest| rest.split('&').next()).expect("a token")
    }

    /// The participant's id.
    pub(crate) fn participant(&self) -> &str {
        self.link.rsplit('/').next().expect("an id")
    }

    /// Sends a heart rate of now for the participant.
    pub(crate) fn beat(&self, bpm: u32) {
        let (token, participant) = (self.token(), self.participant());
        let now_ms = chrono::Utc::now().timestamp_millis();
        let batch = serde_json::json!({"contract": 1, "series": [{"participant": participant, "source": "strap",
            "metric": "heart_rate", "grain": "sample", "unit": "/min",
            "points": {"start": [now_ms], "value": [bpm]}}]});
        let request = ureq::post(format!("{}/v1/readings", self.base()));
        let answer = request.header("Authorization", format!("Bearer {token}")).send_json(batch);
        assert_eq!(answer.expect("an answer").status(), 200);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
