use crate::files::{Files, load};
use crate::scan::{Piece, Scanner};
use crate::{Block, Cause, Journal, JournalError, Loss, Position, Read};

/// The part of a segment in which reading stands, kept so that reading on costs no search.
#[derive(Debug)]
pub(crate) struct Window {
    /// The segment's first number.
    pub(crate) segment: u64,
    /// The number of the block at `at`.
    expected: u64,
    /// Where the segment ended when `bytes` was read.
    end: u64,
    bytes: Vec<u8>,
    /// Where `bytes` begins in the file.
    base: u64,
    at: usize,
}

/// What a pass over a window finds.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) blocks: Vec<Block>,
    /// What is lost, and whether the caller had that on record already.
    pub(crate) lost: Vec<(Loss, bool)>,
}

impl<F: Files> Journal<F> {
    /// Reads blocks from `from` on (from what is released, if that is later), from the disk, until they hold `max_bytes` or more (one at least, if there is one).
    /// Reading on from [`Read::next`] costs no search. What is lost is left out and told once.
    ///
    /// # Errors
    /// When nothing of a segment can be read.
    pub fn read(&mut self, from: Position, max_bytes: usize) -> Result<Read, JournalError> {
        let mut found = Found::default();
        let mut bytes = 0;
        let mut at = from.0.max(self.released);
        let max_bytes = max_bytes.max(1);
        while bytes < max_bytes {
            let index = self.segments.partition_point(|segment| segment.end <= at);
            let Some(segment) = self.segments.get(index) else { break };
            at = at.max(segment.first);
            let window = self.window_at(index, at)?;
            bytes += self.read_window(index, window, &mut at, max_bytes - bytes, &mut found);
            for (loss, _) in found.lost.drain(..).filter(|(_, settled)| !settled) {
                self.segments[index].unsettled = true;
                self.report(loss);
            }
        }
        Ok(Read { blocks: found.blocks, next: Position(at), lost: self.hand_out() })
    }

    /// The window in which the block of `at` begins, or one at the segment's start.
    pub(crate) fn window_at(&mut self, index: usize, at: u64) -> Result<Window, JournalError> {
        let segment = &self.segments[index];
        let end = segment.end;
        let near =
            self.window.take().filter(|window| window.segment == segment.first && window.expected == at);
        let (base, expected) = match near {
            Some(window) if window.at < window.bytes.len() => return Ok(window),
            Some(window) => (window.base + window.at as u64, window.expected),
            None => (0, segment.first),
        };
        let loaded = load(&mut self.files, &segment.name(), base, segment.len)
            .map_err(JournalError::io("read a segment"))?;
        Ok(Window { segment: segment.first, expected, end, bytes: loaded.bytes, base, at: 0 })
    }

    /// Takes blocks from the window until it ends or `budget` bytes are reached; returns the bytes.
    pub(crate) fn read_window(
        &mut self,
        index: usize,
        mut window: Window,
        at: &mut u64,
        budget: usize,
        found: &mut Found,
    ) -> usize {
        let mut bytes = 0;
        let mut scanner = Scanner::new(&window.bytes, window.at, window.expected, Some(window.end));
        while bytes < budget {
            let Some(piece) = scanner.next() else { break };
            match piece {
                Piece::Block(header, _) if header.last < *at => {}
                Piece::Block(header, range) => {
                    let plain = self.sealer.open(&header, &window.bytes[range]);
                    match plain.and_then(|plain| Block::parse(&header, plain, *at)) {
                        Some(block) => {
                            bytes += header.plain_bytes as usize;
                            found.blocks.push(block);
                        }
                        None => found.lost.push((header.loss(Cause::Damaged), false)),
                    }
                }
                Piece::Lost { loss, settled, .. } => found.lost.push((loss, settled)),
            }
            *at = scanner.expected.max(*at);
        }
        let (at, expected) = (scanner.at, scanner.expected);
        (window.at, window.expected) = (at, expected);
        // Kept while more of it is to come.
        if expected < self.segments[index].end || (self.active && index + 1 == self.segments.len()) {
            self.window = Some(window);
        }
        bytes
    }
}
