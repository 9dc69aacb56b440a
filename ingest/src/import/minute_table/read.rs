use std::collections::BTreeSet;

use foulee_contract::{Grain, Metric, RejectCode, Shape, SourceKind};

use super::columns::{Columns, Values};
use super::shape::{TimeShape, moment_of};
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::Collector;
use crate::import::files::Input;
use crate::import::importer::{Origin, Reader};
use crate::import::local_clock::{Instant, LocalClock};
use crate::import::moment::{Moment, moment, offset_minutes};
use crate::import::number::{Cell, cell_of, why_bad};
use crate::import::rows::Row;
use crate::import::table::{RowFault, Table};

/// A table of readings with a time a row.
pub(in crate::import) struct TimedTable {
    pub(super) format: &'static str,
    pub(super) default_source: &'static str,
    pub(super) table: Table,
    pub(super) columns: Columns,
    pub(super) shape: TimeShape,
    pub(super) decimal_comma: bool,
}

impl Reader for TimedTable {
    fn format(&self) -> &'static str {
        self.format
    }

    fn origin(&self) -> Origin {
        // Steps alone can as well be a phone's; whatever else is read comes of something worn.
        let shows_kind = !self.default_source.is_empty()
            || match &self.columns.values {
                Values::Wide(columns) => columns.iter().any(|(_, metric)| *metric != Metric::Steps),
                Values::Long { .. } => true,
            };
        Origin::Device { name: self.default_source, kind: SourceKind::Watch, shows_kind }
    }

    fn local_times(&self) -> bool {
        self.shape.local
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
            let found = moment_of(&self.columns, self.shape.order, |at| row.cell(at));
            let start = self.instant(row, found, &mut clock)?;
            let end = self.end(row, &mut clock)?;
            let person = self.table.person(row)?;
            match &self.columns.values {
                Values::Wide(columns) => {
                    for (at, metric) in columns {
                        self.take(row, *at, *metric, (start, end), person, out)?;
                    }
                }
                Values::Long { kind, value, words } => {
                    let word = row.cell(*kind);
                    match words.metric(word) {
                        Some(metric) => self.take(row, *value, metric, (start, end), person, out)?,
                        None => out.not_kept(word),
                    }
                }
            }
            Ok(())
        })
    }
}

impl TimedTable {
    /// Takes one cell; what is wrong with it leaves the row's others as they are.
    fn take(
        &self,
        row: &Row<'_>,
        at: usize,
        metric: Metric,
        (start, end): (Instant, Option<i64>),
        person: Option<&str>,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), RowFault> {
        let value = match cell_of(metric, row.cell(at), 1, self.decimal_comma) {
            Cell::Absent => return Ok(()),
            Cell::Value(value) => value,
            Cell::Bad(code) => {
                let text = row.cell(at);
                match why_bad(metric, text) {
                    "" => out.reject(code, row.line, format_args!("{metric} {text}")),
                    why => out.reject(code, row.line, format_args!("{metric} {text}: {why}")),
                }
                return Ok(());
            }
        };
        match extent(metric, start.utc_ms, end, self.shape.minutes) {
            Ok((grain, end_ms)) => {
                Ok(out.take(person, metric, grain, Taken::new(start, end_ms, value, row.line))?)
            }
            Err(code) => {
                let fix = match code {
                    RejectCode::IntervalRequired => "no whole minute, and no end; --map COLUMN=end",
                    _ => "its end is before its start",
                };
                out.reject(code, row.line, format_args!("{metric} {}: {fix}", row.cell(at)));
                Ok(())
            }
        }
    }

    fn end(&self, row: &Row<'_>, clock: &mut LocalClock) -> Result<Option<i64>, RejectCode> {
        let text = self.columns.end.map_or("", |at| row.cell(at));
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.instant(row, moment(text, self.shape.order), clock)?.utc_ms))
    }

    fn instant(
        &self,
        row: &Row<'_>,
        moment: Option<Moment>,
        clock: &mut LocalClock,
    ) -> Result<Instant, RejectCode> {
        let offset = match self.columns.offset.map_or("", |at| row.cell(at)) {
            "" => None,
            text => Some(offset_minutes(text).ok_or(RejectCode::Unreadable)?),
        };
        match (moment, offset) {
            (Some(Moment::Instant { utc_ms, offset_minutes }), offset) => {
                Ok(Instant { utc_ms, offset_minutes: offset_minutes.or(offset) })
            }
            (Some(Moment::Local(local)), Some(minutes)) => {
                let utc_ms = local.and_utc().timestamp_millis() - i64::from(minutes) * 60_000;
                Ok(Instant { utc_ms, offset_minutes: Some(minutes) })
            }
            (Some(Moment::Local(local)), None) => clock.instant(local),
            (Some(Moment::Day(_) | Moment::Clock(_)) | None, _) => Err(RejectCode::Unreadable),
        }
    }
}

/// The grain and end of a reading. One that gives its end is an epoch up to a minute and beyond that a record with an
/// extent of its own; never a total, which the table has no way to say.
fn extent(metric: Metric, start: i64, end: Option<i64>, minutes: bool) -> Result<(Grain, i64), RejectCode> {
    const MINUTE_MS: i64 = 60_000;
    match (metric.shape(), end) {
        (_, Some(end)) if end < start => Err(RejectCode::EndBeforeStart),
        (Shape::Instant, _) => Ok((Grain::Sample, start)),
        (Shape::Interval, Some(end)) if end == start => Err(RejectCode::IntervalRequired),
        (Shape::Both, Some(end)) if end == start => Ok((Grain::Sample, start)),
        (_, Some(end)) if end - start <= MINUTE_MS => Ok((Grain::Epoch, end)),
        (_, Some(end)) => Ok((Grain::Sample, end)),
        (_, None) if minutes => Ok((Grain::Epoch, start + MINUTE_MS)),
        (Shape::Both, None) => Ok((Grain::Sample, start)),
        (Shape::Interval, None) => Err(RejectCode::IntervalRequired),
    }
}
