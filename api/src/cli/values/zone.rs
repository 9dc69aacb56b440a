use chrono_tz::Tz;

/// The text is no IANA time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no IANA time zone; write it as Europe/Paris")]
pub struct ZoneUnknown {
    /// The text.
    pub text: String,
}

pub(in crate::cli) fn zone(text: &str) -> Result<Tz, ZoneUnknown> {
    text.parse().map_err(|_| ZoneUnknown { text: text.to_owned() })
}
