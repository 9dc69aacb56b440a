//! Rows that programs read: the same for a command and for `/v1`.

mod completeness;
mod measures;
mod minutes;
mod readings;
mod totals;

pub use completeness::{CompletenessBy, CompletenessFeed, CompletenessRow};
pub use measures::{DictionaryRow, MeasureRow, dictionary, measure_rows};
pub use minutes::{MinuteRow, minutes_of_day};
pub(crate) use minutes::{load_minutes, offset_minutes};
pub use readings::{ReadingFeed, ReadingRow};
pub use totals::{TotalRow, total_rows};

use chrono::{DateTime, SecondsFormat};

/// An instant in RFC 3339, UTC, to the millisecond where it has any.
#[must_use]
pub fn rfc3339(utc_ms: i64) -> String {
    let format = if utc_ms.rem_euclid(1_000) == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    DateTime::from_timestamp_millis(utc_ms)
        .map_or_else(|| utc_ms.to_string(), |at| at.to_rfc3339_opts(format, true))
}
