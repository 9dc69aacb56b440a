//! What a prescribed day came to: attained, missed, or censored.
//!
//! A valid day at the tolerance (0.9 of the target) or above is attained, below it missed. A partly worn day that reached
//! it is known to be attained, for what was seen is a lower bound; below it, and without data, the day is censored.

use chrono::NaiveDate;

use crate::adherence::intensity::{BandMinutes, minutes_in_cadence};
use crate::adherence::interval::Span;
use crate::adherence::reported::Said;
use crate::cadence::MODERATE_CADENCE;
use crate::minutes::{DayMinutes, MinuteState};
use crate::programme::{PrescribedDay, Quota, QuotaKind};
use crate::wear::ValidDayRule;

/// What was seen of a person on one local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayObs {
    /// The local day.
    pub date: NaiveDate,
    /// Steps seen, a lower bound; `None` when no minute is known.
    pub steps: Option<u32>,
    /// Minutes seen at the quota's walking cadence or more; `None` when no cadence is known.
    pub walk_minutes: Option<u32>,
    /// Minutes seen at 100 steps/min or more; `None` when no cadence is known.
    pub moderate_minutes: Option<u32>,
    /// Minutes seen in the quota's own cadence band, among its walking minutes; `None` where it gives no band or no
    /// cadence is known.
    pub in_cadence_band: Option<u32>,
    /// Walking minutes in the quota's own band of heart-rate reserve, by [`crate::adherence::minutes_in_reserve`]; `None`
    /// where it gives no band or the reserve is not known.
    pub in_reserve_band: Option<BandMinutes>,
    /// Length of the day in minutes.
    pub day_minutes: u32,
    /// Minutes in which a wearable was worn.
    pub wear_minutes: u32,
    /// Minutes of which nothing is known.
    pub unknown_minutes: u32,
    /// Whether the wear suffices to judge steps.
    pub valid: bool,
    /// Whether the worn minutes whose cadence is known suffice to judge walking minutes.
    pub cadence_valid: bool,
    /// Whether only a phone reported: then the day is never valid.
    pub phone_only: bool,
}

impl DayObs {
    /// What adherence needs of a day's minutes. `walking_cadence` is the quota's own, in steps/min.
    #[must_use]
    pub fn from_minutes(day: &DayMinutes, rule: &ValidDayRule, walking_cadence: u16) -> Self {
        let cadence_worn =
            day.worn.iter().zip(&day.cadence_known).filter(|&(&worn, &known)| worn && known).count();
        Self {
            date: day.date,
            steps: day.steps_seen(),
            walk_minutes: day.minutes_at_cadence(walking_cadence),
            moderate_minutes: day.minutes_at_cadence(MODERATE_CADENCE.max(walking_cadence)),
            in_cadence_band: None,
            in_reserve_band: None,
            day_minutes: day.len() as u32,
            wear_minutes: day.wear_minutes(),
            unknown_minutes: day.count(MinuteState::Unknown),
            valid: !day.from_phone_only && rule.is_valid(day.wear_minutes()),
            cadence_valid: !day.from_phone_only && rule.is_valid(cadence_worn as u32),
            phone_only: day.from_phone_only,
        }
    }

    /// The same for a quota, with its own cadence band where it has one.
    #[must_use]
    pub fn for_quota(day: &DayMinutes, rule: &ValidDayRule, quota: &Quota) -> Self {
        let in_cadence_band =
            quota.intensity.cadence.and_then(|band| minutes_in_cadence(day, band, quota.min_cadence));
        Self { in_cadence_band, ..Self::from_minutes(day, rule, quota.min_cadence) }
    }

    /// What was done towards a kind of quota, a lower bound; `None` when nothing is known.
    #[must_use]
    pub fn done(&self, kind: QuotaKind) -> Option<u32> {
        match kind {
            QuotaKind::Steps => self.steps,
            QuotaKind::WalkMinutes => self.walk_minutes,
            _ => None,
        }
    }

