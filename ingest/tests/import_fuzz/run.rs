//! File after file, watched from outside: one that hangs is named.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::chance::{Chance, seed};
use crate::judge::{Outcome, judge};
use crate::real::recordings;
use crate::samples::{Sample, samples};
use crate::{spoil, spoil_database, spoil_zip};

/// How long any file may take; they are small.
const LONGEST: Duration = Duration::from_secs(20);
/// What this process may hold at most, all groups at once, KiB.
const MOST_MEMORY_KIB: u64 = 512 << 10;

/// How a group's files are spoilt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spoiler {
    Bytes,
    Database,
    Zip,
}

/// When a group is done: after so many files, or so long.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    files: u64,
    time: Duration,
}

fn bounds() -> Bounds {
    let files = match std::env::var("FOULEE_TEST_SCALE").as_deref() {
        Ok("ci") => 1_500,
        Ok("full") | Err(_) => 8_000,
        Ok(other) => panic!("FOULEE_TEST_SCALE is ci or full, not {other}"),
    };
    match std::env::var("FOULEE_TEST_FUZZ_SECONDS") {
        Ok(text) => {
            let seconds = text.parse().expect("FOULEE_TEST_FUZZ_SECONDS is a number");
            Bounds { files: u64::MAX, time: Duration::from_secs(seconds) }
        }
        Err(_) => Bounds { files, time: Duration::from_secs(if files < 2_000 { 20 } else { 600 }) },
    }
}

/// What is told of each file that is begun, and of what became of it.
enum Told {
    Begun(u64),
    Done(Outcome),
    Panicked(u64, PathBuf),
}

/// Imports spoilt files of a group until the bounds are reached.
#[track_caller]
pub(crate) fn every_file(group: &'static str, spoiler: Spoiler) {
    let (seed, begun) = (seed(), Instant::now());
    let sound: Vec<Sample> =
        samples().into_iter().chain(recordings(group)).filter(|sample| sample.group == group).collect();
    assert!(!sound.is_empty(), "there is a sound file of {group}");
    let (sender, receiver) = channel();
    // A thread of its own, so that one that hangs can be told of. Its stack is that of a program's first thread.
    let worker = thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(move || files(group, spoiler, &sound, seed, &sender));
    worker.expect("a thread");
    let figures = watch(group, seed, &receiver);
    println!(
        "{group}, seed {seed}: {figures:?}, {:.1?}; most memory held by all so far: {} KiB",
        begun.elapsed(),
        most_memory_kib()
    );
    assert!(figures.accepted > 0 && figures.files > figures.errors, "some of it is read: {figures:?}");
    assert!(most_memory_kib() <= MOST_MEMORY_KIB, "{} KiB were held", most_memory_kib());
}

#[derive(Debug, Default)]
struct Figures {
    files: u64,
    /// Readings that were taken.
    accepted: u64,
    rejected: u64,
    /// Files that ended before their end.
    cut: u64,
    /// Files that the options did not fit.
    errors: u64,
}

#[track_caller]
fn watch(group: &str, seed: u64, told: &Receiver<Told>) -> Figures {
    let (mut figures, mut number) = (Figures::default(), 0);
    loop {
        match told.recv_timeout(LONGEST) {
            Ok(Told::Begun(begun)) => number = begun,
            Ok(Told::Done(outcome)) => {
                figures.files += 1;
                figures.accepted += outcome.accepted;
                figures.rejected += outcome.rejected;
                figures.cut += u64::from(outcome.is_cut);
                figures.errors += u64::from(outcome.is_error);
            }
            Ok(Told::Panicked(number, kept)) => {
                panic!("{group}, file {number}, FOULEE_TEST_SEED={seed}: see above; it is {}", kept.display())
            }
            Err(RecvTimeoutError::Timeout) => {
                panic!("{group}, file {number}, FOULEE_TEST_SEED={seed}: not done after {LONGEST:?}")
            }
            Err(RecvTimeoutError::Disconnected) => return figures,
        }
    }
}

fn files(group: &'static str, spoiler: Spoiler, sound: &[Sample], seed: u64, told: &Sender<Told>) {
    let (bounds, begun) = (bounds(), Instant::now());
    let folder = tempfile::tempdir().expect("a folder");
    for number in (0..bounds.files).take_while(|_| begun.elapsed() < bounds.time) {
        let _ = told.send(Told::Begun(number));
        let mut chance = Chance::of_file(seed, group, number);
        let path = spoilt(group, spoiler, sound, folder.path(), &mut chance);
        let tell = match catch_unwind(AssertUnwindSafe(|| import(group, &path, &mut chance))) {
            Ok(outcome) => Told::Done(outcome),
            Err(_) => Told::Panicked(number, kept(&path, group, number)),
        };
        let ends = matches!(tell, Told::Panicked(..));
        let _ = fs::remove_file(&path);
        if told.send(tell).is_err() || ends {
            return;
        }
    }
}

/// Writes a spoilt file.
fn spoilt(group: &str, spoiler: Spoiler, sound: &[Sample], folder: &Path, chance: &mut Chance) -> PathBuf {
    let sample = &sound[chance.below(sound.len())];
    let others: Vec<&[u8]> = sound.iter().map(|sample| sample.bytes.as_slice()).collect();
    let mut bytes = sample.bytes.clone();
    match spoiler {
        Spoiler::Bytes => spoil::spoil(&mut bytes, group, &others, chance),
        Spoiler::Zip => spoil_zip::spoil(&mut bytes, group, &others, chance),
        Spoiler::Database => {
            let structure = !chance.one_in(3);
            if structure {
                spoil_database::spoil(&mut bytes, folder, chance);
            }
            if !structure || chance.one_in(4) {
                spoil::spoil(&mut bytes, group, &others, chance);
            }
        }
    }
    let path = folder.join(sample.name);
    fs::write(&path, bytes).expect("a file");
    path
}

/// Imports a file as somebody would; now and then with options that may not fit, or twice.
fn import(group: &str, path: &Path, chance: &mut Chance) -> Outcome {
    let of_people = group == "tables";
    let is_study = of_people != chance.one_in(8);
    let zone = if chance.one_in(8) {
        None
    } else {
        Some(chance.of(&["Europe/Paris", "UTC", "Australia/Lord_Howe"]))
    };
    let outcome = judge(path, is_study, zone);
    if chance.one_in(8) {
        assert_eq!(judge(path, is_study, zone), outcome, "the same file is the same readings");
    }
    outcome
}

/// A copy of a file that something is wrong with.
fn kept(path: &Path, group: &str, number: u64) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = std::env::temp_dir().join(format!("foulee-fuzz-{group}-{number}"));
    let _ = fs::create_dir_all(&folder);
    let kept = folder.join(name);
    let _ = fs::copy(path, &kept);
    kept
}

/// The most that this process held, where the system tells.
fn most_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
