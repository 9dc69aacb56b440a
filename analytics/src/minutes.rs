//! The minutes of one local day: moved, still, or unknown. [`crate::merge_day`] makes them of what the sources say.
//!
//! Zero is never invented. A minute with steps is moved; a minute of zero steps is still only when a device is known to
//! have been worn in it; everything else is unknown.

use chrono::NaiveDate;

use crate::sources::GapCause;

/// Length of an epoch in ms.
pub const MINUTE_MS: i64 = 60_000;

/// Longest local day in minutes: 24 h and a flight across every zone. [D]
pub const MAX_DAY_MINUTES: i64 = 51 * 60;

/// What a minute was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MinuteState {
    /// At least one step.
    Moved,
    /// Worn, and no step.
    Still,
    /// Neither can be said.
    Unknown,
}

/// What is odd about a day; several may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayFlags {
    /// Wear was guessed from steps in at least one minute, for want of any heart rate.
    pub wear_from_steps: bool,
    /// A device's own day or hour total is above zero where all its minutes are zero: they became unknown.
    pub total_contradicts_minutes: bool,
    /// A device gave a day total above zero and no minutes.
    pub total_without_minutes: bool,
    /// At least one step interval was longer than a minute: its steps count, its cadence does not.
    pub unresolved_steps: bool,
    /// Overlapping step intervals of one source: the earlier was kept.
    pub overlapping_steps: bool,
    /// A step count above 5 steps a second was ignored.
    pub implausible_steps: bool,
    /// A counter began anew or said what nobody can walk: steps may be missing. Whoever reads the counters knows it.
    pub lost_steps: bool,
}

impl DayFlags {
    /// Adds what is odd about one of the day's sources.
    pub(crate) fn join(&mut self, other: Self) {
        self.wear_from_steps |= other.wear_from_steps;
        self.total_contradicts_minutes |= other.total_contradicts_minutes;
        self.total_without_minutes |= other.total_without_minutes;
        self.unresolved_steps |= other.unresolved_steps;
        self.overlapping_steps |= other.overlapping_steps;
        self.implausible_steps |= other.implausible_steps;
        self.lost_steps |= other.lost_steps;
    }
}

/// One local day, minute by minute. All vectors have one entry per minute of the day (1380, 1440, 1500, ...).
#[derive(Debug, Clone, PartialEq)]
pub struct DayMinutes {
    /// The local day.
    pub date: NaiveDate,
    /// First instant, ms since 1970 UTC.
    pub start_ms: i64,
    /// Moved, still or unknown.
    pub state: Vec<MinuteState>,
    /// Steps in the minute; `None` exactly where the state is unknown.
    pub steps: Vec<Option<u16>>,
    /// Steps that were walked within some hours and nobody knows when, as the minute's even share of them; 0 else. They
    /// count for the day and say nothing of the minute.
    pub adrift: Vec<u16>,
    /// Whether the minute's steps were counted in that minute (true) or spread from a longer interval (false).
    /// Only the former are a cadence.
    pub cadence_known: Vec<bool>,
    /// Whether a wearable that counts steps was worn in the minute, and what it counted is known.
    pub worn: Vec<bool>,
    /// Mean heart rate in 0.1 /min.
    pub heart_rate_deci_bpm: Vec<Option<u16>>,
    /// Why the minute is unknown, where that is known; `None` for every known minute.
    pub cause: Vec<Option<GapCause>>,
    /// Whether all readings of the day came from sources that are not worn.
    pub from_phone_only: bool,
    /// What is odd about the day.
    pub flags: DayFlags,
    /// The own day total of the first wearable source by priority that gives one, else of the first source.
    pub device_day_total: Option<u32>,
}

impl DayMinutes {
    /// Minutes of the day.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state.len()
    }

    /// Whether the home clock never showed this date.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state.is_empty()
    }

    /// Minutes in a state.
    #[must_use]
    pub fn count(&self, state: MinuteState) -> u32 {
        count_where(&self.state, |&s| s == state)
    }

    /// Minutes in which a wearable was worn.
    #[must_use]
    pub fn wear_minutes(&self) -> u32 {
        count_where(&self.worn, |&worn| worn)
    }

    /// Steps seen, those adrift included: a lower bound of the day's steps. `None` when none was and no minute is known.
    #[must_use]
    pub fn steps_seen(&self) -> Option<u32> {
        let adrift: u32 = self.adrift.iter().map(|&steps| u32::from(steps)).sum();
        let mut seen = (adrift > 0).then_some(adrift);
        for steps in self.steps.iter().flatten() {
            seen = Some(seen.unwrap_or(0) + u32::from(*steps));
        }
        seen
    }

    /// Minutes walked at `least_cadence` steps a minute or more; `None` when no minute's cadence is known.
    #[must_use]
    pub fn minutes_at_cadence(&self, least_cadence: u16) -> Option<u32> {
        let mut seen = None;
        for cadence in self.cadences().flatten() {
            seen = Some(seen.unwrap_or(0) + u32::from(cadence >= least_cadence));
        }
        seen
    }

    /// Cadence of each minute in steps/min, `None` where it is not known.
    pub fn cadences(&self) -> impl Iterator<Item = Option<u16>> + '_ {
        self.steps.iter().zip(&self.cadence_known).map(|(&steps, &known)| if known { steps } else { None })
    }

    pub(crate) fn unknown(date: NaiveDate, start_ms: i64, minutes: usize) -> Self {
        Self {
            date,
            start_ms,
            state: vec![MinuteState::Unknown; minutes],
            steps: vec![None; minutes],
            adrift: vec![0; minutes],
            cadence_known: vec![false; minutes],
            worn: vec![false; minutes],
            heart_rate_deci_bpm: vec![None; minutes],
            cause: vec![None; minutes],
            from_phone_only: false,
            flags: DayFlags::default(),
            device_day_total: None,
        }
    }
}

fn count_where<T>(values: &[T], predicate: impl Fn(&T) -> bool) -> u32 {
    values.iter().map(|value| u32::from(predicate(value))).sum()
}
