//! What all connections count together.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted while sending.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Good batches that were posted, each time.
    pub(super) batches: Count,
    /// Those of them that had been posted before.
    pub(super) resent: Count,
    /// Batches that nobody may accept.
    pub(super) corrupt: Count,
    /// Batches and readings that nobody may accept, refused.
    pub(super) refused_as_expected: Count,
    /// Readings that nobody may accept, accepted.
    pub(super) wrongly_accepted: Count,
    /// Readings that should have been accepted, refused.
    pub(super) wrongly_refused: Count,
    /// Times that something was tried again.
    pub(super) retries: Count,
    /// Readings acknowledged, each once.
    pub(super) acknowledged: Count,
    /// People of whom all was sent.
    pub(super) people_done: Count,
    ended: AtomicBool,
    /// The status at which patience was over, or 0.
    gave_up_at: AtomicU16,
}

impl Tally {
    /// Patience is over with a server that goes on answering with this status.
    pub(super) fn give_up(&self, status: u16) {
        self.gave_up_at.store(status, Ordering::Relaxed);
        self.end();
    }

    /// The status at which patience was over.
    pub(super) fn gave_up_at(&self) -> Option<u16> {
        Some(self.gave_up_at.load(Ordering::Relaxed)).filter(|&status| status != 0)
    }

    /// Nothing more is to be sent: patience is over, or something failed.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }
}
