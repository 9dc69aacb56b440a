//! Whole periods of kinds that no sensor judges, and what is said of them.

use super::*;
use crate::programme::{Band, Intensity};

fn minutes(date: NaiveDate, minutes: u32, answer: Answer) -> ReportedDay {
    let session = SessionReport { minutes, effort: Some(12), stopped_early: Some(minutes < 15) };
    ReportedDay::of_sessions(date, if minutes > 0 { std::slice::from_ref(&session) } else { &[] }, answer)
}

fn assess_reported(reported: &[ReportedDay], quota: Quota, to: &str) -> Adherence {
    let start = day("2026-03-04");
    let prescribed = programme(quota).prescribed_days(start, start, day(to), quota.kind).unwrap();
    assess(&AdherenceInput {
        from: start,
        to: day(to),
        kind: quota.kind,
        prescribed: &prescribed,
        observed: &[],
        reported,
        ears: Some(Ears::new(19).unwrap()),
        prior: &Prior::default(),
        pacing: &ValidPacingParams::default(),
    })
    .unwrap()
}

/// Four weeks of seven days: whole, whole, short, none today, without answer, entered in part, entered whole.
fn month_of_sessions() -> Vec<ReportedDay> {
    let pattern = [
        (15, Answer::Answered),
        (20, Answer::Answered),
        (10, Answer::Answered),
        (0, Answer::Answered),
        (0, Answer::NoAnswer),
        (8, Answer::Declined),
        (15, Answer::NotAsked),
    ];
    let days = day("2026-03-04").iter_days().zip(pattern.into_iter().cycle()).take(28);
    days.map(|(date, (done, answer))| minutes(date, done, answer)).collect()
}

fn stretching() -> Quota {
    let effort = Some(Band { lo: 11, hi: 13 });
    let intensity = Intensity { effort, ..Intensity::default() };
    Quota { intensity, ..Quota::of(QuotaKind::Stretching, 5, 15) }
}

#[test]
fn sessions_by_report_worked_out() {
    let found = assess_reported(&month_of_sessions(), stretching(), "2026-03-31");
    let expected = DayCounts { prescribed: 28, valid: 16, valid_attained: 8, known_attained: 4 };
    assert_eq!(found.days, expected);
    // The same estimator as for steps: the same counts say the same.
    assert_eq!(found.estimate, estimate(&expected, &Prior::default()).unwrap());
    // Four of seven days told all.
    assert!((found.completeness.unwrap() - 4.0 / 7.0).abs() < 1e-12);
    assert_eq!(found.weeks[0].done, Interval { lo: 3.0, hi: 5.0 });
    assert_eq!(found.fitt.frequency, Some(Interval { lo: 12.0 / 20.0, hi: 20.0 / 20.0 }));
    // A week, each day at most 15: 15 + 15 + 10 + 0 + 0 + 8 + 15 = 63 of 75; the two open days may be 15 each: 75.
    let time = found.fitt.time.unwrap();
    assert!((time.lo - 63.0 / 75.0).abs() < 1e-12 && (time.hi - 1.0).abs() < 1e-12);
    // 15 + 20 + 10 + 8 + 15 = 68 of 75, and more on open days.
    let dose = found.relative_dose.unwrap();
    assert!((dose.uncapped.lo - 68.0 / 75.0).abs() < 1e-12 && dose.uncapped.hi.is_none());
    assert_eq!(found.fitt.effort, Some(Interval::point(1.0)));
    assert_eq!(found.course.reduced_days, Some(Interval { lo: 4.0, hi: 12.0 }));
    // Short sessions ended early, on an open day too; the fifth day of a week tells nothing.
    assert_eq!(found.course.early_stops, Some(Interval { lo: 8.0, hi: 12.0 }));
    assert_eq!((found.course.interruptions, found.course.stopped), (Interval::point(0.0), Some(false)));
    assert_eq!(found.ears.unwrap().score(), 19);
    // Three for certain, at most five of five: no week can be said.
    let weeks = found.weeks_met;
    assert_eq!((weeks.weeks, weeks.met, weeks.not_met), (4, 0, 0));
    assert_eq!(weeks.bounds, Some(Interval { lo: 0.0, hi: 1.0 }));
    assert!(weeks.estimate.unwrap() > 0.0 && weeks.estimate.unwrap() < 0.5);
}

