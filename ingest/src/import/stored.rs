//! Tables of SQLite databases, row by row. A cell holds what somebody put there, whatever its column was declared to be.

use std::fmt;

use foulee_contract::{Metric, RejectCode};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Row};

use super::ImportError;
use super::collector::{Collector, MOST_SPELLED_BYTES};
use super::number::{Cell, cell_of, cell_of_number};

/// The names of a table's columns.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut found = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    found.query_map([table], |row| row.get(0))?.collect()
}

/// Whether a table has a column, as SQLite compares names.
pub(super) fn has(columns: &[String], wanted: &str) -> bool {
    columns.iter().any(|column| column.eq_ignore_ascii_case(wanted))
}

/// The columns `wanted` of a table for a query, `NULL` for each that it does not have: exports differ by version.
pub(super) fn selected(columns: &[String], table: &str, wanted: &[&str]) -> String {
    let of_table = |name: &&str| {
        if has(columns, name) { format!("{}.{}", quoted(table), quoted(name)) } else { "NULL".to_owned() }
    };
    wanted.iter().map(of_table).collect::<Vec<_>>().join(", ")
}

/// A name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// How a table is read.
pub(super) struct Query<'a> {
    pub(super) table: &'a str,
    pub(super) forth: &'a str,
    /// From the table's end, for what lies behind a damaged page.
    pub(super) back: Option<&'a str>,
}

/// A row of a query, and where it stood.
pub(super) struct Found<'r> {
    pub(super) row: &'r Row<'r>,
    /// Its number, from 1.
    pub(super) number: u64,
    /// Whether the rows come from the end.
    pub(super) back: bool,
}

impl Found<'_> {
    /// A cell of it.
    pub(super) fn cell(&self, at: usize) -> ValueRef<'_> {
        self.row.get_ref(at).unwrap_or(ValueRef::Null)
    }
}

/// Hands over the rows of a query, and says whether all of them were there. Where a page of them is damaged or missing, those
/// before it and those behind it stay.
pub(super) fn each(
    connection: &Connection,
    query: &Query<'_>,
    out: &mut Collector<'_, '_>,
    mut take: impl FnMut(&Found<'_>, &mut Collector<'_, '_>) -> Result<(), ImportError>,
) -> Result<bool, ImportError> {
    let most = most_rows(connection);
    let mut number = 0;
    let mut read = |sql: &str, back, out: &mut Collector<'_, '_>| {
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            number += 1;
            if number > most {
                out.cut_short(number, format_args!("{}: more rows than the file has room for", query.table));
                return Ok(Ok(false));
            }
            if let Err(stopped) = take(&Found { row, number, back }, out) {
                return Ok(Err(stopped));
            }
        }
        rusqlite::Result::Ok(Ok(true))
    };
    let fault = match read(query.forth, false, out) {
        Ok(done) => return done,
        Err(fault) => fault,
    };
    let behind = match query.back {
        Some(back) if is_damage(&fault) => read(back, true, out).unwrap_or(Ok(false)),
        _ => Ok(false),
    };
    out.cut_short(number, format_args!("{}: {fault}", query.table));
    behind.map(|_| false)
}

/// Whether something in the midst of a table cannot be read: a page, or a cell that is longer than any may be.
fn is_damage(fault: &rusqlite::Error) -> bool {
    matches!(
        fault.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure | ErrorCode::TooBig)
    )
}

/// The rows that a file has room for. One that was made to may lead from a few pages to rows without end.
fn most_rows(connection: &Connection) -> u64 {
    /// Bytes of the shortest cell and of the pointer to it (SQLite's file format, 1.6).
    const LEAST_BYTES: i64 = 4;
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let bytes = number("page_count").unwrap_or(0).saturating_mul(number("page_size").unwrap_or(0));
    u64::try_from(bytes / LEAST_BYTES).unwrap_or(0)
}

/// Counts the rows of a table, or of a column of it, that are not kept.
pub(super) fn pass_over(
    connection: &Connection,
    table: &str,
    what: &str,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    let mut rows = 0;
    let query = Query { table, forth: &format!("SELECT 1 FROM {}", quoted(table)), back: None };
    each(connection, &query, out, |_, _| {
        rows += 1;
        Ok(())
    })?;
    out.not_kept_many(what, rows);
    Ok(())
}

