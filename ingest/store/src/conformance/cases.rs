use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use foulee_contract::{Grain, How, Metric, Provenance, Tuple, Value, resolve};

use super::Engine;
use super::fixture::{
    DAY, T0, all, batch, digest, minutes, open, participant, range, series, tuple, tuples, write,
};
use crate::{CohortScan, Group, SeriesReadings, SeriesScan, StoreError, WriteBatch, epoch_day};

pub(super) async fn a_repeat_is_known(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let rows: Vec<Tuple> = (0..100).map(|i| tuple(T0 + i * 60_000, 60_000, i)).collect();
    assert_eq!(write(&store, batch(T0, &minutes(1), &rows)).await.unwrap_or(100), 100);
    let before = digest(&store).await;
    assert_eq!(write(&store, batch(T0 + 1, &minutes(1), &rows)).await.unwrap_or(0), 0);
    let doubled: Vec<Tuple> = rows.iter().chain(&rows).copied().collect();
    assert_eq!(write(&store, batch(T0 + 2, &minutes(1), &doubled)).await.unwrap_or(0), 0);
    assert_eq!(digest(&store).await, before);
    assert_eq!(write(&store, WriteBatch { received_ms: T0, groups: vec![] }).await.unwrap_or(0), 0);
}

pub(super) async fn corrections_and_tombstones_in_any_order(engine: Engine<'_>, folder: &Path) {
    let first = tuple(T0, 60_000, 10);
    let corrected = Tuple { rev: 1, value: Value::Present(12), ..first };
    let deleted = Tuple { rev: 2, value: Value::Deleted, ..first };
    let tie = Tuple { rev: 2, value: Value::Present(99), ..first };
    let mut digests = BTreeSet::new();
    for (n, order) in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]].iter().enumerate() {
        let store = open(engine, &folder.join(n.to_string())).await;
        for at in order {
            write(&store, batch(T0, &minutes(1), &[[first, corrected, deleted, tie][*at]])).await;
        }
        let found = all(&store, 1).await;
        assert_eq!(tuples(&found).len(), 4, "nothing is replaced");
        let resolved = resolve(found[0].tuples.clone(), false);
        assert_eq!((resolved.current.len(), resolved.conflicts), (0, 1), "the tombstone wins the tie");
        digests.insert(digest(&store).await.to_bytes());
    }
    assert_eq!(digests.len(), 1, "the order of corrections leaves no trace");
}

pub(super) async fn growing_records_keep_their_latest(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let summary = series(1, "watch+/garmin", Metric::Steps, Grain::Total);
    let grow =
        |rev: u64, hours: i64, steps: i64| Tuple { seq: 77, rev, ..tuple(T0, hours * 3_600_000, steps) };
    write(&store, batch(T0, &summary, &[grow(2, 20, 9_000), grow(1, 9, 3_000)])).await;
    let found = all(&store, 1).await;
    let current = resolve(found[0].tuples.clone(), found[0].series.source.is_growing()).current;
    assert_eq!(current.iter().map(|s| s.tuple).collect::<Vec<_>>(), vec![grow(2, 20, 9_000)]);
}

pub(super) async fn several_readings_at_one_instant(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let beats = series(1, "strap/x", Metric::RrInterval, Grain::Sample);
    let rows: Vec<Tuple> = (0..9).map(|seq| Tuple { seq, ..tuple(T0, 0, 8_000 + seq as i64 % 2) }).collect();
    write(&store, batch(T0, &beats, &rows)).await;
    write(&store, batch(T0, &beats, &rows[3..5])).await;
    assert_eq!(tuples(&all(&store, 1).await), rows);
}

pub(super) async fn intervals_across_midnight(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let midnight = T0 + DAY;
    let across = tuple(midnight - 1_800_000, 3_600_000, 900);
    let instant = tuple(midnight, 0, 700);
    let steps = series(1, "phone", Metric::Steps, Grain::Sample);
    write(&store, batch(T0, &steps, &[across])).await;
    write(&store, batch(T0, &series(1, "strap", Metric::HeartRate, Grain::Sample), &[instant])).await;
    assert_eq!(tuples(&range(&store, 1, midnight, midnight + DAY, None).await), vec![across, instant]);
    assert_eq!(tuples(&range(&store, 1, T0, midnight, None).await), vec![across]);
    assert_eq!(tuples(&range(&store, 1, midnight + 1_800_000, midnight + DAY, None).await), vec![]);
    let days: BTreeSet<i32> =
        store.dirty_days(10).await.expect("dirty days").iter().map(|day| day.epoch_day).collect();
    assert_eq!(days, BTreeSet::from([epoch_day(T0), epoch_day(midnight)]), "both days changed");
}

