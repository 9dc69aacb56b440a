//! The minutes that one source alone can vouch for: the step before the merge in [`crate::minutes`].

use std::borrow::Cow;
use std::ops::Range;

use crate::error::AnalyticsError;
use crate::minutes::{DayFlags, MINUTE_MS, MinuteState};
use crate::sources::{Contact, Gap, GapCause, HeartRate, SourceDay, StepInterval, WornInterval};
use crate::step_grid::{Piece, StepGrid, step_grid};
use crate::wear::{CONTEXT_MINUTES, ValidWearParams, choi_non_wear};

/// Lowest and highest believable heart rate in 0.1 /min: 30 to 220 /min, any device (docs/methods.md, Heart [D]).
pub const HEART_RATE_GATE_DECI_BPM: std::ops::RangeInclusive<i32> = 300..=2200;

/// A reported worn time may exceed its interval by rounding, in seconds. [D]
const WORN_ROUNDING_SECONDS: i64 = 1;

/// One source's minutes of the day, without context. Vectors have one entry per minute of the day.
#[derive(Debug)]
pub(crate) struct SourceMinutes {
    pub(crate) state: Vec<MinuteState>,
    /// 0 where unknown.
    pub(crate) steps: Vec<u16>,
    pub(crate) resolved: Vec<bool>,
    /// Steps of which nobody knows in which minute they were: an even share.
    pub(crate) adrift: Vec<u16>,
    /// The same record by record: minutes, and the share of each.
    pub(crate) drifts: Vec<Vec<(usize, u16)>>,
    /// 0 where absent.
    pub(crate) heart_rate_deci_bpm: Vec<u16>,
    pub(crate) cause: Vec<Option<GapCause>>,
    /// What `steps` are made of, by minute of the day.
    pub(crate) pieces: Vec<Piece>,
    /// Whether the source speaks for the whole of a known minute, and not only for the time of its records: it was worn, and
    /// counted nothing or writes nothing where there is nothing to count.
    pub(crate) whole: Vec<bool>,
    /// Whether the source gave a step record for the minute, believed or not.
    pub(crate) step_record: Vec<bool>,
    /// Whether anything of the minute came that can be believed.
    pub(crate) heard: Vec<bool>,
    pub(crate) any_reading: bool,
    pub(crate) flags: DayFlags,
}

/// What was seen in a minute besides steps.
#[derive(Debug, Clone, Copy, Default)]
struct Evidence {
    heart_rate_sum: u32,
    heart_rate_count: u16,
    on_body: bool,
    off_body: bool,
    /// A contradicting total makes the minute's zero worthless.
    void: bool,
    cause: Option<GapCause>,
}

impl Evidence {
    fn worn(&self) -> bool {
        !self.off_body && (self.on_body || self.heart_rate_count > 0)
    }
}

/// Minutes of a day and its context, counted from the context's first minute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) origin_ms: i64,
    pub(crate) minutes: usize,
}

impl Window {
    /// Index of the minute that holds an instant.
    pub(crate) fn minute(&self, ms: i64) -> Option<usize> {
        let index = ms.checked_sub(self.origin_ms)?.div_euclid(MINUTE_MS);
        usize::try_from(index).ok().filter(|&index| index < self.minutes)
    }

    /// Minutes that an interval touches; an instant touches its own.
    pub(crate) fn touched(&self, start_ms: i64, end_ms: i64) -> Range<usize> {
        let last_ms = end_ms.saturating_sub(1).max(start_ms);
        let first = start_ms.saturating_sub(self.origin_ms).div_euclid(MINUTE_MS);
        let past = last_ms.saturating_sub(self.origin_ms).div_euclid(MINUTE_MS) + 1;
        self.clip(first)..self.clip(past)
    }

    /// Minutes that lie wholly inside an interval.
    fn inside(&self, start_ms: i64, end_ms: i64) -> Range<usize> {
        let first =
            (start_ms.saturating_sub(self.origin_ms).saturating_add(MINUTE_MS - 1)).div_euclid(MINUTE_MS);
        let past = end_ms.saturating_sub(self.origin_ms).div_euclid(MINUTE_MS);
        let (first, past) = (self.clip(first), self.clip(past));
        first..past.max(first)
    }

    fn clip(&self, minute: i64) -> usize {
        usize::try_from(minute.max(0)).map_or(self.minutes, |minute| minute.min(self.minutes))
    }
}