#[test]
fn without_an_answer_there_are_bounds_alone() {
    let entered: Vec<ReportedDay> = month_of_sessions()
        .into_iter()
        .map(|told| match told.said {
            Said::Sessions { minutes, .. } => {
                ReportedDay { said: Said::Sessions { minutes, answer: Answer::NoAnswer }, ..told }
            }
            Said::Sheet { .. } => told,
        })
        .collect();
    let found = assess_reported(&entered, stretching(), "2026-03-31");
    assert_eq!(found.estimate.status, AdherenceStatus::Bounded);
    assert_eq!(found.estimate.bounds, Some(Interval { lo: 12.0 / 28.0, hi: 1.0 }));
    assert_eq!((found.weeks_met.interval, found.weeks_met.estimate), (None, None));
    assert_eq!(found.completeness, Some(0.0));
    let nothing = assess_reported(&[], stretching(), "2026-03-31");
    assert_eq!(nothing.estimate.bounds, Some(Interval { lo: 0.0, hi: 1.0 }));
}

#[test]
fn the_school_is_judged_by_its_sheet() {
    let sheet = |date: &str, present, excused, absent| ReportedDay {
        date: day(date),
        said: Said::Sheet { present, excused, absent },
        effort: None,
        stopped_early: None,
    };
    let days = [chrono::Weekday::Wed, chrono::Weekday::Fri];
    let quota = Quota {
        weekdays: crate::programme::EligibleWeekdays::of(&days),
        ..Quota::of(QuotaKind::Workshop, 2, 3)
    };
    let told = [
        sheet("2026-03-04", 3, 0, 0),
        sheet("2026-03-06", 0, 3, 0),
        sheet("2026-03-11", 2, 0, 1),
        sheet("2026-03-13", 2, 0, 0),
    ];
    let found = assess_reported(&told, quota, "2026-03-31");
    let expected = DayCounts { prescribed: 8, valid: 3, valid_attained: 1, known_attained: 0 };
    assert_eq!((found.days, found.course.excused_days), (expected, 1));
    // A week whose one day was missed cannot be met; it has one attained day.
    assert_eq!(found.weeks[0].outcome, WeekOutcome::Partial);
    // 3 + 0 + 2 + 2 of 24 workshops; at most one more on the 13th, and all twelve of the days to come.
    let dose = found.relative_dose.unwrap();
    assert!((dose.capped.lo - 7.0 / 24.0).abs() < 1e-12 && (dose.capped.hi - 20.0 / 24.0).abs() < 1e-12);
    let keys: Vec<_> = statements(&found).iter().map(Statement::key).collect();
    assert!(keys.contains(&"sheet_days") && keys.contains(&"excused_days"));
}

#[test]
fn a_report_of_another_kind_is_refused() {
    let start = day("2026-03-04");
    let of = |kind, reported: &[ReportedDay]| {
        assess(&AdherenceInput {
            from: start,
            to: start,
            kind,
            prescribed: &[],
            observed: &[],
            reported,
            ears: None,
            prior: &Prior::default(),
            pacing: &ValidPacingParams::default(),
        })
    };
    let session = minutes(start, 15, Answer::Answered);
    assert!(of(QuotaKind::Relaxation, &[session]).is_ok());
    assert_eq!(
        of(QuotaKind::Workshop, &[session]).unwrap_err(),
        AnalyticsError::ReportOfAnotherKind { date: start, kind: QuotaKind::Workshop }
    );
    assert!(of(QuotaKind::Relaxation, &[ReportedDay { effort: Some(5), ..session }]).is_err());
    assert_eq!(
        of(QuotaKind::Relaxation, &[session, session]).unwrap_err(),
        AnalyticsError::DayTwice { date: start }
    );
}

