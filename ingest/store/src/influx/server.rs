use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use foulee_contract::Series;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, HeaderValue};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::answer::{Answer, Rows};
use super::error::InfluxError;
use super::index::Entry;
use super::v2::V2;
use crate::url::{InfluxApi, InfluxUrl};

/// A server that is there answers the beginning of a connection at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than a server under load takes (30 s are seen), shorter than anybody waits.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(45);
/// Rows of one chunk of an answer.
const CHUNK_ROWS: u32 = 10_000;
/// An error is a sentence; what is longer repeats what we sent.
const LONGEST_MESSAGE: usize = 500;

pub(super) fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).tcp_nodelay(true)
}

/// A conversation with one database or bucket.
#[derive(Debug)]
pub(super) struct Server {
    http: reqwest::Client,
    url: InfluxUrl,
    base: String,
    auth: Option<Auth>,
    v2: Option<V2>,
}

enum Auth {
    Token(HeaderValue),
    Basic(String, String),
}

impl std::fmt::Debug for Auth {
    /// Secrets are not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auth")
    }
}

impl Server {
    pub(super) fn new(url: InfluxUrl, token: Option<&str>) -> Result<Self, InfluxError> {
        if url.tls && !cfg!(feature = "influx-tls") {
            return Err(InfluxError::TlsMissing);
        }
        let v2 = match url.api {
            InfluxApi::V1 => None,
            InfluxApi::V2 => Some(V2::new(&url, token.unwrap_or_default())?),
        };
        let auth = token.map(|token| authorization(url.api, token)).transpose()?;
        let http = client_builder().build().map_err(InfluxError::Client)?;
        Ok(Self { http, base: url.server(), url, auth, v2 })
    }

