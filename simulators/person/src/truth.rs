//! What really happened on one day.

use chrono::NaiveDate;

/// Minutes of every simulated day. Clock changes are not modelled: a local day has always 1,440 minutes.
pub const MINUTES_PER_DAY: usize = 1440;

/// What really happened on one local day, minute by minute from midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthDay {
    /// The local date.
    pub date: NaiveDate,
    /// Steps made in each local minute.
    pub steps: [u16; MINUTES_PER_DAY],
    /// Mean heart rate of each local minute, in tenths of a beat per minute.
    pub heart_rate_deci_bpm: [u16; MINUTES_PER_DAY],
    /// First minute awake.
    pub wake_minute: u16,
    /// First minute asleep again; never after midnight.
    pub bed_minute: u16,
    /// Whether a flare was going on.
    pub flare: bool,
}

impl TruthDay {
    /// Steps made on this day.
    #[must_use]
    pub fn total_steps(&self) -> u32 {
        self.steps.iter().map(|&steps| u32::from(steps)).sum()
    }

    /// Whether the person slept in this minute (0 to 1,439).
    #[must_use]
    pub fn asleep(&self, minute: usize) -> bool {
        minute < usize::from(self.wake_minute) || minute >= usize::from(self.bed_minute)
    }

    /// Minutes awake.
    #[must_use]
    pub fn waking_minutes(&self) -> u16 {
        self.bed_minute - self.wake_minute
    }
}
