use std::path::Path;

use foulee_contract::{Grain, Metric, Series, Tuple, Value};

use super::Engine;
use super::fixture::{Chance, DAY, T0, all, batch, digest, minutes, open, participant, series, tuple, write};
use crate::{Group, WriteBatch};

/// Three days of two people: regular minutes, jittered heart rate, corrections, tombstones, midnight intervals.
fn story() -> Vec<(Series, Tuple)> {
    let mut chance = Chance(7);
    let mut rows = Vec::new();
    for who in [1, 2] {
        let heart = series(who, "strap/x", Metric::HeartRate, Grain::Sample);
        for minute in 0..(3 * 1_440) {
            let start = T0 + minute * 60_000;
            rows.push((minutes(who), tuple(start, 60_000, chance.below(140) as i64)));
            if chance.below(3) == 0 {
                rows.push((
                    heart.clone(),
                    tuple(start + chance.below(900) as i64, 0, 600 + chance.below(300) as i64),
                ));
            }
            if chance.below(50) == 0 {
                let rev = 1 + chance.below(3) as u64;
                let value = if chance.below(4) == 0 { Value::Deleted } else { Value::Present(5) };
                rows.push((minutes(who), Tuple { rev, value, ..tuple(start, 60_000, 0) }));
            }
        }
        let totals = series(who, "watch////a", Metric::Steps, Grain::Total);
        rows.push((totals, tuple(T0 + DAY - 1_800_000, 3_600_000, 77)));
    }
    // The generator can draw the same tuple twice; the story is a set.
    rows.sort();
    rows.dedup();
    rows
}

fn batches(rows: &[(Series, Tuple)], size: usize) -> Vec<WriteBatch> {
    rows.chunks(size)
        .map(|part| {
            let mut groups: Vec<Group> = Vec::new();
            for (series, tuple) in part {
                match groups.iter_mut().find(|group| group.series == *series) {
                    Some(group) => group.rows.push((*tuple, super::fixture::plain())),
                    None => groups.push(Group {
                        series: series.clone(),
                        rows: vec![(*tuple, super::fixture::plain())],
                    }),
                }
            }
            WriteBatch { received_ms: T0, groups }
        })
        .collect()
}

pub(super) async fn order_splits_and_repeats_change_nothing(engine: Engine<'_>, folder: &Path) {
    let rows = story();
    let plain = open(engine, &folder.join("plain")).await;
    let mut new = 0;
    for batch in batches(&rows, 10_000) {
        new += write(&plain, batch).await.unwrap_or_default();
    }
    if plain.knows_duplicates() {
        assert_eq!(new, rows.len() as u64, "every tuple of the story is new once");
    }
    for seed in 0..3 {
        let mut chance = Chance(seed);
        let mut shuffled = rows.clone();
        shuffled.extend_from_slice(&rows[..rows.len() / 3]);
        chance.shuffle(&mut shuffled);
        let other = open(engine, &folder.join(format!("shuffled-{seed}"))).await;
        let mut new = 0;
        let mut at = 0;
        while at < shuffled.len() {
            let most = if chance.below(2) == 0 { 40 } else { 900 };
            let size = 1 + chance.below(most);
            let part = &shuffled[at..(at + size).min(shuffled.len())];
            at += part.len();
            for batch in batches(part, size) {
                new += write(&other, batch).await.unwrap_or_default();
            }
        }
        if other.knows_duplicates() {
            assert_eq!(new, rows.len() as u64, "shuffled with seed {seed}: each tuple new once");
        }
        assert_eq!(digest(&plain).await, digest(&other).await, "digest after shuffle {seed}");
        for who in [1, 2] {
            assert_eq!(all(&plain, who).await, all(&other, who).await, "scan after shuffle {seed}");
            let days = |store: &std::sync::Arc<dyn crate::Store>| {
                let store = std::sync::Arc::clone(store);
                async move { store.day_digests(participant(who), 0, 40_000).await.expect("day digests") }
            };
            assert_eq!(days(&plain).await, days(&other).await, "day digests after shuffle {seed}");
        }
        let stats = other.stats().await.expect("stats");
        assert_eq!(stats.readings, rows.len() as u64, "readings counted after shuffle {seed}");
        let verified = other.verify().await.expect("verified");
        assert_eq!(
            (verified.readings, verified.damaged),
            (rows.len() as u64, vec![]),
            "verify after shuffle {seed}"
        );
    }
}

/// Readings that come one by one and readings that come by the thousand are one set.
pub(super) async fn single_readings_and_blocks_meet(engine: Engine<'_>, folder: &Path) {
    let tuples: Vec<Tuple> =
        (0..600).map(|minute| tuple(T0 + minute * 60_000, 60_000, minute % 130)).collect();
    let bulk = open(engine, &folder.join("bulk")).await;
    write(&bulk, batch(T0, &minutes(1), &tuples)).await;
    let single = open(engine, &folder.join("single")).await;
    // First some in the middle as a block, then all of them one by one, backwards.
    write(&single, batch(T0, &minutes(1), &tuples[200..300])).await;
    let mut new = 100;
    for tuple in tuples.iter().rev() {
        new += write(&single, batch(T0, &minutes(1), &[*tuple])).await.unwrap_or_default();
    }
    if single.knows_duplicates() {
        assert_eq!(new, 600, "one by one: new once");
    }
    assert_eq!(digest(&bulk).await, digest(&single).await);
    assert_eq!(all(&bulk, 1).await, all(&single, 1).await);
}

pub(super) async fn reopening_changes_nothing(engine: Engine<'_>, folder: &Path) {
    let rows = story();
    let store = open(engine, folder).await;
    for (at, batch) in batches(&rows, 7_001).into_iter().enumerate() {
        if at % 2 == 0 {
            write(&store, batch).await;
        } else {
            for single in batches(&rows[at * 7_001..(at * 7_001 + 50).min(rows.len())], 1) {
                write(&store, single).await;
            }
        }
    }
    let before =
        (digest(&store).await, all(&store, 1).await, store.dirty_days(10_000).await.expect("dirty days"));
    drop(store);
    let store = open(engine, folder).await;
    let after =
        (digest(&store).await, all(&store, 1).await, store.dirty_days(10_000).await.expect("dirty days"));
    assert_eq!(before, after, "a store that was closed and opened is the same store");
}
