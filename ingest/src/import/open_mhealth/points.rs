use std::collections::HashMap;

use foulee_contract::{How, RejectCode, Source, SourceKind};

use super::NAME;
use super::body::{Body, Said};
use super::header::{Header, last, opens_outside_bodies};
use crate::import::ImportError;
use crate::import::blocks::Taken;
use crate::import::collector::{Collector, Device, MOST_SPELLED_BYTES};
use crate::import::extent::grain_of;
use crate::import::json::{Document, Part};
use crate::import::local_clock::LocalClock;
use crate::import::makers::Maker;

/// Schemas that are kept, by name; their namespaces and versions differ in what is read either way.
const KEPT: [&str; 4] = ["step-count", "heart-rate", "rr-interval", "physical-activity"];

/// Most bytes of the fields of one body, which are put together again. [D]
const MOST_FIELDS: usize = 1 << 20;

/// Most spellings of devices that are remembered.
const MOST_KNOWN: usize = 10_000;

/// Takes the data points of a document.
pub(super) struct Points<'o, 'r, 'a> {
    clock: LocalClock,
    out: &'o mut Collector<'r, 'a>,
    /// The data point that is being read.
    point: Point,
    /// Data points so far, and measurements of lists in one.
    number: u64,
    /// For each document or item of a list that is open how many there were before it, if it is an object.
    before: Vec<Option<u64>>,
    devices: HashMap<(String, String, bool), Device>,
}

#[derive(Default)]
struct Point {
    header: Option<Header>,
    /// Whether something of it cannot be read.
    is_broken: bool,
    body: Option<Inside>,
    /// The body's fields, put together as an object that is not closed.
    fields: String,
    /// Whether the body had a list of measurements, each of which was taken by itself.
    had_list: bool,
}

/// The body that is being read.
struct Inside {
    path: String,
    /// Whether it is a series: a list of what would be bodies by themselves.
    is_list: bool,
}

impl Point {
    fn is_blank(&self) -> bool {
        self.header.is_none() && !self.is_broken && self.fields.is_empty() && !self.had_list
    }
}

impl<'o, 'r, 'a> Points<'o, 'r, 'a> {
    pub(super) fn new(clock: LocalClock, out: &'o mut Collector<'r, 'a>) -> Self {
        let (before, devices) = (Vec::new(), HashMap::new());
        Self { clock, out, point: Point::default(), number: 0, before, devices }
    }

    /// Keeps a field of a body until all of them are there.
    fn field(&mut self, part: &Part<'_>) {
        let json = part.json.and_then(|json| std::str::from_utf8(json).ok());
        match json {
            Some(json) if self.point.fields.len() + json.len() <= MOST_FIELDS => {
                let fields = &mut self.point.fields;
                fields.push(if fields.is_empty() { '{' } else { ',' });
                // A path has a name as it was written, without its quotes.
                fields.extend(["\"", last(part.path), "\":", json]);
            }
            _ => self.point.is_broken = true,
        }
    }

    /// Takes a body, or one measurement of a list in it.
    fn take(&mut self, json: &Part<'_>) -> Result<(), ImportError> {
        self.number += 1;
        let said = match &self.point.header {
            None => Err(RejectCode::Unreadable),
            Some(header) if !header.schema.is_empty() && !KEPT.contains(&header.schema_name()) => {
                self.out.not_kept(&header.schema);
                return Ok(());
            }
            Some(header) if header.user_id.is_empty() && self.out.is_of_study() => {
                Err(RejectCode::Unreadable)
            }
            Some(_) => json.read::<Body<'_>>().and_then(|body| body.said(&mut self.clock)),
        };
        let header = self.point.header.clone().unwrap_or_default();
        match said {
            Ok(Said::Reading { metric, start, end_ms, value }) => {
                let external = (!header.user_id.is_empty()).then_some(header.user_id.as_str());
                let device = self.device(&header, external)?;
                let taken = Taken::new(start, end_ms, value, self.number);
                let taken = Taken { rev: header.rev, how: header.how, ..taken };
                self.out.take_from(
                    external,
                    device,
                    metric,
                    grain_of(metric, start.utc_ms, end_ms),
                    taken,
                )?;
            }
            Ok(Said::Nothing) => {}
            Ok(Said::NotKept(what)) => {
                let schema =
                    if header.schema.is_empty() { "a body of another schema" } else { &header.schema };
                self.out.not_kept(format!("{schema} {}", what.unwrap_or_default()).trim_end());
            }
            Err(code) => self.out.reject(code, self.number, format_args!("{}", json.shown())),
        }
        Ok(())
    }

