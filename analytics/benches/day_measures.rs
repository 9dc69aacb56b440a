//! Person-days per second from source readings to measures, on one core.

use std::hint::black_box;

use chrono::NaiveDate;
use divan::Bencher;
use divan::counter::ItemsCount;
use foulee_analytics::wear::ValidWearParams;
use foulee_analytics::{DayContext, HeartRate, SourceDay, StepInterval, measure_day, merge_day};

const MINUTE_MS: i64 = 60_000;

fn main() {
    divan::main();
}

/// A watch day of 1440 minutes of steps and, if asked for, heart rate; a repeatable pattern of rest and walks.
fn watch_day(heart_rate: bool) -> SourceDay {
    let steps_at = |minute: i64| match minute % 97 {
        0..=11 => 95 + (minute * 7 % 30) as u32,
        12..=20 => (minute * 13 % 40) as u32,
        _ => 0,
    };
    let span = |minute: i64| (minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
    SourceDay {
        wearable: true,
        has_heart_rate: heart_rate,
        steps: (0..1440)
            .map(|minute| StepInterval {
                start_ms: span(minute).0,
                end_ms: span(minute).1,
                count: steps_at(minute),
            })
            .collect(),
        heart_rate: (0..1440)
            .filter(|_| heart_rate)
            .map(|minute| HeartRate {
                start_ms: span(minute).0,
                end_ms: span(minute).1,
                deci_bpm: 600 + (minute * 11 % 300) as i32,
            })
            .collect(),
        ..SourceDay::default()
    }
}

fn run(bencher: Bencher<'_, '_>, sources: &[SourceDay]) {
    let params = ValidWearParams::default();
    let context = DayContext { age_years: Some(47), usual_resting_bpm: Some(62.0), ..DayContext::default() };
    let date = NaiveDate::default();
    bencher.counter(ItemsCount::new(1440_u32)).bench_local(|| {
        let day = merge_day(date, 0..1440 * MINUTE_MS, black_box(sources), &params);
        day.and_then(|day| measure_day(&day, &context))
    });
}

/// One watch with steps and heart rate: items are minutes of a person.
#[divan::bench]
fn watch(bencher: Bencher<'_, '_>) {
    run(bencher, &[watch_day(true)]);
}

/// A watch and a phone that overlap.
#[divan::bench]
fn watch_and_phone(bencher: Bencher<'_, '_>) {
    let phone = SourceDay { priority: 1, wearable: false, ..watch_day(false) };
    run(bencher, &[watch_day(true), phone]);
}

/// A pedometer without heart rate, where wear is guessed by Choi's rule.
#[divan::bench]
fn pedometer(bencher: Bencher<'_, '_>) {
    run(bencher, &[watch_day(false)]);
}
