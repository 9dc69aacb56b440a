use chrono::{Datelike as _, Days, NaiveDate};

use crate::ApiError;
use crate::registry::RegistryError;

/// Days from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
}

/// Length of a period that is not given, in days.
const DEFAULT_DAYS: u64 = 28;
/// Years that dates and times in answers can be written with four digits in.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9_999;

impl Period {
    /// From what was asked for: the last 28 complete days where nothing was.
    ///
    /// `reference` is the last complete day, see [`reference_date`].
    ///
    /// # Errors
    /// [`ApiError::PeriodReversed`]; a date before the year 1 or after 9999.
    pub fn choose(
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        reference: NaiveDate,
    ) -> Result<Self, ApiError> {
        let to = to.unwrap_or_else(|| from.map_or(reference, |from| reference.max(from)));
        let from = from.unwrap_or_else(|| to.checked_sub_days(Days::new(DEFAULT_DAYS - 1)).unwrap_or(to));
        if ![from, to].iter().all(|date| YEARS.contains(&date.year())) {
            return Err(RegistryError::DateOutOfRange.into());
        }
        if to < from { Err(ApiError::PeriodReversed) } else { Ok(Self { from, to }) }
    }

    /// Its days, in order.
    pub fn dates(self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take_while(move |date| *date <= self.to)
    }
}

/// The last complete day: yesterday, or the last day with a reading where nothing came for 28 days (history that was
/// imported, a programme that is over), so that what is shown is the person's own last weeks and not an empty month.
#[must_use]
pub fn reference_date(today: NaiveDate, last_day_with_data: Option<NaiveDate>) -> NaiveDate {
    let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    match last_day_with_data {
        Some(last) if (yesterday - last).num_days() >= DEFAULT_DAYS as i64 => last,
        _ => yesterday,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_complete_days() {
        let reference = reference_date(day("2026-03-29"), Some(day("2026-03-28")));
        assert_eq!(reference, day("2026-03-28"));
        let period = Period::choose(None, None, reference).unwrap();
        assert_eq!((period.from, period.to), (day("2026-03-01"), day("2026-03-28")));
        assert!(Period::choose(Some(day("2026-03-02")), Some(day("2026-03-01")), reference).is_err());
    }

    #[test]
    fn somebody_silent_for_a_week_is_shown_silent() {
        assert_eq!(reference_date(day("2026-03-29"), Some(day("2026-03-20"))), day("2026-03-28"));
        assert_eq!(reference_date(day("2026-03-29"), Some(day("2016-05-12"))), day("2016-05-12"));
    }
}
