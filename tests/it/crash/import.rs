//! Kill after kill while files are imported.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use foulee_contract::ParticipantId;

use super::chance::Chance;
use super::days::{Setup, assert_same, said};
use super::found::{Depth, Found, open};
use super::program::{Process, ask, complaints, copy, foulee};

pub(crate) const STUDY: &str = "pilot";
/// No whole hours from UTC would hide a zone that was forgotten.
pub(crate) const TIME_ZONE: &str = "Europe/Paris";
const FILES: usize = 2;
const PEOPLE: usize = 3;
const DAYS: i64 = 40;
/// Kills before a folder is imported to its end and another one begun.
pub(crate) const KILLS_A_FOLDER: usize = 12;

/// What the imports came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) kills: usize,
    /// Imports that were done before they were to be killed, and do not count.
    pub(crate) too_late: usize,
    /// Kills that left more behind than the ones before.
    pub(crate) further: usize,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Readings of the finished folders.
    pub(crate) readings: u64,
}

/// Writes minuteStepsNarrow files of several people each.
pub(crate) fn write_files(folder: &Path, chance: &mut Chance) -> Vec<PathBuf> {
    let write = |file: usize| {
        let people: Vec<String> = (0..PEOPLE).map(|person| name_of(file, person)).collect();
        let path = folder.join(format!("minuteStepsNarrow_{file}.csv"));
        // In spring, over the night in which the clocks go forward.
        write_minutes(&path, &people, (2026, 3, 10), DAYS, chance);
        path
    };
    (1..=FILES).map(write).collect()
}

/// Writes a minuteStepsNarrow file of whole days.
pub(crate) fn write_minutes(
    path: &Path,
    people: &[String],
    (year, month, day): (i32, u32, u32),
    days: i64,
    chance: &mut Chance,
) {
    let first = NaiveDate::from_ymd_opt(year, month, day).expect("a date").and_time(NaiveTime::MIN);
    let minutes: Vec<String> = (0..days * 1_440)
        .map(|minute| (first + TimeDelta::minutes(minute)).format("%-m/%-d/%Y %-I:%M:%S %p").to_string())
        .collect();
    let mut text = String::from("Id,ActivityMinute,Steps\n");
    for person in people {
        for minute in &minutes {
            let _ = writeln!(text, "{person},{minute},{}", chance.between(0, 150));
        }
    }
    fs::write(path, text).expect("a file");
}

/// What the export calls somebody.
fn name_of(file: usize, person: usize) -> String {
    format!("{file}{person:03}")
}

pub(crate) fn command(files: &[PathBuf], folder: &Path) -> Command {
    let mut command = Command::new(foulee());
    command.args(["import", "--quiet", "--study", STUDY, "--time-zone", TIME_ZONE, "--data-dir"]).arg(folder);
    command.args(files).stdout(Stdio::null());
    command
}

/// Imports to the end; how long that took.
pub(crate) fn finish(files: &[PathBuf], folder: &Path) -> Duration {
    let begun = Instant::now();
    let done = Process::start(&mut command(files, folder), &complaints(folder)).wait();
    // Minutes that a clock change left out are refused, which the exit code tells.
    let said = fs::read_to_string(complaints(folder)).unwrap_or_default();
    assert!(done || said.is_empty(), "the import ended with: {said}");
    begun.elapsed()
}

/// Imports into one folder, killed `kills` times on the way, then to the end; and compares with a clean import.
///
/// `whole` is about as long as a clean import takes here: the first kill falls into the first part of it, the last into
/// the last, so that most get further than those before.
pub(crate) fn one_folder(
    root: &Path,
    files: &[PathBuf],
    (kills, whole): (usize, Duration),
    chance: &mut Chance,
    figures: &mut Figures,
) {
    let folder = root.join("data");
    fs::create_dir_all(&folder).expect("a folder");
    let mut before = Found::default();
    let (mut killed, mut whole) = (0, whole);
    while killed < kills {
        let slice = whole / u32::try_from(kills).expect("few kills");
        let from = slice * u32::try_from(killed).expect("few kills");
        let process = Process::start(&mut command(files, &folder), &complaints(&folder));
        thread::sleep(chance.moment(from, from + slice));
        if !process.kill() {
            // What is known already is read faster: kill the next ones earlier.
            whole = whole * 4 / 5;
            figures.too_late += 1;
            continue;
        }
        killed += 1;
        figures.kills += 1;
        if !folder.join("store.db").exists() {
            continue;
        }
        let depth = if killed == kills { Depth::Deep } else { Depth::Quick };
        let mut faults = Vec::new();
        let (_, found) = open(&copy(&folder, "seen"), depth, &mut faults);
        assert!(faults.is_empty(), "import, kill {killed}: {faults:?}");
        figures.lost += found.missing(&before);
        figures.doubled += found.doubled;
        figures.further += usize::from(found.readings > before.readings);
        before = found;
    }
    finish(files, &folder);
    figures.readings += compare_with_clean(root, files, &folder);
}

/// Whether a folder, imported to its end, is as one that nobody killed. The readings in it.
fn compare_with_clean(root: &Path, files: &[PathBuf], folder: &Path) -> u64 {
    let list = ask(folder, &["participant", "list", "--study", STUDY, "--format", "json"]);
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let id = |value: &serde_json::Value| text(value).parse::<ParticipantId>().expect("an id");
    let mut people: Vec<_> = list.iter().map(|one| (id(&one["id"]), text(&one["external_id"]))).collect();
    people.sort_by(|a, b| a.1.cmp(&b.1));
    let setup = Setup { study: STUDY, time_zone: TIME_ZONE, people, programme: None };
    let names: Vec<&str> = setup.people.iter().map(|(_, name)| name.as_str()).collect();
    let expected: Vec<String> =
        (1..=FILES).flat_map(|file| (0..PEOPLE).map(move |person| name_of(file, person))).collect();
    assert_eq!(names, expected, "everybody is there, once");
    let clean = root.join("clean");
    setup.apply(&clean);
    finish(files, &clean);
    let digest = |folder: &Path| ask(folder, &["store", "digest"]);
    assert_eq!(digest(folder), digest(&clean), "the digest after kills and that of a clean import");
    assert_same("the measures", &said(folder, &setup).measures, &said(&clean, &setup).measures);
    let stats: serde_json::Value =
        serde_json::from_str(&ask(folder, &["store", "stats", "--json"])).expect("JSON");
    stats["readings"].as_u64().expect("a count")
}
