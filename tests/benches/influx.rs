//! The embedded store, InfluxDB through Foulée and InfluxDB fed directly, with the same readings on one machine:
//! `cargo bench -p foulee-tests --features influx --bench influx`.
//!
//! A real influxd 1.6.7 with its own settings (each 204 follows an fsync). Direct is the best that a search over lines a
//! request and connections finds, with the fewest fields that say the same. Rounds take turns, as machines are noisy:
//! `FOULEE_BENCH_RUNS` (3). 40 people for 90 days, 10.4 million readings; with `FOULEE_TEST_SCALE=ci` 4 for 30.
//! `FOULEE_BENCH_SEARCH=0` takes what a search found once. Without an influxd only the embedded store is measured.

#[path = "../it/support/chance.rs"]
#[expect(dead_code, reason = "shared with tests that shuffle")]
mod chance;
#[path = "influx/direct.rs"]
mod direct;
#[path = "influx/payload.rs"]
mod payload;
#[path = "influx/server.rs"]
mod server;
#[path = "influx/stores.rs"]
mod stores;
#[path = "influx/table.rs"]
mod table;

use std::time::Duration;

use direct::Way;
use foulee_ingest::Upkeep;
use foulee_tests::influx::Influxd;
use payload::Payload;
use server::sum;
use table::{Engine, Round, hold, median};
use tokio::runtime::Runtime;

/// Reads of one person each, an engine and a round.
const READS: usize = 30;
/// Lines a request that the searches try.
const LINES: [usize; 7] = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
const CONNECTIONS: [usize; 3] = [1, 2, 4];
/// Through Foulée, time to visible and bytes in InfluxDB, of those fed directly.
const MOST_TIME: f64 = 1.3;
const MOST_BYTES: f64 = 1.2;

