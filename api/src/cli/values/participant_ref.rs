use std::fmt;
use std::str::FromStr;

use foulee_contract::{IdError, ParticipantId};

/// A participant as a person names them on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParticipantRef {
    /// By pseudonym.
    Id(ParticipantId),
    /// By study and the id that an export uses: `STUDY/EXTERNAL_ID`.
    External {
        /// The study's name.
        study: String,
        /// The export's own id.
        external_id: String,
    },
}

/// Why a text names no participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParticipantRefError {
    /// Neither a UUID nor `STUDY/EXTERNAL_ID`.
    #[error("{0}, or STUDY/EXTERNAL_ID")]
    Id(#[source] IdError),
    /// A slash with nothing on one side, or more than one.
    #[error("write it as STUDY/EXTERNAL_ID")]
    Parts,
}

impl FromStr for ParticipantRef {
    type Err = ParticipantRefError;
    fn from_str(text: &str) -> Result<Self, ParticipantRefError> {
        match text.split_once('/') {
            None => text.parse().map(Self::Id).map_err(ParticipantRefError::Id),
            Some((study, external_id))
                if !study.is_empty() && !external_id.is_empty() && !external_id.contains('/') =>
            {
                Ok(Self::External { study: study.to_owned(), external_id: external_id.to_owned() })
            }
            Some(_) => Err(ParticipantRefError::Parts),
        }
    }
}

impl fmt::Display for ParticipantRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::External { study, external_id } => write!(f, "{study}/{external_id}"),
        }
    }
}
