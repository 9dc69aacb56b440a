use serde::{Deserialize, Serialize};

use crate::Rejection;

/// An RFC 9457 problem (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A stable URI reference for the kind of problem.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The kind in words, the same every time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's id, to be quoted to the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The fields at fault, where fields are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The readings at fault, where a whole batch was refused for its readings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejection>,
}

/// A field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Where it stands, such as `series[0].unit`.
    pub field: String,
    /// Its line in what was sent, from 1, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What to do about it.
    pub fix: String,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident, $uri:literal, $status:literal, $title:literal;)*) => {
        /// The published kinds of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ProblemKind { $($(#[$doc])* #[serde(rename = $uri)] $variant),* }
        impl ProblemKind {
            /// Every kind.
            pub const ALL: &[ProblemKind] = &[$(ProblemKind::$variant),*];
            /// Its HTTP status.
            #[must_use]
            pub fn status(self) -> u16 { match self { $(Self::$variant => $status),* } }
            /// Its title.
            #[must_use]
            pub fn title(self) -> &'static str { match self { $(Self::$variant => $title),* } }
            /// Its URI reference.
            #[must_use]
            pub fn uri(self) -> &'static str { match self { $(Self::$variant => $uri),* } }
        }
    };
}

kinds! {
    /// The body could not be read as what it claims to be.
    Malformed, "/problems/malformed", 400, "The request could not be read";
    /// A field does not hold what it must.
    InvalidField, "/problems/invalid-field", 400, "A field is not valid";
    /// No token, or one that is not known.
    Unauthorized, "/problems/unauthorized", 401, "A valid token is needed";
    /// The token does not allow it.
    Forbidden, "/problems/forbidden", 403, "The token does not allow this";
    /// There is nothing here, or nothing that the token may see.
    NotFound, "/problems/not-found", 404, "Nothing found here";
    /// The path exists, the method does not.
    MethodNotAllowed, "/problems/method-not-allowed", 405, "The method is not allowed here";
    /// Nothing of the body came for too long.
    RequestTimeout, "/problems/request-timeout", 408, "The request did not arrive in time";
    /// It exists already, or in another state.
    Conflict, "/problems/conflict", 409, "It conflicts with what is there";
    /// Larger than the limits.
    TooLarge, "/problems/too-large", 413, "The request is too large";
    /// A content type or encoding that is not known.
    UnsupportedMedia, "/problems/unsupported-media", 415, "The content type or encoding is not supported";
    /// Understood, and nothing of it could be accepted.
    NothingAccepted, "/problems/nothing-accepted", 422, "No reading could be accepted";
    /// More than can be taken now.
    TooManyRequests, "/problems/too-many-requests", 429, "Too much at once; try again later";
    /// Something broke here; the details are in the server's log under the request's id.
    Internal, "/problems/internal", 500, "Something went wrong on the server";
    /// The service is starting, stopping or out of room.
    Unavailable, "/problems/unavailable", 503, "The service is not available now";
}

impl Problem {
    /// A problem of a kind, without particulars.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind,
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: None,
            instance: None,
            errors: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// The same with what is wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with a field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, fix: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), line: None, fix: fix.into() });
        self
    }
}
