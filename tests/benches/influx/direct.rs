//! InfluxDB fed without Foulée: the fewest bytes that say the same, on connections of their own.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use foulee_tests::influx::Influxd;
use serde::Deserialize;

use crate::payload::{FIRST_MS, Feed, METRICS, Minute, Payload, SOURCE, key};
use crate::server::{self, DATABASE, own_cpu_seconds};
use crate::table::Loaded;

/// How it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    pub(crate) lines: usize,
    pub(crate) connections: usize,
}

/// Sends all of it; the server goes on.
pub(crate) fn load(folder: &Path, payload: &Payload, way: Way) -> (Influxd, Loaded) {
    let server = server::start(folder);
    let (own, its) = (own_cpu_seconds(), server.cpu_seconds().expect("its processor time"));
    let begun = Instant::now();
    let sent: usize = std::thread::scope(|scope| {
        let send = |connection| {
            let feed = payload.share(connection, way.connections);
            let url = format!("http://{}/write?db={DATABASE}&precision=n", server.address());
            scope.spawn(move || send(&url, feed, way.lines))
        };
        let threads: Vec<_> = (0..way.connections).map(send).collect();
        threads.into_iter().map(|thread| thread.join().expect("a connection")).sum()
    });
    let acknowledged = begun.elapsed();
    server::wait_until_visible(&server, payload);
    let visible = begun.elapsed();
    let server_cpu = server.cpu_seconds().expect("its processor time") - its;
    let loaded = Loaded { readings: sent, acknowledged, visible, cpu: [own_cpu_seconds() - own, server_cpu] };
    let stored = server.count_points(DATABASE).expect("a count");
    assert_eq!(stored, payload.minutes() as u64, "a correction takes the place of what it corrects");
    (server, loaded)
}

fn send(url: &str, mut feed: Feed, lines: usize) -> usize {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut text = Vec::new();
    let mut sent = 0;
    loop {
        let minutes = feed.take(lines);
        if minutes.is_empty() {
            return sent;
        }
        sent += minutes.len();
        text.clear();
        for part in minutes.chunk_by(|a, b| (a.person, a.metric) == (b.person, b.metric)) {
            let head =
                format!("{},g=epoch,p={},s={SOURCE} value=", METRICS[part[0].metric], key(part[0].person));
            for Minute { value, start_ms, .. } in part {
                text.extend_from_slice(head.as_bytes());
                // Into memory.
                let _ = writeln!(text, "{value}i {start_ms}000000");
            }
        }
        let mut gzip = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
        let _ = gzip.write_all(&text);
        let body = gzip.finish().expect("in memory");
        let answer = agent.post(url).header("Content-Encoding", "gzip").send(body.as_slice());
        let mut answer = answer.expect("an answer");
        assert_eq!(answer.status(), 204, "{:?}", answer.body_mut().read_to_string());
    }
}

#[derive(Deserialize)]
struct Chunk {
    results: Vec<Statement>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    series: Vec<Rows>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Rows {
    values: Vec<(i64, i64)>,
}

/// Reads all of somebody, and how long that took.
pub(crate) fn read(server: &Influxd, agent: &ureq::Agent, payload: &Payload, person: usize) -> Duration {
    let begun = Instant::now();
    let ask = format!(
        "SELECT \"value\" FROM {} WHERE \"p\" = '{}' AND time >= {FIRST_MS}ms AND time < {}ms GROUP BY \"g\",\"s\"",
        METRICS.map(|metric| format!("\"{metric}\"")).join(","),
        key(person),
        payload.end_ms()
    );
    let form = [("db", DATABASE), ("q", &ask), ("epoch", "ns"), ("chunked", "true"), ("chunk_size", "10000")];
    let answer = agent.post(format!("http://{}/query", server.address())).send_form(form);
    let body = answer.expect("an answer").body_mut().with_config().limit(1 << 30).read_to_vec();
    let body = body.expect("all of it");
    let mut rows = Vec::new();
    for chunk in serde_json::Deserializer::from_slice(&body).into_iter::<Chunk>() {
        for statement in chunk.expect("JSON").results {
            assert_eq!(statement.error, None);
            statement.series.into_iter().for_each(|series| rows.extend(series.values));
        }
    }
    let took = begun.elapsed();
    assert_eq!(rows.len(), payload.minutes() / payload.people);
    took
}
