use std::path::Path;

use foulee_contract::{Grain, Metric, Tuple};

use super::Engine;
use super::fixture::{T0, all, batch, digest, minutes, open, participant, range, series, tuple, write};

pub(super) async fn nothing_of_the_erased_stays(engine: Engine<'_>, folder: &Path) {
    let with = folder.join("with");
    std::fs::create_dir_all(&with).expect("the test folder can be made");
    let store = open(engine, &with).await;
    let without = open(engine, &folder.join("without")).await;
    let rows: Vec<Tuple> = (0..3_000).map(|i| tuple(T0 + i * 60_000, 60_000, i % 90)).collect();
    for who in [1, 2, 3] {
        let beats = series(who, "strap", Metric::RrInterval, Grain::Sample);
        write(&store, batch(T0, &minutes(who), &rows)).await;
        write(&store, batch(T0, &beats, &[tuple(T0, 0, 8_000)])).await;
        if who != 2 {
            write(&without, batch(T0, &minutes(who), &rows)).await;
            write(&without, batch(T0, &beats, &[tuple(T0, 0, 8_000)])).await;
        }
    }
    let erased = store.erase(participant(2)).await.expect("erased");
    assert_eq!((erased.readings, erased.series), (3_001, 2));
    assert_eq!(all(&store, 2).await, vec![], "zero rows");
    assert_eq!(digest(&store).await, digest(&without).await, "the others are as if nobody had been there");
    assert!(
        store
            .dirty_days(1_000)
            .await
            .expect("dirty days")
            .iter()
            .all(|day| day.participant != participant(2))
    );
    assert_no_trace(&with);
    assert_eq!(store.erase(participant(2)).await.expect("erased").readings, 0, "twice is harmless");
    // The same person may come again, under a new consent, as somebody new.
    write(&store, batch(T0, &minutes(2), &rows[..5])).await;
    assert_eq!(range(&store, 2, 0, T0 + 3_600_000, None).await[0].tuples.len(), 5);
    if engine.durable {
        drop(store);
        let store = open(engine, &with).await;
        store.erase(participant(2)).await.expect("erased");
        drop(store);
        assert_no_trace(&with);
        let store = open(engine, &with).await;
        assert_eq!(digest(&store).await, digest(&without).await);
    }
}

/// No file below the folder holds the id, as bytes or as text.
fn assert_no_trace(folder: &Path) {
    let id = participant(2);
    let text = id.to_string();
    let simple = text.replace('-', "");
    for file in std::fs::read_dir(folder).expect("the store's folder") {
        let path = file.expect("a file").path();
        if path.is_dir() {
            assert_no_trace(&path);
            continue;
        }
        let bytes = std::fs::read(&path).expect("its bytes");
        for needle in [id.as_bytes().as_slice(), text.as_bytes(), simple.as_bytes()] {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{} still holds the id", path.display());
        }
    }
}
