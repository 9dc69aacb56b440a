//! Where readings wait, sealed and on disk, until ingest has acknowledged them.
//!
//! Journals in one folder, under one key: `readings` (frames), `series` and its twin `series-twin` (which number stands for
//! which series; each gives back what the other lost), `aside` (what the service refused, with the reason). A reading counts as taken when [`Spool::take`] returns. What the journal lost or dropped comes back as gaps.

mod aside;
mod folder;
mod journals;
mod waiting;

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foulee_contract::{Batch, GapCause, Provenance, Rejection, Series, Tuple};
use foulee_journal::JournalError;
use serde::Serialize;

use crate::GatewayError;
use crate::config::SpoolConfig;
use crate::normalise::Taken;
use crate::stop::Stop;
pub use aside::Aside;
use journals::Journals;
pub use waiting::{Batched, Waiting};

/// The spool of one gateway.
pub struct Spool {
    folder: PathBuf,
    inner: Mutex<Journals>,
    more: Condvar,
    // Held for the life of the process: two gateways on one folder would tear each other's segments.
    _lock: File,
}
/// Time that is lost, to be told as a gap of every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// From, ms UTC.
    pub from_ms: i64,
    /// To, ms UTC.
    pub to_ms: i64,
    /// Why.
    pub cause: GapCause,
    /// Whether the end was cut off: then it lasted until an earlier run ended.
    pub open_ended: bool,
}

/// What one commit did.
#[derive(Debug, Default)]
pub struct Committed {
    /// Times that were lost.
    pub lost: Vec<Lost>,
}
/// What there is in a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SpoolStats {
    /// Commits that were not acknowledged yet.
    pub waiting_commits: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Since when the oldest waits, ms UTC.
    pub oldest_ms: Option<i64>,
}
impl Spool {
    /// Opens the spool, making it if it is not there; with it what was lost before.
    ///
    /// # Errors
    /// When the folder is used by another process, the key is not the one it was sealed with, or the disk fails.
    pub fn open(config: &SpoolConfig) -> Result<(Self, Vec<Lost>), GatewayError> {
        let folder = config.folder.clone();
        folder::make_private(&folder)?;
        let lock = folder::lock(&folder)?;
        let (journals, lost) = Journals::open(&folder, &folder::key(config)?, config.max_bytes)?;
        Ok((Self { folder, inner: Mutex::new(journals), more: Condvar::new(), _lock: lock }, lost))
    }

    /// Takes readings: when this returns they are sealed and on disk, file and folder.
    ///
    /// # Errors
    /// When they are not certainly on the disk; then none counts as taken, and the caller keeps them.
    pub fn take(&self, readings: &[Taken]) -> Result<Committed, GatewayError> {
        let mut inner = self.lock_inner();
        let result = inner.take(readings);
        drop(inner);
        self.more.notify_all();
        result.map_err(|source| self.fault(source))
    }

