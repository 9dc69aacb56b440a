use foulee_contract::{GapCause, Grain, How, Metric, RejectCode};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::device::Devices;
use super::instants::take_heart_rate;
use super::meaning::{Activity, Steps, WearSaid};
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::{Collector, Device};
use crate::import::local_clock::{Instant, LocalClock};
use crate::import::number::Cell;
use crate::import::stored::{
    Found, Query, Shown, columns, each, has, instant_ms, measured, pass_over, quoted, selected, whole,
};

/// Milliseconds of a minute, which is what most devices count over.
pub(super) const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour, which is what rings by Colmi count over.
const HOUR_MS: i64 = 3_600_000;
/// Longest time that steps since the row before are spread over where no zone is known: a short night. [D]
const LONGEST_WITHOUT_ZONE_MS: i64 = 6 * HOUR_MS;
/// `ActivitySample.NOT_MEASURED` of Gadgetbridge.
const NOT_MEASURED: i64 = -1;

const WANTED: [&str; 5] = ["TIMESTAMP", "DEVICE_ID", "STEPS", "HEART_RATE", "OTHER_TIMESTAMP"];
/// Behind them: the column that tells of wear.
const WEAR: usize = 5;

/// Reads a table of samples of activity.
pub(super) fn read(
    connection: &Connection,
    table: &str,
    activity: Activity,
    devices: &mut Devices,
    clock: &mut LocalClock,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    let found = columns(connection, table).unwrap_or_default();
    let told = activity.steps != Steps::Unknown || has(&found, "HEART_RATE");
    if !told || !has(&found, "TIMESTAMP") || !has(&found, "DEVICE_ID") {
        return pass_over(connection, table, table, out);
    }
    if activity.steps == Steps::Unknown && has(&found, "STEPS") {
        // A minute's or a day's, nobody knows.
        pass_over(connection, table, &format!("{table}.STEPS"), out)?;
    }
    let wanted = selected(&found, table, &WANTED);
    let wear = selected(&found, table, &[activity.wear.column()]);
    let rows = format!("SELECT {wanted}, {wear} FROM {}", quoted(table));
    let in_order = format!("{rows} ORDER BY {}", quoted("TIMESTAMP"));
    let back = format!("{in_order} DESC");
    // Order matters where a row goes on from the one before; it is the tables' own, mostly.
    let forth = if activity.goes_on() { &in_order } else { &rows };
    let query = Query { table, forth, back: Some(&back) };
    let mut before: Vec<Before> = Vec::new();
    each(connection, &query, out, |row, out| {
        let number = row.number;
        let Some(at_ms) = instant_ms(row.cell(0)) else {
            let shown = Shown(row.cell(0));
            out.reject(RejectCode::Unreadable, number, format_args!("{table}: TIMESTAMP {shown}"));
            return Ok(());
        };
        let Some(id) = whole(row.cell(1)) else {
            let shown = Shown(row.cell(1));
            out.reject(RejectCode::Unreadable, number, format_args!("{table}: DEVICE_ID {shown}"));
            return Ok(());
        };
        let device = devices.number(id, activity.worn, out);
        if before.len() <= device.index() {
            before.resize_with(device.index() + 1, Before::default);
        }
        let before = &mut before[device.index()];
        if row.back {
            // What was before it is not known yet.
            *before = Before::default();
        }
        let sample = Sample { table, number, device, at_ms };
        sample.take_steps(activity, row, before, clock, out)?;
        let heart_rate = match row.cell(3) {
            // Huawei's is a byte: above 127 it was written as a negative number.
            ValueRef::Integer(byte @ -128..NOT_MEASURED) if activity.steps == Steps::UntilOther => {
                ValueRef::Integer(byte & 0xff)
            }
            other => other,
        };
        take_heart_rate(&sample, How::Unknown, heart_rate, out)
    })?;
    Ok(())
}

/// What a device's rows before said.
#[derive(Default)]
struct Before {
    wear: WearSaid,
    /// When its last sample of steps was, ms.
    steps_ms: Option<i64>,
}

/// Where a row stood.
pub(super) struct Sample<'a> {
    pub(super) table: &'a str,
    pub(super) number: u64,
    pub(super) device: Device,
    pub(super) at_ms: i64,
}

