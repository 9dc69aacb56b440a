//! `foulee-sim fleet` against the real service: killed at random nothing is lost or doubled, and a server that loses,
//! alters, doubles, or praises what it should refuse does not get away with it.
//!
//! The last is what makes the first worth something: a proxy stands before the real service and cheats.
//!
//! `FOULEE_TEST_SCALE=full` takes 300 people for 7 days and 60 kills, otherwise it is 40 people for 2 days and 8 kills.

#[path = "crash/chance.rs"]
#[expect(dead_code, reason = "shared with the crash tests")]
mod chance;
#[path = "support/foulee.rs"]
mod foulee;
#[path = "fleet/proxy.rs"]
mod proxy;
#[path = "fleet/service.rs"]
mod service;

use std::time::Duration;

use chance::{Chance, seed};
use foulee::{Done, Folder};
use proxy::{Cheat, Proxy};
use serde_json::Value;
use service::Service;

fn full() -> bool {
    std::env::var("FOULEE_TEST_SCALE").is_ok_and(|scale| scale == "full")
}

/// The verdict, and the code that the program ended with.
#[track_caller]
fn verdict(done: &Done) -> (Value, i32) {
    let line = done.stdout.trim();
    let verdict = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    (verdict, done.code)
}

#[track_caller]
fn assert_clean(done: &Done) -> Value {
    let (verdict, code) = verdict(done);
    for none in ["missing", "duplicated", "unacknowledged", "provenance_lost", "wrongly_accepted"] {
        assert_eq!(verdict[none], 0, "{none}: {verdict}\n{}", done.stderr);
    }
    assert_eq!(verdict["emitted"], verdict["acknowledged"]);
    assert_eq!(code, 0, "{}", done.stderr);
    verdict
}

fn count(verdict: &Value, name: &str) -> u64 {
    verdict[name].as_u64().unwrap_or_else(|| panic!("{name} in {verdict}"))
}

#[test]
fn killed_at_random_the_service_holds_what_it_acknowledged_once() {
    let (people, days, kills) = if full() { ("300", "7", 60) } else { ("40", "2", 8) };
    let mut service = Service::over(Folder::new());
    // Small batches, so that there is always one on its way.
    let plan = include_str!("../../simulators/src/fleet/faults.toml").replace("most = 800", "most = 150");
    let plan = service.folder.write("plan.toml", plan);
    let plan = plan.to_str().expect("a path");
    let run = ["--people", people, "--days", days, "--faults", plan, "--connections", "16"];
    let fleet = service.fleet(&service.url(), &run);
    let (seed, mut killed) = (seed(), 0);
    let mut chance = Chance::new(seed);
    while killed < kills && !fleet.has_ended() {
        std::thread::sleep(chance.moment(Duration::from_millis(50), Duration::from_millis(400)));
        service.kill();
        std::thread::sleep(chance.moment(Duration::from_millis(1), Duration::from_millis(100)));
        service.start_again();
        killed += 1;
    }
    let done = fleet.finish();
    let verdict = assert_clean(&done);
    println!("{killed} kills, seed {seed}: {verdict}");
    assert!(killed >= 3, "it was over after {killed} kills");
    assert!(count(&verdict, "retries") > 0 && count(&verdict, "resent") > 0, "{verdict}");
    assert!(count(&verdict, "corrupt") > 0 && count(&verdict, "refused_as_expected") > 0, "{verdict}");
}

/// Good batches alone, so that what a proxy does to some of them is all that goes wrong.
const NO_FAULTS: &str = "[batches]\nleast = 50\nmost = 300\n";

fn cheated(cheat: Cheat, plan: &str, more: &[&str]) -> (Value, Done) {
    let service = Service::over(Folder::new());
    let proxy = Proxy::before(&service, cheat);
    let plan = service.folder.write("plan.toml", plan);
    let mut run = vec!["--people", "6", "--days", "2", "--faults", plan.to_str().expect("a path")];
    run.extend(more);
    let done = service.fleet(&proxy.url(), &run).finish();
    let (verdict, code) = verdict(&done);
    println!("{cheat:?}: {verdict}");
    if cheat == Cheat::Honest {
        assert_clean(&done);
        return (verdict, done);
    }
    assert_eq!(code, 1, "{verdict}\n{}", done.stderr);
    assert!(proxy.cheated() > 0);
    (verdict, done)
}

