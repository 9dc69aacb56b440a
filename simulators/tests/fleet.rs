//! The command `foulee-sim fleet` where there is no server: what it refuses before it sends anything.

use std::fs;
use std::process::{Command, Output};

fn fleet(token: Option<&str>, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foulee-sim"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FOULEE_")) {
        command.env_remove(name);
    }
    if let Some(token) = token {
        command.env("FOULEE_TOKEN", token);
    }
    command.args(["fleet", "--people", "2"]).args(more).output().expect("the program runs")
}

#[track_caller]
fn refused(output: &Output, code: i32, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
    assert!(output.stdout.is_empty(), "no verdict: {output:?}");
}

/// A port that nobody listens at: it was given to somebody who is gone.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

#[test]
fn a_server_that_is_not_there_ends_it_at_once_with_4() {
    refused(&fleet(Some("a-token"), &["--to", &nobody()]), 4, "not reachable");
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_to_do() {
    let to = nobody();
    refused(&fleet(None, &["--to", &to]), 2, "foulee token add --admin");
    refused(&fleet(Some("  "), &["--to", &to]), 2, "foulee token add --admin");
    refused(&fleet(None, &["--to", &to, "--token-file", "/nowhere/token"]), 2, "/nowhere/token");
    for url in ["127.0.0.1:7373", "ftp://127.0.0.1", "http://", "http://127.0.0.1/?a=b"] {
        refused(&fleet(Some("a-token"), &["--to", url]), 2, "http://127.0.0.1:7373");
    }
    refused(&fleet(Some("a-token"), &["--to", &to, "--start", "1999-01-01"]), 2, "--start");
    refused(&fleet(Some("a-token"), &["--to", &to, "--start", "2098-01-01"]), 2, "not over");
    refused(&fleet(Some("a-token"), &["--to", &to, "--people", "0"]), 2, "--people");
}

#[test]
fn a_plan_that_is_wrong_is_refused_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("plan.toml");
    let run = |text: &str| {
        fs::write(&path, text).expect("a file");
        fleet(Some("a-token"), &["--to", &nobody(), "--faults", path.to_str().expect("a path")])
    };
    refused(&run("[corrupt]\nflipped = 2\n"), 2, "flipped = 2");
    refused(&run("[faults]\nlost_answers = 0.1\n"), 2, "lost_answers");
    refused(&run("[batches]\nmost = 0\n"), 2, "batches.most = 0");
    refused(&run("[faults\n"), 2, "the plan is wrong");
    fs::remove_file(&path).expect("a file");
    let output = fleet(Some("a-token"), &["--to", &nobody(), "--faults", path.to_str().expect("a path")]);
    refused(&output, 2, "cannot read the plan");
}
