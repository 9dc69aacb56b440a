//! A block: the rows of one series and UTC day (or a mixed log record), in columns, compressed.
//!
//! Format 1: byte `1`, count varint, then `0` and the columns as they are, or `1` and a zstd frame of them. Columns:
//! start, end - start, seq, rev, tombstone, value, offset + 1 (0 is none), how, upload. A log record has the series
//! number before start.

use std::cell::RefCell;

use foulee_contract::{How, Provenance, Tuple, Value};

use super::columns::{Cursor, put_column, put_varint};

/// A reading as the embedded store holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) tuple: Tuple,
    pub(crate) provenance: Provenance,
    /// Which upload brought it first.
    pub(crate) upload: u32,
}

const FORMAT: u8 = 1;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Measured: level 3 is within 2 % of level 9 on minutes of heart rate, at a third of the time.
const ZSTD_LEVEL: i32 = 3;
/// A day at 10 readings a second is 864,000; more in one block is damage.
const MAX_ROWS: usize = 20_000_000;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

#[derive(Default)]
struct Scratch {
    column: Vec<i64>,
    work: Vec<i64>,
    bytes: Vec<u8>,
    compressor: Option<zstd::bulk::Compressor<'static>>,
    decompressor: Option<zstd::bulk::Decompressor<'static>>,
}

/// The block of `rows`, sorted by tuple and not empty.
pub(crate) fn encode(rows: &[Row]) -> Vec<u8> {
    encode_with(rows, None)
}

/// A log record: rows of several series, the series numbers beside them.
pub(super) fn encode_log(rows: &[Row], series: &[i64]) -> Vec<u8> {
    encode_with(rows, Some(series))
}

fn encode_with(rows: &[Row], series: Option<&[i64]>) -> Vec<u8> {
    SCRATCH.with_borrow_mut(|scratch| {
        let Scratch { column, work, bytes, compressor, .. } = scratch;
        bytes.clear();
        if let Some(series) = series {
            put_column(bytes, series, work);
        }
        let mut put = |of: &dyn Fn(&Row) -> i64| {
            column.clear();
            column.extend(rows.iter().map(of));
            put_column(bytes, column, work);
        };
        put(&|row| row.tuple.start_ms);
        put(&|row| row.tuple.end_ms.wrapping_sub(row.tuple.start_ms));
        put(&|row| row.tuple.seq as i64);
        put(&|row| row.tuple.rev as i64);
        put(&|row| i64::from(row.tuple.value == Value::Deleted));
        put(&|row| row.tuple.value.present().unwrap_or(0));
        // One range for all: none is 0, an offset its minutes moved beyond 18 hours west.
        put(&|row| row.provenance.offset_minutes.map_or(0, |minutes| i64::from(minutes) + 1_081));
        put(&|row| row.provenance.how as i64);
        put(&|row| i64::from(row.upload));

        let mut block = Vec::with_capacity(bytes.len() / 2 + 32);
        block.push(FORMAT);
        put_varint(&mut block, rows.len() as u64);
        if compressor.is_none() {
            *compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL).ok().map(|mut c| {
                // The count of rows stands in front; these fields would only repeat what is known.
                let _ = c.include_checksum(false);
                let _ = c.include_dictid(false);
                let _ = c.include_contentsize(false);
                c
            });
        }
        let packed =
            compressor.as_mut().and_then(|c| c.compress(bytes).ok()).filter(|p| p.len() + 4 < bytes.len());
        match packed {
            Some(packed) => {
                block.push(ZSTD);
                put_varint(&mut block, bytes.len() as u64);
                block.extend_from_slice(&packed);
            }
            None => {
                block.push(PLAIN);
                block.extend_from_slice(bytes);
            }
        }
        block
    })
}

/// The rows of a block, or what is wrong with it.
pub(crate) fn decode(block: &[u8]) -> Result<Vec<Row>, &'static str> {
    decode_with(block, false).map(|(rows, _)| rows)
}

/// The rows of a log record and their series numbers.
pub(super) fn decode_log(block: &[u8]) -> Result<(Vec<Row>, Vec<i64>), &'static str> {
    decode_with(block, true)
}