#[test]
fn an_honest_proxy_changes_no_verdict() {
    cheated(Cheat::Honest, NO_FAULTS, &[]);
}

#[test]
fn a_server_that_loses_what_it_acknowledged_is_found_out() {
    let (verdict, done) = cheated(Cheat::Lose, NO_FAULTS, &[]);
    assert!(count(&verdict, "missing") > 0, "{verdict}");
    assert_eq!(count(&verdict, "duplicated"), 0, "{verdict}");
    assert_eq!(verdict["emitted"], verdict["acknowledged"]);
    assert!(done.stderr.contains("acknowledged, and not held"), "{}", done.stderr);
}

#[test]
fn a_server_that_alters_a_value_is_found_out() {
    let (verdict, _) = cheated(Cheat::Alter, NO_FAULTS, &[]);
    let missing = count(&verdict, "missing");
    assert!(missing > 0 && count(&verdict, "duplicated") == missing, "{verdict}");
}

#[test]
fn a_server_that_holds_a_reading_twice_is_found_out() {
    let (verdict, done) = cheated(Cheat::Double, NO_FAULTS, &[]);
    assert!(count(&verdict, "duplicated") > 0 && count(&verdict, "missing") == 0, "{verdict}");
    assert!(done.stderr.contains("held again"), "{}", done.stderr);
}

#[test]
fn a_server_that_says_yes_to_what_is_corrupt_is_found_out() {
    let plan = format!("{NO_FAULTS}[corrupt]\ntruncated = 0.5\n");
    let (verdict, _) = cheated(Cheat::SayYes, &plan, &[]);
    assert!(count(&verdict, "wrongly_accepted") > 0 && count(&verdict, "missing") == 0, "{verdict}");
}

#[test]
fn a_server_that_is_always_busy_ends_the_patience() {
    let (verdict, done) = cheated(Cheat::AlwaysBusy, NO_FAULTS, &["--patience", "2"]);
    assert_eq!(verdict["acknowledged"], 0, "{verdict}");
    assert_eq!(verdict["unacknowledged"], verdict["emitted"], "{verdict}");
    assert!(done.stderr.contains("went on answering 503"), "{}", done.stderr);
}

#[test]
fn a_server_that_stays_away_gets_no_verdict() {
    let mut service = Service::over(Folder::new());
    // More than can be sent before it is killed.
    let fleet = service.fleet(&service.url(), &["--people", "300", "--days", "300", "--patience", "2"]);
    std::thread::sleep(Duration::from_millis(700));
    service.kill();
    let done = fleet.finish();
    assert_eq!((done.code, done.stdout.as_str()), (4, ""), "{done:?}");
    assert!(done.stderr.contains("not reachable"), "{done:?}");
}

#[test]
fn the_same_run_again_is_the_same_readings_of_the_same_people() {
    let service = Service::over(Folder::new());
    let run = ["--people", "4", "--days", "2", "--seed", "9"];
    let first = assert_clean(&service.fleet(&service.url(), &run).finish());
    let stats = || service.folder.say("store stats --json").json();
    let held = stats()["readings"].clone();
    assert_eq!(held, first["emitted"]);
    let second = assert_clean(&service.fleet(&service.url(), &run).finish());
    assert_eq!(first["emitted"], second["emitted"]);
    assert_eq!(stats()["readings"], held);
}

#[test]
fn a_token_that_is_no_admins_is_wrong_usage() {
    let service = Service::over(Folder::new());
    service.folder.say("participant add --study fleet").ok();
    let token = service.folder.say("token add --write-study fleet --label gateway").ok();
    service.folder.write("token", token);
    let done = service.fleet(&service.url(), &["--people", "1"]).finish();
    assert_eq!(done.code, 2, "{done:?}");
    assert!(done.stderr.contains("foulee token add --admin"), "{done:?}");
    assert_eq!(done.stdout, "");
}
