//! Which local day an instant belongs to: the one place that decides it.
//!
//! A day starts at the first instant at which the participant's home clock has reached that date, and ends where the
//! next one starts. Days therefore tile time whatever the clock does: daylight saving (23 h and 25 h), zones on the
//! half hour, travel in the middle of a day, and dates that a zone skips (an empty range). A day that has started is
//! not reopened when a traveller's clock goes back over midnight.

use std::ops::Range;

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Tz;

use crate::error::AnalyticsError;

/// Name and version of the rule that cuts days; part of every row's key.
pub const LOCAL_DAY_VERSION: &str = "local-day-v1";

/// Instants that have a date, in ms on either side of 1970: thousands of years inside chrono's own range, so that
/// offsets and neighbouring dates never overflow.
pub(crate) const CALENDAR_LIMIT_MS: i64 = 8_000_000_000_000_000;

/// A participant's home zones over time.
///
/// The first zone also holds for every instant before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeZones {
    timeline: Vec<(i64, Tz)>,
}

impl HomeZones {
    /// A timeline of `(from_utc_ms, zone)`, rising strictly.
    ///
    /// # Errors
    /// [`AnalyticsError::NoHomeZone`] when empty, [`AnalyticsError::HomeZonesUnsorted`] when not rising,
    /// [`AnalyticsError::TimeOutOfRange`] when an instant has no calendar date.
    pub fn new(timeline: Vec<(i64, Tz)>) -> Result<Self, AnalyticsError> {
        if timeline.is_empty() {
            return Err(AnalyticsError::NoHomeZone);
        }
        if let Some(index) = (1..timeline.len()).find(|&i| timeline[i].0 <= timeline[i - 1].0) {
            return Err(AnalyticsError::HomeZonesUnsorted { index });
        }
        for &(from_ms, _) in &timeline[1..] {
            utc(from_ms)?;
        }
        Ok(Self { timeline })
    }

    /// A participant who stays in one zone.
    #[must_use]
    pub fn fixed(zone: Tz) -> Self {
        Self { timeline: vec![(i64::MIN, zone)] }
    }

    /// The zone in force at an instant (ms since 1970 UTC).
    #[must_use]
    pub fn zone_at(&self, utc_ms: i64) -> Tz {
        let later = self.timeline.partition_point(|&(from, _)| from <= utc_ms);
        self.timeline[later.saturating_sub(1)].1
    }

    /// The local day of an instant (ms since 1970 UTC).
    ///
    /// # Errors
    /// [`AnalyticsError::TimeOutOfRange`] for an instant outside the calendar.
    pub fn date_of(&self, utc_ms: i64) -> Result<NaiveDate, AnalyticsError> {
        let out_of_range = AnalyticsError::TimeOutOfRange { utc_ms };
        let mut date = utc(utc_ms)?.with_timezone(&self.zone_at(utc_ms)).date_naive();
        // After a westward flight over midnight the clock shows a date whose successor has already begun.
        loop {
            let next = date.checked_add_days(Days::new(1)).ok_or_else(|| out_of_range.clone())?;
            if self.start_of(next)? > utc_ms {
                return Ok(date);
            }
            date = next;
        }
    }

    /// First instant of a local day and first instant of the next one, in ms since 1970 UTC.
    ///
    /// Empty (`start == end`) for a date that the home clock never showed.
    ///
    /// # Errors
    /// [`AnalyticsError::DateOutOfRange`] for a date outside the calendar.
    pub fn bounds(&self, date: NaiveDate) -> Result<Range<i64>, AnalyticsError> {
        let next = date.checked_add_days(Days::new(1)).ok_or(AnalyticsError::DateOutOfRange { date })?;
        Ok(self.start_of(date)?..self.start_of(next)?)
    }

    /// First instant at which the home clock has reached `date`.
    fn start_of(&self, date: NaiveDate) -> Result<i64, AnalyticsError> {
        let last = self.timeline.len() - 1;
        for (index, &(from_ms, zone)) in self.timeline.iter().enumerate() {
            let reached = first_instant_in(zone, date)?;
            let start = if index == 0 { reached } else { reached.max(from_ms) };
            if index == last || start < self.timeline[index + 1].0 {
                return Ok(start);
            }
        }
        Err(AnalyticsError::DateOutOfRange { date })
    }
}

/// First instant at which a clock in `zone` has reached midnight of `date`.
fn first_instant_in(zone: Tz, date: NaiveDate) -> Result<i64, AnalyticsError> {
    /// No zone was ever more than 16 h from UTC (tz database: -15:13 to +15:13).
    const MAX_OFFSET_MS: i64 = 16 * 3_600_000;
    let midnight = date.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Ok(instant.timestamp_millis()),
        LocalResult::None => {
            // The clock jumps over midnight: search the jump. A zone that skips a whole date jumps 24 h.
            let naive_ms = midnight.and_utc().timestamp_millis();
            let (mut before, mut after) = (naive_ms - MAX_OFFSET_MS, naive_ms + MAX_OFFSET_MS);
            while after - before > 1 {
                let middle = before + (after - before) / 2;
                let clock = utc(middle)
                    .map_err(|_| AnalyticsError::DateOutOfRange { date })?
                    .with_timezone(&zone)
                    .naive_local();
                if clock >= midnight {
                    after = middle;
                } else {
                    before = middle;
                }
            }
            Ok(after)
        }
    }
}

