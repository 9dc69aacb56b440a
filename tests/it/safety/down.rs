//! A store that answers nothing, as one on another machine whose cable is pulled.

use std::io;
use std::sync::Arc;

use foulee_contract::{ParticipantId, Series, Stored};
use foulee_store::{
    BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesReadings, SeriesScan, Stats,
    Store, StoreError, Verified, WriteBatch, Written,
};

#[derive(Debug)]
pub(crate) struct DownStore;

fn down<T: Send + 'static>() -> BoxFuture<'static, Result<T, StoreError>> {
    let why = Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
    Box::pin(async move { Err(StoreError::JournalRefuses(why)) })
}

impl Store for DownStore {
    fn write(&self, _: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        down()
    }

    fn clear_dirty(&self, _: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        down()
    }

    fn erase(&self, _: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        down()
    }

    fn scan(&self, _: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        down()
    }

    fn scan_series(&self, _: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        down()
    }

    fn series_days(&self, _: Series, _: i32, _: i32) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        down()
    }

    fn scan_cohort<'a>(
        &'a self,
        _: CohortScan,
        _: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        down()
    }

    fn series_of(&self, _: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        down()
    }

    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        down()
    }

    fn day_digests(
        &self,
        _: ParticipantId,
        _: i32,
        _: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        down()
    }

    fn dirty_days(&self, _: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        down()
    }

    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        down()
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        down()
    }

    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        down()
    }

    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        down()
    }

    fn knows_duplicates(&self) -> bool {
        true
    }
}
