use std::io::{self, Read};
use std::path::PathBuf;

use super::database;
use super::files::Place;
use super::moment::{DateOrder, Moment, moment};
use super::rows::{Next, Rows};

/// How much of a file formats are detected from, bytes once unpacked.
const HEAD_BYTES: u64 = 1 << 16;

/// A file's first bytes, which formats are detected from.
pub(super) struct Head {
    pub(super) path: PathBuf,
    /// Them, unpacked.
    pub(super) bytes: Vec<u8>,
    /// Them as a table, if they can be one.
    pub(super) table: Result<HeadTable, &'static str>,
    /// The names of its tables, where it is an SQLite database.
    pub(super) database: Option<Vec<String>>,
}

/// First rows of a table.
pub(super) struct HeadTable {
    pub(super) separator: u8,
    /// Whether the first row names the columns; else they go by their number from 1.
    pub(super) header: bool,
    pub(super) columns: Vec<String>,
    /// The names folded to small letters and digits, as they are compared.
    pub(super) folded: Vec<String>,
    /// Rows that fit the header.
    pub(super) sample: Vec<Vec<String>>,
}

impl Head {
    /// Reads the first bytes; what a cut file still gives is enough.
    pub(super) fn read(place: &Place) -> io::Result<Self> {
        place
            .open(|mut input| {
                let mut bytes = Vec::new();
                if let Err(error) = input.reader().take(HEAD_BYTES).read_to_end(&mut bytes)
                    && bytes.is_empty()
                {
                    return Err(error);
                }
                Ok(bytes)
            })?
            .and_then(|bytes| {
                let database = if bytes.starts_with(database::MAGIC) {
                    Some(place.open(|mut input| database::tables(input.on_disk()?))??)
                } else {
                    None
                };
                Ok(Self { path: place.path.clone(), table: table(&bytes), bytes, database })
            })
    }

    /// Whether it begins as a text, and with what: the first bytes behind blanks and a byte-order mark.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes).trim_ascii_start()
    }
}

impl HeadTable {
    /// Where the column of a folded name is.
    pub(super) fn position(&self, folded: &str) -> Option<usize> {
        self.folded.iter().position(|column| column == folded)
    }

    /// The columns' names for a message.
    pub(super) fn listed(&self) -> String {
        const MANY: usize = 12;
        let more = if self.columns.len() > MANY { ", …" } else { "" };
        let first: Vec<&str> = self.columns.iter().take(MANY).map(String::as_str).collect();
        let listed: String = first.join(", ").chars().take(300).collect();
        listed + more
    }
}

/// A name as it is compared: `Heart Rate [bpm]` and `heart_rate_bpm` are one.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn table(bytes: &[u8]) -> Result<HeadTable, &'static str> {
    if bytes.is_empty() {
        return Err("empty");
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err("an archive within an archive; unpack it and give it by itself");
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("UTF-16 text; save it as UTF-8");
    }
    if bytes.contains(&0) {
        return Err("not text, and no format that is known");
    }
    // The last line may be cut, so it is no sample; unless it is the only one.
    let whole = if bytes.len() as u64 == HEAD_BYTES {
        bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes, |end| &bytes[..end])
    } else {
        bytes
    };
    let first = whole.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let separator = separator_of(first.ok_or("empty")?);
    let mut rows = Rows::new(whole, separator);
    let mut all: Vec<Vec<String>> = Vec::new();
    while let Ok(Next::Row) = rows.advance() {
        all.push(rows.row().cells().map(str::to_owned).collect());
    }
    let mut all = all.into_iter();
    let first = all.next().ok_or("not a table")?;
    // Names of columns are no times, whichever way round the date is.
    let header = !first.iter().any(|cell| {
        matches!(
            moment(cell, DateOrder::MonthFirst).or_else(|| moment(cell, DateOrder::DayFirst)),
            Some(Moment::Day(_) | Moment::Local(_) | Moment::Instant { .. })
        )
    });
    let columns: Vec<String> =
        if header { first.clone() } else { (1..=first.len()).map(|n| n.to_string()).collect() };
    let width = columns.len();
    let lead = if header { None } else { Some(first) };
    let sample = lead.into_iter().chain(all).filter(|cells| cells.len() == width).collect();
    Ok(HeadTable { separator, header, folded: columns.iter().map(|c| fold(c)).collect(), columns, sample })
}

/// The separator that occurs most often outside quotes; a comma where none does.
fn separator_of(line: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| !quoted && separator == byte) {
            *count += 1;
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_and_the_header_are_found() {
        let head = table(b"\xef\xbb\xbf\"Id\";\"Heart Rate [bpm]\"\r\n1;72,5\r\n").unwrap();
        assert_eq!((head.separator, head.header, head.position("heartratebpm")), (b';', true, Some(1)));
        assert_eq!(head.sample, [["1", "72,5"]]);
        let head = table(b"2019-10-16T12:08:58.041+02:00;STEPS;299.0\n").unwrap();
        assert_eq!((head.header, head.columns.join(" ")), (false, "1 2 3".to_owned()));
        assert_eq!(head.sample.len(), 1);
        assert_eq!(separator_of(b"time"), b',');
    }

    #[test]
    fn what_is_no_table_says_what_it_is() {
        assert!(table(b"PK\x03\x04rest").is_err_and(|why| why.contains("archive")));
        assert!(table(b"\xff\xfeI\0d\0").is_err_and(|why| why.contains("UTF-16")));
        assert!(table(b"a\0b").is_err_and(|why| why.contains("not text")));
        assert!(table(b"").is_err_and(|why| why == "empty"));
    }
}
