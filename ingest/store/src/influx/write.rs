use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use foulee_contract::Tuple;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::InfluxStore;
use super::bodies::{Block, Bodies, Look, Step, pins};
use super::error::InfluxError;
use super::index::{Day, Entry};
use super::read::Window;
use super::rows::{Before, LAST_START_MS, Origin, Row, plan};
use super::sum::Sum;
use crate::{Group, StoreError, WriteBatch, Written, epoch_day};

/// Lines of one request. Measured (`cargo bench -p foulee-tests --bench influx`): from 10,000 on the server gains nothing.
pub(super) const REQUEST_LINES: usize = 10_000;
/// Requests under way at a time.
const REQUESTS: usize = 4;

impl InfluxStore {
    /// Adds the tuples of batches that came after each other; durable in InfluxDB, as far as InfluxDB's word goes, when
    /// this returns `Ok`.
    ///
    /// # Errors
    /// [`StoreError::TimeOutOfRange`]; [`StoreError::Superseded`] when somebody was erased since `as_of` (an
    /// [`InfluxStore::erasures`] of before the batches were read); what InfluxDB said, or did not say. Then some of it may
    /// be there.
    pub async fn write_all(
        &self,
        batches: Arc<[WriteBatch]>,
        as_of: Option<u64>,
    ) -> Result<Written, StoreError> {
        let mut starts = batches.iter().flat_map(|batch| &batch.groups).flat_map(|group| &group.rows);
        let fits = batches.iter().all(WriteBatch::fits);
        if !fits || starts.any(|(tuple, _)| tuple.start_ms > LAST_START_MS) {
            return Err(StoreError::TimeOutOfRange);
        }
        // One writer: a slot that is free when looked for must be so when it is taken.
        let _turn = self.turn.lock().await;
        self.ensure_ours().await?;
        let blocks = self.blocks(batches, as_of).await?;
        let added = self.add(blocks, false).await;
        if added.is_err() {
            // Who answers next may be another.
            self.ours.store(false, Ordering::Release);
        }
        Ok(Written { new: Some(added?) })
    }

    /// The batches by series and day.
    async fn blocks(&self, batches: Arc<[WriteBatch]>, as_of: Option<u64>) -> Result<Vec<Block>, StoreError> {
        let random = self.random;
        self.on_index(move |index| {
            // In one look with the making of series: nobody who is erased now is made anew.
            if as_of.is_some_and(|as_of| as_of != index.erasures()) {
                return Err(StoreError::Superseded);
            }
            let groups = batches.iter().flat_map(|batch| {
                batch
                    .groups
                    .iter()
                    .filter(|group| !group.rows.is_empty())
                    .map(|group| (batch.received_ms, group))
            });
            let groups: Vec<(i64, &Group)> = groups.collect();
            let series: Vec<_> = groups.iter().map(|(_, group)| &group.series).collect();
            let entries = index.entries_of(&series, random)?;
            let mut days: BTreeMap<(u32, i32), Block> = BTreeMap::new();
            for ((received_ms, group), entry) in groups.into_iter().zip(entries) {
                for part in group.rows.chunk_by(|a, b| epoch_day(a.0.start_ms) == epoch_day(b.0.start_ms)) {
                    let day = epoch_day(part[0].0.start_ms);
                    let block = days.entry((entry.no, day));
                    let entry = Arc::clone(&entry);
                    let block = block.or_insert_with(|| Block { entry, day, rows: Vec::new() });
                    let origin = |provenance| Origin { received_ms, provenance };
                    block.rows.extend(part.iter().map(|(tuple, provenance)| (*tuple, origin(*provenance))));
                }
            }
            let mut blocks: Vec<Block> = days.into_values().collect();
            blocks.iter_mut().for_each(|block| unite(&mut block.rows));
            Ok(blocks)
        })
        .await
    }

