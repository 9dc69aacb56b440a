use std::sync::Arc;

use foulee_contract::{ParticipantId, Series, Stored};
use foulee_store::{
    Backlog, BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesReadings, SeriesScan,
    Stats, Store, StoreError, Verified, WriteBatch, Written,
};

use super::hub::Live;

/// A store that says what was done to it, after it was done: what was written, whose days are computed (their marks are
/// cleared once the rows are committed), who was erased.
pub(super) struct WatchedStore {
    pub(super) inner: Arc<dyn Store>,
    pub(super) live: Arc<Live>,
}

impl Store for WatchedStore {
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        Box::pin(async move {
            let brought = self.live.brought(&batch);
            let written = self.inner.write(batch).await?;
            self.live.stored(brought);
            Ok(written)
        })
    }

    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let people: Vec<ParticipantId> = days.iter().map(|day| day.participant).collect();
            self.inner.clear_dirty(days).await?;
            self.live.computed(&people);
            Ok(())
        })
    }

    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        Box::pin(async move {
            // Before it is done, and of who began to watch meanwhile after it: nothing more is told of them.
            self.live.erased(participant);
            let erased = self.inner.erase(participant).await;
            self.live.erased(participant);
            erased
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        self.inner.scan(scan)
    }

    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        self.inner.scan_series(scan)
    }

    fn series_days(
        &self,
        series: Series,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        self.inner.series_days(series, from_day, to_day)
    }

    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.scan_cohort(scan, visit)
    }

    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        self.inner.series_of(participant)
    }

    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        self.inner.participants()
    }

    fn day_digests(
        &self,
        participant: ParticipantId,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        self.inner.day_digests(participant, from_day, to_day)
    }

    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        self.inner.dirty_days(limit)
    }

    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.inner.scrub()
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        self.inner.stats()
    }

    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        self.inner.verify()
    }

    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        self.inner.digest()
    }

    fn knows_duplicates(&self) -> bool {
        self.inner.knows_duplicates()
    }

    fn backlog(&self) -> Option<Backlog> {
        self.inner.backlog()
    }
}
