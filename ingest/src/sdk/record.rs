use std::borrow::Cow;

use foulee_contract::{How, Metric, RejectCode};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::loose::{Loose, nothing_of_arrays, nothing_of_scalars};
use super::origin::Origin;
use crate::import::apple::KEPT;
use crate::import::blocks::Taken;
use crate::import::local_clock::Instant;
use crate::import::moment::{DateOrder, Moment, moment, offset_minutes};
use crate::import::number::{Cell, GROUPED, cell_of, cell_of_number, why_bad};

/// A record as it came.
#[derive(Debug, Default)]
pub(super) struct Record {
    kind: Loose,
    start: Loose,
    end: Loose,
    zone: Loose,
    value: Loose,
    unit: Loose,
    maker: Maker,
    about: About,
}

/// What became of a record.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is a reading of somebody's; whether it can be true is for `accept` to say.
    Reading(Metric, Box<Origin>, Taken),
    /// It is of a kind that is not kept.
    NotKept(String),
    /// It cannot be read.
    Refused(Refusal),
}

/// Why a record was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: RejectCode,
    pub(super) field: &'static str,
    pub(super) fix: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(code: RejectCode, field: &'static str, fix: impl Into<Cow<'static, str>>) -> Self {
        Self { code, field, fix: fix.into() }
    }

    fn unreadable(field: &'static str, fix: &'static str) -> Self {
        Self::new(RejectCode::Unreadable, field, fix)
    }
}

/// What an element that is no object is refused for.
pub(super) const NO_RECORD: Refusal = Refusal {
    code: RejectCode::Unreadable,
    field: "",
    fix: Cow::Borrowed("an object with the record's fields"),
};

/// What a record is refused for that holds what cannot be read anywhere in it.
pub(super) const SPOILED: Refusal = Refusal {
    code: RejectCode::Unreadable,
    field: "",
    fix: Cow::Borrowed("texts of whole letters in UTF-8, and numbers that a double holds"),
};

/// The names that the SDK has on Android for what Apple's records are kept as.
const ANDROID: [(&str, Metric); 2] = [("STEP_COUNT", Metric::Steps), ("HEART_RATE", Metric::HeartRate)];

fn metric_of(kind: &str) -> Option<Metric> {
    KEPT.iter().chain(&ANDROID).find(|(known, _)| *known == kind).map(|(_, metric)| *metric)
}

/// The units in which the SDK sends a metric; null is the only one.
fn units(metric: Metric) -> &'static [&'static str] {
    match metric {
        Metric::HeartRate => &["bpm", "count/min", "/min", ""],
        _ => &["count", "steps", ""],
    }
}

impl Record {
    /// What becomes of it; `number` is its place among the records of the body.
    pub(super) fn outcome(self, number: u64) -> Outcome {
        let kind = self.kind.text();
        if kind.is_empty() {
            return Outcome::Refused(Refusal::unreadable("type", "what was measured, such as STEP_COUNT"));
        }
        match metric_of(kind) {
            None => Outcome::NotKept(kind.to_owned()),
            Some(metric) => match self.taken(metric, number) {
                Ok(taken) => Outcome::Reading(metric, Box::new(self.origin()), taken),
                Err(refusal) => Outcome::Refused(refusal),
            },
        }
    }