/// A whole number, however it was stored.
pub(super) fn whole(cell: ValueRef<'_>) -> Option<i64> {
    // 2^53: beyond it a double no longer holds every integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match cell {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) if number.fract() == 0.0 && number.abs() <= EXACT => Some(number as i64),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// A name, as far as it is a text; empty where there is none.
pub(super) fn text(cell: ValueRef<'_>) -> String {
    match cell {
        // Many of them are remembered at once.
        ValueRef::Text(text) => {
            String::from_utf8_lossy(&text[..text.len().min(MOST_SPELLED_BYTES)]).trim().to_owned()
        }
        _ => String::new(),
    }
}

/// What a cell says of a metric.
pub(super) fn measured(metric: Metric, cell: ValueRef<'_>) -> Cell {
    let stored = match cell {
        ValueRef::Integer(number) => metric.scale_integer(number, 0),
        ValueRef::Real(number) => return cell_of_number(metric, number),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => return cell_of(metric, text.trim(), 1, true),
            Err(_) => return Cell::Bad(RejectCode::Unreadable),
        },
        ValueRef::Null => return Cell::Absent,
        ValueRef::Blob(_) => return Cell::Bad(RejectCode::Unreadable),
    };
    match stored {
        Ok(value) if value <= 0 && metric == Metric::HeartRate => Cell::Absent,
        Ok(value) => Cell::Value(value),
        Err(_) => Cell::Bad(RejectCode::ValueOutOfRange),
    }
}

/// An instant in seconds or milliseconds since 1970, which tell themselves apart: no device measured before 1973, which is
/// as many milliseconds as the year 5138 is seconds.
pub(super) fn instant_ms(cell: ValueRef<'_>) -> Option<i64> {
    /// 1973-03-03T09:46:40Z in milliseconds, 5138-11-16T09:46:40Z in seconds.
    const PARTING: i64 = 100_000_000_000;
    match whole(cell)? {
        seconds @ 1..PARTING => Some(seconds * 1000),
        // Up to the same year; the store refuses what is to come long before that.
        ms @ PARTING..=100_000_000_000_000 => Some(ms),
        _ => None,
    }
}

/// A cell as a message shows it.
pub(super) struct Shown<'a>(pub(super) ValueRef<'a>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ValueRef::Null => f.write_str("nothing"),
            ValueRef::Integer(number) => write!(f, "{number}"),
            ValueRef::Real(number) => write!(f, "{number}"),
            // As much as a message shows.
            ValueRef::Text(text) => f.write_str(&String::from_utf8_lossy(&text[..text.len().min(80)])),
            ValueRef::Blob(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_milliseconds_tell_themselves_apart() {
        let at = |number| instant_ms(ValueRef::Integer(number));
        assert_eq!(at(1_700_000_000), Some(1_700_000_000_000));
        assert_eq!(at(1_700_000_000_123), Some(1_700_000_000_123));
        assert_eq!([0, -1, i64::MIN, i64::MAX].map(at), [None; 4]);
        assert_eq!(instant_ms(ValueRef::Text(b" 1700000000 ")), Some(1_700_000_000_000));
        assert_eq!(instant_ms(ValueRef::Real(1.7e9)), Some(1_700_000_000_000));
        assert_eq!([f64::NAN, f64::INFINITY, 0.5].map(|x| instant_ms(ValueRef::Real(x))), [None; 3]);
    }

    #[test]
    fn a_cell_is_what_it_holds() {
        let heart = |cell| measured(Metric::HeartRate, cell);
        assert_eq!(heart(ValueRef::Integer(72)), Cell::Value(720));
        assert_eq!(heart(ValueRef::Real(72.46)), Cell::Value(725));
        assert_eq!(heart(ValueRef::Text(b"72,5")), Cell::Value(725));
        assert_eq!(heart(ValueRef::Integer(0)), Cell::Absent);
        assert_eq!(heart(ValueRef::Integer(i64::MAX)), Cell::Bad(RejectCode::ValueOutOfRange));
        assert_eq!(heart(ValueRef::Text(b"\xff")), Cell::Bad(RejectCode::Unreadable));
        assert_eq!(heart(ValueRef::Blob(b"72")), Cell::Bad(RejectCode::Unreadable));
    }
}
