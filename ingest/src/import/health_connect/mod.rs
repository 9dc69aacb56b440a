//! Health Connect's exported database, by itself or in the zip archive that the phone writes.
//!
//! Records of steps with their extent and series of heart rates, each with the app and the device that made it and the local
//! offset of its day. A record that was changed comes again under its time of change. Written from what others say of the
//! tables: Android describes them nowhere but in its code (`packages/modules/HealthFitness`).

mod origin;
mod records;

use super::collector::Collector;
use super::database;
use super::files::Input;
use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer, Origin, Reader};
use super::local_clock::LocalClock;
use super::stored::pass_over;
use super::{ColumnMap, ImportError};
use origin::Origins;

/// The importer.
pub(super) struct HealthConnect;

const NAME: &str = "health-connect";

const STEPS: &str = "steps_record_table";
const HEART_RATE: &str = "heart_rate_record_table";
/// The single heart rates of a record, which is no more than their frame.
const HEART_RATES: &str = "heart_rate_record_series_table";

impl Importer for HealthConnect {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "Android Health Connect's exported database, or the zip archive it is in: steps and heart rate of each app and device",
        }]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let Some(tables) = &head.database else { return Ok(Detection::Unknown(None)) };
        let has = |name: &str| tables.iter().any(|table| table == name);
        Ok(if [STEPS, HEART_RATE, HEART_RATES].into_iter().any(has) {
            Detection::Known(Box::new(Export { tables: tables.clone() }))
        } else {
            Detection::Unknown(None)
        })
    }
}

struct Export {
    tables: Vec<String>,
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
        _: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let Some(connection) = database::open_input(&mut input, out) else { return Ok(()) };
        let Some(mut origins) = Origins::read(&connection, &self.tables, out)? else { return Ok(()) };
        let framed = self.tables.iter().any(|table| table == HEART_RATE);
        for (table, done) in self.tables.iter().zip(1_u64..) {
            match table.as_str() {
                STEPS => records::steps(&connection, &mut origins, out)?,
                HEART_RATES => records::heart_rates(&connection, framed, &mut origins, out)?,
                HEART_RATE => {}
                other if other.ends_with("_record_table") => pass_over(&connection, other, other, out)?,
                _ => {}
            }
            input.bytes_read.set(input.bytes.saturating_mul(done) / self.tables.len() as u64);
        }
        Ok(())
    }
}
