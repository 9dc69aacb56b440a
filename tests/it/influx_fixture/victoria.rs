//! What the gateway takes on /api/v2/write, another server of that API takes, too.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use foulee_tests::influx::free_port;
use serde_json::Value;

use crate::http::{get, post, try_get};
use crate::{api2, leave_out};

struct Victoria {
    child: Child,
    url: String,
}

impl Victoria {
    fn start(folder: &Path) -> Option<Self> {
        let address = format!("127.0.0.1:{}", free_port().expect("a port"));
        let mut command = Command::new("victoria-metrics");
        command.arg(format!("-httpListenAddr={address}")).arg("-retentionPeriod=100y");
        command.arg(format!("-storageDataPath={}", folder.display())).arg("-search.latencyOffset=0s");
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                leave_out(&format!("victoria-metrics does not run here: {error}"));
                return None;
            }
        };
        let victoria = Self { child, url: format!("http://{address}") };
        let started = Instant::now();
        while TcpStream::connect(&address).is_err()
            || try_get(&format!("{}/health", victoria.url), &[], Duration::from_secs(1)).is_err()
        {
            assert!(started.elapsed() < Duration::from_secs(30), "victoria-metrics does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(victoria)
    }

    /// Times in ms and values of a series, in the order of time.
    fn points(&self, name: &str, tag: &str) -> Vec<(i64, f64)> {
        get(&format!("{}/internal/force_flush", self.url), &[]);
        let selector = format!("{name}%7B{tag}%7D");
        let text = get(&format!("{}/api/v1/export?match%5B%5D={selector}", self.url), &[]).text;
        let mut found = Vec::new();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).expect("JSON");
            let times = row["timestamps"].as_array().expect("times").iter().filter_map(Value::as_i64);
            let values = row["values"].as_array().expect("values").iter().filter_map(Value::as_f64);
            found.extend(times.zip(values));
        }
        found.sort_by_key(|(time, _)| *time);
        found
    }
}

impl Drop for Victoria {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_same_bytes_are_read_the_same() {
    let Some(api2) = api2() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let Some(victoria) = Victoria::start(folder.path()) else { return };
    let minutes: Vec<i64> = (0..1440).map(|minute| 1_700_000_040 + 60 * minute).collect();
    let headers = [("Authorization", "Token all-access"), ("Content-Encoding", "gzip")];
    for (precision, a_second) in [("s", 1_i64), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)] {
        let line = |at: &i64| format!("steps,participant={precision} value={}i {}\n", at % 97, at * a_second);
        let lines: String = minutes.iter().map(line).collect();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        std::io::Write::write_all(&mut encoder, lines.as_bytes()).expect("written");
        let body = encoder.finish().expect("written");
        let path = format!("/api/v2/write?org=clinic&bucket=b&precision={precision}");
        for url in [api2.url(&path), format!("{}{path}", victoria.url)] {
            let answer = post(&url, &headers, &body);
            assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{url}");
        }
        let q = format!("SELECT value FROM steps WHERE participant = '{precision}'");
        let db = [("db", "b"), ("q", &q), ("epoch", "ms")];
        let rows = crate::http::form(&api2.url("/query"), &headers[..1], &db).json();
        let rows = rows["results"][0]["series"][0]["values"].as_array().expect("rows").clone();
        let rows: Vec<(i64, f64)> =
            rows.iter().filter_map(|row| Some((row[0].as_i64()?, row[1].as_f64()?))).collect();
        let wanted: Vec<(i64, f64)> = minutes.iter().map(|at| (at * 1000, (at % 97) as f64)).collect();
        assert_eq!(rows, wanted, "{precision}");
        let tag = format!("participant%3D%22{precision}%22");
        assert_eq!(victoria.points("steps_value", &tag), wanted, "{precision}");
    }
    // A line that cannot be read: told by the one, only skipped by the other.
    let bad = "steps,participant=bad value= 1700000040\n";
    let path = "/api/v2/write?org=clinic&bucket=b&precision=s";
    assert_eq!(api2.post(path, bad).status, 400);
    assert!(victoria.points("steps_value", "participant%3D%22bad%22").is_empty());
}
