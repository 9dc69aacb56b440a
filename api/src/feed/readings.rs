use std::sync::Arc;

use foulee_contract::{Metric, Series, Stored, Value};
use foulee_store::{Scan, SeriesScan, Store, epoch_day};
use serde::Serialize;

use super::rfc3339;
use crate::ApiError;

/// A raw reading as stored: every version of it, deletions too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReadingRow {
    /// What was measured.
    pub metric: &'static str,
    /// What recorded it.
    pub source: String,
    /// How fine.
    pub grain: String,
    /// First instant.
    pub start: String,
    /// Last instant.
    pub end: String,
    /// Minutes that local time was ahead of UTC, where the origin said so.
    pub offset: Option<i16>,
    /// The value in `unit`; null for a deletion.
    pub value: Option<f64>,
    /// UCUM.
    pub unit: &'static str,
    /// The origin's number.
    pub seq: u64,
    /// The origin's version.
    pub rev: u64,
    /// How it was recorded.
    pub how: String,
    /// When it was received.
    pub received_at: String,
}

/// Rows handed over at once.
const PART_ROWS: usize = 1_000;
const DAY_MS: i64 = 86_400_000;

/// The readings of a scan, by series and time, a part at a time: whatever the range, no more is held than one UTC day of
/// one series. Between two parts nothing of the store is held, so that who reads slowly holds up nobody.
pub struct ReadingFeed {
    store: Arc<dyn Store>,
    scan: Scan,
    /// Still to come.
    series: std::vec::IntoIter<Series>,
    /// Being read: the series, its days still to come, the rest of its day.
    current: Option<Series>,
    days: std::vec::IntoIter<i32>,
    day: std::vec::IntoIter<Stored>,
}

impl std::fmt::Debug for ReadingFeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadingFeed").finish_non_exhaustive()
    }
}

impl ReadingFeed {
    /// Before the first row.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(store: Arc<dyn Store>, scan: Scan) -> Result<Self, ApiError> {
        let mut series = store.series_of(scan.participant).await?;
        series.retain(|series| scan.metrics.is_empty() || scan.metrics.contains(&series.metric));
        let (days, day) = (Vec::new().into_iter(), Vec::new().into_iter());
        Ok(Self { store, scan, series: series.into_iter(), current: None, days, day })
    }

    /// The next rows; `None` after the last.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn next(&mut self) -> Result<Option<Vec<ReadingRow>>, ApiError> {
        loop {
            let rows = self.day.by_ref().take(PART_ROWS);
            let rows: Vec<ReadingRow> = match &self.current {
                Some(series) => rows.map(|stored| row(series, &stored)).collect(),
                None => Vec::new(),
            };
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
            if !self.advance().await? {
                return Ok(None);
            }
        }
    }

    /// Goes on to the next day that has readings, or to the next series; whether there is one.
    async fn advance(&mut self) -> Result<bool, ApiError> {
        let Scan { from_ms, to_ms, known_at_ms, .. } = self.scan;
        let first_day = epoch_day(from_ms);
        let (series, day) = match (&self.current, self.days.next()) {
            (Some(series), Some(day)) => (series.clone(), day),
            _ => {
                let Some(series) = self.series.next() else { return Ok(false) };
                let later =
                    self.store.series_days(series.clone(), first_day.saturating_add(1), epoch_day(to_ms - 1));
                self.days = later.await?.into_iter();
                self.current = Some(series.clone());
                (series, first_day)
            }
        };
        // The first slice has what reaches into the range as well; the others go on where it ends.
        let reaching = day == first_day;
        let begin_ms = if reaching { from_ms } else { i64::from(day) * DAY_MS };
        let end_ms = to_ms.min((i64::from(day) + 1) * DAY_MS);
        let slice = SeriesScan { series, from_ms: begin_ms, to_ms: end_ms, reaching, known_at_ms };
        self.day = self.store.scan_series(slice).await?.into_iter();
        Ok(true)
    }
}

fn row(series: &Series, stored: &Stored) -> ReadingRow {
    let metric: Metric = series.metric;
    let value = match stored.tuple.value {
        Value::Present(value) => Some(metric.to_unit(value)),
        Value::Deleted => None,
    };
    ReadingRow {
        metric: metric.name(),
        source: series.source.key().to_owned(),
        grain: series.grain.to_string(),
        start: rfc3339(stored.tuple.start_ms),
        end: rfc3339(stored.tuple.end_ms),
        offset: stored.provenance.offset_minutes,
        value,
        unit: metric.unit(),
        seq: stored.tuple.seq,
        rev: stored.tuple.rev,
        how: stored.provenance.how.to_string(),
        received_at: rfc3339(stored.received_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foulee_contract::{Grain, ParticipantId, Provenance, Tuple};
    use foulee_store::{Group, MemoryStore, WriteBatch};

    const FIRST_MS: i64 = 1_772_409_600_000;

    #[tokio::test]
    async fn the_parts_are_the_rows_of_one_scan() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let participant = ParticipantId::from_parts(1, [1; 10]);
        for (source, metric, length_ms) in [
            ("watch", Metric::HeartRate, 0),
            ("phone", Metric::Steps, 61_000),
            ("watch", Metric::Steps, 7_200_000),
        ] {
            let series =
                Series { participant, source: source.parse().unwrap(), metric, grain: Grain::Sample };
            // A minute apart for two days, then nothing for three, then a few that reach over midnights.
            let starts = (0..2_880).map(|i| i * 60_000).chain((0..9).map(|i| 5 * DAY_MS + i * 14_000_000));
            let rows = starts.map(|at| {
                let start_ms = FIRST_MS + at;
                let value = Value::Present(at % 97);
                let tuple = Tuple { start_ms, end_ms: start_ms + length_ms, seq: 0, rev: 0, value };
                (tuple, Provenance::default())
            });
            let groups = vec![Group { series, rows: rows.collect() }];
            store.write(WriteBatch { received_ms: FIRST_MS, groups }).await.unwrap();
        }
        for (from_ms, to_ms) in [
            (i64::from(i32::MIN), FIRST_MS + 90 * DAY_MS),
            (FIRST_MS + 3_600_000, FIRST_MS + 5_000_000),
            (FIRST_MS + 2 * DAY_MS, FIRST_MS + 6 * DAY_MS + 1),
            (FIRST_MS + DAY_MS - 1, FIRST_MS + DAY_MS),
            (FIRST_MS, FIRST_MS),
        ] {
            for metrics in [vec![], vec![Metric::Steps]] {
                let scan = Scan { participant, metrics, from_ms, to_ms, known_at_ms: None };
                let whole = store.scan(scan.clone()).await.unwrap();
                let whole: Vec<ReadingRow> = whole
                    .iter()
                    .flat_map(|found| found.tuples.iter().map(|stored| row(&found.series, stored)))
                    .collect();
                let mut feed = ReadingFeed::open(Arc::clone(&store), scan).await.unwrap();
                let mut parts = Vec::new();
                while let Some(rows) = feed.next().await.unwrap() {
                    assert!((1..=PART_ROWS).contains(&rows.len()));
                    parts.extend(rows);
                }
                assert_eq!(parts, whole, "{from_ms} to {to_ms}");
            }
        }
    }
}
