use std::collections::BTreeMap;
use std::sync::Arc;

use foulee_contract::{Metric, Series, Stored};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use super::InfluxStore;
use super::answer::Rows;
use super::error::InfluxError;
use super::index::{Day, Entry};
use super::rows::{EXTRAS, Extra, Row, decode};
use crate::api::DAY_MS;
use crate::{CohortScan, Scan, SeriesReadings, SeriesScan, StoreError, epoch_day};

/// Readings of one query: bounded, so that neither side needs memory for a life.
const QUERY_ROWS: u64 = 250_000;
/// Days of one query, however little they hold: InfluxDB opens every shard between its bounds.
const QUERY_DAYS: i32 = 400;
/// Queries under way at a time.
const QUERIES: usize = 4;
const NS_PER_DAY: i64 = DAY_MS * 1_000_000;

/// Points of one series as they came, in time order.
#[derive(Debug, Default)]
struct Raw {
    values: Vec<(i64, i64)>,
    extras: Vec<(i64, Extra)>,
}

/// Which days of one participant are asked for.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) key: Arc<str>,
    pub(super) series: Vec<Arc<Entry>>,
    pub(super) from_day: i32,
    pub(super) to_day: i32,
}

impl Window {
    pub(super) fn holds(&self, epoch_day: i32) -> bool {
        (self.from_day..=self.to_day).contains(&epoch_day)
    }
}

impl InfluxStore {
    /// What InfluxDB holds of these series on these days, both included.
    pub(super) async fn read(&self, window: &Window) -> Result<Vec<(Arc<Entry>, Vec<Row>)>, InfluxError> {
        let (asked, params) = asked(window);
        let asked = format!("{asked} GROUP BY \"g\",\"s\"");
        let columns: Vec<String> = EXTRAS.iter().map(|name| format!("\"{name}\"")).collect();
        let extras = format!("SELECT {} {asked}", columns.join(","));
        let values = format!("SELECT \"value\" {asked}");
        let mut raw: BTreeMap<(String, String, String), Raw> = BTreeMap::new();
        let mut visit = |statement, rows: Rows| take(&mut raw, statement, rows);
        self.server.query(&[&values, &extras], &params, &mut visit).await?;
        let mut found = Vec::new();
        for entry in &window.series {
            let raw = raw.remove(&name_of(entry)).unwrap_or_default();
            found.push((Arc::clone(entry), decode(entry.series.grain, &raw.values, &raw.extras)));
        }
        Ok(found)
    }

    /// How many readings InfluxDB holds of these series on each of these days.
    pub(super) async fn count(
        &self,
        window: &Window,
    ) -> Result<Vec<(Arc<Entry>, BTreeMap<i32, u64>)>, InfluxError> {
        let (asked, params) = asked(window);
        let ask = format!("SELECT count(\"value\") {asked} GROUP BY \"g\",\"s\",time(1d) fill(none)");
        let mut counts: BTreeMap<(String, String, String), BTreeMap<i32, u64>> = BTreeMap::new();
        let mut visit = |_, rows: Rows| {
            let of_one = counts.entry((rows.name, rows.tags.g, rows.tags.s)).or_default();
            for row in rows.values {
                let [Some(time), Some(count), ..] = row.cells else {
                    return Err(InfluxError::Answer("a row has no count"));
                };
                of_one.insert(epoch_day(time.div_euclid(1_000_000)), count.unsigned_abs());
            }
            Ok(())
        };
        self.server.query(&[&ask], &params, &mut visit).await?;
        let counted = |entry: &Arc<Entry>| {
            let days = counts.remove(&name_of(entry)).unwrap_or_default();
            (Arc::clone(entry), days)
        };
        Ok(window.series.iter().map(counted).collect())
    }

