//! From computed rows to what the pages show.

mod list;
mod live;
mod person;
mod query;
mod received;

pub use list::index_page;
pub use live::live_page;
pub use person::person_page;
pub use query::PageQuery;
pub use received::{ReceivedQuery, received_page};

use chrono::NaiveDateTime;
use foulee_analytics::HomeZones;

use crate::feed;

/// The home clock at an instant.
fn local(zones: &HomeZones, utc_ms: i64) -> Option<NaiveDateTime> {
    let offset = i64::from(feed::offset_minutes(zones, utc_ms)) * 60_000;
    chrono::DateTime::from_timestamp_millis(utc_ms + offset).map(|at| at.naive_utc())
}
