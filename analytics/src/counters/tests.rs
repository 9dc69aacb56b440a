//! Counters made by hand.

use super::*;

const HOUR_MS: i64 = 3_600_000;

fn read(values: &[(i64, u64)]) -> Vec<CounterReading> {
    values.iter().map(|&(hour, value)| CounterReading { at_ms: hour * HOUR_MS, epoch: 0, value }).collect()
}

fn counts(found: &CounterSteps) -> Vec<u32> {
    found.steps.iter().map(|steps| steps.count).collect()
}

fn run(values: &[(i64, u64)], midnights: &[i64], params: CounterParams) -> CounterSteps {
    let midnights: Vec<i64> = midnights.iter().map(|hour| hour * HOUR_MS).collect();
    counter_steps(&read(values), &midnights, &params.check().unwrap())
}

#[test]
fn deltas_between_readings_and_none_before_the_first() {
    let found = run(&[(1, 500), (2, 700), (3, 700)], &[], CounterParams::default());
    assert_eq!(counts(&found), [200, 0]);
    assert_eq!(found.steps[0].start_ms, HOUR_MS);
}

#[test]
fn a_reboot_behind_a_hole_counts_from_zero() {
    // The Garmin stream: 299 to 2 616, 42 h of silence, then 0, 0, 60.
    let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
    let found = run(&[(0, 299), (5, 2_616), (47, 0), (48, 0), (49, 60)], &[], params);
    assert_eq!((counts(&found), found.count(Decision::Restart)), (vec![2_317, 0, 60], 1));
    let unknown = run(&[(5, 2_616), (47, 0)], &[], CounterParams::default());
    assert_eq!((unknown.steps.len(), unknown.count(Decision::Unexplained)), (0, 1));
}

#[test]
fn a_rollover_must_be_walkable() {
    let params = CounterParams { width_bits: Some(16), ..CounterParams::default() };
    let found = run(&[(1, 65_000), (2, 100)], &[], params);
    assert_eq!((counts(&found), found.count(Decision::Rollover)), (vec![636], 1));
    assert_eq!(run(&[(1, 5_000), (2, 100)], &[], params).count(Decision::Unexplained), 1);
    assert!(CounterParams { width_bits: Some(64), ..params }.check().is_err());
}

#[test]
fn a_daily_counter_restarts_at_midnight() {
    let params = CounterParams { resets_daily: true, ..CounterParams::default() };
    let found = run(&[(20, 5_000), (30, 800), (40, 6_000)], &[24], params);
    assert_eq!((counts(&found), found.count(Decision::DailyReset)), (vec![800, 5_200], 1));
    assert_eq!(found.steps[0].start_ms, 24 * HOUR_MS);
    // Above yesterday's value, but walkable since midnight: it restarted.
    let above = run(&[(20, 5_000), (42, 6_000)], &[24], params);
    assert_eq!((counts(&above), above.count(Decision::DailyReset)), (vec![6_000], 1));
}

#[test]
fn the_first_value_of_a_daily_counter_tells_of_its_day() {
    let params = CounterParams { resets_daily: true, ..CounterParams::default() };
    let found = run(&[(30, 800), (31, 900)], &[24], params);
    assert_eq!((counts(&found), found.steps[0].start_ms), (vec![800, 100], 24 * HOUR_MS));
    // Nobody walked that within an hour: yesterday's value, or a stranger's.
    assert_eq!(counts(&run(&[(25, 13_660), (26, 13_700)], &[24], params)), [40]);
    assert_eq!(counts(&run(&[(30, 800), (31, 900)], &[], params)), [100]);
}

#[test]
fn values_that_come_in_a_bunch_are_walked() {
    let found = counter_steps(
        &[(0, 100), (1_000, 100), (1_010, 106)].map(|(at_ms, value)| CounterReading {
            at_ms,
            epoch: 0,
            value,
        }),
        &[],
        &CounterParams::default().check().unwrap(),
    );
    assert_eq!(counts(&found), [0, 6]);
}

#[test]
fn yesterdays_value_after_midnight_is_stale() {
    // InfiniTime kept 13 660 until the screen woke, then showed 0.
    let params = CounterParams { resets_daily: true, ..CounterParams::default() };
    let found = run(&[(23, 13_660), (25, 13_660), (31, 0), (32, 90)], &[24], params);
    assert_eq!(counts(&found), [0, 90]);
    assert_eq!((found.count(Decision::Stale), found.count(Decision::Restart)), (1, 1));
}

#[test]
fn a_jump_that_no_one_can_walk_is_set_aside() {
    let found = run(&[(1, 100), (2, 60_000), (3, 60_050)], &[], CounterParams::default());
    assert_eq!(counts(&found), [50]);
    let aside = found.notes.iter().find(|note| note.decision == Decision::Unexplained).unwrap();
    assert_eq!((aside.before, aside.value, aside.steps), (Some(100), 60_000, None));
}