    fn device(&mut self, header: &Header, external: Option<&str>) -> Result<Device, ImportError> {
        let is_typed = header.how == How::Manual;
        let key = (header.user_id.clone(), header.source_name.clone(), is_typed);
        if let Some(device) = self.devices.get(&key) {
            return Ok(*device);
        }
        let maker = Maker::of(&header.source_name);
        let kind = if is_typed { SourceKind::Manual } else { maker.kind };
        let given = if maker.names_more {
            self.out.pseudonym_for(external, &header.source_name)?
        } else {
            String::new()
        };
        let device = self.out.device(Source::new(kind, [NAME, maker.name, "", &given, ""]));
        if self.devices.len() < MOST_KNOWN && key.0.len() + key.1.len() <= MOST_SPELLED_BYTES {
            self.devices.insert(key, device);
        }
        Ok(device)
    }

    /// Counts something that is no data point, or not a whole one.
    fn refuse(&mut self, why: &str) {
        self.number += 1;
        self.out.reject(RejectCode::Unreadable, self.number, format_args!("{why}"));
    }

    /// Whether a path is right below the body that is being read.
    fn is_in_body(&self, path: &str) -> bool {
        let above = path.rsplit_once('/').map(|(above, _)| above);
        self.point.body.as_ref().is_some_and(|body| above == Some(body.path.as_str()))
    }
}

/// Whether a path is a whole document's, or that of what stands in a list.
fn is_item(path: &str) -> bool {
    matches!(last(path), "" | "*")
}

impl Document for Points<'_, '_, '_> {
    fn opens(&mut self, path: &str, is_list: bool) -> bool {
        if let Some(body) = &self.point.body {
            let opens = is_list && !body.is_list && self.is_in_body(path);
            self.point.had_list |= opens;
            return opens;
        }
        if last(path) == "body" && (!is_list || self.point.header.is_some()) {
            self.point.body = Some(Inside { path: path.to_owned(), is_list });
            self.point.had_list |= is_list;
            return true;
        }
        // What else a data point has beside its header and its body is passed over.
        if !opens_outside_bodies(path, is_list) || !is_item(path) && !self.point.is_blank() {
            return false;
        }
        if is_item(path) {
            self.before.push((!is_list).then_some(self.number));
            self.point = Point::default();
        }
        true
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        match &self.point.body {
            Some(body) if body.is_list || !self.is_in_body(part.path) => return self.take(&part),
            Some(_) => self.field(&part),
            None if last(part.path) == "header" => {
                self.point.header = Header::read(&part);
                self.point.is_broken |= self.point.header.is_none();
            }
            // In a list under another name there may be anything.
            None if part.path.split('/').all(is_item) || part.path.ends_with("body/*") => {
                self.refuse(&part.shown());
            }
            None => {}
        }
        Ok(())
    }

    fn closes(&mut self, path: &str) -> Result<(), ImportError> {
        if let Some(body) = &self.point.body {
            // A list of measurements in the body, or the body itself.
            if body.path == path {
                self.point.body = None;
            }
            return Ok(());
        }
        let point = std::mem::take(&mut self.point);
        let before = if is_item(path) { self.before.pop().flatten() } else { None };
        if point.is_broken {
            self.refuse("a data point whose header or body cannot be read");
        } else if !point.fields.is_empty() && !point.had_list {
            let json = format!("{}}}", point.fields);
            self.point = point;
            self.take(&Part { path, json: Some(json.as_bytes()), number: self.number })?;
            self.point = Point::default();
        } else if point.header.is_some() && !point.had_list || before == Some(self.number) && point.is_blank()
        {
            self.refuse("no data point, or one without a body");
        }
        Ok(())
    }

    fn torn(&mut self, _: u64, why: &'static str) {
        // What there is of the data point goes with its line.
        self.point = Point::default();
        self.refuse(why);
    }
}
