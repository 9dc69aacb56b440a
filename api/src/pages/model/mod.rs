//! What the pages show, as plain data. The caller maps its rows to these; nothing here knows where they come from.
//!
//! Times are local to the participant's home zone. `None` is unknown, and is never shown as 0.

mod adherence;
mod day;
mod frame;
mod list;
mod live;
mod received;
mod today;
mod week;

pub use adherence::*;
pub use day::*;
pub use frame::*;
pub use list::*;
pub use live::*;
pub use received::*;
pub use today::*;
pub use week::*;

/// Everything on one participant's page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PersonPage {
    /// What stands around it.
    pub frame: Frame,
    /// A short pseudonym.
    pub participant: String,
    /// The study's name.
    pub study: Option<String>,
    /// The title of the assigned programme.
    pub programme: Option<String>,
    /// The IANA name of the zone in which days are cut.
    pub home_zone: String,
    /// The days that adherence and the table are about.
    pub period: Option<Period>,
    /// The newest reading; `None` when none was ever received.
    pub last_reading: Option<LastReading>,
    /// The week that was asked for.
    pub this_week: Option<Week>,
    /// Adherence over the period; `None` without a programme.
    pub adherence: Option<Adherence>,
    /// Earlier weeks, oldest first.
    pub weeks: Vec<WeekRow>,
    /// Recent days, newest first.
    pub days: Vec<DayRow>,
    /// One day, minute by minute.
    pub day: Option<DayView>,
    /// Where the neighbouring days and weeks are.
    pub links: PersonLinks,
    /// Whether quotas, and what stands against them, are withheld.
    pub withheld: bool,
}

/// Links from a participant's page to its neighbours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonLinks {
    /// The day before.
    pub previous_day: Option<Href>,
    /// The day after.
    pub next_day: Option<Href>,
    /// The week before.
    pub previous_week: Option<Href>,
    /// The week after.
    pub next_week: Option<Href>,
    /// What is asked for today, and what can be said.
    pub day_of: Option<Href>,
    /// What is newest, as it comes.
    pub live: Option<Href>,
    /// What has come of the devices, and what has not.
    pub received: Option<Href>,
}