/// Judges each minute of `bounds` from one source.
pub(crate) fn source_minutes(
    source: &SourceDay,
    bounds: &Range<i64>,
    minutes: usize,
    params: &ValidWearParams,
) -> Result<SourceMinutes, AnalyticsError> {
    let context_ms = CONTEXT_MINUTES as i64 * MINUTE_MS;
    let window =
        Window { origin_ms: bounds.start.saturating_sub(context_ms), minutes: minutes + 2 * CONTEXT_MINUTES };
    let today = CONTEXT_MINUTES..CONTEXT_MINUTES + minutes;

    let mut flags = DayFlags::default();
    let mut grid = step_grid(&source.steps, &window, &mut flags)?;
    for count in &source.beside {
        grid.beside(step_grid(count, &window, &mut flags)?);
    }
    let mut evidence = vec![Evidence::default(); window.minutes];
    take_heart_rates(&source.heart_rate, &window, params, &mut evidence)?;
    take_contact(&source.contact, &window, &mut evidence);
    take_worn(&source.worn, &window, &mut evidence)?;
    take_gaps(&source.gaps, &window, &mut evidence)?;
    void_contradicted(source, &window, &today, &grid, &mut evidence, &mut flags)?;

    let mut out = SourceMinutes {
        state: vec![MinuteState::Unknown; minutes],
        steps: vec![0; minutes],
        resolved: vec![false; minutes],
        adrift: grid.adrift[today.clone()].to_vec(),
        drifts: Vec::new(),
        heart_rate_deci_bpm: vec![0; minutes],
        cause: vec![None; minutes],
        pieces: Vec::new(),
        whole: vec![false; minutes],
        step_record: grid.present[today.clone()].to_vec(),
        heard: vec![false; minutes],
        any_reading: false,
        flags,
    };
    let worn = source.wearable.then(|| worn_minutes(source, &grid, &today, &evidence, params));
    let sparse = source.sparse_steps && grid.present.contains(&true);
    out.pieces.extend(
        grid.pieces
            .iter()
            .filter(|piece| today.contains(&piece.minute))
            .map(|piece| Piece { minute: piece.minute - today.start, ..*piece }),
    );
    for drift in &grid.drifts {
        let of_day = drift.iter().filter(|(minute, _)| today.contains(minute));
        let of_day: Vec<(usize, u16)> =
            of_day.map(|(minute, share)| (minute - today.start, *share)).collect();
        if !of_day.is_empty() {
            out.drifts.push(of_day);
        }
    }
    for (minute, index) in today.enumerate() {
        let seen = &evidence[index];
        if seen.heart_rate_count > 0 {
            let count = u32::from(seen.heart_rate_count);
            let mean = (seen.heart_rate_sum + count / 2) / count;
            out.heart_rate_deci_bpm[minute] = u16::try_from(mean).unwrap_or(u16::MAX);
        }
        let heard = grid.present[index] || seen.heart_rate_count > 0 || seen.on_body || seen.off_body;
        out.any_reading |= heard || grid.adrift[index] > 0;
        // Of a counter that was not heard for hours nothing came in them.
        let told = heard || (grid.adrift[index] > 0 && !source.has_counter);
        out.heard[minute] = told && !seen.void;
        let worn_here = worn.as_ref().map_or(Worn::No, |worn| worn[index]);
        let not_worn = source.wearable.then_some(GapCause::NotWorn);
        let implied_zero = sparse && worn_here == Worn::Yes && !grid.present[index] && !grid.refused[index];
        if !(grid.present[index] || implied_zero) || seen.void {
            out.cause[minute] = seen.cause.or(if seen.off_body { not_worn } else { None });
            continue;
        }
        out.steps[minute] = grid.steps[index];
        out.resolved[minute] = grid.resolved[index] || implied_zero;
        out.whole[minute] = grid.steps[index] == 0 || (sparse && worn_here == Worn::Yes);
        if grid.steps[index] > 0 {
            out.state[minute] = MinuteState::Moved;
        } else if worn_here == Worn::No {
            out.cause[minute] = seen.cause.or(not_worn);
        } else {
            out.state[minute] = MinuteState::Still;
            out.flags.wear_from_steps |= worn_here == Worn::FromSteps;
        }
    }
    Ok(out)
}

/// Whether, and by what evidence, a wearable was worn in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worn {
    No,
    Yes,
    FromSteps,
}

fn worn_minutes(
    source: &SourceDay,
    grid: &StepGrid,
    today: &Range<usize>,
    evidence: &[Evidence],
    params: &ValidWearParams,
) -> Vec<Worn> {
    let mut worn: Vec<Worn> =
        evidence.iter().map(|seen| if seen.worn() { Worn::Yes } else { Worn::No }).collect();
    if !source.has_heart_rate {
        worn_from_steps(grid, today, evidence, params, &mut worn);
        return worn;
    }
    // Bridge short dropouts between minutes that are certainly worn.
    let longest = usize::from(params.get().bridge_minutes);
    let mut last_sure: Option<usize> = None;
    for index in 0..worn.len() {
        if worn[index] == Worn::No && grid.steps[index] == 0 {
            continue;
        }
        if let Some(last) = last_sure
            && index - last > 1
            && index - last - 1 <= longest
            && !evidence[last + 1..index].iter().any(|seen| seen.off_body)
        {
            worn[last + 1..index].fill(Worn::Yes);
        }
        last_sure = Some(index);
    }
    worn
}

