use rusqlite::Connection;

use super::Shared;
use super::codec::decode;
use super::index::BlockKey;
use crate::{Digest, Stats, StoreError, Verified};

/// Counts, on the writer's thread so that log and chunks are seen at one moment.
pub(super) fn stats(conn: &Connection, shared: &Shared) -> Result<Stats, StoreError> {
    let (chunked, block_bytes): (i64, i64) =
        conn.query_row("SELECT readings, block_bytes FROM totals", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let dirty: i64 = conn.query_row("SELECT count(*) FROM dirty", [], |row| row.get(0))?;
    let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page_size: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let wal = std::fs::metadata(shared.file.with_extension("db-wal")).map_or(0, |meta| meta.len());
    let hot = shared.hot();
    let logged: usize = hot.all_keys().into_iter().map(|key| hot.count(key)).sum();
    Ok(Stats {
        readings: chunked.unsigned_abs() + logged as u64,
        bytes: (pages * page_size).unsigned_abs() + wal,
        block_bytes: block_bytes.unsigned_abs(),
        series: shared.index().len() as u64,
        dirty_days: dirty.unsigned_abs(),
        engine: "embedded",
    })
}

/// The digest of the whole set: the chunks' own and the log's.
pub(super) fn digest(conn: &Connection, shared: &Shared) -> Result<Digest, StoreError> {
    let mut sum = Digest::default();
    let mut statement = conn.prepare("SELECT digest FROM chunk")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        sum = sum.plus(super::merge::digest_of(row.get_ref(0)?.as_blob().unwrap_or_default()));
    }
    let (hot, index) = (shared.hot(), shared.index());
    for key in hot.all_keys() {
        if let Some(entry) = index.entry(key.series_no()) {
            sum = hot.rows(key).iter().fold(sum, |sum, row| sum.plus(entry.hasher.hash(&row.tuple)));
        }
    }
    Ok(sum)
}

/// Decodes every block, adds up its tuples' hashes anew, and lets SQLite check its own pages.
pub(super) fn verify(conn: &Connection, shared: &Shared) -> Result<Verified, StoreError> {
    let mut verified = Verified::default();
    // One snapshot: the writer goes on meanwhile.
    conn.execute_batch("BEGIN")?;
    let integrity: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if integrity != "ok" {
        verified.damaged.push(integrity);
    }
    let (counted, bytes): (i64, i64) =
        conn.query_row("SELECT readings, block_bytes FROM totals", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let there: (i64, i64) =
        conn.query_row("SELECT coalesce(sum(n), 0), coalesce(sum(length(data)), 0) FROM chunk", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if there != (counted, bytes) {
        verified
            .damaged
            .push(format!("the totals say {counted} readings in {bytes} bytes, the blocks {there:?}"));
    }
    let index = shared.index();
    let mut statement = conn.prepare("SELECT id, n, digest, data FROM chunk")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let key = BlockKey::from_id(row.get(0)?);
        let n: i64 = row.get(1)?;
        let stored = super::merge::digest_of(row.get_ref(2)?.as_blob().unwrap_or_default());
        let damage =
            match (decode(row.get_ref(3)?.as_blob().unwrap_or_default()), index.entry(key.series_no())) {
                (Err(why), _) => Some(why),
                // Erased since the index was read.
                (_, None) => None,
                (Ok(decoded), Some(entry)) => {
                    verified.readings += decoded.len() as u64;
                    let sum = decoded
                        .iter()
                        .fold(Digest::default(), |sum, row| sum.plus(entry.hasher.hash(&row.tuple)));
                    let count = usize::try_from(n) == Ok(decoded.len());
                    (sum != stored || !count).then_some("differs from its digest")
                }
            };
        if let Some(why) = damage {
            verified.damaged.push(format!("block {} of day {}: {why}", key.id(), key.epoch_day()));
        }
    }
    conn.execute_batch("COMMIT")?;
    let hot = shared.hot();
    verified.readings += hot.all_keys().into_iter().map(|key| hot.count(key) as u64).sum::<u64>();
    Ok(verified)
}