fn main() {
    // `cargo test --benches` and `cargo bench -- --test` only look whether it runs.
    let short = std::env::args().any(|arg| arg == "--test");
    let ci = std::env::var("FOULEE_TEST_SCALE").is_ok_and(|scale| scale == "ci");
    let (people, days) = if short {
        (2, 2)
    } else if ci {
        (4, 30)
    } else {
        (40, 90)
    };
    let payload = Payload { people, days, corrected: false };
    let rounds = std::env::var("FOULEE_BENCH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let rounds = if short { 1 } else { rounds };
    let bench = Bench { runtime: Runtime::new().expect("a runtime"), rounds, short };
    println!("{people} people, {days} days, {} readings, {rounds} rounds", payload.minutes());
    if !Influxd::available() {
        println!("There is no influxd 1.x in PATH or /usr/bin: InfluxDB is left out.");
        let mut embedded = Engine::new("embedded");
        (0..rounds).for_each(|_| embedded.rounds.push(bench.embedded(&payload)));
        table::print("Minutes", &[&embedded]);
        return;
    }
    let part = Payload { people: people.min(10), days: days.min(30), corrected: false };
    let mut way = Way { lines: 10_000, connections: 4 };
    if std::env::var_os("FOULEE_BENCH_SEARCH").is_none_or(|word| word != "0") {
        way = bench.search_direct(&part);
        bench.search_journaled(&part);
    }
    let [embedded, journaled, direct] = bench.compare(&payload, way);
    let title =
        format!("Minutes ({} lines a request on {} connections directly)", way.lines, way.connections);
    table::print(&title, &[&embedded, &journaled, &direct]);
    let corrected = Payload { people: people.min(10), days: days.min(30), corrected: true };
    let engines = bench.compare(&corrected, way);
    let title = format!(
        "{} people, {} days, 1 minute in 20 corrected a day later (directly, that overwrites)",
        corrected.people, corrected.days
    );
    table::print(&title, &engines.each_ref());
    println!("\nInfluxDB through Foulée, of InfluxDB fed directly:");
    // Round by round: those of one ran next to each other, on a machine that was as busy.
    let pairs = journaled.visible_s().into_iter().zip(direct.visible_s());
    let times: Vec<f64> = pairs.map(|(through, direct)| through / direct).collect();
    println!("      time to visible, round by round: {times:.2?}");
    hold("time to visible", median(&times), MOST_TIME);
    let [data, files] = [0, 1].map(|at| journaled.bytes()[at] / direct.bytes()[at]);
    hold("bytes in its data files", data, MOST_BYTES);
    hold("bytes in all its files", files, MOST_BYTES);
}

struct Bench {
    runtime: Runtime,
    rounds: usize,
    short: bool,
}

impl Bench {
    /// The fastest way to feed InfluxDB directly.
    fn search_direct(&self, payload: &Payload) -> Way {
        let all = CONNECTIONS.iter().flat_map(|connections| {
            LINES.iter().map(|lines| Way { lines: *lines, connections: *connections })
        });
        let ways: Vec<Way> = all.take(if self.short { 2 } else { usize::MAX }).collect();
        let mut seconds = vec![Vec::new(); ways.len()];
        for _ in 0..self.rounds {
            for (way, seconds) in ways.iter().zip(&mut seconds) {
                let folder = tempfile::tempdir().expect("a folder");
                let (_server, loaded) = direct::load(folder.path(), payload, *way);
                seconds.push(loaded.visible.as_secs_f64());
            }
        }
        println!(
            "\nDirectly, k readings/s visible, {} readings:\nlines a request   connections",
            payload.minutes()
        );
        for lines in LINES {
            let of_size = ways.iter().zip(&seconds).filter(|(way, _)| way.lines == lines);
            let cells = of_size.map(|(way, seconds)| {
                format!("  {}: {:6.0}", way.connections, payload.minutes() as f64 / median(seconds) / 1e3)
            });
            println!("{lines:15} {}", cells.collect::<String>());
        }
        let best = ways.iter().zip(&seconds).min_by(|a, b| median(a.1).total_cmp(&median(b.1)));
        *best.expect("some way").0
    }

    /// What lines a request mean on Foulée's own way.
    fn search_journaled(&self, payload: &Payload) {
        let lines = &LINES[..if self.short { 1 } else { LINES.len() }];
        let mut seconds = vec![Vec::new(); lines.len()];
        for _ in 0..self.rounds {
            for (lines, seconds) in lines.iter().zip(&mut seconds) {
                let folder = tempfile::tempdir().expect("a folder");
                let (_server, _store, loaded) =
                    stores::load_journaled(&self.runtime, folder.path(), payload, Some(*lines));
                seconds.push(loaded.visible.as_secs_f64());
            }
        }
        println!("\nThrough Foulée, k readings/s visible:\nlines a request");
        for (lines, seconds) in lines.iter().zip(&seconds) {
            println!("{lines:15} {:9.0}", payload.minutes() as f64 / median(seconds) / 1e3);
        }
    }

    /// Embedded, through Foulée, directly: in turns.
    fn compare(&self, payload: &Payload, way: Way) -> [Engine; 3] {
        let mut engines = ["embedded", "InfluxDB, Foulée", "InfluxDB, direct"].map(Engine::new);
        for _ in 0..self.rounds {
            engines[0].rounds.push(self.embedded(payload));
            engines[1].rounds.push(self.journaled(payload));
            engines[2].rounds.push(direct(payload, way));
        }
        engines
    }

    fn embedded(&self, payload: &Payload) -> Round {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, loaded) = stores::load_embedded(&self.runtime, folder.path(), payload);
        let reads = reads(payload, |person| stores::read(&self.runtime, &*store, payload, person));
        let blocks = stores::block_bytes(&self.runtime, &*store);
        drop(store);
        let files = sum(folder.path(), &|about, _| about.len());
        Round { loaded, bytes: [blocks, files], own_bytes: [0; 2], reads }
    }

    fn journaled(&self, payload: &Payload) -> Round {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, store, loaded) = stores::load_journaled(&self.runtime, folder.path(), payload, None);
        drop(store);
        let own = folder.path().join("foulee");
        let in_journal = sum(&own.join("journal"), &|about, _| about.len());
        let own_bytes = [in_journal, sum(&own, &|about, _| about.len()) - in_journal];
        let (server, disk) = server::flushed(server);
        let store = stores::journaled(&self.runtime, folder.path(), &server, Upkeep::Command);
        let reads = reads(payload, |person| stores::read(&self.runtime, &store, payload, person));
        Round { loaded, bytes: [disk.tsm, disk.all], own_bytes, reads }
    }
}

fn direct(payload: &Payload, way: Way) -> Round {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, loaded) = direct::load(folder.path(), payload, way);
    let (server, disk) = server::flushed(server);
    let agent = ureq::Agent::new_with_defaults();
    let reads = reads(payload, |person| direct::read(&server, &agent, payload, person));
    Round { loaded, bytes: [disk.tsm, disk.all], own_bytes: [0; 2], reads }
}

fn reads(payload: &Payload, read: impl Fn(usize) -> Duration) -> Vec<Duration> {
    // Once without the clock: files are opened.
    read(0);
    (0..READS).map(|n| read(n % payload.people)).collect()
}