/// Choi's rule over the day and as much context as the source reported. Silence counts as zero: a lone hour of zeros in
/// a silent day is no sign of wear.
fn worn_from_steps(
    grid: &StepGrid,
    today: &Range<usize>,
    evidence: &[Evidence],
    params: &ValidWearParams,
    worn: &mut [Worn],
) {
    let Some(first) = grid.present.iter().position(|&present| present) else { return };
    let past = grid.present.iter().rposition(|&present| present).map_or(first, |last| last + 1);
    let (first, past) = (first.min(today.start), past.max(today.end));
    let zero: Vec<bool> = grid.steps[first..past].iter().map(|&steps| steps == 0).collect();
    for (offset, non_wear) in choi_non_wear(&zero, params).into_iter().enumerate() {
        let index = first + offset;
        if !non_wear && worn[index] == Worn::No && !evidence[index].off_body {
            worn[index] = Worn::FromSteps;
        }
    }
}

fn take_heart_rates(
    readings: &[HeartRate],
    window: &Window,
    params: &ValidWearParams,
    evidence: &mut [Evidence],
) -> Result<(), AnalyticsError> {
    let longest_ms = i64::from(params.get().heart_rate_interval_minutes) * MINUTE_MS;
    for reading in readings {
        let length_ms = length(reading.start_ms, reading.end_ms)?;
        if length_ms > longest_ms || !HEART_RATE_GATE_DECI_BPM.contains(&reading.deci_bpm) {
            continue;
        }
        for seen in &mut evidence[window.touched(reading.start_ms, reading.end_ms)] {
            // 65,535 readings of one minute are more than any device sends; the mean is settled by then.
            if seen.heart_rate_count < u16::MAX {
                seen.heart_rate_sum += reading.deci_bpm.unsigned_abs();
                seen.heart_rate_count += 1;
            }
        }
    }
    Ok(())
}

fn take_contact(readings: &[Contact], window: &Window, evidence: &mut [Evidence]) {
    for reading in readings {
        if let Some(minute) = window.minute(reading.at_ms) {
            let seen = &mut evidence[minute];
            seen.on_body |= reading.on_skin;
            seen.off_body = !seen.on_body && (seen.off_body || !reading.on_skin);
        }
    }
}

fn take_worn(
    readings: &[WornInterval],
    window: &Window,
    evidence: &mut [Evidence],
) -> Result<(), AnalyticsError> {
    for &WornInterval { start_ms, end_ms, worn_seconds } in readings {
        let length_ms = length(start_ms, end_ms)?;
        let worn_ms = i64::from(worn_seconds) * 1000;
        if worn_ms > length_ms.saturating_add(WORN_ROUNDING_SECONDS * 1000) {
            return Err(AnalyticsError::WornLongerThanInterval { start_ms, end_ms, worn_seconds });
        }
        if worn_ms > 0 && worn_ms < length_ms {
            continue;
        }
        for seen in &mut evidence[window.inside(start_ms, end_ms)] {
            if worn_seconds == 0 {
                seen.off_body = true;
            } else {
                seen.on_body = true;
            }
        }
    }
    Ok(())
}

fn take_gaps(gaps: &[Gap], window: &Window, evidence: &mut [Evidence]) -> Result<(), AnalyticsError> {
    for gap in gaps {
        length(gap.start_ms, gap.end_ms)?;
        for seen in &mut evidence[window.touched(gap.start_ms, gap.end_ms)] {
            seen.cause.get_or_insert(gap.cause);
        }
    }
    Ok(())
}

/// A device total above zero over minutes that are all zero: those zeros are not "still".
fn void_contradicted(
    source: &SourceDay,
    window: &Window,
    today: &Range<usize>,
    grid: &StepGrid,
    evidence: &mut [Evidence],
    flags: &mut DayFlags,
) -> Result<(), AnalyticsError> {
    let mut check = |range: Range<usize>, whole_day: bool| {
        let any_present = grid.present[range.clone()].iter().any(|&present| present);
        if !any_present {
            flags.total_without_minutes |= whole_day;
        } else if grid.steps[range.clone()].iter().all(|&steps| steps == 0) {
            flags.total_contradicts_minutes = true;
            evidence[range].iter_mut().for_each(|seen| seen.void = true);
        }
    };
    if source.day_total_steps.is_some_and(|total| total > 0) {
        check(today.clone(), true);
    }
    for &StepInterval { start_ms, end_ms, count } in &source.hour_totals {
        length(start_ms, end_ms)?;
        let hour = window.inside(start_ms, end_ms);
        if count > 0 && hour.start < today.end && hour.end > today.start {
            check(hour.start.max(today.start)..hour.end.min(today.end), false);
        }
    }
    Ok(())
}

/// Length of an interval in ms.
pub(crate) fn length(start_ms: i64, end_ms: i64) -> Result<i64, AnalyticsError> {
    end_ms
        .checked_sub(start_ms)
        .filter(|&ms| ms >= 0)
        .ok_or(AnalyticsError::IntervalReversed { start_ms, end_ms })
}

/// The input itself when sorted, else a sorted copy.
pub(crate) fn sorted<T: Ord + Clone>(values: &[T]) -> Cow<'_, [T]> {
    if values.is_sorted() {
        Cow::Borrowed(values)
    } else {
        let mut copy = values.to_vec();
        copy.sort_unstable();
        Cow::Owned(copy)
    }
}
