use foulee_contract::{Metric, Value};
use foulee_store::{Scan, Store};
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

/// The readings of a scan, by series and time.
///
/// # Errors
/// When the store fails.
pub async fn reading_rows(store: &dyn Store, scan: Scan) -> Result<Vec<ReadingRow>, ApiError> {
    let mut rows = Vec::new();
    for found in store.scan(scan).await? {
        let metric: Metric = found.series.metric;
        rows.extend(found.tuples.iter().map(|stored| {
            let value = match stored.tuple.value {
                Value::Present(value) => Some(metric.to_unit(value)),
                Value::Deleted => None,
            };
            ReadingRow {
                metric: metric.name(),
                source: found.series.source.key().to_owned(),
                grain: found.series.grain.to_string(),
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
        }));
    }
    Ok(rows)
}