    /// Windows over the days that are known to hold something, each of a bounded number of readings.
    pub(super) fn windows(&self, series: &[(Arc<Entry>, Vec<Day>)]) -> Vec<Window> {
        let Some((first, _)) = series.first() else { return Vec::new() };
        let mut per_day: BTreeMap<i32, u64> = BTreeMap::new();
        for day in series.iter().flat_map(|(_, days)| days) {
            *per_day.entry(day.epoch_day).or_default() += day.sum.n;
        }
        let entries: Vec<Arc<Entry>> = series.iter().map(|(entry, _)| Arc::clone(entry)).collect();
        let mut windows: Vec<Window> = Vec::new();
        let mut rows = 0;
        for (day, n) in per_day {
            match windows.last_mut() {
                Some(window) if rows + n <= QUERY_ROWS && day - window.from_day < QUERY_DAYS => {
                    window.to_day = day;
                    rows += n;
                }
                _ => {
                    rows = n;
                    let key = Arc::clone(&first.key);
                    windows.push(Window { key, series: entries.clone(), from_day: day, to_day: day });
                }
            }
        }
        windows
    }

    /// Everything of these series on the days given, held against what was acknowledged of them: fewer is an error, never
    /// an answer.
    async fn whole(
        &self,
        series: Vec<(Arc<Entry>, Vec<Day>)>,
    ) -> Result<Vec<(Arc<Entry>, Vec<Row>)>, StoreError> {
        let windows = self.windows(&series);
        let parts: Vec<Vec<(Arc<Entry>, Vec<Row>)>> = stream::iter(windows)
            .map(|window| async move { self.read(&window).await })
            .buffered(QUERIES)
            .try_collect()
            .await?;
        let mut all: Vec<(Arc<Entry>, Vec<Row>)> =
            series.iter().map(|(entry, _)| (Arc::clone(entry), Vec::new())).collect();
        for part in parts {
            // Each window reads all the series, in their order.
            for ((_, rows), (_, more)) in all.iter_mut().zip(part) {
                rows.extend(more);
            }
        }
        for ((entry, rows), (_, days)) in all.iter().zip(&series) {
            self.hold_against(entry, rows, days.iter())?;
        }
        Ok(all)
    }

    /// Fewer readings than were acknowledged are an error, never an answer.
    pub(super) fn hold_against<'a>(
        &self,
        entry: &Entry,
        rows: &[Row],
        days: impl Iterator<Item = &'a Day>,
    ) -> Result<(), StoreError> {
        // Also of a day that is being written: what was acknowledged before stays.
        for day in days {
            let at = |day: i32| rows.partition_point(|row| epoch_day(row.stored.tuple.start_ms) < day);
            let found = (at(day.epoch_day + 1) - at(day.epoch_day)) as u64;
            if found < day.sum.n {
                self.suspect(entry.no, day.epoch_day);
                return Err(InfluxError::Missing { expected: day.sum.n, found }.into());
            }
        }
        Ok(())
    }

    pub(super) async fn scan_participant(&self, scan: &Scan) -> Result<Vec<SeriesReadings>, StoreError> {
        let (metrics, participant) = (scan.metrics.clone(), scan.participant);
        let range = (scan.from_ms, scan.to_ms);
        let series = self
            .on_index(move |index| {
                let mut series = Vec::new();
                for entry in index.of_participant(participant) {
                    if metrics.is_empty() || metrics.contains(&entry.series.metric) {
                        let (from, to) = reach(range, entry.max_span_ms);
                        let days = index.days(entry.no, from, to)?;
                        series.push((entry, days));
                    }
                }
                Ok(series)
            })
            .await?;
        let mut found = Vec::new();
        for (entry, rows) in self.whole(series).await? {
            let tuples = in_range(&rows, range, true, scan.known_at_ms);
            if !tuples.is_empty() {
                found.push(SeriesReadings { series: entry.series.clone(), tuples });
            }
        }
        Ok(found)
    }

    pub(super) async fn scan_one(&self, scan: SeriesScan) -> Result<Vec<Stored>, StoreError> {
        let range = (scan.from_ms, scan.to_ms);
        let (reaching, known_at_ms) = (scan.reaching, scan.known_at_ms);
        let series = self
            .on_index(move |index| {
                let Some(entry) = index.entry(&scan.series) else { return Ok(Vec::new()) };
                let (from, to) = reach(range, if reaching { entry.max_span_ms } else { 0 });
                let days = index.days(entry.no, from, to)?;
                Ok(vec![(entry, days)])
            })
            .await?;
        let all = self.whole(series).await?;
        let rows = all.first().map(|(_, rows)| rows.as_slice()).unwrap_or_default();
        Ok(in_range(rows, range, reaching, known_at_ms))
    }

    pub(super) async fn scan_everybody(
        &self,
        scan: CohortScan,
        visit: &(dyn Fn(SeriesReadings) + Send + Sync),
    ) -> Result<(), StoreError> {
        let range = (scan.from_ms, scan.to_ms);
        let series = self
            .on_index(move |index| {
                let mut series = Vec::new();
                for entry in index.all().filter(|entry| entry.series.metric == scan.metric) {
                    let (from, to) = reach(range, entry.max_span_ms);
                    series.push((Arc::clone(entry), index.days(entry.no, from, to)?));
                }
                Ok(series)
            })
            .await?;
        stream::iter(series.into_iter().map(Ok))
            .try_for_each_concurrent(scan.ranges.clamp(1, QUERIES), |one| async move {
                for (entry, rows) in self.whole(vec![one]).await? {
                    let tuples = in_range(&rows, range, true, None);
                    if !tuples.is_empty() {
                        visit(SeriesReadings { series: entry.series.clone(), tuples });
                    }
                }
                Ok(())
            })
            .await
    }
}

