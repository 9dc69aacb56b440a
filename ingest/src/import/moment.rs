use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// What a text says of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A day alone.
    Day(NaiveDate),
    /// A time of day alone.
    Clock(NaiveTime),
    /// A local time that does not say where.
    Local(NaiveDateTime),
    /// An instant, with the offset that was written.
    Instant { utc_ms: i64, offset_minutes: Option<i16> },
}

/// What the first number of `4/5/2016` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateOrder {
    MonthFirst,
    DayFirst,
}

/// Reads `2016-04-13 09:49:00`, `2016-04-13T09:49:00.5+02:00`, `4/13/2016 12:00:00 AM`, `4/13/2016 0:00`,
/// `11/26/2021`, `26.11.2021 9:30`, `09:49`, and seconds or milliseconds since 1970 (10 or 13 digits).
pub(crate) fn moment(text: &str, order: DateOrder) -> Option<Moment> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        let utc_ms = match text.len() {
            10 => number * 1000,
            13 => number,
            _ => return None,
        };
        return Some(Moment::Instant { utc_ms, offset_minutes: None });
    }
    let (first, rest) = match text.find([' ', 'T']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start()),
        None => (text, ""),
    };
    if first.contains(':') {
        let (time, rest) = clock(text)?;
        return rest.is_empty().then_some(Moment::Clock(time));
    }
    let date = date(first, order)?;
    if rest.is_empty() {
        return Some(Moment::Day(date));
    }
    let (time, zone) = clock(rest)?;
    let local = date.and_time(time);
    if zone.is_empty() {
        return Some(Moment::Local(local));
    }
    let minutes = zone_suffix(zone)?;
    let utc_ms = local.and_utc().timestamp_millis() - i64::from(minutes) * 60_000;
    Some(Moment::Instant { utc_ms, offset_minutes: Some(minutes) })
}

/// The offset that a cell of its own gives: `+02:00`, `+0200`, `Z`, or minutes such as `120`.
pub(crate) fn offset_minutes(text: &str) -> Option<i16> {
    if let Ok(minutes) = text.parse::<i16>()
        && !(text.len() == 5 && text.starts_with(['+', '-']))
    {
        // Every zone since 1972 is at a quarter of an hour: `2` is hours, `7200` seconds, and neither is guessed at.
        return (minutes % 15 == 0 && minutes.abs() <= 18 * 60).then_some(minutes);
    }
    zone_suffix(text)
}

fn zone_suffix(text: &str) -> Option<i16> {
    if matches!(text, "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text[1..].split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if text.len() == 5 && text.is_ascii() => text[1..].split_at(2),
        None => (&text[1..], "0"),
    };
    let (hours, after) = digits(hours)?;
    let (minutes, end) = digits(minutes)?;
    let offset = i16::try_from(hours * 60 + minutes).ok()?;
    (after.is_empty() && end.is_empty() && hours <= 18 && minutes < 60).then_some(sign * offset)
}

fn date(text: &str, order: DateOrder) -> Option<NaiveDate> {
    let separator = text.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '/' | '-' | '.') {
        return None;
    }
    let (first, rest) = digits(text)?;
    let (second, rest) = digits(rest.strip_prefix(separator)?)?;
    let (third, rest) = digits(rest.strip_prefix(separator)?)?;
    if !rest.is_empty() {
        return None;
    }
    let year_first = text.find(separator) == Some(4);
    let (year, month, day) = match (separator, order) {
        _ if year_first => (first, second, third),
        ('.', _) | ('/', DateOrder::DayFirst) => (third, second, first),
        ('/', DateOrder::MonthFirst) => (third, first, second),
        _ => return None,
    };
    // Two digits for a year are a guess.
    NaiveDate::from_ymd_opt(i32::try_from(year).ok().filter(|year| *year >= 1000)?, month, day)
}

