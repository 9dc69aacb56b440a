use std::collections::HashSet;
use std::sync::Arc;

use foulee_contract::ParticipantId;
use foulee_store::BoxFuture;

/// For whom a token may write.
#[derive(Clone, Debug)]
pub enum WriteGrant {
    /// For one participant.
    One(ParticipantId),
    /// For these.
    Some(Arc<HashSet<ParticipantId>>),
}

impl WriteGrant {
    /// Whether it covers `participant`.
    #[must_use]
    pub fn allows(&self, participant: &ParticipantId) -> bool {
        match self {
            WriteGrant::One(one) => one == participant,
            WriteGrant::Some(set) => set.contains(participant),
        }
    }
}

/// Why nothing may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No token, or none that is valid.
    Unauthorized,
    /// A valid token for something else.
    Forbidden,
    /// It could not be found out now.
    Unavailable,
}

/// Says what a bearer token may write.
pub trait Authority: Send + Sync {
    /// The grant of the token in an `Authorization: Bearer` header, given without the word `Bearer`.
    fn write_grant<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<WriteGrant, Denied>>;

    /// The same, found out after it was asked for and not remembered from before: who was added a moment ago is in it.
    fn fresh_write_grant<'a>(&'a self, token: Option<&'a str>) -> BoxFuture<'a, Result<WriteGrant, Denied>>;
}
