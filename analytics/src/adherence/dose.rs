//! The dose done beside the dose planned, capped and uncapped.

use crate::adherence::course::interruptions;
use crate::adherence::interval::{Interval, Span};
use crate::adherence::outcome::DayRow;
use crate::adherence::reported::skipped;

/// Relative dose: completed / planned, and the longest interruption.
///
/// Nilsen 2018 weighs by MET h; within one kind of quota every unit weighs the same, and the weight cancels; over kinds
/// [`crate::adherence::dose_over_kinds`] weighs. Planned is per_week x target for a whole week, by share of its eligible
/// days for the days at hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelativeDose {
    /// Planned dose in the quota's unit (steps or minutes).
    pub planned: f64,
    /// No day counts above its target, no week above its plan: 0 to 1.
    pub capped: Interval,
    /// Everything done on eligible days; open above when any day is censored or only partly seen.
    pub uncapped: Span,
    /// Longest run of skipped days among the prescribed, in days: for certain, and with open days counted as skipped.
    pub longest_interruption_days: Interval,
    /// Whether any run of skipped days is an interruption, by [`crate::adherence::INTERRUPTION_SESSIONS`]; `None` when it
    /// cannot be said.
    pub interrupted: Option<bool>,
}

/// The dose of days sorted by date; `None` when nothing was planned.
pub(crate) fn relative_dose(days: &[DayRow]) -> Option<RelativeDose> {
    let (mut planned, mut capped_lo, mut capped_hi) = (0.0, 0.0, 0.0);
    for week in days.chunk_by(|a, b| a.week_start == b.week_start) {
        let plan = week.iter().map(|day| f64::from(day.quota.target)).sum::<f64>() * session_share(week);
        let capped = |of: fn(&DayRow) -> f64| week.iter().map(of).sum::<f64>().min(plan);
        planned += plan;
        capped_lo += capped(|day| day.done.lo.min(f64::from(day.quota.target)));
        capped_hi += capped(|day| day.done.hi.unwrap_or(f64::INFINITY).min(f64::from(day.quota.target)));
    }
    if planned <= 0.0 {
        return None;
    }
    let seen: f64 = days.iter().map(|day| day.done.lo).sum();
    let most: Option<f64> = days.iter().map(|day| day.done.hi).sum();
    let sure = longest_run(days, |day| skipped(day) == Some(true));
    let possible = longest_run(days, |day| skipped(day) != Some(false));
    let found = interruptions(days);
    let interrupted = if found.lo > 0.0 {
        Some(true)
    } else if found.hi > 0.0 {
        None
    } else {
        Some(false)
    };
    Some(RelativeDose {
        planned,
        capped: Interval { lo: capped_lo / planned, hi: capped_hi / planned },
        uncapped: Span { lo: seen / planned, hi: most.map(|most| most / planned) },
        longest_interruption_days: Interval { lo: f64::from(sure), hi: f64::from(possible) },
        interrupted,
    })
}

/// Sessions planned on days sorted by date: `per_week` for a whole week, by share of its eligible days for fewer.
pub(crate) fn planned_sessions(days: &[DayRow]) -> f64 {
    days.chunk_by(|a, b| a.week_start == b.week_start)
        .map(|week| week.len() as f64 * session_share(week))
        .sum()
}

/// Sessions per eligible day of a week.
fn session_share(week: &[DayRow]) -> f64 {
    sessions_a_day(&week[0])
}

/// Sessions that an eligible day stands for: `per_week` shared among its week's eligible days.
pub(crate) fn sessions_a_day(day: &DayRow) -> f64 {
    f64::from(day.quota.per_week) / f64::from(day.quota.weekdays.count().max(1))
}

fn longest_run(days: &[DayRow], of: fn(&DayRow) -> bool) -> u32 {
    let (mut run, mut longest) = (0, 0);
    for day in days {
        run = if of(day) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
