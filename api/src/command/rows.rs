use std::sync::Arc;

use foulee_analytics::programme::QuotaKind;
use foulee_contract::ParticipantId;
use foulee_store::Scan;

use super::CommandError;
use super::context::Context;
use crate::cli::{
    Adherence, Completeness, DayPeriod, Exit, Global, Measures, Minutes, QuotaArg, Readings, Totals,
};
use crate::feed::{CompletenessFeed, ReadingFeed};
use crate::output::{Cell, Reader, Table};
use crate::worker::Person;
use crate::{ApiError, ask, feed};

fn text(value: &str) -> Cell<'_> {
    Cell::Text(value.into())
}

fn number(value: Option<f64>) -> Cell<'static> {
    value.map_or(Cell::Empty, Cell::Number)
}

fn integer(value: Option<impl Into<i64>>) -> Cell<'static> {
    value.map_or(Cell::Empty, |value| Cell::Integer(value.into()))
}

pub(super) fn readings(context: &Context, asked: &Readings) -> Result<Exit, CommandError> {
    const COLUMNS: &[&str] = &[
        "metric",
        "source",
        "grain",
        "start",
        "end",
        "offset",
        "value",
        "unit",
        "seq",
        "rev",
        "how",
        "received_at",
    ];
    let id = context.participant(&asked.id)?;
    // Raw readings wait for no worker, so their period does not either: from the store, and up to what came today.
    let zones = context.runtime.block_on(crate::zones::home_zones(&context.registry, id))?;
    let period =
        context.runtime.block_on(ask::period_of_readings(&*context.store, &zones, id, context.now_ms()))?;
    let default_from = zones.bounds(period.from).map_err(ApiError::from)?.start;
    let default_to = zones.bounds(period.to).map_err(ApiError::from)?.end;
    let to_ms = asked.period.to.map_or(Ok(default_to), |to| context.instant(id, to, false))?;
    let from_ms = asked.period.from.map_or(Ok(default_from), |from| context.instant(id, from, true))?;
    let to_ms = if asked.period.to.is_none() { to_ms.max(from_ms) } else { to_ms };
    let scan = Scan { participant: id, metrics: asked.metric.clone(), from_ms, to_ms, known_at_ms: None };
    let mut feed = context.runtime.block_on(ReadingFeed::open(Arc::clone(&context.store), scan))?;
    let mut table = Table::stdout(COLUMNS, asked.format)?;
    let mut reader = Reader::There;
    while let (Reader::There, Some(rows)) = (reader, context.runtime.block_on(feed.next())?) {
        for row in rows {
            reader = table.row(&[
                text(row.metric),
                text(&row.source),
                text(&row.grain),
                text(&row.start),
                text(&row.end),
                integer(row.offset),
                number(row.value),
                text(row.unit),
                Cell::Integer(row.seq.cast_signed()),
                Cell::Integer(row.rev.cast_signed()),
                text(&row.how),
                text(&row.received_at),
            ])?;
        }
    }
    table.finish()?;
    Ok(Exit::Done)
}

fn period(
    context: &Context,
    id: ParticipantId,
    asked: DayPeriod,
) -> Result<crate::adherence::Period, CommandError> {
    context.drain_for(id)?;
    Ok(context.runtime.block_on(ask::period(
        &context.registry,
        id,
        asked.from,
        asked.to,
        context.now_ms(),
    ))?)
}

pub(super) fn minutes(context: &Context, asked: &Minutes) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    let period = period(context, id, asked.period)?;
    let zones = context.runtime.block_on(crate::zones::home_zones(&context.registry, id))?;
    let mut table = Table::stdout(&["start", "offset", "state", "steps", "heart_rate"], asked.format)?;
    let mut reader = Reader::There;
    for date in period.dates() {
        if reader == Reader::Gone {
            break;
        }
        let rows = feed::minutes_of_day(&context.registry, id, &zones, date);
        for row in context.runtime.block_on(rows)? {
            reader = table.row(&[
                text(&row.start),
                Cell::Integer(row.offset.into()),
                text(row.state),
                integer(row.steps),
                number(row.heart_rate),
            ])?;
        }
    }
    table.finish()?;
    Ok(Exit::Done)
}

