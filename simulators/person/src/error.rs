//! Everything that can be wrong with what a caller gives this crate.

use thiserror::Error;

/// Why a wear pattern was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PersonError {
    /// The share is not a number from 0 to 1.
    #[error("a share of days is a number from 0 to 1, not {share}")]
    ShareOutOfRange {
        /// The share that was given.
        share: f64,
    },
    /// The share is not a number at all.
    #[error("a share of days is written as a number such as 0.3")]
    ShareNotANumber(#[source] std::num::ParseFloatError),
    /// The pattern needs a share of days and none was given.
    #[error("this wear pattern needs a share of days, as in partly-worn:0.3")]
    ShareMissing,
    /// A share was given to a pattern that has none.
    #[error("this wear pattern takes no share of days")]
    ShareUnexpected,
    /// No pattern has that name.
    #[error(
        "no such wear pattern; there are always, whole-days-off:SHARE, partly-worn:SHARE, short-days:SHARE, \
         less-in-flares, less-on-low-step-days and phone-only"
    )]
    UnknownPattern,
}