    /// Adds blocks, at most one a day of a series; how many tuples were not there. Whoever calls has the turn.
    pub(super) async fn add(&self, blocks: Vec<Block>, explicit: bool) -> Result<u64, StoreError> {
        let (blocks, known) = self
            .on_index(move |index| {
                let known: Result<Vec<_>, _> =
                    blocks.iter().map(|block| index.day(block.entry.no, block.day)).collect();
                Ok((blocks, known?))
            })
            .await?;
        let mut looks = self.looks(blocks, known, explicit).await?;
        let touched: Vec<(u32, i32)> = looks
            .iter()
            .filter(|look| look.writes())
            .map(|look| (look.block.entry.no, look.block.day))
            .collect();
        if !touched.is_empty() {
            let days = touched.clone();
            self.on_index(move |index| index.unsettle(&days)).await?;
        }
        let most_lines = self.request_lines.load(Ordering::Relaxed);
        let pinned = self.send(pins(&mut looks, most_lines).into_iter()).await;
        let mut bodies = Bodies::new(looks, explicit, most_lines);
        let sent = match pinned {
            Ok(()) => self.send(&mut bodies).await,
            failed => failed,
        };
        if let Err(error) = sent {
            // Some of it may have arrived.
            touched.into_iter().for_each(|(series_no, day)| self.suspect(series_no, day));
            return Err(error.into());
        }
        let Bodies { settled, new, .. } = bodies;
        let now_ms = (self.clock)();
        self.on_index(move |index| index.settle(&settled, now_ms)).await?;
        Ok(new)
    }

    /// What each block needs to know of its day. A day that ends before its block begins needs no look; any other is
    /// read first.
    async fn looks(
        &self,
        blocks: Vec<Block>,
        known: Vec<Option<Day>>,
        explicit: bool,
    ) -> Result<Vec<Look>, StoreError> {
        let one = |(block, known): (Block, Option<Day>)| async move {
            let first = block.rows.first().map_or(i64::MAX, |(tuple, _)| tuple.start_ms);
            let is_behind = known.is_none_or(|known| !known.open && known.last_ms < first);
            let (step, found) = if is_behind {
                (Step::Behind(known.and_then(|known| known.tail)), None)
            } else {
                let rows = self.read_day(&block.entry, block.day).await?;
                let found = Sum::of(&block.entry, &rows);
                let is_whole = |known: &Day| match known.open {
                    true => found.n >= known.sum.n,
                    false => found == known.sum,
                };
                // A repair is what makes it whole.
                if let Some(known) = known.filter(|known| !explicit && !is_whole(known)) {
                    self.suspect(block.entry.no, block.day);
                    let (expected, found) = (known.sum.n, found.n);
                    let error = if found < expected {
                        InfluxError::Missing { expected, found }
                    } else {
                        InfluxError::Altered
                    };
                    return Err(StoreError::from(error));
                }
                let grain = block.entry.series.grain;
                (Step::Planned(plan(grain, Before::Rows(rows), &block.rows, explicit)), Some(found))
            };
            Look::new(block, known, found, step).map_err(|error| InfluxError::from(error).into())
        };
        stream::iter(blocks.into_iter().zip(known)).map(one).buffered(REQUESTS).try_collect().await
    }

    /// A whole day of a series, as InfluxDB has it.
    pub(super) async fn read_day(&self, entry: &Arc<Entry>, day: i32) -> Result<Vec<Row>, InfluxError> {
        let window = Window {
            key: Arc::clone(&entry.key),
            series: vec![Arc::clone(entry)],
            from_day: day,
            to_day: day,
        };
        let found = self.read(&window).await?;
        Ok(found.into_iter().next().map(|(_, rows)| rows).unwrap_or_default())
    }

    /// Makes the bodies while others are under way, so that the server never waits for them.
    async fn send(&self, bodies: impl Iterator<Item = Vec<u8>> + Send) -> Result<(), InfluxError> {
        // All are tried, so that what is good arrives; the first error is told.
        let results: Vec<Result<(), InfluxError>> = stream::iter(bodies)
            .map(|body| async move { self.server.write(&body).await })
            .buffer_unordered(REQUESTS)
            .collect()
            .await;
        results.into_iter().collect()
    }
}

/// Sorts by tuple; of equal ones the greatest provenance and the earliest receipt are kept.
pub(super) fn unite(rows: &mut Vec<(Tuple, Origin)>) {
    if !rows.is_sorted_by(|a, b| a.0 < b.0) {
        rows.sort_by_key(|(tuple, _)| *tuple);
        rows.dedup_by(|(tuple, origin), (kept, into)| {
            let same = tuple == kept;
            if same {
                into.provenance = into.provenance.max(origin.provenance);
                into.received_ms = into.received_ms.min(origin.received_ms);
            }
            same
        });
    }
}
