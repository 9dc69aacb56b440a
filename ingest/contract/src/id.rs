use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A participant's pseudonym (UUIDv7). It is the only way in which a person is named anywhere in Foulée.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Uuid", into = "Uuid")]
pub struct ParticipantId(Uuid);

/// A report's id, a UUID that whoever sends it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReportId(Uuid);

impl ReportId {
    /// The id held by a UUID of any version.
    #[must_use]
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// A new UUIDv7 from a time and ten random bytes, both given so that a run can be replayed.
    #[must_use]
    pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }
}

impl FromStr for ReportId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::from_str(text).map(Self)
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not a participant's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdError {
    /// Not a UUID at all.
    NotAUuid,
    /// The nil UUID names nobody.
    Nil,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdError::NotAUuid => {
                f.write_str("a participant id is a UUID, such as 01900000-0000-7000-8000-000000000001")
            }
            IdError::Nil => f.write_str("the nil UUID names nobody; give the participant's own id"),
        }
    }
}

impl std::error::Error for IdError {}

impl ParticipantId {
    /// The id held by `uuid`; any version is accepted, since people bring ids made elsewhere.
    ///
    /// # Errors
    /// [`IdError::Nil`] for the nil UUID.
    pub fn new(uuid: Uuid) -> Result<Self, IdError> {
        if uuid.is_nil() { Err(IdError::Nil) } else { Ok(Self(uuid)) }
    }

    /// A new UUIDv7 from a time and ten random bytes, both given so that a run can be replayed.
    #[must_use]
    pub fn from_parts(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// The 16 bytes of the id.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id as a UUID.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl TryFrom<Uuid> for ParticipantId {
    type Error = IdError;
    fn try_from(uuid: Uuid) -> Result<Self, IdError> {
        Self::new(uuid)
    }
}

impl From<ParticipantId> for Uuid {
    fn from(id: ParticipantId) -> Self {
        id.0
    }
}

impl FromStr for ParticipantId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(Uuid::from_str(text).map_err(|_| IdError::NotAUuid)?)
    }
}

impl fmt::Display for ParticipantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_refused_on_every_way_in() {
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(nil.parse::<ParticipantId>(), Err(IdError::Nil));
        assert!(serde_json::from_str::<ParticipantId>(&format!("\"{nil}\"")).is_err());
        assert_eq!("x".parse::<ParticipantId>(), Err(IdError::NotAUuid));
    }
}
