//! What several sources say of one day, as one day.
//!
//! `priority-fill-v1`: in each slice of time the first source by priority that was present wins, the others fill what it
//! does not cover. Records of unequal length are cut where they overlap: of a record that is covered in part, its even
//! share over the rest counts; of steps of which nobody knows when they were (a record of more than a quarter hour), what others
//! counted in the meantime is a part. So a day's steps are never above the sum of its sources' and never below those of the first.
//! `max-per-slice-v1`, for comparison: in each minute the source that counted most. Raw readings stay as they are.

mod cover;
mod drift;
mod explain;

use std::ops::Range;

use chrono::NaiveDate;

use crate::error::AnalyticsError;
use crate::local_day::CALENDAR_LIMIT_MS;
use crate::minutes::{DayMinutes, MAX_DAY_MINUTES, MINUTE_MS, MinuteState};
use crate::source_minutes::{SourceMinutes, source_minutes};
use crate::sources::SourceDay;
use crate::wear::ValidWearParams;
use cover::{Covered, share_outside};
use drift::Drifting;

pub use explain::{Adrift, Explanation, Slice, SliceSource, explain_day};

/// Name and version of the rule that merges sources; part of every row's key.
pub const MERGE_POLICY: &str = "priority-fill-v1";

/// How sources are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MergePolicy {
    /// The first by priority that was present wins, the others fill.
    #[default]
    PriorityFill,
    /// The source that counted most in a minute wins: for comparison. It is above every source where two devices count the
    /// same walk a minute apart.
    MaxPerSlice,
}

impl MergePolicy {
    /// Name and version.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PriorityFill => MERGE_POLICY,
            Self::MaxPerSlice => "max-per-slice-v1",
        }
    }
}

/// Merges what all sources say about one local day by [`MERGE_POLICY`].
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
    merge_day_by(MergePolicy::PriorityFill, date, bounds, sources, params)
}

