//! InfluxDB 1.x and 2.x as the store.
//!
//! Invariants:
//! - A reading is a point. Measurement: the metric. Tags: `p`, a random key that stands for the participant in this store;
//!   `s`, the source's key; `g`, the grain. Time: the start, with a slot below the millisecond. Equal readings are one
//!   point, different ones never the same.
//! - No participant's id reaches InfluxDB. Their key goes when they are erased.
//! - `influx.db` knows how much of each day was acknowledged, and its digest. Fewer readings than that are an error, never
//!   an answer; so is every statement that failed under HTTP 200.
//! - A day is noted as open before anything of it is sent, and stays so until it is known what arrived.
//! - Of a write any part may arrive: whatever does says nothing wrong.
//! - Nothing is written to a server, and nothing counts as lost on it, that does not bear this store's mark.
//! - Every query is bounded in time and rows.
//!
//! What InfluxDB acknowledges it may lose later (a torn tail of its log); this store notices. The journal in front of it
//! puts back, see `foulee-ingest`. It never reads a clock or draws a random number but through its options.

mod answer;
mod aside;
mod bodies;
mod check;
mod error;
mod index;
mod line;
mod migrate;
mod probe;
mod read;
mod rows;
mod server;
mod sum;
mod v2;
mod write;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foulee_contract::{Metric, ParticipantId, Series, Stored};
use serde_json::json;

pub use aside::Aside;
pub use check::{Checked, Depth, Fault, Repaired};
pub use error::InfluxError;
pub use line::LineError;
pub use migrate::{Preparation, Prepared, prepare};
pub use probe::{Probed, Started};

use crate::url::InfluxUrl;
use crate::{
    BoxFuture, CohortScan, DayDigest, Digest, DirtyDay, Erased, Scan, SeriesReadings, SeriesScan, Stats,
    Store, StoreError, Verified, WriteBatch, Written,
};
use index::{Gone, Index};
use server::Server;
use sum::Sum;

/// Fills a buffer with random bytes.
pub type RandomSource = fn(&mut [u8]) -> std::io::Result<()>;

/// ms UTC.
pub type NowMs = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What an InfluxDB store is opened with.
#[derive(Clone)]
pub struct InfluxOptions {
    /// Where it is.
    pub url: InfluxUrl,
    /// Of 2.x a token, of 1.x `USER:PASSWORD`; none where the server asks for none.
    pub token: Option<String>,
    /// The time.
    pub clock: NowMs,
    /// Random bytes, for participants' keys.
    pub random: RandomSource,
}

impl std::fmt::Debug for InfluxOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InfluxOptions").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A store in InfluxDB, with `influx.db` in a folder of Foulée's own.
pub struct InfluxStore {
    server: Server,
    index: Arc<Mutex<Index>>,
    read_only: bool,
    /// Whoever writes or repairs has it.
    turn: tokio::sync::Mutex<()>,
    suspects: Mutex<BTreeSet<(u32, i32)>>,
    clock: NowMs,
    random: RandomSource,
    request_lines: AtomicUsize,
    /// Whether the server was found to be the one that holds this store, since the last failure.
    ours: AtomicBool,
}

impl std::fmt::Debug for InfluxStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InfluxStore").field("url", self.server.url()).finish_non_exhaustive()
    }
}

/// A request that was under way when somebody was erased may arrive so much later, ms: then their points are deleted again.
const LATE_MS: i64 = 180_000;

/// How long an erasure waits for InfluxDB before it leaves the rest to the next try.
const ERASE_PATIENCE: Duration = Duration::from_secs(20);

/// The file in the data folder.
const FILE_NAME: &str = "influx.db";
/// Which server the file belongs to: its keys mean nothing on another.
const URL_FACT: &str = "url";

