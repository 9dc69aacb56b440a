//! Days: a line of the table, or minute by minute.

use chrono::NaiveDate;

use super::{DayOutcome, Href};

/// One line of the table of days.
#[derive(Debug, Clone, PartialEq)]
pub struct DayRow {
    /// The day.
    pub date: NaiveDate,
    /// Steps; a lower bound unless the day is valid.
    pub steps: Option<u32>,
    /// Minutes worn; `None` where the device cannot tell.
    pub wear_minutes: Option<u32>,
    /// Minutes of moderate or vigorous activity.
    pub mvpa_minutes: Option<u32>,
    /// Mean cadence of the 30 fastest minutes, steps per minute.
    pub peak30_cadence: Option<f32>,
    /// Resting heart rate, beats per minute.
    pub resting_heart_rate_bpm: Option<f32>,
    /// How it stands against its quota; `None` without a programme.
    pub outcome: Option<DayOutcome>,
    /// Worn long enough to judge.
    pub valid: bool,
    /// That day's page.
    pub href: Option<Href>,
}

/// What is known of one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinuteState {
    /// Moved.
    Moved,
    /// Worn and still.
    Still,
    /// Unknown: not worn, not synced, or no device.
    Unknown,
}

/// One minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinuteCell {
    /// What is known of it.
    pub state: MinuteState,
    /// Steps; `None` is unknown.
    pub steps: Option<u16>,
    /// Mean heart rate, beats per minute; `None` is unknown.
    pub heart_rate_bpm: Option<f32>,
}

/// A change of the wall clock within a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockShift {
    /// Minutes after local midnight, really elapsed, at which the clock is changed.
    pub at_minute: u16,
    /// By how much: +60 when an hour is skipped, −60 when one is lived twice.
    pub by_minutes: i16,
}

/// One day, minute by minute.
#[derive(Debug, Clone, PartialEq)]
pub struct DayView {
    /// The day.
    pub date: NaiveDate,
    /// Its minutes from local midnight: 1440, or 1380 and 1500 where the clock changes.
    pub minutes: Vec<MinuteCell>,
    /// Steps of the day, those of which nobody knows in which minute they were included.
    pub steps: Option<u32>,
    /// Changes of the clock; empty on most days.
    pub clock_shifts: Vec<ClockShift>,
    /// Minutes gone by when the day is not over: later ones are to come, which is not unknown.
    pub elapsed: Option<u16>,
}
