//! A real server killed, stopped, frozen, full, away, failing and slow at random, while `foulee-sim fleet` sends: nothing
//! acknowledged is lost or doubled, and nobody has to do anything but start the database again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use foulee_tests::influx::{FaultProxy, InfluxdOptions, Mode};
use serde_json::Value;

use crate::chance::{Chance, seed};
use crate::foulee::Folder;
use crate::full;
use crate::place::Place;
use crate::service::Service;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Killed,
    Stopped,
    Frozen,
    DiskFull,
    Closed,
    Answers500,
    TakesAndAnswers500,
    TakesAndCuts,
    Busy,
    Slow,
}

/// Each once before any comes again; the slowest seldom.
const TROUBLES: [Trouble; 10] = [
    Trouble::Killed,
    Trouble::Stopped,
    Trouble::Frozen,
    Trouble::DiskFull,
    Trouble::Closed,
    Trouble::Answers500,
    Trouble::TakesAndAnswers500,
    Trouble::TakesAndCuts,
    Trouble::Busy,
    Trouble::Slow,
];

/// A small file system in memory, where one can be mounted.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=512m", "none"]).arg(at).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(at.to_owned()))
    }

    /// Takes all that is left.
    fn fill(&self) {
        let path = self.0.join("filler");
        let _ = Command::new("dd")
            .args(["if=/dev/zero", "bs=64k", "status=none"])
            .arg(format!("of={}", path.display()))
            .output();
    }

    fn free(&self) {
        let _ = fs::remove_file(self.0.join("filler"));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// People, days and sizes of one round.
fn round(service: &Service, seed: u64) -> crate::service::Running {
    let plan = service.folder.file("plan.toml");
    let seed = seed.to_string();
    let run = ["--people", "6", "--days", "3", "--connections", "4", "--seed", &seed, "--faults"];
    let run = run.into_iter().chain([plan.to_str().expect("a path"), "--patience", "180"]);
    service.fleet(&service.url(), &run.collect::<Vec<_>>())
}

/// How often the service has said that InfluxDB does not do as asked.
fn told(service: &Service) -> usize {
    let files = fs::read_dir(service.folder.file("")).expect("a folder").flatten();
    let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("serve-"));
    let texts = logs.map(|file| fs::read_to_string(file.path()).unwrap_or_default());
    texts
        .map(|text| text.matches("InfluxDB does not take").count() + text.matches("fails the probe").count())
        .sum()
}

