//! The dose done beside the dose planned, capped and uncapped.

use crate::adherence::interval::{Interval, Span};
use crate::adherence::outcome::{DayOutcome, DayRow};

/// Missed days in a row that make an interruption: 3 (Nilsen 2018; docs/methods.md, Adherence, there of sessions).
pub const INTERRUPTION_DAYS: u32 = 3;

/// Relative dose: completed / planned, and the longest interruption.
///
/// Nilsen 2018 weighs by MET h; within one kind of quota every unit weighs the same, and the weight cancels. Planned is
/// per_week x target for a whole week, by share of its eligible days for the days at hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelativeDose {
    /// Planned dose in the quota's unit (steps or minutes).
    pub planned: f64,
    /// No day counts above its target, no week above its plan: 0 to 1.
    pub capped: Interval,
    /// Everything done on eligible days; open above when any day is censored or only partly seen.
    pub uncapped: Span,
    /// Longest run of prescribed days in days: missed for certain, and with censored days counted as missed.
    pub longest_interruption_days: Interval,
    /// Whether any run of missed days is an interruption; `None` when it cannot be said.
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
    let all_known = days.iter().all(|day| day.done.hi.is_some());
    let sure = longest_run(days, |outcome| outcome == DayOutcome::Missed);
    let possible = longest_run(days, |outcome| !outcome.is_attained());
    let interrupted = if sure >= INTERRUPTION_DAYS {
        Some(true)
    } else if possible < INTERRUPTION_DAYS {
        Some(false)
    } else {
        None
    };
    Some(RelativeDose {
        planned,
        capped: Interval { lo: capped_lo / planned, hi: capped_hi / planned },
        uncapped: Span { lo: seen / planned, hi: all_known.then_some(seen / planned) },
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
    let quota = &week[0].quota;
    f64::from(quota.per_week) / f64::from(quota.weekdays.count().max(1))
}

fn longest_run(days: &[DayRow], of: fn(DayOutcome) -> bool) -> u32 {
    let (mut run, mut longest) = (0, 0);
    for day in days {
        run = if of(day.outcome) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
