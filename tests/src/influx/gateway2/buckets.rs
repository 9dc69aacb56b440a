//! Organisations and buckets: a bucket is a database.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use serde_json::{Value, json};

use super::problem::Problem;
use super::tokens::Grant;
use super::{Inside, Shared, json_answer};
use crate::influx::forward::{Upstream, whole};
use crate::influx::influxql;
use crate::influx::serve::lock;

/// Databases in which batches are tried; no bucket.
pub(super) const SCRATCH: &str = "_gateway2_scratch_";

/// Parameters of a request.
pub(super) type Pairs = BTreeMap<String, String>;

/// Sixteen hexadecimal digits, always the same for a name.
pub(super) fn id_of(name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The server's databases, and which are known to be there.
#[derive(Debug)]
pub(super) struct Buckets {
    upstream: Upstream,
    known: Mutex<BTreeSet<String>>,
}

impl Buckets {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self { upstream, known: Mutex::default() }
    }

    /// The first result of a statement.
    pub(super) async fn run(&self, statement: &str, db: &str) -> Result<Value, Problem> {
        let mut pairs = form_urlencoded("q", statement);
        pairs.push('&');
        pairs.push_str(&form_urlencoded("db", db));
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, form)]);
        let answer = self.upstream.post("/query", &headers, pairs.into_bytes()).await?;
        let body = whole(answer.into_body()).await?;
        let mut body: Value =
            serde_json::from_slice(&body).map_err(|error| Problem::internal(error.to_string()))?;
        if let Some(error) = body["error"].as_str().or_else(|| body["results"][0]["error"].as_str()) {
            return Err(Problem::internal(error));
        }
        Ok(body["results"][0].take())
    }

    async fn all(&self) -> Result<BTreeSet<String>, Problem> {
        let result = self.run("SHOW DATABASES", "").await?;
        let names = result["series"][0]["values"].as_array().into_iter().flatten();
        let names = names.filter_map(|row| row[0].as_str()).filter(|name| !name.starts_with(SCRATCH));
        let names: BTreeSet<String> = names.filter(|name| *name != "_internal").map(str::to_owned).collect();
        *lock(&self.known) = names.clone();
        Ok(names)
    }

    /// The name of a bucket that is given by its name or id.
    pub(super) async fn find(&self, name_or_id: &str) -> Result<String, Problem> {
        if lock(&self.known).contains(name_or_id) {
            return Ok(name_or_id.to_owned());
        }
        let all = self.all().await?;
        let found = all.into_iter().find(|name| name == name_or_id || id_of(name) == name_or_id);
        found.ok_or_else(|| Problem::no_bucket(name_or_id))
    }

    /// One that was known is gone.
    pub(super) fn forget(&self, name: &str) {
        lock(&self.known).remove(name);
    }

    async fn retention_seconds(&self, name: &str) -> Result<(u64, u64), Problem> {
        let shown = self.run(&format!("SHOW RETENTION POLICIES ON {}", influxql::name(name)), "").await?;
        let rows = shown["series"][0]["values"].as_array().map(Vec::as_slice).unwrap_or_default();
        let row = rows.iter().find(|row| row[4] == true).unwrap_or(&Value::Null);
        let seconds = |cell: &Value| cell.as_str().and_then(go_seconds).unwrap_or(0);
        Ok((seconds(&row[1]), seconds(&row[2])))
    }
}

/// `168h0m0s`; 0 is for ever.
fn go_seconds(text: &str) -> Option<u64> {
    let mut seconds = 0;
    let mut rest = text;
    for (unit, worth) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((count, after)) = rest.split_once(unit) {
            seconds += count.parse::<u64>().ok()? * worth;
            rest = after;
        }
    }
    rest.is_empty().then_some(seconds)
}

