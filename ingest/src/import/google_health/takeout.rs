use chrono::NaiveDate;
use foulee_contract::{Grain, Metric, RejectCode};
use serde::Deserialize;

use super::FITBIT;
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::Collector;
use crate::import::files::Input;
use crate::import::importer::{Origin, Reader};
use crate::import::json::{Document, Part, Text, walk};
use crate::import::local_clock::{Instant, LocalClock};
use crate::import::number::{Cell, cell_of};

/// `steps-2023-01-01.json` or `heart_rate-2023-01-01.json`: a list of times and values of one account.
pub(super) struct Takeout(pub(super) Measure);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Steps,
    HeartRate,
}

impl Measure {
    pub(super) const fn format(self) -> &'static str {
        match self {
            Self::Steps => "fitbit-takeout-steps",
            Self::HeartRate => "fitbit-takeout-heart-rate",
        }
    }
}

/// A minute's steps. Zeros are listed for some of the minutes without steps and not for others, so one that is listed is
/// a reading and one that is not says nothing.
#[derive(Deserialize)]
pub(super) struct Dated<'a> {
    #[serde(borrow, rename = "dateTime")]
    pub(super) date_time: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

/// A heart rate; how sure the device was of it is not kept.
#[derive(Deserialize)]
pub(super) struct Beats<'a> {
    #[serde(borrow, rename = "dateTime")]
    date_time: Text<'a>,
    #[serde(borrow)]
    pub(super) value: Bpm<'a>,
}

#[derive(Deserialize)]
pub(super) struct Bpm<'a> {
    #[serde(borrow)]
    pub(super) bpm: Text<'a>,
}

const MINUTE_MS: i64 = 60_000;

impl Reader for Takeout {
    fn format(&self) -> &'static str {
        self.0.format()
    }

    fn origin(&self) -> Origin {
        Origin::watch(FITBIT)
    }

    /// The files of everybody's archive have the same names.
    fn says_whose(&self) -> bool {
        false
    }

    fn read(
        &self,
        mut input: Input<'_>,
        _: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let ending = walk(input.reader(), &mut Values { measure: self.0, out })?;
        ending.report(out);
        Ok(())
    }
}

struct Values<'o, 'r, 'a> {
    measure: Measure,
    out: &'o mut Collector<'r, 'a>,
}

impl Document for Values<'_, '_, '_> {
    fn opens(&mut self, path: &str, is_list: bool) -> bool {
        path.is_empty() && is_list
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        let read = match self.measure {
            Measure::Steps => part.read::<Dated<'_>>().and_then(|dated| {
                let start = takeout_time(&dated.date_time).ok_or(RejectCode::Unreadable)?;
                Ok((Metric::Steps, Grain::Epoch, start, start + MINUTE_MS, dated.value))
            }),
            Measure::HeartRate => part.read::<Beats<'_>>().and_then(|beats| {
                let at = takeout_time(&beats.date_time).ok_or(RejectCode::Unreadable)?;
                Ok((Metric::HeartRate, Grain::Sample, at, at, beats.value.bpm))
            }),
        };
        let code = match read {
            Ok((metric, grain, start, end_ms, text)) => match cell_of(metric, &text, 1, false) {
                Cell::Absent => return Ok(()),
                Cell::Value(value) => {
                    // How local time stood is not said.
                    let start = Instant { utc_ms: start, offset_minutes: None };
                    return self.out.take(None, metric, grain, Taken::new(start, end_ms, value, part.number));
                }
                Cell::Bad(code) => code,
            },
            Err(code) => code,
        };
        self.out.reject(code, part.number, format_args!("{}", part.shown()));
        Ok(())
    }
}

/// Milliseconds since 1970 of `01/26/23 12:59:57`, the month first, the year of this century.
///
/// It is UTC: the file of one local day of somebody at UTC+11 begins at 13:00:07 of the day before and ends at 12:59:57
/// (github.com/saubury/duckdb-fitbit, fitbit-analysis.md). Sleep and exercises, which are not read, are local.
pub(super) fn takeout_time(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(' ')?;
    let [month, day, year] = three(date, '/')?;
    let [hour, minute, second] = three(time, ':')?;
    let year = i32::try_from(year).ok().filter(|year| *year < 100)? + 2000;
    let at = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second)?;
    Some(at.and_utc().timestamp_millis())
}

/// Three numbers of two digits.
fn three(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| two)
    });
    let read = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_their_one_form() {
        assert_eq!(takeout_time("01/26/23 12:59:57"), Some(1_674_737_997_000));
        for text in
            ["", "01/26/23", "1/26/23 12:59:57", "26/01/23 12:59:57", "01/26/2023 12:59:57", "01/26/23 12:59"]
        {
            assert_eq!(takeout_time(text), None, "{text}");
        }
    }
}
