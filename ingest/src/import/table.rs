use std::collections::BTreeSet;
use std::fmt;

use foulee_contract::RejectCode;

use super::ImportError;
use super::collector::Collector;
use super::files::Input;
use super::head::HeadTable;
use super::rows::{Next, Row, Rows};

/// Most ids that are told apart when people are counted.
const MOST_IDS: usize = 1_000;

/// A row as a message shows it: its numbers and times. A word may be somebody's name, or what they call their watch.
struct Shown<'a>(&'a Row<'a>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_number = |cell: &str| {
            cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
                && cell.bytes().all(|byte| byte.is_ascii_digit() || b" :/.-+,TZAPM".contains(&byte))
        };
        for (at, cell) in self.0.cells().enumerate() {
            let between = if at == 0 { "" } else { "," };
            let shown = if cell.is_empty() || is_number(cell) { cell } else { "…" };
            write!(f, "{between}{shown}")?;
        }
        Ok(())
    }
}

/// How a file's rows are laid out.
pub(super) struct Table {
    separator: u8,
    header: bool,
    columns: usize,
    person: Option<usize>,
}

/// Why a row did not go through.
pub(super) enum RowFault {
    /// It is refused, the next one may be good.
    Refused(RejectCode),
    /// The import stops.
    Stopped(ImportError),
}

impl From<RejectCode> for RowFault {
    fn from(code: RejectCode) -> Self {
        Self::Refused(code)
    }
}

impl From<ImportError> for RowFault {
    fn from(error: ImportError) -> Self {
        Self::Stopped(error)
    }
}

impl Table {
    /// The layout of a head; `person` is the column of the export's own ids.
    pub(super) fn new(head: &HeadTable, person: Option<usize>) -> Self {
        Self { separator: head.separator, header: head.header, columns: head.columns.len(), person }
    }

    /// The id that a row gives to its person, if the table has a column for it.
    pub(super) fn person<'r>(&self, row: &Row<'r>) -> Result<Option<&'r str>, RejectCode> {
        match self.person.map(|column| row.cell(column)) {
            Some("") => Err(RejectCode::Unreadable),
            id => Ok(id),
        }
    }

    /// Hands over row by row. A row that is refused is counted; a file that ends early keeps what came before.
    pub(super) fn each(
        &self,
        mut input: Input<'_>,
        out: &mut Collector<'_, '_>,
        mut take: impl FnMut(&Row<'_>, &mut Collector<'_, '_>) -> Result<(), RowFault>,
    ) -> Result<(), ImportError> {
        let mut rows = Rows::new(input.reader(), self.separator);
        let mut names: Option<String> = None;
        loop {
            match rows.advance() {
                Ok(Next::Row) => {}
                Ok(Next::TooLong) => {
                    out.reject(
                        RejectCode::Unreadable,
                        rows.line(),
                        format_args!("a line longer than 64 KiB"),
                    );
                    continue;
                }
                Ok(Next::End) => return Ok(()),
                Err(error) => {
                    let line = rows.line() + 1;
                    out.cut_short(line, format_args!("{error}"));
                    return Ok(());
                }
            }
            let row = rows.row();
            if self.header && names.is_none() {
                names = Some(row.text().to_owned());
                continue;
            }
            let taken =
                if row.fits(self.columns) { take(&row, out) } else { Err(RejectCode::Unreadable.into()) };
            match taken {
                Ok(()) => {}
                // Files put behind one another bring their header along.
                Err(RowFault::Refused(_)) if names.as_deref() == Some(row.text()) => {}
                Err(RowFault::Refused(code)) => out.reject(code, row.line, format_args!("{}", Shown(&row))),
                Err(RowFault::Stopped(error)) => return Err(error),
            }
        }
    }

    /// Adds the ids of a file's people; rows that do not fit and what cannot be read count for nothing.
    pub(super) fn people(&self, mut input: Input<'_>, ids: &mut BTreeSet<String>) {
        let Some(person) = self.person else { return };
        let mut rows = Rows::new(input.reader(), self.separator);
        let mut names: Option<String> = None;
        while let Ok(next) = rows.advance() {
            match next {
                Next::End => return,
                Next::TooLong => continue,
                Next::Row => {}
            }
            let row = rows.row();
            if self.header && names.is_none() {
                names = Some(row.text().to_owned());
                continue;
            }
            let id = row.cell(person);
            if row.fits(self.columns)
                && !id.is_empty()
                && !ids.contains(id)
                && names.as_deref() != Some(row.text())
            {
                ids.insert(id.to_owned());
                if ids.len() >= MOST_IDS {
                    return;
                }
            }
        }
    }
}