/// One pair of a form.
pub(super) fn form_urlencoded(name: &str, value: &str) -> String {
    let mut text = format!("{name}=");
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

impl Inside {
    /// Whether the organisation of a request is the one there is.
    pub(super) fn check_org(&self, pairs: &Pairs) -> Result<(), Problem> {
        let id = id_of(&self.org);
        match (pairs.get("orgID"), pairs.get("org")) {
            (None, None) => Err(Problem::invalid("Please provide either orgID or org")),
            (Some(asked), _) if *asked != id => Err(Problem::new(404, "not found", "organization not found")),
            (None, Some(asked)) if *asked != self.org && *asked != id => {
                let message = format!("organization name {asked:?} not found");
                Err(Problem::new(404, "not found", message))
            }
            _ => Ok(()),
        }
    }

    async fn bucket(&self, name: &str) -> Result<Value, Problem> {
        let (every, shard) = self.buckets.retention_seconds(name).await?;
        let id = id_of(name);
        Ok(json!({
            "id": id,
            "orgID": id_of(&self.org),
            "type": "user",
            "name": name,
            "retentionRules": [
                { "type": "expire", "everySeconds": every, "shardGroupDurationSeconds": shard }
            ],
            "createdAt": "2024-01-01T00:00:00Z",
            "updatedAt": "2024-01-01T00:00:00Z",
            "links": { "self": format!("/api/v2/buckets/{id}") },
        }))
    }
}

/// GET /api/v2/buckets?name&org
pub(super) async fn list(
    State(inside): Shared,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let grant = inside.authorised(&headers)?;
    if pairs.contains_key("org") || pairs.contains_key("orgID") {
        inside.check_org(&pairs)?;
    }
    let all = inside.buckets.all().await?;
    let mut found = Vec::new();
    if let Some(name) = pairs.get("name").filter(|name| !all.contains(*name)) {
        return Err(Problem::no_bucket(name));
    }
    let asked = |name: &&String| {
        pairs.get("name").is_none_or(|asked| asked == *name)
            && pairs.get("id").is_none_or(|asked| *asked == id_of(name))
    };
    // One that a token may not read is not listed.
    for name in all.iter().filter(asked).filter(|name| grant.may_read(name)) {
        found.push(inside.bucket(name).await?);
    }
    Ok(json_answer(200, &json!({ "links": { "self": "/api/v2/buckets" }, "buckets": found })))
}

/// POST /api/v2/buckets
pub(super) async fn create(
    State(inside): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Problem> {
    if inside.authorised(&headers)? != Grant::All {
        return Err(Problem::forbidden("write"));
    }
    let asked: Value = serde_json::from_str(&body).map_err(|error| Problem::invalid(error.to_string()))?;
    let name = asked["name"].as_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Problem::invalid("bucket name is required"))?;
    if name.starts_with('_') || name.contains('"') {
        return Err(Problem::invalid(format!("bucket name {name} is invalid")));
    }
    if asked["orgID"] != id_of(&inside.org) {
        return Err(Problem::new(404, "not found", "organization not found"));
    }
    if inside.buckets.all().await?.contains(name) {
        return Err(Problem::new(422, "conflict", format!("bucket with name {name} already exists")));
    }
    let rule = &asked["retentionRules"][0];
    let seconds = |field: &str| rule[field].as_u64().filter(|seconds| *seconds > 0);
    let mut made = format!("CREATE DATABASE {}", influxql::name(name));
    let duration = seconds("everySeconds").map_or("INF".to_owned(), |seconds| format!("{seconds}s"));
    made.push_str(&format!(" WITH DURATION {duration}"));
    if let Some(shard) = seconds("shardGroupDurationSeconds") {
        made.push_str(&format!(" SHARD DURATION {shard}s"));
    }
    if let Err(Problem::Platform { message, .. }) = inside.buckets.run(&made, "").await {
        return Err(Problem::new(422, "unprocessable entity", message));
    }
    Ok(json_answer(201, &inside.bucket(name).await?))
}

/// GET /api/v2/orgs?org=NAME
pub(super) async fn orgs(
    State(inside): Shared,
    Query(pairs): Query<Pairs>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let grant = inside.authorised(&headers)?;
    if pairs.contains_key("org") || pairs.contains_key("orgID") {
        inside.check_org(&pairs)?;
    }
    let org = json!({ "id": id_of(&inside.org), "name": inside.org, "description": "" });
    // A token for buckets may not read organisations.
    let orgs = if grant == Grant::All { vec![org] } else { Vec::new() };
    Ok(json_answer(200, &json!({ "links": { "self": "/api/v2/orgs" }, "orgs": orgs })))
}
