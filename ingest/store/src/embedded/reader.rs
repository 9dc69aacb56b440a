use std::collections::HashMap;
use std::sync::Arc;

use foulee_contract::{ParticipantId, Series, Stored, Tuple};
use rusqlite::{Connection, OptionalExtension, params};

use super::Shared;
use super::codec::{Row, decode};
use super::index::{BlockKey, SeriesEntry};
use super::merge::{chunk_of, digest_of, union};
use crate::api::DAY_MS;
use crate::{CohortScan, DayDigest, Digest, Scan, SeriesReadings, SeriesScan, StoreError, epoch_day};

/// The readings of one participant.
pub(super) fn scan(shared: &Shared, scan: &Scan) -> Result<Vec<SeriesReadings>, StoreError> {
    let mut entries = shared.index().of_participant(&scan.participant);
    entries.retain(|entry| scan.metrics.is_empty() || scan.metrics.contains(&entry.series.metric));
    let mut reader = Reader::new(shared, scan.from_ms, scan.to_ms, scan.known_at_ms)?;
    let mut found = Vec::new();
    for entry in &entries {
        found.extend(reader.series(entry)?);
    }
    reader.finish();
    Ok(found)
}

/// The readings of one series.
pub(super) fn scan_series(shared: &Shared, scan: &SeriesScan) -> Result<Vec<Stored>, StoreError> {
    let Some(entry) = entry_of(shared, &scan.series) else { return Ok(Vec::new()) };
    let mut reader = Reader::new(shared, scan.from_ms, scan.to_ms, scan.known_at_ms)?;
    reader.reaching = scan.reaching;
    let found = reader.series(&entry)?;
    reader.finish();
    Ok(found.map(|found| found.tuples).unwrap_or_default())
}

/// The days of a series, both ends included.
pub(super) fn series_days(
    shared: &Shared,
    series: &Series,
    from_day: i32,
    to_day: i32,
) -> Result<Vec<i32>, StoreError> {
    let Some(entry) = entry_of(shared, series).filter(|_| from_day <= to_day) else { return Ok(Vec::new()) };
    let (from, to) = BlockKey::range(&entry, from_day, to_day);
    // The log before the chunks: what moves between the two looks is then seen twice, never missed.
    let mut days: Vec<i32> = shared.hot().keys(from, to).into_iter().map(BlockKey::epoch_day).collect();
    let conn = shared.take_reader()?;
    {
        let mut statement = conn.prepare_cached("SELECT id FROM chunk WHERE id BETWEEN ?1 AND ?2")?;
        let mut chunks = statement.query(params![from.id(), to.id()])?;
        while let Some(chunk) = chunks.next()? {
            days.push(BlockKey::from_id(chunk.get(0)?).epoch_day());
        }
    }
    shared.give_reader(conn);
    // The range of keys is clamped to what can be stored.
    days.retain(|day| (from_day..=to_day).contains(day));
    days.sort_unstable();
    days.dedup();
    Ok(days)
}

fn entry_of(shared: &Shared, series: &Series) -> Option<SeriesEntry> {
    let index = shared.index();
    index.entry(index.number_of(series)?).cloned()
}

