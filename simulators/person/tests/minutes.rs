//! The minutes of a day: they add up, they are plausible, and they are always the same.

use chrono::{Days, NaiveDate};
use foulee_person::{MINUTES_PER_DAY, Person, TruthDay};
use proptest::prelude::*;

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date of the calendar")
}

/// FNV-1a over everything that a day holds.
fn hash_day(mut hash: u64, day: &TruthDay) -> u64 {
    let mut add = |value: u16| {
        for byte in value.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    day.steps.iter().chain(&day.heart_rate_deci_bpm).for_each(|&value| add(value));
    for value in [day.wake_minute, day.bed_minute, u16::from(day.flare)] {
        add(value);
    }
    hash
}

/// Fails where any platform, compiler or dependency changes a single minute. Where a change is meant, say so in the
/// changelog: every simulated person changes.
#[test]
fn golden_hash() {
    let hash = [1, 42, u64::MAX].iter().fold(0xcbf2_9ce4_8422_2325, |hash, &seed| {
        Person::new(seed).days(monday(), 56).fold(hash, |hash, day| hash_day(hash, &day))
    });
    assert_eq!(format!("{hash:016x}"), "4c80ed57fb3c95a3");
}

#[test]
fn days_are_the_same_in_any_order_and_differ_between_seeds() {
    let person = Person::new(7);
    let forward: Vec<TruthDay> = person.days(monday(), 40).collect();
    for (index, day) in forward.iter().enumerate().rev() {
        assert_eq!(&Person::new(7).day(monday() + Days::new(index as u64)), day);
    }
    assert_ne!(forward[0].steps, Person::new(8).day(monday()).steps);
    assert_ne!(forward[0].steps, forward[1].steps);
}

#[test]
fn heart_rate_is_plausible() {
    let mut walking_shares = vec![];
    for seed in 0..150 {
        let person = Person::new(seed);
        let traits = person.traits();
        let reserve = traits.max_heart_rate_bpm - traits.resting_heart_rate_bpm;
        for day in person.days(monday(), 3) {
            let bpm: Vec<f64> = day.heart_rate_deci_bpm.iter().map(|&deci| f64::from(deci) / 10.0).collect();
            assert!(bpm.iter().all(|&b| (38.0..=traits.max_heart_rate_bpm + 0.05).contains(&b)));
            let asleep = &bpm[..usize::from(day.wake_minute)];
            let resting = asleep.iter().sum::<f64>() / asleep.len() as f64;
            assert!((resting - traits.resting_heart_rate_bpm).abs() < 1.0, "seed {seed}: {resting}");
            for (bpm, steps) in bpm[3..].iter().zip(day.steps.windows(4)) {
                if steps.iter().all(|&steps| steps >= 88) {
                    walking_shares.push((bpm - traits.resting_heart_rate_bpm) / reserve);
                }
            }
            let still: Vec<f64> = (30..MINUTES_PER_DAY)
                .filter(|&m| !day.asleep(m) && day.steps[m - 12..=m].iter().all(|&steps| steps == 0))
                .map(|m| bpm[m])
                .collect();
            let still = still.iter().sum::<f64>() / still.len() as f64;
            assert!(
                still > resting + 3.0 && still < resting + 14.0,
                "seed {seed}: still {still}, asleep {resting}"
            );
        }
    }
    let share = walking_shares.iter().sum::<f64>() / walking_shares.len() as f64;
    assert!((0.30..0.40).contains(&share), "walking takes {share:.3} of heart-rate reserve");
}

#[test]
fn walking_comes_in_bouts_at_walking_cadence() {
    let (mut in_bouts, mut all, mut longest_of_days) = (0.0, 0.0, vec![]);
    let mut cadences = vec![];
    for seed in 0..200 {
        for day in Person::new(seed).days(monday(), 7) {
            let mut longest = 0;
            for run in day.steps.split(|&steps| steps < 80) {
                longest = longest.max(run.len());
                in_bouts += run.iter().map(|&steps| f64::from(steps)).sum::<f64>();
                cadences.extend(run.iter().map(|&steps| f64::from(steps)));
            }
            all += f64::from(day.total_steps());
            longest_of_days.push(longest);
        }
    }
    let cadence = cadences.iter().sum::<f64>() / cadences.len() as f64;
    assert!((98.0..106.0).contains(&cadence), "mean walking cadence {cadence}");
    let share = in_bouts / all;
    assert!((0.35..0.60).contains(&share), "{share:.2} of steps at a walking cadence");
    longest_of_days.sort_unstable();
    let median = longest_of_days[longest_of_days.len() / 2];
    assert!((6..=20).contains(&median), "longest bout of the median day: {median} minutes");
}

#[test]
fn moving_about_and_rest_share_the_waking_day() {
    let (mut moving, mut waking) = (0_u32, 0_u32);
    for seed in 0..200 {
        let day = Person::new(seed).day(monday());
        moving += day.steps.iter().map(|&steps| u32::from(steps > 0)).sum::<u32>();
        waking += u32::from(day.waking_minutes());
    }
    let share = f64::from(moving) / f64::from(waking);
    assert!((0.10..0.30).contains(&share), "{share:.2} of waking minutes have steps");
}

proptest! {
    #[test]
    fn any_day_of_any_person_is_whole(seed: u64, days_ahead in 0_u64..20_000) {
        let date = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + Days::new(days_ahead);
        let day = Person::new(seed).day(date);
        prop_assert_eq!(day.date, date);
        prop_assert!((150..=30_000).contains(&day.total_steps()));
        prop_assert!(day.waking_minutes() >= 660 && day.bed_minute < 1440);
        for minute in 0..MINUTES_PER_DAY {
            prop_assert!(day.steps[minute] == 0 || !day.asleep(minute));
            prop_assert!(day.steps[minute] <= 120);
        }
    }
}
