//! Who may do what.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine as _;
use serde_json::{Value, json};

use super::buckets::id_of;
use super::problem::Problem;
use super::{Inside, Shared, json_answer};
use crate::influx::serve::lock;

/// What a token may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// Everything.
    All,
    /// Ids of buckets.
    Buckets { read: Vec<String>, write: Vec<String> },
}

impl Grant {
    pub(super) fn may_read(&self, bucket: &str) -> bool {
        match self {
            Self::All => true,
            Self::Buckets { read, .. } => read.contains(&id_of(bucket)),
        }
    }

    pub(super) fn may_write(&self, bucket: &str) -> bool {
        match self {
            Self::All => true,
            Self::Buckets { write, .. } => write.contains(&id_of(bucket)),
        }
    }
}

/// All tokens.
#[derive(Debug)]
pub(super) struct Tokens(BTreeMap<String, Grant>);

impl Tokens {
    pub(super) fn new(all: &str) -> Self {
        Self(BTreeMap::from([(all.to_owned(), Grant::All)]))
    }
}

/// How a token was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Token,
    Bearer,
    Basic,
}

/// The token in a header.
pub(super) fn shown(headers: &HeaderMap) -> Option<(Scheme, String)> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "token" => Some((Scheme::Token, rest.to_owned())),
        "bearer" => Some((Scheme::Bearer, rest.to_owned())),
        "basic" => {
            let both = base64::engine::general_purpose::STANDARD.decode(rest).ok()?;
            let (_, token) = std::str::from_utf8(&both).ok()?.split_once(':')?;
            Some((Scheme::Basic, token.to_owned()))
        }
        _ => None,
    }
}

impl Inside {
    /// What a token may do.
    pub(super) fn grant(&self, token: &str) -> Option<Grant> {
        lock(&self.tokens).0.get(token).cloned()
    }

    /// For /api/v2, where `Token` and `Bearer` work.
    pub(super) fn authorised(&self, headers: &HeaderMap) -> Result<Grant, Problem> {
        let shown = shown(headers).filter(|(scheme, _)| *scheme != Scheme::Basic);
        shown.and_then(|(_, token)| self.grant(&token)).ok_or_else(Problem::unauthorized)
    }
}

/// POST /api/v2/authorizations: a token for some buckets.
pub(super) async fn create(
    State(inside): Shared,
    headers: HeaderMap,
    body: String,
) -> Result<Response, Problem> {
    if inside.authorised(&headers)? != Grant::All {
        return Err(Problem::forbidden("write"));
    }
    let asked: Value = serde_json::from_str(&body).map_err(|error| Problem::invalid(error.to_string()))?;
    if asked["orgID"] != id_of(&inside.org) {
        return Err(Problem::new(404, "not found", "organization not found"));
    }
    let (mut read, mut write) = (Vec::new(), Vec::new());
    for permission in asked["permissions"].as_array().into_iter().flatten() {
        let resource = &permission["resource"];
        let id = match (resource["type"].as_str(), resource["id"].as_str(), resource["name"].as_str()) {
            (Some("buckets"), Some(id), _) => id.to_owned(),
            (Some("buckets"), None, Some(name)) => id_of(name),
            _ => return Err(Problem::invalid("the test gateway knows permissions on one bucket only")),
        };
        match permission["action"].as_str() {
            Some("read") => read.push(id),
            Some("write") => write.push(id),
            _ => return Err(Problem::invalid("unknown action")),
        }
    }
    if read.is_empty() && write.is_empty() {
        return Err(Problem::invalid("authorization must include permissions"));
    }
    let chance = || format!("{:016x}", RandomState::new().hash_one("token"));
    let token = format!("{}{}==", chance(), chance());
    lock(&inside.tokens).0.insert(token.clone(), Grant::Buckets { read, write });
    let answer = json!({
        "id": id_of(&token),
        "token": token,
        "status": "active",
        "description": asked["description"],
        "orgID": asked["orgID"],
        "org": inside.org,
        "permissions": asked["permissions"],
    });
    Ok(json_answer(201, &answer))
}
