use foulee_contract::{Grain, Metric, Source, SourceKind};

use super::names::Name;
use super::{FITBIT, NAME};
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::{Collector, Device};
use crate::import::extent::instant_of;
use crate::import::files::Input;
use crate::import::head::Head;
use crate::import::importer::{Origin, Reader};
use crate::import::local_clock::LocalClock;
use crate::import::makers::Maker;
use crate::import::moment::{DateOrder, Moment, moment};
use crate::import::number::{Cell, cell_of};
use crate::import::rows::Row;
use crate::import::table::{RowFault, Table};

pub(super) const STEPS: &str = "fitbit-takeout-csv-steps";
pub(super) const HEART_RATE: &str = "fitbit-takeout-csv-heart-rate";

/// Steps are kept a minute at a time (developers.google.com/health/data-types/steps, storage resolution).
const MINUTE_MS: i64 = 60_000;

/// `steps_2023-01-01.csv` or `heart_rate_2023-01-01.csv`: times in UTC, and in newer archives who measured.
pub(super) struct TakeoutTable {
    table: Table,
    time: usize,
    value: usize,
    data_source: Option<usize>,
    metric: Metric,
    local: bool,
}

impl TakeoutTable {
    /// Whether a table is one of the two.
    pub(super) fn find(head: &Head, name: &Name) -> Option<Self> {
        let table = head.table.as_ref().ok()?;
        let data_source = table.position("datasource");
        if table.columns.len() != 2 + usize::from(data_source.is_some()) {
            return None;
        }
        let time = table.position("timestamp")?;
        let (metric, value) = match (table.position("steps"), table.position("beatsperminute")) {
            // A column of times and one of steps are nobody's own; that a third tells who counted is.
            (Some(steps), None) if data_source.is_some() || name.is("steps") => (Metric::Steps, steps),
            // A day's resting heart rate has the same columns.
            (None, Some(beats)) if name.is("heart_rate") => (Metric::HeartRate, beats),
            _ => return None,
        };
        let is_local = |cells: &Vec<String>| {
            matches!(moment(&cells[time], DateOrder::MonthFirst), Some(Moment::Local(_)))
        };
        let local = table.sample.iter().any(is_local);
        Some(Self { table: Table::new(table, None), time, value, data_source, metric, local })
    }

    fn take(
        &self,
        row: &Row<'_>,
        clock: &mut LocalClock,
        devices: &mut Devices,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), RowFault> {
        let start = instant_of(row.cell(self.time), clock)?;
        let value = match cell_of(self.metric, row.cell(self.value), 1, false) {
            Cell::Absent => return Ok(()),
            Cell::Value(value) => value,
            Cell::Bad(code) => return Err(code.into()),
        };
        let (grain, end_ms) = match self.metric {
            Metric::Steps if start.utc_ms % MINUTE_MS == 0 => (Grain::Epoch, start.utc_ms + MINUTE_MS),
            // What came by way of a phone stands at the microsecond at which it came, and nothing says how long it took.
            Metric::Steps => {
                out.not_kept("steps that are not of a whole minute, and do not say how long they took");
                return Ok(());
            }
            _ => (Grain::Sample, start.utc_ms),
        };
        let device = match self.data_source {
            None => Device::FIRST,
            Some(column) => devices.number(row.cell(column), out),
        };
        Ok(out.take_of(device, self.metric, grain, Taken::new(start, end_ms, value, row.line))?)
    }
}

impl Reader for TakeoutTable {
    fn format(&self) -> &'static str {
        if self.metric == Metric::Steps { STEPS } else { HEART_RATE }
    }

    fn origin(&self) -> Origin {
        if self.data_source.is_some() { Origin::Person } else { Origin::watch(FITBIT) }
    }

    /// The files of everybody's archive have the same names.
    fn says_whose(&self) -> bool {
        false
    }

    fn local_times(&self) -> bool {
        self.local
    }

    fn read(
        &self,
        input: Input<'_>,
        mut clock: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let mut devices = Devices::default();
        self.table.each(input, out, |row, out| self.take(row, &mut clock, &mut devices, out))
    }
}

/// The devices of a file, found again by what it calls them; rows of one stand together.
#[derive(Default)]
struct Devices {
    last: Option<(String, Device)>,
}

impl Devices {
    fn number(&mut self, name: &str, out: &mut Collector<'_, '_>) -> Device {
        if let Some((last, device)) = &self.last
            && last == name
        {
            return *device;
        }
        let device = out.device(source(name, out));
        self.last = Some((name.to_owned(), device));
        device
    }
}

/// Who measured. The account's tracker is the device that Fitbit's other files are of.
fn source(name: &str, out: &Collector<'_, '_>) -> Source {
    let maker = Maker::of(name);
    if (maker.kind, maker.name) == (SourceKind::Watch, FITBIT) {
        return Source::new(SourceKind::Watch, ["", "", "", FITBIT, ""]);
    }
    let through = if name.to_lowercase().contains("health connect") {
        "google-health.health_connect"
    } else if name.to_lowercase().contains("health kit") {
        "google-health.health_kit"
    } else {
        NAME
    };
    let given = if maker.names_more { out.pseudonym(name) } else { String::new() };
    Source::new(maker.kind, [through, maker.name, "", &given, ""])
}
