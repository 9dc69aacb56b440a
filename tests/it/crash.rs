//! kill -9, at random moments, again and again: what was acknowledged is there, once, and no day is forgotten.
//!
//! The oracle stands outside the process that dies: threads post batches and note what was sent and what was
//! acknowledged, the process is killed with SIGKILL at a random moment of its life or of its start, and a copy of its
//! data folder is read with the store's own code. Then the next process starts on what the dead one left. Held to be
//! true after every kill:
//!
//! - every acknowledged reading, and every one that was seen after an earlier kill, is there, once; nothing is there that
//!   nobody sent; of a batch all is there or nothing;
//! - scans, counts, digest and the store's own verification agree, and with another engine given the same readings;
//! - every date near which no day is marked dirty has the row that its readings give when they are computed afresh.
//!
//! In the end, what the program says of everybody is compared with a fresh folder given the same readings. Imports are
//! killed alike, those of people's own exports too: what one of them left, the next must find, and the last must end as a
//! clean one. Where strace may trace, a small import is also killed at each of its writes in turn.
//!
//! The same harness is turned on the control (`tests/src/bin/crash_control.rs`): as the service has it, nothing is lost;
//! with the acknowledgement before the commit, readings are lost and the harness says so; with `synchronous=OFF` nothing
//! can be lost to a kill, since the page cache outlives the process: that takes a power cut, so there the calls of fsync
//! are counted.
//!
//! `FOULEE_TEST_SCALE=ci` takes 40 kills of the program, otherwise it is 200; the controls come on top.
//! `FOULEE_TEST_SEED` repeats the choices of a run, though not the threads' timing.

#[path = "crash/archives.rs"]
mod archives;
#[path = "crash/chance.rs"]
mod chance;
#[path = "crash/days.rs"]
mod days;
#[path = "crash/exports.rs"]
mod exports;
#[path = "crash/found.rs"]
mod found;
#[path = "crash/import.rs"]
mod import;
#[path = "crash/ledger.rs"]
mod ledger;
#[path = "crash/post.rs"]
mod post;
#[path = "crash/program.rs"]
mod program;
#[path = "../../ingest/tests/samples/mod.rs"]
mod samples;
#[path = "crash/sweep.rs"]
mod sweep;
#[path = "crash/syncs.rs"]
mod syncs;
#[path = "crash/traffic.rs"]
mod traffic;

use std::path::Path;
use std::time::Instant;

use chance::{Chance, scale, seed};
use days::{Setup, assert_same, said, said_afresh, unmarked};
use foulee_contract::{ParticipantId, Tuple, Value};
use foulee_store::Store as _;
use found::{Depth, RUNTIME, dirty_days, open};
use post::{Run, Spread};
use program::{Program, ask, copy};
use traffic::{DAY_MS, FIRST_DAY, series_of};

/// The store folds its log once 200,000 readings are in it: with these, it is folding while it is killed.
const ALMOST_FOLDING: u64 = 180_000;

fn people(count: u8) -> Vec<ParticipantId> {
    (1..=count).map(|n| ParticipantId::from_parts(1_767_571_200_000, [n; 10])).collect()
}

fn control(synchronous: &'static str, acknowledge: &'static str, people: &[ParticipantId]) -> Program {
    Program::Control { synchronous, acknowledge, people: people.to_vec() }
}

/// A run against a control over a year of days, with some readings to begin with.
fn control_run(options: (&'static str, &'static str), readings: u64, folder: &Path, seed: u64) -> Run {
    let people = people(8);
    let program = control(options.0, options.1, &people);
    let mut run = Run::new(program, folder, &series_of(&people), Chance::new(seed), Spread::Year);
    run.begin(readings);
    run
}

