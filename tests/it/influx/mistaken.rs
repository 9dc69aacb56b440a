//! What is not InfluxDB's fault, or not the reading's: a server that refuses everything, another server of the same name,
//! an index that is gone.

use std::fs;

use foulee_tests::influx::{FaultProxy, Mode};
use serde_json::{Value, json};

use crate::foulee::{command, finish};
use crate::people;
use crate::place::Place;
use crate::served::Served;

const DB: &str = "mistaken";

fn minutes(day: i64) -> Value {
    let start = 1_767_225_600_000_i64 + day * 86_400_000;
    let value: Vec<i64> = (0..300).map(|minute| minute % 90).collect();
    json!({"contract": 1, "series": [{
        "participant": people::id(1), "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
        "grid": {"start": start, "step": 60_000, "value": value},
    }]})
}

fn forwarded(served: &mut Served) {
    served.until("all is in InfluxDB", |served| {
        (served.metric("journal_waiting_records") == 0 && served.metric("influxdb_ok") == 1).then_some(())
    });
}

#[test]
fn a_server_that_refuses_everything_sets_nothing_aside() {
    let Some(place) = Place::v1() else { return };
    let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
    let folder = place.folder_at(&proxy.address(), DB);
    people::add(&folder, &people::id(1), "1", DB, "UTC");
    let mut served = Served::start(&folder);
    assert_eq!(served.post(&minutes(0)).json()["accepted"], 300);
    forwarded(&mut served);
    // As a server does that was switched to TLS.
    proxy.set_mode(Mode::Answer(400)).expect("a mode");
    assert_eq!(served.post(&minutes(1)).json()["accepted"], 300);
    served.until("it is told", |served| (served.metric("influxdb_ok") == 0).then_some(()));
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(served.metric("influxdb_readings_set_aside"), 0);
    assert_eq!(served.metric("journal_waiting_records"), 1);
    proxy.set_mode(Mode::Pass).expect("a mode");
    forwarded(&mut served);
    assert_eq!((served.metric("store_readings"), served.metric("influxdb_readings_set_aside")), (600, 0));
}

#[test]
fn another_server_of_the_same_name_is_not_taken_for_ours() {
    let Some(place) = Place::v1() else { return };
    let Some(other) = Place::v1() else { return };
    let folder = place.folder(DB);
    other.folder(DB);
    people::add(&folder, &people::id(1), "1", DB, "UTC");
    let mut served = Served::start(&folder);
    assert_eq!(served.post(&minutes(0)).json()["accepted"], 300);
    forwarded(&mut served);
    served.stop();
    let at_wrong = |words: &str| {
        let mut command = command();
        command.arg("--data-dir").arg(folder.data()).args(words.split(' '));
        finish(command.envs(other.environment(other.url(DB))))
    };
    // The journal is as if it had expired: nothing can be put back.
    fs::remove_dir_all(folder.data().join("journal")).expect("no journal");
    let read = at_wrong(&format!("readings {} --from 2026-01-01 --to 2026-01-01", people::id(1)));
    assert_eq!(read.code, 1, "{read:?}");
    // With the right address all is as it was.
    let read = folder.say(&format!("readings {} --from 2026-01-01 --to 2026-01-01", people::id(1))).ok();
    assert_eq!(read.lines().count(), 301);
    assert!(folder.say("store verify --repair").ok().contains("0 put back, 0 lost for good"));
}

#[test]
fn an_index_that_is_gone_is_no_empty_store() {
    let Some(place) = Place::v1() else { return };
    let folder = place.folder(DB);
    people::add(&folder, &people::id(1), "1", DB, "UTC");
    let mut served = Served::start(&folder);
    assert_eq!(served.post(&minutes(0)).json()["accepted"], 300);
    forwarded(&mut served);
    served.stop();
    for name in ["influx.db", "influx.db-wal", "influx.db-shm"] {
        let _ = fs::remove_file(folder.data().join(name));
    }
    let done = folder.say("store digest");
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.stderr.contains("influx.db is gone"), "{done:?}");
    assert!(!folder.data().join("influx.db").exists(), "and none is made in its place");
}

