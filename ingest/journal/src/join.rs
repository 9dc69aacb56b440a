use std::collections::BTreeSet;

use crate::block::without;
use crate::header::{Header, Kind, NONCE_BYTES};
use crate::scan::{Piece, Scanner};
use crate::seal::Sealer;
use crate::segment::Segment;
use crate::{Cause, JournalError, Loss};

/// Longest time that a joined block spans, ms: the most that one damaged bit can cost.
const MOST_SPAN_MS: i64 = 60_000;
/// Most bytes of records in a joined block, before compression.
const MOST_PLAIN_BYTES: usize = 256 << 10;

/// Names records to leave out.
pub(crate) type Unwanted<'a> = dyn FnMut(&[u8]) -> bool + 'a;

/// How a segment is rewritten.
#[derive(Default)]
pub(crate) struct How<'a> {
    /// Names the records to leave out.
    pub(crate) unwanted: Option<&'a mut Unwanted<'a>>,
    /// The first numbers of the losses that the caller has on record.
    pub(crate) settled: BTreeSet<u64>,
    /// What is missing before this number was released: it arrived, or its loss is on record. (Segments that were deleted
    /// may come back after a power cut, some of them and not others.)
    pub(crate) released: u64,
    /// Whether to leave out all records and keep only what is lost.
    pub(crate) shed: bool,
}

/// A segment in its new form.
pub(crate) struct Rewritten {
    pub(crate) bytes: Vec<u8>,
    pub(crate) segment: Segment,
    /// Losses in it that are not settled.
    pub(crate) losses: Vec<Loss>,
    /// Records left out.
    pub(crate) removed: u64,
    /// Whether everything was there but what a note already told of.
    pub(crate) whole: bool,
}

/// Joins the blocks of a segment, checking each; what is damaged becomes a note of the loss. `limit` as for the scanner.
pub(crate) fn rewrite(
    sealer: &mut Sealer,
    bytes: &[u8],
    first: u64,
    limit: Option<u64>,
    mut how: How<'_>,
) -> Result<Rewritten, JournalError> {
    let mut joiner = Joiner { out: Vec::new(), segment: Segment::new(first), held: None };
    let (mut losses, mut removed, mut whole) = (Vec::new(), 0, true);
    let mut scanner = Scanner::new(bytes, 0, first, limit);
    while let Some(piece) = scanner.next() {
        let (loss, was_settled) = match piece {
            Piece::Lost { loss, settled, noted } => {
                whole &= noted;
                (loss, settled || (!noted && loss.last.0 < how.released))
            }
            Piece::Block(header, _) if how.shed => (header.loss(Cause::Dropped), true),
            Piece::Block(mut header, range) => {
                let plain = sealer.open(&header, &bytes[range]);
                let plain = match (plain, how.unwanted.as_deref_mut()) {
                    (Some(plain), Some(unwanted)) => {
                        let left = without(&plain, header.first, header.last, unwanted);
                        left.map(|(plain, kept, gone)| {
                            header.records = Some(kept);
                            removed += gone;
                            plain
                        })
                    }
                    (plain, _) => plain,
                };
                match plain {
                    Some(plain) => {
                        joiner.push(sealer, header, plain)?;
                        continue;
                    }
                    None => {
                        whole = false;
                        (header.loss(scanner.cause(&header)), header.last < how.released)
                    }
                }
            }
        };
        let settled = was_settled || how.settled.contains(&loss.first.0);
        joiner.lose(sealer, &loss, settled)?;
        if !settled {
            losses.push(loss);
        }
    }
    joiner.flush(sealer)?;
    Ok(Rewritten { segment: joiner.measured(), bytes: joiner.out, losses, removed, whole })
}

/// A segment that was given up: one note of what is lost, and one of what had been released from it before.
pub(crate) fn tombstone(
    sealer: &mut Sealer,
    first: u64,
    released: Option<Loss>,
    loss: &Loss,
) -> Result<Rewritten, JournalError> {
    let mut joiner = Joiner { out: Vec::new(), segment: Segment::new(first), held: None };
    if let Some(released) = released {
        joiner.lose(sealer, &released, true)?;
    }
    joiner.lose(sealer, loss, false)?;
    Ok(Rewritten {
        segment: joiner.measured(),
        bytes: joiner.out,
        losses: vec![*loss],
        removed: 0,
        whole: true,
    })
}

struct Joiner {
    out: Vec<u8>,
    segment: Segment,
    held: Option<(Header, Vec<u8>)>,
}

impl Joiner {
    fn push(&mut self, sealer: &mut Sealer, header: Header, plain: Vec<u8>) -> Result<(), JournalError> {
        if let Some((held, records)) = &mut self.held
            && let Some(both) = joined(held, &header)
            && records.len() + plain.len() <= MOST_PLAIN_BYTES
        {
            *held = both;
            records.extend_from_slice(&plain);
            return Ok(());
        }
        self.flush(sealer)?;
        self.held = Some((header, plain));
        Ok(())
    }

    fn lose(&mut self, sealer: &mut Sealer, loss: &Loss, settled: bool) -> Result<(), JournalError> {
        self.flush(sealer)?;
        let header = note(loss, settled);
        self.segment.add_loss(loss, settled);
        sealer.seal(header, &[], &mut self.out)
    }

    fn flush(&mut self, sealer: &mut Sealer) -> Result<(), JournalError> {
        let Some((mut header, plain)) = self.held.take() else { return Ok(()) };
        header.kind = Kind::Joined;
        self.segment.add(&header);
        sealer.seal(header, &plain, &mut self.out)
    }

    fn measured(&self) -> Segment {
        let len = self.out.len() as u64;
        Segment { len, on_disk: len, joined: true, ..self.segment.clone() }
    }
}

/// The header of both blocks in one, if they are next to each other and not too far apart in time.
fn joined(one: &Header, next: &Header) -> Option<Header> {
    let first_ms = one.first_ms?.min(next.first_ms?);
    let last_ms = one.last_ms?.max(next.last_ms?);
    let near = last_ms.saturating_sub(first_ms) <= MOST_SPAN_MS && next.first == one.last + 1;
    let records = one.records?.checked_add(next.records?)?;
    near.then(|| Header {
        last: next.last,
        first_ms: Some(first_ms),
        last_ms: Some(last_ms),
        records: Some(records),
        ..one.clone()
    })
}

fn note(loss: &Loss, settled: bool) -> Header {
    Header {
        kind: Kind::Lost { cause: loss.cause, settled },
        zstd: false,
        first: loss.first.0,
        last: loss.last.0,
        first_ms: loss.from_ms,
        last_ms: loss.to_ms,
        records: loss.records.and_then(|records| u32::try_from(records).ok()),
        plain_bytes: 0,
        sealed_bytes: 0,
        nonce: [0; NONCE_BYTES],
    }
}

/// What was released of a segment that is given up.
pub(crate) fn released_part(first: u64, released: u64) -> Option<Loss> {
    (released > first).then(|| Loss {
        cause: Cause::Dropped,
        first: crate::Position(first),
        last: crate::Position(released - 1),
        from_ms: None,
        to_ms: None,
        records: None,
    })
}
