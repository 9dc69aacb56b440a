//! What stays on the disk: rewriting, releasing, dropping, settling, erasing.

use std::collections::BTreeSet;

use crate::block::walk;
use crate::files::{Files, Loaded, TEMPORARY, load, place};
use crate::join::{How, Rewritten, released_part, rewrite, tombstone};
use crate::scan::{Piece, Scanner};
use crate::segment::Segment;
use crate::{Cause, Journal, JournalError, Loss, Position, WhenFull, cursor};

/// Bytes of the key check and the cursor, each with its temporary file.
const SMALL_FILES_BYTES: u64 = 256;

/// What an erasure did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Records that are gone, those that waited for a commit included.
    pub records: u64,
    /// Segments that were rewritten.
    pub segments: u64,
}

/// How much the journal holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Segments.
    pub segments: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Records committed and not released.
    pub unreleased_records: u64,
    /// Earliest `first_ms` of the segment with the oldest record not released, ms UTC.
    pub oldest_ms: Option<i64>,
    /// Bytes of the segments that hold what is not released.
    pub unreleased_bytes: u64,
    /// Bytes of the segments that are wholly released: kept, or not deleted yet.
    pub kept_bytes: u64,
    /// Earliest `first_ms` of those, ms UTC.
    pub kept_from_ms: Option<i64>,
}

impl<F: Files> Journal<F> {
    /// Everything before `upto` is acknowledged downstream: [`Journal::read`] will not give it out again, and what is
    /// wholly before it is deleted, or kept ([`crate::Options::keep_released`]). The cursor file is written only when a
    /// segment is through, or by [`Journal::persist_released`]: after a crash some records may be read again, and whoever
    /// receives them must know them again. It is never ahead of what was released.
    ///
    /// # Errors
    /// When `upto` is not committed yet, or the disk says no; then deleting is tried again at the next call.
    pub fn release(&mut self, upto: Position) -> Result<(), JournalError> {
        if upto.0 > self.next {
            return Err(JournalError::NotCommitted { upto, next: Position(self.next) });
        }
        self.released = self.released.max(upto.0);
        self.free()
    }

    /// What is released.
    #[must_use]
    pub fn released(&self) -> Position {
        Position(self.released)
    }

    /// Writes what was released to the cursor file, so that it is not read again after a crash.
    ///
    /// # Errors
    /// When the disk says no.
    pub fn persist_released(&mut self) -> Result<(), JournalError> {
        if self.persisted != Some(self.released) {
            cursor::write(&mut self.files, self.released).map_err(JournalError::io("write the cursor"))?;
            self.persisted = Some(self.released);
        }
        Ok(())
    }

    /// Deletes the segments that are released and hold no loss that is still to be reported. When they are to be kept, only
    /// the cursor is written, as often as if they were not.
    pub(crate) fn free(&mut self) -> Result<(), JournalError> {
        let mut index = 0;
        while let Some(segment) = self.segments.get(index).filter(|segment| segment.end <= self.released) {
            let end = segment.end;
            if !self.can_go(index) {
                index += 1;
            } else if !self.options.keep_released {
                self.delete(index)?;
            } else {
                if self.persisted.is_none_or(|persisted| persisted < end) {
                    self.persist_released()?;
                }
                index += 1;
            }
        }
        self.sync_deleted()
    }

    /// Whether a segment is released, is not being appended to, and holds no loss that is still to be reported.
    pub(crate) fn can_go(&self, index: usize) -> bool {
        let segment = &self.segments[index];
        segment.end <= self.released && !segment.unsettled && !self.in_use(index)
    }

    pub(crate) fn in_use(&self, index: usize) -> bool {
        self.active && index + 1 == self.segments.len()
    }

