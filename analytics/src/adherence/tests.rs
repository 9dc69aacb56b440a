//! Whole periods.

mod reported;

use proptest::prelude::*;

use super::*;
use crate::programme::{Programme, ProgrammeSpec, Quota, Stage};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn programme(quota: Quota) -> Programme {
    ProgrammeSpec {
        name: "p".into(),
        version: "1".into(),
        title_key: "t".into(),
        stages: vec![Stage { from_week: None, weeks: 4, quotas: vec![quota] }],
    }
    .check()
    .unwrap()
}

/// A day of so many steps; `worn` of 1440 minutes.
fn obs(date: NaiveDate, steps: u32, worn: u32) -> DayObs {
    DayObs {
        date,
        steps: Some(steps),
        walk_minutes: Some(steps / 100),
        moderate_minutes: Some(steps / 200),
        in_cadence_band: None,
        in_reserve_band: None,
        day_minutes: 1440,
        wear_minutes: worn,
        unknown_minutes: 1440 - worn,
        valid: worn >= 600,
        cadence_valid: worn >= 600,
        phone_only: false,
    }
}

fn assess_steps(observed: &[DayObs], quota: Quota, from: &str, to: &str) -> Adherence {
    let start = day("2026-03-04");
    let prescribed = programme(quota).prescribed_days(start, day(from), day(to), quota.kind).unwrap();
    assess(&AdherenceInput {
        from: day(from),
        to: day(to),
        kind: quota.kind,
        prescribed: &prescribed,
        observed,
        reported: &[],
        ears: None,
        prior: &Prior::default(),
        pacing: &ValidPacingParams::default(),
    })
    .unwrap()
}

fn month() -> Vec<DayObs> {
    let pattern =
        [(5_000, 800), (4_000, 800), (5_000, 400), (4_000, 400), (6_000, 800), (4_500, 700), (0, 0)];
    day("2026-03-04")
        .iter_days()
        .zip(pattern.into_iter().cycle())
        .take(28)
        .map(|(d, (s, w))| obs(d, s, w))
        .collect()
}

#[test]
fn four_weeks_worked_out() {
    let found = assess_steps(&month(), Quota::steps(5, 5_000), "2026-03-04", "2026-03-31");
    // A week: attained, missed, known attained, censored, attained, attained (tolerance), censored.
    let expected = DayCounts { prescribed: 28, valid: 16, valid_attained: 12, known_attained: 4 };
    assert_eq!(found.days, expected);
    assert_eq!((found.days.attained(), found.days.missed(), found.days.censored()), (16, 4, 8));
    assert_eq!(found.estimate.status, AdherenceStatus::Ok);
    assert_eq!(found.estimate.bounds, Some(Interval { lo: 16.0 / 28.0, hi: 24.0 / 28.0 }));
    assert!((found.completeness.unwrap() - 3_900.0 / (7.0 * 1440.0)).abs() < 1e-12);
    assert_eq!(found.weeks.len(), 4);
    assert_eq!(found.weeks[0].done, Interval { lo: 4.0, hi: 6.0 });
    assert_eq!(found.weeks[0].outcome, WeekOutcome::Unknown);
    assert_eq!(found.fitt.frequency, Some(Interval { lo: 16.0 / 20.0, hi: 24.0 / 20.0 }));
    assert_eq!((found.fitt.time, found.fitt.kinds), (None, Some(Interval::point(1.0))));
    let dose = found.relative_dose.unwrap();
    assert_eq!(dose.planned, 100_000.0);
    // Per week: 5 000 + 4 000 + 5 000 + 4 000 + 5 000 + 4 500 is above the plan of 25 000.
    assert_eq!(dose.capped, Interval { lo: 1.0, hi: 1.0 });
    assert!((dose.uncapped.lo - 1.14).abs() < 1e-12 && dose.uncapped.hi.is_none());
    assert_eq!(
        (dose.interrupted, dose.longest_interruption_days),
        (Some(false), Interval { lo: 1.0, hi: 1.0 })
    );
    assert_eq!(found.pacing.valid_days, 16);
    assert_eq!(found.by_day.len(), 28);
}

#[test]
fn a_phone_alone_gives_bounds_and_no_estimate() {
    let phone: Vec<DayObs> = month()
        .into_iter()
        .map(|obs| DayObs { phone_only: true, valid: false, wear_minutes: 0, ..obs })
        .collect();
    let found = assess_steps(&phone, Quota::steps(5, 5_000), "2026-03-04", "2026-03-31");
    assert_eq!(found.estimate.status, AdherenceStatus::Bounded);
    assert_eq!((found.estimate.estimate, found.estimate.interval), (None, None));
    assert_eq!(found.estimate.bounds, Some(Interval { lo: 16.0 / 28.0, hi: 1.0 }));
    assert_eq!(found.pacing.valid_days, 0);
}