/// A time of day, and what stands behind it.
fn clock(text: &str) -> Option<(NaiveTime, &str)> {
    let (hour, rest) = digits(text)?;
    let (minute, mut rest) = digits(rest.strip_prefix(':')?)?;
    let (mut second, mut milli) = (0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        (second, rest) = digits(after)?;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
            let padded = fraction[..end].bytes().chain(*b"000").take(3);
            milli = padded.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
            rest = &fraction[end..];
        }
    }
    rest = rest.trim_start();
    let hour = match rest.get(..2) {
        Some(half) if half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm") => {
            rest = rest[2..].trim_start();
            let noon = if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
            (1..=12).contains(&hour).then_some(hour % 12 + noon)?
        }
        _ => hour,
    };
    Some((NaiveTime::from_hms_milli_opt(hour, minute, second, milli)?, rest))
}

/// One to four leading digits, and the rest.
fn digits(text: &str) -> Option<(u32, &str)> {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    if end == 0 || end > 4 {
        return None;
    }
    let number = text.as_bytes()[..end].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> String {
        match moment(text, DateOrder::MonthFirst) {
            Some(Moment::Local(local)) => local.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_way_of_writing_a_time_is_read() {
        assert_eq!(local("4/13/2016 12:00:00 AM"), "2016-04-13 00:00:00.000");
        assert_eq!(local("4/13/2016 12:05:07 pm"), "2016-04-13 12:05:07.000");
        assert_eq!(local("4/13/2016 1:00:00 PM"), "2016-04-13 13:00:00.000");
        assert_eq!(local("4/13/2016 0:00"), "2016-04-13 00:00:00.000");
        assert_eq!(local("2016-04-02 09:49:00"), "2016-04-02 09:49:00.000");
        assert_eq!(local("2016/04/02T09:49:00.5"), "2016-04-02 09:49:00.500");
        assert_eq!(local("26.11.2021 9:30"), "2021-11-26 09:30:00.000");
        let day = NaiveDate::from_ymd_opt(2021, 11, 26).unwrap();
        assert_eq!(moment("11/26/2021", DateOrder::MonthFirst), Some(Moment::Day(day)));
        assert_eq!(moment("26/11/2021", DateOrder::DayFirst), Some(Moment::Day(day)));
        let nine = NaiveTime::from_hms_opt(9, 49, 0).unwrap();
        assert_eq!(moment("09:49", DateOrder::MonthFirst), Some(Moment::Clock(nine)));
    }

    #[test]
    fn an_offset_makes_an_instant() {
        let instant = |utc_ms, offset_minutes| Some(Moment::Instant { utc_ms, offset_minutes });
        let read = |text| moment(text, DateOrder::MonthFirst);
        assert_eq!(read("1970-01-01T02:00:00.041+02:00"), instant(41, Some(120)));
        assert_eq!(read("1970-01-01 00:00:00 -0330"), instant(12_600_000, Some(-210)));
        assert_eq!(read("1970-01-01T00:00:01Z"), instant(1000, Some(0)));
        assert_eq!(read("1460540940"), instant(1_460_540_940_000, None));
        assert_eq!(read("1460540940123"), instant(1_460_540_940_123, None));
        assert_eq!(
            ["+02:00", "+0200", "-300", "0", "Z"].map(offset_minutes),
            [120, 120, -300, 0, 0].map(Some)
        );
        assert_eq!(["2", "7200", "+25:00", "x", "", "+é00"].map(offset_minutes), [None; 6]);
    }

    #[test]
    fn what_is_no_time_is_none() {
        let wrong = "|x|13/13/2016|4/31/2016|4/13/16|13:00 PM|4/13/2016 25:00|4/13/2016 13:00 AM|2016-04-02 09|12|éé|\
             2016-04-02 09:49:00 Sun|Sun Jun 11 07:34:09 PDT 2017|99999-1-1|1e9|2016-04-02 09:49:00é|4-13-2016";
        for text in wrong.split('|') {
            assert_eq!(moment(text, DateOrder::MonthFirst), None, "{text:?}");
        }
    }
}