/// The end of what the service has logged.
fn last_words(service: &Service) -> String {
    let files = fs::read_dir(service.folder.file("")).expect("a folder").flatten();
    let newest = files
        .filter(|file| file.file_name().to_string_lossy().starts_with("serve-"))
        .max_by_key(|file| file.metadata().and_then(|metadata| metadata.modified()).ok());
    let text = newest.map(|file| fs::read_to_string(file.path()).unwrap_or_default()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

#[test]
fn whatever_happens_to_influxdb_nothing_acknowledged_is_lost_or_doubled() {
    let rounds = if full() { 100 } else { 10 };
    let disk_folder = tempfile::tempdir().expect("a folder");
    let disk = SmallDisk::mount(disk_folder.path());
    if disk.is_none() {
        crate::place::leave_out_part("the full disk: no file system can be mounted here");
    }
    let Some(mut place) = Place::v1_at(disk_folder, InfluxdOptions::default()) else { return };
    let mut proxy = FaultProxy::start(place.address()).expect("a proxy");
    let folder: Folder = place.folder_at(&proxy.address(), "chaos");
    let mut service = Service::over(folder);
    let plan = include_str!("../../../simulators/src/fleet/faults.toml").replace("most = 800", "most = 100");
    service.folder.write("plan.toml", plan);
    let (seed, begun) = (seed(), Instant::now());
    let mut chance = Chance::new(seed);
    let (mut emitted, mut acknowledged, mut order) = (0, 0, Vec::new());
    let mut felt = 0;
    let mut seen: BTreeMap<Trouble, (u32, Duration)> = BTreeMap::new();
    for number in 0..rounds {
        if order.is_empty() {
            order = TROUBLES.to_vec();
            for at in (1..order.len()).rev() {
                order.swap(at, chance.below(at + 1));
            }
        }
        let trouble = order.pop().expect("a trouble");
        let trouble = if trouble == Trouble::DiskFull && disk.is_none() { Trouble::Killed } else { trouble };
        let round_begun = Instant::now();
        let before = told(&service);
        let fleet = round(&service, seed.wrapping_add(number) % 1_000_000 + 1);
        std::thread::sleep(chance.moment(Duration::from_millis(20), Duration::from_millis(400)));
        let moment = |chance: &mut Chance| {
            std::thread::sleep(chance.moment(Duration::from_millis(200), Duration::from_millis(2_000)));
        };
        match trouble {
            Trouble::Killed => {
                place.influxd().kill();
                moment(&mut chance);
                place.influxd().restart().expect("it starts again");
            }
            Trouble::Stopped => {
                place.influxd().stop().expect("it stops");
                moment(&mut chance);
                place.influxd().restart().expect("it starts again");
            }
            Trouble::Frozen => {
                place.influxd().freeze().expect("frozen");
                moment(&mut chance);
                place.influxd().thaw().expect("thawed");
            }
            Trouble::DiskFull => {
                let disk = disk.as_ref().expect("a disk");
                disk.fill();
                moment(&mut chance);
                moment(&mut chance);
                disk.free();
                // A shard whose log could not be written takes nothing until the server is started again.
                place.influxd().kill();
                place.influxd().restart().expect("it starts again");
            }
            Trouble::Slow => {
                proxy.set_mode(Mode::Slow(Duration::from_secs(30))).expect("a mode");
                std::thread::sleep(Duration::from_secs(32));
                proxy.set_mode(Mode::Pass).expect("a mode");
            }
            other => {
                let mode = match other {
                    Trouble::Closed => Mode::Closed,
                    Trouble::TakesAndAnswers500 => Mode::ForwardThenAnswer(500),
                    Trouble::TakesAndCuts => Mode::ForwardThenCut,
                    Trouble::Busy => Mode::RetryAfter429,
                    _ => Mode::Answer(500),
                };
                proxy.set_mode(mode).expect("a mode");
                moment(&mut chance);
                proxy.set_mode(Mode::Pass).expect("a mode");
            }
        }
        // Now and then Foulée itself goes, too.
        if chance.below(4) == 0 {
            service.kill();
            service.start_again();
        }
        let done = fleet.finish();
        felt += u32::from(told(&service) > before);
        let verdict: Value = serde_json::from_str(done.stdout.trim())
            .unwrap_or_else(|error| {
                let held = place.influxd.as_ref().and_then(|influxd| influxd.disk_bytes().ok());
                let log = last_words(&service);
                panic!("round {number}, {trouble:?}, seed {seed}: {error}: {done:?}\n{held:?} bytes of InfluxDB\n{log}")
            });
        for none in ["missing", "duplicated", "unacknowledged", "provenance_lost", "wrongly_accepted"] {
            assert_eq!(
                verdict[none], 0,
                "round {number}, {trouble:?}, seed {seed}: {verdict}\n{}",
                done.stderr
            );
        }
        emitted += verdict["emitted"].as_u64().expect("a count");
        acknowledged += verdict["acknowledged"].as_u64().expect("a count");
        let (times, longest) = seen.entry(trouble).or_default();
        *times += 1;
        *longest = (*longest).max(round_begun.elapsed());
    }
    service.kill();
    // What waited in the journal longer than a command waits, or was put back by the first, is counted by the next.
    let verify = || {
        let said = service.folder.say("store verify --repair").ok();
        let held: u64 = said.split(' ').next().and_then(|count| count.parse().ok()).expect("a count");
        assert!(said.contains("0 lost for good"), "{said}");
        (said, held)
    };
    let (mut said, mut held) = verify();
    for _ in 0..2 {
        if held < acknowledged {
            println!("{held} of {acknowledged} at first: {said}");
            (said, held) = verify();
        }
    }
    println!(
        "{rounds} rounds in {:.0} s, seed {seed}, of {felt} the service's log tells: {emitted} emitted, {acknowledged} acknowledged, {held} in InfluxDB, 0 lost, \
         0 doubled; {}",
        begun.elapsed().as_secs_f64(),
        said.lines().find(|line| line.contains("put back")).unwrap_or_default()
    );
    for (trouble, (times, longest)) in seen {
        println!("  {trouble:?}: {times} times, the longest round {:.1} s", longest.as_secs_f64());
    }
    assert!(felt >= rounds as u32 / 3, "what happened was hardly noticed: {felt} of {rounds}");
    assert_eq!((emitted, held), (acknowledged, acknowledged));
    assert!(said.contains("0 lost for good"), "{said}");
}
