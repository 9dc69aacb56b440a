//! Records of unequal length from several sources.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::sources::{HeartRate, StepInterval};

const START_MS: i64 = 180 * MINUTE_MS;
const DAY_MINUTES: i64 = 240;

/// An interval in seconds of the day.
fn record(start_s: i64, end_s: i64, count: u32) -> StepInterval {
    StepInterval { start_ms: START_MS + start_s * 1000, end_ms: START_MS + end_s * 1000, count }
}

fn carried(priority: u8, steps: Vec<StepInterval>) -> SourceDay {
    SourceDay { priority, steps, ..SourceDay::default() }
}

fn bounds() -> Range<i64> {
    START_MS..START_MS + DAY_MINUTES * MINUTE_MS
}

fn merged(policy: MergePolicy, sources: &[SourceDay]) -> DayMinutes {
    merge_day_by(policy, NaiveDate::default(), bounds(), sources, &ValidWearParams::default()).unwrap()
}

fn total(sources: &[SourceDay]) -> u32 {
    merged(MergePolicy::PriorityFill, sources).steps_seen().unwrap_or(0)
}

fn slices(policy: MergePolicy, sources: &[SourceDay]) -> Vec<Slice> {
    explain_day(policy, bounds(), sources, &ValidWearParams::default()).unwrap().slices
}

/// A watch that counted 2,506 steps and a phone that counted 1,919 of the same walks, 54 of them while the watch was off:
/// a report of a user whose phone said 2,560 (open-wearables#1287).
fn watch_and_phone() -> [SourceDay; 2] {
    let mut watch: Vec<StepInterval> = (0..25).map(|m| record(m * 60, (m + 1) * 60, 100)).collect();
    watch.push(record(1500, 1530, 6));
    let watch = SourceDay {
        wearable: true,
        has_heart_rate: true,
        heart_rate: (0..26)
            .map(|m| {
                let at_ms = START_MS + m * MINUTE_MS;
                HeartRate { start_ms: at_ms, end_ms: at_ms, deci_bpm: 900 }
            })
            .collect(),
        ..carried(1, watch)
    };
    // Ten minutes a record at times of its own; the last begins while the watch still counts.
    let phone = carried(
        2,
        vec![record(10, 610, 900), record(610, 1210, 871), record(1230, 1530, 94), record(1800, 2100, 54)],
    );
    [watch, phone]
}

/// Minutes, and of each source its place, what it counted, and what of it counts.
type Said = (Range<usize>, Vec<(usize, u32, u32)>);

#[test]
fn a_walk_that_two_devices_counted_is_one_number_slice_by_slice() {
    let sources = watch_and_phone();
    let own = |source: &SourceDay| total(std::slice::from_ref(source));
    assert_eq!((own(&sources[0]), own(&sources[1])), (2_506, 1_919));
    assert_eq!(total(&sources), 2_560);
    let found = slices(MergePolicy::PriorityFill, &sources);
    let said: Vec<Said> = found
        .iter()
        .map(|slice| {
            (
                slice.minutes.clone(),
                slice.sources.iter().map(|said| (said.source, said.own, said.counted)).collect(),
            )
        })
        .collect();
    assert_eq!(said, [(0..26, vec![(0, 2_506, 2_506), (1, 1_865, 0)]), (30..35, vec![(1, 54, 54)]),]);
    assert_eq!(found.iter().map(Slice::counted).sum::<u32>(), 2_560);
}

#[test]
fn what_a_record_shares_with_a_longer_one_counts_once() {
    // The watch counted half a minute on either side of the full minute; the phone the whole ten minutes.
    let watch = SourceDay { wearable: true, ..carried(1, vec![record(30, 90, 60)]) };
    let phone = carried(2, vec![record(0, 600, 600)]);
    assert_eq!(total(&[watch.clone(), phone.clone()]), 60 + 540);
    // By minutes alone, half a minute would count twice and another not at all.
    let day = merged(MergePolicy::PriorityFill, &[watch, phone]);
    assert_eq!(day.steps[..3], [Some(30), Some(60 + 30), Some(60)]);
}

#[test]
fn the_greatest_of_each_minute_is_above_both() {
    let watch = SourceDay { wearable: true, ..carried(1, vec![record(0, 60, 100), record(60, 120, 20)]) };
    let phone = carried(2, vec![record(0, 60, 20), record(60, 120, 100)]);
    let sources = [watch, phone];
    assert_eq!(total(&sources), 120);
    let greatest = merged(MergePolicy::MaxPerSlice, &sources);
    assert_eq!(greatest.steps_seen(), Some(200));
    let found = slices(MergePolicy::MaxPerSlice, &sources);
    assert_eq!(found.iter().map(Slice::counted).sum::<u32>(), 200);
}

