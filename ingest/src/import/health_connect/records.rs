use foulee_contract::{Grain, How, Metric, RejectCode};
use rusqlite::Connection;

use super::origin::Origins;
use super::{HEART_RATE, HEART_RATES, STEPS};
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::Collector;
use crate::import::local_clock::Instant;
use crate::import::number::Cell;
use crate::import::stored::{
    Found, Query, Shown, columns, each, has, instant_ms, measured, pass_over, quoted, selected, whole,
};

/// What every record has.
const COMMON: [&str; 5] =
    ["start_zone_offset", "recording_method", "last_modified_time", "app_info_id", "device_info_id"];

/// What a record says of itself.
struct Record {
    offset_minutes: Option<i16>,
    how: How,
    rev: u64,
    app: Option<i64>,
    device: Option<i64>,
}

impl Record {
    /// Reads the columns of [`COMMON`].
    fn read(row: &Found<'_>) -> Self {
        Self {
            offset_minutes: whole(row.cell(0)).and_then(offset_minutes),
            how: whole(row.cell(1)).map_or(How::Unknown, how),
            rev: whole(row.cell(2)).and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0),
            app: whole(row.cell(3)),
            device: whole(row.cell(4)),
        }
    }

    fn taken(&self, start_ms: i64, end_ms: i64, value: i64, number: u64) -> Taken {
        let start = Instant { utc_ms: start_ms, offset_minutes: self.offset_minutes };
        Taken { rev: self.rev, how: self.how, ..Taken::new(start, end_ms, value, number) }
    }

    fn take(
        &self,
        (metric, taken): (Metric, Taken),
        origins: &mut Origins,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let device = origins.number((self.app, self.device, self.how == How::Manual), out);
        out.take_of(device, metric, Grain::Sample, taken)
    }
}

/// Reads the records of steps. Health Connect has none of 0: where there is no record, nobody knows.
pub(super) fn steps(
    connection: &Connection,
    origins: &mut Origins,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    let found = columns(connection, STEPS).unwrap_or_default();
    if !["start_time", "end_time", "count"].iter().all(|column| has(&found, column)) {
        return pass_over(connection, STEPS, STEPS, out);
    }
    let common = selected(&found, STEPS, &COMMON);
    let own = selected(&found, STEPS, &["start_time", "end_time", "count"]);
    let forth = format!("SELECT {common}, {own} FROM {}", quoted(STEPS));
    let back = format!("{forth} ORDER BY rowid DESC");
    each(connection, &Query { table: STEPS, forth: &forth, back: Some(&back) }, out, |row, out| {
        let number = row.number;
        let (start, end, count) = (row.cell(5), row.cell(6), row.cell(7));
        let code = match (instant_ms(start), instant_ms(end), measured(Metric::Steps, count)) {
            (Some(start_ms), Some(end_ms), Cell::Value(steps)) if start_ms < end_ms => {
                let record = Record::read(row);
                let taken = record.taken(start_ms, end_ms, steps, number);
                return record.take((Metric::Steps, taken), origins, out);
            }
            (Some(start_ms), Some(end_ms), _) if start_ms == end_ms => RejectCode::IntervalRequired,
            (Some(start_ms), Some(end_ms), _) if start_ms > end_ms => RejectCode::EndBeforeStart,
            (Some(_), Some(_), Cell::Bad(code)) => code,
            (Some(_), Some(_), _) => RejectCode::ValueMissing,
            _ => RejectCode::Unreadable,
        };
        let (start, end, count) = (Shown(start), Shown(end), Shown(count));
        out.reject(code, number, format_args!("{STEPS}: {count} from {start} to {end}"));
        Ok(())
    })?;
    Ok(())
}

/// Reads the single heart rates; what their record says of them where it is there (`framed`).
pub(super) fn heart_rates(
    connection: &Connection,
    framed: bool,
    origins: &mut Origins,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    let found = columns(connection, HEART_RATES).unwrap_or_default();
    if !["epoch_millis", "beats_per_minute"].iter().all(|column| has(&found, column)) {
        return pass_over(connection, HEART_RATES, HEART_RATES, out);
    }
    let frame = if framed { columns(connection, HEART_RATE).unwrap_or_default() } else { Vec::new() };
    let common = selected(&frame, HEART_RATE, &COMMON);
    let own = selected(&found, HEART_RATES, &["epoch_millis", "beats_per_minute"]);
    let (record, single) = (quoted(HEART_RATE), quoted(HEART_RATES));
    let forth = if has(&frame, "row_id") && has(&found, "parent_key") {
        let join = format!("LEFT JOIN {record} ON {record}.row_id = {single}.parent_key");
        format!("SELECT {common}, {own} FROM {single} {join}")
    } else {
        let nothing = selected(&[], HEART_RATE, &COMMON);
        format!("SELECT {nothing}, {own} FROM {single}")
    };
    let back = format!("{forth} ORDER BY {single}.rowid DESC");
    each(connection, &Query { table: HEART_RATES, forth: &forth, back: Some(&back) }, out, |row, out| {
        let number = row.number;
        let (at, bpm) = (row.cell(5), row.cell(6));
        let code = match (instant_ms(at), measured(Metric::HeartRate, bpm)) {
            (Some(at_ms), Cell::Value(value)) => {
                let record = Record::read(row);
                let taken = record.taken(at_ms, at_ms, value, number);
                return record.take((Metric::HeartRate, taken), origins, out);
            }
            (Some(_), Cell::Absent) => return Ok(()),
            (Some(_), Cell::Bad(code)) => code,
            (None, _) => RejectCode::Unreadable,
        };
        let (at, bpm) = (Shown(at), Shown(bpm));
        out.reject(code, number, format_args!("{HEART_RATES}: {bpm} at {at}"));
        Ok(())
    })?;
    Ok(())
}

/// Seconds east of UTC in minutes; Android's `ZoneOffset` goes to 18 hours either way.
fn offset_minutes(seconds: i64) -> Option<i16> {
    const MOST_SECONDS: i64 = 18 * 3600;
    if (-MOST_SECONDS..=MOST_SECONDS).contains(&seconds) { i16::try_from(seconds / 60).ok() } else { None }
}

/// `android.health.connect.datatypes.Metadata`: 1 begun by the person, 2 by itself, 3 typed in.
fn how(recording_method: i64) -> How {
    match recording_method {
        1 => How::Active,
        2 => How::Automatic,
        3 => How::Manual,
        _ => How::Unknown,
    }
}