impl InfluxStore {
    /// Opens the store whose index is in `folder`, making that if it is not there. InfluxDB need not answer.
    ///
    /// # Errors
    /// When the folder or file cannot be used, or belongs to another server's store.
    pub fn open(folder: &Path, options: InfluxOptions) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let mut index = Index::open(&folder.join(FILE_NAME))?;
        let url = &options.url;
        let name = format!("{}/{}", url.bucket, url.org.as_deref().unwrap_or_default());
        match index.fact(URL_FACT)? {
            None => index.set_fact(URL_FACT, &name)?,
            Some(known) if known == name => {}
            Some(found) => return Err(StoreError::AnotherStore { found, asked: name }),
        }
        Self::with(index, options, false)
    }

    /// Whether a folder holds the index of such a store.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE_NAME).exists()
    }

    /// Opens for reading what another process may be writing.
    ///
    /// # Errors
    /// When there is none in `folder`, or as [`InfluxStore::open`].
    pub fn open_read_only(folder: &Path, options: InfluxOptions) -> Result<Self, StoreError> {
        Self::with(Index::open_read_only(&folder.join(FILE_NAME))?, options, true)
    }

    fn with(index: Index, options: InfluxOptions, read_only: bool) -> Result<Self, StoreError> {
        let suspects = if read_only { Vec::new() } else { index.open_days()? };
        Ok(Self {
            server: Server::new(options.url, options.token.as_deref())?,
            index: Arc::new(Mutex::new(index)),
            read_only,
            turn: tokio::sync::Mutex::new(()),
            suspects: Mutex::new(suspects.into_iter().collect()),
            clock: options.clock,
            random: options.random,
            request_lines: AtomicUsize::new(write::REQUEST_LINES),
            ours: AtomicBool::new(false),
        })
    }

    /// For the bench that searches for the best.
    #[doc(hidden)]
    pub fn set_request_lines(&self, lines: usize) {
        self.request_lines.store(lines.max(1), Ordering::Relaxed);
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &InfluxUrl {
        self.server.url()
    }

    /// Does something with the index, on a thread that may wait for a disk.
    async fn on_index<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Index) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let index = Arc::clone(&self.index);
        let done = tokio::task::spawn_blocking(move || {
            // A panic while it was held left what the file says.
            work(&mut index.lock().unwrap_or_else(PoisonError::into_inner))
        });
        done.await.map_err(|_| StoreError::Closed)?
    }

    /// How many people were erased since this was opened: for [`InfluxStore::write_all`].
    #[must_use]
    pub fn erasures(&self) -> u64 {
        self.index.lock().unwrap_or_else(PoisonError::into_inner).erasures()
    }

    /// When all was last checked reading by reading, ms UTC.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn checked_ms(&self) -> Result<Option<i64>, StoreError> {
        self.on_index(|index| Ok(index.fact("checked_ms")?.and_then(|text| text.parse().ok()))).await
    }

    /// Notes that all was checked.
    ///
    /// # Errors
    /// The index cannot be written.
    pub async fn set_checked_ms(&self, at_ms: i64) -> Result<(), StoreError> {
        self.on_index(move |index| index.set_fact("checked_ms", &at_ms.to_string())).await
    }

    /// Brings days that are in doubt to what InfluxDB has, where no journal stands in front.
    ///
    /// # Errors
    /// InfluxDB does not answer.
    pub async fn settle(&self) -> Result<(), StoreError> {
        for (series, day) in self.doubtful().await? {
            self.repair(&series, day, &[]).await?;
        }
        Ok(())
    }

    /// Points that InfluxDB holds under a participant's key.
    async fn points_of(&self, key: &str) -> Result<u64, InfluxError> {
        let from: Vec<String> = Metric::ALL.iter().map(|metric| format!("\"{metric}\"")).collect();
        let last_ns = i64::MAX - 1;
        let ask = format!(
            "SELECT count(\"value\") FROM {} WHERE \"p\" = $p AND time >= 0 AND time <= {last_ns}",
            from.join(",")
        );
        let mut count = 0;
        let mut visit = |_, rows: answer::Rows| {
            count += rows.values.iter().filter_map(|row| row.cells[1]).sum::<i64>().unsigned_abs();
            Ok(())
        };
        self.server.query(&[&ask], &json!({"p": key}), &mut visit).await?;
        Ok(count)
    }

    /// Deletes in InfluxDB what is left of the erased; whether nothing is.
    async fn delete_gone(&self) -> Result<bool, StoreError> {
        let now_ms = (self.clock)();
        for Gone { key, since_ms, done } in self.on_index(|index| index.gone()).await? {
            let is_over = now_ms.saturating_sub(since_ms) >= LATE_MS;
            if done && !is_over {
                continue;
            }
            self.server.delete_key(&key).await?;
            if self.points_of(&key).await? > 0 {
                return Ok(false);
            }
            self.on_index(move |index| match is_over {
                true => index.forget_gone(&key),
                false => index.gone_for_now(&key),
            })
            .await?;
        }
        self.on_index(|index| index.scrub()).await
    }

    /// Reads everybody's readings back, person by person.
    async fn digest_of_all(&self) -> Result<Digest, StoreError> {
        let mut sum = Digest::default();
        for participant in self.participants().await? {
            let mut windows = Vec::new();
            let series = self
                .on_index(move |index| {
                    let entries = index.of_participant(participant);
                    let days = entries.into_iter().map(|entry| {
                        let days = index.days(entry.no, i32::MIN, i32::MAX)?;
                        Ok((entry, days))
                    });
                    days.collect::<Result<Vec<_>, StoreError>>()
                })
                .await?;
            windows.extend(self.windows(&series));
            for window in windows {
                let found = self.read(&window).await?;
                for ((entry, rows), (_, days)) in found.iter().zip(&series) {
                    self.hold_against(entry, rows, days.iter().filter(|day| window.holds(day.epoch_day)))?;
                    sum = sum.plus(Sum::of(entry, rows).digest);
                }
            }
        }
        Ok(sum)
    }
}

