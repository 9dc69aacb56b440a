use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use foulee_contract::{How, Metric, RejectCode};
use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;

use super::KEPT;
use crate::import::blocks::Taken;
use crate::import::local_clock::Instant;
use crate::import::moment::{DateOrder, Moment, moment};
use crate::import::number::{Cell, cell_of, why_bad};

/// A record of a kind that is kept.
pub(super) struct Record {
    pub(super) metric: Metric,
    /// As the person named it.
    pub(super) source_name: String,
    /// What HealthKit says of the device, as it stands in the file; empty where it says nothing.
    pub(super) device: String,
    /// Whether a person typed it in.
    pub(super) is_typed: bool,
    start_ms: i64,
    end_ms: i64,
    value: i64,
    rev: u64,
    zone: Option<Tz>,
    number: u64,
}

/// Why a record is not taken.
pub(super) enum Fault<'a> {
    /// It is of a kind that is not kept.
    NotKept(&'a str),
    /// It cannot be read.
    Refused(Refused),
}

/// What is wrong with a record. Not what stands in it: its attributes name the person's devices, and by them the person.
pub(super) struct Refused {
    pub(super) code: RejectCode,
    /// What was measured, where that could be read.
    pub(super) metric: Option<Metric>,
    /// The attribute at fault.
    pub(super) field: &'static str,
    pub(super) why: &'static str,
}

/// Reads a record's tag.
pub(super) fn read_record<'a>(tag: &'a BytesStart<'_>, number: u64) -> Result<Record, Fault<'a>> {
    let mut found = Found::default();
    let mut kept = None;
    let refused =
        |metric, field, why| Fault::Refused(Refused { code: RejectCode::Unreadable, metric, field, why });
    for attribute in tag.attributes().with_checks(false) {
        let Ok(attribute) = attribute else {
            return Err(refused(kept, "attributes", "cannot be told apart"));
        };
        match attribute.key.0 {
            "type" => {
                // Borrowed from the tag, since no type has anything to unescape.
                let kind = attribute.value;
                let Some((_, metric)) = KEPT.iter().find(|(known, _)| *known == kind) else {
                    return Err(Fault::NotKept(borrowed(tag, &kind)));
                };
                kept = Some(*metric);
            }
            "sourceName" => found.source_name = unescaped(&attribute),
            "device" => found.device = attribute.value.into_owned(),
            "startDate" => found.start = instant(&attribute.value),
            "endDate" => found.end = instant(&attribute.value),
            "value" => found.value = attribute.value.into_owned(),
            _ => {}
        }
    }
    const TIME: &str = "no time, such as 2023-02-20 07:12:31 +0100";
    let metric = kept.ok_or_else(|| refused(None, "type", "nothing says what was measured"))?;
    let start_ms = found.start.ok_or_else(|| refused(kept, "startDate", TIME))?;
    let end_ms = found.end.ok_or_else(|| refused(kept, "endDate", TIME))?;
    let (code, why) = match cell_of(metric, &found.value, 1, true) {
        Cell::Value(value) => {
            return Ok(Record {
                metric,
                source_name: found.source_name,
                device: found.device,
                is_typed: false,
                start_ms,
                end_ms,
                value,
                rev: 0,
                zone: None,
                number,
            });
        }
        Cell::Absent => (RejectCode::ValueMissing, "none"),
        Cell::Bad(code) => match why_bad(metric, &found.value) {
            "" => (code, "no number that can be one"),
            why => (code, why),
        },
    };
    Err(Fault::Refused(Refused { code, metric: kept, field: "value", why }))
}

#[derive(Default)]
struct Found {
    source_name: String,
    device: String,
    start: Option<i64>,
    end: Option<i64>,
    value: String,
}

impl Record {
    /// Reads a piece of metadata.
    pub(super) fn note(&mut self, tag: &BytesStart<'_>) {
        let (mut key, mut value) = (String::new(), String::new());
        for attribute in tag.attributes().with_checks(false).flatten() {
            match attribute.key.0 {
                "key" => key = unescaped(&attribute),
                "value" => value = unescaped(&attribute),
                _ => {}
            }
        }
        match key.as_str() {
            "HKWasUserEntered" => self.is_typed = matches!(value.as_str(), "1" | "true" | "YES"),
            "HKTimeZone" => self.zone = value.parse().ok(),
            // An app that corrects a record writes it anew under the next version.
            "HKMetadataKeySyncVersion" => self.rev = value.parse().unwrap_or(0),
            _ => {}
        }
    }

