//! /query: InfluxQL is the server's own; who may ask, and what 2.x answers otherwise, is decided here.

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest as _, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::buckets::{Pairs, form_urlencoded};
use super::problem::Problem;
use super::statements::{Kind, kind, split};
use super::tokens::{Grant, Scheme, shown};
use super::{Inside, Shared, json_answer};
use crate::influx::forward::whole;

/// What 1.x and 2.x understand alike.
const PASSED: [&str; 7] = ["db", "rp", "epoch", "chunked", "chunk_size", "params", "pretty"];

pub(super) async fn query(
    State(inside): Shared,
    Query(mut pairs): Query<Pairs>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut is_silent = false;
    if request.method() == Method::POST {
        if content_type.starts_with("application/x-www-form-urlencoded") {
            let form = Form::<Pairs>::from_request(request, &()).await;
            pairs.extend(form.map_err(|error| Problem::invalid(error.body_text()))?.0);
        } else if content_type.starts_with("application/vnd.influxql") {
            let body = whole(request.into_body()).await?;
            pairs.insert("q".to_owned(), String::from_utf8_lossy(&body).into_owned());
        } else {
            is_silent = content_type.starts_with("application/json");
        }
    }
    let grant = inside.may_ask(&headers, &pairs)?;
    if is_silent {
        // A body in JSON is not read, and nobody is told.
        return Ok(json_answer(200, &json!({})));
    }
    let q = pairs.get("q").cloned().unwrap_or_default();
    let db = pairs.get("db").cloned().unwrap_or_default();
    let statements = split(&q);
    let kinds: Vec<Kind> = statements.iter().map(|statement| kind(statement)).collect();
    let answers = Answers { is_csv: wants_csv(&headers), count: statements.len() };
    if !grant.may_read(&db) {
        return Ok(answers.after(Vec::new(), Some((0, format!("database not found: {db}")))));
    }
    if kinds.iter().all(|kind| *kind == Kind::Reads) {
        return inside.pass(&q, &pairs, &headers).await;
    }
    let refused = kinds.iter().enumerate().find_map(|(at, kind)| match kind {
        Kind::Unknown(name) => Some((at, format!("not implemented: {name}"))),
        Kind::Deletes if !grant.may_write(&db) => Some((at, "insufficient permissions".to_owned())),
        _ => None,
    });
    let end = refused.as_ref().map_or(statements.len(), |(at, _)| *at);
    let mut results = Vec::new();
    if end > 0 {
        pairs.remove("chunked");
        let answer = inside.pass(&statements[..end].join(";"), &pairs, &HeaderMap::new()).await?;
        if answer.status() != StatusCode::OK {
            return Ok(answer);
        }
        let body = whole(answer.into_body()).await?;
        let body: Value =
            serde_json::from_slice(&body).map_err(|error| Problem::internal(error.to_string()))?;
        results = body["results"].as_array().cloned().unwrap_or_default();
        // One that deleted has no result.
        results.retain(|result| {
            let at = result["statement_id"].as_u64().and_then(|at| usize::try_from(at).ok());
            let is_delete = at.is_some_and(|at| kinds.get(at) == Some(&Kind::Deletes));
            !is_delete || result.get("error").is_some()
        });
    }
    Ok(answers.after(results, refused))
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.starts_with("application/csv") || accept.starts_with("text/csv")
}

/// How an answer to so many statements is told.
struct Answers {
    is_csv: bool,
    count: usize,
}

impl Answers {
    /// Results, then the error of a statement, then what was not executed for it. In CSV none of that shows.
    fn after(&self, mut results: Vec<Value>, error: Option<(usize, String)>) -> Response {
        if self.is_csv {
            return ([(header::CONTENT_TYPE, "application/csv")], Body::empty()).into_response();
        }
        let had_failed = results.iter().any(|result| result.get("error").is_some());
        if let Some((first, error)) = error {
            for at in first..self.count.max(1) {
                let is_reason = at == first && !had_failed;
                let error = if is_reason { error.as_str() } else { "not executed" };
                results.push(json!({ "statement_id": at, "error": error }));
            }
        }
        let answer = if results.is_empty() { json!({}) } else { json!({ "results": results }) };
        json_answer(200, &answer)
    }
}

impl Inside {
    /// What the token of a query may do. It stands in `Authorization`, but not as a bearer's, or in `p`.
    fn may_ask(&self, headers: &HeaderMap, pairs: &Pairs) -> Result<Grant, Problem> {
        let token = match shown(headers) {
            Some((Scheme::Token | Scheme::Basic, token)) => Some(token),
            Some((Scheme::Bearer, _)) => None,
            None => pairs.get("p").cloned(),
        };
        let grant = token.and_then(|token| self.grant(&token));
        grant.ok_or_else(|| Problem::new(401, "unauthorized", "Unauthorized"))
    }

    /// The server's own answer, as it comes.
    async fn pass(&self, q: &str, pairs: &Pairs, asked: &HeaderMap) -> Result<Response, Problem> {
        let mut form = form_urlencoded("q", q);
        for (name, value) in pairs.iter().filter(|(name, _)| PASSED.contains(&name.as_str())) {
            form.push('&');
            form.push_str(&form_urlencoded(name, value));
        }
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        for name in [header::ACCEPT, header::ACCEPT_ENCODING] {
            if let Some(value) = asked.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let mut answer = self.upstream.post("/query", &headers, form.into_bytes()).await?;
        let status = answer.status();
        if status.is_success() {
            if answer.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "text/csv") {
                let csv = HeaderValue::from_static("application/csv");
                answer.headers_mut().insert(header::CONTENT_TYPE, csv);
            }
            return Ok(answer);
        }
        let is_gzip = answer.headers().contains_key(header::CONTENT_ENCODING);
        let body = whole(answer.into_body()).await?;
        let text = if is_gzip {
            std::io::read_to_string(flate2::read::GzDecoder::new(&*body))?
        } else {
            String::from_utf8_lossy(&body).into_owned()
        };
        let error = serde_json::from_str::<Value>(&text).ok();
        let error = error.and_then(|body| body["error"].as_str().map(str::to_owned)).unwrap_or(text);
        if status == StatusCode::BAD_REQUEST {
            return Err(Problem::invalid(error.replace("error parsing query: ", "failed to parse query: ")));
        }
        Err(Problem::internal(error))
    }
}
