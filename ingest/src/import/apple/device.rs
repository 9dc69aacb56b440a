use std::collections::HashMap;

use foulee_contract::{Source, SourceKind};

use super::NAME;
use super::record::Record;
use crate::import::collector::{Collector, Device, MOST_SPELLED_BYTES};

/// The devices of a file, found again by what it says of them.
#[derive(Default)]
pub(super) struct Devices {
    known: HashMap<(String, String, bool), Device>,
    last: Option<((String, String, bool), Device)>,
}

/// Most spellings of devices that are remembered; each update of a system brings one.
const MOST_KNOWN: usize = 10_000;

impl Devices {
    /// The number of the device of a record.
    pub(super) fn number(&mut self, record: &Record, out: &mut Collector<'_, '_>) -> Device {
        if let Some(((name, device, is_typed), number)) = &self.last
            && (name, device, *is_typed) == (&record.source_name, &record.device, record.is_typed)
        {
            return *number;
        }
        let key = (record.source_name.clone(), record.device.clone(), record.is_typed);
        let number = match self.known.get(&key) {
            Some(known) => *known,
            None => {
                let number = out.device(source(record, &out.pseudonym(&record.source_name)));
                if self.known.len() < MOST_KNOWN && key.0.len() + key.1.len() <= MOST_SPELLED_BYTES {
                    self.known.insert(key.clone(), number);
                }
                number
            }
        };
        self.last = Some((key, number));
        number
    }
}

/// What made a record. The version of its system and its address in memory are left out: they change, the device stays.
fn source(record: &Record, pseudonym: &str) -> Source {
    let device = record.device.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let maker = field(&device, "manufacturer");
    let hardware = field(&device, "hardware");
    let model = if hardware.is_empty() { field(&device, "model") } else { hardware };
    let kind = if record.is_typed {
        SourceKind::Manual
    } else {
        kind_of(&format!("{model} {} {maker} {}", field(&device, "name"), record.source_name))
    };
    Source::new(kind, [NAME, maker, model, pseudonym, ""])
}

/// A field of `<<HKDevice: 0x28…>, name:Apple Watch, manufacturer:Apple Inc., …, hardware:Watch6,1, software:9.1>`: a value
/// may hold commas itself.
fn field<'a>(device: &'a str, name: &str) -> &'a str {
    const FIELDS: [&str; 10] = [
        "name",
        "manufacturer",
        "model",
        "hardware",
        "firmware",
        "software",
        "localIdentifier",
        "UDIDeviceIdentifier",
        "creation date",
        "local identifier",
    ];
    let Some(at) = device.find(&format!(", {name}:")) else { return "" };
    let rest = &device[at + name.len() + 3..];
    let end = FIELDS.iter().filter_map(|next| rest.find(&format!(", {next}:"))).min();
    rest[..end.unwrap_or(rest.len())].trim_end_matches('>').trim()
}

/// What sort of device goes by such words: Apple's own by its hardware, others by who makes nothing else. [D]
pub(crate) fn kind_of(words: &str) -> SourceKind {
    const WORDS: [(SourceKind, &[&str]); 5] = [
        (SourceKind::Phone, &["iphone", "ipod", "ipad"]),
        (SourceKind::Strap, &["polar h", "hrm-", "hrm pro", "tickr", "chest", "coospo"]),
        (SourceKind::FootPod, &["stryd", "foot pod", "runpod"]),
        (SourceKind::Ring, &["oura", "ringconn", "ultrahuman", "ring"]),
        (
            SourceKind::Watch,
            &[
                "watch",
                "garmin",
                "connect",
                "fitbit",
                "withings",
                "polar",
                "suunto",
                "coros",
                "amazfit",
                "zepp",
                "mi fitness",
                "mi fit",
                "huawei",
                "whoop",
                "band",
            ],
        ),
    ];
    let words = words.to_lowercase();
    // A watch may be named after its owner's ring, or be told of by a phone: its hardware goes before its name.
    if words.starts_with("watch") {
        return SourceKind::Watch;
    }
    let has = |known: &&str| {
        words.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word.starts_with(*known))
            || (known.contains(' ') && words.contains(*known))
    };
    WORDS.iter().find(|(_, known)| known.iter().any(has)).map_or(SourceKind::Unknown, |(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_hold_commas() {
        let device = "<<HKDevice: 0x2829e8460>, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch4,4, software:5.1.2>";
        let read =
            ["name", "manufacturer", "hardware", "software", "firmware"].map(|name| field(device, name));
        assert_eq!(read, ["Apple Watch", "Apple Inc.", "Watch4,4", "5.1.2", ""]);
    }

    #[test]
    fn a_kind_goes_by_what_the_device_is() {
        let cases = [
            ("Watch6,1 Apple Watch Apple Inc. Montre de Zoé", SourceKind::Watch),
            ("iPhone14,5 iPhone Apple Inc. iPhone de Zoé", SourceKind::Phone),
            ("   Connect", SourceKind::Watch),
            ("   Oura", SourceKind::Ring),
            ("H10 Polar H10 12345 Polar Electro Oy Polar Beat", SourceKind::Strap),
            ("   Podomètre de Zoé", SourceKind::Unknown),
            ("   During", SourceKind::Unknown),
        ];
        for (words, kind) in cases {
            assert_eq!(kind_of(words), kind, "{words}");
        }
    }
}
