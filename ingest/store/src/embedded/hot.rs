use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::codec::{Row, decode_log, encode_log};
use super::index::{BlockKey, SeriesIndex};
use super::merge::{chunk_of, union};
use crate::{StoreError, epoch_day};

/// The rows that no chunk holds yet, mirrored in memory from the log table `hot`.
///
/// A small write is appended to the log, because rewriting a chunk for one reading would write a thousand times its
/// size. When the log is long, what it holds is frozen and folded into chunks a little with every commit; then the
/// frozen part of the log is deleted. After a crash the log is replayed against the chunks: what a chunk already holds
/// is skipped, so a fold that was cut short needs no record of its own.
#[derive(Debug, Default)]
pub(super) struct Hot {
    active: BTreeMap<BlockKey, Vec<Row>>,
    frozen: BTreeMap<BlockKey, Vec<Row>>,
    active_rows: usize,
    active_records: usize,
    last_record: i64,
    frozen_upto: i64,
}

/// Fold when this many rows are in the log: about 25 MB of memory at 64 B a row, twice that while folding.
const FREEZE_ROWS: usize = 200_000;
/// Or this many log records, so that a trickle of single readings does not make start-up slow.
const FREEZE_RECORDS: usize = 20_000;

/// Blocks folded with one commit, so that no commit waits long for folding; as many again for each further
/// [`FOLD_MORE_ROWS`] that came meanwhile, so that the log does not outgrow the folding.
const FOLD_AT_ONCE: usize = 96;
const FOLD_MORE_ROWS: usize = 50_000;

impl Hot {
    /// Replays the log.
    pub(super) fn load(conn: &Connection, index: &SeriesIndex) -> Result<Self, StoreError> {
        let mut hot = Self::default();
        let mut statement = conn.prepare("SELECT id, data FROM hot ORDER BY id")?;
        let mut records = statement.query([])?;
        let mut found: BTreeMap<BlockKey, Vec<Row>> = BTreeMap::new();
        while let Some(record) = records.next()? {
            let id: i64 = record.get(0)?;
            hot.last_record = id;
            hot.active_records += 1;
            let (rows, series) = decode_log(record.get_ref(1)?.as_blob().unwrap_or_default())
                .map_err(|why| StoreError::Damaged { chunk: -id, why })?;
            for (row, no) in rows.into_iter().zip(series) {
                let entry = u32::try_from(no).ok().and_then(|no| index.entry(no));
                let entry = entry.ok_or(StoreError::Damaged { chunk: -id, why: "series number" })?;
                let key = BlockKey::new(entry.series.metric, entry.no, epoch_day(row.tuple.start_ms));
                let key = key.ok_or(StoreError::Damaged { chunk: -id, why: "time" })?;
                found.entry(key).or_default().push(row);
            }
        }
        for (key, mut rows) in found {
            rows.sort_by_key(|row| row.tuple);
            let mut merged = Vec::new();
            union(&mut merged, &rows);
            if let Some(chunk) = chunk_of(conn, key)? {
                merged.retain(|row| chunk.rows.binary_search_by_key(&row.tuple, |r| r.tuple).is_err());
            }
            if !merged.is_empty() {
                hot.active_rows += merged.len();
                hot.active.insert(key, merged);
            }
        }
        Ok(hot)
    }

    /// The rows of one block, sorted by tuple.
    pub(super) fn rows(&self, key: BlockKey) -> Vec<Row> {
        let mut rows = self.frozen.get(&key).cloned().unwrap_or_default();
        if let Some(active) = self.active.get(&key) {
            union(&mut rows, active);
        }
        rows
    }

    /// The number of rows of one block.
    pub(super) fn count(&self, key: BlockKey) -> usize {
        self.frozen.get(&key).map_or(0, Vec::len) + self.active.get(&key).map_or(0, Vec::len)
    }

    /// The rows of one block in the folding and in the live part of the log, each sorted by tuple.
    pub(super) fn parts(&self, key: BlockKey) -> [&[Row]; 2] {
        [&self.frozen, &self.active].map(|map| map.get(&key).map(Vec::as_slice).unwrap_or_default())
    }

    /// The blocks with rows between two keys, both included.
    pub(super) fn keys(&self, from: BlockKey, to: BlockKey) -> Vec<BlockKey> {
        let mut keys: Vec<BlockKey> =
            self.frozen.range(from..=to).chain(self.active.range(from..=to)).map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// All blocks with rows.
    pub(super) fn all_keys(&self) -> Vec<BlockKey> {
        self.keys(BlockKey::from_id(i64::MIN), BlockKey::from_id(i64::MAX))
    }

    /// Adds rows that were logged as record `record`, block by block.
    pub(super) fn add(&mut self, record: i64, rows: &[(BlockKey, Row)]) {
        for block in rows.chunk_by(|(a, _), (b, _)| a == b) {
            let key = block[0].0;
            let mut frozen = self.frozen.get_mut(&key);
            let active = self.active.entry(key).or_default();
            for (_, row) in block {
                let known = frozen.as_mut().and_then(|rows| {
                    let at = rows.binary_search_by_key(&row.tuple, |r| r.tuple).ok()?;
                    rows.get_mut(at)
                });
                if let Some(known) = known {
                    known.provenance = known.provenance.max(row.provenance);
                } else if active.last().is_none_or(|last| last.tuple < row.tuple) {
                    active.push(*row);
                    self.active_rows += 1;
                } else {
                    match active.binary_search_by_key(&row.tuple, |r| r.tuple) {
                        Ok(at) => active[at].provenance = active[at].provenance.max(row.provenance),
                        Err(at) => {
                            active.insert(at, *row);
                            self.active_rows += 1;
                        }
                    }
                }
            }
        }
        self.last_record = record;
        self.active_records += 1;
    }

    /// Drops the rows of a block, now that its chunk holds them.
    pub(super) fn remove(&mut self, key: BlockKey) {
        self.frozen.remove(&key);
        if let Some(rows) = self.active.remove(&key) {
            self.active_rows -= rows.len();
        }
    }

    /// Blocks to fold with the next commit; begins a freeze where one is due.
    pub(super) fn due(&mut self) -> Vec<BlockKey> {
        let long = self.active_rows >= FREEZE_ROWS || self.active_records >= FREEZE_RECORDS;
        if self.frozen_upto == 0 && long {
            self.frozen = std::mem::take(&mut self.active);
            self.frozen_upto = self.last_record;
            self.active_rows = 0;
            self.active_records = 0;
        }
        let limit = FOLD_AT_ONCE * (1 + self.active_rows / FOLD_MORE_ROWS);
        self.frozen.keys().take(limit).copied().collect()
    }

    /// The part of the log that has been folded whole, to be deleted.
    pub(super) fn folded_upto(&self) -> Option<i64> {
        (self.frozen_upto != 0 && self.frozen.is_empty()).then_some(self.frozen_upto)
    }

    /// The folded part of the log is gone.
    pub(super) fn forget_folded(&mut self) {
        self.frozen_upto = 0;
    }
}

/// Appends rows to the log within the writer's transaction; the record's id.
pub(super) fn append(conn: &Connection, rows: &[(BlockKey, Row)]) -> Result<i64, StoreError> {
    let series: Vec<i64> = rows.iter().map(|(key, _)| i64::from(key.series_no())).collect();
    let rows: Vec<Row> = rows.iter().map(|(_, row)| *row).collect();
    conn.prepare_cached("INSERT INTO hot(data) VALUES (?1)")?.execute(params![encode_log(&rows, &series)])?;
    Ok(conn.last_insert_rowid())
}
