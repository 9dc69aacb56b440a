//! The two stores of Foulée, fed as the service feeds them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use foulee_ingest::{JournalBounds, JournaledStore, Upkeep};
use foulee_store::influx::InfluxOptions;
use foulee_store::{EmbeddedStore, InfluxApi, InfluxUrl, Scan, Store};
use foulee_tests::influx::Influxd;
use tokio::runtime::Runtime;

use crate::payload::{DAY_MS, FIRST_MS, Payload, participant};
use crate::server::{self, DATABASE, own_cpu_seconds};
use crate::table::Loaded;

/// Uploads under way at a time.
const CONNECTIONS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(600);

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn options(server: &Influxd) -> InfluxOptions {
    let url = InfluxUrl {
        tls: false,
        host: "127.0.0.1".to_owned(),
        port: server.port(),
        bucket: DATABASE.to_owned(),
        org: None,
        api: InfluxApi::V1,
    };
    let random = |bytes: &mut [u8]| {
        use std::io::Read as _;
        std::fs::File::open("/dev/urandom")?.read_exact(bytes)
    };
    InfluxOptions { url, token: None, clock: Arc::new(now_ms), random }
}

/// The store in front of a server, with what it keeps itself below `folder`.
pub(crate) fn journaled(
    runtime: &Runtime,
    folder: &Path,
    server: &Influxd,
    upkeep: Upkeep,
) -> JournaledStore {
    let _inside = runtime.enter();
    let bounds = JournalBounds::default();
    let store = JournaledStore::open(&folder.join("foulee"), options(server), bounds, upkeep);
    let store = store.expect("a store");
    // The daily check of all that is held is no part of this.
    runtime.block_on(store.influx().set_checked_ms(now_ms())).expect("a note");
    store
}

/// Sends all of it and waits for each answer; how many readings.
async fn feed(store: Arc<dyn Store>, payload: &Payload) -> usize {
    let received_ms = Arc::new(AtomicI64::new(now_ms()));
    let connection = |number| {
        let (store, received_ms) = (Arc::clone(&store), Arc::clone(&received_ms));
        let mut feed = payload.share(number, CONNECTIONS);
        tokio::spawn(async move {
            let mut sent = 0;
            // No two uploads have the same: they come one by one, not all in a millisecond.
            while let Some(batch) = feed.upload(received_ms.fetch_add(1, Ordering::Relaxed)) {
                sent += batch.len();
                store.write(batch).await.expect("it is taken");
            }
            sent
        })
    };
    let connections: Vec<_> = (0..CONNECTIONS).map(connection).collect();
    let mut sent = 0;
    for connection in connections {
        sent += connection.await.expect("a connection");
    }
    sent
}

/// Foulée's own.
pub(crate) fn load_embedded(
    runtime: &Runtime,
    folder: &Path,
    payload: &Payload,
) -> (Arc<EmbeddedStore>, Loaded) {
    let store = Arc::new(EmbeddedStore::open(folder).expect("a store"));
    let (own, begun) = (own_cpu_seconds(), Instant::now());
    let readings = runtime.block_on(feed(store.clone(), payload));
    let took = begun.elapsed();
    let cpu = [own_cpu_seconds() - own, 0.0];
    (store, Loaded { readings, acknowledged: took, visible: took, cpu })
}

/// Bytes of the blocks alone, without the room that a file keeps for more.
pub(crate) fn block_bytes(runtime: &Runtime, store: &dyn Store) -> u64 {
    runtime.block_on(store.stats()).expect("its numbers").block_bytes
}

/// The journal in front of InfluxDB; both go on.
pub(crate) fn load_journaled(
    runtime: &Runtime,
    folder: &Path,
    payload: &Payload,
    request_lines: Option<usize>,
) -> (Influxd, Arc<JournaledStore>, Loaded) {
    let server = server::start(folder);
    let store = Arc::new(journaled(runtime, folder, &server, Upkeep::Service));
    if let Some(lines) = request_lines {
        store.influx().set_request_lines(lines);
    }
    let (own, its) = (own_cpu_seconds(), server.cpu_seconds().expect("its processor time"));
    let begun = Instant::now();
    let readings = runtime.block_on(feed(store.clone(), payload));
    let acknowledged = begun.elapsed();
    assert!(runtime.block_on(store.drained(PATIENCE)), "InfluxDB does not take it");
    server::wait_until_visible(&server, payload);
    let visible = begun.elapsed();
    let cpu = [own_cpu_seconds() - own, server.cpu_seconds().expect("its processor time") - its];
    assert_eq!(server.count_points(DATABASE).expect("a count"), readings as u64);
    (server, store, Loaded { readings, acknowledged, visible, cpu })
}

/// Reads all of somebody, and how long that took.
pub(crate) fn read(runtime: &Runtime, store: &dyn Store, payload: &Payload, person: usize) -> Duration {
    let scan = Scan {
        participant: participant(person),
        metrics: Vec::new(),
        from_ms: FIRST_MS,
        to_ms: payload.end_ms() + DAY_MS,
        known_at_ms: None,
    };
    let begun = Instant::now();
    let found = runtime.block_on(store.scan(scan)).expect("an answer");
    let took = begun.elapsed();
    let rows: usize = found.iter().map(|series| series.tuples.len()).sum();
    assert!(rows >= payload.minutes() / payload.people, "{rows} readings of one person");
    took
}