#[test]
fn a_running_week_is_judged_up_to_its_last_day() {
    let found = assess_steps(&month(), Quota::steps(3, 5_000), "2026-03-09", "2026-03-12");
    assert_eq!(found.days.prescribed, 4);
    let weeks: Vec<_> = found.weeks.iter().map(|week| (week.from, week.outcome)).collect();
    // Only the 9th and 10th of the first week were asked for: its other days stay open.
    assert_eq!(weeks, [(day("2026-03-04"), WeekOutcome::Unknown), (day("2026-03-11"), WeekOutcome::Unknown)]);
}

#[test]
fn walking_minutes_have_time_and_intensity() {
    let found = assess_steps(&month(), Quota::walk_minutes(7, 50), "2026-03-04", "2026-03-31");
    // Valid days: 50, 40, 60, 45 minutes, of which 25, 20, 30, 22 moderate.
    let intensity = found.fitt.intensity.unwrap();
    assert!((intensity.lo - 97.0 / 195.0).abs() < 1e-12 && intensity.lo == intensity.hi);
    // Seen a week: 50 + 40 + 50 + 40 + 50 + 45 + 0 of 350; the partly seen 40 may be 50, the 0 too.
    let time = found.fitt.time.unwrap();
    assert!((time.lo - 275.0 / 350.0).abs() < 1e-12 && (time.hi - 335.0 / 350.0).abs() < 1e-12);
}

#[test]
fn contradictory_input_is_rejected() {
    let quota = Quota::steps(5, 5_000);
    let prescribed = programme(quota)
        .prescribed_days(day("2026-03-04"), day("2026-03-04"), day("2026-03-10"), quota.kind)
        .unwrap();
    let input = AdherenceInput {
        from: day("2026-03-04"),
        to: day("2026-03-10"),
        kind: quota.kind,
        prescribed: &prescribed,
        observed: &[],
        reported: &[],
        ears: None,
        prior: &Prior::default(),
        pacing: &ValidPacingParams::default(),
    };
    assert!(assess(&AdherenceInput { to: day("2026-03-03"), ..input }).is_err());
    assert!(assess(&AdherenceInput { kind: QuotaKind::WalkMinutes, ..input }).is_err());
    let twice = [month()[0], month()[0]];
    let error = assess(&AdherenceInput { observed: &twice, ..input }).unwrap_err();
    assert_eq!(error, AnalyticsError::DayTwice { date: day("2026-03-04") });
    let nothing = assess(&AdherenceInput { prescribed: &[], ..input }).unwrap();
    assert_eq!((nothing.estimate.bounds, nothing.completeness, nothing.relative_dose), (None, None, None));
}

fn any_month() -> impl Strategy<Value = Vec<DayObs>> {
    proptest::collection::vec((0_u32..9_000, 0_u32..1440, any::<bool>()), 28).prop_map(|days| {
        let start = day("2026-03-04");
        days.into_iter()
            .zip(start.iter_days())
            .filter(|((_, _, here), _)| *here)
            .map(|((steps, worn, _), date)| obs(date, steps, worn))
            .collect()
    })
}

proptest! {
    #[test]
    fn order_does_not_matter(month in any_month(), seed in any::<u64>()) {
        let quota = Quota::steps(5, 5_000);
        let straight = assess_steps(&month, quota, "2026-03-04", "2026-03-31");
        let mut mixed = month;
        mixed.sort_by_key(|obs| u64::from(obs.steps.unwrap()).wrapping_mul(seed | 1) % 1_009);
        prop_assert_eq!(straight, assess_steps(&mixed, quota, "2026-03-04", "2026-03-31"));
    }

    #[test]
    fn losing_a_days_data_widens_what_is_certain(month in any_month(), lost in 0_usize..28) {
        let quota = Quota::steps(5, 5_000);
        let before = assess_steps(&month, quota, "2026-03-04", "2026-03-31");
        let mut fewer = month;
        if lost < fewer.len() {
            fewer.remove(lost);
        }
        let after = assess_steps(&fewer, quota, "2026-03-04", "2026-03-31");
        let (wide, narrow) = (after.estimate.bounds.unwrap(), before.estimate.bounds.unwrap());
        prop_assert!(wide.lo <= narrow.lo && wide.hi >= narrow.hi);
        for (wide, narrow) in after.weeks.iter().zip(&before.weeks) {
            prop_assert!(wide.done.lo <= narrow.done.lo && wide.done.hi >= narrow.done.hi);
            prop_assert!(wide.outcome == narrow.outcome || wide.outcome == WeekOutcome::Unknown
                || (narrow.outcome, wide.outcome) == (WeekOutcome::Partial, WeekOutcome::Unknown));
        }
        let (wide, narrow) = (after.relative_dose.unwrap(), before.relative_dose.unwrap());
        prop_assert!(wide.capped.lo <= narrow.capped.lo + 1e-12 && wide.capped.hi + 1e-12 >= narrow.capped.hi);
        prop_assert!(after.completeness <= before.completeness);
    }
}