#[test]
fn order_and_repetition_change_nothing() {
    let params = CounterParams::default();
    let once = run(&[(1, 100), (2, 200), (3, 350)], &[], params);
    assert_eq!(run(&[(3, 350), (1, 100), (2, 200), (1, 100)], &[], params), once);
}

fn seconds(values: &[(i64, u32, u64)], params: CounterParams) -> CounterSteps {
    let of = |&(second, epoch, value)| CounterReading { at_ms: second * 1_000, epoch, value };
    let readings: Vec<CounterReading> = values.iter().map(of).collect();
    counter_steps(&readings, &[], &params.check().unwrap())
}

#[test]
fn a_stale_value_on_a_new_link_adds_nothing() {
    let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
    // What was asked for stood at 5003; what was told first is the last value of the link before.
    let found = seconds(&[(0, 0, 5_000), (10, 0, 5_003), (11, 0, 4_999), (12, 0, 5_004)], params);
    assert_eq!(
        (counts(&found), found.count(Decision::Unexplained), found.count(Decision::Restart)),
        (vec![3, 1], 1, 0)
    );
    // A device that begins lower, and goes on from there, is taken as it is.
    let found = seconds(&[(0, 0, 5_000), (10, 0, 4_000), (11, 0, 4_002), (12, 0, 4_003)], params);
    assert_eq!((counts(&found), found.count(Decision::Unexplained)), (vec![2, 1], 1));
}

#[test]
fn a_new_count_of_the_device_begins_at_zero() {
    let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
    let found = seconds(&[(0, 1, 100), (30, 1, 136), (40, 2, 18), (50, 2, 36)], params);
    assert_eq!((counts(&found), found.count(Decision::NewCount)), (vec![36, 18, 18], 1));
    // A larger first value, and one after hours, when somebody else may have worn it.
    let found = seconds(&[(0, 1, 100), (30, 2, 500), (40, 2, 510)], params);
    assert_eq!((counts(&found), found.count(Decision::OtherCount)), (vec![10], 1));
    let found = seconds(&[(0, 1, 100), (7_200, 2, 18), (7_210, 2, 20)], params);
    assert_eq!(counts(&found), [2]);
}

#[test]
fn what_is_read_at_midnight_is_of_the_day_that_ends() {
    let params = CounterParams { resets_daily: true, ..CounterParams::default() };
    // The next value is above it, and all of it is the new day's.
    let found = run(&[(23, 400), (24, 500), (33, 600)], &[0, 24], params);
    assert_eq!(counts(&found), [400, 100, 600]);
    assert_eq!(found.steps[2].start_ms, 24 * HOUR_MS);
    assert_eq!(found.day_totals, [(0, 500), (24 * HOUR_MS, 600)]);
    // A device that has restarted by then shows 0.
    assert_eq!(counts(&run(&[(23, 400), (24, 0), (33, 600)], &[0, 24], params)), [400, 600]);
}

#[test]
fn a_daily_counter_gives_its_own_totals_but_no_stale_ones() {
    let params = CounterParams { resets_daily: true, ..CounterParams::default() };
    let found = run(&[(20, 5_000), (25, 5_000), (26, 5_000), (30, 800), (40, 900)], &[0, 24], params);
    assert_eq!(found.day_totals, [(0, 5_000), (24 * HOUR_MS, 900)]);
    assert_eq!(run(&[(20, 5_000), (25, 5_000)], &[0, 24], params).day_totals, [(0, 5_000)]);
    let lasting = run(&[(20, 5_000), (30, 5_500)], &[0, 24], CounterParams::default());
    assert_eq!(lasting.day_totals, []);
}

#[test]
fn a_restart_within_a_hole_is_no_rest() {
    let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
    let found = run(&[(8, 2_395), (13, 0), (14, 60)], &[], params);
    assert_eq!(counts(&found), [60]);
    assert_eq!((found.count(Decision::Restart), found.count(Decision::Hole)), (1, 2));
    // One that stood still was heard before and behind: nothing was walked.
    assert_eq!(counts(&run(&[(8, 500), (13, 500)], &[], params)), [0]);
}

#[test]
fn a_width_that_nobody_told_is_seen_where_it_rolls_over() {
    let params = CounterParams { resets_on_reboot: true, ..CounterParams::default() };
    for bits in [16, 24, 32] {
        let top = 1_u64 << bits;
        let found = run(&[(1, top - 36), (2, top - 6), (3, 44)], &[], params);
        assert_eq!((counts(&found), found.count(Decision::Rollover)), (vec![30, 50], 1), "{bits} bits");
    }
    let restart = run(&[(1, 60_000), (2, 44)], &[], params);
    assert_eq!((counts(&restart), restart.count(Decision::Restart)), (vec![44], 1));
}
