//! Rows of a text table, one line each.
//!
//! By hand and not with the csv crate, because there a stray quote swallows the rest of the file into one field. Here
//! a row ends with its line whatever is in it, and memory stays bounded.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// Longest line that is read, bytes; what is longer is no row of a table of readings.
const MAX_LINE: usize = 1 << 16;

/// A reader of rows.
pub(super) struct Rows<R> {
    input: R,
    separator: u8,
    line: Vec<u8>,
    text: String,
    cells: Vec<(usize, usize)>,
    number: u64,
}

/// What came next.
pub(super) enum Next {
    /// A row: [`Rows::row`].
    Row,
    /// A line that is too long to be one.
    TooLong,
    /// The end.
    End,
}

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    /// The line's number in the file, from 1.
    pub(super) line: u64,
    text: &'a str,
    cells: &'a [(usize, usize)],
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(input: R, separator: u8) -> Self {
        Self { input, separator, line: Vec::new(), text: String::new(), cells: Vec::new(), number: 0 }
    }

    /// Reads on to the next line that is not blank.
    pub(super) fn advance(&mut self) -> io::Result<Next> {
        loop {
            self.line.clear();
            let limit = MAX_LINE as u64 + 1;
            if (&mut self.input).take(limit).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(Next::End);
            }
            self.number += 1;
            if self.line.last() != Some(&b'\n') && self.line.len() > MAX_LINE {
                self.input.skip_until(b'\n')?;
                return Ok(Next::TooLong);
            }
            self.split();
            if !self.text.trim().is_empty() {
                return Ok(Next::Row);
            }
        }
    }

    /// The number of the line read last.
    pub(super) fn line(&self) -> u64 {
        self.number
    }

    /// The row read last.
    pub(super) fn row(&self) -> Row<'_> {
        Row { line: self.number, text: &self.text, cells: &self.cells }
    }

    fn split(&mut self) {
        let mut line = self.line.as_slice();
        if self.number == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        self.text.clear();
        self.text.push_str(&match std::str::from_utf8(line) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(line),
        });
        self.cells.clear();
        if self.text.contains('"') {
            unquote(&mut self.text, self.separator, &mut self.cells);
            return;
        }
        let mut from = 0;
        for (at, byte) in self.text.bytes().enumerate() {
            if byte == self.separator {
                self.cells.push((from, at));
                from = at + 1;
            }
        }
        self.cells.push((from, self.text.len()));
    }
}

/// Splits a line with quotes and takes them out of `text`; a quote that is never closed ends with the line.
fn unquote(text: &mut String, separator: u8, cells: &mut Vec<(usize, usize)>) {
    let mut plain = String::with_capacity(text.len());
    let (mut from, mut quoted) = (0, false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                plain.push('"');
            }
            '"' => quoted = !quoted,
            c if !quoted && c == char::from(separator) => {
                cells.push((from, plain.len()));
                plain.push(c);
                from = plain.len();
            }
            c => plain.push(c),
        }
    }
    cells.push((from, plain.len()));
    *text = plain;
}

impl<'a> Row<'a> {
    /// A cell without the blanks around it; empty when there is none.
    pub(super) fn cell(&self, column: usize) -> &'a str {
        self.cells.get(column).map_or("", |(from, to)| self.text[*from..*to].trim())
    }

    /// Every cell.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'a str> {
        let text = self.text;
        self.cells.iter().map(move |(from, to)| text[*from..*to].trim())
    }

    /// Whether it has a cell for each of `columns`, and nothing but empty ones beyond.
    pub(super) fn fits(&self, columns: usize) -> bool {
        self.cells.len() >= columns && self.cells().skip(columns).all(str::is_empty)
    }

    /// The line, without quotes.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], separator: u8) -> Vec<(u64, Vec<String>)> {
        let mut rows = Rows::new(text, separator);
        let mut read = Vec::new();
        loop {
            match rows.advance().unwrap() {
                Next::End => return read,
                Next::TooLong => read.push((rows.line(), vec!["too long".into()])),
                Next::Row => read.push((rows.line(), rows.row().cells().map(str::to_owned).collect())),
            }
        }
    }

    #[test]
    fn marks_line_ends_blanks_and_quotes_are_taken_off() {
        let rows = read(b"\xef\xbb\xbfa,\"b \"\"c\"\", d\"\r\n\r\n 1 ,2", b',');
        assert_eq!(rows, [(1, vec!["a".into(), "b \"c\", d".into()]), (3, vec!["1".into(), "2".into()])]);
        assert_eq!(read(b"\xe9t\xe9;1\n", b';'), [(1, vec!["\u{fffd}t\u{fffd}".into(), "1".into()])]);
    }

    #[test]
    fn a_stray_quote_or_an_endless_line_costs_one_row() {
        assert_eq!(read(b"\"1,2\n3,4\n", b',').len(), 2);
        let mut long = vec![b'x'; 3 * MAX_LINE];
        long.extend_from_slice(b"\n1\n");
        assert_eq!(read(&long, b','), [(1, vec!["too long".into()]), (2, vec!["1".into()])]);
    }
}