#[test]
fn when_and_how_something_was_recorded_is_put_back_too() {
    let Some(mut place) = Place::v1() else { return };
    let folder = place.folder(DB);
    people::add(&folder, &people::id(1), "1", DB, "UTC");
    let mut served = Served::start(&folder);
    // Not said how at first; then it is known, which is no new reading.
    assert_eq!(served.post(&minutes(0)).json()["accepted"], 300);
    forwarded(&mut served);
    let mut known = minutes(0);
    known["series"][0]["how"] = json!("automatic");
    assert_eq!(served.post(&known).json()["accepted"], 300);
    forwarded(&mut served);
    served.stop();
    let read = format!("readings {} --from 2026-01-01 --to 2026-01-01", people::id(1));
    let before = folder.say(&read).ok();
    assert_eq!(before.matches(",automatic,").count(), 300, "{before}");
    // As if InfluxDB had lost the second write of one point.
    let keys = place.influxd().query("SHOW TAG VALUES FROM steps WITH KEY = \"p\"", DB).expect("keys");
    let key =
        keys.pointer("/results/0/series/0/values/0/1").and_then(Value::as_str).expect("a key").to_owned();
    let line = format!("steps,g=epoch,p={key},s=watch how=0i 1767225660000000000\n");
    place.influxd().write_lines(DB, &line).expect("written");
    assert_ne!(folder.say(&read).ok(), before);
    let verified = folder.say("store verify");
    assert_eq!(verified.code, 1, "all readings are there, and yet: {verified:?}");
    let repaired = folder.say("store verify --repair").ok();
    assert!(repaired.contains("0 put back, 0 lost for good"), "{repaired}");
    assert_eq!(folder.say(&read).ok(), before);
    assert_eq!(folder.say("store verify").code, 0);
}

#[test]
fn what_refuses_everything_at_the_first_start_is_no_word_on_marks() {
    let Some(mut place) = Place::v1() else { return };
    let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
    let folder = place.folder_at(&proxy.address(), DB);
    people::add(&folder, &people::id(1), "1", DB, "UTC");
    proxy.set_mode(Mode::Answer(400)).expect("a mode");
    let mut served = Served::start(&folder);
    served.until("it is told", |served| (served.metric("influxdb_ok") == 0).then_some(()));
    proxy.set_mode(Mode::Pass).expect("a mode");
    assert_eq!(served.post(&minutes(0)).json()["accepted"], 300);
    forwarded(&mut served);
    let marks = place.influxd().query("SELECT * FROM foulee_store", DB).expect("marks");
    let rows = marks.pointer("/results/0/series/0/values").and_then(Value::as_array).map(Vec::len);
    assert_eq!(rows, Some(1), "{marks}");
}

#[test]
fn what_somebody_else_wrote_is_taken_out() {
    for mut place in Place::v1().into_iter().chain(Place::v2()) {
        let folder = place.folder(DB);
        people::add(&folder, &people::id(1), "1", DB, "UTC");
        let mut served = Served::start(&folder);
        assert_eq!(served.post(&minutes(0)).json()["accepted"], 300);
        forwarded(&mut served);
        served.stop();
        let digest = folder.say("store digest").ok();
        let keys = place.influxd().query("SHOW TAG VALUES FROM steps WITH KEY = \"p\"", DB).expect("keys");
        let key =
            keys.pointer("/results/0/series/0/values/0/1").and_then(Value::as_str).expect("a key").to_owned();
        // A value of ours is overwritten, and a version of another one is added.
        let lines = format!(
            "steps,g=epoch,p={key},s=watch value=9999i 1767225660000000000\n\
             steps,g=epoch,p={key},s=watch value=7777i,rev=9i 1767225720000000001\n"
        );
        place.influxd().write_lines(DB, &lines).expect("written");
        assert_eq!(folder.say("store verify").code, 1, "{}", place.name);
        let repaired = folder.say("store verify --repair").ok();
        assert!(repaired.contains("1 put back, 0 lost for good"), "{}: {repaired}", place.name);
        assert!(repaired.contains("2 points that somebody else had written were taken out"), "{repaired}");
        assert_eq!(folder.say("store digest").ok(), digest, "{}", place.name);
        assert_eq!(folder.say("store verify").code, 0);
    }
}