    fn taken(&self, metric: Metric, number: u64) -> Result<Taken, Refusal> {
        const TIME: &str = "a time with its zone, such as 2026-02-24T08:30:00Z";
        let start = instant(&self.start).ok_or(Refusal::unreadable("startDate", TIME))?;
        let end = instant(&self.end).ok_or(Refusal::unreadable("endDate", TIME))?;
        let unit = self.unit.text();
        if !units(metric).contains(&unit) || matches!(self.unit, Loose::Other | Loose::Truth(_)) {
            let fix = if metric == Metric::HeartRate { "bpm" } else { "count" };
            return Err(Refusal::unreadable("unit", fix));
        }
        let written = self.value.written().ok_or(Refusal::unreadable("value", "a number"))?;
        let cell = match self.value {
            // Only a text can have its thousands set apart.
            Loose::Decimal(number) => cell_of_number(metric, number),
            _ => cell_of(metric, &written, 1, false),
        };
        let value = match cell {
            Cell::Value(value) => value,
            Cell::Absent => {
                let fix = "leave the record out where there is no value";
                return Err(Refusal::new(RejectCode::ValueMissing, "value", fix));
            }
            Cell::Bad(RejectCode::ValueOutOfRange) => {
                let fix = "no device means this; leave the record out";
                return Err(Refusal::new(RejectCode::ValueOutOfRange, "value", fix));
            }
            Cell::Bad(code) => {
                let fix = if why_bad(metric, &written).is_empty() { "a number" } else { GROUPED };
                return Err(Refusal::new(code, "value", fix));
            }
        };
        // The SDK cuts times to whole seconds: steps of less than one would be steps of no time at all.
        let is_within_a_second = metric == Metric::Steps && end.0 == start.0 && start.0 % 1000 == 0;
        let end_ms = if is_within_a_second { start.0 + 1000 } else { end.0 };
        // A zone that cannot be read costs the zone: where somebody was is no part of what they did.
        let offset_minutes = offset_minutes(self.zone.text()).or(start.1);
        let start = Instant { utc_ms: start.0, offset_minutes };
        let how = if self.about.is_typed { How::Manual } else { self.maker.how() };
        Ok(Taken { rev: self.about.version, how, ..Taken::new(start, end_ms, value, number) })
    }

    fn origin(self) -> Origin {
        let how = self.maker.how();
        let owned = |value: &Loose| value.text().to_owned();
        let first = |a: &Loose, b: &Loose| if a.text().is_empty() { owned(b) } else { owned(a) };
        Origin {
            app: first(&self.maker.app_id, &self.maker.bundle_identifier),
            device_id: owned(&self.maker.device_id),
            device_name: owned(&self.maker.device_name),
            maker: owned(&self.maker.device_manufacturer),
            model: first(&self.maker.device_model, &self.maker.product_type),
            sort: owned(&self.maker.device_type),
            is_typed: self.about.is_typed || how == How::Manual,
        }
    }
}

/// An instant, and the offset that is written with it where it is more than the SDK's way of writing UTC.
fn instant(value: &Loose) -> Option<(i64, Option<i16>)> {
    match moment(value.text(), DateOrder::DayFirst)? {
        Moment::Instant { utc_ms, offset_minutes } => {
            Some((utc_ms, offset_minutes.filter(|minutes| *minutes != 0)))
        }
        _ => None,
    }
}

/// `source` of a record.
#[derive(Debug, Default)]
struct Maker {
    app_id: Loose,
    bundle_identifier: Loose,
    device_id: Loose,
    device_name: Loose,
    device_manufacturer: Loose,
    device_model: Loose,
    product_type: Loose,
    device_type: Loose,
    recording_method: Loose,
}

impl Maker {
    fn how(&self) -> How {
        self.recording_method.text().parse().unwrap_or_default()
    }
}

/// What is of use in `metadata`.
#[derive(Debug, Default)]
struct About {
    is_typed: bool,
    version: u64,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    Type,
    StartDate,
    EndDate,
    ZoneOffset,
    Value,
    Unit,
    Source,
    Metadata,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum MakerField {
    AppId,
    BundleIdentifier,
    DeviceId,
    DeviceName,
    DeviceManufacturer,
    DeviceModel,
    ProductType,
    DeviceType,
    RecordingMethod,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum AboutField {
    #[serde(rename = "HKWasUserEntered")]
    WasUserEntered,
    /// An app that corrects a record writes it anew under the next version.
    #[serde(rename = "HKMetadataKeySyncVersion")]
    SyncVersion,
    #[serde(other)]
    Unknown,
}

/// An element of a list of records; `None` where it is no object.
pub(super) struct Element(pub(super) Option<Record>);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Element;
            nothing_of_scalars!(Element(None));
            nothing_of_arrays!(Element(None));
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element, A::Error> {
                let mut record = Record::default();
                while let Some(field) = map.next_key()? {
                    match field {
                        Field::Type => record.kind = map.next_value()?,
                        Field::StartDate => record.start = map.next_value()?,
                        Field::EndDate => record.end = map.next_value()?,
                        Field::ZoneOffset => record.zone = map.next_value()?,
                        Field::Value => record.value = map.next_value()?,
                        Field::Unit => record.unit = map.next_value()?,
                        Field::Source => record.maker = map.next_value()?,
                        Field::Metadata => record.about = map.next_value()?,
                        Field::Unknown => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Element(Some(record)))
            }
        }
        deserializer.deserialize_any(Fields)
    }
}

