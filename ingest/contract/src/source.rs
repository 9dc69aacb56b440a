use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What sort of thing recorded a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceKind {
    /// Worn on the wrist, with or without a display.
    Watch,
    /// A ring.
    Ring,
    /// A chest strap.
    Strap,
    /// A foot pod.
    FootPod,
    /// A phone, carried but not worn: it can say that its owner moved, never that they were still.
    Phone,
    /// A research accelerometer.
    Accelerometer,
    /// Typed in.
    Manual,
    /// A collector speaking of itself (its link, its clock).
    Gateway,
    /// Not known.
    Unknown,
}

impl SourceKind {
    const TEXTS: [(SourceKind, &'static str); 9] = [
        (Self::Watch, "watch"),
        (Self::Ring, "ring"),
        (Self::Strap, "strap"),
        (Self::FootPod, "foot_pod"),
        (Self::Phone, "phone"),
        (Self::Accelerometer, "accelerometer"),
        (Self::Manual, "manual"),
        (Self::Gateway, "gateway"),
        (Self::Unknown, "unknown"),
    ];

    /// The kind of this name.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::TEXTS.iter().find(|(_, known)| *known == text).map(|(kind, _)| *kind)
    }

    /// Whether the device is worn, so that its presence says that its owner was observed.
    #[must_use]
    pub fn is_worn(self) -> bool {
        matches!(self, Self::Watch | Self::Ring | Self::Strap | Self::FootPod | Self::Accelerometer)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Self::TEXTS.iter().find(|(kind, _)| kind == self).map_or("unknown", |(_, text)| text);
        f.write_str(text)
    }
}

/// What made a reading, found again by its key within a participant.
///
/// The key is `kind/app/maker/model/name/epoch`, trailing empty parts left off, a `+` behind the kind of a source
/// whose records grow (a day summary that is sent again as the day goes on: its key drops `end`, `seq` carries the
/// record's id). `name` is a hashed serial or a name that somebody gave; `epoch` counts the resets of a cumulative
/// counter. Each part is at most 64 of `a-z 0-9 . _ -`; [`Source::new`] folds anything else.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    key: String,
    kind: SourceKind,
    growing: bool,
}

/// Why a text is not a source key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// The kind (the first part) is not a known one.
    UnknownKind,
    /// More than six parts.
    TooManyParts,
    /// A part holds something else than `a-z 0-9 . _ -`, or more than 64 of them.
    BadPart,
    /// The key is not written in its one canonical way (trailing empty parts).
    NotCanonical,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::UnknownKind => {
                f.write_str("the source's kind is not known; known:")?;
                SourceKind::TEXTS.iter().try_for_each(|(_, text)| write!(f, " {text}"))
            }
            SourceError::TooManyParts => {
                f.write_str("a source is kind/app/maker/model/name/epoch: six parts at most")
            }
            SourceError::BadPart => f.write_str("each part of a source is at most 64 of a-z 0-9 . _ -"),
            SourceError::NotCanonical => f.write_str("leave trailing empty parts off the source"),
        }
    }
}

impl std::error::Error for SourceError {}

impl Source {
    /// A source from its parts `[app, maker, model, name, epoch]`, each folded to what a key may hold.
    #[must_use]
    pub fn new(kind: SourceKind, parts: [&str; 5]) -> Self {
        let mut key = kind.to_string();
        let used = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
        for part in &parts[..used] {
            key.push('/');
            key.extend(part.chars().take(64).map(|c| match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => c,
                _ => '-',
            }));
        }
        Self { key, kind, growing: false }
    }

    /// The same source, marked as one whose records grow.
    #[must_use]
    pub fn growing(self) -> Self {
        let kind = self.kind.to_string();
        Self { key: self.key.replacen(&kind, &format!("{kind}+"), 1), growing: true, kind: self.kind }
    }

    /// The key, unique within a participant.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key of its device: that of all its epochs, whatever a cumulative counter has begun anew.
    #[must_use]
    pub fn device(&self) -> &str {
        // kind/app/maker/model/name/epoch, trailing empty parts left off.
        self.key.match_indices('/').nth(4).map_or(&self.key, |(at, _)| &self.key[..at])
    }

    /// What it came through: an app, a store of health data, a format of files; empty where nothing says so.
    #[must_use]
    pub fn app(&self) -> &str {
        self.part(1)
    }

    /// Who made it; empty where nothing says so.
    #[must_use]
    pub fn maker(&self) -> &str {
        self.part(2)
    }

    /// Its model; empty where nothing says so.
    #[must_use]
    pub fn model(&self) -> &str {
        self.part(3)
    }

    /// Its hashed serial, or the name that somebody gave it; empty where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.part(4)
    }

    fn part(&self, at: usize) -> &str {
        self.key.split('/').nth(at).unwrap_or_default()
    }

    /// The source's kind.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// Whether its records grow, so that `end` is no part of a reading's key.
    #[must_use]
    pub fn is_growing(&self) -> bool {
        self.growing
    }
}

impl FromStr for Source {
    type Err = SourceError;
    fn from_str(key: &str) -> Result<Self, SourceError> {
        let mut parts = key.split('/');
        let kind_text = parts.next().unwrap_or_default();
        let growing = kind_text.ends_with('+');
        let kind_text = kind_text.strip_suffix('+').unwrap_or(kind_text);
        let kind = SourceKind::from_text(kind_text).ok_or(SourceError::UnknownKind)?;
        let mut count = 0;
        let mut last_empty = false;
        for part in parts {
            count += 1;
            last_empty = part.is_empty();
            let fits = part.len() <= 64
                && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
            if !fits {
                return Err(SourceError::BadPart);
            }
        }
        match (count, last_empty) {
            (6.., _) => Err(SourceError::TooManyParts),
            (_, true) => Err(SourceError::NotCanonical),
            _ => Ok(Self { key: key.to_owned(), kind, growing }),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.key)
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        key.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_canonical_and_comes_back() {
        let source = Source::new(SourceKind::Watch, ["fitabase", "Fitbit", "Alta HR", "", ""]);
        assert_eq!(source.key(), "watch/fitabase/fitbit/alta-hr");
        assert_eq!([source.app(), source.model(), source.name()], ["fitabase", "alta-hr", ""]);
        assert_eq!(source.key().parse(), Ok(source.clone()));
        let growing = source.growing();
        assert_eq!(growing.key(), "watch+/fitabase/fitbit/alta-hr");
        assert_eq!(growing.key().parse(), Ok(growing));
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_reason() {
        assert_eq!("tricorder/x".parse::<Source>(), Err(SourceError::UnknownKind));
        assert_eq!("watch/a/".parse::<Source>(), Err(SourceError::NotCanonical));
        assert_eq!("watch/A".parse::<Source>(), Err(SourceError::BadPart));
        assert_eq!("watch/1/2/3/4/5/6".parse::<Source>(), Err(SourceError::TooManyParts));
        assert_eq!("watch/a b".parse::<Source>(), Err(SourceError::BadPart));
    }
}
