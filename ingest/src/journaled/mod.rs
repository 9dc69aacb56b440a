//! The journal in front of InfluxDB: what is in it is acknowledged, what InfluxDB loses is put back from it.
//!
//! Invariants:
//! - [`Store::write`] answers when the batch is fsynced in the journal, whether InfluxDB is there or not.
//! - Everything in the journal reaches InfluxDB, in order, or is set aside reading by reading with the reason.
//! - What was handed on stays in the journal for a retention, or until room is needed: then the oldest that is in InfluxDB
//!   goes first. When all that is held still waits, a write is refused.
//! - Erasing somebody takes their records out of the journal before their points go.
//!
//! It never judges a reading; time and randomness come with the options.

mod forward;
mod keeper;
mod state;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use foulee_contract::{ParticipantId, Series, Stored};
use foulee_journal::{Disk, Journal, JournalError, Key, Options, Position, WhenFull};
use foulee_store::influx::{Checked, Depth, InfluxOptions, InfluxStore, RandomSource};
use foulee_store::{
    Backlog, BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesReadings, SeriesScan,
    Stats, Store, StoreError, Verified, WriteBatch, Written, record,
};
use tokio::sync::{Notify, oneshot};

use crate::Clock;
use state::State;
use writer::Job;

/// How much the journal keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalBounds {
    /// Bytes on disk, all of it.
    pub max_bytes: u64,
    /// For how long what is in InfluxDB is kept, ms.
    pub keep_ms: i64,
}

impl Default for JournalBounds {
    /// 4 GiB, 30 days: 5,000 people at a reading a minute in two metrics are 40 MB a day.
    fn default() -> Self {
        Self { max_bytes: 4 << 30, keep_ms: 30 * 86_400_000 }
    }
}

/// Who opens a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// A service: it probes, checks, repairs and forgets what is old.
    Service,
    /// A command, which ends soon: it hands on and repairs what stands in its way.
    Command,
}

/// What a repair did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Days of series that were looked after.
    pub days: u64,
    /// Readings put back.
    pub put_back: u64,
    /// Readings that neither InfluxDB nor the journal holds.
    pub lost: u64,
    /// Points that were not written here, and were taken out.
    pub foreign: u64,
}

/// Batches and bytes that may wait for the journal before [`StoreError::Busy`].
const MAX_WAITING_BATCHES: usize = 64;
const MAX_WAITING_BYTES: usize = 32 << 20;
/// Rows of one record: a block of the journal stays small enough to be read alone.
const RECORD_ROWS: usize = 20_000;
const SEGMENT_BYTES: u64 = 8 << 20;
const COMMIT_BYTES: usize = 4 << 20;
const POLL: Duration = Duration::from_millis(20);
/// How long a store that is dropped waits for its tasks.
const ABORT_PATIENCE: Duration = Duration::from_secs(2);

/// A store in InfluxDB behind a journal.
#[derive(Debug)]
pub struct JournaledStore {
    shared: Arc<Shared>,
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

pub(crate) struct Shared {
    store: InfluxStore,
    journal: Mutex<Journal<Disk>>,
    state: State,
    /// Something was committed.
    more: Notify,
    /// Something is to be repaired.
    repair: Notify,
    waiting_bytes: AtomicUsize,
    keep_ms: i64,
    max_bytes: u64,
    clock: Clock,
    random: RandomSource,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Shared {
    fn journal(&self) -> MutexGuard<'_, Journal<Disk>> {
        // The journal stays usable after any error of its own; a panic in the middle leaves what the disk says.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, journal: &mut Journal<Disk>, oldest_ms: i64, records: u64) -> Result<(), JournalError> {
        let committed = journal.commit()?;
        if let Some(error) = &committed.not_joined {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "a segment of the journal stays unjoined"
            );
        }
        self.state.journal_lost(&committed.lost);
        if let Some(position) = committed.position {
            self.state.committed(position, oldest_ms, records);
        }
        self.state.journal(journal.stats()?.bytes, self.max_bytes);
        Ok(())
    }

