use std::collections::HashMap;

use foulee_contract::{How, Metric, RejectCode, Source, SourceKind};
use serde::Deserialize;

use super::NAME;
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::{Collector, Device, MOST_SPELLED_BYTES};
use crate::import::extent::{grain_of, instant_of};
use crate::import::files::Input;
use crate::import::importer::{Origin, Reader};
use crate::import::json::{Document, Part, Text, walk};
use crate::import::local_clock::{Instant, LocalClock};
use crate::import::makers::Maker;
use crate::import::number::{Cell, cell_of};

pub(super) const FORMAT: &str = "google-health-v4";

/// Most spellings of devices that are remembered.
const MOST_KNOWN: usize = 10_000;

/// Answers of `users/me/dataTypes/{steps,heart-rate}/dataPoints`, one or several, or their points as a list. A minute
/// that is not listed was not worn or not synced; a zero is one that was worn without a step
/// (developers.google.com/health/data-presence-and-true-zeros). A point has no version.
pub(super) struct Api;

/// A data point, with what is kept of it (developers.google.com/health/reference/rest/v4/users.dataTypes.dataPoints).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    data_point_name: Text<'a>,
    #[serde(borrow)]
    data_source: Option<DataSource<'a>>,
    #[serde(borrow)]
    steps: Option<Steps<'a>>,
    #[serde(borrow)]
    heart_rate: Option<HeartRate<'a>>,
}

#[derive(Deserialize)]
struct Steps<'a> {
    #[serde(borrow)]
    interval: Interval<'a>,
    #[serde(borrow, default)]
    count: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interval<'a> {
    #[serde(borrow)]
    start_time: Text<'a>,
    #[serde(borrow)]
    end_time: Text<'a>,
    #[serde(borrow, default)]
    start_utc_offset: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeartRate<'a> {
    #[serde(borrow)]
    sample_time: SampleTime<'a>,
    #[serde(borrow, default)]
    beats_per_minute: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SampleTime<'a> {
    #[serde(borrow)]
    physical_time: Text<'a>,
    #[serde(borrow, default)]
    utc_offset: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DataSource<'a> {
    #[serde(borrow)]
    platform: Text<'a>,
    #[serde(borrow)]
    recording_method: Text<'a>,
    #[serde(borrow)]
    device: Option<DeviceOf<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DeviceOf<'a> {
    #[serde(borrow)]
    display_name: Text<'a>,
    #[serde(borrow)]
    manufacturer: Text<'a>,
    #[serde(borrow)]
    form_factor: Text<'a>,
}

impl Point<'_> {
    /// Whether it is a data point, rather than an object of another format.
    pub(super) fn is_one(&self) -> bool {
        self.steps.is_some() || self.heart_rate.is_some() || !self.kind().is_empty()
    }

    /// Its data type, by its name: `users/me/dataTypes/steps/dataPoints/…`.
    fn kind(&self) -> &str {
        let name = if self.name.is_empty() { &self.data_point_name } else { &self.name };
        let behind = name.split_once("/dataTypes/").map_or("", |(_, behind)| behind);
        behind.split('/').next().unwrap_or_default()
    }

    fn taken(&self, number: u64) -> Result<Option<(Metric, Taken)>, RejectCode> {
        // Times have zones here; what has none is not guessed at.
        let clock = &mut LocalClock::new(None);
        let (metric, start, end_ms, text) = match (&self.steps, &self.heart_rate) {
            (Some(steps), _) => {
                let end = instant_of(&steps.interval.end_time, clock)?;
                let start = instant_of(&steps.interval.start_time, clock)?;
                (Metric::Steps, with(start, &steps.interval.start_utc_offset), end.utc_ms, &steps.count)
            }
            (None, Some(heart)) => {
                let at = instant_of(&heart.sample_time.physical_time, clock)?;
                let at = with(at, &heart.sample_time.utc_offset);
                (Metric::HeartRate, at, at.utc_ms, &heart.beats_per_minute)
            }
            (None, None) => return Ok(None),
        };
        if metric == Metric::Steps && end_ms <= start.utc_ms {
            let is_empty = end_ms == start.utc_ms;
            return Err(if is_empty { RejectCode::IntervalRequired } else { RejectCode::EndBeforeStart });
        }
        match cell_of(metric, text, 1, false) {
            Cell::Value(value) => {
                let how = self.data_source.as_ref().map_or(How::Unknown, DataSource::how);
                Ok(Some((metric, Taken { how, ..Taken::new(start, end_ms, value, number) })))
            }
            Cell::Absent => Err(RejectCode::ValueMissing),
            Cell::Bad(code) => Err(code),
        }
    }
}

