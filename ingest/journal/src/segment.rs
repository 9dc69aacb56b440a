use crate::Loss;
use crate::header::{Header, Kind};
use crate::scan::{Piece, Scanner};

/// The ending of a segment's name; in front of it stands its first number in at least twelve digits.
const ENDING: &str = ".seg";
const DIGITS: usize = 12;

pub(crate) fn file_name(first: u64) -> String {
    format!("{first:0DIGITS$}{ENDING}")
}

/// The first number of the segment with this name.
pub(crate) fn first_of(name: &str) -> Option<u64> {
    let first = name.strip_suffix(ENDING)?.parse().ok()?;
    (file_name(first) == name).then_some(first)
}

/// What is remembered of a segment: some 100 bytes, however many blocks it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segment {
    /// Its first number, and its name.
    pub(crate) first: u64,
    /// Behind its last number: where the next segment begins.
    pub(crate) end: u64,
    /// Bytes of it that count.
    pub(crate) len: u64,
    /// Bytes of the file, with what a failed write left at its end.
    pub(crate) on_disk: u64,
    /// Records in it.
    pub(crate) records: u64,
    pub(crate) first_ms: Option<i64>,
    pub(crate) last_ms: Option<i64>,
    /// Whether its blocks were joined.
    pub(crate) joined: bool,
    /// Whether it holds losses that the caller has not on record yet. Then it stays, released or not.
    pub(crate) unsettled: bool,
    /// Whether it holds a block. One that does not only tells what is lost.
    pub(crate) blocks: bool,
}

impl Segment {
    pub(crate) fn new(first: u64) -> Self {
        Self { first, end: first, ..Self::default() }
    }

    pub(crate) fn name(&self) -> String {
        file_name(self.first)
    }

    pub(crate) fn add(&mut self, header: &Header) {
        self.end = header.last + 1;
        self.records += u64::from(header.records.unwrap_or(0));
        self.first_ms = [self.first_ms, header.first_ms].into_iter().flatten().min();
        self.last_ms = self.last_ms.max(header.last_ms);
        self.joined |= header.kind != Kind::Commit;
        self.blocks = true;
    }

    pub(crate) fn add_loss(&mut self, loss: &Loss, settled: bool) {
        self.end = loss.last.0 + 1;
        self.unsettled |= !settled;
    }
}

/// What the headers of a segment say.
pub(crate) struct Survey {
    pub(crate) segment: Segment,
    /// Losses that a rewritten segment tells of and that are not settled.
    pub(crate) noted: Vec<Loss>,
    /// Whether its bytes are as they were written.
    pub(crate) clean: bool,
}

/// Reads the headers. `limit` is the number with which the next segment begins; there is none behind the last. What is
/// missing before `released` is no loss.
pub(crate) fn survey(bytes: &[u8], first: u64, limit: Option<u64>, released: u64) -> Survey {
    let mut segment = Segment::new(first);
    let (mut noted, mut clean) = (Vec::new(), true);
    let mut scanner = Scanner::new(bytes, 0, first, limit);
    for piece in scanner.by_ref() {
        match piece {
            Piece::Block(header, _) => segment.add(&header),
            Piece::Lost { loss, settled, noted: note } => {
                segment.add_loss(&loss, settled || (!note && loss.last.0 < released));
                clean &= note;
                if note && !settled {
                    noted.push(loss);
                }
            }
        }
    }
    segment.joined = scanner.joined;
    segment.len = bytes.len() as u64;
    segment.on_disk = segment.len;
    Survey { segment, noted, clean }
}