    pub(super) fn url(&self) -> &InfluxUrl {
        &self.url
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.auth {
            Some(Auth::Token(token)) => request.header(AUTHORIZATION, token.clone()),
            Some(Auth::Basic(user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    }

    /// Sends lines with times in nanoseconds; gone through when this returns `Ok`.
    pub(super) async fn write(&self, lines: &[u8]) -> Result<(), InfluxError> {
        let body = gzip(lines);
        if let Some(v2) = &self.v2 {
            return v2.write(body).await;
        }
        // 1.x calls nanoseconds `n`; what it does not know it takes for them, silently.
        let request = self.http.post(format!("{}/write", self.base));
        let request = request.query(&[("db", self.url.bucket.as_str()), ("precision", "n")]);
        let request = request.header(CONTENT_ENCODING, "gzip").body(body);
        succeeded(self.signed(request).send().await.map_err(InfluxError::unreachable)?).await?;
        Ok(())
    }

    /// Asks `statements` (joined by `;`) in InfluxQL, with `$name` bound to `params`; hands out rows as they come, with the
    /// number of their statement.
    pub(super) async fn query(
        &self,
        statements: &[&str],
        params: &Value,
        visit: &mut (dyn FnMut(usize, Rows) -> Result<(), InfluxError> + Send),
    ) -> Result<(), InfluxError> {
        let text = statements.join(";");
        let params = params.to_string();
        let chunk = CHUNK_ROWS.to_string();
        let form = [
            ("db", self.url.bucket.as_str()),
            ("q", &text),
            ("params", &params),
            ("epoch", "ns"),
            ("chunked", "true"),
            ("chunk_size", &chunk),
        ];
        let request = self.http.post(format!("{}/query", self.base)).header(ACCEPT, "application/json");
        let mut response = self.post(request, &form).await?;
        let mut answer = Answer::to(statements.len());
        while let Some(bytes) = response.chunk().await.map_err(InfluxError::unreachable)? {
            answer.push(&bytes, visit)?;
        }
        answer.finish(visit)
    }

    async fn post(&self, request: RequestBuilder, form: &[(&str, &str)]) -> Result<Response, InfluxError> {
        // By hand: the crate's own forms would bring a second serializer.
        let mut body = String::new();
        for (name, value) in form {
            if !body.is_empty() {
                body.push('&');
            }
            body.push_str(name);
            body.push('=');
            for byte in value.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                        body.push(char::from(byte))
                    }
                    byte => body.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        succeeded(self.signed(request).send().await.map_err(InfluxError::unreachable)?).await
    }

    /// A statement that changes something and gives no rows. 2.x answers those with an empty object.
    pub(super) async fn change(&self, statement: &str) -> Result<(), InfluxError> {
        let request = self.http.post(format!("{}/query", self.base)).header(ACCEPT, "application/json");
        let form = [("db", self.url.bucket.as_str()), ("q", statement)];
        let response = self.post(request, &form).await?;
        let body: Value = json_of(response).await?;
        let error = |value: &Value| value.get("error").and_then(Value::as_str).map(str::to_owned);
        let in_results =
            body.get("results").and_then(Value::as_array).and_then(|all| all.iter().find_map(error));
        match error(&body).or(in_results) {
            Some(message) => Err(InfluxError::Statement { message }),
            None => Ok(()),
        }
    }

    /// Deletes all points of a participant's key.
    pub(super) async fn delete_key(&self, key: &str) -> Result<(), InfluxError> {
        // A key is hexadecimal digits: nothing of it could end a literal.
        match &self.v2 {
            Some(v2) => v2.delete(format!("p=\"{key}\""), None, None).await,
            None => self.change(&format!("DROP SERIES WHERE \"p\" = '{key}'")).await,
        }
    }

    /// Deletes points of a key that are older than a whole second before `before_ms`.
    pub(super) async fn delete_older(
        &self,
        key: &str,
        measurement: &str,
        before_ms: i64,
    ) -> Result<(), InfluxError> {
        let upto_s = before_ms.div_euclid(1_000) - 1;
        match &self.v2 {
            Some(v2) => v2.delete(format!("p=\"{key}\""), None, Some(upto_s)).await,
            None => {
                let upto_ns = upto_s * 1_000_000_000;
                self.change(&format!(
                    "DELETE FROM \"{measurement}\" WHERE \"p\" = '{key}' AND time <= {upto_ns}"
                ))
                .await
            }
        }
    }

    /// Deletes what stands at one time of a series; of 2.x, at that second.
    pub(super) async fn delete_point(&self, entry: &Entry, time_ns: i64) -> Result<(), InfluxError> {
        let Series { source, metric, grain, .. } = &entry.series;
        // None of these holds a quote or a backslash.
        let (metric, grain, key, source) = (metric.name(), grain.to_string(), &entry.key, source.key());
        match &self.v2 {
            Some(v2) => {
                let at_s = time_ns.div_euclid(1_000_000_000);
                let tags =
                    format!("_measurement=\"{metric}\" AND g=\"{grain}\" AND p=\"{key}\" AND s=\"{source}\"");
                v2.delete(tags, Some(at_s), Some(at_s + 1)).await
            }
            None => {
                let tags = format!("\"g\" = '{grain}' AND \"p\" = '{key}' AND \"s\" = '{source}'");
                let at = format!("time >= {time_ns} AND time <= {time_ns}");
                self.change(&format!("DELETE FROM \"{metric}\" WHERE {tags} AND {at}")).await
            }
        }
    }

    /// When the server's process started, s since 1970, as its own metrics say (of 2.x: how long it has been up); `None`
    /// where they are not to be had.
    pub(super) async fn started_s(&self, now_ms: i64) -> Option<i64> {
        let request = self.signed(self.http.get(format!("{}/metrics", self.base)));
        let response = request.send().await.ok().filter(|response| response.status().is_success())?;
        let text = response.text().await.ok()?;
        started_of(&text, now_ms)
    }

    /// Whether a database or bucket of this name is there, and may be read.
    pub(super) async fn has_bucket(&self) -> Result<bool, InfluxError> {
        if self.v2.is_some() {
            return Ok(self.buckets().await?.iter().any(|(name, _)| *name == self.url.bucket));
        }
        let response = self.raw_query("SHOW DATABASES").await?;
        Ok(values_of(&response).any(|row| row.first().and_then(Value::as_str) == Some(&self.url.bucket)))
    }

    /// 2.x: names and ids of the buckets that the token may see.
    pub(super) async fn buckets(&self) -> Result<Vec<(String, String)>, InfluxError> {
        let org = self.url.org.clone().unwrap_or_default();
        let request = self.http.get(format!("{}/api/v2/buckets", self.base));
        let request = request.query(&[("org", org.as_str()), ("name", self.url.bucket.as_str())]);
        let response = self.signed(request).send().await.map_err(InfluxError::unreachable)?;
        let body: Value = match succeeded(response).await {
            Ok(response) => json_of(response).await?,
            Err(InfluxError::Denied { status: 404, .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let text =
            |value: &Value, name| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let buckets = body.get("buckets").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(buckets.iter().map(|bucket| (text(bucket, "name"), text(bucket, "id"))).collect())
    }

    /// 2.x: the organisation's id.
    pub(super) async fn org_id(&self) -> Result<String, InfluxError> {
        let org = self.url.org.clone().unwrap_or_default();
        let request = self.http.get(format!("{}/api/v2/orgs", self.base)).query(&[("org", org.as_str())]);
        let response = self.signed(request).send().await.map_err(InfluxError::unreachable)?;
        let body: Value = json_of(succeeded(response).await?).await?;
        let id = body.pointer("/orgs/0/id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or(InfluxError::Answer("it names no organisation"))
    }

    /// Makes the bucket or database; 0 s keeps for ever.
    pub(super) async fn create(&self, keep_s: i64) -> Result<(), InfluxError> {
        match &self.v2 {
            Some(v2) => v2.create_bucket(self.org_id().await?, keep_s).await,
            None => {
                let name = &self.url.bucket;
                let duration = if keep_s > 0 { format!("{keep_s}s") } else { "INF".to_owned() };
                self.change(&format!("CREATE DATABASE \"{name}\" WITH DURATION {duration}")).await
            }
        }
    }

    /// 2.x: a token that may read and write this bucket and nothing else.
    pub(super) async fn create_token(&self) -> Result<String, InfluxError> {
        let org_id = self.org_id().await?;
        let bucket = self.buckets().await?.into_iter().find(|(name, _)| *name == self.url.bucket);
        let (_, id) = bucket.ok_or(InfluxError::Answer("the bucket is not there"))?;
        let permission = |action: &str| json!({"action": action, "resource": {"type": "buckets", "id": id, "orgID": org_id}});
        let body = json!({
            "orgID": org_id,
            "description": "foulee: read and write one bucket",
            "permissions": [permission("read"), permission("write")],
        });
        let request = self.http.post(format!("{}/api/v2/authorizations", self.base));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let response = self.signed(request).send().await.map_err(InfluxError::unreachable)?;
        let body: Value = json_of(succeeded(response).await?).await?;
        let token = body.get("token").and_then(Value::as_str);
        token.map(str::to_owned).ok_or(InfluxError::Answer("it brings no token"))
    }

    /// 1.x: somebody who may read and write this database and nothing else.
    pub(super) async fn create_user(&self, name: &str, password: &str) -> Result<(), InfluxError> {
        self.change(&format!("CREATE USER \"{name}\" WITH PASSWORD '{password}'")).await?;
        let database = &self.url.bucket;
        self.change(&format!("GRANT ALL ON \"{database}\" TO \"{name}\"")).await
    }

    async fn raw_query(&self, statement: &str) -> Result<Value, InfluxError> {
        let request = self.http.post(format!("{}/query", self.base)).header(ACCEPT, "application/json");
        let body: Value = json_of(self.post(request, &[("q", statement)]).await?).await?;
        match body.pointer("/results/0/error").or(body.get("error")).and_then(Value::as_str) {
            Some(message) => Err(InfluxError::Statement { message: message.to_owned() }),
            None => Ok(body),
        }
    }
}

fn started_of(metrics: &str, now_ms: i64) -> Option<i64> {
    let value = |name: &str| {
        let rest = metrics.lines().find_map(|line| line.strip_prefix(name))?;
        // Labels may stand between.
        let rest = rest.rsplit_once('}').map_or(rest, |(_, rest)| rest);
        rest.trim().parse::<f64>().ok()
    };
    let started = value("process_start_time_seconds").map(|seconds| seconds as i64);
    let up = || value("influxdb_uptime_seconds").map(|seconds| now_ms.div_euclid(1_000) - seconds as i64);
    started.or_else(up)
}

fn values_of(body: &Value) -> impl Iterator<Item = &Vec<Value>> {
    let values = body.pointer("/results/0/series/0/values").and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_array)
}

/// 2.x takes `Token`, on `/query` never `Bearer`; 1.x a user and a password.
fn authorization(api: InfluxApi, token: &str) -> Result<Auth, InfluxError> {
    if api == InfluxApi::V1 {
        let (user, password) = token.split_once(':').ok_or(InfluxError::Token)?;
        return Ok(Auth::Basic(user.to_owned(), password.to_owned()));
    }
    let mut value = HeaderValue::from_str(&format!("Token {token}")).map_err(|_| InfluxError::Token)?;
    value.set_sensitive(true);
    Ok(Auth::Token(value))
}

/// The fastest level: three bytes in four go already, and the server's disk is not what is saved.
fn gzip(lines: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(lines.len() / 4), Compression::fast());
    // Into memory.
    let _ = encoder.write_all(lines);
    encoder.finish().unwrap_or_default()
}

async fn succeeded(response: Response) -> Result<Response, InfluxError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.text().await.unwrap_or_default();
    let parsed: Option<Value> = serde_json::from_str(&body).ok();
    let said =
        parsed.as_ref().and_then(|body| body.get("message").or(body.get("error")).and_then(Value::as_str));
    let message = said.unwrap_or(&body).chars().take(LONGEST_MESSAGE).collect();
    Err(InfluxError::of_status(status.as_u16(), message))
}

async fn json_of(response: Response) -> Result<Value, InfluxError> {
    let bytes = response.bytes().await.map_err(InfluxError::unreachable)?;
    serde_json::from_slice(&bytes).map_err(|_| InfluxError::Answer("it is not JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_servers_say_when_they_started() {
        let v1 = "# TYPE x gauge\nprocess_start_time_seconds 1.76407e+09\n";
        assert_eq!(started_of(v1, 0), Some(1_764_070_000));
        let v2 = "influxdb_uptime_seconds{id=\"07\"} 12.75\n";
        assert_eq!(started_of(v2, 1_764_070_100_000), Some(1_764_070_088));
        assert_eq!(started_of("go_threads 8\n", 0), None);
    }

    #[test]
    fn gzip_comes_back() {
        let lines = b"steps,p=a value=1i 1\n".repeat(100);
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*gzip(&lines)), &mut plain).unwrap();
        assert_eq!(plain, lines);
    }
}
