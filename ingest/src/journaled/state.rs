use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foulee_journal::{Cause, Loss, Position};
use foulee_store::{Backlog, Health};

/// Who found that InfluxDB works or does not: one says nothing of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The forwarder, who writes.
    Write = 0,
    /// The probe and the checks, who read as well.
    Probe = 1,
}

/// What is known of the way from the journal to InfluxDB.
#[derive(Debug, Default)]
pub(super) struct State {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    backlog: Backlog,
    /// Commits that were not handed on: position, when received, records.
    waiting: VecDeque<(Position, i64, u64)>,
    /// By side.
    trouble: [Option<String>; 2],
    /// The journal's own disk lost acknowledged uploads.
    journal_losses: u64,
    /// Days that were found not to be whole and are not repaired yet.
    faults: u64,
    /// Something failed since the last check: what was acknowledged meanwhile may be gone.
    unchecked: bool,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Counters: whatever a panic left is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn backlog(&self) -> Backlog {
        let inner = self.lock();
        let mut backlog = inner.backlog.clone();
        backlog.waiting = inner.waiting.iter().map(|(_, _, records)| records).sum();
        backlog.waiting_since_ms = inner.waiting.front().map(|(_, received_ms, _)| *received_ms);
        let trouble = inner.trouble.iter().flatten().next();
        (backlog.health, backlog.why) = match (trouble, inner.faults, backlog.lost) {
            (Some(why), _, _) => (Health::Degraded, Some(why.clone())),
            (None, 0, 0) if inner.journal_losses > 0 => {
                let why = "the journal's own disk lost uploads that waited; the log says when they came";
                (Health::Lost, Some(why.to_owned()))
            }
            (None, 0, 0) => (Health::Ok, None),
            (None, 0, lost) => (
                Health::Lost,
                Some(format!("InfluxDB lost {lost} readings that the journal no longer holds")),
            ),
            (None, days, _) => (
                Health::Lost,
                Some(format!("InfluxDB lost readings of {days} days; they are being put back")),
            ),
        };
        backlog
    }

    pub(super) fn committed(&self, position: Position, received_ms: i64, records: u64) {
        let mut inner = self.lock();
        inner.backlog.journal_refuses = false;
        inner.waiting.push_back((position, received_ms, records));
    }

    /// The journal itself lost something. The last commit before a crash was hardly ever acknowledged: that alone is no
    /// alarm.
    pub(super) fn journal_lost(&self, losses: &[Loss]) {
        for loss in losses {
            tracing::error!(?loss, "the journal's own disk lost uploads");
            self.lock().journal_losses += u64::from(loss.cause != Cause::CutOff);
        }
    }

    pub(super) fn refused(&self) {
        self.lock().backlog.journal_refuses = true;
    }

    pub(super) fn journal(&self, bytes: u64, max_bytes: u64) {
        let mut inner = self.lock();
        (inner.backlog.journal_bytes, inner.backlog.journal_max_bytes) = (bytes, max_bytes);
    }

    /// Everything before `next` is in InfluxDB.
    pub(super) fn forwarded(&self, next: Position, readings: u64, records: u64) {
        let mut inner = self.lock();
        inner.backlog.forwarded += readings;
        // What is in InfluxDB makes room.
        inner.backlog.journal_refuses = false;
        let mut records = records;
        while let Some((_, _, of_commit)) = inner.waiting.pop_front_if(|(position, _, _)| *position < next) {
            records = records.saturating_sub(of_commit);
        }
        // What an earlier process left stands as one entry.
        if let Some((_, _, left)) = inner.waiting.front_mut() {
            *left = left.saturating_sub(records).max(1);
        }
    }

    pub(super) fn is_drained(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    /// InfluxDB does not do as asked; whether that is news.
    pub(super) fn failed(&self, side: Side, why: String) -> bool {
        let mut inner = self.lock();
        inner.unchecked = true;
        inner.trouble[side as usize].replace(why).is_none()
    }

    /// It does again; whether that is news.
    pub(super) fn works(&self, side: Side) -> bool {
        self.lock().trouble[side as usize].take().is_some()
    }

    /// Whether it gives back, so that it can be checked and repaired: what cannot be written may wait for just that.
    pub(super) fn answers(&self) -> bool {
        self.lock().trouble[Side::Probe as usize].is_none()
    }

    pub(super) fn is_working(&self) -> bool {
        self.lock().trouble.iter().all(Option::is_none)
    }

    /// Whether something failed since the last check; asking clears it.
    pub(super) fn take_unchecked(&self) -> bool {
        std::mem::take(&mut self.lock().unchecked)
    }

    /// A write met something that is missing: all is to be checked, and said to be so until it is.
    pub(super) fn lost_something(&self) {
        let mut inner = self.lock();
        inner.unchecked = true;
        inner.faults = inner.faults.max(1);
    }

    pub(super) fn set_unchecked(&self) {
        self.lock().unchecked = true;
    }

    pub(super) fn faults(&self, days: u64) {
        self.lock().faults = days;
    }

    pub(super) fn checked(&self) {
        self.lock().backlog.checks += 1;
    }

    pub(super) fn put_back(&self, readings: u64) {
        self.lock().backlog.put_back += readings;
    }

    pub(super) fn known(&self, lost: u64, set_aside: u64) {
        let mut inner = self.lock();
        (inner.backlog.lost, inner.backlog.set_aside) = (lost, set_aside);
    }

    pub(super) fn one_set_aside(&self) {
        self.lock().backlog.set_aside += 1;
    }
}
