//! Rows and objects on stdout, for programs.
//!
//! Invariants: what is unknown is an empty cell or null, never 0; rows leave as they come, so that memory does not grow
//! with them; a reader who has seen enough (`| head`) is no failure.

use std::borrow::Cow;
use std::io::{self, BufWriter, Stdout, Write};

use clap::ValueEnum;
use serde::Serialize;

/// The shape of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RowFormat {
    /// A header line, then a line a row; quoted as RFC 4180 says, lines end with LF.
    Csv,
    /// An array of objects, one a line.
    Json,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number.
    Integer(i64),
    /// A number, written with the fewest digits that read back as the same; one that is not finite is unknown.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// Unknown.
    Empty,
}

/// Whether anybody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Somebody may.
    There,
    /// Nobody does; more rows go nowhere, without harm.
    Gone,
}

/// Why output failed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// It could not be written.
    #[error("the output could not be written: {0}")]
    Write(#[source] io::Error),
    /// A row does not fit its header.
    #[error("a row has {found} cells, the header {expected}")]
    Width {
        /// Columns of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
}

/// Rows under one header.
pub struct Table<W: Write> {
    columns: &'static [&'static str],
    encoder: Encoder<W>,
    reader: Reader,
}

enum Encoder<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json { out: W, rows: u64 },
}

impl Table<BufWriter<Stdout>> {
    /// Begins a table on stdout.
    ///
    /// # Errors
    /// The header could not be written.
    pub fn stdout(columns: &'static [&'static str], format: RowFormat) -> Result<Self, OutputError> {
        Self::new(BufWriter::new(io::stdout()), columns, format)
    }
}

impl<W: Write> Table<W> {
    /// Begins a table.
    ///
    /// # Errors
    /// The header could not be written.
    pub fn new(out: W, columns: &'static [&'static str], format: RowFormat) -> Result<Self, OutputError> {
        let encoder = match format {
            RowFormat::Csv => Encoder::Csv(Box::new(csv::Writer::from_writer(out))),
            RowFormat::Json => Encoder::Json { out, rows: 0 },
        };
        let mut table = Self { columns, encoder, reader: Reader::There };
        let begun = match &mut table.encoder {
            Encoder::Csv(writer) => writer.write_record(columns).map_err(cause),
            Encoder::Json { out, .. } => out.write_all(b"["),
        };
        table.note(begun)?;
        Ok(table)
    }

    /// Writes a row: a cell for each column, in their order.
    ///
    /// # Errors
    /// It does not fit the header, or could not be written.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<Reader, OutputError> {
        let (expected, found) = (self.columns.len(), cells.len());
        if expected != found {
            return Err(OutputError::Width { expected, found });
        }
        if self.reader == Reader::Gone {
            return Ok(Reader::Gone);
        }
        let written = match &mut self.encoder {
            Encoder::Csv(writer) => {
                writer.write_record(cells.iter().map(|cell| cell.text().into_owned())).map_err(cause)
            }
            Encoder::Json { out, rows } => {
                *rows += 1;
                let lead: &[u8] = if *rows == 1 { b"\n" } else { b",\n" };
                out.write_all(lead).and_then(|()| write_object(out, self.columns, cells))
            }
        };
        self.note(written)
    }

    /// Ends the table; without it, what is written may stay behind.
    ///
    /// # Errors
    /// It could not be written.
    pub fn finish(mut self) -> Result<(), OutputError> {
        if self.reader == Reader::There {
            let ended = match &mut self.encoder {
                Encoder::Csv(writer) => writer.flush(),
                Encoder::Json { out, rows } => {
                    let end: &[u8] = if *rows == 0 { b"]\n" } else { b"\n]\n" };
                    out.write_all(end).and_then(|()| out.flush())
                }
            };
            self.note(ended)?;
        }
        Ok(())
    }

    fn note(&mut self, written: io::Result<()>) -> Result<Reader, OutputError> {
        self.reader = reader_after(written)?;
        Ok(self.reader)
    }
}

/// Prints an object as JSON on stdout, on one line.
///
/// # Errors
/// It could not be written.
pub fn print_json<T: Serialize>(object: &T) -> Result<(), OutputError> {
    let mut line = serde_json::to_vec(object).map_err(|error| OutputError::Write(error.into()))?;
    line.push(b'\n');
    write_out(io::stdout(), &line)
}

/// Prints text for people on stdout, as it is.
///
/// # Errors
/// It could not be written.
pub fn print_text(text: &str) -> Result<(), OutputError> {
    write_out(io::stdout(), text.as_bytes())
}

fn write_out(mut out: impl Write, bytes: &[u8]) -> Result<(), OutputError> {
    reader_after(out.write_all(bytes).and_then(|()| out.flush())).map(|_| ())
}

fn reader_after(written: io::Result<()>) -> Result<Reader, OutputError> {
    match written {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(OutputError::Write(error)),
    }
}