/// [`merge_day`] by a policy of one's choice.
///
/// # Errors
/// As [`merge_day`].
pub fn merge_day_by(
    policy: MergePolicy,
    date: NaiveDate,
    bounds: Range<i64>,
    sources: &[SourceDay],
    params: &ValidWearParams,
) -> Result<DayMinutes, AnalyticsError> {
    let minutes = minutes_of(&bounds)?;
    let mut merge = Merge::new(policy, DayMinutes::unknown(date, bounds.start, minutes));
    let order = in_order(sources);
    for (_, source) in &order {
        merge.add(&source_minutes(source, &bounds, minutes, params)?, source.wearable);
    }
    let mut day = merge.into_day();
    day.device_day_total = order
        .iter()
        .filter(|(_, source)| source.wearable)
        .chain(order.iter().filter(|(_, source)| !source.wearable))
        .find_map(|(_, source)| source.day_total_steps);

    // A total above zero on a day of zeros: nothing else that day can be trusted to mean "still".
    if is_contradicted(&day, &order) {
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

/// How many minutes the bounds of a day hold.
pub(crate) fn minutes_of(bounds: &Range<i64>) -> Result<usize, AnalyticsError> {
    let bad_bounds = AnalyticsError::DayBounds { start_ms: bounds.start, end_ms: bounds.end };
    // Inside the calendar no sum of instants overflows.
    if bounds.start < -CALENDAR_LIMIT_MS || bounds.end > CALENDAR_LIMIT_MS || bounds.end < bounds.start {
        return Err(bad_bounds);
    }
    let minutes = (bounds.end - bounds.start + MINUTE_MS - 1) / MINUTE_MS;
    if minutes > MAX_DAY_MINUTES {
        return Err(bad_bounds);
    }
    usize::try_from(minutes).map_err(|_| bad_bounds)
}

/// The sources by priority, each with its place among those that were given.
fn in_order(sources: &[SourceDay]) -> Vec<(usize, &SourceDay)> {
    let mut order: Vec<(usize, &SourceDay)> = sources.iter().enumerate().collect();
    order.sort_by_key(|(_, source)| source.priority);
    order
}

fn is_contradicted(day: &DayMinutes, sources: &[(usize, &SourceDay)]) -> bool {
    day.flags.total_contradicts_minutes
        && day.steps_seen() == Some(0)
        && sources.iter().any(|(_, source)| source.day_total_steps.is_some_and(|total| total > 0))
}

/// A day that takes source after source, the first by priority first.
struct Merge {
    policy: MergePolicy,
    day: DayMinutes,
    /// The time that the sources so far speak for.
    covered: Covered,
    /// What was counted of each source so far, minute by minute.
    taken: Vec<Vec<u16>>,
    /// Records of which nobody knows in which minutes their steps were.
    drifting: Vec<Drifting>,
    any_reading: bool,
    any_wearable_reading: bool,
}

impl Merge {
    fn new(policy: MergePolicy, day: DayMinutes) -> Self {
        Self {
            policy,
            day,
            covered: Covered::default(),
            taken: Vec::new(),
            drifting: Vec::new(),
            any_reading: false,
            any_wearable_reading: false,
        }
    }

    fn into_day(mut self) -> DayMinutes {
        self.settle();
        let from_phone_only = self.any_reading && !self.any_wearable_reading;
        DayMinutes { from_phone_only, ..self.day }
    }

    /// Takes the next source; what was counted of it, minute by minute.
    fn add(&mut self, one: &SourceMinutes, wearable: bool) -> Vec<u16> {
        self.any_reading |= one.any_reading;
        self.any_wearable_reading |= one.any_reading && wearable;
        self.day.flags.join(one.flags);
        let counted = match self.policy {
            MergePolicy::PriorityFill => share_outside(one, &self.covered),
            MergePolicy::MaxPerSlice => one.steps.clone(),
        };
        let mut taken = vec![0; counted.len()];
        for (minute, &steps) in counted.iter().enumerate() {
            taken[minute] = self.fill(one, wearable, minute, steps);
        }
        if self.policy == MergePolicy::PriorityFill {
            self.cover(one, wearable);
        }
        let rank = self.taken.len();
        self.drifting.extend(one.drifts.iter().map(|shares| Drifting {
            rank,
            minutes: shares.iter().map(|(minute, _)| *minute).collect(),
            own: shares.iter().map(|(_, share)| u32::from(*share)).sum(),
            counted: 0,
        }));
        self.taken.push(taken.clone());
        taken
    }

    fn fill(&mut self, one: &SourceMinutes, wearable: bool, minute: usize, counted: u16) -> u16 {
        let day = &mut self.day;
        if day.heart_rate_deci_bpm[minute].is_none() && one.heart_rate_deci_bpm[minute] > 0 {
            day.heart_rate_deci_bpm[minute] = Some(one.heart_rate_deci_bpm[minute]);
        }
        let state = one.state[minute];
        if day.state[minute] == MinuteState::Unknown {
            if state == MinuteState::Unknown {
                if day.cause[minute].is_none() {
                    day.cause[minute] = one.cause[minute];
                }
                return 0;
            }
            // All that it counted lies in time that another source speaks for: that one has told of it.
            if state == MinuteState::Moved && counted == 0 {
                return 0;
            }
            day.state[minute] = state;
            day.steps[minute] = Some(counted);
            day.cadence_known[minute] = one.resolved[minute];
            day.worn[minute] = wearable;
            day.cause[minute] = None;
            return counted;
        }
        if state == MinuteState::Unknown {
            return 0;
        }
        let before = day.steps[minute].unwrap_or(0);
        match self.policy {
            MergePolicy::PriorityFill if counted > 0 => {
                day.steps[minute] = Some(before.saturating_add(counted));
                day.cadence_known[minute] &= one.resolved[minute];
                day.state[minute] = MinuteState::Moved;
                counted
            }
            MergePolicy::MaxPerSlice if counted > before => {
                day.steps[minute] = Some(counted);
                day.cadence_known[minute] = one.resolved[minute];
                day.state[minute] = MinuteState::Moved;
                counted
            }
            _ => 0,
        }
    }

    /// Notes the time that a source speaks for: its records, and whole minutes that it was worn in without any.
    /// A phone that counted nothing says nothing.
    fn cover(&mut self, one: &SourceMinutes, wearable: bool) {
        let minute_ms = |minute: usize| self.day.start_ms + minute as i64 * MINUTE_MS;
        let whole = (0..one.state.len())
            .filter(|&minute| one.state[minute] != MinuteState::Unknown && one.whole[minute])
            .map(|minute| minute_ms(minute)..minute_ms(minute + 1));
        let records = one
            .pieces
            .iter()
            .filter(|piece| {
                one.state[piece.minute] != MinuteState::Unknown && (wearable || piece.micro_steps > 0)
            })
            .map(|piece| piece.start_ms..piece.end_ms);
        self.covered.extend(whole.chain(records));
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod overlaps;
