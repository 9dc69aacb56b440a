use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension, params};

use super::codec::{Row, decode, encode};
use super::index::BlockKey;
use crate::{Digest, SeriesHasher, StoreError};

/// Adds `more` to `rows`, both sorted by tuple; of equal tuples the earliest upload and greatest provenance are kept.
pub(super) fn union(rows: &mut Vec<Row>, more: &[Row]) {
    // Data mostly arrives in order: then this is an append.
    let appends = match (rows.last(), more.first()) {
        (Some(last), Some(first)) => last.tuple < first.tuple,
        _ => true,
    };
    if appends && more.is_sorted_by(|a, b| a.tuple < b.tuple) {
        rows.extend_from_slice(more);
        return;
    }
    let old = std::mem::take(rows);
    rows.reserve(old.len() + more.len());
    let (mut a, mut b) = (old.into_iter().peekable(), more.iter().copied().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(x), Some(y)) => match x.tuple.cmp(&y.tuple) {
                Ordering::Greater => b.next(),
                _ => a.next(),
            },
            (Some(_), None) => a.next(),
            (None, _) => b.next(),
        };
        let Some(row) = next else { break };
        match rows.last_mut() {
            Some(last) if last.tuple == row.tuple => {
                last.provenance = last.provenance.max(row.provenance);
                last.upload = last.upload.min(row.upload);
            }
            _ => rows.push(row),
        }
    }
}

/// A chunk as it is on disk.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) digest: Digest,
    pub(super) rows: Vec<Row>,
    bytes: usize,
    count: usize,
}

/// A chunk, if there is one.
pub(super) fn chunk_of(conn: &Connection, key: BlockKey) -> Result<Option<Chunk>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT digest, data FROM chunk WHERE id = ?1")?;
    let mut found = statement.query(params![key.id()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let data = row.get_ref(1)?.as_blob().unwrap_or_default();
    let rows = decode(data).map_err(|why| StoreError::Damaged { chunk: key.id(), why })?;
    let digest = digest_of(row.get_ref(0)?.as_blob().unwrap_or_default());
    Ok(Some(Chunk { digest, count: rows.len(), bytes: data.len(), rows }))
}

/// The last start in a chunk, if there is one: whatever starts later is new to it.
pub(super) fn last_start_of(conn: &Connection, key: BlockKey) -> Result<Option<i64>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT max_start_ms FROM chunk WHERE id = ?1")?;
    Ok(statement.query_row(params![key.id()], |row| row.get(0)).optional()?)
}

pub(super) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_bytes(bytes.try_into().unwrap_or_default())
}

/// Writes a chunk that was read and changed, and counts it, within the writer's transaction.
pub(super) fn put_chunk(conn: &Connection, key: BlockKey, chunk: &Chunk) -> Result<(), StoreError> {
    let Some(last) = chunk.rows.last() else { return Ok(()) };
    let data = encode(&chunk.rows);
    conn.prepare_cached(
        "INSERT OR REPLACE INTO chunk(id, n, max_start_ms, digest, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        key.id(),
        chunk.rows.len() as i64,
        last.tuple.start_ms,
        chunk.digest.to_bytes().as_slice(),
        data
    ])?;
    let more = |now: usize, before: usize| now as i64 - before as i64;
    conn.prepare_cached("UPDATE totals SET readings = readings + ?1, block_bytes = block_bytes + ?2")?
        .execute(params![more(chunk.rows.len(), chunk.count), more(data.len(), chunk.bytes)])?;
    Ok(())
}

/// Moves the hot rows of a block into its chunk.
pub(super) fn fold(
    conn: &Connection,
    key: BlockKey,
    hasher: &SeriesHasher,
    hot: &[Row],
) -> Result<(), StoreError> {
    let mut chunk = chunk_of(conn, key)?.unwrap_or_default();
    for row in hot {
        if chunk.rows.binary_search_by_key(&row.tuple, |r| r.tuple).is_err() {
            chunk.digest = chunk.digest.plus(hasher.hash(&row.tuple));
        }
    }
    union(&mut chunk.rows, hot);
    put_chunk(conn, key, &chunk)
}
