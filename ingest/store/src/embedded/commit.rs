use std::collections::{BTreeMap, HashMap, HashSet};

use foulee_contract::{Series, Tuple};
use rusqlite::{Connection, params};

use super::codec::Row;
use super::hot::{self, Hot};
use super::index::{BlockKey, SeriesEntry, SeriesIndex, insert_series};
use super::merge::{chunk_of, fold, last_start_of, put_chunk, union};
use crate::{SeriesHasher, StoreError, WriteBatch, epoch_day};

/// A block with at least this many rows waiting is rewritten; fewer go to the log. Rewriting a day of minutes costs
/// about as much as logging 250 rows and folding them later (measured with `api/benches/ingest.rs`).
const MERGE_AT: usize = 256;

/// What a transaction changed, to be done to the memory after it is committed.
#[derive(Default)]
pub(super) struct Staged {
    new_series: Vec<(u32, i64, Series)>,
    wider: HashMap<u32, i64>,
    logged: Vec<(BlockKey, Row)>,
    record: i64,
    in_chunk: Vec<BlockKey>,
    /// Blocks of the log in which a known row was logged again with a greater provenance.
    regraded: HashSet<BlockKey>,
    marked: Vec<(i64, i32)>,
    log_cut: bool,
    /// New tuples of each batch.
    pub(super) new: Vec<u64>,
    pub(super) next_upload: u32,
}

impl Staged {
    /// Brings the memory to what is now on disk.
    pub(super) fn apply(self, index: &mut SeriesIndex, hot: &mut Hot, unclaimed: &mut HashSet<(i64, i32)>) {
        for (no, participant_no, series) in self.new_series {
            index.add(no, participant_no, series, 0);
        }
        for (no, span) in self.wider {
            index.widen(no, span);
        }
        for key in self.in_chunk {
            hot.remove(key);
        }
        if self.log_cut {
            hot.forget_folded();
        }
        if !self.logged.is_empty() {
            hot.add(self.record, &self.logged);
        }
        unclaimed.extend(self.marked);
    }
}

struct Entry {
    key: BlockKey,
    row: Row,
    batch: u32,
}

/// Writes `batches` within a transaction of `conn`.
pub(super) fn write_batches(
    conn: &Connection,
    index: &SeriesIndex,
    hot: &Hot,
    unclaimed: &HashSet<(i64, i32)>,
    batches: &[&WriteBatch],
    first_upload: u32,
) -> Result<Staged, StoreError> {
    let mut commit = Commit { conn, index, hot, new_entries: HashMap::new(), staged: Staged::default() };
    commit.staged.new = vec![0; batches.len()];
    commit.staged.next_upload = first_upload + batches.len() as u32;
    let entries = commit.entries(batches, first_upload)?;
    let mut touched = BTreeMap::new();
    let mut used = vec![false; batches.len()];
    let mut fresh: Vec<(Row, u32)> = Vec::new();
    for block in entries.chunk_by(|a, b| a.key == b.key) {
        fresh.clear();
        for entry in block {
            match fresh.last_mut() {
                Some((row, _)) if row.tuple == entry.row.tuple => {
                    row.provenance = row.provenance.max(entry.row.provenance);
                }
                _ => fresh.push((entry.row, entry.batch)),
            }
        }
        let key = block[0].key;
        let changed = commit.write_block(key, &fresh)?;
        if changed {
            let entry = commit.entry(key.series_no())?;
            let (mut last_day, mut span) = (key.epoch_day(), 0);
            for (row, batch) in &fresh {
                used[*batch as usize] = true;
                let tuple = &row.tuple;
                span = span.max(tuple.end_ms - tuple.start_ms);
                last_day = last_day.max(epoch_day(tuple.end_ms.max(tuple.start_ms + 1) - 1));
            }
            let participant_no = entry.participant_no;
            if span > entry.max_span_ms {
                let known = commit.staged.wider.entry(key.series_no()).or_default();
                *known = span.max(*known);
            }
            let reach = touched.entry((participant_no, key.epoch_day())).or_insert(last_day);
            *reach = last_day.max(*reach);
        }
    }
    commit.log_rows()?;
    commit.mark_dirty(unclaimed, &touched)?;
    for (no, span) in &commit.staged.wider {
        conn.prepare_cached("UPDATE series SET max_span_ms = max(max_span_ms, ?2) WHERE no = ?1")?
            .execute(params![no, span])?;
    }
    for ((upload, batch), _) in (first_upload..).zip(batches).zip(&used).filter(|(_, used)| **used) {
        conn.prepare_cached("INSERT INTO upload(id, received_ms) VALUES (?1, ?2)")?
            .execute(params![upload, batch.received_ms])?;
    }
    Ok(commit.staged)
}

