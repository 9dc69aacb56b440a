use std::collections::BTreeSet;

use chrono::DateTime;
use foulee_contract::How;
use serde::Deserialize;

use crate::import::ImportError;
use crate::import::json::{Document, Part, Text};

/// Most ids that are told apart when people are counted.
const MOST_IDS: usize = 1_000;

/// A data point's header, of Open mHealth (header-1.x) or IEEE 1752 (header-1.0).
#[derive(Deserialize, Default)]
#[serde(default)]
struct Written<'a> {
    #[serde(borrow)]
    schema_id: Option<SchemaId<'a>>,
    #[serde(borrow)]
    acquisition_provenance: Option<Provenance<'a>>,
    #[serde(borrow)]
    modality: Text<'a>,
    #[serde(borrow)]
    user_id: Text<'a>,
    #[serde(borrow)]
    external_datasheets: Option<Vec<Datasheet<'a>>>,
    #[serde(borrow)]
    creation_date_time: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SchemaId<'a> {
    #[serde(borrow)]
    namespace: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    version: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Provenance<'a> {
    #[serde(borrow)]
    source_name: Text<'a>,
    #[serde(borrow)]
    modality: Text<'a>,
    #[serde(borrow)]
    source_last_modification_date_time: Text<'a>,
}

/// What IEEE 1752 says of a device.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Datasheet<'a> {
    #[serde(borrow)]
    datasheet_type: Text<'a>,
    #[serde(borrow)]
    datasheet_reference: Text<'a>,
}

/// What is kept of a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The schema's namespace, name and version: `omh:step-count:3.0`. Empty where it is not said.
    pub(super) schema: String,
    pub(super) user_id: String,
    /// The app or device that it comes from.
    pub(super) source_name: String,
    pub(super) how: How,
    /// When it was changed last at its source, milliseconds since 1970, else 0. When it was made is no version.
    pub(super) rev: u64,
}

impl Header {
    /// Reads one; none where it is not one.
    pub(super) fn read(part: &Part<'_>) -> Option<Self> {
        let written: Written<'_> = part.read().ok()?;
        let provenance = written.acquisition_provenance.unwrap_or_default();
        let schema = match written.schema_id {
            Some(id) if !id.name.is_empty() => format!("{}:{}:{}", &*id.namespace, &*id.name, &*id.version),
            _ => String::new(),
        };
        let datasheet = || {
            let sheets = written.external_datasheets.unwrap_or_default();
            let maker = sheets.into_iter().find(|sheet| &*sheet.datasheet_type == "manufacturer");
            maker.map(|sheet| sheet.datasheet_reference.to_string()).unwrap_or_default()
        };
        let named = !provenance.source_name.is_empty();
        let source_name = if named { provenance.source_name.to_string() } else { datasheet() };
        let modality = if written.modality.is_empty() { &provenance.modality } else { &written.modality };
        let how = match &**modality {
            "self-reported" => How::Manual,
            "sensed" => How::Automatic,
            _ => How::Unknown,
        };
        let changed = DateTime::parse_from_rfc3339(&provenance.source_last_modification_date_time);
        let rev = changed.ok().and_then(|at| u64::try_from(at.timestamp_millis()).ok()).unwrap_or(0);
        let is_one = !schema.is_empty() || named || !written.creation_date_time.is_empty();
        is_one.then(|| Self { schema, user_id: written.user_id.to_string(), source_name, how, rev })
    }

    /// The schema's name: `step-count`.
    pub(super) fn schema_name(&self) -> &str {
        self.schema.split(':').nth(1).unwrap_or_default()
    }
}

/// The headers of a document, and whose they say that it is.
#[derive(Default)]
pub(super) struct Headers {
    /// Whether there is one.
    pub(super) are_of_data_points: bool,
    /// The ids of the people.
    pub(super) people: BTreeSet<String>,
}

impl Document for Headers {
    fn opens(&mut self, path: &str, is_list: bool) -> bool {
        opens_outside_bodies(path, is_list)
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        if last(part.path) == "header"
            && let Some(header) = Header::read(&part)
        {
            self.are_of_data_points = true;
            if !header.user_id.is_empty() && self.people.len() < MOST_IDS {
                self.people.insert(header.user_id);
            }
        }
        Ok(())
    }
}

/// Whether something is opened that may hold data points: every list and object but a header and a body that is one.
pub(super) fn opens_outside_bodies(path: &str, is_list: bool) -> bool {
    match last(path) {
        "header" => false,
        "body" => is_list,
        _ => true,
    }
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
