//! POST /api/v2/write: a batch with an unreadable line is refused whole, where 1.x keeps the rest.

use std::io::Read as _;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::buckets::{Pairs, SCRATCH, form_urlencoded};
use super::lines::are_surely_fine;
use super::problem::Problem;
use super::{Inside, Shared};
use crate::influx::forward::whole;
use crate::influx::influxql;

/// What 2.x says for a body that is no gzip.
const INTERNAL: &str = "An internal error has occurred - check server logs";

/// What 1.x refuses, where 2.x refuses the whole batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// A line cannot be read.
    Unreadable,
    /// Points were dropped that could be read.
    Dropped,
}

pub(super) async fn write(
    State(inside): Shared,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let grant = inside.authorised(&headers)?;
    let (precision, unit) = match pairs.get("precision").map_or("ns", String::as_str) {
        "" | "ns" => ("n", 1),
        "us" => ("u", 1_000),
        "ms" => ("ms", 1_000_000),
        "s" => ("s", 1_000_000_000),
        _ => return Err(Problem::invalid("valid precision units are ns, us, ms, and s")),
    };
    let bucket = pairs.get("bucket").filter(|bucket| !bucket.is_empty());
    let bucket = bucket.ok_or_else(|| Problem::new(404, "not found", "bucket not found"))?;
    inside.check_org(&pairs)?;
    let bucket = inside.buckets.find(bucket).await?;
    if !grant.may_write(&bucket) {
        return Err(Problem::forbidden("write"));
    }
    let body = whole(body).await?;
    let is_gzip = headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let mut plain = Vec::new();
    if is_gzip {
        let read = MultiGzDecoder::new(&*body).read_to_end(&mut plain);
        read.map_err(|_| Problem::internal(INTERNAL))?;
    } else {
        plain.extend_from_slice(&body);
    }
    if !are_surely_fine(&plain, unit) {
        inside.try_elsewhere(&plain, precision).await?;
    }
    let mut passed = HeaderMap::new();
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
        passed.insert(header::CONTENT_ENCODING, encoding.clone());
    }
    let (status, error) = inside.write_to(&bucket, precision, &passed, body.into()).await?;
    match (status, refusal(&error)) {
        (204, _) => Ok(StatusCode::NO_CONTENT.into_response()),
        (400, Some(Refusal::Dropped)) => {
            let message = format!("failure writing points to database: {error}");
            Err(Problem::new(422, "unprocessable entity", message))
        }
        (400, _) => Err(Problem::invalid(bare(&error))),
        (404, _) => {
            inside.buckets.forget(&bucket);
            Err(Problem::no_bucket(&bucket))
        }
        // The limit of 1.x; 2.x has none.
        (413, _) => Err(Problem::new(413, "request too large", error)),
        _ => Err(Problem::internal(format!("unexpected error writing points to database: {error}"))),
    }
}

impl Inside {
    /// Status and error of a write to a database.
    async fn write_to(
        &self,
        db: &str,
        precision: &str,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<(u16, String), Problem> {
        let path = format!("/write?{}&precision={precision}", form_urlencoded("db", db));
        let answer = self.upstream.post(&path, headers, body).await?;
        let status = answer.status().as_u16();
        let text = whole(answer.into_body()).await?;
        let error = serde_json::from_slice::<Value>(&text).ok();
        let error = error.and_then(|body| body["error"].as_str().map(str::to_owned));
        Ok((status, error.unwrap_or_else(|| String::from_utf8_lossy(&text).into_owned())))
    }

    /// Refuses a batch with a line that the server cannot read, before it keeps the others.
    async fn try_elsewhere(&self, plain: &[u8], precision: &str) -> Result<(), Problem> {
        let db = format!("{SCRATCH}{}", self.tried.fetch_add(1, Ordering::SeqCst));
        self.buckets.run(&format!("CREATE DATABASE {}", influxql::name(&db)), "").await?;
        let tried = self.try_in(&db, plain, precision).await;
        self.buckets.run(&format!("DROP DATABASE {}", influxql::name(&db)), "").await?;
        tried
    }

    async fn try_in(&self, db: &str, plain: &[u8], precision: &str) -> Result<(), Problem> {
        let none = HeaderMap::new();
        let (_, error) = self.write_to(db, precision, &none, plain.to_vec()).await?;
        match refusal(&error) {
            None => return Ok(()),
            Some(Refusal::Unreadable) => return Err(Problem::invalid(bare(&error))),
            Some(Refusal::Dropped) => {}
        }
        // A dropped point hides a line that cannot be read: each alone, then. (Strings with line ends are not known here.)
        for line in plain.split(|byte| *byte == b'\n') {
            let (_, error) = self.write_to(db, precision, &none, line.to_vec()).await?;
            if refusal(&error) == Some(Refusal::Unreadable) {
                return Err(Problem::invalid(bare(&error)));
            }
        }
        Ok(())
    }
}

fn refusal(error: &str) -> Option<Refusal> {
    if error.contains("unable to parse '") || error.contains("invalid tag key: ") {
        Some(Refusal::Unreadable)
    } else if error.starts_with("partial write: ") {
        Some(Refusal::Dropped)
    } else {
        None
    }
}

/// Without what 1.x puts around it.
fn bare(error: &str) -> &str {
    let error = error.strip_prefix("partial write: ").unwrap_or(error);
    error.rsplit_once(" dropped=").map_or(error, |(bare, _)| bare)
}
