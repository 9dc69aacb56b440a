//! Estimates beside outcomes: bias, coverage, width.

use foulee_analytics::adherence::{
    Adherence, AdherenceInput, AdherenceStatus, DayOutcome, Interval, PersonDays, Prior, ValidPacingParams,
    assess,
};
use foulee_person::WearPattern;

use crate::cohort::{Case, JUDGED_DAYS, Life, last_day, programme_start};

/// What the pipeline said of one person, beside what it should have said.
pub(crate) struct Judged {
    /// With the prior of the cohort.
    pub(crate) found: Adherence,
    /// With the default prior.
    pub(crate) by_default: Adherence,
    /// Share of days attained as the pipeline itself judges a day worn enough to be valid. It is what the estimate
    /// estimates, and what the table holds it to.
    pub(crate) outcome: f64,
    /// The same on valid days, but whole-day steps on the others.
    pub(crate) mixed: f64,
    /// Share of days attained by the steps of the whole day, worn or not.
    pub(crate) whole: f64,
    /// Valid days judged missed that the whole day attained.
    pub(crate) misjudged: u32,
}

/// A mean over people.
#[derive(Clone, Copy)]
pub(crate) struct Mean {
    pub(crate) value: f64,
    /// Monte-Carlo standard error.
    pub(crate) se: f64,
}

/// Everybody under one pattern of wear, by steps and by walking minutes, with the cohort's prior taken from the same people
/// and days.
pub(crate) fn judge_all(lives: &[Life], pattern: WearPattern) -> [Vec<Judged>; 2] {
    let both = lives.iter().map(|life| life.under(pattern));
    let (steps, walking): (Vec<Case>, Vec<Case>) = both.map(<(Case, Case)>::from).unzip();
    [steps, walking].map(|cases| judge_cases(&cases))
}

fn judge_cases(cases: &[Case]) -> Vec<Judged> {
    let by_default: Vec<Adherence> = cases.iter().map(|case| adherence(case, &Prior::default())).collect();
    let people: Vec<PersonDays> = by_default
        .iter()
        .map(|found| PersonDays { valid: found.days.valid, attained: found.days.valid_attained })
        .collect();
    let prior = Prior::from_people(&people).expect("counts are possible");
    cases.iter().zip(by_default).map(|(case, by_default)| judge(case, by_default, &prior)).collect()
}

fn adherence(case: &Case, prior: &Prior) -> Adherence {
    assess(&AdherenceInput {
        from: programme_start(),
        to: last_day(),
        kind: case.prescribed[0].quota.kind,
        prescribed: &case.prescribed,
        observed: &case.observed,
        reported: &[],
        ears: None,
        prior,
        pacing: &ValidPacingParams::default(),
    })
    .expect("the input is sound")
}

/// Judges a person, and checks what must hold of every one.
fn judge(case: &Case, by_default: Adherence, prior: &Prior) -> Judged {
    let found = adherence(case, prior);
    let (mut outcome, mut mixed, mut whole, mut misjudged) = (0, 0, 0, 0);
    for ((row, &attained), &if_valid) in found.by_day.iter().zip(&case.attained).zip(&case.judged_if_valid) {
        let judged = row.outcome.is_attained();
        assert!(attained || !judged, "{}: attained on no more than was done", row.date);
        outcome += u32::from(if row.outcome == DayOutcome::Censored { if_valid } else { judged });
        mixed += u32::from(if row.valid { judged } else { attained });
        whole += u32::from(attained);
        misjudged += u32::from(row.outcome == DayOutcome::Missed && attained);
    }
    assert_eq!(whole - mixed, misjudged, "valid days are misjudged one way only");
    let share = |days: u32| f64::from(days) / f64::from(JUDGED_DAYS);
    let judged = Judged {
        outcome: share(outcome),
        mixed: share(mixed),
        whole: share(whole),
        misjudged,
        found,
        by_default,
    };
    check(&judged);
    judged
}

/// The hard bounds contain the outcome as judged, whoever it is; what the status withholds is withheld.
fn check(judged: &Judged) {
    let Judged { found: Adherence { estimate, days, .. }, outcome, mixed, whole, .. } = judged;
    let bounds = estimate.bounds.expect("days were prescribed");
    assert!(
        bounds.contains(*outcome) && bounds.contains(*mixed),
        "{bounds:?} hold neither {outcome} nor {mixed}"
    );
    assert!(bounds.lo <= *whole, "what is certain is never above the truth");
    let status = match days.valid {
        0 => AdherenceStatus::Bounded,
        1..8 => AdherenceStatus::Insufficient,
        _ => AdherenceStatus::Ok,
    };
    assert_eq!(estimate.status, status);
    assert_eq!(estimate.estimate.is_some(), status == AdherenceStatus::Ok);
    assert_eq!(estimate.interval.is_some(), status != AdherenceStatus::Bounded);
    assert_eq!(estimate.sensitivity.is_empty(), status == AdherenceStatus::Bounded);
    if let (Some(point), Some(interval)) = (estimate.estimate, estimate.interval) {
        assert!(bounds.contains(point) && bounds.contains(interval.lo) && bounds.contains(interval.hi));
    }
}

/// Mean and its standard error; `None` for nobody.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<Mean> {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let value = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - value) * (x - value)).sum::<f64>() / (n - 1.0);
    Some(Mean { value, se: (variance / n).sqrt() })
}

/// Mean of estimate less target, over people with an estimate.
pub(crate) fn bias(
    people: &[Judged],
    estimate: impl Fn(&Judged) -> Option<f64>,
    target: impl Fn(&Judged) -> f64,
) -> Option<Mean> {
    mean(people.iter().filter_map(|person| estimate(person).map(|estimate| estimate - target(person))))
}

/// Share of intervals that contain the target, over people with an interval.
pub(crate) fn coverage(
    people: &[Judged],
    interval: impl Fn(&Judged) -> Option<Interval>,
    target: impl Fn(&Judged) -> f64,
) -> Option<Mean> {
    let contains = |person| {
        interval(person).map(|interval: Interval| f64::from(u8::from(interval.contains(target(person)))))
    };
    mean(people.iter().filter_map(contains))
}

/// Median width, over people with an interval.
pub(crate) fn median_width(people: &[Judged], interval: impl Fn(&Judged) -> Option<Interval>) -> Option<f64> {
    let mut widths: Vec<f64> = people.iter().filter_map(interval).map(|span| span.hi - span.lo).collect();
    widths.sort_by(f64::total_cmp);
    widths.get(widths.len() / 2).copied()
}

/// Share of people of whom something holds.
pub(crate) fn share(people: &[Judged], of: impl Fn(&Judged) -> bool) -> f64 {
    people.iter().filter(|person| of(person)).count() as f64 / people.len() as f64
}
