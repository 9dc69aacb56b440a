use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime, Timelike};
use foulee_contract::{Grain, Metric, RejectCode};
use serde::Deserialize;

use super::FITBIT;
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::Collector;
use crate::import::extent::grain_of;
use crate::import::files::Input;
use crate::import::importer::{Origin, Reader};
use crate::import::json::{Document, Part, Text, walk};
use crate::import::local_clock::LocalClock;
use crate::import::moment::{DateOrder, Moment, moment};
use crate::import::number::{Cell, cell_of};

pub(super) const FORMAT: &str = "fitbit-intraday";

/// Seconds of a day, and so the most values that one has.
const DAY_S: u32 = 86_400;

/// Answers of Fitbit's Web API, one or several: day totals, and the minutes or seconds of a day. Times are the person's
/// local ones.
pub(super) struct Intraday;

/// A day's total, or the day that a heart rate is of.
#[derive(Deserialize)]
struct Day<'a> {
    #[serde(borrow, rename = "dateTime")]
    date_time: Text<'a>,
}

#[derive(Deserialize)]
struct Total<'a> {
    #[serde(borrow, default)]
    value: Text<'a>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    time: Text<'a>,
    #[serde(borrow, default)]
    value: Text<'a>,
}

impl Reader for Intraday {
    fn format(&self) -> &'static str {
        FORMAT
    }

    fn origin(&self) -> Origin {
        Origin::watch(FITBIT)
    }

    fn local_times(&self) -> bool {
        true
    }

    fn read(
        &self,
        mut input: Input<'_>,
        clock: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let mut answers =
            Answers { clock, out, days: BTreeSet::new(), steps: Series::default(), heart: Series::default() };
        let ending = walk(input.reader(), &mut answers)?;
        ending.report(answers.out);
        Ok(())
    }
}

/// The answer being read. How long a value lasts stands behind the values, so a day of them is held.
struct Answers<'o, 'r, 'a> {
    clock: LocalClock,
    out: &'o mut Collector<'r, 'a>,
    days: BTreeSet<NaiveDate>,
    steps: Series,
    heart: Series,
}

#[derive(Default)]
struct Series {
    values: Vec<Value>,
    interval: Option<u32>,
    /// Seconds of the unit that the interval is in.
    unit_s: Option<u32>,
}

struct Value {
    time: NaiveTime,
    stored: i64,
    number: u64,
}

impl Series {
    /// How long a value lasts, seconds: as it is said, or in an answer that was cut as its values show, which are
    /// listed without a hole.
    fn length_s(&self) -> Option<u32> {
        if let (Some(interval), Some(unit)) = (self.interval, self.unit_s) {
            return interval.checked_mul(unit).filter(|length| (1..=DAY_S).contains(length));
        }
        let mut times: Vec<u32> =
            self.values.iter().map(|value| value.time.num_seconds_from_midnight()).collect();
        times.sort_unstable();
        times.windows(2).map(|pair| pair[1] - pair[0]).filter(|length| *length > 0).min()
    }
}

