//! Numbers, shares, dates and durations as each language writes them.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

use super::error::PagesError;
use super::lang::Lang;
use super::model::{CountRange, Interval, Period, QuotaKind};
use super::text::Text;

/// Catalogue keys from Monday, as chrono counts.
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const WEEKDAYS_SHORT: [&str; 7] = [
    "monday_short",
    "tuesday_short",
    "wednesday_short",
    "thursday_short",
    "friday_short",
    "saturday_short",
    "sunday_short",
];
/// Catalogue keys from January, as chrono counts.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const MONTHS_SHORT: [&str; 12] = [
    "january_short",
    "february_short",
    "march_short",
    "april_short",
    "may_short",
    "june_short",
    "july_short",
    "august_short",
    "september_short",
    "october_short",
    "november_short",
    "december_short",
];

/// Which way a share is rounded to a whole percentage.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Round {
    /// For an estimate.
    Nearest,
    /// For a lower end: rounding must not narrow an interval.
    Down,
    /// For an upper end.
    Up,
}

impl Text {
    /// 12 345 in groups of three.
    pub(crate) fn number(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut out = String::with_capacity(digits.len() + 4);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push_str(self.get("digits_group"));
            }
            out.push(digit);
        }
        out
    }

    /// A measure with at most one decimal, none when it is whole.
    pub(crate) fn decimal(&self, value: f32) -> String {
        let tenths = (f64::from(value) * 10.0).round().max(0.0) as u64;
        let whole = self.number(tenths / 10);
        match tenths % 10 {
            0 => whole,
            tenth => [&whole, self.get("digits_decimal"), &tenth.to_string()].concat(),
        }
    }

    /// A share of 1 as a percentage; `what` names it when it is no share.
    pub(crate) fn percent(&self, what: &'static str, share: f64, round: Round) -> Result<String, PagesError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(PagesError::Share { what });
        }
        // 1e-9 keeps 0.07 * 100 = 7.000000000000001 from becoming 8.
        let percentage = match round {
            Round::Nearest => (share * 100.0).round(),
            Round::Down => (share * 100.0 + 1e-9).floor(),
            Round::Up => (share * 100.0 - 1e-9).ceil(),
        };
        Ok(self.fill("percent", &[("n", &self.number(percentage as u64))]))
    }

    /// Both ends of an interval, rounded outwards.
    pub(crate) fn percents(&self, what: &'static str, i: Interval) -> Result<(String, String), PagesError> {
        if i.lo > i.hi {
            return Err(PagesError::Reversed { what });
        }
        Ok((self.percent(what, i.lo, Round::Down)?, self.percent(what, i.hi, Round::Up)?))
    }

    /// "3" or "3 to 5".
    pub(crate) fn range(&self, range: CountRange) -> String {
        let (lo, hi) = (self.number(range.lo.into()), self.number(range.hi.into()));
        if range.lo == range.hi { lo } else { self.fill("range", &[("lo", &lo), ("hi", &hi)]) }
    }

    /// "5 400 steps", "2 stretching sessions".
    pub(crate) fn amount(&self, kind: QuotaKind, n: u32) -> String {
        let key = match kind {
            QuotaKind::Steps => "unit_steps",
            QuotaKind::WalkMinutes => "unit_walk_minutes",
            QuotaKind::Relaxation => "unit_relaxation",
            QuotaKind::Stretching => "unit_stretching",
            QuotaKind::Strengthening => "unit_strengthening",
            QuotaKind::Workshop => "unit_workshop",
        };
        self.count(key, n.into(), &[("n", &self.number(n.into()))])
    }

    /// "Monday 14 March".
    pub(crate) fn date_long(&self, date: NaiveDate) -> String {
        self.date("date_long", date, &WEEKDAYS, &MONTHS)
    }

    /// "Monday 14 March 2022".
    pub(crate) fn date_full(&self, date: NaiveDate) -> String {
        self.date("date_full", date, &WEEKDAYS, &MONTHS)
    }

    /// "Mon 14 Mar".
    pub(crate) fn date_short(&self, date: NaiveDate) -> String {
        self.date("date_short", date, &WEEKDAYS_SHORT, &MONTHS_SHORT)
    }

    /// "14 Mar".
    pub(crate) fn date_brief(&self, date: NaiveDate) -> String {
        self.date("date_brief", date, &WEEKDAYS_SHORT, &MONTHS_SHORT)
    }

    /// "Mon".
    pub(crate) fn weekday_short(&self, date: NaiveDate) -> &'static str {
        self.get(WEEKDAYS_SHORT[date.weekday().num_days_from_monday() as usize])
    }

    fn date(&self, key: &str, date: NaiveDate, weekdays: &[&str; 7], months: &[&str; 12]) -> String {
        let day = match date.day() {
            1 => self.get("first_of_month").to_owned(),
            day => day.to_string(),
        };
        let values = [
            ("weekday", self.get(weekdays[date.weekday().num_days_from_monday() as usize])),
            ("day", &day),
            ("month", self.get(months[date.month0() as usize])),
            ("year", &date.year().to_string()),
        ];
        self.fill(key, &values)
    }

    /// "from … to …", with the year of the last day.
    fn period(&self, period: Period) -> String {
        let values = [("from", &*self.date_long(period.from)), ("to", &*self.date_full(period.to))];
        self.fill("period", &values)
    }

    /// "Period: from … to …".
    pub(crate) fn period_sentence(&self, period: Period) -> String {
        let value = self.period(period);
        self.fill("term_and_value", &[("term", self.get("fact_period")), ("value", &value)])
    }

    /// "Monday 14 March 2022 at 21:40": the last reading may be of another year.
    pub(crate) fn moment(&self, at: NaiveDateTime) -> String {
        let clock = self.clock(at.hour() * 60 + at.minute());
        self.fill("moment", &[("date", &self.date_full(at.date())), ("clock", &clock)])
    }

    /// "14 Mar 2022, 21:40".
    pub(crate) fn moment_short(&self, at: NaiveDateTime) -> String {
        let clock = self.clock(at.hour() * 60 + at.minute());
        let date = self.date("date_brief_year", at.date(), &WEEKDAYS_SHORT, &MONTHS_SHORT);
        self.fill("moment_short", &[("date", &date), ("clock", &clock)])
    }

    /// The wall clock at a minute of the day: "21:40".
    pub(crate) fn clock(&self, minute_of_day: u32) -> String {
        let m = format!("{:02}", minute_of_day % 60);
        self.fill("clock", &[("h", &self.hour(minute_of_day / 60)), ("m", &m)])
    }

    /// A whole hour on the wall clock: "21:00".
    pub(crate) fn clock_hour(&self, hour: u32) -> String {
        self.fill("clock_hour", &[("h", &self.hour(hour))])
    }

    /// French writes "6 h 05", English "06:05".
    fn hour(&self, hour: u32) -> String {
        match self.lang() {
            Lang::Fr => hour.to_string(),
            Lang::En => format!("{hour:02}"),
        }
    }

    /// "14 h 05", "45 min".
    pub(crate) fn duration(&self, minutes: u32) -> String {
        let (h, m) = (minutes / 60, minutes % 60);
        match (h, m) {
            (0, _) => self.fill("duration_minutes", &[("m", &m.to_string())]),
            (_, 0) => self.fill("duration_hours_only", &[("h", &h.to_string())]),
            _ => self.fill("duration_hours", &[("h", &h.to_string()), ("m", &format!("{m:02}"))]),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::Round;
    use crate::pages::Lang;
    use crate::pages::text::Text;

    #[test]
    fn each_language_writes_numbers_its_own_way() {
        let (fr, en) = (Text::of(Lang::Fr).unwrap(), Text::of(Lang::En).unwrap());
        assert_eq!(fr.number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(en.number(12_345), "12,345");
        assert_eq!(en.number(999), "999");
        assert_eq!(fr.decimal(61.25), "61,3");
        assert_eq!(en.decimal(61.0), "61");
        assert_eq!(fr.percent("x", 0.484, Round::Nearest).unwrap(), "48\u{a0}%");
        assert_eq!(en.percent("x", 0.07, Round::Up).unwrap(), "7%");
        assert_eq!(en.percent("x", 0.29, Round::Down).unwrap(), "29%");
        assert!(en.percent("x", f64::NAN, Round::Down).is_err());
        assert!(en.percent("x", 1.01, Round::Down).is_err());
    }

    #[test]
    fn each_language_writes_dates_its_own_way() {
        let (fr, en) = (Text::of(Lang::Fr).unwrap(), Text::of(Lang::En).unwrap());
        let day = |d| NaiveDate::from_ymd_opt(2022, 3, d).unwrap();
        assert_eq!(fr.date_long(day(14)), "lundi 14 mars");
        assert_eq!(en.date_long(day(14)), "Monday 14 March");
        assert_eq!(fr.date_long(day(1)), "mardi 1er mars");
        assert_eq!(en.date_short(day(1)), "Tue 1 Mar");
        assert_eq!(fr.duration(845), "14\u{a0}h\u{a0}05");
        assert_eq!(en.duration(45), "45\u{a0}min");
        assert_eq!(en.clock(1300), "21:40");
    }
}