    /// Whether the day can be judged on a kind of quota.
    #[must_use]
    pub fn is_valid_for(&self, kind: QuotaKind) -> bool {
        let worn_enough = match kind {
            QuotaKind::Steps => self.valid,
            QuotaKind::WalkMinutes => self.valid && self.cadence_valid,
            _ => false,
        };
        worn_enough && !self.phone_only && self.done(kind).is_some()
    }
}

/// What a prescribed day came to. Valid is a day that was worn enough, or of which the person or the sheet told all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOutcome {
    /// A valid day at the tolerance or above.
    Attained,
    /// A day that is not valid and reached it all the same.
    KnownAttained,
    /// A valid day below it.
    Missed,
    /// It cannot be said.
    Censored,
}

impl DayOutcome {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attained => "attained",
            Self::KnownAttained => "known_attained",
            Self::Missed => "missed",
            Self::Censored => "censored",
        }
    }

    /// Whether the quota was reached for certain.
    #[must_use]
    pub fn is_attained(self) -> bool {
        matches!(self, Self::Attained | Self::KnownAttained)
    }
}

/// A prescribed day beside what was seen of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayRow {
    /// The local day.
    pub date: NaiveDate,
    /// First day of its programme week.
    pub week_start: NaiveDate,
    /// The quota in force.
    pub quota: Quota,
    /// Done towards it in the quota's unit: a point on a valid day (as judged from what was worn), else open above.
    pub done: Span,
    /// What it came to.
    pub outcome: DayOutcome,
    /// Whether the day is valid for this quota.
    pub valid: bool,
    /// Length of the day in minutes; 1440 when nothing was reported.
    pub day_minutes: u32,
    /// Minutes worn.
    pub wear_minutes: u32,
    /// Minutes unknown; of a kind that is reported all of a day that is not valid, and none of one that is.
    pub unknown_minutes: u32,
    /// What was said of the day, for a kind that is reported.
    pub said: Option<Said>,
    /// Perceived exertion on Borg's scale, as reported.
    pub effort: Option<u8>,
    /// Whether a session ended before its planned end, as reported.
    pub stopped_early: Option<bool>,
    /// Minutes in the quota's cadence band (else at 100 steps/min or more) on a valid day, beside its walking minutes.
    pub(crate) banded_and_walked: Option<(u32, u32)>,
    /// The same for the quota's band of heart-rate reserve.
    pub(crate) reserve_and_walked: Option<(BandMinutes, u32)>,
}

impl DayRow {
    /// A prescribed day of which nothing is known.
    pub(crate) fn unseen(prescribed: &PrescribedDay) -> Self {
        Self {
            date: prescribed.date,
            week_start: prescribed.week_start,
            quota: prescribed.quota,
            done: Span { lo: 0.0, hi: None },
            outcome: DayOutcome::Censored,
            valid: false,
            day_minutes: ORDINARY_DAY_MINUTES,
            wear_minutes: 0,
            unknown_minutes: ORDINARY_DAY_MINUTES,
            said: None,
            effort: None,
            stopped_early: None,
            banded_and_walked: None,
            reserve_and_walked: None,
        }
    }
}

/// Minutes of a day that nothing was reported for.
const ORDINARY_DAY_MINUTES: u32 = 1440;

/// What was done towards a quota and what it comes to.
pub(crate) struct Judgement {
    pub(crate) outcome: DayOutcome,
    pub(crate) done: Span,
}

/// Judges what was done, a lower bound; on a valid day it is all.
pub(crate) fn judge(quota: &Quota, done: Option<u32>, valid: bool) -> Judgement {
    // The margin keeps 0.9 x 5 000 at 4 500 whatever the rounding of the product.
    let reached =
        done.is_some_and(|done| f64::from(done) + 1e-9 >= quota.tolerance * f64::from(quota.target));
    let outcome = match (valid, reached) {
        (true, true) => DayOutcome::Attained,
        (true, false) => DayOutcome::Missed,
        (false, true) => DayOutcome::KnownAttained,
        (false, false) => DayOutcome::Censored,
    };
    let lo = f64::from(done.unwrap_or(0));
    Judgement { outcome, done: Span { lo, hi: valid.then_some(lo) } }
}

