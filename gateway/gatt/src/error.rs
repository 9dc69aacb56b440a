//! What can be wrong with bytes or with a value that should become bytes.

/// The one error of this crate. Every variant names the offending value in a typed field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GattError {
    /// Too few or too many bytes for what the flags announce.
    #[error("{what}: {got} bytes where {expected} were expected")]
    WrongLength {
        /// The characteristic or packet.
        what: &'static str,
        /// Bytes that the flags call for; when they ran out early, the least that would have gone one field further.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
    /// A number that its specification does not admit.
    #[error("{field} = {value} is outside {min}..={max}")]
    OutOfRange {
        /// Field name.
        field: &'static str,
        /// The value found.
        value: i64,
        /// Least allowed value.
        min: i64,
        /// Greatest allowed value.
        max: i64,
    },
    /// A number whose specification has a word for "not known", and which says so.
    #[error("{field} is not known to the device")]
    NotKnown {
        /// Field name.
        field: &'static str,
    },
    /// A number that none of the meanings of its field has.
    #[error("{field} has no meaning for {value:#04x}")]
    NoMeaning {
        /// Field name.
        field: &'static str,
        /// The byte found.
        value: u8,
    },
    /// A byte that is not two decimal digits.
    #[error("{field} is no binary-coded decimal: {value:#04x}")]
    NotDecimal {
        /// Field name.
        field: &'static str,
        /// The byte found.
        value: u8,
    },
    /// A packet whose checksum does not fit its bytes.
    #[error("checksum {found:#04x} where the bytes sum to {computed:#04x}")]
    Checksum {
        /// Sum of the bytes that it covers.
        computed: u8,
        /// The checksum carried.
        found: u8,
    },
    /// A packet of a log that came before the log's first one.
    #[error("packet {index} of a log whose first packet has not come")]
    LogNotStarted {
        /// The packet's own number.
        index: u8,
    },
    /// A packet of a log out of its turn: one was lost, repeated or swapped.
    #[error("packet {got} of a log where {expected} is next")]
    LogOutOfOrder {
        /// The number that was due.
        expected: u8,
        /// The packet's own number.
        got: u8,
    },
}

/// Checks `min <= value <= max`.
///
/// # Errors
/// [`GattError::OutOfRange`] naming the field.
pub(crate) fn check_range(field: &'static str, value: i64, min: i64, max: i64) -> Result<(), GattError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(GattError::OutOfRange { field, value, min, max }) }
}