    /// Deletes a segment. Its room counts as free only after [`Journal::sync_deleted`].
    pub(crate) fn delete(&mut self, index: usize) -> Result<(), JournalError> {
        let Segment { first, end, on_disk, .. } = self.segments[index];
        let name = self.segments[index].name();
        // Before the segment goes, so that its absence cannot be taken for a loss. Where the disk is full and the cursor is
        // beyond it already, it has to go without a word.
        if self.persisted.is_none_or(|persisted| persisted < end) {
            self.persist_released()?;
        }
        self.files.close(&name);
        match self.files.remove(&name) {
            // Somebody was faster; that stops nothing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.map_err(JournalError::io("delete a segment"))?,
        }
        self.forget_window(first);
        self.segments.remove(index);
        self.going_bytes += on_disk;
        Ok(())
    }

    /// Waits until the folder is without what was deleted: else a power cut could bring that back beside what was written
    /// in its place.
    pub(crate) fn sync_deleted(&mut self) -> Result<(), JournalError> {
        if self.going_bytes > 0 {
            self.files.sync_dir().map_err(JournalError::io("fsync the folder"))?;
            self.going_bytes = 0;
        }
        Ok(())
    }

    fn forget_window(&mut self, segment: u64) {
        for window in [&mut self.window, &mut self.kept_window] {
            window.take_if(|window| window.segment == segment);
        }
    }

    /// Every loss handed out so far is on record: the bytes are set aside, and it is not reported again after a restart.
    /// Until then it is, each time.
    ///
    /// # Errors
    /// When the disk says no; what could not be settled will be by the next call.
    pub fn settle(&mut self) -> Result<(), JournalError> {
        if let Some(front) = self.segments.front()
            && self.released < front.first
            && self.told().contains(&self.released)
        {
            // Segments before the first are gone, and that was reported.
            self.released = front.first;
        }
        if self.segments.back().is_some_and(|segment| segment.unsettled) {
            self.close();
        }
        for index in 0..self.segments.len() {
            let segment = &self.segments[index];
            if !segment.unsettled {
                continue;
            }
            if !segment.blocks && segment.first <= self.released && !self.waiting(segment) {
                self.released = self.released.max(segment.end);
                if !self.options.keep_released {
                    self.segments[index].unsettled = false;
                    continue;
                }
            }
            self.rewrite_segment(index, How { settled: self.told(), ..How::default() })?;
            if self.is_kept(index) && !self.waiting(&self.segments[index]) {
                // Though the disk may not give it: else what cannot be rewritten could never expire.
                self.segments[index].unsettled = false;
            }
        }
        self.free()
    }

    /// The first numbers of the losses that were handed out.
    fn told(&self) -> BTreeSet<u64> {
        let waiting: BTreeSet<u64> = self.losses.iter().map(|loss| loss.first.0).collect();
        self.known.difference(&waiting).copied().collect()
    }

    /// Whether losses in the segment were not handed out yet.
    fn waiting(&self, segment: &Segment) -> bool {
        self.losses.iter().any(|loss| (segment.first..segment.end).contains(&loss.first.0))
    }

    /// Takes every record away for which `unwanted` says so, from memory and from every segment, kept ones too, and puts the
    /// segments that held one in their new form. Whether a disk forgets the old bytes is beyond a file; they were sealed.
    /// What cannot be read of a segment that is only kept is given up, since it may hold such a record.
    ///
    /// # Errors
    /// When the disk says no, or does not give a part of a segment that is not wholly released; then some segments may be
    /// done: call it again. Where the disk refused an fsync of the folder, a power cut can bring an old form back: call it
    /// again after the next start.
    pub fn purge(&mut self, mut unwanted: impl FnMut(&[u8]) -> bool) -> Result<Purged, JournalError> {
        let mut purged = Purged::default();
        self.purge_pending(&mut unwanted, &mut purged);
        self.close();
        self.free()?;
        for index in 0..self.segments.len() {
            let removed =
                self.rewrite_segment(index, How { unwanted: Some(&mut unwanted), ..How::default() })?;
            purged.segments += u64::from(removed > 0);
            purged.records += removed;
        }
        self.sealer.rest();
        Ok(purged)
    }