/// The fault of the stream itself: the crate's own conversion hides what kind it is.
fn cause(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn write_object(out: &mut impl Write, columns: &[&str], cells: &[Cell<'_>]) -> io::Result<()> {
    for (at, (column, cell)) in columns.iter().zip(cells).enumerate() {
        out.write_all(if at == 0 { b"{" } else { b"," })?;
        serde_json::to_writer(&mut *out, column)?;
        out.write_all(b":")?;
        match (cell, cell.text()) {
            (Cell::Text(text), _) => serde_json::to_writer(&mut *out, text)?,
            // Only a number that is not finite.
            (_, text) if text.is_empty() => out.write_all(b"null")?,
            (_, text) => out.write_all(text.as_bytes())?,
        }
    }
    out.write_all(b"}")
}

impl Cell<'_> {
    /// The cell as CSV has it, before quotes.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Number(number) => Cow::Owned(shortest(*number)),
            Self::Bool(yes) => Cow::Borrowed(if *yes { "true" } else { "false" }),
            Self::Empty => Cow::Borrowed(""),
        }
    }
}

/// The fewest digits that read back as the same number, in a form that JSON knows too.
fn shortest(number: f64) -> String {
    // Beyond these a number without an exponent is a row of zeros.
    match number.abs() {
        size if !size.is_finite() => String::new(),
        size if size != 0.0 && !(1e-7..1e17).contains(&size) => format!("{number:e}"),
        _ => number.to_string(),
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Cell<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[&str] = &["name", "count", "value", "ok"];

    fn written(format: RowFormat, rows: &[[Cell<'_>; 4]]) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, COLUMNS, format).unwrap();
        for row in rows {
            assert_eq!(table.row(row).unwrap(), Reader::There);
        }
        table.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn rows() -> [[Cell<'static>; 4]; 3] {
        [
            ["a,\"b\"\nc".into(), 3_i64.into(), 0.1.into(), true.into()],
            ["".into(), 0_u32.into(), 5.0.into(), false.into()],
            [None::<String>.into(), None::<i64>.into(), f64::NAN.into(), None::<bool>.into()],
        ]
    }

    #[test]
    fn csv_quotes_what_needs_it_and_leaves_the_unknown_empty() {
        let expected = "name,count,value,ok\n\"a,\"\"b\"\"\nc\",3,0.1,true\n,0,5,false\n,,,\n";
        assert_eq!(written(RowFormat::Csv, &rows()), expected);
        assert_eq!(written(RowFormat::Csv, &[]), "name,count,value,ok\n");
    }

    #[test]
    fn json_keeps_the_order_of_the_columns_and_tells_empty_from_unknown() {
        let expected = "[\n\
            {\"name\":\"a,\\\"b\\\"\\nc\",\"count\":3,\"value\":0.1,\"ok\":true},\n\
            {\"name\":\"\",\"count\":0,\"value\":5,\"ok\":false},\n\
            {\"name\":null,\"count\":null,\"value\":null,\"ok\":null}\n]\n";
        assert_eq!(written(RowFormat::Json, &rows()), expected);
        assert_eq!(written(RowFormat::Json, &[]), "[]\n");
    }

    #[test]
    fn numbers_read_back_as_the_same() {
        let numbers = [0.1 + 0.2, 1.0 / 3.0, 1e300, -5e-324, 1e-7, 9.9e-8, 1e17, 0.0, f64::MAX, 123_456.0];
        for number in numbers {
            let text = shortest(number);
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{text}");
            assert_eq!(serde_json::from_str::<f64>(&text).unwrap(), number, "{text}");
            assert!(text.len() < 26, "{text}");
        }
    }

    #[test]
    fn a_row_fits_its_header() {
        let mut table = Table::new(Vec::new(), COLUMNS, RowFormat::Csv).unwrap();
        let error = table.row(&[Cell::Empty]).unwrap_err();
        assert!(matches!(error, OutputError::Width { expected: 4, found: 1 }), "{error}");
    }

    /// Takes so many bytes, then fails in one way.
    struct Failing(usize, io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(self.1.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_has_seen_enough_is_no_failure_and_a_full_disk_is_one() {
        for format in [RowFormat::Csv, RowFormat::Json] {
            for room in [0, 1, 100, 20_000] {
                let mut table =
                    Table::new(Failing(room, io::ErrorKind::BrokenPipe), COLUMNS, format).unwrap();
                let gone = (0..9_999).position(|_| table.row(&rows()[0]).unwrap() == Reader::Gone);
                assert!(gone.is_some(), "{format:?} {room}");
                table.finish().unwrap();

                let full = Table::new(Failing(room, io::ErrorKind::StorageFull), COLUMNS, format);
                let failed = full.and_then(|mut table| {
                    (0..9_999).try_for_each(|_| table.row(&rows()[0]).map(|_| ()))?;
                    table.finish()
                });
                assert!(matches!(failed, Err(OutputError::Write(_))), "{format:?} {room}");
            }
        }
        assert!(write_out(Failing(0, io::ErrorKind::BrokenPipe), b"x").is_ok());
    }
}
