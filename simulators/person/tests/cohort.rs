//! The simulated cohort against the figures of section F of the clinical design.

use chrono::NaiveDate;
use foulee_person::{PainClass, Person, Sex};

const PEOPLE: u64 = 1200;
const DAYS: usize = 28;

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date of the calendar")
}

fn people() -> impl Iterator<Item = Person> {
    (0..PEOPLE).map(Person::new)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (values.len() - 1) as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:.4}, expected {expected} ± {tolerance}");
}

/// Steps of each person on each day.
fn step_table() -> Vec<Vec<f64>> {
    people()
        .map(|person| person.days(monday(), DAYS).map(|day| f64::from(day.total_steps())).collect())
        .collect()
}

#[test]
fn age_sex_and_pain_duration() {
    let traits: Vec<_> = people().map(|person| *person.traits()).collect();
    let ages: Vec<f64> = traits.iter().map(|t| f64::from(t.age_years)).collect();
    assert_near("mean age", mean(&ages), 46.6, 1.2);
    assert_near("SD of age", variance(&ages).sqrt(), 12.0, 0.8);
    let share = |count: usize| count as f64 / PEOPLE as f64;
    assert_near("women", share(traits.iter().filter(|t| t.sex == Sex::Female).count()), 0.64, 0.04);
    assert_near("median duration", median(traits.iter().map(|t| t.pain_duration_years).collect()), 6.0, 0.6);
    for (class, expected) in [
        (PainClass::Recovering, 0.25),
        (PainClass::PersistentMild, 0.38),
        (PainClass::Fluctuating, 0.12),
        (PainClass::Severe, 0.25),
    ] {
        assert_near("class", share(traits.iter().filter(|t| t.pain_class == class).count()), expected, 0.04);
    }
}

#[test]
fn median_mean_and_icc_of_daily_steps() {
    let table = step_table();
    let all: Vec<f64> = table.iter().flatten().copied().collect();
    assert_near("median daily steps", median(all.clone()), 5600.0, 280.0);
    assert_near("mean daily steps", mean(&all), 6255.0, 380.0);

    let logs: Vec<Vec<f64>> = table.iter().map(|days| days.iter().map(|s| s.ln()).collect()).collect();
    let within = mean(&logs.iter().map(|days| variance(days)).collect::<Vec<_>>());
    let means: Vec<f64> = logs.iter().map(|days| mean(days)).collect();
    let between = variance(&means) - within / DAYS as f64;
    assert_near("ICC", between / (between + within), 0.42, 0.03);
    assert_near("SD within", within.sqrt(), 0.45, 0.02);
}

#[test]
fn sundays_are_quieter_and_days_resemble_the_day_before() {
    let (mut sundays, mut others, mut products, mut squares) = (vec![], vec![], vec![], vec![]);
    for person in people() {
        let median = person.traits().median_daily_steps.ln();
        let logs: Vec<f64> =
            person.days(monday(), DAYS).map(|d| f64::from(d.total_steps()).ln() - median).collect();
        for week in logs.chunks(7) {
            sundays.push(week[6]);
            others.extend_from_slice(&week[..6]);
            for pair in week[..6].windows(2) {
                products.push(pair[0] * pair[1]);
                squares.push(pair[0] * pair[0]);
            }
        }
    }
    assert_near("Sunday over other days", (mean(&sundays) - mean(&others)).exp(), 0.84, 0.02);
    assert_near("lag-one correlation", mean(&products) / mean(&squares), 0.25, 0.03);
}

#[test]
fn flares_take_about_nine_days_in_a_hundred() {
    let (mut flare_days, mut with_any, mut starts) = (0, 0, 0);
    for person in people().take(600) {
        let flares: Vec<bool> = person.days(monday(), 182).map(|day| day.flare).collect();
        let days = flares.iter().filter(|&&flare| flare).count();
        flare_days += days;
        with_any += usize::from(days > 0);
        starts += flares.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    }
    assert_near("flare days", flare_days as f64 / (600.0 * 182.0), 0.089, 0.012);
    assert_near("people with a flare in 26 weeks", f64::from(with_any as u32) / 600.0, 0.95, 0.04);
    assert_near("days of a flare", flare_days as f64 / starts as f64, 3.7, 0.5);
}

#[test]
fn fluctuating_pain_flares_more_often_than_recovering_pain() {
    let rate = |class| {
        let (mut days, mut flares) = (0.0, 0.0);
        for person in people().filter(|person| person.traits().pain_class == class).take(100) {
            for day in person.days(monday(), 56) {
                days += 1.0;
                flares += f64::from(u8::from(day.flare));
            }
        }
        flares / days
    };
    assert!(rate(PainClass::Fluctuating) > 2.5 * rate(PainClass::Recovering));
}
