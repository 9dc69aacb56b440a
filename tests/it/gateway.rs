//! The whole chain without hardware: simulated wearables on a private D-Bus, the real gateway, the real service.
//!
//! What the simulated stack handed to D-Bus while a device was linked and subscribed is in its ledger; what the store
//! holds is read back with `foulee readings`. Both must be the same, reading for reading, through link drops and
//! kill -9 of the gateway, of the fake bluetoothd and of the service. Needs `dbus-daemon`; where it is absent the tests
//! say that they are left out, and fail with `FOULEE_TEST_REQUIRE_DBUS=1`.
//!
//! `FOULEE_TEST_SCALE=full` takes ten minutes of fifty wearables and 500 kills, otherwise it is one minute and 50 kills.

#[path = "gateway/chain.rs"]
mod chain;
#[path = "crash/chance.rs"]
#[expect(dead_code, reason = "shared with the crash tests")]
mod chance;
#[path = "gateway/clocks.rs"]
mod clocks;
#[path = "support/foulee.rs"]
mod foulee;
#[path = "gateway/verdict.rs"]
mod verdict;

use std::time::{Duration, Instant};

use chain::Chain;
use chance::{Chance, seed};

fn full() -> bool {
    std::env::var("FOULEE_TEST_SCALE").is_ok_and(|scale| scale == "full")
}

const FIFTY: &str = r#"
walking = true
[faults]
drop_every_s = 20
[[wearable]]
kind = "strap"
count = 25
[[wearable]]
kind = "infinitime"
count = 25
"#;

const TEN: &str = r#"
walking = true
[faults]
drop_every_s = 15
[[wearable]]
kind = "strap"
count = 6
[[wearable]]
kind = "infinitime"
count = 4
"#;

#[test]
fn fifty_wearables_with_links_that_drop_lose_nothing() {
    let Some(mut chain) = Chain::start(FIFTY) else { return };
    let run = Duration::from_secs(if full() { 600 } else { 60 });
    chain.start_gateway();
    std::thread::sleep(run);
    println!("{}", chain.devices());
    let verdict = chain.finish();
    println!("fifty wearables, {run:?}: {verdict}");
    verdict.assert_whole();
    assert!(verdict.emitted > 1_500, "{verdict}");
}

const COUNTERS_AND_LOGS: &str = r#"
adapters = 2
walking = true
[faults]
drop_every_s = 12
[[wearable]]
kind = "infinitime"
count = 3
[[wearable]]
kind = "infinitime"
count = 2
[wearable.faults]
stale_first_value = true
[[wearable]]
kind = "ring"
count = 2
[[wearable]]
kind = "band"
count = 2
adapter = 1
[[wearable]]
kind = "band"
count = 2
[wearable.faults]
counter_reset = [40]
[[wearable]]
kind = "foot_pod"
count = 2
adapter = 1
[[wearable]]
kind = "step_climber"
count = 1
"#;

/// Devices that tell nothing until they are paired with, slowly; a bluetoothd that answers one connect at a time.
const BONDED: &str = r#"
walking = true
[radio]
unpaired = "pair"
connect_queue = "in_progress"
[faults]
drop_every_s = 8
slow_pairing_s = 3
[[wearable]]
kind = "strap"
count = 2
bonding = true
[[wearable]]
kind = "infinitime"
count = 1
bonding = true
"#;

#[test]
fn devices_that_must_be_paired_with_are_and_a_bond_outlives_a_restart_of_the_daemon() {
    let Some(mut chain) = Chain::start(BONDED) else { return };
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(15));
    chain.kill_bluetooth();
    std::thread::sleep(Duration::from_secs(20));
    println!("{}", chain.devices());
    let verdict = chain.finish();
    println!("bonded: {verdict}");
    verdict.assert_whole();
    assert!(verdict.emitted > 40, "{verdict}");
}

#[test]
fn each_persons_day_is_what_their_device_counted_while_no_link_was_up_too() {
    let Some(mut chain) = Chain::start(COUNTERS_AND_LOGS) else { return };
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(60));
    let verdict = chain.finish();
    println!("counters and logs: {verdict}");
    for day in &verdict.days {
        println!("{day:?}");
    }
    verdict.assert_days();
}

/// One message bus admits 512 match rules to a connection, and each device needs one: 500 devices are the most.
#[test]
fn a_bus_full_of_devices_is_collected_from_and_a_sink_that_stands_still_costs_no_memory() {
    let count: u64 = if full() { 500 } else { 60 };
    let plan = format!("walking = true\n[[wearable]]\nkind = \"strap\"\ncount = {count}\n");
    let Some(mut chain) = Chain::start(&plan) else { return };
    chain.start_gateway();
    chain::until("every device is linked", || {
        (chain.gateway_metric("gateway_device_linked") == Some(count as f64)).then_some(())
    });
    let linked = chain.gateway_cost();
    let run = Duration::from_secs(if full() { 60 } else { 10 });
    std::thread::sleep(run);
    let ran = chain.gateway_cost();
    chain.freeze_service(true);
    std::thread::sleep(run);
    let stood = chain.gateway_cost();
    chain.freeze_service(false);
    std::thread::sleep(Duration::from_secs(if full() { 30 } else { 15 }));
    let rules = chain.gateway_metric("gateway_bus_match_rules");
    let verdict = chain.finish();
    println!(
        "{count} devices: {} kB linked, {} kB after {run:?}, {} kB with a sink that stood still so long, {} kB at most; \
         {:.2} % of a core, {:?} match rules of 512; {verdict}",
        linked.now_kb,
        ran.now_kb,
        stood.now_kb,
        stood.peak_kb,
        100.0 * (ran.cpu_s - linked.cpu_s) / run.as_secs_f64(),
        rules,
    );
    verdict.assert_whole();
    assert!(stood.peak_kb < 64 << 10, "{stood:?}");
    // One each, and a few of the gateway's own: none leaked.
    assert!(rules.is_some_and(|rules| rules < count as f64 + 12.0), "{rules:?}");
}

