//! The embedded engine: one SQLite file with a compressed block for each series and UTC day, and a log for small
//! writes.
//!
//! One thread writes; batches that wait together share one transaction, which also holds their dirty marks. Readers
//! have connections of their own. Nothing in memory changes before the commit that it stands for.

mod codec;
mod columns;
mod commit;
mod erase;
mod hot;
mod index;
mod merge;
mod reader;
mod schema;
mod scrub;
mod totals;
mod writer;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use foulee_contract::{ParticipantId, Series, Stored};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{
    BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesReadings, SeriesScan, Stats,
    Store, StoreError, Verified, WriteBatch, Written,
};
pub(crate) use codec::{Row as BlockRow, decode as decode_block, encode as encode_block};
use hot::Hot;
use index::SeriesIndex;
use writer::{Job, Reply, Writer};

/// How an embedded store is run. The defaults are the only ones that keep the promises; the others are the negative
/// controls of the crash tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether a commit waits for the disk.
    pub synchronous: Synchronous,
    /// When a write is answered.
    pub acknowledge: Acknowledge,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// SQLite's `synchronous=FULL`: fsync before a commit counts.
    #[default]
    Full,
    /// No fsync: loses commits when power fails (not when the process is killed).
    Off,
}

/// When a write is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acknowledge {
    /// After the commit.
    #[default]
    AfterCommit,
    /// Before it: loses acknowledged readings when the process is killed.
    BeforeCommit,
}

/// Batches and rows that may wait for the writer before [`StoreError::Busy`] (64 B a row: 32 MB).
const MAX_WAITING_BATCHES: usize = 64;
const MAX_WAITING_ROWS: usize = 500_000;

/// The store in a file, `store.db` in its folder.
#[derive(Debug)]
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    options: Options,
    index: RwLock<SeriesIndex>,
    hot: RwLock<Hot>,
    readers: Mutex<Vec<Connection>>,
    waiting_rows: AtomicUsize,
}

impl Shared {
    // A poisoned lock means that the writer died between a commit and its memory; every change under these locks is a
    // plain assignment of what is on disk already, so what is there is still right.
    fn index(&self) -> RwLockReadGuard<'_, SeriesIndex> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, SeriesIndex> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn hot(&self) -> RwLockReadGuard<'_, Hot> {
        self.hot.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn hot_mut(&self) -> RwLockWriteGuard<'_, Hot> {
        self.hot.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_reader(&self) -> Result<Connection, StoreError> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| schema::open_reader(&self.file), Ok)
    }

    fn give_reader(&self, conn: Connection) {
        let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < 8 {
            idle.push(conn);
        }
    }
}

