//! How long a participant's page takes, from a store of 500 people x 180 days: `cargo bench -p foulee-api --bench page`.
//!
//! The people are simulated; `foulee serve` runs in a process of its own. People: `FOULEE_BENCH_PEOPLE` (500).

mod load;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, Utc};
use foulee_api::ask;
use foulee_api::people::{NewPerson, add};
use foulee_api::programme::graded_walking_doc;
use foulee_api::registry::{Registry, Scope};
use foulee_api::worker::Worker;
use foulee_contract::{
    Grain, How, Metric, ParticipantId, Provenance, Series, Source, SourceKind, Tuple, Value,
};
use foulee_person::{Person, WearPattern, seen, wear};
use foulee_store::{EmbeddedStore, Group, Store, WriteBatch};
use load::{Server, folder, quantile_ms};

const DAYS: usize = 180;
const REQUESTS: usize = 2_000;

fn main() {
    let short = std::env::args().any(|arg| arg == "--test");
    let people: usize =
        std::env::var("FOULEE_BENCH_PEOPLE").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    let (people, days, requests) = if short { (2, 30, 20) } else { (people, DAYS, REQUESTS) };
    let folder = folder("page");
    let begun = Instant::now();
    let (ids, token) = prepare(&folder, people, days);
    println!("{people} people x {days} days stored and computed in {:.1} s", begun.elapsed().as_secs_f64());
    let server = Server::start(&folder);
    let agent = ureq::agent();
    let mut times: Vec<Duration> = Vec::with_capacity(requests);
    let mut bytes = 0;
    for n in 0..requests {
        let id = ids[n * 7_919 % ids.len()];
        let begun = Instant::now();
        let mut answer = agent
            .get(format!("{}/p/{id}?lang=fr", server.base))
            .header("Cookie", format!("foulee_token={token}"))
            .call()
            .expect("the page");
        bytes += answer.body_mut().read_to_string().expect("its text").len();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let (cpu_seconds, peak_mb) = server.usage();
    println!("the service used {cpu_seconds:.1} CPU-s and at most {peak_mb:.0} MB");
    println!(
        "{requests} pages of 90 days, {} kB each: p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
        bytes / requests / 1_000,
        quantile_ms(&times, 0.5),
        quantile_ms(&times, 0.99),
        quantile_ms(&times, 1.0)
    );
    drop(server);
    let _ = std::fs::remove_dir_all(folder);
}

/// Simulated people who wear their watch most of the time, with a programme, their days computed.
fn prepare(folder: &std::path::Path, people: usize, days: usize) -> (Vec<ParticipantId>, String) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(folder).expect("a store"));
    runtime.block_on(async {
        let registry = Registry::open(folder).await.expect("a registry");
        let now_ms = Utc::now().timestamp_millis();
        let today = Utc::now().date_naive();
        let first = today.checked_sub_days(Days::new(days as u64)).expect("a date");
        let mut ids = Vec::new();
        for seed in 0..people {
            let new = NewPerson {
                study: Some("bench".into()),
                external_id: Some(seed.to_string()),
                time_zone: Some("Europe/Paris".into()),
                ..NewPerson::default()
            };
            let (id, _) = add(&registry, &new, now_ms).await.expect("a participant");
            let start = first.checked_add_days(Days::new(14)).expect("a date");
            let doc = graded_walking_doc(5_000).expect("a programme");
            ask::assign(&registry, id, &doc, start, now_ms).await.expect("assigned");
            store.write(readings(id, seed as u64, first, days, now_ms)).await.expect("stored");
            ids.push(id);
        }
        Worker::new(store, registry.clone()).drain(now_ms).await.expect("computed");
        let study = registry.study_of("bench", now_ms).await.expect("a study");
        let token = registry.issue_token(Scope::ReadStudy(study), "bench", [7; 32], now_ms, None).await;
        let token = token.expect("a token").1.reveal().to_owned();
        registry.close().await;
        (ids, token)
    })
}

fn readings(id: ParticipantId, seed: u64, first: chrono::NaiveDate, days: usize, now_ms: i64) -> WriteBatch {
    let person = Person::new(seed);
    let source = Source::new(SourceKind::Watch, ["bench", "", "", "", ""]);
    let series = |metric| Series { participant: id, source: source.clone(), metric, grain: Grain::Epoch };
    let provenance = Provenance { offset_minutes: Some(60), how: How::Automatic };
    let (mut steps, mut heart) = (Vec::new(), Vec::new());
    for truth in person.days(first, days) {
        let mask = wear(&person, &truth, WearPattern::LessInFlares, &mut person.wear_rng(truth.date));
        let day = seen(&truth, &mask);
        let start = truth.date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        for minute in 0..foulee_person::MINUTES_PER_DAY {
            let start_ms = start + minute as i64 * 60_000;
            let at = |value| Tuple {
                start_ms,
                end_ms: start_ms + 60_000,
                seq: 0,
                rev: 0,
                value: Value::Present(value),
            };
            steps.push((at(i64::from(day.steps[minute])), provenance));
            if let Some(bpm) = day.heart_rate_deci_bpm[minute] {
                heart.push((at(i64::from(bpm)), provenance));
            }
        }
    }
    let groups = vec![
        Group { series: series(Metric::Steps), rows: steps },
        Group { series: series(Metric::HeartRate), rows: heart },
    ];
    WriteBatch { received_ms: now_ms, groups }
}
