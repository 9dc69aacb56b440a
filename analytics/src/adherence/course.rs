//! How a prescription went over time: interruptions, reduced sessions, early ends, and whether it was given up.
//!
//! The terms are those of Nilsen 2018 (Med Sci Sports Exerc 50:1134, table 2); where days are open, each is an interval
//! or cannot be said.

use chrono::{Days, NaiveDate};

use crate::adherence::dose::sessions_a_day;
use crate::adherence::interval::Interval;
use crate::adherence::outcome::{DayOutcome, DayRow};
use crate::adherence::reported::{Said, skipped};

/// Consecutive missed sessions that make an interruption: 3 (Nilsen 2018).
///
/// A quota of 5 of 7 days may skip two of any seven, so that sessions are counted and not days: a run of skipped days
/// stands for as many sessions as its share of the week's plan [D].
pub const INTERRUPTION_SESSIONS: f64 = 3.0;

/// Days without any session at the end of a period after which it is called given up, as far as is known: 28 [D].
/// Nilsen 2018 calls a discontinuation permanent when the programme ends without return.
pub const STOP_DAYS: u64 = 28;

/// How a prescription went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Interruptions: least and greatest number that the open days allow.
    pub interruptions: Interval,
    /// Days on which a session was done and was shorter than asked; `None` for kinds that a sensor judges, of which
    /// nearly every day has something.
    pub reduced_days: Option<Interval>,
    /// Days on which a session ended early; a session of which nobody told it can be one. `None` where nobody told of
    /// any.
    pub early_stops: Option<Interval>,
    /// Days of workshops missed with an excuse, and none without.
    pub excused_days: u32,
    /// Whether nothing was done in the last 28 days of the period; `None` when it cannot be said, or the period is
    /// shorter.
    pub stopped: Option<bool>,
}

/// The course of days sorted by date, over a period.
pub(crate) fn course(days: &[DayRow], from: NaiveDate, to: NaiveDate) -> Course {
    Course {
        interruptions: interruptions(days),
        reduced_days: reduced_days(days),
        early_stops: early_stops(days),
        excused_days: days.iter().filter(|day| is_excused(day)).count() as u32,
        stopped: stopped(days, from, to),
    }
}

/// Least and greatest number of interruptions that the open days allow.
pub(crate) fn interruptions(days: &[DayRow]) -> Interval {
    Interval { lo: extreme(days, u32::min).into(), hi: extreme(days, u32::max).into() }
}

/// Over every way in which the open days may have gone, by dynamic programming over the length of the run of skipped
/// days that is under way.
fn extreme(days: &[DayRow], better: fn(u32, u32) -> u32) -> u32 {
    /// One session a week on seven days: 21 days stand for three sessions, so that a run that is none yet has at most 20.
    const LONGEST: usize = 21;
    /// The run has become an interruption.
    const WITHIN: usize = LONGEST;
    let mut planned = vec![0.0];
    let mut best = [None; LONGEST + 1];
    best[0] = Some(0);
    for (index, day) in days.iter().enumerate() {
        planned.push(planned[index] + sessions_a_day(day));
        let skipped = skipped(day);
        let mut next: [Option<u32>; LONGEST + 1] = [None; LONGEST + 1];
        let mut reach = |state: usize, count: u32| {
            next[state] = Some(next[state].map_or(count, |other| better(other, count)));
        };
        for (state, count) in best.iter().enumerate() {
            let Some(count) = *count else { continue };
            if skipped != Some(true) {
                reach(0, count);
            }
            if skipped == Some(false) {
                continue;
            }
            if state == WITHIN {
                reach(WITHIN, count);
                continue;
            }
            let sessions = planned[index + 1] - planned[index - state];
            if sessions + 1e-9 >= INTERRUPTION_SESSIONS || state + 1 == LONGEST {
                reach(WITHIN, count + 1);
            } else {
                reach(state + 1, count);
            }
        }
        best = next;
    }
    best.into_iter().flatten().reduce(better).unwrap_or(0)
}

fn reduced_days(days: &[DayRow]) -> Option<Interval> {
    let reported = |day: &&DayRow| !day.quota.kind.is_sensed();
    days.iter().any(|day| reported(&day)).then(|| {
        let sure =
            days.iter().filter(reported).filter(|d| d.outcome == DayOutcome::Missed && d.done.lo > 0.0);
        let sure = sure.count() as f64;
        let open = days.iter().filter(reported).filter(|day| day.outcome == DayOutcome::Censored).count();
        Interval { lo: sure, hi: sure + open as f64 }
    })
}

fn early_stops(days: &[DayRow]) -> Option<Interval> {
    days.iter().any(|day| day.stopped_early.is_some()).then(|| {
        let sure = days.iter().filter(|day| day.stopped_early == Some(true)).count() as f64;
        let open = days.iter().filter(|day| day.stopped_early.is_none() && skipped(day) != Some(true)).count()
            as f64;
        Interval { lo: sure, hi: sure + open }
    })
}

