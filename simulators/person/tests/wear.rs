//! When wearables are worn, and what they then see.

use chrono::NaiveDate;
use foulee_person::{MINUTES_PER_DAY, Person, Sensor, Share, TruthDay, WearMask, WearPattern, seen, wear};
use proptest::prelude::*;

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date of the calendar")
}

fn share(share: f64) -> Share {
    Share::new(share).expect("a share from 0 to 1")
}

/// Days and masks of many people under one pattern.
fn worn_days(pattern: WearPattern) -> Vec<(Person, TruthDay, WearMask)> {
    let mut days = vec![];
    for seed in 0..100 {
        let person = Person::new(seed);
        for day in person.days(monday(), 28) {
            let mask = wear(&person, &day, pattern, &mut person.wear_rng(day.date));
            days.push((person.clone(), day, mask));
        }
    }
    days
}

fn share_of(days: &[(Person, TruthDay, WearMask)], what: impl Fn(&TruthDay, &WearMask) -> bool) -> f64 {
    days.iter().filter(|(_, day, mask)| what(day, mask)).count() as f64 / days.len() as f64
}

/// Mean share of the waking day worn, over the days that are asked for.
fn mean_wear(days: &[(Person, TruthDay, WearMask)], which: impl Fn(&Person, &TruthDay) -> bool) -> f64 {
    let shares: Vec<f64> = days
        .iter()
        .filter(|(person, day, _)| which(person, day))
        .map(|(_, day, mask)| f64::from(mask.worn_minutes()) / f64::from(day.waking_minutes()))
        .collect();
    shares.iter().sum::<f64>() / shares.len() as f64
}

fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:.4}, expected {expected} ± {tolerance}");
}

#[test]
fn always_is_always() {
    assert!(worn_days(WearPattern::Always).iter().all(|(_, _, mask)| mask.worn_minutes() == 1440));
}

#[test]
fn whole_days_off_are_whole() {
    let days = worn_days(WearPattern::WholeDaysOff { share: share(0.2) });
    assert!(days.iter().all(|(_, _, mask)| [0, 1440].contains(&mask.worn_minutes())));
    assert_near("days off", share_of(&days, |_, mask| mask.worn_minutes() == 0), 0.2, 0.025);
}

#[test]
fn partly_worn_days_come_in_their_share_and_length() {
    for asked in [0.3, 0.5] {
        let mut days = worn_days(WearPattern::PartlyWorn { share: share(asked) });
        assert_near("partly worn", share_of(&days, |_, mask| mask.worn_minutes() < 1440), asked, 0.03);
        days.retain(|(_, _, mask)| mask.worn_minutes() < 1440);
        assert_near("worn of the waking day", mean_wear(&days, |_, _| true), 7.0 / 9.4, 0.015);
        for (_, day, mask) in &days {
            assert!((0..MINUTES_PER_DAY).all(|minute| !(mask.worn[minute] && day.asleep(minute))));
            let waking = &mask.worn[usize::from(day.wake_minute)..usize::from(day.bed_minute)];
            let stretches_off = waking.split(|&worn| worn).filter(|stretch| !stretch.is_empty()).count();
            assert!(stretches_off <= 1, "one stretch off");
        }
    }
}

#[test]
fn short_days_are_too_short_to_be_valid() {
    let days = worn_days(WearPattern::ShortDays { share: share(0.3) });
    assert_near("short", share_of(&days, |_, mask| mask.worn_minutes() < 600), 0.3, 0.03);
    assert!(days.iter().all(|(_, _, mask)| mask.worn_minutes() == 1440 || mask.worn_minutes() < 570));
}

#[test]
fn wear_falls_by_15_per_cent_in_flares() {
    let days = worn_days(WearPattern::LessInFlares);
    let calm = mean_wear(&days, |_, day| !day.flare);
    assert_near("worn of a calm waking day", calm, 7.0 / 9.4, 0.01);
    assert_near("flare over calm", mean_wear(&days, |_, day| day.flare) / calm, 0.85, 0.03);
}

#[test]
fn wear_falls_on_low_step_days() {
    let days = worn_days(WearPattern::LessOnLowStepDays);
    let low =
        |person: &Person, day: &TruthDay| f64::from(day.total_steps()) < person.traits().median_daily_steps;
    let ratio = mean_wear(&days, low) / mean_wear(&days, |person, day| !low(person, day));
    assert_near("low-step days over others", ratio, 0.80, 0.02);
}

#[test]
fn a_phone_counts_some_steps_and_no_heart_beats() {
    let (mut counted, mut made) = (0.0, 0.0);
    for (_, day, mask) in worn_days(WearPattern::PhoneOnly) {
        assert_eq!(mask.sensor, Sensor::Phone);
        let seen = seen(&day, &mask);
        assert!(seen.heart_rate_deci_bpm.iter().all(Option::is_none));
        counted += f64::from(seen.total_steps());
        made += f64::from(day.total_steps());
    }
    assert_near("counted by the phone", counted / made, 0.6, 0.03);
}

#[test]
fn shares_0_and_1_mean_never_and_all() {
    for (asked, expected) in [(0.0, 1440), (1.0, 0)] {
        let days = worn_days(WearPattern::WholeDaysOff { share: share(asked) });
        assert!(days.iter().all(|(_, _, mask)| mask.worn_minutes() == expected));
    }
}

fn any_pattern() -> impl Strategy<Value = WearPattern> {
    let shared = (0.0..=1.0).prop_map(share);
    prop_oneof![
        Just(WearPattern::Always),
        shared.clone().prop_map(|share| WearPattern::WholeDaysOff { share }),
        shared.clone().prop_map(|share| WearPattern::PartlyWorn { share }),
        shared.prop_map(|share| WearPattern::ShortDays { share }),
        Just(WearPattern::LessInFlares),
        Just(WearPattern::LessOnLowStepDays),
        Just(WearPattern::PhoneOnly),
    ]
}

proptest! {
    #[test]
    fn what_is_seen_is_the_truth_where_worn_and_nothing_elsewhere(seed: u64, pattern in any_pattern()) {
        let person = Person::new(seed);
        let day = person.day(monday());
        let mask = wear(&person, &day, pattern, &mut person.wear_rng(day.date));
        prop_assert_eq!(&mask, &wear(&person, &day, pattern, &mut person.wear_rng(day.date)));
        let seen = seen(&day, &mask);
        for minute in 0..MINUTES_PER_DAY {
            let worn = mask.worn[minute];
            prop_assert_eq!(seen.steps[minute], if worn { day.steps[minute] } else { 0 });
            let heart = worn && mask.sensor == Sensor::Wearable;
            prop_assert_eq!(
                seen.heart_rate_deci_bpm[minute],
                heart.then_some(day.heart_rate_deci_bpm[minute])
            );
        }
    }
}
