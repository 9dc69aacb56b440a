use chrono::NaiveDate;

use super::MomentError;

/// A date `YYYY-MM-DD`, as the registry and the pages write it.
pub(in crate::cli) fn day(text: &str) -> Result<NaiveDate, MomentError> {
    // chrono also takes 2026-3-1 and +12026-03-01.
    let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = if shaped { text.parse().ok() } else { None };
    date.ok_or_else(|| MomentError::NotADate { text: text.to_owned() })
}
