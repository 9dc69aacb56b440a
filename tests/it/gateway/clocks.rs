//! Clocks that are wrong: the gateway's, made so with libfaketime, and the devices'.
//!
//! The judge is the same as for a clock that is right: each value is in the store once, at most three seconds from when
//! it was on the wrist.

use std::time::Duration;

use crate::chain::Chain;

const EIGHT: &str = r#"
walking = true
[[wearable]]
kind = "strap"
count = 4
[[wearable]]
kind = "infinitime"
count = 4
"#;

const DAY_S: i64 = 86_400;

/// What happens to the gateway's clock: what it is off by at first, and from the middle on.
fn gateway_off_by(first_s: i64, then_s: i64, service_is_there: bool) {
    let Some(mut chain) = Chain::start(EIGHT) else { return };
    if !chain.set_clock(first_s) {
        return;
    }
    if !service_is_there {
        chain.stop_service();
    }
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(10));
    chain.set_clock(then_s);
    std::thread::sleep(Duration::from_secs(8));
    if !service_is_there {
        chain.start_service();
    }
    std::thread::sleep(Duration::from_secs(8));
    let verdict = chain.finish();
    println!("off by {first_s} s, then {then_s} s, service there {service_is_there}: {verdict}");
    verdict.assert_whole();
    assert!(verdict.emitted > 100, "{verdict}");
}

#[test]
fn a_gateway_two_days_ahead_delivers_each_reading_at_its_time() {
    gateway_off_by(2 * DAY_S, 2 * DAY_S, false);
}

#[test]
fn a_gateway_two_days_behind_that_is_set_right_on_the_way_does_too() {
    gateway_off_by(-2 * DAY_S, 0, false);
}

#[test]
fn a_gateway_that_starts_in_2000_does_too() {
    let since_2000_s = chrono::Utc::now().timestamp() - 946_684_800;
    gateway_off_by(-since_2000_s, 0, false);
}

#[test]
fn a_gateway_whose_clock_steps_back_an_hour_does_too() {
    gateway_off_by(0, -3_600, true);
}

const WRONG_DEVICES: &str = r#"
walking = true
[[wearable]]
kind = "infinitime"
count = 1
[wearable.faults]
clock_offset_ms = 172800000
[[wearable]]
kind = "ring"
count = 1
[wearable.faults]
clock_offset_ms = CLOCK
"#;

/// A watch's values are stamped by the gateway, and what its clock is off by is on record. What a ring had stored under
/// another clock is set aside, and nothing of it is in the store.
fn devices_off_by(ring_ms: &str) {
    let Some(mut chain) = Chain::start(&WRONG_DEVICES.replace("CLOCK", ring_ms)) else { return };
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(25));
    let skews = chain.readings("infinitime", "clock_skew");
    let two_days = skews.iter().flatten().filter_map(|cell| cell.parse::<f64>().ok());
    assert!(two_days.clone().any(|ms| (ms - 172_800_000.0).abs() < 5_000.0), "{skews:?}");
    let steps = chain.readings("colmi_ring", "steps");
    assert!(steps.is_empty(), "{steps:?}");
    let verdict = chain.finish();
    println!("ring off by {ring_ms} ms: {verdict}; set aside {}", verdict.set_aside);
    assert!(verdict.set_aside["clock_off"].as_u64().is_some_and(|n| n > 0), "{}", verdict.set_aside);
    verdict.assert_whole();
}

#[test]
fn a_ring_two_days_ahead_is_not_believed() {
    devices_off_by("172800000");
}

#[test]
fn a_ring_two_days_behind_is_not_believed() {
    devices_off_by("-172800000");
}

#[test]
fn a_ring_that_was_never_set_is_not_believed() {
    devices_off_by("0\nyear_2000 = true");
}
