//! An append-only journal of opaque records: sealed, checksummed, fsynced segments in a folder. The gateway's spool and
//! the journal in front of a remote store are both this.
//!
//! Invariants:
//! - When [`Journal::commit`] returns `Ok`, its records are on the disk, file and folder fsynced. Otherwise they are not
//!   taken.
//! - What was committed and not released is read back once, in order, byte for byte, or told as a [`Loss`]. Nothing else is
//!   ever read.
//! - After a failed fsync the same file is never fsynced and believed again.
//! - All files together never hold more than [`Options::max_bytes`].
//! - A damaged bit costs the block that it hits. No damage, torn write or full disk needs a human or stops the process.
//! - A [`Loss`] is told again after every restart until the caller has it on record ([`Journal::settle`]).
//!
//! It never reads a clock (times are arguments), has no randomness of its own (it is an argument), spawns no thread, never
//! looks into a record, and does not lock its folder: one process uses it.
//!
//! # A record's way
//!
//! [`Journal::append`] puts it in memory. [`Journal::commit`], once a second by the caller's timer, seals what waits into
//! one block, appends it to the active segment and waits for the disk. When the segment reaches
//! [`Options::segment_bytes`] it is closed and its blocks are joined. [`Journal::read`] gives blocks out from any
//! [`Position`], [`Journal::release`] takes note that they arrived downstream and deletes segments that are through.
//!
//! # Keeping
//!
//! With [`Options::keep_released`] they stay, so that what is downstream can be repaired: [`Journal::read_kept`] reads from
//! [`Journal::oldest`] on, released or not, and disturbs nothing. What is kept goes
//!
//! - by [`Journal::expire`], segment by segment: with little traffic a segment spans days, and its oldest record stays as
//!   long as its latest;
//! - when the bound is met, oldest first, before anything is refused or dropped;
//! - record by record by [`Journal::purge`], and with it whatever is damaged or cannot be read and so might be meant.
//!
//! What is kept is a copy: damage to it is told to who reads it again, each time, and keeps the journal from nothing, not
//! even from opening. A start reads all of it once. If the cursor's file is damaged, all of it counts as not released.
//!
//! # On disk, format 1
//!
//! | File | Holds |
//! |---|---|
//! | `NNNNNNNNNNNN.seg` | a segment: blocks from the number in its name on |
//! | `journal.cursor` | the first number that is not released, with a checksum |
//! | `journal.meta` | the format, and a tag that proves the key |
//! | `*.tmp` | one of these being written; a start removes it |
//!
//! Every file but the active segment is replaced whole: temporary file, fsync, rename, fsync of the folder. So a crash
//! leaves the old or the new one.
//!
//! A block stands for itself. All numbers are little endian.
//!
//! | At | Bytes | |
//! |---|---|---|
//! | 0 | 8 | magic |
//! | 8 | 1 | kind: 0 one commit, 1 joined commits, 2 a note of lost commits |
//! | 9 | 1 | 1: the records are a zstd frame |
//! | 10 | 1 | of a note, the cause: 0 damaged, 1 cut off, 2 dropped |
//! | 11 | 1 | of a note: 1 once it is settled |
//! | 12 | 4 | records; all ones: not known |
//! | 16 | 8 | number of the first commit |
//! | 24 | 8 | number of the last commit |
//! | 32 | 8 | earliest ms UTC; the least number: not known |
//! | 40 | 8 | latest ms UTC, the same |
//! | 48 | 4 | bytes of the records before compression |
//! | 52 | 4 | bytes behind the header |
//! | 56 | 24 | nonce |
//! | 80 | 4 | CRC-32C of the 80 bytes before |
//! | 84 | | ciphertext and tag: XChaCha20-Poly1305, the header as associated data |
//!
//! The records: for each commit their number, and for each record its length and its bytes; numbers and lengths as
//! varints. A joined block spans at most 60 s (between the times that the caller gave) and 256 KiB before compression, and
//! keeps the numbers of its commits, so that positions held elsewhere stay good.
//!
//! # Recovery
//!
//! Opening walks over all headers. Where one is damaged, the next whole one is searched for. Every number between the cursor
//! and the end must come out in a block or a note; what does not is lost, with the times of its neighbours, or of its
//! header where that is whole. A segment that was not joined yet is also opened block by block; what is left of it is
//! written in its joined form, a note in the place of each loss. A joined segment's records are checked when they are
//! read. Nothing is ever appended to a segment of an earlier run.
//!
//! *The last commit.* It is the one that can be torn. If bytes of it are there and it is not whole, it is told as
//! [`Cause::CutOff`]: it was never acknowledged, or the last acknowledged commit was damaged before anything followed it,
//! and nothing on the disk tells these apart. Its number is not used again.
//!
//! *A failed commit.* The active segment is abandoned and, if that can be done, cut off behind its last good block. Another
//! try writes the same number into a new segment. A segment counts up to where the next one begins, so whatever the failed
//! try left is void.
//!
//! *The cursor* is written before a segment is deleted and when asked. After a crash some records may be read again; whoever
//! receives them must know them again. If its file is damaged, all that is still there is read again.
//!
//! *Deleting.* The room of a deleted segment is used again only after an fsync of the folder. Where that fsync once failed, a
//! power cut can bring segments back that nobody counts; the next start deletes them before it writes anything. Where what
//! is released is kept, it counts them as kept, and makes room if they are too many; what was erased meanwhile may be in
//! them. Kept segments go one by one, each with its fsync, so that what a power cut leaves is in one piece.
//!
//! *When full*, and nothing is kept any more, a note of what is lost takes the place of the oldest segment before the
//! commit that needed the room, or the commit is refused ([`WhenFull`]).
#![forbid(unsafe_code)]

mod block;
mod cursor;
mod disk;
mod error;
mod files;
mod header;
mod join;
mod journal;
mod keep;
mod key;
mod meta;
mod open;
mod options;
mod position;
mod read;
mod retain;
mod scan;
mod seal;
mod segment;

pub use block::Block;
pub use disk::Disk;
pub use error::JournalError;
pub use files::Files;
pub use journal::{Committed, Journal, Read};
pub use keep::{Purged, Stats};
pub use key::Key;
pub use open::Recovery;
pub use options::{Options, WhenFull};
pub use position::{Cause, Loss, Position};

/// Version of the files' format; raise it when any byte of them would be read differently.
pub const FORMAT: u32 = 1;
