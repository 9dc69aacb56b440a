//! The real servers that other tests rest on, and that what stands before them behaves as 2.7 was measured to.

#[path = "influx_fixture/http.rs"]
mod http;

#[path = "influx_fixture/server.rs"]
mod server;

#[path = "influx_fixture/writes.rs"]
mod writes;

#[path = "influx_fixture/deletes.rs"]
mod deletes;

#[path = "influx_fixture/queries.rs"]
mod queries;

#[path = "influx_fixture/tokens.rs"]
mod tokens;

#[path = "influx_fixture/faults.rs"]
mod faults;

#[path = "influx_fixture/victoria.rs"]
mod victoria;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;

use foulee_tests::influx::{Gateway2, Influxd, InfluxdOptions};
use serde_json::{Value, json};
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

const ORG: &str = "clinic";
const TOKEN: &str = "all-access";

/// The gateway with a bucket `b`.
struct Api2 {
    gateway: Gateway2,
    server: Server,
}

fn api2() -> Option<Api2> {
    let server = server()?;
    let gateway = Gateway2::start(&server.influxd.address(), ORG, TOKEN).expect("a gateway");
    let api2 = Api2 { gateway, server };
    let made = api2.create_bucket("b", 0);
    assert_eq!(made.status, 201, "{made:?}");
    Some(api2)
}

impl Api2 {
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.gateway.address())
    }

    fn post(&self, path: &str, body: &str) -> http::Answer {
        http::post(&self.url(path), &[("Authorization", "Token all-access")], body.as_bytes())
    }

    fn get(&self, path: &str) -> http::Answer {
        http::get(&self.url(path), &[("Authorization", "Token all-access")])
    }

    fn org_id(&self) -> String {
        let orgs = self.get("/api/v2/orgs?org=clinic");
        assert_eq!(orgs.status, 200);
        orgs.json()["orgs"][0]["id"].as_str().expect("an id").to_owned()
    }

    fn create_bucket(&self, name: &str, every_seconds: u64) -> http::Answer {
        let rules = json!([{ "type": "expire", "everySeconds": every_seconds }]);
        let body = json!({ "orgID": self.org_id(), "name": name, "retentionRules": rules });
        self.post("/api/v2/buckets", &body.to_string())
    }

    fn write(&self, bucket: &str, lines: &str) -> http::Answer {
        self.post(&format!("/api/v2/write?org=clinic&bucket={bucket}&precision=s"), lines)
    }

    /// With `q` in the URL, which the test has encoded.
    fn query(&self, db: &str, q: &str) -> http::Answer {
        let url = self.url("/query");
        http::form(&url, &[("Authorization", "Token all-access")], &[("db", db), ("q", q)])
    }

    /// How many points there are, as the server behind counts.
    fn count(&self, bucket: &str) -> u64 {
        self.server.influxd.count_points(bucket).expect("a count")
    }
}

/// The shape of every refusal of 2.x.
#[track_caller]
fn refused(answer: &http::Answer, status: u16, code: &str, message: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.json(), json!({ "code": code, "message": message }));
    assert_eq!(answer.header("X-Platform-Error-Code"), Some(code));
}

fn statement_error(at: u64, error: &str) -> Value {
    json!({ "statement_id": at, "error": error })
}
