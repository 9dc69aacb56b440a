//! Readings a second that ingest acknowledges over HTTP, by shape of batch: `cargo bench -p foulee-api --bench ingest`.
//!
//! `foulee serve` in a process of its own, eight connections of a client on the same machine, zstd columnar JSON made
//! as it is sent, a study's write token checked with every batch, every reading new. Seconds a shape:
//! `FOULEE_BENCH_SECONDS` (60); some shapes alone: `FOULEE_BENCH_SHAPE` (a part of the name).

mod load;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use foulee_api::people::{NewPerson, add};
use foulee_api::registry::{Registry, Scope};
use foulee_contract::{
    Answer, Batch, CONTRACT_VERSION, Grain, Grid, Metric, ParticipantId, Points, SeriesBlock, Source,
    SourceKind,
};
use load::{Server, folder, quantile_ms};

const CONNECTIONS: usize = 8;
/// 2001-01-01T00:00:00Z.
const FIRST_MS: i64 = 978_307_200_000;
const PEOPLE: usize = 10_000;

/// A batch: so many series, so many readings of each.
struct Shape {
    name: &'static str,
    series: usize,
    readings: usize,
    /// Regular readings without their times, or each with its own.
    grid: bool,
}

const SHAPES: [Shape; 5] = [
    Shape { name: "1 x 10,000, grid", series: 1, readings: 10_000, grid: true },
    Shape { name: "1 x 10,000, points", series: 1, readings: 10_000, grid: false },
    Shape { name: "100 x 100, grid", series: 100, readings: 100, grid: true },
    Shape { name: "100 x 100, points", series: 100, readings: 100, grid: false },
    Shape { name: "10,000 x 1, points", series: 10_000, readings: 1, grid: false },
];

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` only look whether it runs.
    let short = std::env::args().any(|arg| arg == "--test");
    let seconds: u64 =
        std::env::var("FOULEE_BENCH_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let seconds = if short { 1 } else { seconds };
    println!(
        "shape               M readings/s   k batches/s   p50 ms   p99 ms   M readings/CPU-s   peak MB   busy   B/reading"
    );
    let only = std::env::var("FOULEE_BENCH_SHAPE").unwrap_or_default();
    for shape in SHAPES.into_iter().filter(|shape| shape.name.contains(&only)) {
        run(&shape, Duration::from_secs(seconds));
    }
}

fn run(shape: &Shape, time: Duration) {
    let folder = folder("ingest");
    let (people, token) = prepare(&folder, if shape.series == 10_000 { PEOPLE } else { 1_000 });
    let server = Server::start(&folder);
    let (sent, busy) = (AtomicU64::new(0), AtomicU64::new(0));
    let next = AtomicU64::new(0);
    let times = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    let started = Instant::now();
    let (cpu, _) = server.usage();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let agent: ureq::Agent =
                    ureq::Agent::config_builder().http_status_as_error(false).build().into();
                let mut own = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let body = packed(shape, &people, next.fetch_add(1, Ordering::Relaxed));
                    loop {
                        let begun = Instant::now();
                        let mut answer = agent
                            .post(format!("{}/v1/readings", server.base))
                            .header("Authorization", format!("Bearer {token}"))
                            .header("Content-Type", "application/json")
                            .header("Content-Encoding", "zstd")
                            .send(body.as_slice())
                            .expect("the service answers");
                        if answer.status() == 429 {
                            busy.fetch_add(1, Ordering::Relaxed);
                            std::thread::sleep(Duration::from_millis(50));
                            continue;
                        }
                        let text = answer.body_mut().read_to_string().expect("an answer");
                        let answer: Answer = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
                        assert!(answer.rejected.is_empty() && answer.duplicate == Some(0), "{text}");
                        own.push(begun.elapsed());
                        sent.fetch_add(answer.accepted, Ordering::Relaxed);
                        break;
                    }
                }
                times.lock().expect("the bench's own lock").extend(own);
            });
        }
        std::thread::sleep(time);
        over.store(true, Ordering::Relaxed);
    });
    let wall = started.elapsed().as_secs_f64();
    let (cpu_end, peak) = server.usage();
    let cpu = cpu_end - cpu;
    let mut times = times.into_inner().expect("the bench's own lock");
    times.sort_unstable();
    let readings = sent.load(Ordering::Relaxed) as f64;
    drop(server);
    let bytes = std::fs::metadata(folder.join("store.db")).map_or(0, |meta| meta.len()) as f64;
    println!(
        "{:18} {:13.2} {:13.2} {:8.1} {:8.1} {:18.2} {:9.0} {:6} {:11.2}",
        shape.name,
        readings / wall / 1e6,
        times.len() as f64 / wall / 1e3,
        quantile_ms(&times, 0.5),
        quantile_ms(&times, 0.99),
        readings / cpu / 1e6,
        peak,
        busy.load(Ordering::Relaxed),
        bytes / readings,
    );
    let _ = std::fs::remove_dir_all(folder);
}

/// People of a study and a token that may write for them.
fn prepare(folder: &std::path::Path, count: usize) -> (Vec<ParticipantId>, String) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let registry = Registry::open(folder).await.expect("a registry");
        let mut people = Vec::with_capacity(count);
        for n in 0..count {
            let new = NewPerson {
                study: Some("bench".into()),
                external_id: Some(n.to_string()),
                ..NewPerson::default()
            };
            people.push(add(&registry, &new, FIRST_MS).await.expect("a participant").0);
        }
        let study = registry.study_of("bench", FIRST_MS).await.expect("a study");
        let token = registry.issue_token(Scope::WriteStudy(study), "bench", [7; 32], FIRST_MS, None).await;
        let token = token.expect("a token").1.reveal().to_owned();
        registry.close().await;
        (people, token)
    })
}

/// Batch number `number`: minutes of heart rate, a random walk, for the next series in turn.
fn packed(shape: &Shape, people: &[ParticipantId], number: u64) -> Vec<u8> {
    let mut noise = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let turn = people.len() / shape.series;
    let (round, group) = (number as usize / turn, number as usize % turn);
    let series = (0..shape.series).map(|at| {
        let first = FIRST_MS + (round * shape.readings) as i64 * 60_000;
        let mut bpm = 72_i64;
        let mut points = Points::default();
        let mut grid = Grid { start: first, step: 60_000, rev: 0, value: Vec::new() };
        for minute in 0..shape.readings as i64 {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            bpm = (bpm + (noise % 7) as i64 - 3).clamp(45, 160);
            if shape.grid {
                grid.value.push(Some(bpm));
            } else {
                points.start.push(first + minute * 60_000);
                points.value.push(Some(bpm));
            }
        }
        SeriesBlock {
            participant: people[group * shape.series + at],
            source: Source::new(SourceKind::Watch, ["bench", "", "", "", ""]),
            metric: Metric::HeartRate,
            grain: Grain::Sample,
            unit: "/min".into(),
            exponent: 0,
            offset: None,
            how: None,
            points: (!shape.grid).then_some(points),
            grid: shape.grid.then_some(grid),
        }
    });
    let batch = Batch { contract: CONTRACT_VERSION, series: series.collect() };
    let json = serde_json::to_vec(&batch).expect("JSON");
    zstd::bulk::compress(&json, 1).expect("zstd")
}
