//! The suite that every engine passes, on every kind of server, with and without the journal.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use foulee_contract::{ParticipantId, Series, Stored};
use foulee_ingest::{JournalBounds, JournaledStore, Upkeep};
use foulee_store::conformance::{Engine, run};
use foulee_store::influx::{InfluxStore, Preparation, prepare};
use foulee_store::{
    BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesReadings, SeriesScan, Stats,
    Store, StoreError, Verified, WriteBatch, Written,
};
use tokio::runtime::Runtime;

use crate::place::Place;

const BUCKET: &str = "conformance";

fn run_on(place: &Place, open: &(dyn Fn(&Path) -> BoxFuture<'static, Arc<dyn Store>> + Sync)) {
    let runtime = Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    runtime.block_on(async {
        prepare(&place.options(BUCKET), Preparation::default()).await.expect("a bucket");
        run(Engine { open, durable: true }, folder.path()).await;
    });
}

#[test]
fn every_server_passes_the_suite() {
    for place in Place::all() {
        let options = place.options(BUCKET);
        run_on(&place, &|folder: &Path| {
            let (folder, options) = (folder.to_owned(), options.clone());
            Box::pin(async move {
                let store = InfluxStore::open(&folder, options).expect("the store opens");
                store.settle().await.expect("what is in doubt is settled");
                Arc::new(store) as Arc<dyn Store>
            })
        });
        println!("conformance: {} ok", place.name);
    }
}

#[test]
fn so_does_each_behind_the_journal() {
    for place in Place::all() {
        let options = place.options(BUCKET);
        run_on(&place, &|folder: &Path| {
            let (folder, options) = (folder.to_owned(), options.clone());
            Box::pin(async move {
                let bounds = JournalBounds { max_bytes: 64 << 20, ..JournalBounds::default() };
                let store = JournaledStore::open(&folder, options, bounds, Upkeep::Command);
                Arc::new(Settled(store.expect("the store opens"))) as Arc<dyn Store>
            })
        });
        println!("conformance behind the journal: {} ok", place.name);
    }
}

/// Reads what was written: after the journal has handed it on.
struct Settled(JournaledStore);

impl Settled {
    async fn get(&self) -> &JournaledStore {
        assert!(self.0.drained(Duration::from_secs(60)).await, "{:?}", self.0.backlog());
        &self.0
    }
}

impl Store for Settled {
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        self.0.write(batch)
    }
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        Box::pin(async move { self.get().await.scan(scan).await })
    }
    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        Box::pin(async move { self.get().await.scan_series(scan).await })
    }
    fn series_days(&self, series: Series, from: i32, to: i32) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        Box::pin(async move { self.get().await.series_days(series, from, to).await })
    }
    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.get().await.scan_cohort(scan, visit).await })
    }
    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        Box::pin(async move { self.get().await.series_of(participant).await })
    }
    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        Box::pin(async move { self.get().await.participants().await })
    }
    fn day_digests(
        &self,
        participant: ParticipantId,
        from: i32,
        to: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        Box::pin(async move { self.get().await.day_digests(participant, from, to).await })
    }
    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        Box::pin(async move { self.get().await.dirty_days(limit).await })
    }
    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.0.clear_dirty(days)
    }
    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        Box::pin(async move { self.get().await.erase(participant).await })
    }
    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.0.scrub()
    }
    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        Box::pin(async move { self.get().await.stats().await })
    }
    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        Box::pin(async move { self.get().await.verify().await })
    }
    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        Box::pin(async move { self.get().await.digest().await })
    }
    fn knows_duplicates(&self) -> bool {
        false
    }
}