    fn purge_pending(&mut self, unwanted: &mut dyn FnMut(&[u8]) -> bool, purged: &mut Purged) {
        let mut plain = Vec::new();
        crate::block::put_varint(&mut plain, u64::from(self.pending.records));
        let prefix = plain.len();
        plain.extend_from_slice(&self.pending.body);
        let mut body = Vec::with_capacity(plain.len() - prefix);
        let (mut kept, mut removed) = (0, 0);
        // What was appended here has the form.
        let _ = walk(&plain, 0, 0, |_, range| {
            if unwanted(&plain[range.clone()]) {
                removed += 1;
            } else {
                kept += 1;
                crate::block::put_record(&mut body, &plain[range]);
            }
        });
        self.pending.body = body;
        self.pending.records = kept;
        purged.records += removed;
    }

    /// Puts a closed segment in its joined form, and says how many records were left out. Where records are named to be left
    /// out: only if it must.
    pub(crate) fn rewrite_segment(&mut self, index: usize, how: How<'_>) -> Result<u64, JournalError> {
        let (first, end) = (self.segments[index].first, self.segments[index].end);
        let erasing = how.unwanted.is_some();
        let choosing = erasing && self.segments[index].joined;
        let kept = self.is_kept(index);
        // What is shed goes, read or not; and what may hold a record to be erased is not kept for its own sake.
        let giving_up = how.shed || (kept && erasing);
        let Loaded { bytes, salvaged } = match self.load_segment(index) {
            Err(_) if giving_up => Loaded { bytes: Vec::new(), salvaged: true },
            Err(_) if kept => return Ok(0),
            other => other?,
        };
        let how = How { released: self.released, ..how };
        let new = rewrite(&mut self.sealer, &bytes, first, Some(end), how)?;
        for loss in &new.losses {
            self.report(*loss);
        }
        let salvaged = salvaged && !giving_up;
        if salvaged && erasing {
            // What cannot be read cannot be known to be without it.
            let source = std::io::ErrorKind::UnexpectedEof.into();
            return Err(JournalError::Io { doing: "read all of a segment", source });
        }
        // A damaged block may hold what is to be erased, and nothing else would take it from what is kept.
        let as_it_was = new.losses.is_empty() && (new.whole || !self.options.keep_released);
        if salvaged || (choosing && new.removed == 0 && as_it_was) {
            // What the disk did not give today it may give tomorrow.
            self.segments[index].unsettled |= !new.losses.is_empty();
            return Ok(0);
        }
        let removed = new.removed;
        self.put(index, new)?;
        Ok(removed)
    }

    /// Puts the new form of a segment in its place.
    pub(crate) fn put(&mut self, index: usize, new: Rewritten) -> Result<(), JournalError> {
        let name = self.segments[index].name();
        self.forget_window(new.segment.first);
        place(&mut self.files, &name, &new.bytes).map_err(JournalError::io("rewrite a segment"))?;
        self.segments[index] = Segment { end: self.segments[index].end, ..new.segment };
        // If this fails, a crash may still bring back the old form, which is as good.
        self.files.sync_dir().map_err(JournalError::io("fsync the folder"))
    }

    pub(crate) fn load_segment(&mut self, index: usize) -> Result<Loaded, JournalError> {
        let segment = &self.segments[index];
        load(&mut self.files, &segment.name(), 0, segment.len).map_err(JournalError::io("read a segment"))
    }

    fn bytes(&self) -> u64 {
        let held: u64 = self.segments.iter().map(|segment| segment.on_disk).sum();
        SMALL_FILES_BYTES + self.going_bytes + held
    }

    /// By how much `bytes` more, and the rewriting of any segment, would go beyond the bound.
    pub(crate) fn excess(&self, bytes: u64) -> u64 {
        (self.bytes() + bytes + self.options.largest_file()).saturating_sub(self.options.max_bytes)
    }