    pub(super) fn taken(&self) -> Taken {
        let start = Instant {
            utc_ms: self.start_ms,
            offset_minutes: self.zone.and_then(|zone| offset(zone, self.start_ms)),
        };
        let how = if self.is_typed { How::Manual } else { How::Unknown };
        Taken { rev: self.rev, how, ..Taken::new(start, self.end_ms, self.value, self.number) }
    }
}

fn offset(zone: Tz, utc_ms: i64) -> Option<i16> {
    let at = DateTime::from_timestamp_millis(utc_ms)?.naive_utc();
    i16::try_from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc() / 60).ok()
}

fn unescaped(attribute: &quick_xml::events::attributes::Attribute<'_>) -> String {
    match attribute.normalized_value(XmlVersion::Implicit1_0) {
        Ok(value) => value.into_owned(),
        Err(_) => attribute.value.clone().into_owned(),
    }
}

/// A value where it stands in its tag.
fn borrowed<'a>(tag: &'a BytesStart<'_>, value: &str) -> &'a str {
    tag.find(value).map_or("Record", |at| &tag[at..at + value.len()])
}

/// `2023-02-20 07:12:31 +0100`, whatever digits the phone's language writes.
fn instant(text: &str) -> Option<i64> {
    fast(text.as_bytes()).or_else(|| {
        let plain: String = text.chars().map(plain_digit).collect();
        match moment(&plain, DateOrder::DayFirst)? {
            Moment::Instant { utc_ms, .. } => Some(utc_ms),
            _ => None,
        }
    })
}

/// The form that nearly every file has.
fn fast(text: &[u8]) -> Option<i64> {
    let [
        y @ ..,
        b'-',
        mo1,
        mo2,
        b'-',
        d1,
        d2,
        b' ',
        h1,
        h2,
        b':',
        mi1,
        mi2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        oh1,
        oh2,
        om1,
        om2,
    ] = text
    else {
        return None;
    };
    let two = |a: &u8, b: &u8| -> Option<u32> {
        let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
        (a < 10 && b < 10).then(|| u32::from(a) * 10 + u32::from(b))
    };
    let &[y1, y2, y3, y4] = y else { return None };
    let year = two(&y1, &y2)? * 100 + two(&y3, &y4)?;
    let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(mo1, mo2)?, two(d1, d2)?)?;
    let local = date.and_hms_opt(two(h1, h2)?, two(mi1, mi2)?, two(s1, s2)?)?.and_utc().timestamp();
    let (hours, minutes) = (two(oh1, oh2)?, two(om1, om2)?);
    let offset = i64::from(hours * 3600 + minutes * 60);
    match sign {
        b'+' => Some((local - offset) * 1000),
        b'-' => Some((local + offset) * 1000),
        _ => None,
    }
}

/// Arabic, Persian, Hindi, Bengali and Thai digits as the ones that times are read in.
fn plain_digit(c: char) -> char {
    const ZEROS: [u32; 5] = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];
    ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(*zero).filter(|digit| *digit < 10))
        .and_then(|digit| char::from_digit(digit, 10))
        .unwrap_or(if c == '\u{202f}' || c == '\u{a0}' { ' ' } else { c })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_language() {
        let at = 1_676_873_551_000;
        assert_eq!(instant("2023-02-20 07:12:31 +0100"), Some(at));
        assert_eq!(instant("2023-02-20 00:42:31 -0530"), Some(at));
        assert_eq!(instant("٢٠٢٣-٠٢-٢٠ ٠٧:١٢:٣١ +٠١٠٠"), Some(at));
        // A clock of twelve hours, with the narrow blank that newer systems put before its halves.
        assert_eq!(instant("2023-02-20 7:12:31\u{202f}AM +0100"), Some(at));
        for text in ["", "2023-02-30 07:12:31 +0100", "2023-02-20 07:12:31", "2023-02-20 07:12:31 *0100"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
