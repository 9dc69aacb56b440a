//! The real servers that other tests rest on.

#[path = "influx_fixture/http.rs"]
mod http;

#[path = "influx_fixture/server.rs"]
mod server;

#[path = "influx_fixture/faults.rs"]
mod faults;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;

use foulee_tests::influx::{Influxd, InfluxdOptions};
use tempfile::TempDir;

/// A server with a folder that goes with it.
struct Server {
    influxd: Influxd,
    _folder: TempDir,
}

/// A server, or none here, which is said.
fn server() -> Option<Server> {
    server_with(InfluxdOptions::default())
}

fn server_with(options: InfluxdOptions) -> Option<Server> {
    if !Influxd::available() {
        leave_out("there is no influxd 1.x in PATH or /usr/bin (Debian: apt-get install influxdb)");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let influxd = Influxd::start(folder.path(), options).expect("influxd starts");
    Some(Server { influxd, _folder: folder })
}

/// Says that this test is left out, or fails it where it must run.
fn leave_out(why: &str) {
    assert!(std::env::var_os("FOULEE_TEST_REQUIRE_INFLUX").is_none_or(|value| value != "1"), "{why}");
    // Written past what the test runner keeps to itself, once.
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().expect("nobody panics with it").insert(why.to_owned()) {
        let _ = writeln!(std::io::stderr(), "LEFT OUT: {why}");
    }
}