pub(super) async fn a_series_in_parts_is_the_whole(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let long = series(1, "phone", Metric::Steps, Grain::Sample);
    // One reaches over two midnights; a day of many, a day of one, a day of none.
    let reaching = tuple(T0 - 3_600_000, 26 * 3_600_000, 90);
    let many = (0..400).map(|i| tuple(T0 + DAY + i * 60_000, 60_000, i));
    let rows: Vec<Tuple> = [reaching].into_iter().chain(many).chain([tuple(T0 + 3 * DAY, 5, 1)]).collect();
    write(&store, batch(T0, &long, &rows)).await;
    write(&store, batch(T0 + 1, &minutes(1), &[tuple(T0 + 2 * DAY, 60_000, 1)])).await;
    let (first, last) = (epoch_day(T0) - 1, epoch_day(T0) + 3);
    let days = |from, to| store.series_days(long.clone(), from, to);
    assert_eq!(days(i32::MIN, i32::MAX).await.expect("days"), vec![first, first + 2, last]);
    assert_eq!(days(first + 1, last - 1).await.expect("days"), vec![first + 2]);
    assert_eq!(days(last, first).await.expect("days"), Vec::<i32>::new());
    assert_eq!(days(-9, -1).await.expect("days"), Vec::<i32>::new());
    let part = |from_ms, to_ms, reaching, known_at_ms| {
        let series = long.clone();
        store.scan_series(SeriesScan { series, from_ms, to_ms, reaching, known_at_ms })
    };
    for from_ms in [T0 - DAY, T0, T0 + DAY + 7_230_000, T0 + 4 * DAY] {
        let to_ms = T0 + 5 * DAY;
        let whole = range(&store, 1, from_ms, to_ms, None).await;
        let whole = whole.iter().find(|found| found.series == long);
        let mut parts = Vec::new();
        for begin_ms in (from_ms..to_ms).step_by(40_000_000) {
            let end_ms = to_ms.min(begin_ms + 40_000_000);
            parts.extend(part(begin_ms, end_ms, begin_ms == from_ms, None).await.expect("a part"));
        }
        assert_eq!(parts, whole.map(|found| found.tuples.clone()).unwrap_or_default(), "from {from_ms}");
    }
    assert_eq!(part(T0, T0 + DAY, true, Some(T0 - 1)).await.expect("a part"), vec![]);
    let nobody = SeriesScan { series: minutes(9), from_ms: 0, to_ms: T0, reaching: true, known_at_ms: None };
    assert_eq!(store.scan_series(nobody).await.expect("none"), vec![]);
}

pub(super) async fn two_sources_at_one_time(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let (watch, phone) = (minutes(1), series(1, "phone", Metric::Steps, Grain::Epoch));
    write(&store, batch(T0, &watch, &[tuple(T0, 60_000, 50)])).await;
    write(&store, batch(T0, &phone, &[tuple(T0, 60_000, 50)])).await;
    let found = all(&store, 1).await;
    assert_eq!(found.iter().map(|s| s.series.source.key()).collect::<Vec<_>>(), vec!["phone", "watch////a"]);
    assert!(found.iter().all(|s| s.tuples.len() == 1), "neither hides the other");
    assert_eq!(store.series_of(participant(1)).await.expect("series"), vec![phone, watch]);
    assert_eq!(store.series_of(participant(2)).await.expect("series"), vec![]);
    write(&store, batch(T0, &minutes(3), &[tuple(T0, 60_000, 1)])).await;
    let people = vec![participant(1), participant(3)];
    assert_eq!(store.participants().await.expect("everybody"), people);
}

pub(super) async fn what_was_known_then(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let early = tuple(T0, 60_000, 5);
    let late = tuple(T0 + 60_000, 60_000, 6);
    write(&store, batch(T0 + 1_000, &minutes(1), &[early])).await;
    write(&store, batch(T0 + 2_000, &minutes(1), &[late, early])).await;
    assert_eq!(tuples(&range(&store, 1, 0, T0 + DAY, Some(T0 + 999)).await), vec![]);
    assert_eq!(tuples(&range(&store, 1, 0, T0 + DAY, Some(T0 + 1_000)).await), vec![early]);
    assert_eq!(tuples(&range(&store, 1, 0, T0 + DAY, Some(T0 + 2_000)).await), vec![early, late]);
    let kept = all(&store, 1).await;
    assert_eq!(kept[0].tuples[0].received_ms, T0 + 1_000, "known since it first came");
}

