use std::ops::Range;

use crate::header::{HEADER_BYTES, Header, Kind, MAGIC};
use crate::{Cause, Loss, Position};

/// Walks over the bytes of a segment. Every number between where it begins and where it ends comes out exactly once: in a
/// block or in a loss.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    /// Behind the last block or loss.
    pub(crate) at: usize,
    /// The next number to come out.
    pub(crate) expected: u64,
    /// The number with which the next segment begins. What stands here from it on was never acknowledged.
    limit: Option<u64>,
    /// Whether the segment was rewritten: then its end cannot be a commit that was cut off.
    pub(crate) joined: bool,
    last_ms: Option<i64>,
    found: Option<(Header, usize)>,
}

/// What a scan finds. It is whole as far as its header tells; whether the records are, only opening them shows.
pub(crate) enum Piece {
    /// Records: the header, and where what is sealed stands.
    Block(Header, Range<usize>),
    /// Numbers without records.
    Lost {
        loss: Loss,
        settled: bool,
        /// Whether a rewritten segment says so, and not the state of the bytes.
        noted: bool,
    },
}

impl<'a> Scanner<'a> {
    /// From the byte `at`, where the block of the number `expected` should begin.
    pub(crate) fn new(bytes: &'a [u8], at: usize, expected: u64, limit: Option<u64>) -> Self {
        Self { bytes, at, expected, limit, joined: false, last_ms: None, found: None }
    }

    /// Whether the scan stands at the end of the bytes.
    pub(crate) fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Why a block is lost whose header is whole and whose records are not, when the scan stands behind it.
    pub(crate) fn cause(&self, header: &Header) -> Cause {
        let last = self.limit.is_none() && self.at_end();
        if last && !self.joined && header.kind == Kind::Commit { Cause::CutOff } else { Cause::Damaged }
    }

    /// The next header from here on that is whole and can be the next one.
    fn next_header(&self) -> Option<(Header, usize)> {
        let mut at = self.at;
        loop {
            let rest = self.bytes.get(at..)?;
            if !rest.starts_with(&MAGIC) {
                at += rest.windows(MAGIC.len()).position(|window| window == MAGIC)?;
            }
            if let Some(header) = Header::decode(&self.bytes[at..])
                && header.first >= self.expected
                && self.limit.is_none_or(|limit| header.first < limit)
            {
                return Some((header, at));
            }
            at += 1;
        }
    }

    /// What is lost up to but not including `upto`.
    fn lost(&mut self, cause: Cause, upto: u64, to_ms: Option<i64>) -> Piece {
        let loss = Loss {
            cause,
            first: Position(self.expected),
            last: Position(upto - 1),
            from_ms: self.last_ms,
            to_ms,
            records: None,
        };
        self.expected = upto;
        Piece::Lost { loss, settled: false, noted: false }
    }

    fn block(&mut self, header: Header, at: usize) -> Piece {
        let start = at + HEADER_BYTES;
        let end = start.saturating_add(header.sealed_bytes as usize);
        self.at = end.min(self.bytes.len());
        self.expected = header.last + 1;
        self.last_ms = header.last_ms.or(self.last_ms);
        self.joined |= header.kind != Kind::Commit;
        if end > self.bytes.len() {
            let loss = header.loss(self.cause(&header));
            return Piece::Lost { loss, settled: false, noted: false };
        }
        match header.kind {
            Kind::Lost { cause, settled } => Piece::Lost { loss: header.loss(cause), settled, noted: true },
            Kind::Commit | Kind::Joined => Piece::Block(header, start..end),
        }
    }

    fn end(&mut self) -> Option<Piece> {
        let rest = !self.at_end();
        self.at = self.bytes.len();
        match self.limit {
            Some(limit) if self.expected < limit => Some(self.lost(Cause::Damaged, limit, None)),
            None if rest => {
                let cause = if self.joined { Cause::Damaged } else { Cause::CutOff };
                Some(self.lost(cause, self.expected + 1, None))
            }
            _ => None,
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some((header, at)) = self.found.take().or_else(|| self.next_header()) {
            if header.first > self.expected {
                let gap = self.lost(Cause::Damaged, header.first, header.first_ms);
                self.found = Some((header, at));
                return Some(gap);
            }
            return Some(self.block(header, at));
        }
        self.end()
    }
}
