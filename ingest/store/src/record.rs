//! A group of readings as bytes that stand for themselves: what a journal in front of a store holds.
//!
//! Byte `1`; the participant (16 bytes); metric and grain (a byte each); when it was received, ms UTC (8 bytes, little
//! endian); the source key's length (2 bytes, little endian) and the key; a block of the embedded store's format.

use foulee_contract::{Grain, Metric, ParticipantId, Provenance, Series, Tuple};

use crate::Group;
use crate::embedded::{BlockRow, decode_block, encode_block};
use crate::sqlite::participant_of;

const FORMAT: u8 = 1;
const HEAD: usize = 1 + 16 + 2 + 8 + 2;

/// A record read back.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was received, ms UTC.
    pub received_ms: i64,
    /// Its readings.
    pub group: Group,
}

/// Rows of one series, received together, as bytes.
#[must_use]
pub fn encode(series: &Series, rows: &[(Tuple, Provenance)], received_ms: i64) -> Vec<u8> {
    let key = series.source.key().as_bytes();
    let mut out = Vec::with_capacity(HEAD + key.len() + 64);
    out.push(FORMAT);
    out.extend_from_slice(series.participant.as_bytes());
    out.push(series.metric.code());
    out.push(series.grain as u8);
    out.extend_from_slice(&received_ms.to_le_bytes());
    // A source key has six parts of at most 64 bytes.
    out.extend_from_slice(&(key.len() as u16).to_le_bytes());
    out.extend_from_slice(key);
    let rows: Vec<BlockRow> = rows
        .iter()
        .map(|(tuple, provenance)| BlockRow { tuple: *tuple, provenance: *provenance, upload: 0 })
        .collect();
    out.extend_from_slice(&encode_block(&rows));
    out
}

/// Whose readings a record holds, without decoding them.
#[must_use]
pub fn participant(record: &[u8]) -> Option<ParticipantId> {
    participant_of(record.get(1..17)?)
}

/// The series of a record and when it was received, without decoding its readings.
#[must_use]
pub fn series(record: &[u8]) -> Option<(Series, i64)> {
    head(record).map(|(series, received_ms, _)| (series, received_ms))
}

/// The record that these bytes are; `None` when they are none.
#[must_use]
pub fn decode(record: &[u8]) -> Option<Record> {
    let (series, received_ms, block) = head(record)?;
    let rows = decode_block(block).ok()?;
    let rows = rows.into_iter().map(|row| (row.tuple, row.provenance)).collect();
    Some(Record { received_ms, group: Group { series, rows } })
}

fn head(record: &[u8]) -> Option<(Series, i64, &[u8])> {
    let (head, rest) = record.split_at_checked(HEAD)?;
    if head[0] != FORMAT {
        return None;
    }
    let participant = participant_of(&head[1..17])?;
    let (metric, grain) = (Metric::from_code(head[17])?, Grain::from_code(head[18])?);
    let received_ms = i64::from_le_bytes(head[19..27].try_into().ok()?);
    let length = u16::from_le_bytes(head[27..29].try_into().ok()?);
    let (key, block) = rest.split_at_checked(usize::from(length))?;
    let source = std::str::from_utf8(key).ok()?.parse().ok()?;
    Some((Series { participant, source, metric, grain }, received_ms, block))
}

#[cfg(test)]
mod tests {
    use super::*;
    use foulee_contract::{How, Value};

    fn record() -> (Series, Vec<(Tuple, Provenance)>, Vec<u8>) {
        let series = Series {
            participant: ParticipantId::from_parts(1_700_000_000_000, [3; 10]),
            source: "watch/a/b//c".parse().unwrap(),
            metric: Metric::HeartRate,
            grain: Grain::Sample,
        };
        let provenance = Provenance { offset_minutes: Some(-90), how: How::Active };
        let row = |n: i64| {
            let value = if n == 3 { Value::Deleted } else { Value::Present(700 + n) };
            (Tuple { start_ms: n * 1_000, end_ms: n * 1_000, seq: 2, rev: 9, value }, provenance)
        };
        let rows: Vec<_> = (0..9).map(row).collect();
        let bytes = encode(&series, &rows, -5);
        (series, rows, bytes)
    }

    #[test]
    fn a_record_comes_back() {
        let (of, rows, bytes) = record();
        let back = decode(&bytes).unwrap();
        assert_eq!((&back.group.series, back.received_ms), (&of, -5));
        assert_eq!(back.group.rows, rows);
        assert_eq!(series(&bytes), Some((of.clone(), -5)));
        assert_eq!(participant(&bytes), Some(of.participant));
    }

    #[test]
    fn what_is_cut_or_changed_is_never_a_panic() {
        let (_, _, bytes) = record();
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_none());
        }
        for at in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[at / 8] ^= 1 << (at % 8);
            let _ = decode(&bytes);
        }
    }
}