/// One connect is made at a time, and one to who is away takes as long as it is given.
#[test]
fn devices_that_are_away_do_not_keep_the_radio_from_the_others() {
    let away =
        "kind = \"infinitime\"\ncount = 5\n[wearable.faults]\nout_of_range = [{ from_s = 15, for_s = 90 }]\n";
    let near = "kind = \"strap\"\ncount = 5\n[wearable.faults]\ndrop_every_s = 20\n";
    let Some(mut chain) = Chain::start(&format!("[[wearable]]\n{away}[[wearable]]\n{near}")) else { return };
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(85));
    let devices = chain.devices();
    assert_eq!(devices.matches("  out of range,").count(), 5, "{devices}");
    let gaps = chain.readings("heart_rate_strap", "gap");
    let length_s = |row: &Vec<String>| {
        let ms =
            |at: usize| chrono::DateTime::parse_from_rfc3339(&row[at]).expect("a time").timestamp_millis();
        (ms(4) - ms(3)) as f64 / 1_000.0
    };
    let lengths: Vec<f64> = gaps.iter().map(length_s).collect();
    println!("while five were away, gaps of one that was near, s: {lengths:.1?}");
    // A strap tells every second, so a gap is a link that is down. The first is the time before the first link.
    assert!(lengths.len() > 1 && lengths[1..].iter().all(|length_s| *length_s < 15.0), "{gaps:?}");
    chain.finish().assert_nothing_duplicated();
}

/// What waited comes at once when it goes on: equal values of one instant would be one reading.
#[test]
fn a_gateway_that_stands_still_loses_nothing_and_ends_though_the_service_does_not_answer() {
    let plan =
        "[[wearable]]\nkind = \"strap\"\ncount = 3\n[[wearable]]\nkind = \"step_climber\"\ncount = 2\n";
    let Some(mut chain) = Chain::start(plan) else { return };
    chain.start_gateway();
    chain::until("every device is linked", || {
        (chain.gateway_metric("gateway_device_linked") == Some(5.0)).then_some(())
    });
    for _ in 0..4 {
        chain.freeze_gateway(true);
        std::thread::sleep(Duration::from_millis(2_600));
        chain.freeze_gateway(false);
        std::thread::sleep(Duration::from_secs(3));
    }
    let told = chain.readings("heart_rate_strap", "gap").into_iter().filter(|gap| gap[6] == "0").count();
    chain.freeze_service(true);
    std::thread::sleep(Duration::from_secs(2));
    let took = chain.end_gateway();
    chain.freeze_service(false);
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(5));
    let verdict = chain.finish();
    println!("stood still four times, {told} times told; ended in {took:?}: {verdict}");
    // Beside a service that hangs it has 10 s.
    assert!(told >= 3 && took < Duration::from_secs(10), "{told} {took:?}");
    assert_eq!((verdict.duplicated, verdict.left, verdict.unexplained), (0, 0, 0), "{verdict}");
    // Only while no gateway ran.
    assert!(verdict.missing <= 5 * 14, "{verdict}");
}

/// BlueZ keeps the links of a client that dies, and a linked device gives no other sign of itself.
#[test]
fn a_gateway_that_was_killed_goes_on_with_the_links_that_stayed() {
    let Some(mut chain) = Chain::start("[[wearable]]\nkind = \"strap\"\ncount = 3\n") else { return };
    chain.start_gateway();
    chain::until("every device is linked", || {
        (chain.gateway_metric("gateway_device_linked") == Some(3.0)).then_some(())
    });
    let before = chain.readings("heart_rate_strap", "heart_rate").len();
    chain.kill_gateway();
    chain::until("more is stored than the first gateway can have left", || {
        (chain.readings("heart_rate_strap", "heart_rate").len() > before + 15).then_some(())
    });
    let verdict = chain.finish();
    println!("links that stayed: {verdict}");
    verdict.assert_nothing_acknowledged_lost();
}

#[test]
fn killed_at_random_nothing_that_was_acknowledged_is_lost_or_doubled() {
    let Some(mut chain) = Chain::start(TEN) else { return };
    let (seed, kills) = (seed(), if full() { 500 } else { 50 });
    let (mut chance, begun) = (Chance::new(seed), Instant::now());
    chain.start_gateway();
    std::thread::sleep(Duration::from_secs(5));
    let mut killed = [0; 3];
    for _ in 0..kills {
        std::thread::sleep(chance.moment(Duration::from_millis(50), Duration::from_millis(1_500)));
        let which = chance.below(3);
        killed[which] += 1;
        match which {
            0 => chain.kill_gateway(),
            1 => chain.kill_bluetooth(),
            _ => chain.kill_service(),
        }
    }
    // Long enough for every link to be there again and every backlog to be sent.
    std::thread::sleep(Duration::from_secs(20));
    let verdict = chain.finish();
    println!(
        "{kills} kills (gateway {}, bluetoothd {}, service {}), seed {seed}: {verdict}; {:.0?}",
        killed[0],
        killed[1],
        killed[2],
        begun.elapsed()
    );
    verdict.assert_nothing_acknowledged_lost();
}
