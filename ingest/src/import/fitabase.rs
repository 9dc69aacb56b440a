//! Fitabase's exports of Fitbit data, one file a measure.
//!
//! Months come first in their dates, and no file says its zone. The column of ids is absent where a file holds one
//! person.

use std::collections::BTreeSet;

use foulee_contract::{Grain, Metric, RejectCode};

use super::blocks::Taken;
use super::collector::Collector;
use super::files::Input;
use super::head::{Head, HeadTable};
use super::importer::{Detection, FormatInfo, Importer, Origin, Reader};
use super::local_clock::{Instant, LocalClock};
use super::moment::{DateOrder, Moment, moment};
use super::number::{Cell, cell_of};
use super::rows::Row;
use super::table::{RowFault, Table};
use super::{ColumnMap, ImportError};

/// The importer.
pub(super) struct Fitabase;

/// One of the files.
struct Layout {
    name: &'static str,
    what: &'static str,
    /// The column of times, folded.
    time: &'static str,
    /// The column of values, folded; of sixty minutes the first. Empty where that a row is there is the value.
    value: &'static str,
    /// A further column that tells it from others.
    and: &'static str,
    metric: Metric,
    grain: Grain,
    extent: Extent,
    /// The metric's units in one of the file's.
    factor: u16,
}

/// What the time of a row stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Instant,
    Minute,
    /// An hour with a column for each minute.
    SixtyMinutes,
    Hour,
    Day,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

const LAYOUTS: [Layout; 8] = [
    Layout {
        name: "fitabase-minute-steps-wide",
        what: "minuteStepsWide (Id, ActivityHour, Steps00 to Steps59): steps a minute",
        time: "activityhour",
        value: "steps00",
        and: "steps59",
        metric: Metric::Steps,
        grain: Grain::Epoch,
        extent: Extent::SixtyMinutes,
        factor: 1,
    },
    Layout {
        name: "fitabase-minute-steps-narrow",
        what: "minuteStepsNarrow (Id, ActivityMinute, Steps): steps a minute",
        time: "activityminute",
        value: "steps",
        and: "",
        metric: Metric::Steps,
        grain: Grain::Epoch,
        extent: Extent::Minute,
        factor: 1,
    },
    Layout {
        name: "fitabase-hourly-steps",
        what: "hourlySteps (Id, ActivityHour, StepTotal): the device's hour totals",
        time: "activityhour",
        value: "steptotal",
        and: "",
        metric: Metric::Steps,
        grain: Grain::Total,
        extent: Extent::Hour,
        factor: 1,
    },
    Layout {
        name: "fitabase-daily-steps",
        what: "dailySteps (Id, ActivityDay, StepTotal): the device's day totals",
        time: "activityday",
        value: "steptotal",
        and: "",
        metric: Metric::Steps,
        grain: Grain::Total,
        extent: Extent::Day,
        factor: 1,
    },
    Layout {
        name: "fitabase-daily-activity",
        what: "dailyActivity (Id, ActivityDate, TotalSteps, ...): the same day totals",
        time: "activitydate",
        value: "totalsteps",
        and: "",
        metric: Metric::Steps,
        grain: Grain::Total,
        extent: Extent::Day,
        factor: 1,
    },
    Layout {
        name: "fitabase-heart-rate",
        what: "heartrate_seconds (Id, Time, Value): heart rate at instants",
        time: "time",
        value: "value",
        and: "",
        metric: Metric::HeartRate,
        grain: Grain::Sample,
        extent: Extent::Instant,
        factor: 1,
    },
    Layout {
        name: "fitabase-wear",
        what: "fitbitWearTimeViaHR (Day, TotalMinutesWearTime, ...): time worn a day",
        time: "day",
        value: "totalminutesweartime",
        and: "",
        metric: Metric::Worn,
        grain: Grain::Total,
        extent: Extent::Day,
        factor: 60,
    },
    // SyncDateUTC equals DateTime on every row ever seen, so it is local time too and DateTime alone is read.
    Layout {
        name: "fitabase-sync",
        what: "syncEvents (DateTime, SyncDateUTC, Provider, DeviceName): when the device handed over its data",
        time: "datetime",
        value: "",
        and: "syncdateutc",
        metric: Metric::Sync,
        grain: Grain::Sample,
        extent: Extent::Instant,
        factor: 1,
    },
];

/// Files that are known and not kept: columns, folded, and what they hold.
const NOT_KEPT: [(&[&str], &str); 15] = [
    (&["activityhour", "intensity00"], "minute intensities"),
    (&["activityminute", "intensity"], "minute intensities"),
    (&["activityhour", "totalintensity"], "hour intensities"),
    (&["activityday", "sedentaryminutes"], "day intensities"),
    (&["activityhour", "calories00"], "minute calories"),
    (&["activityminute", "calories"], "minute calories"),
    (&["activityhour", "calories"], "hour calories"),
    (&["activityday", "calories"], "day calories"),
    (&["activityhour", "mets00"], "minute METs"),
    (&["activityminute", "mets"], "minute METs"),
    (&["sleepday"], "sleep"),
    (&["date", "value", "logid"], "sleep"),
    (&["sleepstage"], "sleep"),
    (&["weightkg"], "weight"),
    (&["weightpounds"], "weight"),
];

