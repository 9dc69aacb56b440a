use std::str::FromStr;

use chrono_tz::Tz;
use foulee_contract::{ParticipantId, SourceKind};

use super::ImportError;
use super::column_map::ColumnMap;
use super::importer::describe_formats;

/// What an import is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose readings the files hold.
    pub target: Target,
    /// The zone of local times that carry no offset.
    pub time_zone: Option<Tz>,
    /// Which formats to look for.
    pub format: FormatChoice,
    /// What sort of device it was; each format has a default. It is part of the source, so two exports of one device
    /// meet where it is given alike.
    pub kind: Option<SourceKind>,
    /// The device's name within its participant; each format has a default.
    pub source: Option<String>,
    /// Names for a table's columns.
    pub map: ColumnMap,
}

impl Options {
    /// Everything detected, nothing named.
    #[must_use]
    pub fn new(target: Target) -> Self {
        let (format, map) = (FormatChoice::Auto, ColumnMap::default());
        Self { target, time_zone: None, format, kind: None, source: None, map }
    }
}

/// Whose readings the files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One participant's, all of them.
    Participant(ParticipantId),
    /// People's of a study, told apart by the export's own ids; [`super::People`] knows the study.
    Study,
}

/// Which formats to look for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormatChoice {
    /// Whichever a file's first bytes show.
    #[default]
    Auto,
    /// One importer or one of its formats, by name.
    Named(&'static str),
}

impl FromStr for FormatChoice {
    type Err = ImportError;
    fn from_str(name: &str) -> Result<Self, ImportError> {
        if name == "auto" {
            return Ok(Self::Auto);
        }
        let mut known: Vec<&'static str> = Vec::new();
        for name in describe_formats().iter().flat_map(|format| [format.importer, format.name]) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
        known.iter().find(|known| **known == name).map(|known| Self::Named(known)).ok_or_else(|| {
            ImportError::UnknownFormat { name: name.to_owned(), known: format!("auto, {}", known.join(", ")) }
        })
    }
}

impl FormatChoice {
    /// Whether a format of an importer is wanted.
    pub(super) fn admits(self, importer: &str, format: &str) -> bool {
        match self {
            Self::Auto => true,
            Self::Named(name) => name == importer || name == format,
        }
    }
}