fn utc(utc_ms: i64) -> Result<DateTime<Utc>, AnalyticsError> {
    if !(-CALENDAR_LIMIT_MS..=CALENDAR_LIMIT_MS).contains(&utc_ms) {
        return Err(AnalyticsError::TimeOutOfRange { utc_ms });
    }
    DateTime::from_timestamp_millis(utc_ms).ok_or(AnalyticsError::TimeOutOfRange { utc_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    fn minutes(zones: &HomeZones, date: NaiveDate) -> i64 {
        let bounds = zones.bounds(date).unwrap();
        (bounds.end - bounds.start) / 60_000
    }

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn daylight_saving_days_have_23_and_25_hours() {
        let paris = HomeZones::fixed(Tz::Europe__Paris);
        assert_eq!(minutes(&paris, day(2026, 3, 29)), 1380);
        assert_eq!(minutes(&paris, day(2026, 10, 25)), 1500);
        assert_eq!(minutes(&paris, day(2026, 6, 1)), 1440);
        assert_eq!(paris.bounds(day(2026, 6, 1)).unwrap().start, ms("2026-05-31T22:00:00Z"));
    }

    #[test]
    fn half_hour_zones_and_half_hour_changes() {
        let kolkata = HomeZones::fixed(Tz::Asia__Kolkata);
        assert_eq!(kolkata.bounds(day(2026, 1, 2)).unwrap().start, ms("2026-01-01T18:30:00Z"));
        let lord_howe = HomeZones::fixed(Tz::Australia__Lord_Howe);
        assert_eq!(minutes(&lord_howe, day(2026, 4, 5)), 1470);
        assert_eq!(minutes(&lord_howe, day(2026, 10, 4)), 1410);
    }

    #[test]
    fn a_clock_that_jumps_over_midnight_starts_its_day_at_the_jump() {
        // Sao Paulo, 2018-11-04: 00:00 became 01:00.
        let zones = HomeZones::fixed(Tz::America__Sao_Paulo);
        let bounds = zones.bounds(day(2018, 11, 4)).unwrap();
        assert_eq!(bounds.start, ms("2018-11-04T03:00:00Z"));
        assert_eq!(minutes(&zones, day(2018, 11, 4)), 1380);
    }

    #[test]
    fn a_date_that_a_zone_skips_is_empty() {
        // Samoa crossed the date line: 2011-12-30 never was.
        let zones = HomeZones::fixed(Tz::Pacific__Apia);
        assert!(zones.bounds(day(2011, 12, 30)).unwrap().is_empty());
        assert_eq!(minutes(&zones, day(2011, 12, 29)), 1440);
    }

    #[test]
    fn travel_west_lengthens_the_day_and_never_reopens_it() {
        // Paris until 2026-06-01 22:30 UTC (00:30 on the 2nd there), then New York (18:30 on the 1st).
        let zones =
            HomeZones::new(vec![(0, Tz::Europe__Paris), (ms("2026-06-01T22:30:00Z"), Tz::America__New_York)])
                .unwrap();
        assert_eq!(zones.date_of(ms("2026-06-01T22:10:00Z")).unwrap(), day(2026, 6, 2));
        assert_eq!(zones.date_of(ms("2026-06-01T23:00:00Z")).unwrap(), day(2026, 6, 2));
        assert_eq!(minutes(&zones, day(2026, 6, 1)), 1440);
        assert_eq!(minutes(&zones, day(2026, 6, 2)), 1800);
        assert_eq!(minutes(&zones, day(2026, 6, 3)), 1440);
    }

    #[test]
    fn travel_east_shortens_the_day() {
        let zones =
            HomeZones::new(vec![(0, Tz::America__New_York), (ms("2026-06-01T16:00:00Z"), Tz::Europe__Paris)])
                .unwrap();
        assert_eq!(minutes(&zones, day(2026, 6, 1)), 1080);
    }

    #[test]
    fn a_timeline_is_checked() {
        assert_eq!(HomeZones::new(vec![]), Err(AnalyticsError::NoHomeZone));
        assert_eq!(
            HomeZones::new(vec![(5, Tz::UTC), (5, Tz::Asia__Tokyo)]),
            Err(AnalyticsError::HomeZonesUnsorted { index: 1 })
        );
        assert!(HomeZones::fixed(Tz::UTC).date_of(i64::MAX).is_err());
        assert!(HomeZones::fixed(Tz::UTC).bounds(NaiveDate::MAX).is_err());
    }

    fn any_zone() -> impl Strategy<Value = Tz> {
        (0..chrono_tz::TZ_VARIANTS.len()).prop_map(|i| chrono_tz::TZ_VARIANTS[i])
    }

    proptest! {
        #[test]
        fn days_tile_time(
            first in any_zone(), second in any_zone(), third in any_zone(),
            start in 0_i64..1_900_000_000_000, gap in 1_i64..400_000_000, offset in -200_000_000_i64..600_000_000,
        ) {
            let zones = HomeZones::new(vec![(start - 1, first), (start, second), (start + gap, third)]).unwrap();
            let t = start + offset;
            let date = zones.date_of(t).unwrap();
            let today = zones.bounds(date).unwrap();
            prop_assert!(today.contains(&t), "{t} not in {today:?} of {date}");
            let next = zones.bounds(date.succ_opt().unwrap()).unwrap();
            let previous = zones.bounds(date.pred_opt().unwrap()).unwrap();
            prop_assert_eq!(today.end, next.start);
            prop_assert_eq!(previous.end, today.start);
            prop_assert!(today.end - today.start <= 51 * 3_600_000);
            prop_assert_eq!(zones.date_of(today.start).unwrap(), date);
            prop_assert_eq!(zones.date_of(today.end - 1).unwrap(), date);
        }
    }
}