/// An instant with how local time stood, where that is written: `7200s`.
fn with(at: Instant, offset: &str) -> Instant {
    let seconds = offset.strip_suffix('s').and_then(|seconds| seconds.parse::<i32>().ok());
    let minutes =
        seconds.filter(|seconds| seconds % 60 == 0).and_then(|seconds| i16::try_from(seconds / 60).ok());
    Instant { offset_minutes: minutes.or(at.offset_minutes), ..at }
}

impl DataSource<'_> {
    fn how(&self) -> How {
        match &*self.recording_method {
            "MANUAL" => How::Manual,
            "ACTIVELY_MEASURED" => How::Active,
            "PASSIVELY_MEASURED" => How::Automatic,
            _ => How::Unknown,
        }
    }

    /// The device. What reached Google by way of another platform is a source of its own: the same steps may have come
    /// by both ways, cut otherwise.
    fn source(&self, out: &Collector<'_, '_>) -> Source {
        let app = match &*self.platform {
            "" | "PLATFORM_UNSPECIFIED" | "FITBIT" => NAME.to_owned(),
            other => format!("{NAME}.{other}"),
        };
        let none = DeviceOf::default();
        let device = self.device.as_ref().unwrap_or(&none);
        let kind = match &*device.form_factor {
            _ if self.how() == How::Manual => SourceKind::Manual,
            "WATCH" | "FITNESS_BAND" => SourceKind::Watch,
            "PHONE" => SourceKind::Phone,
            "RING" => SourceKind::Ring,
            "CHEST_STRAP" => SourceKind::Strap,
            _ => Maker::of(&format!("{} {}", &*device.manufacturer, &*device.display_name)).kind,
        };
        Source::new(kind, [&app, &device.manufacturer, "", &out.pseudonym(&device.display_name), ""])
    }

    /// All that its source is made of.
    fn key(&self) -> String {
        let device = self.device.as_ref().map(|device| {
            format!("{}\n{}\n{}", &*device.display_name, &*device.manufacturer, &*device.form_factor)
        });
        let is_manual = self.how() == How::Manual;
        format!("{}\n{is_manual}\n{}", &*self.platform, device.unwrap_or_default())
    }
}

impl Reader for Api {
    fn format(&self) -> &'static str {
        FORMAT
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
        let ending = walk(input.reader(), &mut Points { out, known: HashMap::new() })?;
        ending.report(out);
        Ok(())
    }
}

struct Points<'o, 'r, 'a> {
    out: &'o mut Collector<'r, 'a>,
    known: HashMap<String, Device>,
}

impl Points<'_, '_, '_> {
    fn device(&mut self, source: &DataSource<'_>) -> Device {
        let key = source.key();
        if let Some(device) = self.known.get(&key) {
            return *device;
        }
        let device = self.out.device(source.source(self.out));
        if self.known.len() < MOST_KNOWN && key.len() <= MOST_SPELLED_BYTES {
            self.known.insert(key, device);
        }
        device
    }
}

impl Document for Points<'_, '_, '_> {
    fn opens(&mut self, path: &str, is_list: bool) -> bool {
        path.is_empty() || is_list && matches!(path, "dataPoints" | "rollupDataPoints")
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        match part.path {
            "*" | "dataPoints/*" => {}
            "rollupDataPoints/*" => {
                self.out.not_kept("roll-ups");
                return Ok(());
            }
            _ => return Ok(()),
        }
        let code = match part.read::<Point<'_>>().and_then(|point| Ok((point.taken(part.number)?, point))) {
            Ok((Some((metric, taken)), point)) => {
                let none = DataSource::default();
                let device = self.device(point.data_source.as_ref().unwrap_or(&none));
                let grain = grain_of(metric, taken.start.utc_ms, taken.end_ms);
                return self.out.take_of(device, metric, grain, taken);
            }
            Ok((None, point)) if point.kind().is_empty() => {
                self.out.not_kept("a data point of another type");
                return Ok(());
            }
            Ok((None, point)) => {
                self.out.not_kept(point.kind());
                return Ok(());
            }
            Err(code) => code,
        };
        self.out.reject(code, part.number, format_args!("{}", part.shown()));
        Ok(())
    }

    fn torn(&mut self, number: u64, why: &'static str) {
        self.out.reject(RejectCode::Unreadable, number, format_args!("{why}"));
    }
}