fn is_excused(day: &DayRow) -> bool {
    day.outcome == DayOutcome::Missed
        && matches!(day.said, Some(Said::Sheet { excused, absent: 0, .. }) if excused > 0)
}

fn stopped(days: &[DayRow], from: NaiveDate, to: NaiveDate) -> Option<bool> {
    let first = to.checked_sub_days(Days::new(STOP_DAYS - 1))?;
    let last = &days[days.partition_point(|day| day.date < first)..];
    if last.iter().any(|day| skipped(day) == Some(false)) {
        return Some(false);
    }
    let all_skipped = !last.is_empty() && last.iter().all(|day| skipped(day) == Some(true));
    (all_skipped && from <= first).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adherence::reported::{Answer, ReportedDay, judge_reported};
    use crate::programme::{PrescribedDay, Quota, QuotaKind};
    use proptest::prelude::*;

    fn start() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, 4).unwrap()
    }

    /// Days as letters: d done, r reduced, s skipped, o open.
    fn days(letters: &str, per_week: u8) -> Vec<DayRow> {
        letters
            .chars()
            .zip(start().iter_days())
            .map(|(letter, date)| {
                let quota = Quota::of(QuotaKind::Stretching, per_week, 20);
                let told = |minutes, answer, stopped_early| {
                    let said = Said::Sessions { minutes, answer };
                    Some(ReportedDay { date, said, effort: None, stopped_early })
                };
                let told = match letter {
                    'd' => told(20, Answer::Answered, Some(false)),
                    'r' => told(10, Answer::Answered, Some(true)),
                    's' => told(0, Answer::Answered, None),
                    _ => None,
                };
                judge_reported(&PrescribedDay { date, week_start: start(), quota }, told.as_ref())
            })
            .collect()
    }

    fn found(letters: &str, per_week: u8) -> (f64, f64) {
        let Interval { lo, hi } = interruptions(&days(letters, per_week));
        (lo, hi)
    }

    #[test]
    fn three_sessions_make_an_interruption() {
        assert_eq!(found("dsssdssd", 7), (1.0, 1.0));
        assert_eq!(found("dssrssd", 7), (0.0, 0.0));
        assert_eq!(found("dssosd", 7), (0.0, 1.0));
        // Either one long interruption, or two with a session between.
        assert_eq!(found("sssosss", 7), (1.0, 2.0));
        assert_eq!(found("", 7), (0.0, 0.0));
    }

    #[test]
    fn rest_days_of_the_plan_are_no_interruption() {
        // Two of seven days, done on Wednesday and Saturday of each week: whole plan, gaps of up to three days.
        assert_eq!(found("dssdsssdssdsss", 2), (0.0, 0.0));
        // Ten skipped days stand for 20/7 sessions, eleven for 22/7.
        assert_eq!(found("dssssssssssd", 2), (0.0, 0.0));
        assert_eq!(found("dsssssssssssd", 2), (1.0, 1.0));
        assert_eq!(found(&"s".repeat(21), 1), (1.0, 1.0));
        assert_eq!(found(&"s".repeat(20), 1), (0.0, 0.0));
    }

    #[test]
    fn reductions_and_early_ends_are_counted_with_what_is_open() {
        let found = course(&days("drrso", 7), start(), start() + Days::new(4));
        assert_eq!(found.reduced_days, Some(Interval { lo: 2.0, hi: 3.0 }));
        assert_eq!(found.early_stops, Some(Interval { lo: 2.0, hi: 3.0 }));
        assert_eq!(found.stopped, Some(false));
    }

    #[test]
    fn given_up_needs_four_weeks_that_are_known() {
        let of = |letters: &str| {
            let days = days(letters, 7);
            stopped(&days, start(), start() + Days::new(letters.len() as u64 - 1))
        };
        assert_eq!(of(&format!("d{}", "s".repeat(28))), Some(true));
        assert_eq!(of(&format!("d{}", "s".repeat(27))), Some(false));
        assert_eq!(of(&format!("d{}o", "s".repeat(27))), None);
        assert_eq!(of(&"s".repeat(27)), None);
    }

    proptest! {
        /// Against every way in which the open days may have gone.
        #[test]
        fn the_bounds_are_those_of_every_completion(letters in "[dso]{0,12}", per_week in 1_u8..=7) {
            let open = letters.matches('o').count();
            let mut counts = Vec::new();
            for ways in 0_u32..1 << open {
                let mut bit = 0;
                let one: String = letters
                    .chars()
                    .map(|letter| {
                        if letter != 'o' {
                            return letter;
                        }
                        bit += 1;
                        if ways >> (bit - 1) & 1 == 0 { 's' } else { 'd' }
                    })
                    .collect();
                // Counted plainly: runs of skipped days worth three sessions.
                let worth = |run: &str| run.len() as f64 * f64::from(per_week) / 7.0 + 1e-9 >= 3.0;
                counts.push(one.split('d').filter(|run| worth(run)).count());
            }
            let (lo, hi) = found(&letters, per_week);
            prop_assert_eq!(lo as usize, *counts.iter().min().unwrap());
            prop_assert_eq!(hi as usize, *counts.iter().max().unwrap());
        }
    }
}
