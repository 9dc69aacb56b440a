//! A torn tail of InfluxDB's log, as a power cut or a full disk leaves it: what InfluxDB acknowledges after it has
//! recovered is lost at its next stop. Foulée notices, and puts it back by itself.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use foulee_tests::influx::Influxd;
use serde_json::{Value, json};

use crate::foulee::Folder;
use crate::people;
use crate::place::Place;
use crate::served::Served;

const DB: &str = "torn";
const START_MS: i64 = 1_767_225_600_000;

/// The part of the log that is being written.
fn last_log(files: &Path) -> PathBuf {
    let mut found = Vec::new();
    let mut folders = vec![files.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wal") {
                found.push(path);
            }
        }
    }
    found.sort();
    found.into_iter().rfind(|path| path.to_string_lossy().contains(DB)).expect("a log")
}

/// Ends the server, leaves half an entry at the end of its log, and starts it again.
fn tear(place: &mut Place) {
    place.influxd().kill();
    let path = last_log(place.files());
    // The head of an entry that says it is longer than what follows.
    let torn = [1_u8, 0, 0, 16, 0, 9, 9, 9, 9, 9, 9];
    fs::OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(&torn)).expect("torn");
    place.influxd().restart().expect("it starts again");
}

fn lines(from: u64, to: u64) -> String {
    let line = |n| format!("steps,p=a value={n}i {}\n", 1_767_225_600_000_000_000_u64 + n * 60_000_000_000);
    (from..to).map(line).collect()
}

/// InfluxDB alone: what it acknowledged after the tear and does not have in the end.
fn alone(place: &mut Place) -> (u64, u64) {
    let influxd: &mut Influxd = place.influxd();
    influxd.query(&format!("CREATE DATABASE {DB}"), "").expect("a database");
    influxd.write_lines(DB, &lines(0, 1_000)).expect("acknowledged");
    tear(place);
    let influxd = place.influxd();
    let mut acknowledged = 1_000;
    for batch in 1..=20 {
        influxd.write_lines(DB, &lines(batch * 1_000, (batch + 1) * 1_000)).expect("acknowledged");
        acknowledged += 1_000;
    }
    assert_eq!(influxd.count_points(DB).expect("a count"), acknowledged, "all is there for now");
    influxd.stop().expect("it stops");
    influxd.restart().expect("it starts again");
    let left = influxd.count_points(DB).expect("a count");
    influxd.query(&format!("DROP DATABASE {DB}"), "").expect("gone");
    (acknowledged, acknowledged - left)
}

fn batch(day: i64) -> Value {
    let block = |n: usize| {
        json!({
            "participant": people::id(n), "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
            "grid": {"start": START_MS + day * 86_400_000, "step": 60_000, "value": (0..1_000).map(|minute| minute % 90).collect::<Vec<i64>>()},
        })
    };
    json!({"contract": 1, "series": [block(1), block(2)]})
}

fn forwarded(served: &mut Served) {
    served
        .until("all is in InfluxDB", |served| (served.metric("journal_waiting_records") == 0).then_some(()));
}

#[test]
fn what_influxdb_loses_after_a_torn_tail_is_put_back() {
    let Some(mut place) = Place::v1() else { return };
    let (acknowledged_alone, lost_alone) = alone(&mut place);
    assert!(lost_alone > 0, "the case could not be made: InfluxDB kept all");

    let folder: Folder = place.folder(DB);
    for n in [1, 2] {
        people::add(&folder, &people::id(n), &n.to_string(), DB, "UTC");
    }
    let mut served = Served::start(&folder);
    let mut acknowledged = 0;
    let mut send = |served: &Served, day| {
        let answer = served.post(&batch(day)).json();
        acknowledged += answer["accepted"].as_u64().expect("a count");
    };
    send(&served, 0);
    forwarded(&mut served);
    tear(&mut place);
    for day in 1..=10 {
        send(&served, day);
    }
    forwarded(&mut served);
    let before = place.influxd().count_points(DB).expect("a count");
    assert_eq!(before, acknowledged, "all is there for now");
    place.influxd().stop().expect("it stops");
    place.influxd().restart().expect("it starts again");
    let lost = acknowledged - place.influxd().count_points(DB).expect("a count");
    // No command and no upload: the service sees by itself that the server was started again.
    served.until("it is put back", |served| {
        let log = served.log();
        assert!(!log.contains("panicked"), "{log}");
        (served.metric("influxdb_readings_put_back_total") >= lost && served.metric("influxdb_ok") == 1)
            .then_some(())
    });
    let left = place.influxd().count_points(DB).expect("a count");
    println!(
        "torn tail: InfluxDB alone acknowledged {acknowledged_alone} and lost {lost_alone}; behind Foulée it lost {lost} \
         of {acknowledged}, {} were put back, {} are missing",
        served.metric("influxdb_readings_put_back_total"),
        acknowledged - left
    );
    assert!(lost > 0, "the case could not be made behind Foulée");
    assert_eq!(left, acknowledged);
    assert_eq!(served.metric("influxdb_readings_lost"), 0);
    served.stop();
    let said = folder.say("store verify --repair").ok();
    assert!(said.contains("0 put back, 0 lost for good"), "{said}");
}

#[test]
fn what_the_journal_no_longer_holds_is_told_as_lost() {
    let Some(mut place) = Place::v1() else { return };
    let folder = place.folder(DB);
    people::add(&folder, &people::id(1), "1", DB, "UTC");
    people::add(&folder, &people::id(2), "2", DB, "UTC");
    let mut served = Served::start(&folder);
    assert_eq!(served.post(&batch(0)).json()["accepted"], 2_000);
    forwarded(&mut served);
    served.stop();
    // Somebody else deletes in InfluxDB, and the journal is gone too.
    place.influxd().query("DELETE FROM steps WHERE time < '2026-01-01T00:10:00Z'", DB).expect("deleted");
    fs::remove_dir_all(folder.data().join("journal")).expect("no journal");
    let read = folder.say(&format!("readings {} --from 2026-01-01 --to 2026-01-01", people::id(1)));
    assert_eq!(read.code, 1, "fewer is never an answer: {}", read.stdout.lines().count());
    assert!(read.stderr.contains("990 of 1000"), "{}", read.stderr);
    let said = folder.say("store verify --repair");
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.stdout.contains("0 put back, 20 lost for good"), "{said:?}");
    // From then on what is there is what there is.
    let read = folder.say(&format!("readings {} --from 2026-01-01 --to 2026-01-01", people::id(1))).ok();
    assert_eq!(read.lines().count(), 991);
    let _ = place.address();
}
