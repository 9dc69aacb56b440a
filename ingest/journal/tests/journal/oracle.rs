//! What must be in the journal, and what may be.

use std::collections::{BTreeMap, BTreeSet};

use foulee_journal::{Block, Position};

use crate::chance::Chance;
use crate::retained::Retained;

/// The record with this number: its bytes follow from it, so that a strange one is known.
pub(crate) fn record(life: u64, id: u64) -> Vec<u8> {
    let mut chance = Chance::new(life ^ id.wrapping_mul(0xd6e8_feb8_6659_fd93));
    let len = if chance.one_in(20) { chance.below(400) } else { chance.below(40) };
    let mut bytes = id.to_le_bytes().to_vec();
    // Half of it compresses.
    bytes.resize(8 + len as usize / 2, 7);
    let start = bytes.len();
    bytes.resize(start + len as usize / 2, 0);
    chance.fill(&mut bytes[start..]);
    bytes
}

/// The number that a record claims, if it is the record of that number.
pub(crate) fn id_of(life: u64, bytes: &[u8]) -> Option<u64> {
    let id = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    (record(life, id) == bytes).then_some(id)
}

/// Keeps count of one disk's life.
#[derive(Debug)]
pub(crate) struct Oracle {
    life: u64,
    next_id: u64,
    /// Acknowledged, or found after a crash: id by id, with the position of its commit.
    pub(crate) taken: BTreeMap<u64, u64>,
    /// In a commit that did not say `Ok`.
    maybe: BTreeMap<u64, u64>,
    /// Appended and not committed.
    pub(crate) waiting: Vec<u64>,
    /// Given up by the journal to make room, and told.
    dropped: BTreeSet<u64>,
    pub(crate) released: u64,
    /// What is kept behind its release, and what was erased.
    pub(crate) retained: Retained,
}

impl Oracle {
    pub(crate) fn new(life: u64) -> Self {
        Self {
            life,
            next_id: 0,
            taken: BTreeMap::new(),
            maybe: BTreeMap::new(),
            waiting: Vec::new(),
            dropped: BTreeSet::new(),
            released: 0,
            retained: Retained::default(),
        }
    }

    /// What its records follow from.
    pub(crate) fn life(&self) -> u64 {
        self.life
    }

    pub(crate) fn next_record(&mut self) -> (u64, Vec<u8>) {
        let id = self.next_id;
        self.next_id += 1;
        (id, record(self.life, id))
    }

    /// A commit with this position is tried: from now on its records may be on the disk.
    pub(crate) fn trying(&mut self, position: Position) {
        self.maybe.extend(self.waiting.iter().map(|id| (*id, position.0)));
    }

    /// It was acknowledged.
    pub(crate) fn acknowledged(&mut self, position: Position) {
        let new: Vec<(u64, u64)> = self.waiting.drain(..).map(|id| (id, position.0)).collect();
        self.taken.extend(new.iter().copied());
        self.retained.take(&new);
        self.maybe.clear();
    }

    /// What is lost by a told dropping, and how many records it holds.
    pub(crate) fn drop_range(&mut self, first: u64, last: u64) -> u64 {
        let gone = self.taken.iter().filter(|(_, at)| (first..=last).contains(at)).map(|(id, _)| *id);
        let gone: BTreeSet<u64> = gone.collect();
        let new = gone.difference(&self.dropped).count() as u64;
        self.dropped.extend(gone);
        self.retained.drop_range(first, last);
        new
    }

    /// Records that must be given out, from a position on.
    pub(crate) fn due(&self, from: u64) -> impl Iterator<Item = u64> + '_ {
        let here = self.taken.iter().filter(move |(id, at)| **at >= from && !self.dropped.contains(id));
        here.map(|(id, _)| *id)
    }

    /// The ids in blocks that were read, each checked.
    pub(crate) fn ids(&self, blocks: &[Block]) -> Result<Vec<u64>, String> {
        let mut ids = Vec::new();
        for block in blocks {
            for bytes in block.records() {
                let id = id_of(self.life, bytes).ok_or_else(|| format!("a strange record: {bytes:?}"))?;
                if ids.last().is_some_and(|last| *last >= id) {
                    return Err(format!("record {id} behind {ids:?}"));
                }
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// An erasure is tried: from now on what it names may be gone, and what waits is. (What a failed commit left is not the
    /// erasure's to find: it is void once the number is used again.)
    pub(crate) fn erasing(&mut self, unwanted: impl Fn(u64) -> bool) {
        self.waiting.retain(|id| !unwanted(*id));
        self.taken.retain(|id, _| !unwanted(*id));
        self.retained.erasing(unwanted);
    }

    /// After a power cut: everything acknowledged and not released is among `found`, and nothing else but what was tried
    /// last or released. What was found is there to stay, what was not is gone for good.
    pub(crate) fn recovered(&mut self, found: &[u64]) -> Result<(), String> {
        let set: BTreeSet<u64> = found.iter().copied().collect();
        let missing: Vec<u64> = self.due(self.released).filter(|id| !set.contains(id)).collect();
        if !missing.is_empty() {
            return Err(format!("lost {missing:?} of {:?}, released {}", self.taken, self.released));
        }
        for id in found {
            if let Some(at) = self.retained.came_back(*id) {
                self.taken.insert(*id, at);
            }
            let known = self.taken.contains_key(id);
            let Some(at) = self.maybe.get(id).filter(|_| !known) else {
                if known {
                    continue;
                }
                return Err(format!("record {id} was never to be seen again"));
            };
            self.taken.insert(*id, *at);
            self.retained.take(&[(*id, *at)]);
        }
        // Released, or given up: neither comes back.
        self.taken.retain(|id, _| set.contains(id));
        self.maybe.clear();
        self.waiting.clear();
        Ok(())
    }
}
