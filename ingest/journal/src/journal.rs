use std::collections::{BTreeSet, VecDeque};

use crate::block::{put_record, put_varint};
use crate::files::{Files, create_anew};
use crate::header::{HEADER_BYTES, Header, Kind, NONCE_BYTES, TAG_BYTES};
use crate::join::How;
use crate::read::Window;
use crate::seal::Sealer;
use crate::segment::Segment;
use crate::{Block, JournalError, Loss, Options, Position};

/// An append-only journal in a folder of its own. See the crate's page for what it promises and how.
#[derive(Debug)]
pub struct Journal<F> {
    pub(crate) files: F,
    pub(crate) sealer: Sealer,
    pub(crate) options: Options,
    /// By number, each beginning where the one before ends.
    pub(crate) segments: VecDeque<Segment>,
    /// Whether the last segment is being appended to.
    pub(crate) active: bool,
    /// The number of the next commit.
    pub(crate) next: u64,
    pub(crate) pending: Pending,
    /// The first number that is not released, and what the cursor file says of it.
    pub(crate) released: u64,
    pub(crate) persisted: Option<u64>,
    /// Bytes of deleted segments that a power cut could still bring back.
    pub(crate) going_bytes: u64,
    /// Where reading stands, and where reading what is kept does.
    pub(crate) window: Option<Window>,
    pub(crate) kept_window: Option<Window>,
    /// Losses to hand out, and the first numbers of those that were found since the journal was opened.
    pub(crate) losses: Vec<Loss>,
    pub(crate) known: BTreeSet<u64>,
}

/// Records that wait for a commit.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) body: Vec<u8>,
    pub(crate) records: u32,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

/// What a commit did.
#[derive(Debug)]
#[must_use = "losses are handed out once"]
pub struct Committed {
    /// The number of the commit; `None` when nothing waited.
    pub position: Option<Position>,
    /// Losses to be reported as gaps: what was dropped to make room, and damage found while rewriting.
    pub lost: Vec<Loss>,
    /// What kept a closed segment from being joined. The records are safe in it; it only stays larger, and is tried again
    /// when the next segment is closed and at the next start.
    pub not_joined: Option<JournalError>,
}

/// What was read.
#[derive(Debug)]
#[must_use = "losses are handed out once"]
pub struct Read {
    /// In the order in which it was appended.
    pub blocks: Vec<Block>,
    /// Where to read on; and what to release, once the blocks and losses up to here are taken care of.
    pub next: Position,
    /// Losses to be reported as gaps.
    pub lost: Vec<Loss>,
}

impl<F: Files> Journal<F> {
    /// Takes a record into memory, to be written by the next [`Journal::commit`]. `first_ms` and `last_ms` are when what
    /// it tells of begins and ends, ms UTC; a gap is reported by them if the record is lost.
    ///
    /// # Errors
    /// When more than [`Options::max_commit_bytes`] would wait; then it is not taken.
    pub fn append(&mut self, record: &[u8], first_ms: i64, last_ms: i64) -> Result<(), JournalError> {
        let pending = &mut self.pending;
        let max_commit_bytes = self.options.max_commit_bytes;
        // A length takes at most five bytes: a record is shorter than 64 MiB.
        if pending.body.len() + record.len() + 5 > max_commit_bytes {
            return Err(JournalError::TooMuchPending { max_commit_bytes });
        }
        let first = pending.records == 0;
        pending.first_ms = if first { first_ms } else { pending.first_ms.min(first_ms) };
        pending.last_ms = if first { last_ms } else { pending.last_ms.max(last_ms) };
        pending.records += 1;
        put_record(&mut pending.body, record);
        Ok(())
    }

