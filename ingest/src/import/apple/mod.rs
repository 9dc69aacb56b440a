//! Apple Health's `export.xml`, by itself or in the zip archive that the phone writes.
//!
//! Records of steps and heart rate, each with its own extent and device; a Watch and an iPhone stand side by side in it.
//! Times carry the offset of the zone in which the file was written and not of that in which a record was made, so it is
//! kept only where a record names its own zone.

pub(crate) mod device;
mod record;
mod watched;

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader as XmlReader};

use foulee_contract::{Grain, Metric, RejectCode};

use super::collector::Collector;
use super::files::Input;
use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer, Origin, Reader};
use super::local_clock::LocalClock;
use super::{ColumnMap, ImportError};
use device::Devices;
use record::{Record, read_record};
use watched::Watched;

/// The importer.
pub(super) struct Apple;

const NAME: &str = "apple-health";

/// Types of records that are kept, and what they are.
pub(crate) const KEPT: [(&str, Metric); 2] = [
    ("HKQuantityTypeIdentifierStepCount", Metric::Steps),
    ("HKQuantityTypeIdentifierHeartRate", Metric::HeartRate),
];

impl Importer for Apple {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "Apple Health's export.xml, or the export.zip that it comes in: steps and heart rate of each device",
        }]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let text = head.text();
        let begins = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
        if !text.starts_with(b"<") {
            return Ok(Detection::Unknown(None));
        }
        Ok(if begins(b"<HealthData") || begins(b"<!DOCTYPE HealthData") {
            Detection::Known(Box::new(Export))
        } else if begins(b"<ClinicalDocument") {
            Detection::NotKept(
                "Apple Health's clinical document: export.xml beside it says the same".to_owned(),
            )
        } else if begins(b"<gpx") {
            Detection::NotKept("positions: Foulée keeps none".to_owned())
        } else {
            Detection::Unknown(Some("XML, and no format that is known".to_owned()))
        })
    }
}

/// Most broken tags before the rest of a file is taken for something else.
const MOST_FAULTS: u32 = 10_000;

struct Export;

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
        let watched = Watched::new(input.reader());
        let mark = watched.mark();
        let mut xml = lenient(watched);
        let mut faults = 0;
        let mut devices = Devices::default();
        let mut buffer = Vec::new();
        // The record whose metadata is being read.
        let mut open: Option<Record> = None;
        let mut number = 0;
        loop {
            buffer.clear();
            mark.set();
            match xml.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => match tag.name().0 {
                    "Record" => {
                        number += 1;
                        close(open.take(), &mut devices, out)?;
                        open = begin(&tag, number, out);
                    }
                    "MetadataEntry" => note(open.as_mut(), &tag),
                    other => pass_over(other, out),
                },
                Ok(Event::Empty(tag)) => match tag.name().0 {
                    "Record" => {
                        number += 1;
                        close(open.take(), &mut devices, out)?;
                        close(begin(&tag, number, out), &mut devices, out)?;
                    }
                    "MetadataEntry" => note(open.as_mut(), &tag),
                    other => pass_over(other, out),
                },
                Ok(Event::End(tag)) if tag.name().0 == "Record" => close(open.take(), &mut devices, out)?,
                Ok(Event::End(tag)) if tag.name().0 == "HealthData" => return Ok(()),
                Ok(Event::Eof) => {
                    close(open.take(), &mut devices, out)?;
                    out.cut_short(number, format_args!("the end of the document is missing"));
                    return Ok(());
                }
                Ok(_) => {}
                Err(Error::Io(error)) => {
                    close(open.take(), &mut devices, out)?;
                    out.cut_short(number, format_args!("{error}"));
                    return Ok(());
                }
                // Letters of another encoding, a broken tag: what they stand in is gone, the next record is there.
                Err(error) => {
                    open = None;
                    out.reject(RejectCode::Unreadable, number, format_args!("behind it: {error}"));
                    faults += 1;
                    if faults > MOST_FAULTS {
                        out.cut_short(number, format_args!("more than {MOST_FAULTS} broken tags"));
                        return Ok(());
                    }
                    xml = lenient(xml.into_inner());
                }
            }
        }
    }
}

/// A reader for which a file of a million records is not lost for one tag.
fn lenient<R: BufRead>(input: R) -> XmlReader<R> {
    let mut xml = XmlReader::from_reader(input);
    xml.config_mut().check_end_names = false;
    xml.config_mut().allow_unmatched_ends = true;
    xml.config_mut().allow_dangling_amp = true;
    xml
}

/// A record that is kept.
fn begin(tag: &BytesStart<'_>, number: u64, out: &mut Collector<'_, '_>) -> Option<Record> {
    match read_record(tag, number) {
        Ok(record) => Some(record),
        Err(record::Fault::NotKept(kind)) => {
            out.not_kept(kind);
            None
        }
        Err(record::Fault::Refused(record::Refused { code, metric, field, why })) => {
            let what = metric.map_or("Record", Metric::name);
            out.reject(code, number, format_args!("{what}: {field}: {why}"));
            None
        }
    }
}

fn note(open: Option<&mut Record>, tag: &BytesStart<'_>) {
    if let Some(record) = open {
        record.note(tag);
    }
}

/// Takes a record whose metadata has been read.
fn close(
    record: Option<Record>,
    devices: &mut Devices,
    out: &mut Collector<'_, '_>,
) -> Result<(), ImportError> {
    let Some(record) = record else { return Ok(()) };
    let device = devices.number(&record, out);
    out.take_of(device, record.metric, Grain::Sample, record.taken())
}

/// Counts what stands beside the records.
fn pass_over(name: &str, out: &mut Collector<'_, '_>) {
    if matches!(name, "Workout" | "ActivitySummary" | "ClinicalRecord" | "Audiogram" | "VisionPrescription") {
        out.not_kept(name);
    }
}
