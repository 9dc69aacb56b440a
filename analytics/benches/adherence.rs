//! Adherence of a whole cohort from its day rows: people per second, on one core and on two.

use std::hint::black_box;

use chrono::NaiveDate;
use divan::Bencher;
use divan::counter::ItemsCount;
use foulee_analytics::adherence::{
    Adherence, AdherenceInput, Answer, DayObs, Prior, ReportedDay, Said, ValidPacingParams, assess,
    dose_over_kinds, statements,
};
use foulee_analytics::programme::{PrescribedDay, Quota, QuotaKind};

const PEOPLE: usize = 5_000;
const DAYS: usize = 28;

fn main() {
    divan::main();
}

/// One person's 28 days: what was prescribed of each kind, seen and said.
struct Person {
    prescribed: [Vec<PrescribedDay>; 6],
    observed: Vec<DayObs>,
    reported: [Vec<ReportedDay>; 6],
}

/// A repeatable spread of numbers from 0 to `end` - 1.
fn spread(person: usize, day: usize, salt: usize, end: u32) -> u32 {
    let mixed = (person * 7_919 + day * 104_729 + salt * 1_299_709).wrapping_mul(2_654_435_761) >> 7;
    (mixed % end as usize) as u32
}

fn quota(kind: QuotaKind) -> Quota {
    let (per_week, target) = match kind {
        QuotaKind::Steps => (5, 5_000),
        QuotaKind::WalkMinutes => (5, 30),
        QuotaKind::Stretching => (5, 15),
        QuotaKind::Strengthening => (3, 20),
        QuotaKind::Relaxation => (7, 10),
        QuotaKind::Workshop => (2, 1),
    };
    Quota::of(kind, per_week, target)
}

fn person(person: usize) -> Person {
    let start = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date of the calendar");
    let dates: Vec<NaiveDate> = start.iter_days().take(DAYS).collect();
    let prescribed = QuotaKind::ALL.map(|kind| {
        let day = |(index, &date): (usize, &NaiveDate)| PrescribedDay {
            date,
            week_start: dates[index / 7 * 7],
            quota: quota(kind),
        };
        dates.iter().enumerate().map(day).collect()
    });
    let observed = dates.iter().enumerate().map(|(day, &date)| {
        let (steps, worn) = (spread(person, day, 1, 9_000), spread(person, day, 2, 1_440));
        DayObs {
            date,
            steps: Some(steps),
            walk_minutes: Some(steps / 120),
            moderate_minutes: Some(steps / 300),
            in_cadence_band: None,
            in_reserve_band: None,
            day_minutes: 1_440,
            wear_minutes: worn,
            unknown_minutes: 1_440 - worn,
            valid: worn >= 400,
            cadence_valid: worn >= 400,
            phone_only: false,
        }
    });
    let reported = QuotaKind::ALL.map(|kind| {
        let target = quota(kind).target;
        let of_day = |(day, &date): (usize, &NaiveDate)| {
            let salt = kind as usize + 3;
            let answered = spread(person, day, salt, 10) < 7;
            let said = match kind {
                QuotaKind::Workshop => {
                    Said::Sheet { present: spread(person, day, salt, 2), excused: 0, absent: 1 }
                }
                _ => Said::Sessions {
                    minutes: spread(person, day, salt + 9, 2 * target + 1),
                    answer: if answered { Answer::Answered } else { Answer::NoAnswer },
                },
            };
            ReportedDay { date, said, effort: Some(12), stopped_early: Some(false) }
        };
        dates.iter().enumerate().map(of_day).collect()
    });
    Person { prescribed, observed: observed.collect(), reported }
}

/// Everything said of one person: six kinds, their sentences, and the dose over all kinds.
fn judge(person: &Person, prior: &Prior, pacing: &ValidPacingParams) -> usize {
    let found = QuotaKind::ALL.map(|kind| -> Adherence {
        let prescribed = &person.prescribed[kind as usize];
        assess(&AdherenceInput {
            from: prescribed[0].date,
            to: prescribed[DAYS - 1].date,
            kind,
            prescribed,
            observed: &person.observed,
            reported: &person.reported[kind as usize],
            ears: None,
            prior,
            pacing,
        })
        .expect("the input is sound")
    });
    let doses: Vec<_> = found.iter().filter_map(|one| Some((one.kind, one.relative_dose?))).collect();
    let over = dose_over_kinds(&doses);
    found.iter().map(|one| statements(one).len()).sum::<usize>() + usize::from(over.is_some())
}

fn run(bencher: Bencher<'_, '_>, threads: usize) {
    let people: Vec<Person> = (0..PEOPLE).map(person).collect();
    let (prior, pacing) = (Prior::default(), ValidPacingParams::default());
    bencher.counter(ItemsCount::new(PEOPLE)).bench_local(|| {
        std::thread::scope(|scope| {
            let parts = people.chunks(PEOPLE.div_ceil(threads));
            let running: Vec<_> = parts
                .map(|part| {
                    scope.spawn(|| {
                        part.iter().map(|one| judge(black_box(one), &prior, &pacing)).sum::<usize>()
                    })
                })
                .collect();
            running.into_iter().map(|thread| thread.join().expect("it does not panic")).sum::<usize>()
        })
    });
}

/// 5,000 people over 28 days, all six kinds, on one core: items are people.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn cohort_on_one_core(bencher: Bencher<'_, '_>) {
    run(bencher, 1);
}

/// The same on two.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn cohort_on_two_cores(bencher: Bencher<'_, '_>) {
    run(bencher, 2);
}

/// One person over 26 weeks by steps: what follows a new report or day.
#[divan::bench]
fn one_person_over_26_weeks(bencher: Bencher<'_, '_>) {
    let start = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date of the calendar");
    let dates: Vec<NaiveDate> = start.iter_days().take(7 * 26).collect();
    let day = |(index, &date): (usize, &NaiveDate)| PrescribedDay {
        date,
        week_start: dates[index / 7 * 7],
        quota: quota(QuotaKind::Steps),
    };
    let prescribed: Vec<PrescribedDay> = dates.iter().enumerate().map(day).collect();
    let template = person(1).observed;
    let observed: Vec<DayObs> =
        dates.iter().zip(template.iter().cycle()).map(|(&date, obs)| DayObs { date, ..*obs }).collect();
    let (prior, pacing) = (Prior::default(), ValidPacingParams::default());
    bencher.bench_local(|| {
        assess(black_box(&AdherenceInput {
            from: dates[0],
            to: dates[dates.len() - 1],
            kind: QuotaKind::Steps,
            prescribed: &prescribed,
            observed: &observed,
            reported: &[],
            ears: None,
            prior: &prior,
            pacing: &pacing,
        }))
    });
}
