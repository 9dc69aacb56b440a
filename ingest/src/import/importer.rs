use std::collections::BTreeSet;

use foulee_contract::SourceKind;

use super::apple::Apple;
use super::collector::Collector;
use super::files::Input;
use super::fit::Fit;
use super::fitabase::Fitabase;
use super::gadgetbridge::Gadgetbridge;
use super::garmin_stream::GarminStream;
use super::google_health::GoogleHealth;
use super::head::Head;
use super::health_connect::HealthConnect;
use super::local_clock::LocalClock;
use super::minute_table::MinuteTable;
use super::open_mhealth::OpenMhealth;
use super::{ColumnMap, ImportError};

/// A family of formats.
pub(super) trait Importer: Sync {
    /// Its name, as `--format` takes it.
    fn name(&self) -> &'static str;

    /// Its formats.
    fn formats(&self) -> Vec<FormatInfo>;

    /// What a file is, from its first bytes.
    fn detect(&self, head: &Head, map: &ColumnMap) -> Result<Detection, ImportError>;
}

/// What an importer says of a file.
pub(super) enum Detection {
    /// It can be read.
    Known(Box<dyn Reader>),
    /// It is known, and holds nothing that Foulée keeps: why. Another importer may know better.
    NotKept(String),
    /// It is known, and no other importer may take what it holds for something else.
    NobodyElses(String),
    /// It is not one of this importer's, and why, where that helps.
    Unknown(Option<String>),
}

/// Reads one file.
pub(super) trait Reader {
    /// The format's name.
    fn format(&self) -> &'static str;

    /// What the file says of devices and people.
    fn origin(&self) -> Origin;

    /// Whether it holds local times that do not say where.
    fn local_times(&self) -> bool {
        false
    }

    /// Whether the file or its name says whose it is, so that `--study` can tell people apart by it.
    fn says_whose(&self) -> bool {
        self.origin() != Origin::Person
    }

    /// Adds the export's own ids of the people that the file holds, where it has any.
    fn people(&self, _input: Input<'_>, _ids: &mut BTreeSet<String>) {}

    /// Reads it as a stream. What is wrong in a row is counted, and the next one is read.
    fn read(
        &self,
        input: Input<'_>,
        clock: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError>;
}

/// What a file says of where its readings come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is one device's, which the options may name and else is called this.
    Device {
        /// The device's name where `--source` gives none; empty for a device that nobody named.
        name: &'static str,
        /// What sort of device it was where `--kind` does not say.
        kind: SourceKind,
        /// Whether the file itself shows that this kind is right.
        shows_kind: bool,
    },
    /// Data of several devices, each of which it names; one person's, where nothing in it says whose.
    Person,
}

impl Origin {
    /// A worn device, as the file shows.
    pub(super) const fn watch(name: &'static str) -> Self {
        Self::Device { name, kind: SourceKind::Watch, shows_kind: true }
    }
}

/// Every importer, the surest sign first.
pub(super) const IMPORTERS: [&dyn Importer; 9] = [
    &Apple,
    &Fit,
    &Gadgetbridge,
    &HealthConnect,
    &GoogleHealth,
    &OpenMhealth,
    &Fitabase,
    &GarminStream,
    &MinuteTable,
];

/// A format that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatInfo {
    /// The importer, which `--format` takes for all of its formats.
    pub importer: &'static str,
    /// The format, as `--format` takes it and the summary names it.
    pub name: &'static str,
    /// What it holds, and how it is known.
    pub what: &'static str,
}

/// Every format that can be imported.
#[must_use]
pub fn describe_formats() -> Vec<FormatInfo> {
    IMPORTERS.iter().flat_map(|importer| importer.formats()).collect()
}
