//! The minutes of one local day, merged over sources: moved, still, or unknown.
//!
//! Zero is never invented. A minute with steps is moved; a minute of zero steps is still only when a device is known to
//! have been worn in it; everything else is unknown. Sources are merged by `priority-fill-v1`: in each minute the first
//! source by priority that was present wins, the others fill what it does not cover. Raw readings stay as they are.

use std::ops::Range;

use chrono::NaiveDate;

use crate::error::AnalyticsError;
use crate::local_day::CALENDAR_LIMIT_MS;
use crate::source_minutes::{SourceMinutes, source_minutes};
use crate::sources::{GapCause, SourceDay};
use crate::wear::ValidWearParams;

/// Name and version of the rule that merges sources; part of every row's key.
pub const MERGE_POLICY: &str = "priority-fill-v1";

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

    fn unknown(date: NaiveDate, start_ms: i64, minutes: usize) -> Self {
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

/// Merges what all sources say about one local day.
///
/// `bounds` are the day's first instant and the next day's (ms since 1970 UTC), from
/// [`HomeZones::bounds`](crate::HomeZones::bounds). A last partial minute (zones with seconds) counts as a minute.
///
/// # Errors
/// [`AnalyticsError::DayBounds`] when reversed or longer than [`MAX_DAY_MINUTES`];
/// [`AnalyticsError::IntervalReversed`] and [`AnalyticsError::WornLongerThanInterval`] for broken readings.
pub fn merge_day(
    date: NaiveDate,
    bounds: Range<i64>,
    sources: &[SourceDay],
    params: &ValidWearParams,
) -> Result<DayMinutes, AnalyticsError> {
    let bad_bounds = AnalyticsError::DayBounds { start_ms: bounds.start, end_ms: bounds.end };
    // Inside the calendar no sum of instants overflows.
    if bounds.start < -CALENDAR_LIMIT_MS || bounds.end > CALENDAR_LIMIT_MS || bounds.end < bounds.start {
        return Err(bad_bounds);
    }
    let length_ms = bounds.end - bounds.start;
    let minutes = (length_ms + MINUTE_MS - 1) / MINUTE_MS;
    if minutes > MAX_DAY_MINUTES {
        return Err(bad_bounds);
    }
    let minutes = usize::try_from(minutes).map_err(|_| bad_bounds)?;

    let mut day = DayMinutes::unknown(date, bounds.start, minutes);
    let mut order: Vec<&SourceDay> = sources.iter().collect();
    order.sort_by_key(|source| source.priority);

    let (mut any_reading, mut any_wearable_reading) = (false, false);
    for source in &order {
        let one = source_minutes(source, &bounds, minutes, params)?;
        any_reading |= one.any_reading;
        any_wearable_reading |= one.any_reading && source.wearable;
        fill(&mut day, &one, source.wearable);
    }
    day.from_phone_only = any_reading && !any_wearable_reading;
    day.device_day_total = order
        .iter()
        .filter(|source| source.wearable)
        .chain(order.iter().filter(|source| !source.wearable))
        .find_map(|source| source.day_total_steps);

    // A total above zero on a day of zeros: nothing else that day can be trusted to mean "still".
    if day.flags.total_contradicts_minutes && day.steps_seen() == Some(0) && contradicted(&order) {
        let flags = day.flags;
        let device_day_total = day.device_day_total;
        let heart_rate_deci_bpm = std::mem::take(&mut day.heart_rate_deci_bpm);
        day = DayMinutes {
            flags,
            device_day_total,
            heart_rate_deci_bpm,
            ..DayMinutes::unknown(date, bounds.start, minutes)
        };
    }
    Ok(day)
}

/// Lets a source of lower priority fill what is still unknown.
fn fill(day: &mut DayMinutes, one: &SourceMinutes, wearable: bool) {
    day.flags.wear_from_steps |= one.flags.wear_from_steps;
    day.flags.total_contradicts_minutes |= one.flags.total_contradicts_minutes;
    day.flags.total_without_minutes |= one.flags.total_without_minutes;
    day.flags.unresolved_steps |= one.flags.unresolved_steps;
    day.flags.overlapping_steps |= one.flags.overlapping_steps;
    day.flags.implausible_steps |= one.flags.implausible_steps;
    for minute in 0..day.state.len() {
        if day.heart_rate_deci_bpm[minute].is_none() && one.heart_rate_deci_bpm[minute] > 0 {
            day.heart_rate_deci_bpm[minute] = Some(one.heart_rate_deci_bpm[minute]);
        }
        if day.state[minute] != MinuteState::Unknown {
            continue;
        }
        let state = one.state[minute];
        // Of two sources the first by priority tells of the time; what the other counted then is part of it.
        let counted = if state == MinuteState::Unknown { 0 } else { one.steps[minute] };
        let adrift = &mut day.adrift[minute];
        *adrift = if *adrift > 0 { adrift.saturating_sub(counted) } else { one.adrift[minute] };
        if state == MinuteState::Unknown {
            if day.cause[minute].is_none() {
                day.cause[minute] = one.cause[minute];
            }
            continue;
        }
        day.state[minute] = state;
        day.steps[minute] = Some(one.steps[minute]);
        day.cadence_known[minute] = one.resolved[minute];
        day.worn[minute] = wearable;
        day.cause[minute] = None;
    }
}

fn contradicted(sources: &[&SourceDay]) -> bool {
    sources.iter().any(|source| source.day_total_steps.is_some_and(|total| total > 0))
}

fn count_where<T>(values: &[T], predicate: impl Fn(&T) -> bool) -> u32 {
    values.iter().map(|value| u32::from(predicate(value))).sum()
}

#[cfg(test)]
mod tests;