/// `FROM … WHERE …` of a window, with its parameters.
fn asked(window: &Window) -> (String, serde_json::Value) {
    let mut metrics: Vec<Metric> = window.series.iter().map(|entry| entry.series.metric).collect();
    metrics.sort_unstable();
    metrics.dedup();
    let from: Vec<String> = metrics.iter().map(|metric| format!("\"{metric}\"")).collect();
    let lone = (window.series.len() == 1).then(|| &window.series[0].series);
    let asked = format!(
        "FROM {} WHERE \"p\" = $p{} AND time >= {} AND time < {}",
        from.join(","),
        if lone.is_some() { " AND \"s\" = $s AND \"g\" = $g" } else { "" },
        i64::from(window.from_day) * NS_PER_DAY,
        i64::from(window.to_day).saturating_add(1).saturating_mul(NS_PER_DAY)
    );
    let params = match lone {
        Some(lone) => json!({"p": &*window.key, "s": lone.source.key(), "g": lone.grain.to_string()}),
        None => json!({"p": &*window.key}),
    };
    (asked, params)
}

/// A series as the answer names it: measurement, grain, source.
fn name_of(entry: &Entry) -> (String, String, String) {
    let Series { metric, grain, source, .. } = &entry.series;
    (metric.to_string(), grain.to_string(), source.key().to_owned())
}

fn take(
    raw: &mut BTreeMap<(String, String, String), Raw>,
    statement: usize,
    rows: Rows,
) -> Result<(), InfluxError> {
    let expected = if statement == 0 { 2 } else { 1 + EXTRAS.len() };
    if rows.columns.len() != expected {
        return Err(InfluxError::Answer("its columns are not those asked for"));
    }
    let into = raw.entry((rows.name, rows.tags.g, rows.tags.s)).or_default();
    for row in rows.values {
        let time = row.cells[0].ok_or(InfluxError::Answer("a row has no time"))?;
        if statement == 0 {
            let value = row.cells[1].ok_or(InfluxError::Answer("a row has no value"))?;
            into.values.push((time, value));
        } else {
            let mut extra: Extra = [None; EXTRAS.len()];
            extra.copy_from_slice(&row.cells[1..]);
            into.extras.push((time, extra));
        }
    }
    Ok(())
}

/// The days that can hold what belongs to a range: an interval may begin before it.
fn reach((from_ms, to_ms): (i64, i64), span_ms: i64) -> (i32, i32) {
    (epoch_day(from_ms.saturating_sub(span_ms)), epoch_day(to_ms.saturating_sub(1)))
}

fn in_range(
    rows: &[Row],
    (from_ms, to_ms): (i64, i64),
    reaching: bool,
    known_at_ms: Option<i64>,
) -> Vec<Stored> {
    let belongs = |stored: &Stored| {
        let tuple = &stored.tuple;
        let reaches = reaching && tuple.end_ms > from_ms;
        tuple.start_ms < to_ms
            && (reaches || tuple.start_ms >= from_ms)
            && known_at_ms.is_none_or(|at| stored.received_ms <= at)
    };
    let mut tuples: Vec<Stored> = rows.iter().map(|row| row.stored).filter(belongs).collect();
    if !tuples.is_sorted_by_key(|stored| stored.tuple) {
        tuples.sort_unstable_by_key(|stored| stored.tuple);
    }
    tuples
}
