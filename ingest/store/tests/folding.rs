//! The embedded engine's log is folded while every write touches every block, and what is read stays the same.

use std::path::Path;

use foulee_contract::{
    Grain, How, Metric, ParticipantId, Provenance, Series, Source, SourceKind, Tuple, Value,
};
use foulee_store::{EmbeddedStore, Group, MemoryStore, Scan, Store, WriteBatch};

const PEOPLE: u16 = 1_000;
const FIRST_MS: i64 = 1_767_571_200_000;
const MINUTE_MS: i64 = 60_000;

fn series(n: u16) -> Series {
    let mut random = [0; 10];
    random[..2].copy_from_slice(&n.to_be_bytes());
    Series {
        participant: ParticipantId::from_parts(1, random),
        source: Source::new(SourceKind::Watch, ["", "", "", "w", ""]),
        metric: Metric::HeartRate,
        grain: Grain::Sample,
    }
}

/// One minute of everybody; every seventh person's minute before comes again, with a better provenance.
fn minute(number: i64) -> WriteBatch {
    let row = |minute: i64, how| {
        let start_ms = FIRST_MS + minute * MINUTE_MS;
        let tuple =
            Tuple { start_ms, end_ms: start_ms, seq: 0, rev: 0, value: Value::Present(600 + minute % 90) };
        (tuple, Provenance { offset_minutes: None, how })
    };
    let groups = (0..PEOPLE).map(|n| {
        let mut rows = vec![row(number, How::Unknown)];
        if number > 0 && (number + i64::from(n)) % 7 == 0 {
            rows.insert(0, row(number - 1, How::Automatic));
        }
        Group { series: series(n), rows }
    });
    WriteBatch { received_ms: FIRST_MS, groups: groups.collect() }
}

fn count(folder: &Path, table: &str) -> i64 {
    let conn = rusqlite::Connection::open(folder.join("store.db")).expect("the file");
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("a count")
}

#[tokio::test]
async fn a_log_whose_every_block_is_written_to_all_the_time_is_folded_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = MemoryStore::new();
    let store = EmbeddedStore::open(folder.path()).expect("the store opens");
    // Fewer rows a block than would be merged at once: what is in chunks was folded.
    for number in 0..250 {
        store.write(minute(number)).await.expect("a write");
        memory.write(minute(number)).await.expect("a write");
    }
    assert!(count(folder.path(), "chunk") > i64::from(PEOPLE) / 4, "nothing was folded");
    assert_eq!(store.digest().await.expect("a digest"), memory.digest().await.expect("a digest"));
    drop(store);
    let store = EmbeddedStore::open(folder.path()).expect("the store opens");
    assert_eq!(store.digest().await.expect("a digest"), memory.digest().await.expect("a digest"));
    for n in (0..PEOPLE).step_by(97) {
        let scan = Scan {
            participant: series(n).participant,
            metrics: Vec::new(),
            from_ms: FIRST_MS,
            to_ms: FIRST_MS + 86_400_000,
            known_at_ms: None,
        };
        let (is, right) = (store.scan(scan.clone()).await, memory.scan(scan).await);
        assert_eq!(is.expect("a scan"), right.expect("a scan"), "person {n}");
    }
}
