//! Data points of Open mHealth and of IEEE 1752, which follows it: a header that says whose they are and where they come
//! from, and a body that a schema describes. Not yet tried on a real export.
//!
//! They come as a list, one a line, alone, or as a list within an object; and studies put a long list of measurements
//! into one body.

mod body;
mod header;
mod points;

use std::collections::BTreeSet;

use super::collector::Collector;
use super::files::Input;
use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer, Origin, Reader};
use super::json::walk;
use super::local_clock::LocalClock;
use super::{ColumnMap, ImportError};
use header::Headers;
use points::Points;

/// The importer.
pub(super) struct OpenMhealth;

const NAME: &str = "open-mhealth";

impl Importer for OpenMhealth {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "Open mHealth and IEEE 1752 data points (header, body): steps, heart rate, beat-to-beat intervals",
        }]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        if !head.text().starts_with(b"[") && !head.text().starts_with(b"{") {
            return Ok(Detection::Unknown(None));
        }
        let mut headers = Headers::default();
        walk(head.bytes.as_slice(), &mut headers)?;
        if headers.are_of_data_points {
            let names_people = !headers.people.is_empty();
            return Ok(Detection::Known(Box::new(DataPoints { names_people })));
        }
        Ok(Detection::Unknown(Some("JSON, and no format that is known".to_owned())))
    }
}

struct DataPoints {
    /// Whether the first of them say whose they are.
    names_people: bool,
}

impl Reader for DataPoints {
    fn format(&self) -> &'static str {
        NAME
    }

    fn origin(&self) -> Origin {
        Origin::Person
    }

    fn says_whose(&self) -> bool {
        self.names_people
    }

    fn people(&self, mut input: Input<'_>, ids: &mut BTreeSet<String>) {
        let mut headers = Headers { people: std::mem::take(ids), ..Headers::default() };
        // What cannot be read is reported when it is read for its measurements.
        let _ = walk(input.reader(), &mut headers);
        *ids = headers.people;
    }

    fn read(
        &self,
        mut input: Input<'_>,
        clock: LocalClock,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let ending = walk(input.reader(), &mut Points::new(clock, out))?;
        ending.report(out);
        Ok(())
    }
}
