//! A plain table of readings with named columns: a time, values, and if need be who, until when and at what offset.
//!
//! Values stand in a column a metric, or as a kind and a value a row. A row without an end is a minute when the
//! table's times are whole minutes, else an instant. What a table does not say (which of day and month comes first,
//! how long a coarser row lasts) is refused with the fix, never guessed.

mod columns;
mod read;
mod shape;

pub(super) use columns::{Columns, Values, Words};
pub(super) use read::TimedTable;

use super::head::{Head, HeadTable};
use super::importer::{Detection, FormatInfo, Importer};
use super::table::Table;
use super::{ColumnMap, ImportError};

/// The importer.
pub(super) struct MinuteTable;

const NAME: &str = "minute-table";

impl Importer for MinuteTable {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "a table with a column of times and columns of readings (steps, heart_rate, ...) or of kind and \
                   value; columns are found by common names or named with --map",
        }]
    }

    fn detect(&self, head: &Head, map: &ColumnMap) -> Result<Detection, ImportError> {
        let table = match &head.table {
            Ok(table) => table,
            Err(why) => return Ok(Detection::Unknown(Some((*why).to_owned()))),
        };
        let Some(columns) = Columns::find(table, map, &head.path)? else {
            let why = format!("no format that is known; its columns are {}", table.listed());
            return Ok(Detection::Unknown(Some(why)));
        };
        let default_source = default_source(table);
        Ok(match TimedTable::new(NAME, default_source, columns, table, head)? {
            Ok(table) => Detection::Known(Box::new(table)),
            Err(why) => Detection::Unknown(Some(why)),
        })
    }
}

/// Fitabase's measures joined in one table (its `Id`, and Fitbit's `Intensity` of 0 to 3) are of the device that its
/// other files are of; any other table's device is not known.
fn default_source(table: &HeadTable) -> &'static str {
    let joined = ["id", "heartrate", "steps", "intensity"].iter().all(|name| table.position(name).is_some());
    if joined { "fitbit" } else { "" }
}

impl TimedTable {
    /// A table with its columns found; the inner error says in words why it cannot be read.
    pub(super) fn new(
        format: &'static str,
        default_source: &'static str,
        columns: Columns,
        table: &HeadTable,
        head: &Head,
    ) -> Result<Result<Self, String>, ImportError> {
        Ok(shape::time_shape(&columns, table, head)?.map(|shape| Self {
            format,
            default_source,
            table: Table::new(table, columns.person),
            columns,
            shape,
            decimal_comma: table.separator != b',',
        }))
    }
}
