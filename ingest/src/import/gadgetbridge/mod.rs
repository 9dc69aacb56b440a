//! Gadgetbridge's database, by itself or in the zip archive of its export: one table of samples for each maker of devices.
//!
//! What a table's numbers mean is known by the table and not by its columns ([`meaning`]): `STEPS` is a minute's, an hour's
//! or a counter, as its device tells it. Of a table that is not known, heart rate alone is taken.
//! Times are instants, and nothing says in which zone.

mod device;
mod instants;
mod meaning;
mod samples;

use super::collector::Collector;
use super::database;
use super::files::Input;
use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer, Origin, Reader};
use super::local_clock::LocalClock;
use super::stored::pass_over;
use super::{ColumnMap, ImportError};
use device::Devices;
use meaning::{Table, meaning};

/// The importer.
pub(super) struct Gadgetbridge;

const NAME: &str = "gadgetbridge";

impl Importer for Gadgetbridge {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "Gadgetbridge's exported database, or the zip archive it is in: steps, heart rate and battery of each device",
        }]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let Some(tables) = &head.database else { return Ok(Detection::Unknown(None)) };
        let samples = tables.iter().any(|table| matches!(meaning(table), Some(Table::Activity(_))));
        if !samples || !tables.iter().any(|table| table == "DEVICE") {
            return Ok(Detection::Unknown(None));
        }
        // Samples of activity first: who gives them is worn.
        let mut tables: Vec<(Table, String)> =
            tables.iter().filter_map(|table| Some((meaning(table)?, table.clone()))).collect();
        tables.sort();
        Ok(Detection::Known(Box::new(Export { tables })))
    }
}

struct Export {
    tables: Vec<(Table, String)>,
}

impl Reader for Export {
    fn format(&self) -> &'static str {
        NAME
    }

    fn origin(&self) -> Origin {
        Origin::Person
    }

    fn read(
        &self,
        mut input: Input<'_>,
        mut clock: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let Some(connection) = database::open_input(&mut input, out) else { return Ok(()) };
        let Some(mut devices) = Devices::read(&connection, out)? else { return Ok(()) };
        for ((meaning, table), done) in self.tables.iter().zip(1_u64..) {
            match meaning {
                Table::Activity(meaning) => {
                    samples::read(&connection, table, *meaning, &mut devices, &mut clock, out)?;
                }
                Table::HeartRate { how, worn } => {
                    let kind = instants::HeartRates { how: *how, worn: *worn };
                    instants::heart_rates(&connection, table, kind, &mut devices, out)?;
                }
                Table::Battery => instants::battery(&connection, table, &mut devices, out)?,
                Table::NotKept => pass_over(&connection, table, table, out)?,
            }
            input.bytes_read.set(input.bytes.saturating_mul(done) / self.tables.len() as u64);
        }
        Ok(())
    }
}