pub(super) async fn the_greatest_provenance_is_kept(engine: Engine<'_>, folder: &Path) {
    let low = Provenance { offset_minutes: None, how: How::Unknown };
    let high = Provenance { offset_minutes: Some(120), how: How::Manual };
    for size in [1_usize, 200] {
        let rows: Vec<Tuple> = (0..size as i64).map(|i| tuple(T0 + i * 60_000, 60_000, 3)).collect();
        let mut digests = Vec::new();
        for (n, order) in [[low, high, low], [high, low, low]].iter().enumerate() {
            let store = open(engine, &folder.join(format!("{size}-{n}"))).await;
            for provenance in order {
                let rows = rows.iter().map(|tuple| (*tuple, *provenance)).collect();
                let groups = vec![Group { series: minutes(1), rows }];
                write(&store, WriteBatch { received_ms: T0, groups }).await;
            }
            // And once more alone, so that a single reading meets a block.
            let groups = vec![Group { series: minutes(1), rows: vec![(rows[0], high)] }];
            assert_eq!(write(&store, WriteBatch { received_ms: T0, groups }).await.unwrap_or(0), 0);
            let found = all(&store, 1).await;
            assert!(found[0].tuples.iter().all(|stored| stored.provenance == high));
            assert_eq!(found[0].tuples.len(), size);
            digests.push(digest(&store).await);
        }
        assert_eq!(digests[0], digests[1], "provenance is no part of identity");
    }
}

pub(super) async fn dirty_days_are_never_forgotten(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    write(&store, batch(T0, &minutes(1), &[tuple(T0, 60_000, 1), tuple(T0 + DAY, 60_000, 1)])).await;
    let first = store.dirty_days(10).await.expect("dirty days");
    assert_eq!(first.len(), 2);
    assert!(first.iter().all(|day| day.participant == participant(1)));
    // The worker has read the marks; a day that changes now must be marked anew and survive the worker's clearing.
    write(&store, batch(T0, &minutes(1), &[tuple(T0 + 60_000, 60_000, 2)])).await;
    store.clear_dirty(first).await.expect("cleared");
    let second = store.dirty_days(10).await.expect("dirty days");
    assert_eq!(second.iter().map(|day| day.epoch_day).collect::<Vec<_>>(), vec![epoch_day(T0)]);
    store.clear_dirty(second).await.expect("cleared");
    write(&store, batch(T0 + 5, &minutes(1), &[tuple(T0, 60_000, 1)])).await;
    assert_eq!(store.dirty_days(10).await.expect("dirty days"), vec![], "a repeat changes nothing");
    assert_eq!(store.stats().await.expect("stats").dirty_days, 0);
}

pub(super) async fn a_cohort_scan_sees_each_series_once(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    for who in 1..=9 {
        let rows: Vec<Tuple> = (0..50).map(|i| tuple(T0 + i * 3_600_000, 60_000, i64::from(who))).collect();
        write(&store, batch(T0, &minutes(who), &rows)).await;
        write(
            &store,
            batch(T0, &series(who, "strap", Metric::HeartRate, Grain::Sample), &[tuple(T0, 0, 700)]),
        )
        .await;
    }
    let (from_ms, to_ms) = (T0 + DAY, T0 + 2 * DAY);
    for ranges in [1, 2, 4, 64] {
        let seen = Arc::new(Mutex::new(Vec::<SeriesReadings>::new()));
        let sink = Arc::clone(&seen);
        let visit = Arc::new(move |found| sink.lock().expect("the test's own lock").push(found));
        let scan = CohortScan { metric: Metric::Steps, from_ms, to_ms, ranges };
        store.scan_cohort(scan, visit).await.expect("a cohort scan");
        let mut seen = seen.lock().expect("the test's own lock").clone();
        seen.sort_by(|a, b| a.series.cmp(&b.series));
        let mut expected = Vec::new();
        for who in 1..=9 {
            expected.extend(range(&store, who, from_ms, to_ms, None).await);
        }
        assert_eq!(seen, expected, "{ranges} ranges");
    }
}

pub(super) async fn a_time_out_of_range_keeps_nothing(engine: Engine<'_>, folder: &Path) {
    let store = open(engine, folder).await;
    let rows = [tuple(T0, 60_000, 1), tuple(-5 * DAY, 60_000, 1)];
    let result = store.write(batch(T0, &minutes(1), &rows)).await;
    assert!(matches!(result, Err(StoreError::TimeOutOfRange)), "{result:?}");
    assert_eq!(all(&store, 1).await, vec![]);
}