/// The readings of everybody in one metric, over `scan.ranges` threads.
pub(super) fn scan_cohort(
    shared: &Shared,
    scan: &CohortScan,
    visit: &(dyn Fn(SeriesReadings) + Send + Sync),
) -> Result<(), StoreError> {
    let entries = shared.index().of_metric(scan.metric);
    let share = entries.len().div_ceil(scan.ranges.max(1)).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = entries
            .chunks(share)
            .map(|entries| {
                scope.spawn(move || {
                    let mut reader = Reader::new(shared, scan.from_ms, scan.to_ms, None)?;
                    for entry in entries {
                        if let Some(found) = reader.series(entry)? {
                            visit(found);
                        }
                    }
                    reader.finish();
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// The digests of a participant's days, both ends included.
pub(super) fn day_digests(
    shared: &Shared,
    participant: &ParticipantId,
    from_day: i32,
    to_day: i32,
) -> Result<Vec<DayDigest>, StoreError> {
    let entries = shared.index().of_participant(participant);
    // The log before the chunks: what moves between the two looks is then seen twice, never missed.
    let hot: Vec<(usize, BlockKey, Vec<Row>)> = {
        let hot = shared.hot();
        let keys = entries.iter().enumerate().flat_map(|(at, entry)| {
            let (from, to) = BlockKey::range(entry, from_day, to_day);
            hot.keys(from, to).into_iter().map(move |key| (at, key))
        });
        keys.map(|(at, key)| (at, key, hot.rows(key))).collect()
    };
    let conn = shared.take_reader()?;
    conn.execute_batch("BEGIN")?;
    let mut days: HashMap<i32, Digest> = HashMap::new();
    for entry in &entries {
        let (from, to) = BlockKey::range(entry, from_day, to_day);
        let mut statement = conn.prepare_cached("SELECT id, digest FROM chunk WHERE id BETWEEN ?1 AND ?2")?;
        let mut rows = statement.query(params![from.id(), to.id()])?;
        while let Some(row) = rows.next()? {
            let day = days.entry(BlockKey::from_id(row.get(0)?).epoch_day()).or_default();
            *day = day.plus(digest_of(row.get_ref(1)?.as_blob().unwrap_or_default()));
        }
    }
    for (at, key, rows) in hot {
        let chunk = chunk_of(&conn, key)?.unwrap_or_default().rows;
        let day = days.entry(key.epoch_day()).or_default();
        for row in rows.iter().filter(|row| chunk.binary_search_by_key(&row.tuple, |r| r.tuple).is_err()) {
            *day = day.plus(entries[at].hasher.hash(&row.tuple));
        }
    }
    conn.execute_batch("COMMIT")?;
    shared.give_reader(conn);
    let mut days: Vec<DayDigest> =
        days.into_iter().map(|(epoch_day, digest)| DayDigest { epoch_day, digest }).collect();
    days.sort_unstable_by_key(|day| day.epoch_day);
    Ok(days)
}

struct Reader<'a> {
    shared: &'a Shared,
    conn: Connection,
    from_ms: i64,
    to_ms: i64,
    known_at_ms: Option<i64>,
    /// Whether what began before the range and reaches into it belongs too.
    reaching: bool,
    received: HashMap<u32, i64>,
}

impl<'a> Reader<'a> {
    fn new(
        shared: &'a Shared,
        from_ms: i64,
        to_ms: i64,
        known_at_ms: Option<i64>,
    ) -> Result<Self, StoreError> {
        let conn = shared.take_reader()?;
        Ok(Self { shared, conn, from_ms, to_ms, known_at_ms, reaching: true, received: HashMap::new() })
    }

    fn finish(self) {
        self.shared.give_reader(self.conn);
    }

    fn series(&mut self, entry: &SeriesEntry) -> Result<Option<SeriesReadings>, StoreError> {
        if self.from_ms >= self.to_ms {
            return Ok(None);
        }
        let back_ms = if self.reaching { entry.max_span_ms } else { 0 };
        let first = epoch_day(self.from_ms.saturating_sub(back_ms).max(0));
        let last = epoch_day((self.to_ms - 1).clamp(0, i64::from(i32::MAX) * DAY_MS));
        let (from, to) = BlockKey::range(entry, first, last);
        // The log before the chunks: what moves between the two looks is then seen twice, never missed.
        let mut rows: Vec<Row> = {
            let hot = self.shared.hot();
            let keys = hot.keys(from, to).into_iter();
            keys.flat_map(|key| hot.rows(key)).filter(|row| self.holds(&row.tuple)).collect()
        };
        rows.sort_unstable_by_key(|row| row.tuple);
        let mut all: Vec<Row> = Vec::new();
        {
            let mut statement = self
                .conn
                .prepare_cached("SELECT id, data FROM chunk WHERE id BETWEEN ?1 AND ?2 ORDER BY id")?;
            let mut chunks = statement.query(params![from.id(), to.id()])?;
            while let Some(chunk) = chunks.next()? {
                let decoded = decode(chunk.get_ref(1)?.as_blob().unwrap_or_default());
                let decoded = decoded
                    .map_err(|why| StoreError::Damaged { chunk: chunk.get(0).unwrap_or_default(), why })?;
                all.extend(decoded.into_iter().filter(|row| self.holds(&row.tuple)));
            }
        }
        union(&mut all, &rows);
        let mut tuples = Vec::with_capacity(all.len());
        for row in all {
            let received_ms = self.received_ms(row.upload)?;
            if self.known_at_ms.is_none_or(|at| received_ms <= at) {
                tuples.push(Stored { tuple: row.tuple, provenance: row.provenance, received_ms });
            }
        }
        Ok((!tuples.is_empty()).then(|| SeriesReadings { series: (*entry.series).clone(), tuples }))
    }

    fn holds(&self, tuple: &Tuple) -> bool {
        let reaches = self.reaching && tuple.end_ms > self.from_ms;
        tuple.start_ms < self.to_ms && (reaches || tuple.start_ms >= self.from_ms)
    }

    fn received_ms(&mut self, upload: u32) -> Result<i64, StoreError> {
        if let Some(known) = self.received.get(&upload) {
            return Ok(*known);
        }
        let mut statement = self.conn.prepare_cached("SELECT received_ms FROM upload WHERE id = ?1")?;
        let found: Option<i64> = statement.query_row(params![upload], |row| row.get(0)).optional()?;
        let found = found.ok_or(StoreError::Damaged { chunk: i64::from(upload), why: "upload number" })?;
        self.received.insert(upload, found);
        Ok(found)
    }
}

/// Runs a blocking read on the runtime's blocking threads.
pub(super) async fn blocking<T: Send + 'static>(
    shared: &Arc<Shared>,
    read: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let shared = Arc::clone(shared);
    match tokio::task::spawn_blocking(move || read(&shared)).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(StoreError::Closed),
    }
}
