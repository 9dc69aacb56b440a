//! InfluxDB away: what is sent is acknowledged by the journal, waits, is said to wait, and arrives. A full journal refuses.

use foulee_tests::influx::{FaultProxy, Mode};
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::foulee::Folder;
use crate::people;
use crate::place::Place;
use crate::served::Served;

const START_MS: i64 = 1_767_225_600_000;

fn minutes(day: i64) -> Value {
    json!({"contract": 1, "series": [{
        "participant": people::id(1), "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
        "grid": {"start": START_MS + day * 86_400_000, "step": 60_000, "value": (0..1_440).map(|minute| minute % 90).collect::<Vec<i64>>()},
    }]})
}

fn drained(served: &mut Served) {
    served.until("all has arrived", |served| {
        (served.metric("journal_waiting_records") == 0 && served.metric("influxdb_ok") == 1).then_some(())
    });
}

#[test]
fn what_is_sent_while_influxdb_is_away_waits_and_arrives() {
    let Some(place) = Place::v1() else { return };
    let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
    let folder: Folder = place.folder_at(&proxy.address(), "outage");
    people::add(&folder, &people::id(1), "1", "outage", "UTC");
    let mut served = Served::start(&folder);
    let answer = served.post(&minutes(0)).json();
    assert_eq!((&answer["accepted"], &answer["new"]), (&json!(1_440), &Value::Null), "{answer}");
    drained(&mut served);
    proxy.set_mode(Mode::Closed).expect("closed");
    for day in 1..=3 {
        assert_eq!(served.post(&minutes(day)).json()["accepted"], 1_440);
    }
    served.until("it is told", |served| (served.metric("influxdb_ok") == 0).then_some(()));
    let ready = served.get("/readyz");
    println!("{}", ready.body.trim());
    assert_eq!(ready.status, 200, "uploads are still taken");
    assert!(ready.body.contains("influxdb degraded: InfluxDB does not answer"), "{}", ready.body);
    assert!(ready.body.contains("waiting 3 for"), "{}", ready.body);
    assert!(!ready.body.contains(&proxy.address()), "no address is told to anybody: {}", ready.body);
    served.until("the page says so in French", |served| {
        let page = served.get(&format!("/p/{}?lang=fr", people::id(1))).body;
        page.contains("Données reçues, en cours d’enregistrement").then_some(())
    });
    let page = served.get(&format!("/p/{}?lang=en", people::id(1))).body;
    assert!(page.contains("Data received, being stored"), "and in English");
    // Killed meanwhile: the journal is on the disk.
    served.child.kill().expect("killed");
    served.child.wait().expect("it ends");
    let mut served = Served::start(&folder);
    assert_eq!(served.metric("journal_waiting_records"), 3);
    proxy.set_mode(Mode::Pass).expect("open");
    drained(&mut served);
    assert_eq!(served.metric("store_readings"), 4 * 1_440);
    let page = served.get(&format!("/p/{}?lang=fr", people::id(1))).body;
    assert!(!page.contains("en cours d’enregistrement"), "it is over");
    served.stop();
    // A command that is asked meanwhile says what is missing, and does not hang.
    proxy.set_mode(Mode::Closed).expect("closed");
    let done = folder.say(&format!("readings {} --from 2026-01-01 --to 2026-01-02", people::id(1)));
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("InfluxDB does not answer"), "{done:?}");
}

/// Readings that hardly compress.
fn random(chance: &mut Chance, from: i64, count: i64) -> Value {
    let start: Vec<i64> =
        (0..count).map(|n| START_MS + (from + n) * 1_000 + chance.below(900) as i64).collect();
    let value: Vec<i64> = (0..count).map(|_| 3_000 + chance.below(17_000) as i64).collect();
    json!({"contract": 1, "series": [{
        "participant": people::id(1), "source": "strap", "metric": "rr_interval", "grain": "sample", "unit": "ms",
        "exponent": -1, "points": {"start": start, "value": value},
    }]})
}

#[test]
fn a_full_journal_refuses_and_loses_nothing() {
    let Some(place) = Place::v1() else { return };
    let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
    let bytes: u64 = 16 << 20;
    place.folder("full");
    let mut environment = place.environment(place.url_at(&proxy.address(), "full"));
    environment.push(("FOULEE_JOURNAL_MAX_BYTES", bytes.to_string()));
    let folder = Folder::with(environment);
    people::add(&folder, &people::id(1), "1", "full", "UTC");
    let mut served = Served::start(&folder);
    proxy.set_mode(Mode::Closed).expect("closed");
    let mut chance = Chance::new(5);
    let (mut acknowledged, mut at) = (0, 0);
    let refused = loop {
        let batch = random(&mut chance, at, 100_000);
        let answer = served.post(&batch);
        if answer.status != 200 {
            break answer;
        }
        acknowledged += answer.json()["accepted"].as_u64().expect("a count");
        at += 100_000;
        assert!(acknowledged < 20_000_000, "the journal has no bound");
    };
    let problem = refused.problem(503);
    assert_eq!(refused.header("retry-after"), Some("5"), "{problem}");
    let held: u64 = std::fs::read_dir(folder.data().join("journal"))
        .expect("a journal")
        .map(|file| file.expect("a file").metadata().expect("its size").len())
        .sum();
    println!("a journal of {bytes} bytes took {acknowledged} readings in {held} bytes, then said 503");
    assert!(held <= bytes && held > bytes / 3, "{held}");
    let ready = served.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("journal full"), "{}", ready.body);
    proxy.set_mode(Mode::Pass).expect("open");
    drained(&mut served);
    assert_eq!(served.metric("store_readings"), acknowledged);
    // What is in InfluxDB makes room.
    let answer = served.post(&random(&mut chance, at, 100_000));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(served.get("/readyz").status, 200);
    drained(&mut served);
    assert_eq!(served.metric("store_readings"), acknowledged + 100_000);
    served.stop();
}