    /// How many records wait for a commit.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.records as usize
    }

    /// Forgets the records that wait for a commit, and says how many they were.
    pub fn discard_pending(&mut self) -> usize {
        std::mem::take(&mut self.pending).records as usize
    }

    /// Writes what waits as one block and waits for the disk. When this returns `Ok`, and not before, the records are
    /// taken.
    ///
    /// # Errors
    /// When they are not certainly on the disk (ENOSPC, EIO, a failed fsync), or the journal is full. Then they still wait:
    /// call it again, or [`Journal::discard_pending`]. After a crash in between they may be found, once, or not.
    pub fn commit(&mut self) -> Result<Committed, JournalError> {
        if self.pending.records == 0 {
            return Ok(Committed { position: None, lost: self.hand_out(), not_joined: None });
        }
        let block = self.seal_pending()?;
        self.make_room(block.len() as u64)?;
        let header = self.pending_header();
        self.write(&block)?;
        let number = self.next;
        if let Some(segment) = self.segments.back_mut() {
            segment.add(&header);
            segment.len += block.len() as u64;
            segment.on_disk = segment.len;
        }
        self.next += 1;
        self.pending.body.clear();
        self.pending.records = 0;
        let full = self.segments.back().is_some_and(|segment| segment.len >= self.options.segment_bytes);
        let not_joined = if full { self.close_and_join().err() } else { None };
        Ok(Committed { position: Some(Position(number)), lost: self.hand_out(), not_joined })
    }

    /// The position that the next commit will take.
    #[must_use]
    pub fn next_position(&self) -> Position {
        Position(self.next)
    }

    fn pending_header(&self) -> Header {
        Header {
            kind: Kind::Commit,
            zstd: false,
            first: self.next,
            last: self.next,
            first_ms: Some(self.pending.first_ms),
            last_ms: Some(self.pending.last_ms),
            records: Some(self.pending.records),
            plain_bytes: 0,
            sealed_bytes: 0,
            nonce: [0; NONCE_BYTES],
        }
    }

    fn seal_pending(&mut self) -> Result<Vec<u8>, JournalError> {
        let mut plain = Vec::with_capacity(self.pending.body.len() + 5);
        put_varint(&mut plain, u64::from(self.pending.records));
        plain.extend_from_slice(&self.pending.body);
        let mut block = Vec::with_capacity(HEADER_BYTES + plain.len() + TAG_BYTES);
        self.sealer.seal(self.pending_header(), &plain, &mut block)?;
        Ok(block)
    }

    /// Appends the block to the active segment, or to a new one, and waits for the disk. After any error the segment is
    /// abandoned: what a kernel could not write it may forget, and say at the next fsync that all is well.
    fn write(&mut self, block: &[u8]) -> Result<(), JournalError> {
        if !self.active {
            let segment = Segment::new(self.next);
            create_anew(&mut self.files, &segment.name()).map_err(JournalError::io("make a segment"))?;
            self.segments.push_back(segment);
            self.active = true;
        }
        let Some(segment) = self.segments.back() else { return Ok(()) };
        let (name, fresh) = (segment.name(), segment.len == 0);
        let mut written = self.files.append(&name, block).map_err(JournalError::io("write a block"));
        if written.is_ok() {
            written = self.files.sync_file(&name).map_err(JournalError::io("fsync a segment"));
        }
        if written.is_ok() && fresh {
            written = self.files.sync_dir().map_err(JournalError::io("fsync the folder"));
        }
        if written.is_err() {
            self.abandon();
        }
        written
    }

    /// The active segment takes no more. What the failed block left behind is cut off if that can be done; if not, the next
    /// segment begins with the same number, and so makes it void.
    fn abandon(&mut self) {
        self.active = false;
        let Some(segment) = self.segments.back_mut() else { return };
        let (name, len) = (segment.name(), segment.len);
        self.files.close(&name);
        if len == 0 {
            let _ = self.files.remove(&name);
            self.segments.pop_back();
            return;
        }
        let _ = self.files.truncate(&name, len);
        segment.on_disk = self.files.len(&name).unwrap_or(len);
    }

    /// The active segment takes no more, and is joined with any that could not be before.
    fn close_and_join(&mut self) -> Result<(), JournalError> {
        self.close();
        self.free()?;
        for index in 0..self.segments.len() {
            if !self.segments[index].joined {
                self.rewrite_segment(index, How::default())?;
            }
        }
        self.sealer.rest();
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        if std::mem::take(&mut self.active)
            && let Some(segment) = self.segments.back()
        {
            self.files.close(&segment.name());
        }
    }

    /// A loss was found.
    pub(crate) fn report(&mut self, loss: Loss) {
        if self.known.insert(loss.first.0) {
            self.losses.push(loss);
        }
    }

    /// The losses that wait to be told.
    pub(crate) fn hand_out(&mut self) -> Vec<Loss> {
        let mut losses = std::mem::take(&mut self.losses);
        losses.iter_mut().for_each(|loss| self.date(loss));
        losses
    }

    /// Times that a loss's own segment does not know are those of the segments beside it.
    pub(crate) fn date(&self, loss: &mut Loss) {
        let before = self.segments.iter().rev().find(|segment| segment.end <= loss.first.0);
        let behind = self.segments.iter().find(|segment| segment.first > loss.last.0);
        loss.from_ms = loss.from_ms.or(before.and_then(|segment| segment.last_ms));
        loss.to_ms = loss.to_ms.or(behind.and_then(|segment| segment.first_ms));
    }
}
