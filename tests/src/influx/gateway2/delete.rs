//! POST /api/v2/delete: by time, both ends included, and by tags.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use chrono::DateTime;
use serde_json::Value;

use super::Shared;
use super::buckets::Pairs;
use super::predicate::{Comparison, parse};
use super::problem::Problem;
use crate::influx::influxql;

/// The first and the last nanosecond that InfluxQL can name.
const FIRST: i64 = i64::MIN + 2;
const LAST: i64 = i64::MAX - 1;

pub(super) async fn delete(
    State(inside): Shared,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
    body: String,
) -> Result<StatusCode, Problem> {
    let grant = inside.authorised(&headers)?;
    let asked: Value = serde_json::from_str(&body).map_err(|error| Problem::invalid(error.to_string()))?;
    let (start, stop) = (bound(&asked, "start")?, bound(&asked, "stop")?);
    let comparisons = parse(asked["predicate"].as_str().unwrap_or_default())?;
    inside.check_org(&pairs)?;
    let bucket = pairs.get("bucket").or_else(|| pairs.get("bucketID"));
    let bucket = bucket.ok_or_else(|| Problem::new(404, "not found", "bucket not found"))?;
    let bucket = inside.buckets.find(bucket).await?;
    if !grant.may_write(&bucket) {
        return Err(Problem::forbidden("delete"));
    }
    if stop < start {
        return Ok(StatusCode::NO_CONTENT);
    }
    let (measurement, tags): (Vec<_>, Vec<_>) =
        comparisons.into_iter().partition(|comparison| comparison.key == "_measurement");
    let mut condition = format!("time >= {start} AND time <= {stop}");
    for Comparison { key, is_equal, value } in &tags {
        let operator = if *is_equal { "=" } else { "!=" };
        let tag = format!(" AND {} {operator} {}", influxql::name(key), influxql::string(value));
        condition.push_str(&tag);
    }
    if measurement.is_empty() {
        inside.buckets.run(&format!("DELETE WHERE {condition}"), &bucket).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let shown = inside.buckets.run("SHOW MEASUREMENTS", &bucket).await?;
    let rows = shown["series"][0]["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    for name in rows.iter().filter_map(|row| row[0].as_str()) {
        if measurement.iter().all(|comparison| (comparison.value == name) == comparison.is_equal) {
            let statement = format!("DELETE FROM {} WHERE {condition}", influxql::name(name));
            inside.buckets.run(&statement, &bucket).await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// In nanoseconds; what is out of their range is at its end.
fn bound(asked: &Value, name: &str) -> Result<i64, Problem> {
    let time = asked[name].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let time = time.ok_or_else(|| {
        Problem::invalid(format!(
            "invalid RFC3339Nano for field {name}, please format your time with RFC3339Nano format, \
             example: 2009-01-02T23:00:00Z"
        ))
    })?;
    let end = if time.timestamp() < 0 { FIRST } else { LAST };
    Ok(time.timestamp_nanos_opt().unwrap_or(end).clamp(FIRST, LAST))
}