    /// Everything before `next` is in InfluxDB.
    async fn released(self: &Arc<Self>, next: Position, readings: u64, records: u64) {
        self.state.forwarded(next, readings, records);
        let shared = Arc::clone(self);
        let released = tokio::task::spawn_blocking(move || {
            let mut journal = shared.journal();
            journal.release(next)?;
            journal.persist_released()?;
            shared.state.journal(journal.stats()?.bytes, shared.max_bytes);
            Ok::<_, JournalError>(())
        });
        if let Ok(Err(error)) = released.await {
            // It will be read and sent again, which changes nothing.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the journal's cursor could not be written"
            );
        }
    }

    async fn expire(self: &Arc<Self>, now_ms: i64) {
        let shared = Arc::clone(self);
        let expired = tokio::task::spawn_blocking(move || {
            shared.journal().expire(now_ms.saturating_sub(shared.keep_ms))
        });
        if let Ok(Err(error)) = expired.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old segments could not be deleted");
        }
    }

    /// The disk is full: what is in InfluxDB and only kept here goes.
    fn give_way(&self) {
        match self.journal().expire(i64::MAX) {
            Ok(0) => {}
            Ok(segments) => {
                tracing::warn!(
                    segments,
                    "the disk is full: what the journal kept of what is in InfluxDB made room"
                );
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "old segments could not be deleted");
            }
        }
    }

    /// A wait that doubles with each failure, up to the longest, less up to a half by chance.
    fn backoff(&self, first_ms: u64, longest_ms: u64, failures: u32) -> Duration {
        let whole = longest_ms.min(first_ms.saturating_mul(1 << failures.min(16)));
        let mut byte = [0];
        // Without chance all wait the same: no harm but to the server.
        let _ = (self.random)(&mut byte);
        Duration::from_millis(whole - whole * u64::from(byte[0]) / 512)
    }
}

/// The journal's folder and key below the data folder.
fn paths(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("journal"), folder.join("journal.key"))
}