#[test]
fn a_walk_has_its_own_bands() {
    let band = Band { lo: 90, hi: 110 };
    let intensity = Intensity {
        cadence: Some(band),
        heart_rate_reserve: Some(Band { lo: 40, hi: 59 }),
        effort: Some(Band { lo: 11, hi: 13 }),
    };
    let quota = Quota { intensity, ..Quota::walk_minutes(7, 50) };
    let start = day("2026-03-04");
    let prescribed = programme(quota).prescribed_days(start, start, start, quota.kind).unwrap();
    // 50 walking minutes, 30 of them in the cadence band; heart rate known in 40, 20 of them in the band.
    let seen = DayObs {
        in_cadence_band: Some(30),
        in_reserve_band: Some(BandMinutes { inside: 20, known: 40 }),
        ..obs(start, 5_000, 800)
    };
    let told = ReportedDay { effort: Some(15), ..minutes(start, 0, Answer::NotAsked) };
    let found = assess(&AdherenceInput {
        from: start,
        to: start,
        kind: quota.kind,
        prescribed: &prescribed,
        observed: &[seen],
        reported: &[told],
        ears: None,
        prior: &Prior::default(),
        pacing: &ValidPacingParams::default(),
    })
    .unwrap();
    assert_eq!(found.fitt.intensity, Some(Interval::point(0.6)));
    assert_eq!(found.fitt.reserve, Some(Interval { lo: 0.4, hi: 0.6 }));
    assert_eq!(found.fitt.effort, Some(Interval::point(0.0)));
    let said = statements(&found);
    assert!(said.contains(&Statement::CadenceShare { share: Interval::point(0.6), band: Some(band) }));
}

#[test]
fn every_statement_has_its_key_and_follows_what_is_known() {
    let keys: std::collections::BTreeSet<_> = Statement::KEYS.into_iter().collect();
    assert_eq!(keys.len(), Statement::KEYS.len());
    let of = |found: &Adherence| -> Vec<&'static str> {
        let said = statements(found);
        assert!(said.iter().all(|one| keys.contains(one.key())));
        said.iter().map(Statement::key).collect()
    };
    let told = of(&assess_reported(&month_of_sessions(), stretching(), "2026-03-31"));
    for key in ["estimate", "days", "if_unseen_worse", "answered_days", "week_unknown", "weeks_estimate"] {
        assert!(told.contains(&key), "{key} in {told:?}");
    }
    assert_eq!(told.last(), Some(&"ears"));
    let nothing = of(&assess_reported(&[], stretching(), "2026-03-31"));
    assert!(nothing.contains(&"bounds_only") && nothing.contains(&"weeks_bounds_only"));
    assert!(!nothing.contains(&"estimate") && !nothing.contains(&"if_unseen_worse"));
    let running = of(&assess_reported(&month_of_sessions(), stretching(), "2026-03-06"));
    assert!(running.contains(&"week_running") && running.contains(&"no_whole_week"));
    let few = of(&assess_reported(&month_of_sessions()[..2], stretching(), "2026-03-31"));
    assert!(few.contains(&"too_few_days") && few.contains(&"weeks_too_few_days"));
    let steps = of(&assess_steps(&month(), Quota::steps(5, 5_000), "2026-03-04", "2026-03-31"));
    assert!(steps.contains(&"known_minutes") && !steps.contains(&"reduced_days"));
    let none = assess_steps(&[], Quota::steps(5, 5_000), "2026-07-04", "2026-07-31");
    assert_eq!(of(&none), ["nothing_prescribed"]);
}

proptest! {
    /// Forgetting what was said of a day never narrows what is certain.
    #[test]
    fn a_forgotten_report_widens(lost in 0_usize..28) {
        let before = assess_reported(&month_of_sessions(), stretching(), "2026-03-31");
        let mut fewer = month_of_sessions();
        fewer.remove(lost);
        let after = assess_reported(&fewer, stretching(), "2026-03-31");
        let (wide, narrow) = (after.estimate.bounds.unwrap(), before.estimate.bounds.unwrap());
        prop_assert!(wide.lo <= narrow.lo && wide.hi >= narrow.hi);
        let (wide, narrow) = (after.weeks_met.bounds.unwrap(), before.weeks_met.bounds.unwrap());
        prop_assert!(wide.lo <= narrow.lo && wide.hi >= narrow.hi);
        let (wide, narrow) = (after.course.interruptions, before.course.interruptions);
        prop_assert!(wide.lo <= narrow.lo && wide.hi >= narrow.hi);
        prop_assert!(after.completeness <= before.completeness);
    }
}
