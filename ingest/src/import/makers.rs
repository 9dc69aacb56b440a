//! Who makes a device, by the words of its name or its app's.

use foulee_contract::SourceKind;

/// Makers whose name tells what sort of device it is, and apps that go by their phone. [D]
const MAKERS: [(&str, &str, SourceKind); 22] = [
    ("fitbit", "fitbit", SourceKind::Watch),
    ("pixel watch", "google", SourceKind::Watch),
    ("garmin", "garmin", SourceKind::Watch),
    ("apple watch", "apple", SourceKind::Watch),
    ("iphone", "apple", SourceKind::Phone),
    ("oura", "oura", SourceKind::Ring),
    ("ultrahuman", "ultrahuman", SourceKind::Ring),
    ("withings", "withings", SourceKind::Watch),
    ("polar h", "polar", SourceKind::Strap),
    ("polar", "polar", SourceKind::Watch),
    ("suunto", "suunto", SourceKind::Watch),
    ("coros", "coros", SourceKind::Watch),
    ("amazfit", "amazfit", SourceKind::Watch),
    ("zepp", "amazfit", SourceKind::Watch),
    ("misfit", "misfit", SourceKind::Watch),
    ("jawbone", "jawbone", SourceKind::Watch),
    ("whoop", "whoop", SourceKind::Watch),
    ("huawei", "huawei", SourceKind::Watch),
    ("galaxy watch", "samsung", SourceKind::Watch),
    // Fitbit's own count by the phone's sensor.
    ("mobiletrack", "fitbit", SourceKind::Phone),
    ("phone", "", SourceKind::Phone),
    ("watch", "", SourceKind::Watch),
];

/// Words that say nothing of whose a device is. [D]
const COMMON: [&str; 14] = [
    "api",
    "app",
    "connect",
    "device",
    "fit",
    "google",
    "health",
    "healthkit",
    "kit",
    "mate",
    "mobile",
    "move",
    "the",
    "by",
];

/// What a name says that may stand in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Maker {
    pub(super) kind: SourceKind,
    /// The maker, empty where it is not known.
    pub(super) name: &'static str,
    /// Whether the name holds more than is known: a given name perhaps, which is hashed.
    pub(super) names_more: bool,
}

impl Maker {
    /// What is known of a name.
    pub(super) fn of(name: &str) -> Self {
        let words: Vec<String> = name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let joined = words.join(" ");
        let found = MAKERS.iter().find(|(word, ..)| has(&joined, word));
        let (known, name, kind) = found.copied().unwrap_or(("", "", SourceKind::Unknown));
        let names_more = words
            .iter()
            .any(|word| !COMMON.contains(&word.as_str()) && !known.split(' ').any(|part| part == word));
        Self { kind, name, names_more }
    }
}

/// Whether `text` has `words` at the beginning of one of its own.
fn has(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| at == 0 || text.as_bytes()[at - 1] == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_makers_name_is_known_and_a_given_one_is_not() {
        let cases = [
            ("Fitbit", SourceKind::Watch, "fitbit", false),
            ("Google Fitbit Air", SourceKind::Watch, "fitbit", true),
            ("Garmin Connect", SourceKind::Watch, "garmin", false),
            ("Oura API", SourceKind::Ring, "oura", false),
            ("MobileTrack", SourceKind::Phone, "fitbit", false),
            ("Phone Health Kit", SourceKind::Phone, "", false),
            ("Montre de Zoé", SourceKind::Unknown, "", true),
            ("Fourapples", SourceKind::Unknown, "", true),
            ("", SourceKind::Unknown, "", false),
        ];
        for (text, kind, name, names_more) in cases {
            assert_eq!(Maker::of(text), Maker { kind, name, names_more }, "{text}");
        }
    }
}
