use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use super::day;

/// A time as a person gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// An RFC 3339 instant.
    At(DateTime<Utc>),
    /// A local day of the participant: its beginning where a period starts, its end elsewhere.
    Day(NaiveDate),
}

/// Why a text is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// Not a date.
    #[error("{text:?} is no date; write it as 2026-03-31")]
    NotADate {
        /// The text.
        text: String,
    },
    /// Neither RFC 3339 nor a date.
    #[error("{text:?} is no time; write it as 2026-03-31 or 2026-03-31T08:00:00+02:00")]
    NotATime {
        /// The text.
        text: String,
    },
}

impl FromStr for Moment {
    type Err = MomentError;
    fn from_str(text: &str) -> Result<Self, MomentError> {
        if let Ok(date) = day(text) {
            return Ok(Self::Day(date));
        }
        let at = DateTime::parse_from_rfc3339(text);
        at.map(|at| Self::At(at.to_utc())).map_err(|_| MomentError::NotATime { text: text.to_owned() })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Day(date) => date.fmt(f),
        }
    }
}