#[test]
fn killed_while_posting_the_service_keeps_what_it_acknowledged() {
    let (seed, begun) = (seed(), Instant::now());
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("data");
    let people = people(4);
    let names = (1..).map(|n| format!("p{n}"));
    let setup = Setup {
        study: "pilot",
        time_zone: "Europe/Paris",
        people: people.iter().copied().zip(names).collect(),
        programme: Some("2026-01-05"),
    };
    setup.apply(&folder);
    let token = ask(&folder, &["token", "add", "--write-study", "pilot", "--label", "crash"]);
    let program = Program::Foulee { token: token.trim().to_owned() };
    let mut run = Run::new(program, &folder, &series_of(&people), Chance::new(seed), Spread::Moving);
    run.begin(0);
    // All sources are known and everything is computed: from here on, only marks make days be computed.
    said(&folder, &setup);
    let mut settled = 0;
    for _ in 0..scale().post {
        run.kill(|folder, store, _, faults| {
            let check = days::check(folder, store, &people);
            settled += check.settled;
            faults.extend(check.stale.iter().map(|(id, date)| format!("{date} of {id} is forgotten")));
        });
    }
    println!("post, seed {seed}: {}; {settled} computed days compared; {:.1?}", run.told(), begun.elapsed());
    run.assert_good(seed);
    assert!(settled > 0, "no day was ever computed");
    let (_, found) = open(&copy(&folder, "seen"), Depth::Deep, &mut run.figures.faults);
    run.assert_good(seed);
    let (is, afresh) = (said(&folder, &setup), said_afresh(&root.path().join("fresh"), &setup, &found));
    assert_same("the measures", &is.measures, &afresh.measures);
    assert_same("the weeks", &is.weeks.join("\n"), &afresh.weeks.join("\n"));

    // And a day that changed and whose mark is taken away is missed.
    let folder = copy(&folder, "seen");
    let (store, _) = open(&folder, Depth::Quick, &mut Vec::new());
    assert_eq!(days::check(&folder, &store, &people).stale, []);
    let mut more = found::Found::default();
    let start_ms = FIRST_DAY * DAY_MS + DAY_MS / 2;
    let tuple = Tuple { start_ms, end_ms: start_ms, seq: 0, rev: u64::MAX >> 1, value: Value::Present(600) };
    more.series.insert(series_of(&people)[1].clone(), [tuple].into());
    RUNTIME.block_on(store.write(more.batch())).expect("a write");
    RUNTIME.block_on(store.clear_dirty(dirty_days(&store))).expect("the marks are cleared");
    assert!(!days::check(&folder, &store, &people).stale.is_empty(), "a forgotten day was not noticed");
}

#[test]
fn killed_while_importing_an_import_done_again_ends_as_a_clean_one() {
    let (seed, begun) = (seed(), Instant::now());
    let mut chance = Chance::new(seed);
    let root = tempfile::tempdir().expect("a folder");
    let files = import::write_files(root.path(), &mut chance);
    let whole = import::finish(&files, &root.path().join("timed"));
    let (mut figures, mut left, mut folders) = (import::Figures::default(), scale().import, 0);
    while left > 0 {
        let kills = left.min(import::KILLS_A_FOLDER);
        let one = root.path().join(format!("folder{folders}"));
        import::one_folder(&one, &files, (kills, whole), &mut chance, &mut figures);
        (left, folders) = (left - kills, folders + 1);
    }
    println!("import, seed {seed}: {folders} folders, {figures:?}; {:.1?}", begun.elapsed());
    assert_eq!((figures.lost, figures.doubled), (0, 0), "FOULEE_TEST_SEED={seed}");
}

#[test]
fn killed_while_importing_peoples_exports_each_ends_as_a_clean_one() {
    let (seed, begun) = (seed(), Instant::now());
    let mut chance = Chance::new(seed);
    let root = tempfile::tempdir().expect("a folder");
    let exports = exports::write(root.path(), scale().minutes, &mut chance);
    let mut figures = archives::Figures::default();
    for (number, export) in exports.iter().enumerate() {
        let folder = root.path().join(format!("import{number}"));
        archives::one_export(&folder, export, scale().archive, &mut chance, &mut figures);
    }
    println!("exports, seed {seed}: {} of them, {figures:?}; {:.1?}", exports.len(), begun.elapsed());
    assert_eq!((figures.lost, figures.doubled), (0, 0), "FOULEE_TEST_SEED={seed}");
    assert!(figures.further > 0, "none of them was killed in the midst of its work");
}

