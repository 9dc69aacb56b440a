//! What has come and what has not, as it was known at any moment: a real tracker's synchronisations played back in order.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use foulee_contract::{Grain, Metric, ParticipantId, Provenance, Series, Tuple, Value as Reading};
use foulee_store::{EmbeddedStore, Group, Store as _, WriteBatch};
use serde_json::{Value, json};

use crate::data::{lines_of, recordings};
use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

/// Causes of gaps, and their codes in the contract.
const CAUSES: [(&str, i64); 3] = [("battery", 3), ("link", 4), ("permission", 5)];
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A time of the files, which name no zone, read as UTC.
fn time(text: &str) -> i64 {
    let format = "%m/%d/%Y %I:%M:%S %p";
    NaiveDateTime::parse_from_str(text, format).expect("a time").and_utc().timestamp_millis()
}

fn shown(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).expect("a time").to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The minutes and the synchronisations of the first person.
fn files(folder: &Path) -> (Vec<(i64, i64)>, Vec<i64>) {
    let minutes = lines_of(&folder.join("name1_minuteStepsNarrow_20190730_20230830.csv.gz")).1;
    let minutes = minutes.iter().map(|line| {
        let (at, steps) = line.split_once(',').expect("two cells");
        (time(at), steps.parse().expect("steps"))
    });
    let syncs = lines_of(&folder.join("name1_syncEvents_20190730_20230830.csv.gz")).1;
    let syncs = syncs.iter().map(|line| time(line.split(',').nth(1).expect("a time")));
    (minutes.collect(), syncs.collect())
}

/// Each synchronisation in order brings the minutes that had begun by then, and itself.
async fn play_back(store: &EmbeddedStore, id: ParticipantId, minutes: &[(i64, i64)], syncs: &[i64]) {
    let series = |metric, grain| Series {
        participant: id,
        source: "watch////fitbit".parse().expect("a source"),
        metric,
        grain,
    };
    let tuple = |start_ms, end_ms, value| {
        let tuple = Tuple { start_ms, end_ms, seq: 0, rev: 0, value: Reading::Present(value) };
        (tuple, Provenance::default())
    };
    let mut at = 0;
    for sync in syncs {
        let past = at + minutes[at..].partition_point(|(start, _)| start <= sync);
        let rows = minutes[at..past].iter().map(|(start, steps)| tuple(*start, start + MINUTE_MS, *steps));
        let groups = vec![
            Group { series: series(Metric::Steps, Grain::Epoch), rows: rows.collect() },
            Group { series: series(Metric::Sync, Grain::Sample), rows: vec![tuple(*sync, *sync, 1)] },
        ];
        at = past;
        store.write(WriteBatch { received_ms: *sync, groups }).await.expect("written");
    }
}

/// The hours of a period as they were known at a moment.
fn hours(folder: &Folder, from_ms: i64, to_ms: i64, as_of_ms: i64) -> Vec<Value> {
    let day = |ms: i64| shown(ms)[..10].to_owned();
    let id = people::id(1);
    let line = format!(
        "completeness {id} --from {} --to {} --as-of {} --format json",
        day(from_ms),
        day(to_ms),
        shown(as_of_ms)
    );
    let rows = folder.say(&line).json();
    let start = |row: &Value| row["start"].as_str().expect("a start").to_owned();
    let rows = rows.as_array().expect("rows").iter();
    rows.filter(|row| start(row) >= shown(from_ms) && start(row) < shown(to_ms)).cloned().collect()
}

fn sum(rows: &[Value], column: &str) -> i64 {
    rows.iter().map(|row| row[column].as_i64().expect("minutes")).sum()
}

