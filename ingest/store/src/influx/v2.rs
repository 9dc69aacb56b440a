//! The only module that names the `influxdb2` crate: writes and deletions on InfluxDB 2.x. Of the crate only what sends
//! our own bytes is used (its queries panic, its points can forge lines).

use chrono::NaiveDateTime;
use influxdb2::api::write::TimestampPrecision;
use influxdb2::models::PostBucketRequest;
use influxdb2::{Client, ClientBuilder, RequestError};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

use super::error::InfluxError;
use super::server::client_builder;
use crate::url::InfluxUrl;

/// An InfluxDB 2.x.
#[derive(Debug)]
pub(super) struct V2 {
    /// Says of every body that it is gzip.
    write: Client,
    other: Client,
    org: String,
    bucket: String,
}

impl V2 {
    pub(super) fn new(url: &InfluxUrl, token: &str) -> Result<Self, InfluxError> {
        let org = url.org.clone().unwrap_or_default();
        let make = |builder| {
            let built = ClientBuilder::with_builder(builder, url.server(), &org, token).build();
            built.map_err(|influxdb2::BuildError::ReqwestClientError { source }| InfluxError::Client(source))
        };
        let gzip = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        Ok(Self {
            write: make(client_builder().default_headers(gzip))?,
            other: make(client_builder())?,
            org,
            bucket: url.bucket.clone(),
        })
    }

    /// Writes lines, gzipped, with times in nanoseconds.
    pub(super) async fn write(&self, gzip: Vec<u8>) -> Result<(), InfluxError> {
        self.write
            .write_line_protocol_with_precision(
                &self.org,
                &self.bucket,
                gzip,
                TimestampPrecision::Nanoseconds,
            )
            .await
            .map_err(of_request)
    }

    /// Deletes the points that a predicate names between two seconds (both included), as far as they are said.
    pub(super) async fn delete(
        &self,
        predicate: String,
        from_s: Option<i64>,
        upto_s: Option<i64>,
    ) -> Result<(), InfluxError> {
        let at = |seconds| {
            let time = chrono::DateTime::from_timestamp(seconds, 0);
            time.map_or(NaiveDateTime::MIN, |time| time.naive_utc())
        };
        // All that nanoseconds can tell, in the whole seconds that the crate sends.
        let (start, stop) = (at(from_s.unwrap_or(0)), at(upto_s.unwrap_or(i64::MAX / 1_000_000_000 - 1)));
        self.other.delete(&self.bucket, start, stop, Some(predicate)).await.map_err(of_request)
    }

    /// Makes a bucket that keeps points for so many seconds (0: for ever).
    pub(super) async fn create_bucket(&self, org_id: String, keep_s: i64) -> Result<(), InfluxError> {
        let mut request = PostBucketRequest::new(org_id, self.bucket.clone());
        request.description = Some("Foulée: readings of wearables".to_owned());
        if keep_s > 0 {
            let keep_s = i32::try_from(keep_s).unwrap_or(i32::MAX);
            request.retention_rules = vec![influxdb2::models::RetentionRule::new(
                influxdb2::models::retention_rule::Type::Expire,
                keep_s,
            )];
        }
        self.other.create_bucket(Some(request)).await.map_err(of_request)
    }
}

fn of_request(error: RequestError) -> InfluxError {
    match error {
        RequestError::Http { status, text } => InfluxError::of_status(status.as_u16(), text),
        RequestError::ReqwestProcessing { source } => InfluxError::unreachable(source),
        RequestError::Serializing { .. } | RequestError::Deserializing { .. } => {
            InfluxError::Answer("it is not the JSON of the API")
        }
    }
}