impl Store for InfluxStore {
    fn write(&self, batch: WriteBatch) -> BoxFuture<'_, Result<Written, StoreError>> {
        Box::pin(async move {
            if self.read_only {
                return Err(StoreError::ReadOnly);
            }
            self.write_all(Arc::from([batch]), None).await
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Vec<SeriesReadings>, StoreError>> {
        Box::pin(async move { self.scan_participant(&scan).await })
    }

    fn scan_series(&self, scan: SeriesScan) -> BoxFuture<'_, Result<Vec<Stored>, StoreError>> {
        Box::pin(self.scan_one(scan))
    }

    fn series_days(
        &self,
        series: Series,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<i32>, StoreError>> {
        Box::pin(self.on_index(move |index| {
            let Some(entry) = index.entry(&series) else { return Ok(Vec::new()) };
            let days = index.days(entry.no, from_day, to_day)?;
            Ok(days.iter().filter(|day| day.sum.n > 0).map(|day| day.epoch_day).collect())
        }))
    }

    fn scan_cohort<'a>(
        &'a self,
        scan: CohortScan,
        visit: Arc<dyn Fn(SeriesReadings) + Send + Sync>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.scan_everybody(scan, &*visit).await })
    }

    fn series_of(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Vec<Series>, StoreError>> {
        Box::pin(self.on_index(move |index| {
            let mut series = Vec::new();
            for entry in index.of_participant(participant) {
                if !index.days(entry.no, i32::MIN, i32::MAX)?.is_empty() {
                    series.push(entry.series.clone());
                }
            }
            Ok(series)
        }))
    }

    fn participants(&self) -> BoxFuture<'_, Result<Vec<ParticipantId>, StoreError>> {
        Box::pin(self.on_index(|index| Ok(index.participants())))
    }

    fn day_digests(
        &self,
        participant: ParticipantId,
        from_day: i32,
        to_day: i32,
    ) -> BoxFuture<'_, Result<Vec<DayDigest>, StoreError>> {
        Box::pin(self.on_index(move |index| index.day_digests(participant, from_day, to_day)))
    }

    fn dirty_days(&self, limit: usize) -> BoxFuture<'_, Result<Vec<DirtyDay>, StoreError>> {
        Box::pin(self.on_index(move |index| index.dirty_days(limit)))
    }

    fn clear_dirty(&self, days: Vec<DirtyDay>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.on_index(move |index| index.clear_dirty(&days)))
    }

    fn erase(&self, participant: ParticipantId) -> BoxFuture<'_, Result<Erased, StoreError>> {
        Box::pin(async move {
            let now_ms = (self.clock)();
            // From here on nothing more of them is written, and it is on record that their points have to go.
            let gone = self.on_index(move |index| index.forget(participant, now_ms)).await?;
            let (readings, series) = gone.map_or((0, 0), |(_, readings, series)| (readings, series));
            // Nothing of theirs is on its way any more once the turn is had. Where InfluxDB does not answer, it is tried
            // again by [`Store::scrub`], with nobody's name.
            let delete = async {
                let _turn = self.turn.lock().await;
                self.delete_gone().await
            };
            let deleted = tokio::time::timeout(ERASE_PATIENCE, delete).await;
            Ok(Erased { readings, series, scrubbed: matches!(deleted, Ok(Ok(true))) })
        })
    }

    fn scrub(&self) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            if self.read_only {
                return self.on_index(|index| index.is_scrubbed()).await;
            }
            let is_done = self.on_index(|index| Ok(index.is_scrubbed()? && index.gone()?.is_empty())).await?;
            if is_done {
                return Ok(true);
            }
            let _turn = self.turn.lock().await;
            self.delete_gone().await
        })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, StoreError>> {
        Box::pin(async move {
            let (readings, series, dirty_days) = self.on_index(|index| index.counts()).await?;
            Ok(Stats { readings, series, dirty_days, engine: "influxdb", ..Stats::default() })
        })
    }

    fn verify(&self) -> BoxFuture<'_, Result<Verified, StoreError>> {
        Box::pin(async move {
            let checked = self.check(None, Depth::Digests).await?;
            let damaged = checked.faults.iter().map(|fault| {
                let Fault { series, epoch_day, expected, found } = fault;
                format!(
                    "{} {} of {} on day {epoch_day}: {found} of {expected} readings",
                    series.metric,
                    series.source.key(),
                    series.participant
                )
            });
            Ok(Verified { readings: checked.readings, damaged: damaged.collect() })
        })
    }

    fn digest(&self) -> BoxFuture<'_, Result<Digest, StoreError>> {
        Box::pin(self.digest_of_all())
    }

    fn knows_duplicates(&self) -> bool {
        true
    }
}
