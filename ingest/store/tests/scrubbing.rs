//! Somebody reads the file while a person is erased from it: what is left over is owed, also after a restart, and done.

use std::path::Path;

use foulee_contract::{
    Grain, How, Metric, ParticipantId, Provenance, Series, Source, SourceKind, Tuple, Value,
};
use foulee_store::{EmbeddedStore, Group, Store, WriteBatch};
use rusqlite::Connection;

const START_MS: i64 = 1_767_571_200_000;

fn who(n: u8) -> ParticipantId {
    ParticipantId::from_parts(START_MS.unsigned_abs(), [n; 10])
}

fn day_of(n: u8) -> WriteBatch {
    let row = |minute: i64| {
        let start_ms = START_MS + minute * 60_000;
        let tuple =
            Tuple { start_ms, end_ms: start_ms + 60_000, seq: 0, rev: 0, value: Value::Present(minute % 90) };
        (tuple, Provenance { offset_minutes: None, how: How::Unknown })
    };
    let source = Source::new(SourceKind::Watch, ["", "", "", "w", ""]);
    let series = Series { participant: who(n), source, metric: Metric::Steps, grain: Grain::Epoch };
    WriteBatch { received_ms: START_MS, groups: vec![Group { series, rows: (0..1_440).map(row).collect() }] }
}

/// How often an id stands in the files; only when no connection of this process is in a transaction, since closing a
/// file here takes this process's locks with it.
fn traces(folder: &Path, id: ParticipantId) -> usize {
    let files = std::fs::read_dir(folder).expect("a folder");
    let files = files.map(|file| std::fs::read(file.expect("a file").path()).expect("its bytes"));
    files.map(|bytes| bytes.windows(16).filter(|at| *at == id.as_bytes().as_slice()).count()).sum()
}

#[tokio::test]
async fn what_a_reader_kept_from_being_scrubbed_is_scrubbed_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    for n in [1, 2] {
        store.write(day_of(n)).await.unwrap();
    }
    let reader = Connection::open(folder.path().join("store.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM participant").unwrap();
    let erased = store.erase(who(1)).await.unwrap();
    assert_eq!((erased.readings, erased.scrubbed), (1_440, false));
    assert!(!store.scrub().await.unwrap(), "the reader is still there");
    let beside = EmbeddedStore::open_read_only(folder.path()).unwrap();
    assert!(!beside.scrub().await.unwrap(), "who reads beside it is told");
    drop(store);
    // The next process knows of it, and of nobody's name.
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert!(!store.scrub().await.unwrap());
    store.write(day_of(3)).await.unwrap();
    reader.execute_batch("COMMIT").unwrap();
    assert!(store.scrub().await.unwrap());
    assert!(beside.scrub().await.unwrap());
    assert_eq!(traces(folder.path(), who(1)), 0);
    assert!(traces(folder.path(), who(2)) > 0, "the search finds what is there");
    assert_eq!(store.stats().await.unwrap().readings, 2 * 1_440);
}

#[tokio::test]
async fn a_file_from_before_scrubbing_was_owed_is_opened_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path()).unwrap();
    store.write(day_of(1)).await.unwrap();
    drop(store);
    let old = Connection::open(folder.path().join("store.db")).unwrap();
    old.execute_batch("DROP TABLE owed; PRAGMA user_version = 1").unwrap();
    drop(old);
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(store.stats().await.unwrap().readings, 1_440);
    assert!(store.scrub().await.unwrap());
    assert!(store.erase(who(1)).await.unwrap().scrubbed);
}
