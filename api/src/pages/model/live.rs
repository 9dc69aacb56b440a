//! The live page: what is newest of a participant.

use chrono::{NaiveDate, NaiveDateTime};

use super::{Frame, Href, LastReading};

/// A participant's live page, as it is when it is loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct LivePage {
    /// What stands around it.
    pub frame: Frame,
    /// A short pseudonym.
    pub participant: String,
    /// The participant's page.
    pub person: Href,
    /// The stream that the page listens to.
    pub stream: Href,
    /// The IANA name of the zone in which times are shown.
    pub home_zone: String,
    /// When it was loaded, ms UTC: the reader's clock may be another.
    pub now_ms: i64,
    /// The same on the home clock.
    pub now: NaiveDateTime,
    /// The newest heart rate.
    pub heart_rate: Option<LiveRate>,
    /// The local day whose steps are shown.
    pub today: NaiveDate,
    /// Its steps so far; `None` while none are known.
    pub steps: Option<u32>,
    /// The newest reading of any kind.
    pub last_reading: Option<LastReading>,
}

/// A heart rate and how long it holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveRate {
    /// In whole beats per minute.
    pub bpm: u32,
    /// When it was.
    pub at: NaiveDateTime,
    /// Whether it is new enough to be the rate of now.
    pub is_now: bool,
}
