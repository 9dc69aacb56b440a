//! Sessions by report and workshops by attendance, from people whose sessions are known.

use chrono::{Days, NaiveDate, Weekday};
use foulee_analytics::adherence::{
    Adherence, AdherenceInput, Answer, DayOutcome, DayRow, PersonDays, Prior, ReportedDay, Said,
    SessionReport, ValidPacingParams, assess, judge_reported,
};
use foulee_analytics::programme::{EligibleWeekdays, PrescribedDay, ProgrammeSpec, Quota, QuotaKind, Stage};
use foulee_person::{Exercise, Person, Reply, ReportPattern, Share, report, sheet};

use crate::Bar;
use crate::bars::{Line, Scored, Told};
use crate::cohort::programme_start;

/// The rows of sessions by report.
pub(crate) fn patterns() -> Vec<(Line, ReportPattern)> {
    let at_random = |of| ReportPattern::MissedAtRandom { share: Share::new(of).expect("a share") };
    let line = |key, name, bar| Line { key, name, bar };
    vec![
        (line("a", "20 % of days without an answer", Bar::Held), at_random(0.2)),
        (line("b", "30 % of days without an answer", Bar::Held), at_random(0.3)),
        (line("c", "50 % of days without an answer", Bar::Held), at_random(0.5)),
        (line("d", "fewer answers in flares", Bar::Held), ReportPattern::MissedInFlares),
        (line("e", "fewer answers where nothing was done", Bar::Stated), ReportPattern::MissedWhenNotDone),
        (line("f", "entered alone, never an answer", Bar::BoundsAlone), ReportPattern::EnteredAlone),
        (line("g", "76 % of days without an answer", Bar::Stated), at_random(0.76)),
    ]
}

/// What is asked: so many minutes on so many days of any week, for so many weeks.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) kind: QuotaKind,
    pub(crate) exercise: Exercise,
    pub(crate) per_week: u8,
    pub(crate) minutes: u16,
    pub(crate) weeks: u16,
}

/// One person's days as prescribed and as said, beside what was really attained.
pub(crate) struct Case {
    pub(crate) prescribed: Vec<PrescribedDay>,
    pub(crate) reported: Vec<ReportedDay>,
    pub(crate) attained: Vec<bool>,
}

impl Case {
    /// Sessions of one person.
    pub(crate) fn sessions(seed: u64, asked: Asked, pattern: ReportPattern) -> Self {
        let person = Person::new(seed);
        let quota = Quota::of(asked.kind, asked.per_week, asked.minutes.into());
        let prescribed = prescribe(quota, asked.weeks);
        let (mut reported, mut attained) = (vec![], vec![]);
        for day in &prescribed {
            let done = person.exercise(day.date, asked.exercise, asked.minutes);
            // The tolerance of 0.9, written out again in whole numbers.
            attained.push(10 * done.total_minutes() >= 9 * u32::from(asked.minutes));
            let said = report(&done, pattern, &mut person.report_rng(day.date));
            let answer = match said.reply {
                Reply::Answered => Answer::Answered,
                Reply::None => Answer::NoAnswer,
                Reply::Declined => Answer::Declined,
            };
            let session =
                |&minutes: &u16| SessionReport { minutes: minutes.into(), effort: None, stopped_early: None };
            let sessions: Vec<SessionReport> = said.minutes.iter().map(session).collect();
            reported.push(ReportedDay::of_sessions(day.date, &sessions, answer));
        }
        Self { prescribed, reported, attained }
    }

    /// Eight days of the school, two a week for four weeks.
    pub(crate) fn school(seed: u64, pattern: ReportPattern) -> Self {
        let person = Person::new(seed);
        let quota = Quota {
            weekdays: EligibleWeekdays::of(&[Weekday::Tue, Weekday::Fri]),
            ..Quota::of(QuotaKind::Workshop, 2, 1)
        };
        let prescribed = prescribe(quota, 4);
        let (mut reported, mut attained) = (vec![], vec![]);
        for day in &prescribed {
            let truth = person.attendance(day.date);
            attained.push(truth.came);
            let Some(seen) = sheet(&truth, pattern, &mut person.report_rng(day.date)) else { continue };
            let said = Said::Sheet {
                present: seen.came.into(),
                excused: seen.excused.into(),
                absent: (!seen.came && !seen.excused).into(),
            };
            reported.push(ReportedDay { date: day.date, said, effort: None, stopped_early: None });
        }
        Self { prescribed, reported, attained }
    }

    fn last_day(&self) -> NaiveDate {
        self.prescribed.last().expect("days are prescribed").date
    }

    /// As the pipeline judges it.
    pub(crate) fn assess(&self, prior: &Prior) -> Adherence {
        assess(&AdherenceInput {
            from: programme_start(),
            to: self.last_day(),
            kind: self.prescribed[0].quota.kind,
            prescribed: &self.prescribed,
            observed: &[],
            reported: &self.reported,
            ears: None,
            prior,
            pacing: &ValidPacingParams::default(),
        })
        .expect("the input is sound")
    }
}

fn prescribe(quota: Quota, weeks: u16) -> Vec<PrescribedDay> {
    let spec = ProgrammeSpec {
        name: "table".into(),
        version: "1".into(),
        title_key: "table".into(),
        stages: vec![Stage { from_week: None, weeks, quotas: vec![quota] }],
    };
    let programme = spec.check().expect("a sound programme");
    let start = programme_start();
    programme
        .prescribed_days(start, start, start + Days::new(7 * u64::from(weeks)), quota.kind)
        .expect("the period runs forward")
}

/// The cohort's prior, from the days of the same people.
pub(crate) fn prior_of(kind: QuotaKind, people: impl Iterator<Item = Vec<DayRow>>) -> Prior {
    let people: Vec<PersonDays> = people
        .map(|days| PersonDays {
            valid: days.iter().filter(|day| day.valid).count() as u32,
            attained: days.iter().filter(|day| day.outcome == DayOutcome::Attained).count() as u32,
        })
        .collect();
    Prior::of_kind(kind, &people).expect("counts are possible")
}

/// The same for cases by report.
pub(crate) fn prior_of_cases(cases: &[Case]) -> Prior {
    let days = |case: &Case| {
        let told = |date| case.reported.iter().find(|told| told.date == date);
        case.prescribed.iter().map(|day| judge_reported(day, told(day.date))).collect()
    };
    prior_of(cases[0].prescribed[0].quota.kind, cases.iter().map(days))
}

/// Everybody's days beside what was attained.
pub(crate) fn score_days(cases: &[Case]) -> Vec<Scored> {
    let prior = prior_of_cases(cases);
    cases
        .iter()
        .map(|case| {
            let found = case.assess(&prior);
            let attained = case.attained.iter().filter(|&&attained| attained).count() as f64;
            score(&found, attained / case.attained.len() as f64)
        })
        .collect()
}

/// An assessment of days beside its outcome.
pub(crate) fn score(found: &Adherence, outcome: f64) -> Scored {
    let days = found.days;
    Scored {
        estimate: found.estimate.estimate,
        interval: found.estimate.interval,
        bounds: found.estimate.bounds.expect("days were prescribed"),
        outcome,
        valid: f64::from(days.valid) / f64::from(days.prescribed),
        raw: Told { successes: days.valid_attained, trials: days.valid },
        naive: Told { successes: days.attained(), trials: days.prescribed },
    }
}
