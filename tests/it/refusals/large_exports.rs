//! The whole command on large exports: how long it takes, and what it holds meanwhile.
//!
//! Only with `FOULEE_TEST_SCALE=full`, by itself (`-- large_exports --test-threads 1`), on a machine that does nothing else: it
//! writes 2 GB into the folder of temporary files, and asserts times.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::exports::{apple_document, gadgetbridge_database};
use crate::foulee::Folder;

/// What an import may hold, whatever its size, bytes.
const MOST_BYTES: u64 = 64_000_000;
/// How much of that may differ between two runs: what the allocator happens to keep.
const TOLERANCE_BYTES: u64 = 6_000_000;
/// What the days of ten years may take that are computed behind an import, beyond those of half a year.
const DAYS_BYTES: u64 = 12_000_000;

/// What an import took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    time: Duration,
    peak_bytes: u64,
    new: u64,
}

fn is_full() -> bool {
    let full = std::env::var("FOULEE_TEST_SCALE").as_deref() == Ok("full");
    if !full {
        println!("left out: FOULEE_TEST_SCALE is not full");
    }
    full
}

#[test]
fn apples_export_of_two_gigabytes_holds_as_little_as_one_of_a_hundred_megabytes() {
    if !is_full() {
        return;
    }
    let [small, large] = [100_000_000, 2_000_000_000].map(|bytes| {
        let folder = folder_of_one();
        let path = folder.file("export.xml");
        apple_document(&path, bytes).expect("a document");
        // Again, no day is computed: what is held then is the import's alone.
        let costs = [import(&folder, &path), import(&folder, &path)];
        println!("Apple Health, {} MB, and again: {costs:?}", bytes / 1_000_000);
        assert_eq!(costs[1].new, 0);
        costs
    });
    assert!(small[0].time <= Duration::from_millis(1_500), "100 MB took {:?}", small[0].time);
    assert!(large.iter().chain(&small).all(|cost| cost.peak_bytes < MOST_BYTES), "{small:?}, then {large:?}");
    for ((small, large), more) in small.iter().zip(&large).zip([DAYS_BYTES, TOLERANCE_BYTES]) {
        assert!(large.peak_bytes <= small.peak_bytes + more, "{small:?}, then {large:?}");
    }
}

#[test]
fn five_million_rows_of_gadgetbridge_take_seconds() {
    if !is_full() {
        return;
    }
    let folder = folder_of_one();
    let path = folder.file("Gadgetbridge.db");
    gadgetbridge_database(&path, 5_000_000).expect("a database");
    let cost = import(&folder, &path);
    println!("Gadgetbridge, 5,000,000 rows: {cost:?}");
    assert!(cost.time < Duration::from_secs(10), "{cost:?}");
}

/// A folder that knows one person.
fn folder_of_one() -> Folder {
    let folder = Folder::new();
    folder.say("participant add --study pilot --external-id 7 --time-zone Europe/Paris").ok();
    folder
}

/// Imports a file, watched from outside.
fn import(folder: &Folder, path: &Path) -> Cost {
    let mut command = folder.command();
    command.args(["import", "--json", "--participant", "pilot/7"]).arg(path);
    let begun = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("foulee runs");
    let id = child.id();
    let waiting = thread::spawn(move || child.wait_with_output().expect("it ends"));
    let mut peak_bytes = 0;
    // The peak only rises, so the last look before the end tells it.
    while !waiting.is_finished() {
        peak_bytes = peak_bytes_of(id).unwrap_or(peak_bytes);
        thread::sleep(Duration::from_millis(2));
    }
    let output = waiting.join().expect("a thread");
    let time = begun.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Cost { time, peak_bytes, new: summary["new"].as_u64().expect("a count") }
}

/// The most that a process has held, where this system tells and it lives.
fn peak_bytes_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}
