//! From computed rows to what the pages show.

mod list;
mod live;
mod person;
mod query;
mod received;
mod today;

pub use list::index_page;
pub use live::live_page;
pub use person::person_page;
pub use query::PageQuery;
pub use received::{ReceivedQuery, received_page};
pub use today::{Looking, safety_page, today_page};

use chrono::NaiveDateTime;
use foulee_analytics::HomeZones;
use foulee_contract::{ParticipantId, SafetyTier};

use crate::feed;
use crate::pages::Lang;
use crate::pages::model::{Href, SafetyNotice, Stopped};
use crate::safety::Stop;

/// What is stopped, as the pages show it.
fn stopped(stop: &Stop) -> Stopped {
    if stop.tier == SafetyTier::Urgent { Stopped::Urgent } else { Stopped::Review }
}

/// A stop, for what stands around a page about a participant.
pub fn safety_notice(stop: &Stop, id: ParticipantId, lang: Lang) -> SafetyNotice {
    let href = Href::new(format!("/p/{id}/safety?lang={}", lang.code())).ok();
    SafetyNotice { stopped: stopped(stop), href }
}

/// The home clock at an instant.
fn local(zones: &HomeZones, utc_ms: i64) -> Option<NaiveDateTime> {
    let offset = i64::from(feed::offset_minutes(zones, utc_ms)) * 60_000;
    chrono::DateTime::from_timestamp_millis(utc_ms + offset).map(|at| at.naive_utc())
}
