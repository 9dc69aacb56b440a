//! What must be readable behind its release, and what must never be again.

use std::collections::{BTreeMap, BTreeSet};

use foulee_journal::{Cause, Loss, Read};

/// Why something may be missing that was released.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MayGo {
    /// What is before this number may be gone.
    pub(crate) released: u64,
    /// For want of room, or because it is not kept at all.
    pub(crate) any: bool,
    /// Older than this, ms UTC.
    pub(crate) before_ms: Option<i64>,
    /// Though not released, when told as dropped. (That [`foulee_journal::Journal::read`] tells it too, others check.)
    pub(crate) dropped: bool,
}

/// Ids with the positions of their commits.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    /// All that was ever taken.
    ever: BTreeMap<u64, u64>,
    /// When, ms UTC.
    last_ms: BTreeMap<u64, i64>,
    /// What must be readable.
    kept: BTreeMap<u64, u64>,
    /// An erasure was tried and did not say `Ok`.
    erasing: BTreeMap<u64, u64>,
    erased: BTreeSet<u64>,
}

impl Retained {
    pub(crate) fn dated(&mut self, id: u64, last_ms: i64) {
        self.last_ms.insert(id, last_ms);
    }

    pub(crate) fn take(&mut self, new: &[(u64, u64)]) {
        self.ever.extend(new.iter().copied());
        self.kept.extend(new.iter().copied());
    }

    /// It was given up, and that was told.
    pub(crate) fn drop_range(&mut self, first: u64, last: u64) {
        self.kept.retain(|_, at| !(first..=last).contains(at));
    }

    pub(crate) fn erasing(&mut self, unwanted: impl Fn(u64) -> bool) {
        self.kept.retain(|id, _| !unwanted(*id));
        let named = self.ever.iter().filter(|(id, _)| unwanted(**id) && !self.erased.contains(id));
        self.erasing.extend(named.map(|(id, at)| (*id, *at)));
    }

    /// The erasure said `Ok`, or a power cut decided it; returns how many.
    pub(crate) fn erased(&mut self, unwanted: impl Fn(u64) -> bool) -> u64 {
        let gone: Vec<u64> = self.erasing.keys().copied().filter(|id| unwanted(*id)).collect();
        self.erasing.retain(|id, _| !unwanted(*id));
        self.erased.extend(&gone);
        gone.len() as u64
    }

    /// The position, where it was to be erased and a power cut came first.
    pub(crate) fn came_back(&mut self, id: u64) -> Option<u64> {
        let at = self.erasing.remove(&id)?;
        self.kept.insert(id, at);
        Some(at)
    }

    /// Leaves out what may or may not be erased yet. What is erased must not be there, but where a power cut could bring
    /// anything back.
    pub(crate) fn not_erased(&self, found: &mut Vec<u64>, doubtful: bool) -> Result<(), String> {
        if let Some(id) = found.iter().find(|id| self.erased.contains(id) && !doubtful) {
            return Err(format!("record {id} was erased"));
        }
        found.retain(|id| !self.erasing.contains_key(id) && !self.erased.contains(id));
        Ok(())
    }

    fn may_go(&self, id: u64, at: u64, may: MayGo) -> bool {
        let old = may.before_ms.is_some_and(|before| self.last_ms[&id] < before);
        at < may.released && (may.any || old)
    }

    /// The journal begins at `oldest`: what is before it must have been allowed to go. Returns how many went.
    pub(crate) fn begins_at(&mut self, oldest: u64, may: MayGo) -> Result<u64, String> {
        let gone: Vec<(u64, u64)> =
            self.kept.iter().filter(|(_, at)| **at < oldest).map(|(id, at)| (*id, *at)).collect();
        for (id, at) in &gone {
            if !self.may_go(*id, *at, may) {
                return Err(format!("record {id} at {at} was not kept: {may:?}, oldest {oldest}"));
            }
            self.kept.remove(id);
        }
        Ok(gone.len() as u64)
    }

    /// What was read from `from` on is all that is kept, or is told as lost and was allowed to go.
    pub(crate) fn read(
        &mut self,
        from: u64,
        read: &Read,
        found: &[u64],
        may: MayGo,
        exact: bool,
    ) -> Result<u64, String> {
        let set: BTreeSet<u64> = found.iter().copied().collect();
        let here = self.kept.iter().filter(|(_, at)| (from..read.next.0).contains(at));
        let missing: Vec<(u64, u64)> =
            here.filter(|(id, _)| !set.contains(id)).map(|(id, at)| (*id, *at)).collect();
        for (id, at) in missing {
            let told = |loss: &Loss| (loss.first.0..=loss.last.0).contains(&at);
            let dropped = |loss: &Loss| may.dropped && loss.cause == Cause::Dropped && told(loss);
            let allowed = self.may_go(id, at, may) && read.lost.iter().any(told);
            if !allowed && !read.lost.iter().any(dropped) {
                return Err(format!("record {id} at {at} was not kept: {may:?}, {:?}", read.lost));
            }
            self.kept.remove(&id);
        }
        for id in found.iter().filter(|id| exact || !self.ever.contains_key(id)) {
            if !self.kept.contains_key(id) {
                return Err(format!("record {id} was not to be there any more"));
            }
        }
        Ok(found.iter().filter(|id| self.ever[id] < may.released).count() as u64)
    }

    /// Leaves out what was never taken: what a failed commit left in a segment that came back without the one behind it.
    pub(crate) fn without_strange(&self, found: &mut Vec<u64>) {
        found.retain(|id| self.ever.contains_key(id));
    }

    /// After a power cut: what is found is there to stay, though its segment was being deleted.
    pub(crate) fn recovered(&mut self, found: &[u64]) {
        for id in found {
            if !self.erased.contains(id) {
                self.kept.insert(*id, self.ever[id]);
            }
        }
    }
}