impl JournaledStore {
    /// Opens journal and store below `folder`, and hands on what waits from then on, on the runtime in which this is
    /// called. InfluxDB need not answer.
    ///
    /// # Errors
    /// The folder, the journal or the index cannot be used.
    pub fn open(
        folder: &Path,
        options: InfluxOptions,
        bounds: JournalBounds,
        upkeep: Upkeep,
    ) -> Result<Self, StoreError> {
        let (clock, random) = (Arc::clone(&options.clock), options.random);
        if paths(folder).1.exists() && !InfluxStore::is_in(folder) {
            return Err(StoreError::IndexGone);
        }
        let store = InfluxStore::open(folder, options)?;
        let refuses = |error: JournalError| StoreError::JournalRefuses(Arc::new(error));
        let (place, key_file) = paths(folder);
        // A nonce without randomness would be worse than none; the system's source does not fail once it has begun.
        let mut failed = None;
        let mut fill = |bytes: &mut [u8]| {
            if let Err(error) = random(bytes) {
                failed = Some(error);
            }
        };
        let had_key = key_file.exists();
        let key = Key::from_file_or_new(&key_file, &mut fill).map_err(refuses)?;
        if let Some(error) = failed {
            let _ = std::fs::remove_file(&key_file);
            return Err(StoreError::Io(error));
        }
        let options = Options {
            segment_bytes: SEGMENT_BYTES.min(bounds.max_bytes / 16),
            max_bytes: bounds.max_bytes,
            max_commit_bytes: COMMIT_BYTES
                .min(usize::try_from(bounds.max_bytes / 16).unwrap_or(COMMIT_BYTES)),
            when_full: WhenFull::Refuse,
            keep_released: true,
        };
        let nonces = move |bytes: &mut [u8]| {
            if random(bytes).is_err() {
                tracing::error!(
                    "the system gives no random bytes; the service ends rather than seal with known ones"
                );
                std::process::exit(1);
            }
        };
        let disk = Disk::open(&place)?;
        let opened = Journal::open(disk, &key, options, nonces);
        if matches!(opened, Err(JournalError::WrongKey)) && !had_key {
            // The key of a journal that is there is gone: a new one is no help, and would hide that.
            let _ = std::fs::remove_file(&key_file);
        }
        let (mut journal, recovery) = opened.map_err(refuses)?;
        let state = State::default();
        state.journal_lost(&recovery.lost);
        journal.settle().map_err(refuses)?;
        let stats = journal.stats().map_err(refuses)?;
        if stats.unreleased_records > 0 {
            let last = Position(journal.next_position().0.saturating_sub(1));
            state.committed(last, stats.oldest_ms.unwrap_or_else(|| clock()), stats.unreleased_records);
        }
        state.journal(stats.bytes, bounds.max_bytes);
        let shared = Arc::new(Shared {
            store,
            journal: Mutex::new(journal),
            state,
            more: Notify::new(),
            repair: Notify::new(),
            waiting_bytes: AtomicUsize::new(0),
            keep_ms: bounds.keep_ms,
            max_bytes: bounds.max_bytes,
            clock,
            random,
        });
        let (jobs, receiver) = sync_channel(MAX_WAITING_BATCHES);
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || writer::run(&of_thread, &receiver))?;
        let tasks = vec![
            tokio::spawn(forward::run(Arc::clone(&shared))),
            match upkeep {
                Upkeep::Service => tokio::spawn(keeper::run(Arc::clone(&shared))),
                Upkeep::Command => tokio::spawn(keeper::mend(Arc::clone(&shared))),
            },
        ];
        Ok(Self { shared, jobs: Some(jobs), thread: Some(thread), tasks })
    }

    /// Waits until all that is acknowledged is in InfluxDB, at most so long; whether it is.
    pub async fn drained(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while !self.shared.state.is_drained() {
            if Instant::now() >= end {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
        true
    }

    /// Holds InfluxDB against what was acknowledged, all of it, reading by reading.
    ///
    /// # Errors
    /// InfluxDB does not answer.
    pub async fn check(&self) -> Result<Checked, StoreError> {
        self.shared.store.check(None, Depth::Digests).await
    }

    /// Offers InfluxDB again what it refused and was set aside; how many it took.
    ///
    /// # Errors
    /// InfluxDB does not answer.
    pub async fn offer_again(&self) -> Result<u64, StoreError> {
        keeper::offer_again(&self.shared).await
    }

    /// Puts back what a check found missing.
    ///
    /// # Errors
    /// InfluxDB does not answer, or the journal cannot be read.
    pub async fn repair(&self, checked: &Checked) -> Result<Repair, StoreError> {
        let days = checked.faults.iter().map(|fault| (fault.series.clone(), fault.epoch_day)).collect();
        keeper::repair(&self.shared, days).await
    }

    /// The store behind the journal.
    #[must_use]
    pub fn influx(&self) -> &InfluxStore {
        &self.shared.store
    }
}

impl Drop for JournaledStore {
    /// Waits for what was accepted to be on the disk; what was not handed on is by the next process.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        for task in &self.tasks {
            task.abort();
        }
        // The folder is free only when nobody works on it any more.
        let end = Instant::now() + ABORT_PATIENCE;
        while Instant::now() < end && Arc::strong_count(&self.shared) > 1 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Store for JournaledStore {
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        Box::pin(async move {
            if !batch.fits() {
                return Err(StoreError::TimeOutOfRange);
            }
            let received_ms = batch.received_ms;
            let groups = batch.groups.iter().flat_map(|group| {
                group.rows.chunks(RECORD_ROWS).map(|rows| record::encode(&group.series, rows, received_ms))
            });
            let records: Vec<Vec<u8>> = groups.collect();
            if records.is_empty() {
                return Ok(Written { new: None });
            }
            let bytes = records.iter().map(|record| record.len() + 5).sum::<usize>();
            let waiting = self.shared.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
            let (reply, answer) = oneshot::channel();
            let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
            let sent = if waiting > 0 && waiting + bytes > MAX_WAITING_BYTES {
                Err(StoreError::Busy)
            } else {
                jobs.try_send(Job { records, received_ms, reply }).map_err(|error| match error {
                    TrySendError::Full(_) => StoreError::Busy,
                    TrySendError::Disconnected(_) => StoreError::Closed,
                })
            };
            if let Err(error) = sent {
                self.shared.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
                return Err(error);
            }
            answer.await.map_err(|_| StoreError::Closed)?
        })
    }

    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        Box::pin(async move {
            let shared = Arc::clone(&self.shared);
            let purge =
                move || shared.journal().purge(|record| record::participant(record) == Some(participant));
            let purged = tokio::task::spawn_blocking(purge).await.map_err(|_| StoreError::Closed)?;
            purged.map_err(|error| StoreError::JournalRefuses(Arc::new(error)))?;
            // What was read before the purge is refused from here on, and read again without them.
            self.shared.store.erase(participant).await
        })
    }

    fn backlog(&self) -> Option<Backlog> {
        Some(self.shared.state.backlog())
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        Box::pin(async move {
            let stats = self.shared.store.stats().await?;
            Ok(Stats { bytes: stats.bytes + self.shared.state.backlog().journal_bytes, ..stats })
        })
    }

    fn knows_duplicates(&self) -> bool {
        false
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        self.shared.store.scan(scan)
    }

    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        self.shared.store.scan_series(scan)
    }

    fn series_days(
        &self,
        series: Series,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        self.shared.store.series_days(series, from_day, to_day)
    }

    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.shared.store.scan_cohort(scan, visit)
    }

    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        self.shared.store.series_of(participant)
    }

    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        self.shared.store.participants()
    }

    fn day_digests(
        &self,
        participant: ParticipantId,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        self.shared.store.day_digests(participant, from_day, to_day)
    }

    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        self.shared.store.dirty_days(limit)
    }

    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.shared.store.clear_dirty(days)
    }

    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        self.shared.store.scrub()
    }

    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        self.shared.store.verify()
    }

    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        self.shared.store.digest()
    }
}