#[test]
fn counts_that_go_on_beside_each_other_add_up() {
    let walking = vec![record(0, 60, 80), record(60, 120, 40)];
    let device = SourceDay {
        wearable: true,
        beside: vec![vec![record(60, 120, 70), record(120, 3_720, 30)]],
        ..carried(1, walking)
    };
    let day = merged(MergePolicy::PriorityFill, std::slice::from_ref(&device));
    assert_eq!((day.steps[..3].to_vec(), day.steps_seen()), (vec![Some(80), Some(110), None], Some(220)));
    // The hour of which nobody knows when its steps were is no cadence.
    assert_eq!(day.cadences().take(3).collect::<Vec<_>>(), [Some(80), Some(110), None]);
}

#[test]
fn what_others_counted_within_a_long_record_is_part_of_it() {
    let hour = |start_s: i64, count: u32| record(start_s, start_s + 3_600, count);
    let minutes = |from_s: i64, n: i64, each: u32| {
        (0..n).map(|m| record(from_s + m * 60, from_s + (m + 1) * 60, each)).collect::<Vec<_>>()
    };
    let of = |sources: &[SourceDay]| {
        let told = explain_day(MergePolicy::PriorityFill, bounds(), sources, &ValidWearParams::default());
        let told = told.unwrap().adrift;
        let day = merged(MergePolicy::PriorityFill, sources);
        let adrift: u32 = day.adrift.iter().map(|&steps| u32::from(steps)).sum();
        assert_eq!(told.iter().map(|adrift| adrift.counted).sum::<u32>(), adrift);
        day.steps_seen().unwrap_or(0)
    };
    // A watch that was not heard for an hour, and the phone's minutes of the same walk.
    let watch = SourceDay { wearable: true, ..carried(1, vec![hour(0, 1_000)]) };
    assert_eq!(of(&[watch.clone(), carried(2, minutes(600, 10, 100))]), 1_000);
    assert_eq!(of(&[watch.clone(), carried(2, minutes(600, 10, 120))]), 1_200, "the phone saw more");
    assert_eq!(of(&[watch.clone(), carried(2, minutes(600, 5, 100))]), 1_000);
    // Two hours that are the same, and two that are one behind the other.
    assert_eq!(of(&[watch.clone(), carried(2, vec![hour(0, 900)])]), 1_000);
    assert_eq!(of(&[watch.clone(), carried(2, vec![hour(0, 1_300)])]), 1_300);
    assert_eq!(of(&[watch.clone(), carried(2, vec![hour(3_600, 900)])]), 1_900);
    // The watch's ten minutes, and the phone's hour around them.
    let short = SourceDay { wearable: true, ..carried(1, minutes(0, 10, 100)) };
    assert_eq!(of(&[short, carried(2, vec![hour(0, 1_500)])]), 1_500);
    // Half hours of both: 2,506 and 1,919.
    let halves = |priority, counts: [u32; 3]| {
        let records = counts.iter().zip(0_i64..).map(|(&count, n)| record(n * 1_800, (n + 1) * 1_800, count));
        carried(priority, records.collect())
    };
    assert_eq!(of(&[halves(1, [1_200, 1_306, 0]), halves(2, [900, 965, 54])]), 2_560);
}

fn any_sources() -> impl Strategy<Value = Vec<SourceDay>> {
    // Lengths from seconds to minutes, at times that fit no minute; within a quarter hour, so that all have their time.
    let records = proptest::collection::vec((0..DAY_MINUTES * 60 - 900, 5_i64..900, 0_u32..4), 0..40);
    let source = (0_u8..4, any::<bool>(), records).prop_map(|(priority, wearable, records)| SourceDay {
        wearable,
        ..carried(
            priority,
            records
                .into_iter()
                .map(|(s, length, rate)| record(s, s + length, rate * length as u32 / 2))
                .collect(),
        )
    });
    proptest::collection::vec(source, 1..5)
}