#[test]
fn killed_at_each_write_an_import_done_again_ends_as_a_clean_one() {
    let (seed, begun) = (seed(), Instant::now());
    let root = tempfile::tempdir().expect("a folder");
    let Some(figures) = sweep::every_write(root.path(), &mut Chance::new(seed)) else {
        println!("a kill at each write: left out, strace is not here or may not trace");
        return;
    };
    println!("each write, seed {seed}: {figures:?}; {:.1?}", begun.elapsed());
    assert!(figures.kills > 0, "there was no write to be killed at");
    let sweep::Figures { digests, measures, weeks, .. } = figures;
    // Each list holds the writes at which a kill left something behind for ever.
    assert_eq!([digests, measures, weeks], [const { Vec::<usize>::new() }; 3], "FOULEE_TEST_SEED={seed}");
}

#[test]
fn the_control_with_the_services_options_loses_nothing() {
    let (seed, begun) = (seed(), Instant::now());
    let root = tempfile::tempdir().expect("a folder");
    let mut run = control_run(("full", "after"), ALMOST_FOLDING, &root.path().join("data"), seed);
    for _ in 0..scale().control {
        run.kill(|_, store, found, faults| {
            let unmarked = unmarked(found, &dirty_days(store));
            faults.extend(
                unmarked.first().map(|day| format!("{} days unmarked, such as {day:?}", unmarked.len())),
            );
        });
    }
    println!("control, full after, seed {seed}: {}; {:.1?}", run.told(), begun.elapsed());
    run.assert_good(seed);

    // And a mark that is taken away is missed.
    let (store, found) = open(&copy(&run.folder, "seen"), Depth::Quick, &mut Vec::new());
    let marks = dirty_days(&store);
    RUNTIME.block_on(store.clear_dirty(vec![marks[marks.len() / 2]])).expect("a mark is cleared");
    let missed = unmarked(&found, &dirty_days(&store));
    let gone = marks[marks.len() / 2];
    assert_eq!(missed, [(gone.participant, gone.epoch_day)]);
}

#[test]
fn the_control_that_acknowledges_before_the_commit_is_caught() {
    let (seed, begun) = (seed(), Instant::now());
    let root = tempfile::tempdir().expect("a folder");
    let mut run = control_run(("full", "before"), 0, &root.path().join("data"), seed);
    for _ in 0..scale().control {
        run.kill(|_, _, _, _| {});
    }
    let losing = run.figures.losing;
    println!(
        "control, full before, seed {seed}: {}; {losing} kills lost some; {:.1?}",
        run.told(),
        begun.elapsed()
    );
    assert!(losing > 0, "FOULEE_TEST_SEED={seed}: the harness must find that acknowledged readings are lost");
    // It differs by one thing only: what is there is still once, whole, and somebody's.
    let figures = &run.figures;
    assert_eq!((figures.doubled, figures.foreign, figures.torn), (0, 0, 0), "{:?}", figures.faults);
}

#[test]
fn the_control_without_fsync_loses_nothing_to_a_kill_and_is_caught_by_its_calls() {
    let (seed, begun) = (seed(), Instant::now());
    let root = tempfile::tempdir().expect("a folder");
    let mut run = control_run(("off", "after"), 0, &root.path().join("data"), seed);
    for _ in 0..scale().control {
        run.kill(|_, _, _, _| {});
    }
    println!("control, off after, seed {seed}: {}; {:.1?}", run.told(), begun.elapsed());
    run.assert_good(seed);
    println!(
        "synchronous=OFF cannot be caught by kill -9: the page cache outlives the process. To lose what it acknowledged \
         takes a power cut, or a file system that drops what was not synced."
    );
    let people = people(2);
    let series = series_of(&people);
    let calls = |synchronous| {
        let folder = root.path().join(synchronous);
        syncs::syncs(&control(synchronous, "after", &people), &folder, &series, Chance::new(seed))
    };
    let (Some(full), Some(off)) = (calls("full"), calls("off")) else {
        println!("counting fsync: left out, strace is not here or may not trace");
        return;
    };
    let commits = syncs::BATCHES;
    println!("{commits} commits acknowledged one by one: {full} fsync/fdatasync with FULL, {off} with OFF");
    assert!(full >= commits, "FULL syncs at least once a commit: {full} for {commits}");
    assert_eq!(off, 0, "OFF never syncs");
}
