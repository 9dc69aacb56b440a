use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use foulee_contract::{Metric, ParticipantId, Provenance, Series, Stored, Tuple};

use crate::Digest;

/// A boxed future, so that an engine can be chosen at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Milliseconds of a UTC day.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// The last day that a store can number (20 bits), in the year 4840.
pub(crate) const MAX_EPOCH_DAY: i32 = (1 << 20) - 1;

/// The UTC day, counted from 1970-01-01, in which an instant falls.
#[must_use]
pub fn epoch_day(utc_ms: i64) -> i32 {
    i32::try_from(utc_ms.div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

/// Why a store could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the embedded store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// The file system said no.
    #[error("the store's folder could not be used")]
    Io(#[from] std::io::Error),
    /// The SQLite library is older than 3.51.3 and can corrupt a database (WAL reset).
    #[error("SQLite {found} has the WAL-reset fault; 3.51.3 or later is needed")]
    SqliteTooOld {
        /// The version linked, as SQLite counts it.
        found: i32,
    },
    /// The files were written by a later Foulée.
    #[error("the store has schema {found}, this program knows {known}: use a newer foulee")]
    SchemaTooNew {
        /// In the file.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// A stored block does not decode.
    #[error("block {chunk} of the store is damaged: {why}")]
    Damaged {
        /// The block's id.
        chunk: i64,
        /// What did not fit.
        why: &'static str,
    },
    /// More is waiting to be written than memory is set aside for; try again later.
    #[error("the store is busy; try again")]
    Busy,
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// A time before 1970 or after 4840; ingest refuses such readings one by one before they come here.
    #[error("a reading's time is outside 1970 to 4840")]
    TimeOutOfRange,
    /// What would acknowledge is full or cannot be written; nothing of the batch was kept.
    #[error("the journal cannot take more now: {0}")]
    JournalRefuses(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// Somebody was erased after this was read: read it again without them.
    #[error("somebody was erased meanwhile; read it again")]
    Superseded,
    /// Opened for reading only.
    #[error("the store was opened for reading only")]
    ReadOnly,
    /// The folder's index belongs to the store of another bucket; its keys mean nothing there.
    #[error("this data folder belongs to the InfluxDB store {found}, not {asked}: use another --data-dir")]
    AnotherStore {
        /// In the folder: bucket/organisation.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// There is a journal and no index: without the index nobody knows whose the points in InfluxDB are.
    #[error(
        "influx.db is gone from the data folder, and the journal's key is there: restore it from a backup"
    )]
    IndexGone,
    /// InfluxDB could not do as asked.
    #[cfg(feature = "influx")]
    #[error(transparent)]
    Influx(#[from] crate::influx::InfluxError),
    /// A group commit failed, and this write with it; nothing of it was kept.
    #[error("the commit failed: {0}")]
    Commit(Arc<StoreError>),
}

impl StoreError {
    /// Whether it is another machine's doing, which may do better later.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        #[cfg(feature = "influx")]
        if let Self::Influx(_) = self {
            return true;
        }
        matches!(self, Self::JournalRefuses(_))
    }

    /// Whether the disk here, not InfluxDB's, is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Io(error) => error.kind() == std::io::ErrorKind::StorageFull,
            _ => false,
        }
    }
}

/// Tuples of one series on their way in.
#[derive(Clone, Debug)]
pub struct Group {
    /// Their series.
    pub series: Series,
    /// The tuples and what is kept beside them, in any order, repeats allowed.
    pub rows: Vec<(Tuple, Provenance)>,
}

/// What arrived together.
#[derive(Clone, Debug)]
pub struct WriteBatch {
    /// When it was received, ms UTC.
    pub received_ms: i64,
    /// By series; a series may come more than once.
    pub groups: Vec<Group>,
}

impl WriteBatch {
    /// The number of tuples in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }

    /// Whether every start lies on a day that a store can number, 1970 to 4840.
    #[must_use]
    pub fn fits(&self) -> bool {
        let starts = self.groups.iter().flat_map(|group| &group.rows).map(|(tuple, _)| tuple.start_ms);
        starts.into_iter().all(|start| (0..=MAX_EPOCH_DAY).contains(&epoch_day(start)))
    }

    /// Whether it holds no tuple.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.rows.is_empty())
    }
}

/// What a write did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Tuples that were not there before, repeats within the batch counted once; `None` where the engine cannot tell.
    pub new: Option<u64>,
}

/// Which readings of one participant to return.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Whose.
    pub participant: ParticipantId,
    /// Which metrics; all when empty.
    pub metrics: Vec<Metric>,
    /// From this instant, ms UTC. An interval belongs if any part of it lies in the range.
    pub from_ms: i64,
    /// Up to but not including this instant.
    pub to_ms: i64,
    /// As they were known at this instant: only what had been received by then. `None`: all.
    pub known_at_ms: Option<i64>,
}

/// Which readings of one series to return.
#[derive(Clone, Debug)]
pub struct SeriesScan {
    /// Which series.
    pub series: Series,
    /// From this instant, ms UTC.
    pub from_ms: i64,
    /// Up to but not including this instant.
    pub to_ms: i64,
    /// Whether an interval that began before and reaches into the range belongs too. A range that goes on where another
    /// ended says no, and meets nothing twice.
    pub reaching: bool,
    /// As they were known at this instant: only what had been received by then. `None`: all.
    pub known_at_ms: Option<i64>,
}

