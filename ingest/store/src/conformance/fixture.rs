use std::path::Path;
use std::sync::Arc;

use foulee_contract::{Grain, How, Metric, ParticipantId, Provenance, Series, Tuple, Value};

use super::Engine;
use crate::{Digest, Group, Scan, SeriesReadings, Store, WriteBatch};

pub(super) const DAY: i64 = 86_400_000;
/// 2024-03-01T00:00:00Z.
pub(super) const T0: i64 = 1_709_251_200_000;

/// A small generator (SplitMix64), so that a failure comes back with its seed.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

pub(super) fn participant(n: u8) -> ParticipantId {
    ParticipantId::from_parts(1_700_000_000_000, [n; 10])
}

pub(super) fn series(who: u8, source: &str, metric: Metric, grain: Grain) -> Series {
    let source = source.parse().expect("a source key of the fixture");
    Series { participant: participant(who), source, metric, grain }
}

pub(super) fn minutes(who: u8) -> Series {
    series(who, "watch////a", Metric::Steps, Grain::Epoch)
}

pub(super) fn tuple(start_ms: i64, length_ms: i64, value: i64) -> Tuple {
    Tuple { start_ms, end_ms: start_ms + length_ms, seq: 0, rev: 0, value: Value::Present(value) }
}

pub(super) fn plain() -> Provenance {
    Provenance { offset_minutes: Some(60), how: How::Automatic }
}

pub(super) fn batch(received_ms: i64, series: &Series, tuples: &[Tuple]) -> WriteBatch {
    let rows = tuples.iter().map(|tuple| (*tuple, plain())).collect();
    WriteBatch { received_ms, groups: vec![Group { series: series.clone(), rows }] }
}

pub(super) async fn open(engine: Engine<'_>, folder: &Path) -> Arc<dyn Store> {
    (engine.open)(folder).await
}

pub(super) async fn write(store: &Arc<dyn Store>, batch: WriteBatch) -> Option<u64> {
    store.write(batch).await.expect("the write is taken").new
}

pub(super) async fn digest(store: &Arc<dyn Store>) -> Digest {
    store.digest().await.expect("a digest")
}

pub(super) async fn all(store: &Arc<dyn Store>, who: u8) -> Vec<SeriesReadings> {
    range(store, who, 0, i64::from(i32::MAX) * DAY, None).await
}

pub(super) async fn range(
    store: &Arc<dyn Store>,
    who: u8,
    from_ms: i64,
    to_ms: i64,
    known_at_ms: Option<i64>,
) -> Vec<SeriesReadings> {
    let scan = Scan { participant: participant(who), metrics: vec![], from_ms, to_ms, known_at_ms };
    store.scan(scan).await.expect("a scan")
}

pub(super) fn tuples(found: &[SeriesReadings]) -> Vec<Tuple> {
    found.iter().flat_map(|series| series.tuples.iter().map(|stored| stored.tuple)).collect()
}