impl Answers<'_, '_, '_> {
    fn series(&mut self, metric: Metric) -> &mut Series {
        if metric == Metric::Steps { &mut self.steps } else { &mut self.heart }
    }

    fn day(&mut self, part: &Part<'_>) -> Result<NaiveDate, RejectCode> {
        let day: Day<'_> = part.read()?;
        match moment(&day.date_time, DateOrder::MonthFirst) {
            Some(Moment::Day(day)) => {
                // More than two are as good as many.
                if self.days.len() < 2 {
                    self.days.insert(day);
                }
                Ok(day)
            }
            _ => Err(RejectCode::Unreadable),
        }
    }

    fn total(&mut self, part: &Part<'_>) -> Result<Option<Taken>, RejectCode> {
        let day = self.day(part)?;
        match cell_of(Metric::Steps, &part.read::<Total<'_>>()?.value, 1, false) {
            Cell::Absent => Ok(None),
            Cell::Bad(code) => Err(code),
            Cell::Value(value) => {
                let (start, end_ms) = self.clock.day(day)?;
                Ok(Some(Taken::new(start, end_ms, value, part.number)))
            }
        }
    }

    fn entry(&mut self, metric: Metric, part: &Part<'_>) -> Result<(), RejectCode> {
        let entry: Entry<'_> = part.read()?;
        let Some(Moment::Clock(time)) = moment(&entry.time, DateOrder::MonthFirst) else {
            return Err(RejectCode::Unreadable);
        };
        let stored = match cell_of(metric, &entry.value, 1, false) {
            Cell::Absent => return Ok(()),
            Cell::Value(value) => value,
            Cell::Bad(code) => return Err(code),
        };
        let values = &mut self.series(metric).values;
        if values.len() >= DAY_S as usize {
            return Err(RejectCode::Unreadable);
        }
        values.push(Value { time, stored, number: part.number });
        Ok(())
    }

    /// Takes the values of an answer that is read.
    fn settle(&mut self, metric: Metric) -> Result<(), ImportError> {
        let series = std::mem::take(self.series(metric));
        let length_s = series.length_s();
        let day = (self.days.len() == 1).then(|| self.days.first().copied()).flatten();
        for value in series.values {
            let read = match (day, length_s) {
                // Values of several days, or of none, say of none of them when they were.
                (None, _) => Err(RejectCode::Unreadable),
                (_, None) if metric == Metric::Steps => Err(RejectCode::IntervalRequired),
                (Some(day), length_s) => self.clock.instant(day.and_time(value.time)).map(|start| {
                    // What comes by the second is a heart rate at that second, what comes by the minute a mean.
                    let is_mean = metric == Metric::Steps || length_s.is_some_and(|length| length % 60 == 0);
                    let length_s = length_s.filter(|_| is_mean).unwrap_or(0);
                    Taken::new(start, start.utc_ms + i64::from(length_s) * 1000, value.stored, value.number)
                }),
            };
            match read {
                Ok(taken) => {
                    let grain = grain_of(metric, taken.start.utc_ms, taken.end_ms);
                    self.out.take(None, metric, grain, taken)?;
                }
                Err(code) => self.out.reject(code, value.number, format_args!("{metric} at {}", value.time)),
            }
        }
        Ok(())
    }
}

/// A path without the list that answers may stand in.
fn within(path: &str) -> &str {
    path.strip_prefix("*/").unwrap_or(if path == "*" { "" } else { path })
}

impl Document for Answers<'_, '_, '_> {
    fn opens(&mut self, path: &str, is_list: bool) -> bool {
        match within(path) {
            "" => true,
            "activities-steps" | "activities-heart" => is_list,
            "activities-steps-intraday" | "activities-heart-intraday" => !is_list,
            "activities-steps-intraday/dataset" | "activities-heart-intraday/dataset" => is_list,
            _ => false,
        }
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        let path = within(part.path);
        let metric = if path.contains("-heart") { Metric::HeartRate } else { Metric::Steps };
        let read = match path {
            "activities-steps/*" => match self.total(&part) {
                Ok(Some(taken)) => return self.out.take(None, Metric::Steps, Grain::Total, taken),
                Ok(None) => Ok(()),
                Err(code) => Err(code),
            },
            "activities-heart/*" => {
                self.out.not_kept("a day's heart rate zones and resting heart rate");
                self.day(&part).map(|_| ())
            }
            "activities-steps-intraday/dataset/*" | "activities-heart-intraday/dataset/*" => {
                self.entry(metric, &part)
            }
            "activities-steps-intraday/datasetInterval" | "activities-heart-intraday/datasetInterval" => {
                self.series(metric).interval =
                    part.read::<Text<'_>>().ok().and_then(|text| text.parse().ok());
                Ok(())
            }
            "activities-steps-intraday/datasetType" | "activities-heart-intraday/datasetType" => {
                self.series(metric).unit_s = part.read::<Text<'_>>().ok().and_then(|text| match &*text {
                    "second" => Some(1),
                    "minute" => Some(60),
                    "hour" => Some(3600),
                    _ => None,
                });
                Ok(())
            }
            "" => Err(RejectCode::Unreadable),
            other => {
                self.out.not_kept(other);
                Ok(())
            }
        };
        if let Err(code) = read {
            self.out.reject(code, part.number, format_args!("{}", part.shown()));
        }
        Ok(())
    }

    fn closes(&mut self, path: &str) -> Result<(), ImportError> {
        if within(path).is_empty() {
            self.settle(Metric::Steps)?;
            self.settle(Metric::HeartRate)?;
            self.days.clear();
        }
        Ok(())
    }

    fn torn(&mut self, number: u64, why: &'static str) {
        self.out.reject(RejectCode::Unreadable, number, format_args!("{why}"));
    }
}
