//! Frequency, intensity, time and type of what was done, as intervals.

use crate::adherence::dose::{planned_sessions, relative_dose};
use crate::adherence::interval::Interval;
use crate::adherence::outcome::{DayOutcome, DayRow};
use crate::adherence::reported::skipped;
use crate::programme::QuotaKind;

/// FITT; each part is `None` where it cannot be known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fitt {
    /// Days attained / days planned (per_week); above 1 when more was done.
    pub frequency: Option<Interval>,
    /// Share of walking minutes in the quota's own cadence band (moderate, 100 steps/min or above, where it gives none),
    /// over valid days. As judged from what was worn; `None` without a walking minute.
    pub intensity: Option<Interval>,
    /// Share of walking minutes in the quota's band of heart-rate reserve, over valid days; a minute without heart rate
    /// can be either. `None` where the quota gives no band, or nothing of it is known.
    pub reserve: Option<Interval>,
    /// Share of days on which something was done with an effort in the quota's band; a day that tells none can be
    /// either. `None` where the quota gives no band, or no day tells.
    pub effort: Option<Interval>,
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
    let (mut in_band, mut walked) = (0_u32, 0_u32);
    for (banded, done) in days.iter().filter_map(|day| day.banded_and_walked) {
        in_band += banded;
        walked += done;
    }
    let time = match kind {
        QuotaKind::Steps => None,
        _ => relative_dose(days).map(|dose| dose.capped),
    };
    Fitt {
        frequency: any.then(|| Interval { lo: attained / planned, hi: (attained + censored) / planned }),
        intensity: (walked > 0).then(|| Interval::point(f64::from(in_band) / f64::from(walked))),
        reserve: reserve(days),
        effort: effort(days),
        time,
        kinds: any.then(|| Interval {
            lo: f64::from(u8::from(attained > 0.0)),
            hi: f64::from(u8::from(attained + censored > 0.0)),
        }),
    }
}

/// Share of walking minutes in the band of the reserve.
fn reserve(days: &[DayRow]) -> Option<Interval> {
    let (mut inside, mut known, mut walked) = (0_u32, 0_u32, 0_u32);
    for (minutes, done) in days.iter().filter_map(|day| day.reserve_and_walked) {
        inside += minutes.inside;
        known += minutes.known;
        // A caller that names more minutes with heart rate than were walked has walked at least these.
        walked += done.max(minutes.known);
    }
    let all = f64::from(walked);
    (known > 0)
        .then(|| Interval { lo: f64::from(inside) / all, hi: f64::from(inside + walked - known) / all })
}

/// Share of the days on which something was done whose effort lies in the quota's band.
fn effort(days: &[DayRow]) -> Option<Interval> {
    let (mut inside, mut told, mut untold) = (0_u32, 0_u32, 0_u32);
    for day in days {
        let Some(band) = day.quota.intensity.effort else { continue };
        match day.effort {
            Some(effort) => {
                told += 1;
                inside += u32::from((band.lo..=band.hi).contains(&effort.into()));
            }
            None => untold += u32::from(skipped(day) == Some(false)),
        }
    }
    let all = f64::from(told + untold);
    (told > 0).then(|| Interval { lo: f64::from(inside) / all, hi: f64::from(inside + untold) / all })
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