    /// Frames that wait, from the oldest: about `most` readings.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn next(&self, most: usize) -> Result<Batched, GatewayError> {
        self.lock_inner().next(most).map_err(|source| self.fault(source))
    }

    /// What was found lost while reading, once.
    #[must_use]
    pub fn found_lost(&self) -> Vec<Lost> {
        std::mem::take(&mut self.lock_inner().found_lost)
    }

    /// Forgets what was acknowledged.
    ///
    /// # Errors
    /// When the disk fails; the readings will be sent again, which changes nothing.
    pub fn release(&self, sent: &Batched) -> Result<(), GatewayError> {
        let mut inner = self.lock_inner();
        let done = inner.readings.release(sent.next);
        drop(inner);
        done.map_err(|source| self.fault(source))
    }

    /// Waits until something was taken, at most so long.
    pub fn wait_for_more(&self, time: Duration, stop: &Stop) {
        let inner = self.lock_inner();
        let seen = inner.commits;
        let step = time.min(Duration::from_millis(200));
        let mut left = time;
        let mut inner = inner;
        while !left.is_zero() && inner.commits == seen && !stop.is_set() {
            inner = self.more.wait_timeout(inner, step).unwrap_or_else(PoisonError::into_inner).0;
            left = left.saturating_sub(step);
        }
    }

    /// The readings of a frame with their series. A series that the table does not know is left out: both of its
    /// definitions were lost, and nobody knows whose readings these are; their time is among [`Self::found_lost`].
    #[must_use]
    pub fn resolve<'a>(&self, waiting: &'a Waiting) -> Vec<(Series, Provenance, &'a [Tuple])> {
        let inner = self.lock_inner();
        let known = waiting.groups.iter().filter_map(|group| {
            let series = inner.by_number.get(&group.series);
            if series.is_none() {
                tracing::error!(
                    series = group.series,
                    readings = group.tuples.len(),
                    "readings of an unknown series"
                );
            }
            Some((series?.clone(), group.provenance, group.tuples.as_slice()))
        });
        known.collect()
    }

    /// Keeps readings that the service refused, each with its reason.
    ///
    /// # Errors
    /// When the disk fails; then they are not released either.
    pub fn set_readings_aside(&self, batch: &Batch, rejected: &[Rejection]) -> Result<(), GatewayError> {
        self.keep_aside(&Aside::of_rejected(batch, rejected))
    }

    /// Keeps a frame that the service refused whole.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_frame_aside(&self, waiting: &Waiting, why: &str) -> Result<(), GatewayError> {
        let frame = Some(waiting.bytes.clone());
        self.keep_aside(&[Aside {
            code: "batch_refused".to_owned(),
            fix: why.to_owned(),
            batch: None,
            frame,
        }])
    }

    /// Keeps readings that this gateway itself could not take for true.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_aside(&self, asides: &[Aside]) -> Result<(), GatewayError> {
        if asides.is_empty() {
            return Ok(());
        }
        let mut inner = self.lock_inner();
        let kept = inner.keep_aside(asides);
        drop(inner);
        kept.map_err(|source| self.fault(source))
    }

    /// What was set aside, oldest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn asides(&self) -> Result<Vec<Aside>, GatewayError> {
        self.lock_inner().asides().map(|(asides, _)| asides).map_err(|source| self.fault(source))
    }

    /// Puts what was set aside back among what is to be sent; how many readings.
    ///
    /// # Errors
    /// When the disk fails; then it stays where it is.
    pub fn retry_asides(&self) -> Result<u64, GatewayError> {
        let mut inner = self.lock_inner();
        let result = inner.retry_asides();
        drop(inner);
        self.more.notify_all();
        result.map_err(|source| self.fault(source))
    }

    /// Reads everything that waits: how many readings, and how many damaged places there are.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn verify(&self) -> Result<(u64, u64), GatewayError> {
        self.lock_inner().verify().map_err(|source| self.fault(source))
    }

    /// What there is.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn stats(&self) -> Result<SpoolStats, GatewayError> {
        let mut inner = self.lock_inner();
        let stats = inner.readings.stats().map(|readings| SpoolStats {
            waiting_commits: readings.unreleased_records,
            bytes: readings.bytes,
            oldest_ms: readings.oldest_ms,
        });
        drop(inner);
        stats.map_err(|source| self.fault(source))
    }

    /// Writes down how far was released: at a graceful end, so that the next start sends nothing again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn settle(&self) -> Result<(), GatewayError> {
        let settled = self.lock_inner().readings.persist_released();
        settled.map_err(|source| self.fault(source))
    }

    /// The gaps of earlier losses are on record: they are not told again.
    ///
    /// # Errors
    /// When the disk fails; they are told again after a restart, which changes nothing.
    pub fn losses_are_told(&self) -> Result<(), GatewayError> {
        let settled = self.lock_inner().readings.settle();
        settled.map_err(|source| self.fault(source))
    }

    fn lock_inner(&self) -> MutexGuard<'_, Journals> {
        // A journal is whole between any two of its operations: a panic elsewhere leaves it usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, source: JournalError) -> GatewayError {
        GatewayError::Spool { path: self.folder.clone(), source }
    }
}
