use std::fmt;

use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::{RegistryError, Result};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// The id with this number, which may name nothing.
            #[must_use]
            pub fn new(number: i64) -> Self {
                Self(number)
            }

            /// Its number, given once and never again.
            #[must_use]
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// A study's number.
    StudyId
}
number_id! {
    /// A group's number.
    GroupId
}
number_id! {
    /// A token's number.
    TokenId
}
number_id! {
    /// A phone's number.
    PhoneId
}
number_id! {
    /// A prescription's number.
    PrescriptionId
}

/// A participant's id as it is stored.
pub(super) fn participant_of(text: &str, table: &'static str) -> Result<ParticipantId> {
    text.parse().map_err(unreadable(table, "participant"))
}

/// A local date as it is stored: its order as text is its order in time.
pub(super) fn date_text(date: chrono::NaiveDate) -> Result<String> {
    use chrono::Datelike;
    if (1..=9999).contains(&date.year()) { Ok(date.to_string()) } else { Err(RegistryError::DateOutOfRange) }
}

/// A stored local date.
pub(super) fn date_of(text: &str, table: &'static str, column: &'static str) -> Result<chrono::NaiveDate> {
    text.parse().map_err(unreadable(table, column))
}
