//! Days made by hand, then any day.

use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::local_day::HomeZones;
use crate::sources::{Contact, Gap, GapCause, HeartRate, StepInterval, WornInterval};
use MinuteState::{Moved, Still, Unknown};

/// A day that starts three hours into 1970, so that its context has room.
const START_MS: i64 = 180 * MINUTE_MS;

fn at(minute: i64) -> i64 {
    START_MS + minute * MINUTE_MS
}

fn steps(first: i64, counts: &[u32]) -> Vec<StepInterval> {
    (first..)
        .zip(counts)
        .map(|(m, &count)| StepInterval { start_ms: at(m), end_ms: at(m + 1), count })
        .collect()
}

fn heart_rate(minutes: impl IntoIterator<Item = i64>) -> Vec<HeartRate> {
    minutes.into_iter().map(|m| HeartRate { start_ms: at(m), end_ms: at(m), deci_bpm: 650 }).collect()
}

fn watch() -> SourceDay {
    SourceDay { wearable: true, has_heart_rate: true, ..SourceDay::default() }
}

/// A day of so many minutes.
fn merge(minutes: i64, sources: &[SourceDay]) -> DayMinutes {
    merge_day(NaiveDate::default(), START_MS..at(minutes), sources, &ValidWearParams::default()).unwrap()
}

#[test]
fn zero_steps_are_still_only_with_a_heart_rate() {
    let source = SourceDay {
        steps: steps(0, &[0, 0, 30, 0, 0, 0, 0, 0, 0, 0]),
        heart_rate: heart_rate([0]),
        ..watch()
    };
    let day = merge(12, &[source]);
    // Minute 1 lies between a worn minute and steps; after minute 2 nothing shows wear; 10 and 11 were never read.
    let mut expected = vec![Still, Still, Moved];
    expected.extend([Unknown; 9]);
    assert_eq!(day.state, expected);
    assert_eq!(day.steps[..4], [Some(0), Some(0), Some(30), None]);
    assert_eq!(day.cause[3], Some(GapCause::NotWorn));
    assert_eq!(day.cause[10], None);
    assert_eq!((day.wear_minutes(), day.steps_seen()), (3, Some(30)));
    assert_eq!(day.heart_rate_deci_bpm[0], Some(650));
}

#[test]
fn short_dropouts_of_heart_rate_are_bridged_and_long_ones_are_not() {
    let five = SourceDay { steps: steps(0, &[0; 7]), heart_rate: heart_rate([0, 6]), ..watch() };
    assert_eq!(merge(7, &[five]).state, [Still; 7]);
    let six = SourceDay { steps: steps(0, &[0; 8]), heart_rate: heart_rate([0, 7]), ..watch() };
    assert_eq!(merge(8, &[six]).count(Unknown), 6);
}

#[test]
fn an_unbelievable_heart_rate_is_no_wear() {
    let mut readings = heart_rate([0, 1]);
    readings[0].deci_bpm = 299;
    readings[1].deci_bpm = 2201;
    let day = merge(2, &[SourceDay { steps: steps(0, &[0, 0]), heart_rate: readings, ..watch() }]);
    assert_eq!((day.state, day.heart_rate_deci_bpm), (vec![Unknown; 2], vec![None; 2]));
}

#[test]
fn contact_and_reported_wear_decide() {
    let contact =
        [true, false].into_iter().zip(0..).map(|(on_skin, m)| Contact { at_ms: at(m), on_skin }).collect();
    let worn = vec![
        WornInterval { start_ms: at(2), end_ms: at(4), worn_seconds: 120 },
        WornInterval { start_ms: at(4), end_ms: at(6), worn_seconds: 60 },
        WornInterval { start_ms: at(6), end_ms: at(8), worn_seconds: 0 },
    ];
    // A heart rate off the skin is a reflection.
    let source =
        SourceDay { steps: steps(0, &[0; 8]), heart_rate: heart_rate([1, 6]), contact, worn, ..watch() };
    let day = merge(8, &[source]);
    assert_eq!(day.state, [Still, Unknown, Still, Still, Unknown, Unknown, Unknown, Unknown]);
}