impl Sample<'_> {
    pub(super) fn reject(
        &self,
        code: RejectCode,
        column: &str,
        value: ValueRef<'_>,
        out: &mut Collector<'_, '_>,
    ) {
        out.reject(code, self.number, format_args!("{}: {column} {}", self.table, Shown(value)));
    }

    /// A reading from its instant to `end_ms`.
    pub(super) fn until(&self, end_ms: i64, value: i64) -> Taken {
        self.between(self.at_ms, end_ms, value)
    }

    fn between(&self, start_ms: i64, end_ms: i64, value: i64) -> Taken {
        let start = Instant { utc_ms: start_ms, offset_minutes: None };
        Taken::new(start, end_ms, value, self.number)
    }

    /// Since when a row counts that goes on from the one before it: never since before the local day, which began the
    /// watch's counter anew. Without a zone nobody knows when that was; a row is then held to the hours before it, so that
    /// a night between two rows does not bring the steps of one day into the day before.
    fn since(&self, previous_ms: Option<i64>, clock: &mut LocalClock) -> Option<i64> {
        let previous_ms = previous_ms.filter(|previous| *previous < self.at_ms);
        match clock.day_began(self.at_ms) {
            Some(began) => previous_ms.map(|previous| previous.max(began)),
            None => {
                let previous = previous_ms?;
                let is_known = self.at_ms - previous <= Grain::Sample.max_duration_ms();
                is_known.then_some(previous.max(self.at_ms - LONGEST_WITHOUT_ZONE_MS))
            }
        }
    }

    fn take_steps(
        &self,
        activity: Activity,
        row: &Found<'_>,
        before: &mut Before,
        clock: &mut LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        if activity.steps == Steps::Unknown {
            return Ok(());
        }
        let steps = match measured(Metric::Steps, row.cell(2)) {
            Cell::Absent | Cell::Value(NOT_MEASURED) => None,
            Cell::Value(steps) => Some(steps),
            Cell::Bad(code) => {
                self.reject(code, "STEPS", row.cell(2), out);
                None
            }
        };
        // Zero is never invented for a device that lay on a table; steps that it counted nevertheless are.
        if before.wear.not_worn(activity.wear, whole(row.cell(WEAR)), self.at_ms)
            && steps.is_none_or(|steps| steps <= 0)
        {
            let gap = self.until(self.at_ms + MINUTE_MS, GapCause::NotWorn as i64);
            return out.take_of(self.device, Metric::Gap, Grain::Epoch, gap);
        }
        let Some(steps) = steps else { return Ok(()) };
        let (metric, grain, taken) = match activity.steps {
            Steps::MinuteBesideSeconds if steps == 0 && self.at_ms % MINUTE_MS != 0 => return Ok(()),
            Steps::Minute | Steps::MinuteBesideSeconds => {
                (Metric::Steps, Grain::Epoch, self.until(self.at_ms + MINUTE_MS, steps))
            }
            Steps::Hour => (Metric::Steps, Grain::Sample, self.until(self.at_ms + HOUR_MS, steps)),
            Steps::UntilOther => match instant_ms(row.cell(4)) {
                Some(end_ms) if end_ms > self.at_ms => {
                    let grain = if end_ms - self.at_ms <= MINUTE_MS { Grain::Epoch } else { Grain::Sample };
                    (Metric::Steps, grain, self.until(end_ms, steps))
                }
                Some(_) => return Ok(()),
                None => {
                    self.reject(RejectCode::IntervalRequired, "OTHER_TIMESTAMP", row.cell(4), out);
                    return Ok(());
                }
            },
            // 0 stands beside a heart rate: samples of steps have some.
            Steps::SincePrevious if steps == 0 => return Ok(()),
            Steps::SincePrevious => match self.since(before.steps_ms.replace(self.at_ms), clock) {
                Some(start_ms) => (Metric::Steps, Grain::Sample, self.between(start_ms, self.at_ms, steps)),
                // It began some time before.
                None => {
                    out.not_kept(SINCE_UNKNOWN);
                    return Ok(());
                }
            },
            Steps::Counter { zero_is_none: true } if steps == 0 => return Ok(()),
            Steps::Counter { .. } => (Metric::StepCounter, Grain::Sample, self.until(self.at_ms, steps)),
            Steps::Unknown => return Ok(()),
        };
        out.take_of(self.device, metric, grain, taken)
    }
}

/// How the summary calls steps that were counted since a time that is not known.
const SINCE_UNKNOWN: &str = "steps since a time that is not known";
