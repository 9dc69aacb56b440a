//! `store copy`: embedded to InfluxDB and back, interrupted once.

use std::process::Stdio;
use std::time::{Duration, Instant};

use foulee_contract::{Grain, How, Metric, ParticipantId, Provenance, Series, Tuple, Value};
use foulee_store::{EmbeddedStore, Group, Store, WriteBatch};
use tokio::runtime::Runtime;

use crate::foulee::Folder;
use crate::full;
use crate::place::Place;

const DAY_MS: i64 = 86_400_000;

/// People with two metrics a minute, a correction and a deletion each day, handed over once a day.
fn fill(folder: &std::path::Path, readings: u64) -> u64 {
    let store = EmbeddedStore::open(folder).expect("a store");
    let runtime = Runtime::new().expect("a runtime");
    let mut written = 0;
    for day in 0.. {
        for who in 0..20_u8 {
            let received_ms = (20_001 + day) * DAY_MS + i64::from(who);
            let participant = ParticipantId::from_parts(1_700_000_000_000, [who; 10]);
            let groups = [(Metric::Steps, 80), (Metric::HeartRate, 1_500)].map(|(metric, spread)| {
                let series = Series {
                    participant,
                    source: "watch".parse().expect("a source"),
                    metric,
                    grain: Grain::Epoch,
                };
                let provenance =
                    Provenance { offset_minutes: Some(60 + 60 * (day / 30 % 2) as i16), how: How::Automatic };
                let mut rows: Vec<(Tuple, Provenance)> = (0..1_440)
                    .map(|minute| {
                        let start_ms = (20_000 + day) * DAY_MS + minute * 60_000;
                        let value = 300 + (minute * 7 + day * 13 + i64::from(who) * 29) % spread;
                        let value = Value::Present(value);
                        (Tuple { start_ms, end_ms: start_ms + 60_000, seq: 0, rev: 0, value }, provenance)
                    })
                    .collect();
                let corrected = Tuple { rev: 5, value: Value::Present(301), ..rows[600].0 };
                let deleted = Tuple { rev: 6, value: Value::Deleted, ..rows[700].0 };
                rows.extend([(corrected, provenance), (deleted, provenance)]);
                Group { series, rows }
            });
            written += groups.iter().map(|group| group.rows.len() as u64).sum::<u64>();
            let batch = WriteBatch { received_ms, groups: groups.into() };
            runtime.block_on(store.write(batch)).expect("written");
        }
        if written >= readings {
            break;
        }
    }
    written
}

#[test]
fn a_copy_there_and_back_is_the_same_interrupted_or_not() {
    let readings = if full() { 10_000_000 } else { 300_000 };
    for place in Place::v1().into_iter().chain(Place::v2().filter(|_| !full())) {
        let folder = place.folder("copy");
        let (from, back) = (folder.file("from"), folder.file("back"));
        let written = fill(&from, readings);
        let embedded = |path: &std::path::Path| format!("embedded:{}", path.display());
        let digest = |path: &std::path::Path| {
            let url = embedded(path);
            Folder::with(vec![("FOULEE_STORE", url)]).say("store digest").ok()
        };
        let start = digest(&from);
        let begun = Instant::now();
        let there =
            ["store", "copy", "--from", &embedded(&from), "--to", &place.url("copy")].map(str::to_owned);
        // The cable pulled: killed in the middle.
        let mut child = folder
            .command()
            .args(&there)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("foulee runs");
        std::thread::sleep(if full() { Duration::from_secs(6) } else { Duration::from_millis(400) });
        let unfinished = child.try_wait().expect("a child").is_none();
        child.kill().expect("killed");
        child.wait().expect("it ends");
        assert!(unfinished, "it was over before it could be interrupted");
        let said = folder.run(&there).ok();
        println!(
            "{}: {written} readings there in {:.1} s\n{}",
            place.name,
            begun.elapsed().as_secs_f64(),
            said.trim()
        );
        assert!(said.contains(": the same"), "{said}");
        let begun = Instant::now();
        let again = ["store", "copy", "--from", &place.url("copy"), "--to", &embedded(&back)];
        let said = folder.run(again).ok();
        println!("and back in {:.1} s\n{}", begun.elapsed().as_secs_f64(), said.trim());
        assert!(said.contains(&format!("{written} readings copied, 0 were there")), "{said}");
        assert_eq!(digest(&back), start);
        // Nothing is left to do.
        let said = folder.run(again).ok();
        assert!(said.contains(&format!("0 readings copied, {written} were there")), "{said}");
    }
}

#[test]
fn two_stores_in_influxdb_or_one_with_itself_are_no_copy() {
    let folder = Folder::new();
    for (from, to) in
        [("embedded:", "embedded:"), ("influxdb://localhost:1/a?api=1", "influxdb://localhost:1/b?api=1")]
    {
        let done = folder.run(["store", "copy", "--from", from, "--to", to]);
        assert_eq!(done.code, 2, "{done:?}");
        assert!(done.stderr.contains("one of --from and --to must be embedded:"), "{done:?}");
    }
}
