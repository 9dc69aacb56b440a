//! What stays behind its release ([`crate::Options::keep_released`]): reading it again, expiring it, giving way.

use crate::files::Files;
use crate::join::How;
use crate::read::Found;
use crate::{Cause, Journal, JournalError, Loss, Position, Read};

impl<F: Files> Journal<F> {
    /// The first number that is still on the disk; the next commit's, if none is.
    #[must_use]
    pub fn oldest(&self) -> Position {
        Position(self.segments.front().map_or(self.next, |segment| segment.first))
    }

    /// Whether the segment is on the disk only to be read again.
    pub(crate) fn is_kept(&self, index: usize) -> bool {
        self.options.keep_released && self.segments[index].end <= self.released
    }

    /// Reads blocks from `from` on (from [`Journal::oldest`], if that is later), released or not, until they hold
    /// `max_bytes` or more. Every number up to [`Read::next`] is in a block or in [`Read::lost`].
    ///
    /// It only looks: where [`Journal::read`] stands, and the losses that wait to be told there, stay as they are. So
    /// [`Read::lost`] is of this range alone, and is the same each time, told and settled or not. None of it need be
    /// settled: what is not released [`Journal::read`] tells too; what is, had arrived downstream and cannot be read again
    /// from here.
    ///
    /// # Errors
    /// When nothing can be read of a segment that is not wholly released. One that is comes out as a loss.
    pub fn read_kept(&mut self, from: Position, max_bytes: usize) -> Result<Read, JournalError> {
        std::mem::swap(&mut self.window, &mut self.kept_window);
        let read = self.look(from.max(self.oldest()), max_bytes.max(1));
        std::mem::swap(&mut self.window, &mut self.kept_window);
        read
    }

    fn look(&mut self, from: Position, max_bytes: usize) -> Result<Read, JournalError> {
        let (mut found, mut bytes, mut at) = (Found::default(), 0, from.0);
        while bytes < max_bytes {
            let index = self.segments.partition_point(|segment| segment.end <= at);
            let Some(segment) = self.segments.get(index) else { break };
            if at < segment.first {
                let upto = segment.first;
                found.lost.push((missing(at, upto), true));
                at = upto;
            }
            match self.window_at(index, at) {
                Ok(window) => {
                    bytes += self.read_window(index, window, &mut at, max_bytes - bytes, &mut found)
                }
                Err(_) if self.segments[index].end <= self.released => {
                    let end = self.segments[index].end;
                    found.lost.push((missing(at, end), true));
                    at = end;
                }
                // Not without what was read before it.
                Err(_) if at > from.0 => break,
                Err(error) => return Err(error),
            }
        }
        let mut lost: Vec<Loss> = found.lost.into_iter().map(|(loss, _)| loss).collect();
        // A segment is searched from its start.
        lost.retain(|loss| loss.last >= from);
        lost.iter_mut().for_each(|loss| self.date(loss));
        Ok(Read { blocks: found.blocks, next: Position(at), lost })
    }

    /// Deletes what is kept and old enough: segment by segment, oldest first, those that are wholly released, hold no loss
    /// that is not settled, and whose latest time is before `before_ms`. Returns how many.
    ///
    /// It stops at the first that is not so, and what is kept stays in one piece: a segment with a time far ahead holds
    /// those behind it until they have to make room. A segment of which no time is known goes with the one behind it, one
    /// that only tells what is lost when it is the oldest. One that is still being appended to is closed if it is to go.
    ///
    /// # Errors
    /// When the disk says no; then some may be gone, and a power cut may bring them back, to be expired again.
    pub fn expire(&mut self, before_ms: i64) -> Result<u64, JournalError> {
        let mut deleted = 0;
        while let Some(front) = self.segments.front() {
            let latest_ms = self.segments.iter().find_map(|segment| segment.last_ms);
            let through = front.end <= self.released && !front.unsettled;
            if !through || (front.blocks && latest_ms.is_none_or(|ms| ms >= before_ms)) {
                break;
            }
            if self.in_use(0) {
                self.close();
            }
            self.delete_for_good(0)?;
            deleted += 1;
        }
        // What could not be made sure of before.
        self.sync_deleted()?;
        Ok(deleted)
    }

    /// Gives up what is kept, oldest first, until there is room for `bytes` more and the rewriting of any segment.
    pub(crate) fn give_way(&mut self, bytes: u64) -> Result<(), JournalError> {
        let mut index = 0;
        while index < self.segments.len() && self.is_kept(index) && self.excess(bytes) > 0 {
            if self.segments[index].unsettled && self.segments[index].blocks && !self.in_use(index) {
                // Only its losses stay.
                self.rewrite_segment(index, How { shed: true, ..How::default() })?;
            }
            if self.can_go(index) {
                self.delete_for_good(index)?;
            } else {
                index += 1;
            }
        }
        Ok(())
    }

    /// One after the other: were they to go together, a power cut could bring the older one back, and what a failed commit
    /// left at its end would be void no more without the one behind it.
    fn delete_for_good(&mut self, index: usize) -> Result<(), JournalError> {
        self.delete(index)?;
        self.sync_deleted()
    }
}

/// Numbers before `upto` of which nothing can be read.
fn missing(first: u64, upto: u64) -> Loss {
    Loss {
        cause: Cause::Damaged,
        first: Position(first),
        last: Position(upto - 1),
        from_ms: None,
        to_ms: None,
        records: None,
    }
}
