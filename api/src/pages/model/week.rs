//! Weeks and their days, against a quota.

use chrono::NaiveDate;

use super::Href;

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaKind {
    /// Steps in a day.
    Steps,
    /// Minutes of walking in a day.
    WalkMinutes,
    /// Minutes of relaxation in a day.
    Relaxation,
    /// Minutes of stretching in a day.
    Stretching,
    /// Minutes of strengthening in a day.
    Strengthening,
    /// Workshops in a day.
    Workshop,
}

/// What the programme asks of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is counted.
    pub kind: QuotaKind,
    /// How many of it in a day.
    pub target: u32,
    /// On how many days.
    pub per_week: u32,
}

/// A count that is known to lie between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountRange {
    /// Surely this many.
    pub lo: u32,
    /// At most this many.
    pub hi: u32,
}

/// How a day stands against its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOutcome {
    /// Reached, whether or not the whole day is known.
    Attained,
    /// Measured long enough, and below.
    Missed,
    /// Known in part or not at all: nothing can be concluded.
    Censored,
    /// Nothing was prescribed.
    Rest,
    /// Not over yet.
    NotYet,
}

/// One day of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayCell {
    /// The day.
    pub date: NaiveDate,
    /// That day's quota; `None` on a day without one.
    pub quota: Option<u32>,
    /// What was surely done: a lower bound unless the day is valid.
    pub done: Option<u32>,
    /// How it stands against the quota.
    pub outcome: DayOutcome,
    /// Minutes worn; `None` where the device cannot tell (a phone).
    pub wear_minutes: Option<u32>,
    /// Minutes of which nothing is known.
    pub unknown_minutes: u32,
    /// Worn long enough to judge.
    pub valid: bool,
}

/// How a week stands against its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeekOutcome {
    /// Enough days attained.
    Attained,
    /// Too few, even if every unknown day were attained.
    Missed,
    /// The unknown days decide.
    Undetermined,
    /// Not over yet.
    InProgress,
}

/// One week in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// Its Monday.
    pub from: NaiveDate,
    /// What is asked; `None` before a quota is set or while it is withheld.
    pub quota: Option<Quota>,
    /// Its days in order.
    pub days: Vec<DayCell>,
    /// Days attained.
    pub done: CountRange,
    /// How it stands.
    pub outcome: WeekOutcome,
    /// Days whose outcome is known.
    pub known_days: u32,
    /// Days that count so far.
    pub of_days: u32,
}

/// One line of the history of weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeekRow {
    /// Its Monday.
    pub from: NaiveDate,
    /// What was asked.
    pub quota: Option<Quota>,
    /// Days attained.
    pub done: CountRange,
    /// How it stands.
    pub outcome: WeekOutcome,
    /// Days whose outcome is known.
    pub known_days: u32,
    /// Days that counted.
    pub of_days: u32,
    /// That week's page.
    pub href: Option<Href>,
}
