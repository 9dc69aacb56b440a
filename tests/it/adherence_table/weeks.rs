//! The week's judgement over half a year: of how many of 26 weeks the plan was met.
//!
//! Steps and walking minutes are seen by a glance at the mask of wear, which the table of days checks against the pipeline.
//! Their quotas rise by 2 % of the start every two weeks, from easy to hard for the own baseline; nobody in the simulation
//! answers to a quota.

use foulee_analytics::adherence::{
    Adherence, AdherenceInput, DayObs, DayOutcome, Prior, ReportedDay, ValidPacingParams, assess, judge_day,
};
use foulee_analytics::programme::{PrescribedDay, ProgrammeSpec, Quota, QuotaKind, Stage};
use foulee_person::{Person, Sensor, WearMask, WearPattern, wear};

use crate::bars::{Scored, Told};
use crate::cohort::{RUN_IN_DAYS, ambition, first_day, look, median, programme_start, valid_look};
use crate::reported::{Case as ReportedCase, prior_of, prior_of_cases};

/// Weeks judged.
pub(crate) const WEEKS: u16 = 26;

/// One person's half-year by one kind of quota.
struct Case {
    prescribed: Vec<PrescribedDay>,
    observed: Vec<DayObs>,
    judged_if_valid: Vec<bool>,
}

fn prescribe(kind: QuotaKind, start: f64) -> Vec<PrescribedDay> {
    let stage = |index: u16| {
        let target = (start * (1.0 + 0.02 * f64::from(index))).round() as u32;
        let most = if kind == QuotaKind::Steps { 100_000 } else { 1_440 };
        Stage { from_week: None, weeks: 2, quotas: vec![Quota::of(kind, 5, target.clamp(1, most))] }
    };
    let spec = ProgrammeSpec {
        name: "table".into(),
        version: "1".into(),
        title_key: "table".into(),
        stages: (0..WEEKS / 2).map(stage).collect(),
    };
    let (start, days) = (programme_start(), 7 * u64::from(WEEKS));
    let last = start + chrono::Days::new(days - 1);
    let programme = spec.check().expect("a sound programme");
    programme.prescribed_days(start, start, last, kind).expect("the period runs forward")
}

/// A person's half-years under each pattern, by steps and by walking minutes.
fn half_years(seed: u64, patterns: &[WearPattern]) -> Vec<[Case; 2]> {
    let person = Person::new(seed);
    let worn = |truth: &_| look(truth, &WearMask { sensor: Sensor::Wearable, worn: [true; 1440] });
    let run_in: Vec<DayObs> = person.days(first_day(), RUN_IN_DAYS).map(|truth| worn(&truth)).collect();
    let plans = QuotaKind::SENSED.map(|kind| prescribe(kind, median(&run_in, kind) * ambition(seed)));
    let case = |prescribed| Case { prescribed, observed: vec![], judged_if_valid: vec![] };
    let mut cases: Vec<[Case; 2]> = patterns.iter().map(|_| plans.clone().map(case)).collect();
    for (index, truth) in person.days(programme_start(), plans[0].len()).enumerate() {
        for (pattern, cases) in patterns.iter().zip(&mut cases) {
            let mut rng = person.wear_rng(truth.date);
            let obs = look(&truth, &wear(&person, &truth, *pattern, &mut rng));
            let valid = valid_look(&truth, obs, || wear(&person, &truth, *pattern, &mut rng));
            for case in cases {
                let day = &case.prescribed[index];
                case.observed.push(obs);
                case.judged_if_valid.push(judge_day(day, Some(&valid)).outcome.is_attained());
            }
        }
    }
    cases
}

fn judge(
    prescribed: &[PrescribedDay],
    observed: &[DayObs],
    reported: &[ReportedDay],
    prior: &Prior,
) -> Adherence {
    assess(&AdherenceInput {
        from: programme_start(),
        to: prescribed.last().expect("days are prescribed").date,
        kind: prescribed[0].quota.kind,
        prescribed,
        observed,
        reported,
        ears: None,
        prior,
        pacing: &ValidPacingParams::default(),
    })
    .expect("the input is sound")
}

/// Weeks met beside what they would have come to, had every day been known: `if_known` by date.
fn score(found: &Adherence, if_known: &[bool]) -> Scored {
    assert_eq!(found.by_day.len(), if_known.len());
    let met = |(days, known): (&[foulee_analytics::adherence::DayRow], &[bool])| {
        let attained = days.iter().zip(known).filter(|(row, known)| match row.outcome {
            DayOutcome::Censored => **known,
            outcome => outcome.is_attained(),
        });
        attained.count() >= usize::from(days[0].quota.per_week)
    };
    let weeks = found.by_day.chunks(7).zip(if_known.chunks(7));
    let outcome = weeks.filter(|week| met(*week)).count() as f64 / f64::from(WEEKS);
    let told = &found.weeks_met;
    assert_eq!(told.weeks, u32::from(WEEKS), "every week is over");
    Scored {
        estimate: told.estimate,
        interval: told.interval,
        bounds: told.bounds.expect("weeks are over"),
        outcome,
        valid: f64::from(found.days.valid) / f64::from(found.days.prescribed),
        raw: Told { successes: told.met, trials: told.met + told.not_met },
        naive: Told { successes: told.met, trials: told.weeks },
    }
}

/// Everybody's weeks under each pattern of wear, by steps and by walking minutes.
pub(crate) fn sensed(people: u64, patterns: &[WearPattern]) -> [Vec<Vec<Scored>>; 2] {
    let mut cases: [Vec<Vec<Case>>; 2] = std::array::from_fn(|_| patterns.iter().map(|_| vec![]).collect());
    for seed in 1..=people {
        for (index, [steps, walking]) in half_years(seed, patterns).into_iter().enumerate() {
            cases[0][index].push(steps);
            cases[1][index].push(walking);
        }
    }
    cases.map(|by_pattern| by_pattern.iter().map(|cases| score_cases(cases)).collect())
}

fn score_cases(cases: &[Case]) -> Vec<Scored> {
    let days = |case: &Case| {
        let days = case.prescribed.iter().zip(&case.observed);
        days.map(|(day, obs)| judge_day(day, Some(obs))).collect()
    };
    let prior = prior_of(cases[0].prescribed[0].quota.kind, cases.iter().map(days));
    let found = |case: &Case| judge(&case.prescribed, &case.observed, &[], &prior);
    cases.iter().map(|case| score(&found(case), &case.judged_if_valid)).collect()
}

/// The same by reports.
pub(crate) fn reported(cases: &[ReportedCase]) -> Vec<Scored> {
    let prior = prior_of_cases(cases);
    let found = |case: &ReportedCase| judge(&case.prescribed, &[], &case.reported, &prior);
    cases.iter().map(|case| score(&found(case), &case.attained)).collect()
}