#[test]
fn what_was_not_synced_becomes_data_when_it_comes_and_both_can_be_asked_for() {
    let Some(source) = recordings("fitbit-sync") else { return };
    let (minutes, syncs) = files(&source);
    let (before, after) =
        syncs.windows(2).map(|pair| (pair[0], pair[1])).max_by_key(|(a, b)| b - a).expect("a gap");
    assert_eq!((after - before) / HOUR_MS, 484);
    let late: Vec<_> = minutes.iter().filter(|(start, _)| (before + 1..=after).contains(start)).collect();
    let with_steps = late.iter().filter(|(_, steps)| *steps > 0).count();
    println!(
        "the longest gap: {} to {}; {} minutes of it came late, {with_steps} of them with steps",
        shown(before),
        shown(after),
        late.len()
    );
    assert_eq!((late.len(), with_steps), (29_043, 1_475));

    let folder = Folder::new();
    people::add(&folder, &people::id(1), "name1", "fitbit-sync", "UTC");
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    runtime.block_on(async {
        let store = EmbeddedStore::open(&folder.data()).expect("the store opens");
        let id = people::id(1).parse().expect("an id");
        play_back(&store, id, &minutes, &syncs).await;
    });

    // Whole hours inside the gap.
    let first = (before / HOUR_MS + 1) * HOUR_MS;
    let last = after / HOUR_MS * HOUR_MS;
    let inside = hours(&folder, first, last, after - 1_000);
    let afterwards = hours(&folder, first, last, after);
    assert_eq!(inside.len() as i64, (last - first) / HOUR_MS);
    assert_eq!(inside.len(), afterwards.len());
    println!(
        "as of {}: {} hours, {} minutes not synced of {}; as of {}: {} not synced, {} hours hold what came late",
        shown(after - 1_000),
        inside.len(),
        sum(&inside, "not_synced"),
        sum(&inside, "expected"),
        shown(after),
        sum(&afterwards, "not_synced"),
        afterwards.len()
    );
    for row in &inside {
        assert_eq!(
            (&row["not_synced"], &row["received"], &row["arrived"]),
            (&60.into(), &0.into(), &Value::Null)
        );
    }
    for row in &afterwards {
        let told = (&row["not_synced"], &row["received"], &row["arrived"]);
        assert_eq!(told, (&0.into(), &60.into(), &shown(after).into()), "{row}");
    }
    let id = people::id(1);
    let held = folder.say(&format!(
        "readings {id} --metric steps --from {} --to {} --format json",
        shown(before),
        shown(after)
    ));
    let held = held.json();
    let held: Vec<_> =
        held.as_array().expect("rows").iter().filter(|row| row["received_at"] == shown(after)).collect();
    let walked = held.iter().filter(|row| row["value"].as_f64() > Some(0.0)).count();
    println!("received at {}: {} minutes, {walked} of them with steps", shown(after), held.len());
    assert_eq!((held.len(), walked), (29_043, 1_475));

    every_moment(&folder, &minutes, &syncs);
    the_page_and_v1(&folder, after);
}