    /// Sees to it that `bytes` more, and the rewriting of any segment, stay within the bound.
    pub(crate) fn make_room(&mut self, bytes: u64) -> Result<(), JournalError> {
        let max_bytes = self.options.max_bytes;
        if self.excess(bytes) > 0 {
            // What could not be deleted before, or not certainly.
            self.free()?;
            self.give_way(bytes)?;
        }
        while self.excess(bytes) > 0 {
            let oldest = self.segments.iter().position(|segment| segment.blocks);
            match (self.options.when_full, oldest) {
                (WhenFull::DropOldest, Some(index)) => self.drop_segment(index)?,
                _ => return Err(JournalError::Full { max_bytes }),
            }
        }
        Ok(())
    }

    /// Gives a segment up: a note of what is lost takes its place, so that a crash before it is reported does not hide it.
    fn drop_segment(&mut self, index: usize) -> Result<(), JournalError> {
        if index + 1 == self.segments.len() {
            self.close();
        }
        if self.segments[index].end <= self.released {
            // Only losses that are still to be reported keep it here; they alone stay.
            return self.rewrite_segment(index, How { shed: true, ..How::default() }).map(drop);
        }
        let segment = self.segments[index].clone();
        let first = segment.first.max(self.released);
        let loss = Loss {
            cause: Cause::Dropped,
            first: Position(first),
            last: Position(segment.end - 1),
            from_ms: segment.first_ms,
            to_ms: segment.last_ms,
            records: self.records_from(index, first).ok(),
        };
        let released = released_part(segment.first, first);
        let new = tombstone(&mut self.sealer, segment.first, released, &loss)?;
        let put = self.put(index, new);
        if !self.segments[index].blocks {
            // It may have been known as damaged before; that it is dropped is another loss.
            self.known.insert(first);
            self.losses.push(loss);
        }
        put
    }

    /// How many records of a segment have the number `from` or a later one.
    fn records_from(&mut self, index: usize, from: u64) -> Result<u64, JournalError> {
        let (first, end) = (self.segments[index].first, self.segments[index].end);
        if from <= first {
            return Ok(self.segments[index].records);
        }
        let bytes = self.load_segment(index)?.bytes;
        let mut records = 0;
        for piece in Scanner::new(&bytes, 0, first, Some(end)) {
            let Piece::Block(header, range) = piece else { continue };
            if header.first >= from {
                records += u64::from(header.records.unwrap_or(0));
            } else if header.last >= from
                && let Some(plain) = self.sealer.open(&header, &bytes[range])
            {
                let _ = walk(&plain, header.first, header.last, |number, _| {
                    records += u64::from(number >= from);
                });
            }
        }
        Ok(records)
    }

    /// How much the journal holds. Reads the segment in which the cursor stands, if it stands inside one.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn stats(&mut self) -> Result<Stats, JournalError> {
        let mut stats =
            Stats { segments: self.segments.len() as u64, bytes: self.bytes(), ..Stats::default() };
        for index in 0..self.segments.len() {
            let Segment { end, on_disk, first_ms, .. } = self.segments[index];
            if end <= self.released {
                stats.kept_bytes += on_disk;
                stats.kept_from_ms = [stats.kept_from_ms, first_ms].into_iter().flatten().min();
            } else {
                stats.unreleased_bytes += on_disk;
                let records = self.records_from(index, self.released)?;
                stats.unreleased_records += records;
                if records > 0 {
                    stats.oldest_ms = stats.oldest_ms.or(first_ms);
                }
            }
        }
        Ok(stats)
    }

    /// Removes what a crash left of files that were being written.
    pub(crate) fn sweep(files: &mut F, names: &[String]) {
        for name in names.iter().filter(|name| name.ends_with(TEMPORARY)) {
            // If it stays it is in the way of nothing.
            let _ = files.remove(name);
        }
    }
}