#[test]
fn a_total_above_zero_makes_a_day_of_zeros_unknown() {
    let source = SourceDay {
        steps: steps(0, &[0; 10]),
        heart_rate: heart_rate(0..10),
        day_total_steps: Some(3_000),
        ..watch()
    };
    let other = SourceDay { priority: 1, day_total_steps: None, ..source.clone() };
    let day = merge(10, &[source.clone(), other]);
    assert_eq!(day.state, [Unknown; 10]);
    assert!(day.flags.total_contradicts_minutes);
    assert_eq!(day.device_day_total, Some(3_000));
    // What another source saw moving stays.
    let phone = SourceDay { priority: 2, steps: steps(3, &[50]), ..SourceDay::default() };
    assert_eq!(merge(10, &[source.clone(), phone]).state[3], Moved);
    let silent = SourceDay { steps: Vec::new(), ..source };
    let day = merge(10, &[silent]);
    assert!(day.flags.total_without_minutes && day.count(Unknown) == 10);
}

#[test]
fn an_hour_total_above_zero_makes_that_hour_unknown() {
    let source = SourceDay {
        steps: steps(0, &[0; 120]),
        heart_rate: heart_rate(0..120),
        hour_totals: vec![StepInterval { start_ms: at(60), end_ms: at(120), count: 200 }],
        ..watch()
    };
    let day = merge(120, &[source]);
    assert_eq!((day.count(Still), day.count(Unknown)), (60, 60));
    assert_eq!(day.state[59..61], [Still, Unknown]);
}

#[test]
fn the_first_source_present_wins_and_others_fill() {
    let watch = SourceDay { steps: steps(0, &[0, 40, 0, 0]), heart_rate: heart_rate([0]), ..watch() };
    let phone = SourceDay { priority: 1, steps: steps(0, &[9, 70, 60, 0, 5]), ..SourceDay::default() };
    let day = merge(6, &[phone.clone(), watch]);
    assert_eq!(day.state, [Still, Moved, Moved, Unknown, Moved, Unknown]);
    assert_eq!(day.steps, [Some(0), Some(40), Some(60), None, Some(5), None]);
    assert_eq!(day.worn, [true, true, false, false, false, false]);
    assert!(!day.from_phone_only);
    let alone = merge(6, &[phone]);
    assert!(alone.from_phone_only);
    assert_eq!((alone.count(Moved), alone.count(Still), alone.wear_minutes()), (4, 0, 0));
}

#[test]
fn a_gap_gives_its_cause() {
    let gaps = vec![Gap { start_ms: at(1), end_ms: at(3), cause: GapCause::Battery }];
    let source = SourceDay { steps: steps(0, &[10]), gaps, ..watch() };
    let day = merge(4, &[source]);
    assert_eq!(day.cause, [None, Some(GapCause::Battery), Some(GapCause::Battery), None]);
}

#[test]
fn without_heart_rate_long_runs_of_zero_are_unknown() {
    let source = |counts: &[u32]| SourceDay { has_heart_rate: false, steps: steps(0, counts), ..watch() };
    let mut counts = vec![20; 10];
    counts.extend([0; 60]);
    counts.extend([20; 10]);
    counts.extend([0; 90]);
    counts.extend([20; 10]);
    let day = merge(180, &[source(&counts)]);
    assert_eq!((day.count(Moved), day.count(Still), day.count(Unknown)), (30, 60, 90));
    assert!(day.flags.wear_from_steps);
    // A lone hour of zeros in a silent day says nothing.
    let lone = merge(1440, &[source(&[0; 60])]);
    assert_eq!(lone.count(Unknown), 1440);
    assert!(!lone.flags.wear_from_steps);
}