impl Importer for Fitabase {
    fn name(&self) -> &'static str {
        "fitabase"
    }

    fn formats(&self) -> Vec<FormatInfo> {
        LAYOUTS
            .iter()
            .map(|layout| FormatInfo { importer: self.name(), name: layout.name, what: layout.what })
            .collect()
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let Ok(table) = &head.table else { return Ok(Detection::Unknown(None)) };
        if let Some(file) = LAYOUTS.iter().find_map(|layout| FitabaseFile::find(layout, table, head)) {
            return Ok(Detection::Known(Box::new(file)));
        }
        let not_kept =
            NOT_KEPT.iter().find(|(columns, _)| columns.iter().all(|c| table.position(c).is_some()));
        Ok(match not_kept {
            Some((_, what)) => Detection::NotKept(format!(
                "Fitabase {what}: not a metric that Foulée keeps; it keeps steps, heart rate, wear and syncs"
            )),
            None => Detection::Unknown(None),
        })
    }
}

/// A file, with where its columns are.
struct FitabaseFile {
    layout: &'static Layout,
    table: Table,
    time: usize,
    /// One column, sixty, or none.
    values: Vec<usize>,
}

impl FitabaseFile {
    fn find(layout: &'static Layout, table: &HeadTable, head: &Head) -> Option<Self> {
        let time = table.position(layout.time)?;
        if !layout.and.is_empty() {
            table.position(layout.and)?;
        }
        let person = table.position("id");
        if layout.metric == Metric::HeartRate {
            // A time and a value are nobody's own names: the file's has to say the rest.
            let named =
                head.path.file_name().is_some_and(|n| n.to_string_lossy().to_lowercase().contains("heart"));
            let alone = table.columns.len() == 2 + usize::from(person.is_some());
            (alone && (person.is_some() || named)).then_some(())?;
        }
        let values = match (layout.extent, layout.value) {
            (_, "") => Vec::new(),
            (Extent::SixtyMinutes, _) => {
                (0..60).map(|minute| table.position(&format!("steps{minute:02}"))).collect::<Option<_>>()?
            }
            (_, value) => vec![table.position(value)?],
        };
        Some(Self { layout, table: Table::new(table, person), time, values })
    }

    /// Reads the row's one value over its one extent.
    fn take_one(
        &self,
        row: &Row<'_>,
        clock: &mut LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), RowFault> {
        let layout = self.layout;
        let (start, end_ms) = extent(layout.extent, row.cell(self.time), clock)?;
        let value = match self.values.first() {
            None => 1,
            Some(column) => match cell_of(layout.metric, row.cell(*column), layout.factor, false) {
                Cell::Absent => return Ok(()),
                Cell::Value(value) => value,
                Cell::Bad(code) => return Err(code.into()),
            },
        };
        let person = self.table.person(row)?;
        let taken = Taken { factor: layout.factor, ..Taken::new(start, end_ms, value, row.line) };
        Ok(out.take(person, layout.metric, layout.grain, taken)?)
    }

    /// Reads sixty minutes; one that cannot be read leaves the others as they are.
    fn take_sixty(
        &self,
        row: &Row<'_>,
        clock: &mut LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), RowFault> {
        let local = match moment(row.cell(self.time), DateOrder::MonthFirst) {
            Some(Moment::Local(local)) => local,
            _ => return Err(RejectCode::Unreadable.into()),
        };
        let person = self.table.person(row)?;
        for (minute, column) in (0..).zip(&self.values) {
            let text = row.cell(*column);
            let read = match cell_of(self.layout.metric, text, self.layout.factor, false) {
                Cell::Absent => continue,
                Cell::Value(value) => {
                    clock.instant(local + chrono::TimeDelta::minutes(minute)).map(|start| (start, value))
                }
                Cell::Bad(code) => Err(code),
            };
            match read {
                Ok((start, value)) => {
                    let taken = Taken::new(start, start.utc_ms + MINUTE_MS, value, row.line);
                    out.take(person, self.layout.metric, self.layout.grain, taken)?;
                }
                Err(code) => {
                    let at = row.cell(self.time);
                    out.reject(code, row.line, format_args!("Steps{minute:02} of {at}: {text}"));
                }
            }
        }
        Ok(())
    }
}

impl Reader for FitabaseFile {
    fn format(&self) -> &'static str {
        self.layout.name
    }

    fn origin(&self) -> Origin {
        Origin::watch("fitbit")
    }

    fn local_times(&self) -> bool {
        true
    }

    fn people(&self, input: Input<'_>, ids: &mut BTreeSet<String>) {
        self.table.people(input, ids);
    }

    fn read(
        &self,
        input: Input<'_>,
        mut clock: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        self.table.each(input, out, |row, out| {
            if self.layout.extent == Extent::SixtyMinutes {
                self.take_sixty(row, &mut clock, out)
            } else {
                self.take_one(row, &mut clock, out)
            }
        })
    }
}

fn extent(extent: Extent, text: &str, clock: &mut LocalClock) -> Result<(Instant, i64), RejectCode> {
    let length = match (extent, moment(text, DateOrder::MonthFirst).ok_or(RejectCode::Unreadable)?) {
        (Extent::Day, Moment::Day(day)) => return clock.day(day),
        // A day is at times written with its midnight.
        (Extent::Day, Moment::Local(local)) => return clock.day(local.date()),
        (Extent::Instant, Moment::Local(local)) => (local, 0),
        (Extent::Minute, Moment::Local(local)) => (local, MINUTE_MS),
        // An hour lasts an hour even where its name comes twice or the next one's never does.
        (Extent::Hour, Moment::Local(local)) => (local, HOUR_MS),
        _ => return Err(RejectCode::Unreadable),
    };
    let start = clock.instant(length.0)?;
    Ok((start, start.utc_ms + length.1))
}