impl EmbeddedStore {
    /// Opens the store in `folder`, making it if it is not there.
    ///
    /// # Errors
    /// When the folder or file cannot be used, is newer than this program, or is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_with(folder, Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn open_with(folder: &Path, options: Options) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let file = folder.join("store.db");
        let conn = schema::open_writer(&file, &options)?;
        let shared = Arc::new(Self::share(file, options, &conn)?);
        let (jobs, receiver) = sync_channel(MAX_WAITING_BATCHES);
        let last_upload: u32 =
            conn.query_row("SELECT coalesce(max(id), 0) FROM upload", [], |row| row.get(0))?;
        let writer = Writer {
            conn,
            shared: Arc::clone(&shared),
            jobs: receiver,
            unclaimed: HashSet::new(),
            next_upload: last_upload + 1,
        };
        let thread =
            std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
        Ok(Self { shared, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Opens for reading what another process may be writing; it sees what was committed when it was opened.
    ///
    /// # Errors
    /// When there is no store in `folder`, or as [`EmbeddedStore::open`].
    pub fn open_read_only(folder: &Path) -> Result<Self, StoreError> {
        let file = folder.join("store.db");
        let conn = schema::open_reader(&file)?;
        conn.execute_batch("BEGIN")?;
        let shared = Self::share(file, Options::default(), &conn)?;
        conn.execute_batch("COMMIT")?;
        shared.give_reader(conn);
        Ok(Self { shared: Arc::new(shared), jobs: None, thread: None })
    }

    fn share(file: PathBuf, options: Options, conn: &Connection) -> Result<Shared, StoreError> {
        let index = SeriesIndex::load(conn)?;
        let hot = Hot::load(conn, &index)?;
        Ok(Shared {
            file,
            options,
            index: RwLock::new(index),
            hot: RwLock::new(hot),
            readers: Mutex::new(Vec::new()),
            waiting_rows: AtomicUsize::new(0),
        })
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let jobs = self.jobs.as_ref().ok_or(StoreError::ReadOnly)?;
        let (reply, answer) = oneshot::channel();
        jobs.try_send(job(reply)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for EmbeddedStore {
    /// Waits for what was accepted to be committed.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Store for EmbeddedStore {
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        Box::pin(async move {
            if !batch.fits() {
                return Err(StoreError::TimeOutOfRange);
            }
            let rows = batch.len();
            let waiting = self.shared.waiting_rows.fetch_add(rows, Ordering::AcqRel);
            let result = if waiting > 0 && waiting + rows > MAX_WAITING_ROWS {
                Err(StoreError::Busy)
            } else {
                self.ask(|reply| Job::Write(batch, reply)).await
            };
            // The writer takes off what it took in; what never reached it is taken off here.
            if matches!(result, Err(StoreError::Busy | StoreError::ReadOnly)) {
                self.shared.waiting_rows.fetch_sub(rows, Ordering::AcqRel);
            }
            result
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        Box::pin(
            async move { reader::blocking(&self.shared, move |shared| reader::scan(shared, &scan)).await },
        )
    }

    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        Box::pin(async move {
            reader::blocking(&self.shared, move |shared| reader::scan_series(shared, &scan)).await
        })
    }

    fn series_days(
        &self,
        series: Series,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        Box::pin(async move {
            reader::blocking(&self.shared, move |shared| {
                reader::series_days(shared, &series, from_day, to_day)
            })
            .await
        })
    }

    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            reader::blocking(&self.shared, move |shared| reader::scan_cohort(shared, &scan, &*visit)).await
        })
    }

    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        Box::pin(async move {
            let entries = self.shared.index().of_participant(&participant);
            Ok(entries.into_iter().map(|entry| (*entry.series).clone()).collect())
        })
    }

    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        Box::pin(async move { Ok(self.shared.index().participants()) })
    }

    fn day_digests(
        &self,
        participant: ParticipantId,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        Box::pin(async move {
            reader::blocking(&self.shared, move |shared| {
                reader::day_digests(shared, &participant, from_day, to_day)
            })
            .await
        })
    }

    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        Box::pin(async move {
            if self.jobs.is_none() {
                let read = move |shared: &Shared| {
                    writer::dirty_days(&schema::open_reader(&shared.file)?, limit, |_, _| ())
                };
                return reader::blocking(&self.shared, read).await;
            }
            self.ask(move |reply| Job::DirtyDays(limit, reply)).await
        })
    }

    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.ask(move |reply| Job::ClearDirty(days, reply)))
    }

    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        Box::pin(self.ask(move |reply| Job::Erase(participant, reply)))
    }

    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            if self.jobs.is_none() {
                let read =
                    |shared: &Shared| Ok(scrub::owed(&schema::open_reader(&shared.file)?)? == scrub::NOTHING);
                return reader::blocking(&self.shared, read).await;
            }
            self.ask(Job::Scrub).await
        })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        Box::pin(async move {
            if self.jobs.is_none() {
                let read = |shared: &Shared| totals::stats(&schema::open_reader(&shared.file)?, shared);
                return reader::blocking(&self.shared, read).await;
            }
            self.ask(Job::Stats).await
        })
    }

    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        let read = |shared: &Shared| totals::verify(&schema::open_reader(&shared.file)?, shared);
        Box::pin(reader::blocking(&self.shared, read))
    }

    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        Box::pin(async move {
            if self.jobs.is_none() {
                let read = |shared: &Shared| totals::digest(&schema::open_reader(&shared.file)?, shared);
                return reader::blocking(&self.shared, read).await;
            }
            self.ask(Job::Digest).await
        })
    }

    fn knows_duplicates(&self) -> bool {
        true
    }
}
