use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foulee_contract::{ParticipantId, Provenance, Series, Stored, Tuple};

use crate::{
    BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesHasher, SeriesReadings,
    SeriesScan, Stats, Store, StoreError, Verified, WriteBatch, Written, epoch_day,
};

/// The store in memory: the plainest thing that keeps the promises, for tests and for comparison. Durable it is not.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    series: BTreeMap<Series, BTreeMap<Tuple, (Provenance, i64)>>,
    dirty: HashMap<(ParticipantId, i32), i64>,
    generation: i64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while it was held left a set of tuples, which is always valid.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_range(tuple: &Tuple, from_ms: i64, to_ms: i64) -> bool {
    tuple.start_ms < to_ms && (tuple.end_ms > from_ms || tuple.start_ms >= from_ms)
}

fn readings(
    series: &Series,
    tuples: &BTreeMap<Tuple, (Provenance, i64)>,
    scan: &Scan,
) -> Option<SeriesReadings> {
    let tuples: Vec<Stored> = tuples
        .iter()
        .filter(|(tuple, (_, received))| {
            in_range(tuple, scan.from_ms, scan.to_ms) && scan.known_at_ms.is_none_or(|at| *received <= at)
        })
        .map(|(tuple, (provenance, received_ms))| Stored {
            tuple: *tuple,
            provenance: *provenance,
            received_ms: *received_ms,
        })
        .collect();
    (!tuples.is_empty()).then(|| SeriesReadings { series: series.clone(), tuples })
}

impl Store for MemoryStore {
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        Box::pin(async move {
            if !batch.fits() {
                return Err(StoreError::TimeOutOfRange);
            }
            let inner = &mut *self.lock();
            let mut new = 0;
            let mut touched = BTreeSet::new();
            for group in batch.groups {
                if group.rows.is_empty() {
                    continue;
                }
                let participant = group.series.participant;
                let tuples = inner.series.entry(group.series).or_default();
                for (tuple, provenance) in group.rows {
                    let known = tuples.get(&tuple).copied();
                    let kept = known.map_or((provenance, batch.received_ms), |(p, r)| {
                        (p.max(provenance), r.min(batch.received_ms))
                    });
                    if known != Some(kept) {
                        tuples.insert(tuple, kept);
                        let last = epoch_day(tuple.end_ms.max(tuple.start_ms + 1) - 1);
                        touched.extend((epoch_day(tuple.start_ms)..=last).map(|day| (participant, day)));
                    }
                    new += u64::from(known.is_none());
                }
            }
            for day in touched {
                inner.generation += 1;
                inner.dirty.insert(day, inner.generation);
            }
            Ok(Written { new: Some(new) })
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            Ok(inner
                .series
                .iter()
                .filter(|(series, _)| {
                    series.participant == scan.participant
                        && (scan.metrics.is_empty() || scan.metrics.contains(&series.metric))
                })
                .filter_map(|(series, tuples)| readings(series, tuples, &scan))
                .collect())
        })
    }

    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            let Some(tuples) = inner.series.get(&scan.series) else { return Ok(Vec::new()) };
            let whole = Scan {
                participant: scan.series.participant,
                metrics: vec![],
                from_ms: scan.from_ms,
                to_ms: scan.to_ms,
                known_at_ms: scan.known_at_ms,
            };
            let found = readings(&scan.series, tuples, &whole);
            let mut found = found.map(|found| found.tuples).unwrap_or_default();
            found.retain(|stored| scan.reaching || stored.tuple.start_ms >= scan.from_ms);
            Ok(found)
        })
    }

    fn series_days(
        &self,
        series: Series,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            let tuples = inner.series.get(&series).into_iter().flat_map(BTreeMap::keys);
            let mut days: Vec<i32> = tuples.map(|tuple| epoch_day(tuple.start_ms)).collect();
            days.retain(|day| (from_day..=to_day).contains(day));
            days.dedup();
            Ok(days)
        })
    }

    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            for (series, tuples) in inner.series.iter().filter(|(series, _)| series.metric == scan.metric) {
                let one = Scan {
                    participant: series.participant,
                    metrics: vec![],
                    from_ms: scan.from_ms,
                    to_ms: scan.to_ms,
                    known_at_ms: None,
                };
                if let Some(found) = readings(series, tuples, &one) {
                    visit(found);
                }
            }
            Ok(())
        })
    }

    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            Ok(inner.series.keys().filter(|series| series.participant == participant).cloned().collect())
        })
    }

    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            let people: BTreeSet<ParticipantId> =
                inner.series.keys().map(|series| series.participant).collect();
            Ok(people.into_iter().collect())
        })
    }

    fn day_digests(
        &self,
        participant: ParticipantId,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            let mut days: BTreeMap<i32, Digest> = BTreeMap::new();
            for (series, tuples) in
                inner.series.iter().filter(|(series, _)| series.participant == participant)
            {
                let hasher = SeriesHasher::new(series);
                for tuple in tuples.keys() {
                    let day = epoch_day(tuple.start_ms);
                    if (from_day..=to_day).contains(&day) {
                        let digest = days.entry(day).or_default();
                        *digest = digest.plus(hasher.hash(tuple));
                    }
                }
            }
            Ok(days.into_iter().map(|(epoch_day, digest)| DayDigest { epoch_day, digest }).collect())
        })
    }

    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            let mut days: Vec<DirtyDay> = inner
                .dirty
                .iter()
                .map(|(&(participant, epoch_day), &generation)| DirtyDay {
                    generation,
                    participant,
                    epoch_day,
                })
                .collect();
            days.sort_unstable();
            days.truncate(limit);
            Ok(days)
        })
    }

    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut inner = self.lock();
            for day in days {
                let key = (day.participant, day.epoch_day);
                if inner.dirty.get(&key) == Some(&day.generation) {
                    inner.dirty.remove(&key);
                }
            }
            Ok(())
        })
    }

    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        Box::pin(async move {
            let mut inner = self.lock();
            let mut erased = Erased { scrubbed: true, ..Erased::default() };
            inner.series.retain(|series, tuples| {
                let keep = series.participant != participant;
                if !keep {
                    erased.series += 1;
                    erased.readings += tuples.len() as u64;
                }
                keep
            });
            inner.dirty.retain(|(who, _), _| *who != participant);
            Ok(erased)
        })
    }

    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async { Ok(true) })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            Ok(Stats {
                readings: inner.series.values().map(|tuples| tuples.len() as u64).sum(),
                series: inner.series.len() as u64,
                dirty_days: inner.dirty.len() as u64,
                engine: "memory",
                ..Stats::default()
            })
        })
    }

    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        Box::pin(async move { Ok(Verified { readings: self.stats().await?.readings, damaged: Vec::new() }) })
    }

    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        Box::pin(async move {
            let inner = self.lock();
            let sums = inner.series.iter().map(|(series, tuples)| {
                let hasher = SeriesHasher::new(series);
                tuples.keys().fold(Digest::default(), |sum, tuple| sum.plus(hasher.hash(tuple)))
            });
            Ok(sums.fold(Digest::default(), Digest::plus))
        })
    }

    fn knows_duplicates(&self) -> bool {
        true
    }
}
