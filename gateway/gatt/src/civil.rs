//! Calendar time as devices speak it: year to second of a clock on the wall, without a zone.
//!
//! Days are counted in the proleptic Gregorian calendar; leap seconds do not exist, as in Unix time.

use crate::error::{GattError, check_range};

/// First year that the Date Time characteristic can carry (GSS, 2A08).
pub const FIRST_YEAR: u16 = 1582;
/// Last year that the Date Time characteristic can carry (GSS, 2A08).
pub const LAST_YEAR: u16 = 9999;
const DAY_S: i64 = 86_400;

/// A date and time of day on a wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTime {
    /// Year, 1582 to 9999.
    pub year: u16,
    /// Month, 1 (January) to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hours past midnight, 0 to 23.
    pub hour: u8,
    /// Minutes, 0 to 59.
    pub minute: u8,
    /// Seconds, 0 to 59.
    pub second: u8,
}

impl DateTime {
    /// Checks that a calendar holds it.
    ///
    /// # Errors
    /// [`GattError::NotKnown`] for year, month or day 0, which is how a device says that it does not know;
    /// [`GattError::OutOfRange`] naming the first field that cannot be.
    pub fn check(&self) -> Result<(), GattError> {
        check_date(self.year, self.month, self.day)?;
        check_range("hour", self.hour.into(), 0, 23)?;
        check_range("minute", self.minute.into(), 0, 59)?;
        check_range("second", self.second.into(), 0, 59)
    }

    /// What a wall clock shows `wall_s` seconds after it showed the start of 1970.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] for a year outside 1582 to 9999.
    pub fn from_wall_s(wall_s: i64) -> Result<Self, GattError> {
        let (year, month, day) = date_of(wall_s.div_euclid(DAY_S));
        check_range("year", year, FIRST_YEAR.into(), LAST_YEAR.into())?;
        let second_of_day = wall_s.rem_euclid(DAY_S);
        Ok(Self {
            year: year as u16,
            month,
            day,
            hour: (second_of_day / 3600) as u8,
            minute: (second_of_day / 60 % 60) as u8,
            second: (second_of_day % 60) as u8,
        })
    }

    /// Seconds since the same clock showed the start of 1970; the inverse of [`DateTime::from_wall_s`].
    #[must_use]
    pub fn wall_s(&self) -> i64 {
        let time_s = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days_to(self.year, self.month, self.day) * DAY_S + time_s
    }

    /// Day of the week, 1 (Monday) to 7 (Sunday), as in ISO 8601.
    #[must_use]
    pub fn day_of_week(&self) -> u8 {
        // 1970-01-01 was a Thursday.
        ((days_to(self.year, self.month, self.day) + 3).rem_euclid(7) + 1) as u8
    }
}

/// Checks that a calendar holds the date.
pub(crate) fn check_date(year: u16, month: u8, day: u8) -> Result<(), GattError> {
    let parts = [("year", year), ("month", month.into()), ("day", day.into())];
    if let Some((field, _)) = parts.into_iter().find(|(_, value)| *value == 0) {
        return Err(GattError::NotKnown { field });
    }
    check_range("year", year.into(), FIRST_YEAR.into(), LAST_YEAR.into())?;
    check_range("month", month.into(), 1, 12)?;
    check_range("day", day.into(), 1, days_in_month(year, month).into())
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01. Years are counted from March, so that a leap day is a year's last.
fn days_to(year: u16, month: u8, day: u8) -> i64 {
    let from_march = (i64::from(month) + 9).rem_euclid(12);
    let year = i64::from(year) - i64::from(from_march >= 10);
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    year * 365 + leaps + day_of_year - 719_468
}

/// The date `days` after 1970-01-01.
fn date_of(days: i64) -> (i64, u8, u8) {
    let since_year_0 = days + 719_468;
    let era = since_year_0.div_euclid(146_097);
    let day_of_era = since_year_0.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_the_range_comes_back_and_follows_the_one_before() {
        let first = DateTime { year: FIRST_YEAR, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
        let last = DateTime { year: LAST_YEAR, month: 12, day: 31, ..first };
        let mut before = None;
        for wall_s in (first.wall_s()..=last.wall_s()).step_by(DAY_S as usize) {
            let day = DateTime::from_wall_s(wall_s).unwrap();
            assert_eq!(day.check(), Ok(()));
            assert_eq!(day.wall_s(), wall_s);
            if let Some(before) = before {
                assert!(day > before);
                assert_eq!(day.day_of_week(), before.day_of_week() % 7 + 1);
            }
            before = Some(day);
        }
        assert_eq!(before, Some(last));
        assert!(DateTime::from_wall_s(first.wall_s() - 1).is_err());
        assert!(DateTime::from_wall_s(last.wall_s() + DAY_S).is_err());
        assert!(DateTime::from_wall_s(i64::MIN).is_err() && DateTime::from_wall_s(i64::MAX).is_err());
    }

    #[test]
    fn known_instants() {
        let leap = DateTime { year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 59 };
        assert_eq!((leap.wall_s(), leap.day_of_week()), (1_709_251_199, 4));
        let not_leap = DateTime { year: 1900, month: 2, day: 29, ..leap };
        let error = GattError::OutOfRange { field: "day", value: 29, min: 1, max: 28 };
        assert_eq!(not_leap.check(), Err(error));
    }
}