/// Records of minutes and of hours among each other.
fn long_sources() -> impl Strategy<Value = Vec<SourceDay>> {
    let records = proptest::collection::vec((0..DAY_MINUTES - 120, 1_i64..120, 0_u32..100), 0..12);
    let source = (0_u8..4, any::<bool>(), records).prop_map(|(priority, wearable, records)| SourceDay {
        wearable,
        ..carried(
            priority,
            records
                .into_iter()
                .map(|(m, length, rate)| record(m * 60, (m + length) * 60, rate * length as u32))
                .collect(),
        )
    });
    proptest::collection::vec(source, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_day_is_at_most_the_sum_and_at_least_the_first(sources in any_sources()) {
        let alone: Vec<u32> = sources.iter().map(|source| total(std::slice::from_ref(source))).collect();
        let first = (0..sources.len()).min_by_key(|&at| sources[at].priority).unwrap();
        let all = total(&sources);
        prop_assert!(all <= alone.iter().sum());
        prop_assert!(all >= alone[first]);
        let greatest = merged(MergePolicy::MaxPerSlice, &sources).steps_seen().unwrap_or(0);
        prop_assert!(greatest <= alone.iter().sum() && greatest >= alone.iter().copied().max().unwrap());
    }

    #[test]
    fn long_records_keep_the_bounds_too(sources in long_sources()) {
        let alone: Vec<u32> = sources.iter().map(|source| total(std::slice::from_ref(source))).collect();
        let first = (0..sources.len()).min_by_key(|&at| sources[at].priority).unwrap();
        let all = total(&sources);
        prop_assert!(all <= alone.iter().sum(), "{all} of {alone:?}");
        prop_assert!(all >= alone[first], "{all} of {alone:?}");
        let told = explain_day(MergePolicy::PriorityFill, bounds(), &sources, &ValidWearParams::default()).unwrap();
        let slices: u32 = told.slices.iter().map(Slice::counted).sum();
        let adrift: u32 = told.adrift.iter().map(|record| record.counted).sum();
        prop_assert_eq!(slices + adrift, all);
    }

    #[test]
    fn neither_order_nor_repetition_matters(sources in any_sources(), turn in 0_usize..4) {
        let whole = merged(MergePolicy::PriorityFill, &sources);
        let mut mixed = sources.clone();
        for source in &mut mixed {
            let doubled = source.steps.clone();
            source.steps.extend(doubled);
            source.steps.reverse();
        }
        let day = merged(MergePolicy::PriorityFill, &mixed);
        prop_assert_eq!(&day.steps, &whole.steps);
        // Sources of unlike priority may be given in any order.
        let mut unlike = sources;
        for (source, priority) in unlike.iter_mut().zip(0..) {
            source.priority = priority;
        }
        let straight = merged(MergePolicy::PriorityFill, &unlike);
        let turns = turn % unlike.len();
        unlike.rotate_left(turns);
        prop_assert_eq!(merged(MergePolicy::PriorityFill, &unlike), straight);
    }

    #[test]
    fn a_record_may_come_in_parts(sources in any_sources(), parts in 2_u32..5) {
        // An even rate, so that the parts say what the whole did.
        let even = |split: u32| -> Vec<SourceDay> {
            sources
                .iter()
                .map(|source| {
                    let mut until = i64::MIN;
                    let mut steps = Vec::new();
                    for record in crate::source_minutes::sorted(&source.steps).iter() {
                        // Of records that overlap the first: their own source contradicts itself.
                        if record.start_ms < until {
                            continue;
                        }
                        until = record.end_ms;
                        let length_ms = (record.end_ms - record.start_ms) / i64::from(parts);
                        for part in 0..split {
                            let each = parts / split;
                            let from_ms = record.start_ms + i64::from(part * each) * length_ms;
                            let to_ms = from_ms + i64::from(each) * length_ms;
                            let count = record.count / parts * each;
                            steps.push(StepInterval { start_ms: from_ms, end_ms: to_ms, count });
                        }
                    }
                    SourceDay { steps, wearable: false, ..source.clone() }
                })
                .collect()
        };
        let (whole, split) = (total(&even(1)), total(&even(parts)));
        // A source's steps are whole, before what is shared out and behind it.
        let most = 2 * sources.len() as u32;
        prop_assert!(whole.abs_diff(split) <= most, "{whole} in one piece, {split} in {parts}");
    }

    #[test]
    fn the_slices_add_up_to_the_day(sources in any_sources()) {
        for policy in [MergePolicy::PriorityFill, MergePolicy::MaxPerSlice] {
            let day = merged(policy, &sources);
            let counted: u32 = slices(policy, &sources).iter().map(Slice::counted).sum();
            let known: u32 = day.steps.iter().flatten().map(|&steps| u32::from(steps)).sum();
            prop_assert_eq!(counted, known);
        }
    }
}
