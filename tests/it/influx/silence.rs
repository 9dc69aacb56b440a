//! What InfluxDB says under HTTP 200, or does not say at all, is an error and never an empty series.

use foulee_contract::{Grain, How, Metric, ParticipantId, Provenance, Series, Tuple, Value};
use foulee_store::influx::{InfluxOptions, InfluxStore, Preparation, prepare};
use foulee_store::{Group, Scan, Store, StoreError, StoreUrl, WriteBatch};
use foulee_tests::influx::{Credentials, FaultProxy, InfluxdOptions, Mode};
use tokio::runtime::Runtime;

use crate::place::Place;

const DAY_MS: i64 = 86_400_000;

fn series(n: u8) -> Series {
    Series {
        participant: ParticipantId::from_parts(1_700_000_000_000, [n; 10]),
        source: "watch".parse().expect("a source"),
        metric: Metric::Steps,
        grain: Grain::Epoch,
    }
}

fn batch(days: i64) -> WriteBatch {
    let rows = (0..days * 1_440).map(|minute| {
        let start_ms = 20_000 * DAY_MS + minute * 60_000;
        let value = Value::Present(minute % 100);
        let tuple = Tuple { start_ms, end_ms: start_ms + 60_000, seq: 0, rev: 0, value };
        (tuple, Provenance { offset_minutes: Some(0), how: How::Automatic })
    });
    WriteBatch { received_ms: 1, groups: vec![Group { series: series(1), rows: rows.collect() }] }
}

fn scan() -> Scan {
    let participant = series(1).participant;
    Scan { participant, metrics: vec![], from_ms: 0, to_ms: 40_000 * DAY_MS, known_at_ms: None }
}

fn at(address: &str, options: &InfluxOptions) -> InfluxOptions {
    let text = StoreUrl::Influx(options.url.clone()).to_string();
    let tail = text.rsplit_once('/').expect("a bucket").1;
    let Ok(StoreUrl::Influx(url)) = format!("influxdb://{address}/{tail}").parse() else { panic!("{text}") };
    InfluxOptions { url, ..options.clone() }
}

#[track_caller]
fn is_told(what: &str, answer: Result<Vec<foulee_store::SeriesReadings>, StoreError>, words: &str) {
    match answer {
        Ok(found) => panic!("{what}: {} series instead of an error", found.len()),
        Err(error) => {
            println!("{what}: {error}");
            assert!(error.to_string().contains(words), "{what}: {error}");
        }
    }
}

#[test]
fn every_silent_failure_is_an_error() {
    let runtime = Runtime::new().expect("a runtime");
    for mut place in Place::all() {
        if place.influxd.is_none() {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let options = place.options("silence");
        runtime.block_on(async {
            prepare(&options, Preparation::default()).await.expect("a bucket");
            let store = InfluxStore::open(folder.path(), options.clone()).expect("a store");
            store.write(batch(40)).await.expect("written");
            assert_eq!(store.scan(scan()).await.expect("a scan")[0].tuples.len(), 40 * 1_440);
        });
        // The answer broken off within, and at the end of a chunk.
        let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
        for bytes in [0, 1_000, 300_000] {
            proxy.set_mode_below("/query", Mode::CutAnswer(bytes)).expect("a mode");
            let store = InfluxStore::open(folder.path(), at(&proxy.address(), &options)).expect("a store");
            let found = runtime.block_on(store.scan(scan()));
            assert!(found.is_err(), "{}: cut after {bytes} bytes", place.name);
        }
        // Points deleted by somebody else.
        let influxd = place.influxd();
        influxd.query("DELETE FROM steps WHERE time < '2024-10-04T00:01:00Z'", "silence").expect("deleted");
        let store = InfluxStore::open(folder.path(), options.clone()).expect("a store");
        is_told("points gone", runtime.block_on(store.scan(scan())), "1439 of 1440");
        // No such database.
        place.influxd().query("DROP DATABASE silence", "").expect("dropped");
        is_told("no database", runtime.block_on(store.scan(scan())), "database not found");
        println!("silent failures: {} ok", place.name);
    }
}

#[test]
fn no_permission_and_a_select_limit_are_errors_too() {
    let runtime = Runtime::new().expect("a runtime");
    let admin = Credentials { user: "root".to_owned(), password: "a long word".to_owned() };
    let limits =
        InfluxdOptions { admin: Some(admin), max_select_series: Some(1), ..InfluxdOptions::default() };
    let Some(place) = Place::v1_with(limits) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let options = place.options("silence");
    runtime.block_on(async {
        prepare(&options, Preparation::default()).await.expect("a bucket");
        let store = InfluxStore::open(folder.path(), options.clone()).expect("a store");
        store.write(batch(1)).await.expect("written");
        let mut phone = batch(1);
        phone.groups[0].series.source = "phone".parse().expect("a source");
        store.write(phone).await.expect("written");
        is_told("select limit", store.scan(scan()).await, "max-select-series limit exceeded");
        // Somebody who may do nothing here.
        let influxd = place.influxd.as_ref().expect("a server");
        influxd.query("CREATE USER nobody WITH PASSWORD 'x'", "").expect("a user");
        let nobody = InfluxOptions { token: Some("nobody:x".to_owned()), ..options.clone() };
        let store = InfluxStore::open(folder.path(), nobody).expect("a store");
        is_told("no permission", store.scan(scan()).await, "not authorized");
        let wrong = InfluxOptions { token: Some("nobody:y".to_owned()), ..options.clone() };
        let store = InfluxStore::open(folder.path(), wrong).expect("a store");
        is_told("wrong password", store.scan(scan()).await, "401");
    });
}
