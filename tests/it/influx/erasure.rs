//! Erasing somebody: no point by InfluxQL, no byte of the id anywhere, and nobody is told of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foulee_contract::{Grain, Metric, ParticipantId, Provenance, Series, Tuple};
use foulee_store::influx::{Aside, InfluxStore, Preparation, prepare};
use foulee_store::{Group, Store as _, StoreError, WriteBatch};
use foulee_tests::influx::{FaultProxy, Influxd, Mode};
use serde_json::{Value, json};

use crate::people;
use crate::place::Place;
use crate::served::Served;

const DB: &str = "erasure";
const START_MS: i64 = 1_767_225_600_000;

fn day(n: usize) -> Value {
    json!({"contract": 1, "series": [{
        "participant": people::id(n), "source": "watch////a", "metric": "heart_rate", "grain": "epoch", "unit": "/min",
        "grid": {"start": START_MS, "step": 60_000, "value": (0..1_440).map(|m| 60 + m % 40).collect::<Vec<i64>>()},
    }]})
}

/// A file below that holds the id, as bytes or as text.
fn trace(folder: &Path, id: &str) -> Option<PathBuf> {
    let simple = id.replace('-', "");
    let hex = |at: usize| u8::from_str_radix(&simple[at * 2..at * 2 + 2], 16).expect("hex");
    let bytes: Vec<u8> = (0..16).map(hex).collect();
    fs::read_dir(folder).expect("a folder").flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return trace(&path, id);
        }
        // A file that goes meanwhile holds nothing.
        let held = fs::read(&path).unwrap_or_default();
        let needles = [bytes.as_slice(), id.as_bytes(), simple.as_bytes()];
        let holds = |needle: &&[u8]| held.windows(needle.len()).any(|window| window == *needle);
        needles.iter().any(holds).then_some(path)
    })
}

fn keys(influxd: &Influxd) -> Vec<String> {
    let found = influxd.query("SHOW TAG VALUES WITH KEY = \"p\" WHERE \"s\" =~ /.+/", DB).expect("keys");
    let values =
        found.pointer("/results/0/series/0/values").and_then(Value::as_array).cloned().unwrap_or_default();
    values.iter().filter_map(|row| row[1].as_str().map(str::to_owned)).collect()
}

fn count(influxd: &Influxd, key: &str) -> u64 {
    let query = format!("SELECT count(\"value\") FROM /.*/ WHERE \"p\" = '{key}' AND time > 0");
    let found = influxd.query(&query, DB).expect("a count");
    found.pointer("/results/0/series/0/values/0/1").and_then(Value::as_u64).unwrap_or(0)
}

#[test]
fn nothing_of_the_erased_stays() {
    for mut place in Place::v1().into_iter().chain(Place::v2()) {
        let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
        let folder = place.folder_at(&proxy.address(), DB);
        for n in [1, 2, 3] {
            people::add(&folder, &people::id(n), &format!("person-{n}"), DB, "UTC");
        }
        let mut served = Served::start(&folder);
        let forwarded = |served: &mut Served| {
            served.until("all has arrived", |served| {
                (served.metric("journal_waiting_records") == 0).then_some(())
            });
        };
        for n in [1, 2] {
            assert_eq!(served.post(&day(n)).json()["accepted"], 1_440);
            forwarded(&mut served);
        }
        assert!(trace(&folder.data(), &people::id(1)).is_some(), "what looks for it can find it");
        let first = keys(place.influxd());
        assert_eq!(first.len(), 2, "{first:?}");
        let all = place.influxd().count_points(DB).expect("a count");
        assert_eq!(all, 2 * 1_440);
        let erase = |served: &Served, n: usize| {
            let path = format!("/v1/participants/{}", people::id(n));
            served.ask("DELETE", &path, Some(&served.token), &[], &[]).json()
        };
        let erased = erase(&served, 1);
        assert_eq!((&erased["readings"], &erased["scrubbed"]), (&json!(1_440), &json!(true)), "{erased}");
        let left = keys(place.influxd());
        assert_eq!(left.len(), 1);
        let gone = first.iter().find(|key| !left.contains(key)).expect("a key that went");
        assert_eq!(count(place.influxd(), gone), 0, "no point by InfluxQL");
        assert_eq!(count(place.influxd(), &left[0]), 1_440, "nobody else is touched");

        // While InfluxDB is away: what waits in the journal goes, what is in InfluxDB goes once it is back.
        proxy.set_mode(Mode::Closed).expect("closed");
        assert_eq!(served.post(&day(3)).json()["accepted"], 1_440);
        for n in [3, 2] {
            let erased = erase(&served, n);
            assert_eq!(erased["scrubbed"], false, "{erased}");
        }
        proxy.set_mode(Mode::Pass).expect("open");
        served.until("it is done by itself", |_| {
            (place.influxd().count_points(DB).expect("a count") == 0).then_some(())
        });
        served.until("and settled", |served| {
            (served.metric("journal_waiting_records") == 0 && served.metric("influxdb_ok") == 1).then_some(())
        });
        for n in [1, 2, 3] {
            let id = people::id(n);
            for path in ["/", "/v1/participants"] {
                assert!(!served.get(path).body.contains(&id), "{path} lists the dead");
            }
            for path in [format!("/p/{id}"), format!("/v1/participants/{id}/readings")] {
                assert_eq!(served.get(&path).status, 404, "{path}");
            }
        }
        // Also of what lives on: while the service runs.
        served.until("its files are scrubbed", |_| {
            [1, 2, 3].iter().all(|n| trace(&folder.data(), &people::id(*n)).is_none()).then_some(())
        });
        served.stop();
        assert_eq!(folder.say("doctor").code, 0);
        place.influxd().stop().expect("it stops");
        for n in [1, 2, 3] {
            assert_eq!(trace(place.files(), &people::id(n)), None, "InfluxDB's own files");
            assert_eq!(trace(&folder.data(), &people::id(n)), None);
        }
        println!("erasure: {} ok", place.name);
    }
}

#[test]
fn what_is_refused_or_offered_again_meanwhile_makes_nobody_anew() {
    let Some(place) = Place::v1() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = place.options(DB);
        prepare(&options, Preparation::default()).await.expect("a database");
        let store = InfluxStore::open(folder.path(), options).expect("a store");
        let id: ParticipantId = people::id(1).parse().expect("an id");
        let source = "watch".parse().expect("a source");
        let series = Series { participant: id, source, metric: Metric::Steps, grain: Grain::Epoch };
        let end_ms = START_MS + 60_000;
        let tuple =
            Tuple { start_ms: START_MS, end_ms, seq: 0, rev: 0, value: foulee_contract::Value::Present(7) };
        let rows = vec![(tuple, Provenance::default())];
        let batch =
            WriteBatch { received_ms: START_MS, groups: vec![Group { series: series.clone(), rows }] };
        store.write_all(Arc::from([batch.clone()]), None).await.expect("written");
        // Both were read before the erasure, and go on after it.
        let as_of = store.erasures();
        store.erase(id).await.expect("erased");
        let aside = Aside {
            series,
            tuple,
            provenance: Provenance::default(),
            received_ms: START_MS,
            reason: "refused".to_owned(),
        };
        let set_aside = store.set_aside(aside, as_of).await;
        assert!(matches!(set_aside, Err(StoreError::Superseded)), "{set_aside:?}");
        let offered = store.write_all(Arc::from([batch]), Some(as_of)).await;
        assert!(matches!(offered, Err(StoreError::Superseded)), "{offered:?}");
        assert!(store.participants().await.expect("people").is_empty());
    });
    assert!(trace(folder.path(), &people::id(1)).is_none());
}
