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
walking = true
[faults]
drop_every_s = 12
[[wearable]]
kind = "infinitime"
count = 3
[[wearable]]
kind = "ring"
count = 2
[[wearable]]
kind = "band"
count = 2
[[wearable]]
kind = "foot_pod"
count = 2
"#;

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