pub(super) fn completeness(context: &Context, asked: &Completeness) -> Result<Exit, CommandError> {
    const COLUMNS: &[&str] = &[
        "source",
        "date",
        "start",
        "offset",
        "expected",
        "received",
        "received_not_worn",
        "not_worn",
        "not_synced",
        "battery",
        "link",
        "permission",
        "lost",
        "silent",
        "unknown",
        "arrived",
    ];
    let id = context.participant(&asked.id)?;
    let period = period(context, id, asked.period)?;
    let known_at_ms = asked.as_of.map(|moment| context.instant(id, moment, false)).transpose()?;
    let person = context.runtime.block_on(Person::load(&context.registry, &*context.store, id))?;
    let person = person.ok_or(ApiError::ParticipantUnknown)?;
    let feed =
        CompletenessFeed::open(&*context.store, &person, period, asked.by, known_at_ms, context.now_ms());
    let mut feed = context.runtime.block_on(feed)?;
    let mut table = Table::stdout(COLUMNS, asked.format)?;
    let mut reader = Reader::There;
    while let (Reader::There, Some(rows)) = (reader, context.runtime.block_on(feed.next())?) {
        for row in rows {
            reader = table.row(&[
                text(&row.source),
                text(&row.date),
                text(&row.start),
                Cell::Integer(row.offset.into()),
                Cell::Integer(row.expected.into()),
                Cell::Integer(row.received.into()),
                Cell::Integer(row.received_not_worn.into()),
                Cell::Integer(row.not_worn.into()),
                Cell::Integer(row.not_synced.into()),
                Cell::Integer(row.battery.into()),
                Cell::Integer(row.link.into()),
                Cell::Integer(row.permission.into()),
                Cell::Integer(row.lost.into()),
                Cell::Integer(row.silent.into()),
                Cell::Integer(row.unknown.into()),
                row.arrived.as_deref().map_or(Cell::Empty, text),
            ])?;
        }
    }
    table.finish()?;
    Ok(Exit::Done)
}

pub(super) fn totals(context: &Context, asked: &Totals) -> Result<Exit, CommandError> {
    const COLUMNS: &[&str] =
        &["date", "source", "total", "minutes", "missing_minutes", "steps", "check", "verdict"];
    let id = context.participant(&asked.id)?;
    let period = period(context, id, asked.period)?;
    let mut table = Table::stdout(COLUMNS, asked.format)?;
    for row in context.runtime.block_on(feed::total_rows(&context.registry, id, period))? {
        table.row(&[
            text(&row.date),
            text(&row.source),
            Cell::Integer(row.total.into()),
            integer(row.minutes),
            Cell::Integer(row.missing_minutes.into()),
            integer(row.steps),
            text(&row.check),
            text(row.verdict),
        ])?;
    }
    table.finish()?;
    Ok(Exit::Done)
}

pub(super) fn measures(global: &Global, asked: &Measures) -> Result<Exit, CommandError> {
    if asked.what.dictionary {
        return dictionary(asked);
    }
    const COLUMNS: &[&str] =
        &["participant", "date", "measure", "value", "unit", "coverage", "quality", "version"];
    let context = Context::new(global)?;
    let ids: Vec<ParticipantId> =
        asked.what.ids.iter().map(|reference| context.participant(reference)).collect::<Result<_, _>>()?;
    let mut table = Table::stdout(COLUMNS, asked.format)?;
    for id in ids {
        let period = period(&context, id, asked.period)?;
        for row in context.runtime.block_on(feed::measure_rows(&context.registry, id, period))? {
            table.row(&[
                text(&row.participant.to_string()),
                text(&row.date),
                text(row.measure),
                number(row.value),
                text(row.unit),
                Cell::Number(row.coverage),
                text(&row.quality),
                text(&row.version),
            ])?;
        }
    }
    table.finish()?;
    Ok(Exit::Done)
}

fn dictionary(asked: &Measures) -> Result<Exit, CommandError> {
    let columns = &["measure", "unit", "definition", "source", "loinc", "version"];
    let mut table = Table::stdout(columns, asked.format)?;
    for row in feed::dictionary() {
        table.row(&[
            text(row.measure),
            text(row.unit),
            text(row.definition),
            text(row.source),
            row.loinc.map_or(Cell::Empty, text),
            text(&row.version),
        ])?;
    }
    table.finish()?;
    Ok(Exit::Done)
}

pub(super) fn adherence(context: &Context, asked: &Adherence) -> Result<Exit, CommandError> {
    let id = context.participant(&asked.id)?;
    let period = period(context, id, asked.period)?;
    let as_of_ms = asked.as_of.map(|moment| context.instant(id, moment, false)).transpose()?;
    let kind = match asked.quota {
        QuotaArg::Steps => QuotaKind::Steps,
        QuotaArg::WalkMinutes => QuotaKind::WalkMinutes,
        QuotaArg::Stretching => QuotaKind::Stretching,
        QuotaArg::Strengthening => QuotaKind::Strengthening,
        QuotaArg::Relaxation => QuotaKind::Relaxation,
        QuotaArg::Workshop => QuotaKind::Workshop,
    };
    let doc = ask::adherence(&context.registry, &*context.store, id, period, kind, as_of_ms);
    let doc = context.runtime.block_on(doc)?;
    if asked.json {
        crate::output::print_json(&doc)?;
    } else {
        crate::output::print_text(&format!("{}\n", doc.text()))?;
    }
    Ok(Exit::Done)
}
