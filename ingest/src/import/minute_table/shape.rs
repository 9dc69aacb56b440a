use foulee_contract::{Metric, Shape};

use super::columns::Columns;
use crate::import::ImportError;
use crate::import::head::{Head, HeadTable};
use crate::import::moment::{DateOrder, Moment, moment};

/// What a table's first rows show of its times.
pub(super) struct TimeShape {
    pub(super) order: DateOrder,
    /// Whether a row without an end is a minute; else it is an instant.
    pub(super) minutes: bool,
    /// Whether there are local times that do not say where.
    pub(super) local: bool,
}

/// Looks at the first rows; the inner error says in words why they are not a table that can be read.
pub(super) fn time_shape(
    columns: &Columns,
    table: &HeadTable,
    head: &Head,
) -> Result<Result<TimeShape, String>, ImportError> {
    let order = date_order(columns, table, head)?;
    let name = &table.columns[columns.time];
    let mut local = false;
    let mut times: Vec<i64> = Vec::new();
    for cells in &table.sample {
        let own_offset = columns.offset.is_some_and(|at| !cells[at].is_empty());
        match moment_of(columns, order, |at| cells[at].as_str()) {
            Some(Moment::Local(time)) => {
                local |= !own_offset;
                times.push(time.and_utc().timestamp_millis());
            }
            Some(Moment::Instant { utc_ms, .. }) => times.push(utc_ms),
            Some(Moment::Day(_)) => {
                return Ok(Err(format!(
                    "its column {name:?} holds whole days; a table of minutes is needed"
                )));
            }
            Some(Moment::Clock(_)) | None => {}
        }
    }
    if let (true, Some(cells)) = (times.is_empty(), table.sample.first()) {
        let text: String = cells[columns.time].chars().take(40).collect();
        return Ok(Err(format!("its column {name:?} holds no time that can be read ({text:?})")));
    }
    times.sort_unstable();
    times.dedup();
    if columns.end.is_none() && are_coarse(&times) && has_extent(&columns.metrics(table)) {
        return Ok(Err("its rows are five minutes or more apart, and no column says when a reading ends; \
                       name one with --map COLUMN=end"
            .to_owned()));
    }
    // By the most of them: a stray second in a table of minutes must not turn it over, wherever it stands.
    let whole = times.iter().filter(|ms| *ms % 60_000 == 0).count();
    Ok(Ok(TimeShape { order, minutes: 2 * whole > times.len(), local }))
}

/// When a row begins; a time of day is put to its day.
pub(super) fn moment_of<'r>(
    columns: &Columns,
    order: DateOrder,
    cell: impl Fn(usize) -> &'r str,
) -> Option<Moment> {
    match (moment(cell(columns.time), order)?, columns.date) {
        (Moment::Clock(time), Some(date)) => match moment(cell(date), order)? {
            Moment::Day(day) => Some(Moment::Local(day.and_time(time))),
            _ => None,
        },
        (moment, _) => Some(moment),
    }
}

/// Whether there are rows enough to tell, and all lie on every fifth minute.
fn are_coarse(times: &[i64]) -> bool {
    const ENOUGH: usize = 10;
    times.len() >= ENOUGH && times.iter().all(|ms| ms % 300_000 == 0)
}

fn has_extent(metrics: &[Metric]) -> bool {
    metrics.iter().any(|metric| metric.shape() != Shape::Instant)
}

/// Which way round `4/5/2016` is, from a row that can be read one way only.
fn date_order(columns: &Columns, table: &HeadTable, head: &Head) -> Result<DateOrder, ImportError> {
    let mut unclear: Option<&str> = None;
    for cells in &table.sample {
        for text in [Some(columns.time), columns.date].into_iter().flatten().map(|at| cells[at].as_str()) {
            let mut parts = text.splitn(3, '/').map(|part| part.parse::<u32>().ok());
            let (Some(Some(first)), Some(Some(second))) = (parts.next(), parts.next()) else { continue };
            // Half days are written where months come first.
            let half_day = text.to_ascii_lowercase().ends_with('m');
            match (first, second) {
                (32.., _) => continue,
                (_, 13..) => return Ok(DateOrder::MonthFirst),
                (13.., _) => return Ok(DateOrder::DayFirst),
                _ if half_day => return Ok(DateOrder::MonthFirst),
                _ => unclear = unclear.or(Some(text)),
            }
        }
    }
    match unclear {
        Some(text) => Err(ImportError::DateOrderUnclear {
            path: head.path.clone(),
            example: text.chars().take(40).collect(),
        }),
        None => Ok(DateOrder::MonthFirst),
    }
}