/// Over HTTP the rows are the command's, and the page says the same in words.
fn the_page_and_v1(folder: &Folder, after: i64) {
    let served = Served::start(folder);
    let id = people::id(1);
    let page = |as_of: i64| {
        let path = format!("/p/{id}/received?lang=en&to=2021-12-15&as_of={}", shown(as_of));
        let reply = served.get(&path);
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body.replace(['\u{a0}', '\u{202f}'], " ")
    };
    let (then, later) = (page(after - 1_000), page(after));
    assert!(then.contains("Not synced yet: 24 h"), "{then}");
    assert!(!later.contains("Not synced yet"), "{later}");
    assert!(later.contains("20 Dec 2021, 16:34"), "when it arrived: {later}");
    let query = format!("from=2021-12-10&to=2021-12-11&as_of={}", shown(after - 1_000));
    let rows = served.get(&format!("/v1/participants/{id}/completeness?{query}")).json();
    let told = folder.say(&format!(
        "completeness {id} --from 2021-12-10 --to 2021-12-11 --as-of {} --format json",
        shown(after - 1_000)
    ));
    assert_eq!(rows["items"], told.json());
    let days = served.get(&format!("/v1/participants/{id}/completeness?by=day&{query}")).json();
    assert_eq!(days["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(days["items"][0]["not_synced"], 1_440);
    for odd in ["to=x", "as_of=yesterday", "to=2021-02-30", "as_of=2021-12-10"] {
        assert_eq!(served.get(&format!("/p/{id}/received?{odd}")).status, 400, "{odd}");
    }
    for far in ["to=0001-01-01", "to=9999-12-31", "as_of=0001-01-01T00:00:00Z", "as_of=9999-12-31T00:00:00Z"]
    {
        let status = served.get(&format!("/p/{id}/received?{far}")).status;
        assert!([200, 400].contains(&status), "{far}: {status}");
    }
    served.stop();
}

/// As of each of some moments, no hour says anything that the synchronisations up to then did not bring.
fn every_moment(folder: &Folder, minutes: &[(i64, i64)], syncs: &[i64]) {
    let mut checked = 0;
    for sync in syncs.iter().step_by(97) {
        for as_of in [sync - 1_000, *sync] {
            let known = syncs.partition_point(|at| *at <= as_of).checked_sub(1).map(|last| syncs[last]);
            let Some(known) = known.map(|known| (known / MINUTE_MS + 1) * MINUTE_MS) else { continue };
            let from = (as_of - 3 * 24 * HOUR_MS).max(minutes[0].0) / HOUR_MS * HOUR_MS;
            let rows = hours(folder, from, as_of, as_of);
            // What is expected up to then and was over at the last synchronisation is there, what is later is not synced.
            let mut expected: BTreeMap<String, i64> = BTreeMap::new();
            let until = as_of.min(minutes.last().expect("minutes").0 + MINUTE_MS);
            for minute in (from..until).step_by(MINUTE_MS as usize) {
                let not_synced = i64::from(minute + MINUTE_MS > known);
                *expected.entry(shown(minute / HOUR_MS * HOUR_MS)).or_default() += not_synced;
            }
            for row in rows {
                let start = row["start"].as_str().expect("a start");
                if let Some(not_synced) = expected.get(start) {
                    assert_eq!(
                        row["not_synced"].as_i64(),
                        Some(*not_synced),
                        "as of {}: {row}",
                        shown(as_of)
                    );
                    checked += 1;
                }
            }
        }
    }
    println!(
        "{checked} hours as of {} moments: not synced is what no synchronisation had brought",
        2 * syncs.len() / 97
    );
    assert!(checked > 500);
}

#[test]
fn each_known_cause_has_its_minutes_and_a_device_of_its_own_kind_is_not_blamed() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "causes", "Asia/Kathmandu");
    let served = Served::start(&folder);
    // Midnight in Kathmandu, three quarters of an hour off every other zone.
    let midnight = 1_775_585_700_000_i64;
    let minutes = |source: &str, metric: &str, unit: &str, from: i64, value: Vec<i64>| {
        json!({"participant": id, "source": source, "metric": metric, "grain": "epoch", "unit": unit, "offset": 345,
            "grid": {"start": midnight + from * HOUR_MS, "step": MINUTE_MS, "value": value}})
    };
    let gap = |from: i64, to: i64, code: i64| {
        json!({"participant": id, "source": "watch////w", "metric": "gap", "grain": "sample", "unit": "1",
            "points": {"start": [midnight + from * HOUR_MS], "end": [midnight + to * HOUR_MS], "value": [code]}})
    };
    let batch = json!({"contract": 1, "series": [
        minutes("watch////w", "steps", "{steps}", 0, vec![20; 360]),
        minutes("watch////w", "heart_rate", "/min", 0, vec![70; 360]),
        gap(6, 8, CAUSES[0].1), gap(8, 9, CAUSES[1].1), gap(9, 10, CAUSES[2].1),
        minutes("watch////w", "steps", "{steps}", 11, vec![20; 60]),
        minutes("watch////w", "heart_rate", "/min", 11, vec![70; 60]),
        minutes("strap////s", "heart_rate", "/min", 5, vec![90; 60]),
        minutes("phone/health-connect///p", "steps", "{steps}", 1, vec![30; 30]),
        minutes("phone/health-connect///p", "steps", "{steps}", 3, vec![30; 30]),
    ]});
    let answer = served.post(&batch);
    assert_eq!((answer.status, &answer.json()["rejected"]), (200, &json!([])), "{}", answer.body);
    served.stop();
    let rows =
        folder.say(&format!("completeness {id} --from 2026-04-08 --to 2026-04-08 --format json")).json();
    let rows = rows.as_array().expect("rows");
    let hour = |source: &str, hour: i64| {
        let start = shown(midnight + hour * HOUR_MS);
        let row = rows.iter().find(|row| row["source"] == source && row["start"] == start);
        row.unwrap_or_else(|| panic!("{source} at {start}")).clone()
    };
    for n in [0, 5, 11] {
        assert_eq!(hour("watch////w", n)["received"], 60);
    }
    for (n, (cause, _)) in [(6, CAUSES[0]), (7, CAUSES[0]), (8, CAUSES[1]), (9, CAUSES[2])] {
        assert_eq!(
            (&hour("watch////w", n)[cause], &hour("watch////w", n)["received"]),
            (&json!(60), &json!(0))
        );
    }
    assert_eq!(hour("watch////w", 10)["unknown"], 60, "heard of since, and nobody knows why");
    assert_eq!(hour("watch////w", 12)["not_synced"], 60, "it may still come");
    // A strap counts no steps and is heard all the same; a phone is silent where nobody moved.
    assert_eq!(hour("strap////s", 5)["received"], 60);
    assert!(
        !rows.iter().any(|row| row["source"] == "strap////s" && row["start"] == shown(midnight)),
        "not expected yet"
    );
    let phone = hour("phone/health-connect///p", 2);
    assert_eq!((&phone["silent"], &phone["unknown"], &phone["not_worn"]), (&json!(60), &json!(0), &json!(0)));
    println!("{} hours of 3 devices, each minute with its cause", rows.len());
}
