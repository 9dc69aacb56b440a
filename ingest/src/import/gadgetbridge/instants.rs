use foulee_contract::{Grain, How, Metric, RejectCode, SourceKind};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::device::Devices;
use super::samples::Sample;
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::Collector;
use crate::import::number::Cell;
use crate::import::stored::{
    Query, Shown, columns, each, has, instant_ms, measured, pass_over, quoted, selected, whole,
};

/// Where a table's heart rates come from.
#[derive(Clone, Copy)]
pub(super) struct HeartRates {
    pub(super) how: How,
    pub(super) worn: SourceKind,
}

/// Reads a table of heart rates.
pub(super) fn heart_rates(
    connection: &Connection,
    table: &str,
    HeartRates { how, worn }: HeartRates,
    devices: &mut Devices,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    rows(connection, table, ["HEART_RATE", "HEART_RATE"], worn, devices, out, |sample, value, _, out| {
        take_heart_rate(sample, how, value, out)
    })
}

/// Takes the heart rate of a row, if it has one.
pub(super) fn take_heart_rate(
    sample: &Sample<'_>,
    how: How,
    value: ValueRef<'_>,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    // Above 10 and below 250 /min, here in tenths: what Gadgetbridge's `HeartRateUtils` takes for measured. 254 and 255 are
    // "none" of devices whose heart rate is a byte.
    const NONE_UP_TO: i64 = 100;
    const NONE_AGAIN: std::ops::RangeInclusive<i64> = 2500..=2550;
    match measured(Metric::HeartRate, value) {
        Cell::Absent => Ok(()),
        Cell::Value(value) if value <= NONE_UP_TO || NONE_AGAIN.contains(&value) => Ok(()),
        Cell::Value(value) => {
            let taken = Taken { how, ..sample.until(sample.at_ms, value) };
            out.take_of(sample.device, Metric::HeartRate, Grain::Sample, taken)
        }
        Cell::Bad(code) => {
            sample.reject(code, "HEART_RATE", value, out);
            Ok(())
        }
    }
}

/// Reads the levels of the devices' batteries.
pub(super) fn battery(
    connection: &Connection,
    table: &str,
    devices: &mut Devices,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    // Earphones and scales have one too, so that it does not say that something is worn.
    let kind = SourceKind::Unknown;
    rows(connection, table, ["LEVEL", "BATTERY_INDEX"], kind, devices, out, |sample, level, index, out| {
        if whole(index).is_some_and(|index| index != 0) {
            out.not_kept("levels of a device's other batteries");
            return Ok(());
        }
        match measured(Metric::Battery, level) {
            // `GBDevice.BATTERY_UNKNOWN`.
            Cell::Absent | Cell::Value(-1) => Ok(()),
            Cell::Value(level) => {
                let taken = sample.until(sample.at_ms, level);
                out.take_of(sample.device, Metric::Battery, Grain::Sample, taken)
            }
            Cell::Bad(code) => {
                sample.reject(code, "LEVEL", level, out);
                Ok(())
            }
        }
    })
}

fn rows(
    connection: &Connection,
    table: &str,
    [value, more]: [&str; 2],
    worn: SourceKind,
    devices: &mut Devices,
    out: &mut Collector<'_, '_>,
    mut take: impl FnMut(
        &Sample<'_>,
        ValueRef<'_>,
        ValueRef<'_>,
        &mut Collector<'_, '_>,
    ) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let wanted = ["TIMESTAMP", "DEVICE_ID", value, more];
    let found = columns(connection, table).unwrap_or_default();
    if !wanted[..3].iter().all(|column| has(&found, column)) {
        return pass_over(connection, table, table, out);
    }
    let forth = format!("SELECT {} FROM {}", selected(&found, table, &wanted), quoted(table));
    let back = format!("{forth} ORDER BY {} DESC", quoted("TIMESTAMP"));
    let query = Query { table, forth: &forth, back: Some(&back) };
    each(connection, &query, out, |row, out| {
        let number = row.number;
        let (Some(at_ms), Some(id)) = (instant_ms(row.cell(0)), whole(row.cell(1))) else {
            let (at, id) = (Shown(row.cell(0)), Shown(row.cell(1)));
            let text = format_args!("{table}: TIMESTAMP {at}, DEVICE_ID {id}");
            out.reject(RejectCode::Unreadable, number, text);
            return Ok(());
        };
        let device = devices.number(id, worn, out);
        take(&Sample { table, number, device, at_ms }, row.cell(2), row.cell(3), out)
    })?;
    Ok(())
}
