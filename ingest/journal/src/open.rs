use std::collections::{BTreeSet, VecDeque};

use crate::cursor::{self, Cursor};
use crate::files::{Files, Loaded, load};
use crate::join::{How, rewrite};
use crate::journal::Pending;
use crate::seal::Sealer;
use crate::segment::{Segment, file_name, first_of, survey};
use crate::{Cause, Journal, JournalError, Key, Loss, Options, Position, meta};

/// What opening found. None of it needs a human.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "losses are to be reported"]
pub struct Recovery {
    /// Losses to be reported as gaps: put them on record, then [`Journal::settle`]. Damage to the records of a segment that
    /// was joined shows only when it is read.
    pub lost: Vec<Loss>,
    /// The cursor file was damaged: what is still there counts as not released and will be read again.
    pub cursor_lost: bool,
    /// The file that checks the key was damaged and was written anew.
    pub key_check_lost: bool,
}

impl<F: Files> Journal<F> {
    /// Opens the journal, making it if it is not there. The folder must be used by one process alone. `fill_random` gives
    /// the bytes of nonces and must be fit for cryptography.
    ///
    /// # Errors
    /// When the options contradict each other, the key is not the one it was sealed with, it was written by a later
    /// program, or the folder or a whole segment cannot be read (but one that is only kept). Damage is not an error.
    pub fn open(
        mut files: F,
        key: &Key,
        options: Options,
        fill_random: impl FnMut(&mut [u8]) + Send + 'static,
    ) -> Result<(Self, Recovery), JournalError> {
        let options = options.check()?;
        let mut sealer = Sealer::new(key, Box::new(fill_random));
        let names = files.list().map_err(JournalError::io("list its folder"))?;
        let mut firsts: Vec<u64> = names.iter().filter_map(|name| first_of(name)).collect();
        firsts.sort_unstable();
        Self::drop_empty(&mut files, &mut firsts)?;
        let key_check_lost = meta::check(&mut files, &mut sealer, &names, &firsts)?;
        Self::sweep(&mut files, &names);
        let cursor = cursor::read(&mut files, &names);
        let mut journal = Self {
            files,
            sealer,
            options,
            segments: VecDeque::with_capacity(firsts.len()),
            active: false,
            next: 0,
            pending: Pending::default(),
            released: 0,
            persisted: None,
            going_bytes: 0,
            window: None,
            kept_window: None,
            losses: Vec::new(),
            known: BTreeSet::new(),
        };
        journal.begin_at(cursor, firsts.first().copied());
        for (index, first) in firsts.iter().enumerate() {
            journal.take_in(*first, firsts.get(index + 1).copied())?;
        }
        // Before anything is written: a power cut may have brought back what was deleted. Where the disk says no, the next
        // release or start tries again.
        let _ = journal.free().and_then(|()| journal.give_way(0));
        for index in 0..journal.segments.len() {
            journal.mend(index, firsts.last().copied())?;
        }
        journal.next = journal.segments.back().map_or(0, |segment| segment.end).max(journal.released);
        journal.sealer.rest();
        if cursor == Cursor::Unreadable {
            journal.persist_released()?;
        }
        let (lost, cursor_lost) =
            (journal.hand_out(), matches!(cursor, Cursor::Damaged | Cursor::Unreadable));
        Ok((journal, Recovery { lost, cursor_lost, key_check_lost }))
    }

    /// Leaves out segments without a byte: a crash came between making and writing them. Had they held something, the
    /// numbers would show it missing.
    fn drop_empty(files: &mut F, firsts: &mut Vec<u64>) -> Result<(), JournalError> {
        let mut written = Vec::with_capacity(firsts.len());
        for first in firsts.drain(..) {
            let name = file_name(first);
            if files.len(&name).map_err(JournalError::io("look at a segment"))? > 0 {
                written.push(first);
            } else {
                // If it stays, the segment that takes its number takes its place.
                let _ = files.remove(&name);
            }
        }
        *firsts = written;
        Ok(())
    }

    /// Takes what the cursor says; what lies between it and the first segment is gone.
    fn begin_at(&mut self, cursor: Cursor, first: Option<u64>) {
        match cursor {
            Cursor::At(released) => {
                self.released = released;
                self.persisted = Some(released);
            }
            Cursor::Absent => {}
            Cursor::Damaged | Cursor::Unreadable => self.released = first.unwrap_or(0),
        }
        if let Some(first) = first.filter(|first| *first > self.released) {
            self.report(Loss {
                cause: Cause::Damaged,
                first: Position(self.released),
                last: Position(first - 1),
                from_ms: None,
                to_ms: None,
                records: None,
            });
        }
    }

    /// Takes a segment in by its headers. `limit` is the number with which the next one begins.
    fn take_in(&mut self, first: u64, limit: Option<u64>) -> Result<(), JournalError> {
        let name = file_name(first);
        let len = self.files.len(&name).map_err(JournalError::io("look at a segment"))?;
        let loaded = match load(&mut self.files, &name, 0, len) {
            // A copy of what arrived: that the disk does not give it stops nothing.
            Err(_) if self.options.keep_released && limit.is_some_and(|limit| limit <= self.released) => {
                let end = limit.unwrap_or(first);
                let unread =
                    Segment { end, len, on_disk: len, joined: true, blocks: true, ..Segment::new(first) };
                self.segments.push_back(unread);
                return Ok(());
            }
            other => other.map_err(JournalError::io("read a segment"))?,
        };
        let seen = survey(&loaded.bytes, first, limit, self.released);
        for loss in seen.noted {
            self.report(loss);
        }
        // What is not clean is not as it was joined.
        let joined = seen.segment.joined && seen.clean;
        self.segments.push_back(Segment { len, on_disk: len, joined, ..seen.segment });
        Ok(())
    }

    /// Checks a segment block by block that was being written when the program stopped, or in which the headers show damage,
    /// and puts it in its joined form. `last` is the first number of what was the last segment.
    fn mend(&mut self, index: usize, last: Option<u64>) -> Result<(), JournalError> {
        let Segment { first, end, joined, .. } = self.segments[index];
        if joined {
            return Ok(());
        }
        let Loaded { bytes, salvaged } = match self.load_segment(index) {
            Err(_) if self.is_kept(index) => return Ok(()),
            other => other?,
        };
        let limit = (last != Some(first)).then_some(end);
        let how = How { released: self.released, ..How::default() };
        let new = rewrite(&mut self.sealer, &bytes, first, limit, how)?;
        for loss in &new.losses {
            self.report(*loss);
        }
        self.segments[index].unsettled = !new.losses.is_empty();
        if !salvaged {
            // Should the disk say no now, it is tried again later.
            let _ = self.put(index, new);
        }
        Ok(())
    }
}
