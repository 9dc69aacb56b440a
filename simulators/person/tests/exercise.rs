//! Sessions and attendance: what was done, and what is said of it.

use chrono::NaiveDate;
use foulee_person::{
    Attendance, Exercise, Person, Reply, ReportPattern, SaidDay, Sessions, Share, report, sheet,
};

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date of the calendar")
}

fn share(share: f64) -> Share {
    Share::new(share).expect("a share from 0 to 1")
}

/// Twenty minutes of stretching asked for on 56 days of 400 people.
fn sessions() -> Vec<(Person, Sessions)> {
    let days = |seed| {
        let person = Person::new(seed);
        let days = monday().iter_days().take(56);
        days.map(move |date| (person.clone(), person.exercise(date, Exercise::Stretching, 20)))
    };
    (0..400).flat_map(days).collect()
}

fn said(days: &[(Person, Sessions)], pattern: ReportPattern) -> Vec<(&Sessions, SaidDay)> {
    days.iter().map(|(person, day)| (day, report(day, pattern, &mut person.report_rng(day.date)))).collect()
}

fn share_of<T>(days: &[T], which: impl Fn(&T) -> bool, what: impl Fn(&T) -> bool) -> f64 {
    let of: Vec<&T> = days.iter().filter(|day| which(day)).collect();
    of.iter().filter(|day| what(day)).count() as f64 / of.len() as f64
}

fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:.4}, expected {expected} ± {tolerance}");
}

#[test]
fn the_same_seed_does_the_same_whatever_else_was_asked() {
    let person = Person::new(7);
    let date = monday();
    let before = person.exercise(date, Exercise::Strengthening, 30);
    let _ = (person.day(date), person.attendance(date), person.exercise(date, Exercise::Relaxation, 10));
    assert_eq!(Person::new(7).exercise(date, Exercise::Strengthening, 30), before);
    let kinds = [Exercise::Stretching, Exercise::Strengthening, Exercise::Relaxation];
    let done = |kind| -> Vec<bool> {
        date.iter_days().take(56).map(|date| !person.exercise(date, kind, 20).minutes.is_empty()).collect()
    };
    assert!(done(kinds[0]) != done(kinds[1]) && done(kinds[1]) != done(kinds[2]));
}

#[test]
fn people_differ_and_do_less_in_flares() {
    let days = sessions();
    let done = |day: &(Person, Sessions)| !day.1.minutes.is_empty();
    assert_near("days with a session", share_of(&days, |_| true, done), 0.65, 0.03);
    let (flare, else_) = (share_of(&days, |d| d.1.flare, done), share_of(&days, |d| !d.1.flare, done));
    assert!(flare < else_ - 0.1, "{flare} in flares, {else_} else");
    let whole = |day: &(Person, Sessions)| day.1.total_minutes() >= 18;
    assert_near("of them whole", share_of(&days, done, whole), 0.88, 0.02);
    let rates: Vec<f64> = days.chunks(56).map(|one| share_of(one, |_| true, done)).collect();
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / rates.len() as f64;
    assert!(variance.sqrt() > 0.12, "SD between people {}", variance.sqrt());
    assert!(days.iter().all(|(_, day)| day.minutes.iter().all(|&minutes| minutes > 0)));
}

#[test]
fn what_is_said_is_true_and_never_more_than_was_done() {
    let days = sessions();
    for pattern in [
        ReportPattern::Always,
        ReportPattern::MissedAtRandom { share: share(0.5) },
        ReportPattern::MissedInFlares,
        ReportPattern::MissedWhenNotDone,
        ReportPattern::EnteredAlone,
    ] {
        for (day, said) in said(&days, pattern) {
            let told: u32 = said.minutes.iter().map(|&minutes| u32::from(minutes)).sum();
            assert!(told <= day.total_minutes());
            assert!(said.reply != Reply::Answered || told == day.total_minutes());
        }
    }
}

#[test]
fn answers_are_missed_in_their_shares() {
    let days = sessions();
    let missed = |day: &(&Sessions, SaidDay)| day.1.reply != Reply::Answered;
    let half = said(&days, ReportPattern::MissedAtRandom { share: share(0.5) });
    assert_near("at random", share_of(&half, |_| true, missed), 0.5, 0.01);
    assert_near("declined", share_of(&half, missed, |day| day.1.reply == Reply::Declined), 0.1, 0.01);
    let flares = said(&days, ReportPattern::MissedInFlares);
    assert_near("in a flare", share_of(&flares, |day| day.0.flare, missed), 0.6, 0.03);
    assert_near("else", share_of(&flares, |day| !day.0.flare, missed), 0.2, 0.01);
    let shy = said(&days, ReportPattern::MissedWhenNotDone);
    assert_near("done", share_of(&shy, |day| !day.0.minutes.is_empty(), missed), 0.15, 0.01);
    assert_near("not done", share_of(&shy, |day| day.0.minutes.is_empty(), missed), 0.55, 0.02);
    assert!(said(&days, ReportPattern::EnteredAlone).iter().all(missed));
}

#[test]
fn most_come_to_the_school_and_sheets_are_lost_in_their_share() {
    let days: Vec<(Person, Attendance)> = (0..400)
        .flat_map(|seed| {
            let person = Person::new(seed);
            let dates = monday().iter_days().step_by(3).take(8);
            dates.map(move |date| (person.clone(), person.attendance(date)))
        })
        .collect();
    assert_near("came", share_of(&days, |_| true, |day| day.1.came), 0.87, 0.02);
    assert_near("excused", share_of(&days, |day| !day.1.came, |day| day.1.excused), 0.6, 0.05);
    assert!(days.iter().all(|(_, day)| !(day.came && day.excused)));
    let pattern = ReportPattern::MissedAtRandom { share: share(0.2) };
    let lost =
        |day: &(Person, Attendance)| sheet(&day.1, pattern, &mut day.0.report_rng(day.1.date)).is_none();
    assert_near("lost", share_of(&days, |_| true, lost), 0.2, 0.02);
}