/// Judges one prescribed day from what was seen of it.
#[must_use]
pub fn judge_day(prescribed: &PrescribedDay, seen: Option<&DayObs>) -> DayRow {
    let unseen = DayRow::unseen(prescribed);
    let Some(obs) = seen else { return unseen };
    let quota = &prescribed.quota;
    let valid = obs.is_valid_for(quota.kind);
    let Judgement { outcome, done } = judge(quota, obs.done(quota.kind), valid);
    let walked = obs.walk_minutes.filter(|_| obs.is_valid_for(QuotaKind::WalkMinutes));
    let in_band = if quota.intensity.cadence.is_some() { obs.in_cadence_band } else { obs.moderate_minutes };
    DayRow {
        done,
        outcome,
        valid,
        day_minutes: obs.day_minutes,
        wear_minutes: obs.wear_minutes,
        unknown_minutes: obs.unknown_minutes,
        banded_and_walked: in_band.zip(walked),
        reserve_and_walked: obs.in_reserve_band.zip(walked),
        ..unseen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prescribed(quota: Quota) -> PrescribedDay {
        let date = NaiveDate::from_ymd_opt(2026, 3, 4).unwrap();
        PrescribedDay { date, week_start: date, quota }
    }

    fn seen(steps: u32, valid: bool) -> DayObs {
        DayObs {
            date: NaiveDate::from_ymd_opt(2026, 3, 4).unwrap(),
            steps: Some(steps),
            walk_minutes: Some(20),
            moderate_minutes: Some(5),
            in_cadence_band: None,
            in_reserve_band: None,
            day_minutes: 1440,
            wear_minutes: if valid { 700 } else { 300 },
            unknown_minutes: 100,
            valid,
            cadence_valid: valid,
            phone_only: false,
        }
    }

    #[test]
    fn tolerance_and_wear_decide() {
        let day = prescribed(Quota::steps(5, 5_000));
        let outcome = |obs: Option<DayObs>| judge_day(&day, obs.as_ref()).outcome;
        assert_eq!(outcome(Some(seen(4_500, true))), DayOutcome::Attained);
        assert_eq!(outcome(Some(seen(4_499, true))), DayOutcome::Missed);
        assert_eq!(outcome(Some(seen(4_500, false))), DayOutcome::KnownAttained);
        assert_eq!(outcome(Some(seen(4_499, false))), DayOutcome::Censored);
        assert_eq!(outcome(None), DayOutcome::Censored);
    }

    #[test]
    fn a_phone_alone_never_makes_a_valid_day() {
        let day = prescribed(Quota::steps(5, 5_000));
        let phone = |steps| DayObs { phone_only: true, ..seen(steps, true) };
        assert_eq!(judge_day(&day, Some(&phone(9_000))).outcome, DayOutcome::KnownAttained);
        assert_eq!(judge_day(&day, Some(&phone(10))).outcome, DayOutcome::Censored);
    }

    #[test]
    fn walking_minutes_need_a_known_cadence() {
        let day = prescribed(Quota::walk_minutes(5, 30));
        let unresolved = DayObs { cadence_valid: false, ..seen(9_000, true) };
        assert_eq!(judge_day(&day, Some(&unresolved)).outcome, DayOutcome::Censored);
        assert_eq!(judge_day(&day, Some(&seen(9_000, true))).outcome, DayOutcome::Missed);
        let row = judge_day(&day, Some(&seen(9_000, true)));
        assert_eq!(row.done, Span { lo: 20.0, hi: Some(20.0) });
        assert_eq!(judge_day(&day, None).done, Span { lo: 0.0, hi: None });
    }
}
