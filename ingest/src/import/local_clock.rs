use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;
use foulee_contract::RejectCode;

/// Reads local times in one zone.
pub(super) struct LocalClock {
    zone: Option<Tz>,
    /// The local hour looked up last, hours since 1970, if the clock did not change in it: and its offset, s.
    steady: Option<(i64, i32)>,
}

/// An instant, and how local time stood to UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    pub(crate) utc_ms: i64,
    pub(crate) offset_minutes: Option<i16>,
}

impl LocalClock {
    pub(super) fn new(zone: Option<Tz>) -> Self {
        Self { zone, steady: None }
    }

    /// When a local time was. Of two instants the earlier, always: what came before in the file must not matter.
    pub(super) fn instant(&mut self, local: NaiveDateTime) -> Result<Instant, RejectCode> {
        // Without a zone only a row that lacks the offset which others of its file have comes here.
        let zone = self.zone.ok_or(RejectCode::Unreadable)?;
        let seconds = local.and_utc().timestamp();
        let hour = seconds.div_euclid(3600);
        let offset = match self.steady {
            Some((steady, offset)) if steady == hour => offset,
            _ => {
                self.steady = steady_offset(zone, local, seconds).map(|offset| (hour, offset));
                match self.steady {
                    Some((_, offset)) => offset,
                    None => offset_at(zone, local).ok_or(RejectCode::TimeDoesNotExist)?,
                }
            }
        };
        let utc_ms = local.and_utc().timestamp_millis() - i64::from(offset) * 1000;
        Ok(Instant { utc_ms, offset_minutes: i16::try_from(offset / 60).ok() })
    }

    /// The first instant of a local day, and that of the next: 23 to 25 hours apart where clocks change.
    pub(super) fn day(&mut self, date: NaiveDate) -> Result<(Instant, i64), RejectCode> {
        let next = date.succ_opt().ok_or(RejectCode::Unreadable)?;
        let (start, end) = (self.midnight(date)?, self.midnight(next)?);
        // A day that a zone left out when it crossed the date line is empty.
        if start.utc_ms < end.utc_ms { Ok((start, end.utc_ms)) } else { Err(RejectCode::TimeDoesNotExist) }
    }

    /// When the local day began that an instant ends a part of: at a midnight itself, the day before. `None` without a
    /// zone.
    pub(super) fn day_began(&mut self, end_ms: i64) -> Option<i64> {
        let last = DateTime::from_timestamp_millis(end_ms.checked_sub(1)?)?;
        let date = last.with_timezone(&self.zone?).date_naive();
        self.midnight(date).ok().map(|began| began.utc_ms)
    }

    /// The first instant at or after a day's midnight; some zones change their clocks at that hour.
    fn midnight(&mut self, date: NaiveDate) -> Result<Instant, RejectCode> {
        const QUARTERS_OF_TWO_DAYS: i64 = 192;
        (0..=QUARTERS_OF_TWO_DAYS)
            .map(|quarters| date.and_time(NaiveTime::MIN) + TimeDelta::minutes(15 * quarters))
            .map(|local| self.instant(local))
            .find(|instant| *instant != Err(RejectCode::TimeDoesNotExist))
            .unwrap_or(Err(RejectCode::TimeDoesNotExist))
    }
}

fn offset_at(zone: Tz, local: NaiveDateTime) -> Option<i32> {
    zone.offset_from_local_datetime(&local).earliest().map(|offset| offset.fix().local_minus_utc())
}