#[test]
fn a_run_over_midnight_is_judged_with_its_context() {
    let mut counts = vec![30; 20];
    counts.extend([0; 50]);
    let inside = SourceDay { has_heart_rate: false, steps: steps(0, &counts), ..watch() };
    assert_eq!(merge(70, std::slice::from_ref(&inside)).count(Still), 50);
    let mut after = inside;
    after.steps.extend(steps(70, &[0; 40]));
    assert_eq!(merge(70, &[after]).count(Unknown), 50);
}

#[test]
fn sparse_sources_mean_zero_where_they_were_worn() {
    let source = SourceDay { steps: steps(1, &[25]), heart_rate: heart_rate([0, 1, 3]), ..watch() };
    let silent = merge(6, std::slice::from_ref(&source));
    assert_eq!(silent.state, [Unknown, Moved, Unknown, Unknown, Unknown, Unknown]);
    let sparse = SourceDay { sparse_steps: true, ..source };
    assert_eq!(merge(6, std::slice::from_ref(&sparse)).state, [Still, Moved, Still, Still, Unknown, Unknown]);
    let mut refused = sparse.clone();
    refused.steps.extend(steps(3, &[5_000]));
    let refused = merge(6, &[refused]);
    assert!(refused.state[3] == Unknown && refused.flags.implausible_steps);
    let without_permission = SourceDay { steps: Vec::new(), ..sparse };
    assert_eq!(merge(6, &[without_permission]).count(Unknown), 6);
}

#[test]
fn a_counter_that_was_not_heard_for_hours_makes_no_minute_worn() {
    // Heard for a minute in the evening: what was walked before it counts, and nobody knows when.
    let steps = vec![
        StepInterval { start_ms: at(0), end_ms: at(1200), count: 3_000 },
        StepInterval { start_ms: at(1200), end_ms: at(1201), count: 10 },
    ];
    for has_heart_rate in [false, true] {
        let day = merge(1440, &[SourceDay { steps: steps.clone(), has_heart_rate, ..watch() }]);
        assert_eq!(day.steps_seen(), Some(3_010));
        assert_eq!((day.wear_minutes(), day.count(MinuteState::Moved)), (1, 1));
        assert_eq!(day.count(MinuteState::Unknown), 1439);
    }
    // A phone beside it that counted some of them: they are the same steps.
    let phone = SourceDay {
        priority: 9,
        steps: vec![StepInterval { start_ms: at(100), end_ms: at(101), count: 80 }],
        ..SourceDay::default()
    };
    let day = merge(1440, &[SourceDay { steps, ..watch() }, phone]);
    assert!((3_010..=3_090).contains(&day.steps_seen().unwrap()));
    assert_eq!(day.wear_minutes(), 1);
}

#[test]
fn days_have_the_length_of_the_clock() {
    let zones = HomeZones::fixed(Tz::Europe__Paris);
    for (date, minutes) in [("2026-03-29", 1380), ("2026-10-25", 1500), ("2026-06-01", 1440)] {
        let date: NaiveDate = date.parse().unwrap();
        let bounds = zones.bounds(date).unwrap();
        let day = merge_day(date, bounds, &[], &ValidWearParams::default()).unwrap();
        assert_eq!((day.len(), day.steps_seen()), (minutes, None));
    }
    let skipped = HomeZones::fixed(Tz::Pacific__Apia).bounds("2011-12-30".parse().unwrap()).unwrap();
    assert!(merge_day(NaiveDate::default(), skipped, &[], &ValidWearParams::default()).unwrap().is_empty());
}

