//! How 2.x refuses.

use std::io;

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::json_answer;

/// An answer that is an error.
#[derive(Debug)]
pub(super) enum Problem {
    /// A code of the platform, with a message.
    Platform { status: u16, code: &'static str, message: String },
    /// The server behind is gone, or the client.
    Gone,
}

/// Marks an answer whose connection is to be cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::Platform { status, code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid", message)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "unauthorized access")
    }

    pub(super) fn forbidden(what: &str) -> Self {
        Self::new(403, "forbidden", format!("insufficient permissions for {what}"))
    }

    pub(super) fn no_bucket(name: &str) -> Self {
        Self::new(404, "not found", format!("bucket {name:?} not found"))
    }

    /// What 1.x said and nobody expected.
    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "internal error", message)
    }
}

impl From<io::Error> for Problem {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Platform { status, code, message } => {
                let mut answer = json_answer(status, &json!({ "code": code, "message": message }));
                let name = HeaderName::from_static("x-platform-error-code");
                answer.headers_mut().insert(name, HeaderValue::from_static(code));
                answer
            }
            Self::Gone => {
                let mut answer = Response::default();
                answer.extensions_mut().insert(Gone);
                answer
            }
        }
    }
}