/// The offset of the local hour around `local`, if there is one only.
fn steady_offset(zone: Tz, local: NaiveDateTime, seconds: i64) -> Option<i32> {
    let first = local - TimeDelta::seconds(seconds.rem_euclid(3600));
    let at =
        |local| zone.offset_from_local_datetime(&local).single().map(|offset| offset.fix().local_minus_utc());
    let (start, end) = (at(first)?, at(first + TimeDelta::seconds(3599))?);
    (start == end).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::Sao_Paulo, Australia::Lord_Howe, Europe::Paris, Pacific::Apia};

    fn read(zone: Tz, text: &str) -> Result<(String, Option<i16>), RejectCode> {
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        LocalClock::new(Some(zone)).instant(local).map(|at| {
            let utc = chrono::DateTime::from_timestamp_millis(at.utc_ms).unwrap();
            (utc.format("%m-%d %H:%M").to_string(), at.offset_minutes)
        })
    }

    #[test]
    fn a_time_left_out_does_not_exist_and_of_two_the_earlier_is_meant() {
        assert_eq!(read(Paris, "2016-03-27 01:59"), Ok(("03-27 00:59".into(), Some(60))));
        assert_eq!(read(Paris, "2016-03-27 02:00"), Err(RejectCode::TimeDoesNotExist));
        assert_eq!(read(Paris, "2016-03-27 03:00"), Ok(("03-27 01:00".into(), Some(120))));
        assert_eq!(read(Paris, "2016-10-30 02:30"), Ok(("10-30 00:30".into(), Some(120))));
        assert_eq!(read(Paris, "2016-10-30 03:00"), Ok(("10-30 02:00".into(), Some(60))));
        assert_eq!(read(Lord_Howe, "2016-10-02 02:15"), Err(RejectCode::TimeDoesNotExist));
        assert_eq!(read(Lord_Howe, "2016-10-02 02:45"), Ok(("10-01 15:45".into(), Some(660))));
    }

    #[test]
    fn the_order_of_look_ups_never_matters() {
        let texts = ["2016-10-30 02:30", "2016-10-30 03:30", "2016-10-30 01:30", "2016-10-30 02:31"];
        let locals = texts.map(|text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap());
        let mut clock = LocalClock::new(Some(Paris));
        let forth = locals.map(|local| clock.instant(local).unwrap());
        let mut back: Vec<Instant> =
            locals.iter().rev().map(|local| clock.instant(*local).unwrap()).collect();
        back.reverse();
        assert_eq!(forth.to_vec(), back);
    }

    #[test]
    fn a_day_began_at_its_own_midnight() {
        let ms = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis();
        let mut paris = LocalClock::new(Some(Paris));
        let began = Some(ms("2026-05-01T22:00:00Z"));
        assert_eq!(paris.day_began(ms("2026-05-02T05:00:00Z")), began);
        assert_eq!(paris.day_began(ms("2026-05-01T22:00:00.001Z")), began);
        assert_eq!(paris.day_began(ms("2026-05-01T22:00:00Z")), Some(ms("2026-04-30T22:00:00Z")));
        assert_eq!(
            LocalClock::new(Some(Sao_Paulo)).day_began(ms("2018-11-04T12:00:00Z")),
            Some(ms("2018-11-04T03:00:00Z"))
        );
        assert_eq!(LocalClock::new(None).day_began(0), None);
    }

    #[test]
    fn a_day_has_its_true_length() {
        let hours = |zone, y, m, d| {
            LocalClock::new(Some(zone))
                .day(NaiveDate::from_ymd_opt(y, m, d).unwrap())
                .map(|(start, end)| (end - start.utc_ms) as f64 / 3_600_000.0)
        };
        assert_eq!(hours(Paris, 2016, 3, 27), Ok(23.0));
        assert_eq!(hours(Paris, 2016, 10, 30), Ok(25.0));
        assert_eq!(hours(Paris, 2016, 4, 13), Ok(24.0));
        assert_eq!(hours(Sao_Paulo, 2018, 11, 4), Ok(23.0), "the clock went from 0:00 to 1:00");
        assert_eq!(hours(Sao_Paulo, 2018, 11, 3), Ok(24.0));
        assert_eq!(hours(Lord_Howe, 2016, 10, 2), Ok(23.5));
        assert_eq!(hours(Apia, 2011, 12, 29), Ok(24.0));
        assert_eq!(hours(Apia, 2011, 12, 30), Err(RejectCode::TimeDoesNotExist));
    }
}
