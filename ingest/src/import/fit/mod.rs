//! Garmin's FIT files, which many makers write: days as a watch counted them, and activities that a person recorded.
//!
//! Kept are step counters, heart rate and RR intervals; positions never are. Times are UTC as they stand in the file, and
//! the local offset is known where the device told it before the reading.
//!
//! `frames` splits the bytes, `message` reads the fields of one message, `clock` knows when it was, `device` who wrote it;
//! `monitoring` and `activity` make readings of them.

mod activity;
mod clock;
mod definition;
mod device;
mod frames;
mod message;
mod monitoring;

use foulee_contract::{Grain, How, Metric, RejectCode};

use super::blocks::Taken;
use super::collector::Collector;
use super::files::Input;
use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer, Origin, Reader};
use super::local_clock::{Instant, LocalClock};
use super::{ColumnMap, ImportError};
use activity::Beats;
use clock::Clock;
use device::Maker;
use frames::{Frame, Frames};
use message::Message;

/// The importer.
pub(super) struct Fit;

const NAME: &str = "fit";

/// Where a FIT file has its mark, bytes from its start. [FIT protocol, file header]
const MARK_AT: usize = 8;
const MARK: &[u8] = b".FIT";

impl Importer for Fit {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "FIT files of Garmin and others: step counters, heart rate, RR intervals of days and activities",
        }]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let is_fit = head.bytes.get(MARK_AT..).is_some_and(|bytes| bytes.starts_with(MARK));
        Ok(if is_fit { Detection::Known(Box::new(Export)) } else { Detection::Unknown(None) })
    }
}

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
        let mut frames = Frames::new(input.reader());
        let mut file = File::default();
        let mut number = 0;
        loop {
            match frames.next() {
                Frame::File => file = File::default(),
                Frame::Message(message) => {
                    number += 1;
                    file.take(&message, number, out)?;
                }
                // What came before is sound as far as it can be told, and so is the next file of the chain.
                Frame::Damaged(damage) => out.cut_short(number, format_args!("{damage}")),
                Frame::End => return Ok(()),
            }
        }
    }
}

/// What is known so far of the file that is being read; several may stand in one, each on its own.
#[derive(Default)]
struct File {
    clock: Clock,
    maker: Maker,
    beats: Beats,
}

impl File {
    fn take(
        &mut self,
        message: &Message,
        number: u64,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let at = self.clock.time_of(message);
        if message.has_developer_fields {
            out.not_kept("developer fields");
        }
        match message.kind {
            message::FILE_ID => self.maker.note_file(message),
            message::MONITORING_INFO => self.clock.note_local_time(message, clock::OF_MONITORING_INFO),
            message::MONITORING => monitoring::take(self, message, at, number, out)?,
            message::RECORD => activity::take_record(self, message, at, number, out)?,
            message::HRV => activity::take_beats(self, message, number, out)?,
            // The tools that wrote it, and what developer fields are called: nothing of the person.
            message::FILE_CREATOR | message::FIELD_DESCRIPTION | message::DEVELOPER_DATA_ID => {}
            other => {
                match other {
                    message::DEVICE_INFO => self.maker.note_device(message),
                    message::DEVICE_SETTINGS => self.clock.note_settings(message),
                    message::ACTIVITY => self.clock.note_local_time(message, clock::OF_ACTIVITY),
                    message::TIMESTAMP_CORRELATION => {
                        self.clock.note_local_time(message, clock::OF_CORRELATION);
                    }
                    _ => {}
                }
                out.not_kept(&message.name);
            }
        }
        Ok(())
    }

    /// Hands over a reading of the file's own device.
    fn keep(
        &mut self,
        metric: Metric,
        (at, seq, how): (Instant, u64, How),
        whole: i64,
        number: u64,
        out: &mut Collector<'_, '_>,
    ) -> Result<(), ImportError> {
        let Ok(value) = metric.scale_integer(whole, 0) else {
            out.reject(RejectCode::ValueOutOfRange, number, format_args!("{metric} {whole}"));
            return Ok(());
        };
        let device = self.maker.device(out);
        let taken = Taken { seq, how, ..Taken::new(at, at.utc_ms, value, number) };
        out.take_of(device, metric, Grain::Sample, taken)
    }
}

/// Beats a minute, where any were counted.
fn heart_rate(message: &Message, field: u8) -> Option<i64> {
    // 255 is FIT's "none" and gone by now; watches write 0 as well while they find no pulse.
    message.whole(field).filter(|bpm| *bpm > 0)
}