/// Which readings of everybody to return.
#[derive(Clone, Debug)]
pub struct CohortScan {
    /// Which metric.
    pub metric: Metric,
    /// From this instant, ms UTC.
    pub from_ms: i64,
    /// Up to but not including this instant.
    pub to_ms: i64,
    /// How many parallel ranges to cut the series into, at least 1.
    pub ranges: usize,
}

/// The tuples of one series, every version of them, in tuple order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesReadings {
    /// The series.
    pub series: Series,
    /// All tuples in range; [`foulee_contract::resolve`] gives the current ones.
    pub tuples: Vec<Stored>,
}

/// A UTC day of a participant that changed and has not been recomputed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DirtyDay {
    /// Rises with every mark, so that a day that changed again is not cleared by mistake.
    pub generation: i64,
    /// Whose.
    pub participant: ParticipantId,
    /// Days since 1970-01-01, UTC.
    pub epoch_day: i32,
}

/// The digest of one participant's readings that start on one UTC day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayDigest {
    /// Days since 1970-01-01, UTC.
    pub epoch_day: i32,
    /// Order-free sum over the day's tuples.
    pub digest: Digest,
}

/// What an erasure took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Tuples deleted.
    pub readings: u64,
    /// Series deleted.
    pub series: u64,
    /// Whether no byte of the erased is left in the files. If not, somebody was reading them all the while:
    /// [`Store::scrub`] tries again.
    pub scrubbed: bool,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Tuples, every version counted.
    pub readings: u64,
    /// Bytes on disk (0 in memory).
    pub bytes: u64,
    /// Bytes of the compressed blocks alone (0 in memory).
    pub block_bytes: u64,
    /// Series.
    pub series: u64,
    /// Days waiting to be recomputed.
    pub dirty_days: u64,
    /// The engine's name.
    pub engine: &'static str,
}

/// What a store found of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Tuples read back.
    pub readings: u64,
    /// What does not read back, or not as it was written.
    pub damaged: Vec<String>,
}

/// How a remote store behind a journal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// It takes and gives back.
    #[default]
    Ok,
    /// It does not answer or refuses: what is acknowledged waits in the journal.
    Degraded,
    /// It has lost readings that it had acknowledged, and they are not (yet) put back.
    Lost,
}

/// What stands between acknowledged and readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How the remote store stands.
    pub health: Health,
    /// Why it is not ok, in English, for an operator.
    pub why: Option<String>,
    /// Records that wait: a part of an upload each.
    pub waiting: u64,
    /// When the oldest of them was received, ms UTC.
    pub waiting_since_ms: Option<i64>,
    /// Bytes of the journal on disk, and how many it may have.
    pub journal_bytes: u64,
    /// The bound of the same.
    pub journal_max_bytes: u64,
    /// Whether the last upload was refused because the journal could not take it.
    pub journal_refuses: bool,
    /// Readings handed on since the start.
    pub forwarded: u64,
    /// Readings that the remote store had lost and that were put back, since the start.
    pub put_back: u64,
    /// Readings that the remote store refuses, set aside with the reason.
    pub set_aside: u64,
    /// Readings that the remote store lost and the journal no longer holds.
    pub lost: u64,
    /// Checks against the journal's digests that were done since the start.
    pub checks: u64,
}

/// A set of readings that outlives the process.
pub trait Store: Send + Sync {
    /// Adds tuples. When it returns `Ok` they are durable and their days are marked dirty.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too much is waiting; any other error means that nothing of the batch was kept.
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>>;

    /// The readings of one participant, by series in series order.
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>>;

    /// The readings of one series, every version of them, in tuple order; none where there is no such series.
    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>>;

    /// The UTC days from `from_day` to `to_day`, both included, on which a reading of a series starts, in order.
    fn series_days(
        &self,
        series: Series,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<i32>, StoreError>>;

    /// The readings of everybody in one metric, handed to `visit` by series from several threads at once.
    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The series that a participant has, in series order.
    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>>;

    /// Everybody of whom there is a series, in order of their ids.
    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>>;

    /// The digests of a participant's days from `from_day` to `to_day`, both included; empty days are left out.
    fn day_digests(
        &self,
        participant: ParticipantId,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>>;

    /// At most `limit` dirty days, oldest mark first. They stay dirty until [`Store::clear_dirty`]. A store that was
    /// opened for reading only says what another process has still to compute.
    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>>;

    /// Clears exactly these marks; a day that was marked again since keeps its newer mark.
    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Deletes everything of a participant, down to the bytes of the id in the files; [`Erased::scrubbed`] says whether
    /// the last of that could be done at once.
    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>>;

    /// Whether no byte of anybody erased is left in the files; what is left from an erasure before, also another
    /// process's, is tried again first. A store that was opened for reading only says how it stands.
    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// What is in it.
    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>>;

    /// Reads everything back and holds it against its digests.
    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>>;

    /// One number for the whole set.
    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>>;

    /// Whether [`Written::new`] is told.
    fn knows_duplicates(&self) -> bool;

    /// What is acknowledged and cannot be read yet; `None` where a write can be read at once.
    fn backlog(&self) -> Option<Backlog> {
        None
    }
}