fn decode_with(block: &[u8], with_series: bool) -> Result<(Vec<Row>, Vec<i64>), &'static str> {
    let mut head = Cursor::new(block);
    if head.byte() != Some(FORMAT) {
        return Err("unknown block format");
    }
    let count = head.varint().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=MAX_ROWS).contains(n));
    let count = count.ok_or("impossible row count")?;
    match head.byte() {
        Some(PLAIN) => decode_columns(head.rest(), count, with_series),
        Some(ZSTD) => {
            let size = head.varint().and_then(|n| usize::try_from(n).ok());
            // No column entry is longer than 10 bytes, and there are 10 columns.
            let size =
                size.filter(|size| *size <= count.saturating_mul(100) + 200).ok_or("impossible size")?;
            let bytes = SCRATCH.with_borrow_mut(|scratch| {
                if scratch.decompressor.is_none() {
                    scratch.decompressor = zstd::bulk::Decompressor::new().ok();
                }
                scratch.decompressor.as_mut().and_then(|d| d.decompress(head.rest(), size).ok())
            });
            let bytes = bytes.filter(|bytes| bytes.len() == size).ok_or("does not decompress")?;
            decode_columns(&bytes, count, with_series)
        }
        _ => Err("unknown compression"),
    }
}

fn decode_columns(
    bytes: &[u8],
    count: usize,
    with_series: bool,
) -> Result<(Vec<Row>, Vec<i64>), &'static str> {
    let mut cursor = Cursor::new(bytes);
    let series = if with_series { cursor.column(count).ok_or("series column")? } else { Vec::new() };
    let start = cursor.column(count).ok_or("start column")?;
    let length = cursor.column(count).ok_or("end column")?;
    let seq = cursor.column(count).ok_or("seq column")?;
    let rev = cursor.column(count).ok_or("rev column")?;
    let deleted = cursor.column(count).ok_or("tombstone column")?;
    let value = cursor.column(count).ok_or("value column")?;
    let offset = cursor.column(count).ok_or("offset column")?;
    let how = cursor.column(count).ok_or("how column")?;
    let upload = cursor.column(count).ok_or("upload column")?;
    if !cursor.is_at_end() {
        return Err("bytes left over");
    }
    let mut rows = Vec::with_capacity(count);
    for i in 0..count {
        let how = u8::try_from(how[i]).ok().and_then(How::from_code).ok_or("recording method")?;
        let offset_minutes = match offset[i] {
            0 => None,
            moved => Some(i16::try_from(moved - 1_081).map_err(|_| "offset")?),
        };
        rows.push(Row {
            tuple: Tuple {
                start_ms: start[i],
                end_ms: start[i].wrapping_add(length[i]),
                seq: seq[i] as u64,
                rev: rev[i] as u64,
                value: if deleted[i] == 0 { Value::Present(value[i]) } else { Value::Deleted },
            },
            provenance: Provenance { offset_minutes, how },
            upload: u32::try_from(upload[i]).map_err(|_| "upload")?,
        });
    }
    Ok((rows, series))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row() -> impl Strategy<Value = Row> {
        let value = prop_oneof![any::<i64>().prop_map(Value::Present), Just(Value::Deleted)];
        let times = (any::<i32>(), 0..90_000_000_i64, 0..9_u64, any::<u32>());
        let rest = (proptest::option::of(-1_080..1_080_i16), 0..4_u8, any::<u32>());
        (times, value, rest).prop_map(|((start, length, seq, rev), value, (offset_minutes, how, upload))| {
            Row {
                tuple: Tuple {
                    start_ms: i64::from(start) * 1_000,
                    end_ms: i64::from(start) * 1_000 + length,
                    seq,
                    rev: u64::from(rev),
                    value,
                },
                provenance: Provenance { offset_minutes, how: How::from_code(how).expect("code in range") },
                upload,
            }
        })
    }

    proptest! {
        #[test]
        fn every_block_comes_back(rows in prop::collection::vec(row(), 1..300)) {
            prop_assert_eq!(decode(&encode(&rows)), Ok(rows.clone()));
            let series: Vec<i64> = (0..rows.len() as i64).collect();
            prop_assert_eq!(decode_log(&encode_log(&rows, &series)), Ok((rows, series)));
        }

        #[test]
        fn damage_is_an_error_and_never_a_panic(rows in prop::collection::vec(row(), 1..60), at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let mut block = encode(&rows);
            let at = at.index(block.len());
            block[at] ^= 1 << bit;
            let _ = decode(&block);
            block.truncate(at);
            prop_assert!(decode(&block).is_err());
        }
    }
}