#[test]
fn broken_readings_are_rejected() {
    let refused = |source: SourceDay| {
        merge_day(NaiveDate::default(), START_MS..at(10), &[source], &ValidWearParams::default()).unwrap_err()
    };
    let reversed = StepInterval { start_ms: at(2), end_ms: at(1), count: 1 };
    let error = AnalyticsError::IntervalReversed { start_ms: at(2), end_ms: at(1) };
    assert_eq!(refused(SourceDay { steps: vec![reversed], ..watch() }), error);
    let gap = Gap { start_ms: at(2), end_ms: at(1), cause: GapCause::Link };
    assert_eq!(refused(SourceDay { gaps: vec![gap], ..watch() }), error);
    let worn = WornInterval { start_ms: at(0), end_ms: at(1), worn_seconds: 62 };
    assert!(matches!(
        refused(SourceDay { worn: vec![worn], ..watch() }),
        AnalyticsError::WornLongerThanInterval { worn_seconds: 62, .. }
    ));
    let far = StepInterval { start_ms: i64::MIN, end_ms: i64::MIN + 5, count: 1 };
    let long = StepInterval {
        start_ms: -4_000_000_000_000_000_000,
        end_ms: 4_000_000_000_000_000_000,
        count: u32::MAX,
    };
    assert_eq!(merge(10, &[SourceDay { steps: vec![far, long], ..watch() }]).steps_seen(), None);
    let params = ValidWearParams::default();
    for (start, end) in
        [(5, 4), (i64::MIN, i64::MAX), (i64::MAX - 60_000, i64::MAX), (0, at(MAX_DAY_MINUTES))]
    {
        assert!(merge_day(NaiveDate::default(), start..end, &[], &params).is_err());
    }
}

const DAY: i64 = 200;

fn any_source() -> impl Strategy<Value = SourceDay> {
    let readings = proptest::collection::vec((0..DAY, 1_i64..4, 0_u32..150), 0..80);
    let heart = proptest::collection::vec(0..DAY, 0..80);
    (0_u8..3, any::<[bool; 3]>(), readings, heart, proptest::option::of(0_u32..3)).prop_map(
        |(priority, [wearable, has_heart_rate, sparse_steps], readings, heart, total)| SourceDay {
            priority,
            wearable,
            has_heart_rate,
            sparse_steps,
            steps: readings
                .into_iter()
                .map(|(m, n, count)| StepInterval { start_ms: at(m), end_ms: at(m + n), count })
                .collect(),
            heart_rate: if has_heart_rate { heart_rate(heart) } else { Vec::new() },
            day_total_steps: total,
            ..SourceDay::default()
        },
    )
}

fn total(day: &DayMinutes) -> u32 {
    day.steps_seen().unwrap_or(0)
}

proptest! {
    #[test]
    fn the_three_values_are_consistent(sources in proptest::collection::vec(any_source(), 0..4)) {
        let day = merge(DAY, &sources);
        for minute in 0..day.len() {
            match day.state[minute] {
                Moved => prop_assert!(day.steps[minute] > Some(0)),
                Still => prop_assert!(day.steps[minute] == Some(0) && day.worn[minute]),
                Unknown => prop_assert!(day.steps[minute].is_none() && !day.worn[minute]),
            }
            prop_assert!(day.cause[minute].is_none() || day.state[minute] == Unknown);
            prop_assert!(!day.cadence_known[minute] || day.steps[minute].is_some());
        }
    }

    #[test]
    fn a_merge_is_never_above_the_sum_and_never_below_the_first(
        sources in proptest::collection::vec(any_source(), 1..4),
    ) {
        let merged = total(&merge(DAY, &sources));
        let alone: Vec<u32> = sources.iter().map(|source| total(&merge(DAY, std::slice::from_ref(source)))).collect();
        prop_assert!(merged <= alone.iter().sum());
        let first = (0..sources.len()).min_by_key(|&i| sources[i].priority).unwrap();
        prop_assert!(merged >= alone[first]);
    }

    #[test]
    fn the_order_of_readings_does_not_matter(source in any_source()) {
        let mut mixed = source.clone();
        mixed.steps.reverse();
        mixed.heart_rate.reverse();
        prop_assert_eq!(merge(DAY, &[source]), merge(DAY, &[mixed]));
    }

    #[test]
    fn a_phone_is_never_still(source in any_source()) {
        let phone = SourceDay { wearable: false, ..source };
        let day = merge(DAY, &[phone]);
        prop_assert_eq!((day.count(Still), day.wear_minutes()), (0, 0));
    }
}
