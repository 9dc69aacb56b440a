use std::ops::Range;

use super::{Merge, MergePolicy, in_order, minutes_of};
use crate::error::AnalyticsError;
use crate::minutes::{DayMinutes, MinuteState};
use crate::source_minutes::source_minutes;
use crate::sources::SourceDay;
use crate::wear::ValidWearParams;

/// Neighbouring minutes in which the same sources were present and the same ones counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Minutes of the day, from its first.
    pub minutes: Range<usize>,
    /// What each source that was present said, the first by priority first.
    pub sources: Vec<SliceSource>,
}

/// What one source said of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceSource {
    /// Its place among the sources that were given.
    pub source: usize,
    /// Steps that it counted.
    pub own: u32,
    /// Those of them that the day counts.
    pub counted: u32,
}

impl Slice {
    /// Steps that the day counts in it.
    #[must_use]
    pub fn counted(&self) -> u32 {
        self.sources.iter().map(|source| source.counted).sum()
    }
}

/// A record of which nobody knows in which of its minutes its steps were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adrift {
    /// The place of its source among the sources that were given.
    pub source: usize,
    /// Minutes of the day that it covers, from the first to behind the last.
    pub minutes: Range<usize>,
    /// Steps that its source counted in them.
    pub own: u32,
    /// Those of them that the day counts: what others counted in its time is part of it.
    pub counted: u32,
}

/// How a day's steps came about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// Those of which the minutes are known, by time.
    pub slices: Vec<Slice>,
    /// Those adrift, record by record, the first source by priority first.
    pub adrift: Vec<Adrift>,
}

/// Explains a day's steps: those that count add up to those of [`super::merge_day_by`].
///
/// # Errors
/// As [`super::merge_day`].
pub fn explain_day(
    policy: MergePolicy,
    bounds: Range<i64>,
    sources: &[SourceDay],
    params: &ValidWearParams,
) -> Result<Explanation, AnalyticsError> {
    let minutes = minutes_of(&bounds)?;
    let mut merge =
        Merge::new(policy, DayMinutes::unknown(chrono::NaiveDate::default(), bounds.start, minutes));
    // Of each minute the sources that were present, with what they counted and what was taken of it.
    let mut present: Vec<Vec<SliceSource>> = vec![Vec::new(); minutes];
    let order = in_order(sources);
    for (place, source) in &order {
        let one = source_minutes(source, &bounds, minutes, params)?;
        let before: Vec<Option<u16>> = merge.day.steps.clone();
        let taken = merge.add(&one, source.wearable);
        for (minute, said) in present.iter_mut().enumerate() {
            if one.state[minute] == MinuteState::Unknown {
                continue;
            }
            // Where the greatest counts, one that is greater takes the place of those before.
            if policy == MergePolicy::MaxPerSlice && taken[minute] > 0 && before[minute].is_some() {
                said.iter_mut().for_each(|other| other.counted = 0);
            }
            let (own, counted) = (u32::from(one.steps[minute]), u32::from(taken[minute]));
            said.push(SliceSource { source: *place, own, counted });
        }
    }
    let mut slices: Vec<Slice> = Vec::new();
    for (minute, said) in present.into_iter().enumerate() {
        if said.is_empty() {
            continue;
        }
        match slices.last_mut().filter(|slice| slice.minutes.end == minute && is_like(&slice.sources, &said))
        {
            Some(slice) => {
                slice.minutes.end = minute + 1;
                for (sum, more) in slice.sources.iter_mut().zip(&said) {
                    sum.own += more.own;
                    sum.counted += more.counted;
                }
            }
            None => slices.push(Slice { minutes: minute..minute + 1, sources: said }),
        }
    }
    merge.settle();
    let told = merge.drifting.iter().map(|drift| Adrift {
        source: order[drift.rank].0,
        minutes: drift.minutes.first().copied().unwrap_or(0)..drift.minutes.last().map_or(0, |last| last + 1),
        own: drift.own,
        counted: drift.counted,
    });
    let adrift = told.filter(|adrift| adrift.own > 0).collect();
    Ok(Explanation { slices, adrift })
}

/// Whether the same sources were present, and the same ones had steps that count.
fn is_like(a: &[SliceSource], b: &[SliceSource]) -> bool {
    let shape = |said: &SliceSource| (said.source, said.own > 0, said.counted > 0);
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| shape(a) == shape(b))
}