/// Folds what is due from the log into chunks, within a transaction of `conn`.
pub(super) fn fold_due(
    conn: &Connection,
    index: &SeriesIndex,
    hot: &Hot,
    due: &[BlockKey],
    staged: &mut Staged,
) -> Result<(), StoreError> {
    if let Some(upto) = hot.folded_upto() {
        conn.prepare_cached("DELETE FROM hot WHERE id <= ?1")?.execute(params![upto])?;
        staged.log_cut = true;
    }
    let merged: HashSet<BlockKey> = staged.in_chunk.iter().copied().collect();
    for key in due {
        // Rows logged by this very commit reach the memory after the fold, as later rows of the log. But of a row that
        // a chunk holds the log may not hold a better provenance: it would be skipped when the log is replayed.
        if merged.contains(key) || staged.regraded.contains(key) {
            continue;
        }
        if let Some(entry) = index.entry(key.series_no()) {
            fold(conn, *key, &entry.hasher, &hot.rows(*key))?;
            staged.in_chunk.push(*key);
        }
    }
    Ok(())
}

struct Commit<'a> {
    conn: &'a Connection,
    index: &'a SeriesIndex,
    hot: &'a Hot,
    new_entries: HashMap<u32, SeriesEntry>,
    staged: Staged,
}

impl Commit<'_> {
    /// Every row with its block, by block and tuple.
    fn entries(&mut self, batches: &[&WriteBatch], first_upload: u32) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::with_capacity(batches.iter().map(|batch| batch.len()).sum());
        let mut new_numbers: HashMap<Series, u32> = HashMap::new();
        for (batch_no, batch) in (0_u32..).zip(batches) {
            for group in batch.groups.iter().filter(|group| !group.rows.is_empty()) {
                let known =
                    self.index.number_of(&group.series).or_else(|| new_numbers.get(&group.series).copied());
                let no = match known {
                    Some(no) => no,
                    None => {
                        let no = self.add_series(&group.series)?;
                        new_numbers.insert(group.series.clone(), no);
                        no
                    }
                };
                for (tuple, provenance) in &group.rows {
                    let key = BlockKey::new(group.series.metric, no, epoch_day(tuple.start_ms));
                    let key = key.ok_or(StoreError::TimeOutOfRange)?;
                    let row = Row { tuple: *tuple, provenance: *provenance, upload: first_upload + batch_no };
                    entries.push(Entry { key, row, batch: batch_no });
                }
            }
        }
        let order = |entry: &Entry| (entry.key, entry.row.tuple);
        if !entries.is_sorted_by_key(order) {
            // Stable, so that of equal tuples the batch that came first is the one that brought it.
            entries.sort_by_key(order);
        }
        Ok(entries)
    }

    fn add_series(&mut self, series: &Series) -> Result<u32, StoreError> {
        let no = self.index.next_series() + self.staged.new_series.len() as u32;
        let participant_no = self.index.participant_no(&series.participant).or_else(|| {
            let staged =
                self.staged.new_series.iter().rev().find(|(_, _, s)| s.participant == series.participant);
            staged.map(|(_, participant_no, _)| *participant_no)
        });
        let participant_no = participant_no.unwrap_or_else(|| {
            let last = self.staged.new_series.iter().map(|(_, no, _)| no + 1).max();
            last.unwrap_or(0).max(self.index.next_participant())
        });
        insert_series(self.conn, no, participant_no, series)?;
        self.new_entries.insert(
            no,
            SeriesEntry {
                no,
                participant_no,
                series: series.clone().into(),
                hasher: SeriesHasher::new(series),
                max_span_ms: 0,
            },
        );
        self.staged.new_series.push((no, participant_no, series.clone()));
        Ok(no)
    }

    fn entry(&self, no: u32) -> Result<&SeriesEntry, StoreError> {
        let entry = self.index.entry(no).or_else(|| self.new_entries.get(&no));
        entry.ok_or(StoreError::Damaged { chunk: i64::from(no), why: "series number" })
    }

    /// Writes the rows of one block, each tuple once; whether anything changed.
    fn write_block(&mut self, key: BlockKey, fresh: &[(Row, u32)]) -> Result<bool, StoreError> {
        if fresh.len() + self.hot.count(key) >= MERGE_AT {
            self.merge_block(key, fresh)
        } else {
            self.log_block(key, fresh)
        }
    }

    fn merge_block(&mut self, key: BlockKey, fresh: &[(Row, u32)]) -> Result<bool, StoreError> {
        let hasher = self.entry(key.series_no())?.hasher;
        let mut chunk = chunk_of(self.conn, key)?.unwrap_or_default();
        let hot = self.hot.rows(key);
        chunk.digest = hot.iter().fold(chunk.digest, |sum, row| sum.plus(hasher.hash(&row.tuple)));
        union(&mut chunk.rows, &hot);
        let rows = &chunk.rows;
        let appends =
            rows.last().is_none_or(|last| fresh.first().is_some_and(|(row, _)| last.tuple < row.tuple));
        let mut changed = false;
        for (row, batch) in fresh {
            let known = if appends { None } else { rows.binary_search_by_key(&row.tuple, |r| r.tuple).ok() };
            match known {
                Some(at) => changed |= row.provenance > rows[at].provenance,
                None => {
                    chunk.digest = chunk.digest.plus(hasher.hash(&row.tuple));
                    self.staged.new[*batch as usize] += 1;
                    changed = true;
                }
            }
        }
        if changed {
            let fresh: Vec<Row> = fresh.iter().map(|(row, _)| *row).collect();
            union(&mut chunk.rows, &fresh);
        }
        if changed || !hot.is_empty() {
            put_chunk(self.conn, key, &chunk)?;
            self.staged.in_chunk.push(key);
        }
        Ok(changed)
    }

    fn log_block(&mut self, key: BlockKey, fresh: &[(Row, u32)]) -> Result<bool, StoreError> {
        let last_start = last_start_of(self.conn, key)?;
        let mut chunk = None;
        let mut better = Vec::new();
        let mut changed = false;
        let logged = self.hot.parts(key);
        for (row, batch) in fresh {
            if let Some(known) = find(logged, &row.tuple) {
                if row.provenance > known.provenance {
                    self.staged.logged.push((key, Row { upload: known.upload, ..*row }));
                    self.staged.regraded.insert(key);
                    changed = true;
                }
                continue;
            }
            if last_start.is_some_and(|last| row.tuple.start_ms <= last) {
                if chunk.is_none() {
                    chunk = chunk_of(self.conn, key)?;
                }
                let rows = chunk.as_ref().map(|chunk| chunk.rows.as_slice()).unwrap_or_default();
                if let Ok(at) = rows.binary_search_by_key(&row.tuple, |r| r.tuple) {
                    if row.provenance > rows[at].provenance {
                        better.push(*row);
                        changed = true;
                    }
                    continue;
                }
            }
            self.staged.logged.push((key, *row));
            self.staged.new[*batch as usize] += 1;
            changed = true;
        }
        if let (false, Some(mut chunk)) = (better.is_empty(), chunk) {
            union(&mut chunk.rows, &better);
            put_chunk(self.conn, key, &chunk)?;
        }
        Ok(changed)
    }

    fn log_rows(&mut self) -> Result<(), StoreError> {
        if !self.staged.logged.is_empty() {
            self.staged.record = hot::append(self.conn, &self.staged.logged)?;
        }
        Ok(())
    }

    /// Marks the touched days, in the same transaction as the rows. A day that is marked already and that no worker
    /// has read since needs no new mark.
    fn mark_dirty(
        &mut self,
        unclaimed: &HashSet<(i64, i32)>,
        touched: &BTreeMap<(i64, i32), i32>,
    ) -> Result<(), StoreError> {
        let mut days = HashSet::new();
        for (&(participant_no, first), &last) in touched {
            days.extend((first..=last).map(|day| (participant_no, day)));
        }
        let mut statement =
            self.conn.prepare_cached("INSERT OR REPLACE INTO dirty(participant, day) VALUES (?1, ?2)")?;
        for day in days {
            if !unclaimed.contains(&day) {
                statement.execute(params![day.0, day.1])?;
                self.staged.marked.push(day);
            }
        }
        Ok(())
    }
}

/// A row among the logged ones of its block. Most rows are later than all of them.
fn find(logged: [&[Row]; 2], tuple: &Tuple) -> Option<Row> {
    logged.into_iter().find_map(|rows| {
        if rows.last().is_none_or(|last| last.tuple < *tuple) {
            return None;
        }
        rows.binary_search_by_key(tuple, |row| row.tuple).ok().map(|at| rows[at])
    })
}
