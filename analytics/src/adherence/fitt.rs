//! Frequency, intensity, time and type of what was done, as intervals.

use crate::adherence::dose::{planned_sessions, relative_dose};
use crate::adherence::interval::Interval;
use crate::adherence::outcome::{DayOutcome, DayRow};
use crate::programme::QuotaKind;

/// FITT; each part is `None` where it cannot be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitt {
    /// Days attained / days planned (per_week); above 1 when more was done.
    pub frequency: Option<Interval>,
    /// Share of walking minutes at moderate cadence (100 steps/min) or above, over valid days. As judged from what was
    /// worn; `None` without a walking minute.
    pub intensity: Option<Interval>,
    /// Minutes done, capped at the target, / minutes (workshops) planned; `None` for a quota of steps.
    pub time: Option<Interval>,
    /// Share of the prescribed kinds done at least once: of the one kind assessed, 0, 1 or unknown between.
    pub kinds: Option<Interval>,
}

/// FITT of days sorted by date.
pub(crate) fn fitt(days: &[DayRow], kind: QuotaKind) -> Fitt {
    let planned = planned_sessions(days);
    let attained = days.iter().filter(|day| day.outcome.is_attained()).count() as f64;
    let censored = days.iter().filter(|day| day.outcome == DayOutcome::Censored).count() as f64;
    let any = planned > 0.0;
    let (mut moderate, mut walked) = (0_u32, 0_u32);
    for (in_band, done) in days.iter().filter_map(|day| day.moderate_and_walked) {
        moderate += in_band;
        walked += done;
    }
    let time = match kind {
        QuotaKind::Steps => None,
        _ => relative_dose(days).map(|dose| dose.capped),
    };
    Fitt {
        frequency: any.then(|| Interval { lo: attained / planned, hi: (attained + censored) / planned }),
        intensity: (walked > 0).then(|| Interval::point(f64::from(moderate) / f64::from(walked))),
        time,
        kinds: any.then(|| Interval {
            lo: f64::from(u8::from(attained > 0.0)),
            hi: f64::from(u8::from(attained + censored > 0.0)),
        }),
    }
}

/// Type over several kinds: the mean of their `kinds`, `None` where one of them is unknown or none is given.
#[must_use]
pub fn share_of_kinds(parts: &[Fitt]) -> Option<Interval> {
    let known: Vec<Interval> = parts.iter().map(|part| part.kinds).collect::<Option<_>>()?;
    let n = known.len() as f64;
    (n > 0.0).then(|| Interval {
        lo: known.iter().map(|kinds| kinds.lo).sum::<f64>() / n,
        hi: known.iter().map(|kinds| kinds.hi).sum::<f64>() / n,
    })
}