impl<'de> Deserialize<'de> for Maker {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Maker;
            nothing_of_scalars!(Maker::default());
            nothing_of_arrays!(Maker::default());
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Maker, A::Error> {
                let mut maker = Maker::default();
                while let Some(field) = map.next_key()? {
                    let value = match field {
                        MakerField::AppId => &mut maker.app_id,
                        MakerField::BundleIdentifier => &mut maker.bundle_identifier,
                        MakerField::DeviceId => &mut maker.device_id,
                        MakerField::DeviceName => &mut maker.device_name,
                        MakerField::DeviceManufacturer => &mut maker.device_manufacturer,
                        MakerField::DeviceModel => &mut maker.device_model,
                        MakerField::ProductType => &mut maker.product_type,
                        MakerField::DeviceType => &mut maker.device_type,
                        MakerField::RecordingMethod => &mut maker.recording_method,
                        MakerField::Unknown => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *value = map.next_value()?;
                }
                Ok(maker)
            }
        }
        deserializer.deserialize_any(Fields)
    }
}

impl<'de> Deserialize<'de> for About {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = About;
            nothing_of_scalars!(About::default());
            nothing_of_arrays!(About::default());
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<About, A::Error> {
                let mut about = About::default();
                while let Some(field) = map.next_key()? {
                    match field {
                        AboutField::WasUserEntered => about.is_typed = map.next_value::<Loose>()?.is_yes(),
                        AboutField::SyncVersion => {
                            let written = map.next_value::<Loose>()?.written();
                            about.version = written.and_then(|text| text.parse().ok()).unwrap_or(0);
                        }
                        AboutField::Unknown => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(about)
            }
        }
        deserializer.deserialize_any(Fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const AT_MS: i64 = 1_771_921_800_000;

    /// A record of the published example, with some fields otherwise.
    fn outcome(changes: Value) -> Outcome {
        let mut record = json!({
            "id": "abc", "parentId": null, "type": "STEP_COUNT",
            "startDate": "2026-02-24T08:30:00Z", "endDate": "2026-02-24T08:31:00Z", "zoneOffset": "+01:00",
            "source": {"appId": "com.sec.android.app.shealth", "deviceId": null, "deviceName": null,
                "deviceManufacturer": "Samsung", "deviceModel": "SM-R960", "deviceType": "watch",
                "recordingMethod": null},
            "value": 12.0, "unit": "count", "metadata": null,
        });
        for (field, value) in changes.as_object().unwrap() {
            record[field] = value.clone();
        }
        let Element(Some(record)) = serde_json::from_value(record).unwrap() else { panic!("an object") };
        record.outcome(7)
    }

    fn taken(changes: Value) -> Taken {
        match outcome(changes) {
            Outcome::Reading(_, _, taken) => taken,
            other => panic!("{other:?}"),
        }
    }

    fn refused(changes: Value) -> (RejectCode, &'static str) {
        match outcome(changes) {
            Outcome::Refused(refusal) => (refusal.code, refusal.field),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_becomes_a_reading() {
        let found = taken(json!({}));
        let start = Instant { utc_ms: AT_MS, offset_minutes: Some(60) };
        assert_eq!((found.start, found.end_ms, found.value, found.line), (start, AT_MS + 60_000, 12, 7));
        let beat = json!({"type": "HKQuantityTypeIdentifierHeartRate", "value": 71.52, "unit": "bpm",
            "endDate": "2026-02-24T08:30:00Z"});
        assert_eq!(taken(beat).value, 715, "rounded once, in the metric's own exponent");
        assert_eq!(taken(json!({"value": "12"})).value, 12);
        assert_eq!(taken(json!({"value": 17.625})).value, 18, "a point of JSON's parts no thousands");
        assert_eq!(taken(json!({"unit": null})).value, 12);
    }

    #[test]
    fn a_zone_that_cannot_be_read_costs_the_zone() {
        for odd in [json!("+25:00"), json!("Paris"), json!(null), json!(7200), json!({}), json!("+01:00:30")]
        {
            assert_eq!(taken(json!({"zoneOffset": odd})).start.offset_minutes, None, "{odd}");
        }
        let written = json!({"zoneOffset": null, "startDate": "2026-02-24T10:30:00+02:00"});
        assert_eq!(taken(written).start, Instant { utc_ms: AT_MS, offset_minutes: Some(120) });
    }

    #[test]
    fn steps_within_a_second_last_one() {
        assert_eq!(taken(json!({"endDate": "2026-02-24T08:30:00Z"})).end_ms, AT_MS + 1000);
        let exact = json!({"startDate": "2026-02-24T08:30:00.250Z", "endDate": "2026-02-24T08:30:00.250Z"});
        assert_eq!(taken(exact).end_ms, AT_MS + 250, "what has its milliseconds was not cut");
    }

    #[test]
    fn what_a_person_typed_in_says_so() {
        let by_method = json!({"source": {"recordingMethod": "manual"}});
        let by_apple =
            json!({"metadata": {"HKWasUserEntered": 1, "HKMetadataKeySyncVersion": "3", "x": [1]}});
        for changes in [by_method, by_apple.clone()] {
            let Outcome::Reading(_, origin, taken) = outcome(changes) else { panic!("a reading") };
            assert!(origin.is_typed && taken.how == How::Manual);
        }
        assert_eq!(taken(by_apple).rev, 3);
        assert_eq!(taken(json!({"source": {"recordingMethod": "automatic"}})).how, How::Automatic);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_field() {
        use RejectCode::{Unreadable, ValueMissing, ValueOutOfRange};
        let cases = [
            (json!({"type": null}), (Unreadable, "type")),
            (json!({"type": 7}), (Unreadable, "type")),
            (json!({"startDate": "yesterday"}), (Unreadable, "startDate")),
            (json!({"startDate": "2026-02-24T08:30:00"}), (Unreadable, "startDate")),
            (json!({"endDate": null}), (Unreadable, "endDate")),
            (json!({"unit": "furlong"}), (Unreadable, "unit")),
            (json!({"unit": ["count"]}), (Unreadable, "unit")),
            (json!({"value": null}), (ValueMissing, "value")),
            (json!({"value": {"steps": 3}}), (Unreadable, "value")),
            (json!({"value": true}), (Unreadable, "value")),
            (json!({"value": "many"}), (Unreadable, "value")),
            (json!({"value": "1,234"}), (Unreadable, "value")),
            (json!({"value": "1.234"}), (Unreadable, "value")),
            (json!({"value": 1e300}), (ValueOutOfRange, "value")),
            (json!({"type": "HEART_RATE", "unit": "bpm", "value": 0}), (ValueMissing, "value")),
            (json!({"type": "HEART_RATE", "unit": "count"}), (Unreadable, "unit")),
        ];
        for (changes, expected) in cases {
            assert_eq!(refused(changes.clone()), expected, "{changes}");
        }
        assert!(matches!(outcome(json!({"type": "VO2_MAX"})), Outcome::NotKept(kind) if kind == "VO2_MAX"));
        assert!(matches!(outcome(json!({"source": "a watch", "metadata": [[]]})), Outcome::Reading(..)));
    }
}
