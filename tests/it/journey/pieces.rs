//! Twice, in pieces, shuffled, half over HTTP, in another engine: the same store digest and the same measures.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::chance::Chance;
use crate::data::{lines_of, recordings};
use crate::engines;
use crate::fitabase::{FOUR, WIDE};
use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

/// Files of the folder that are read.
pub(crate) const FILES: [&str; 5] =
    ["dailyActivity_merged.csv", "dailySteps_merged.csv", FOUR, "hourlySteps_merged.csv", WIDE];
/// The days of all of them.
pub(crate) const PERIOD: [&str; 4] = ["--from", "2016-03-01", "--to", "2016-05-31"];

/// How many pieces a file is cut into, and how many times it is shuffled.
fn scale() -> (usize, u64) {
    match std::env::var("FOULEE_TEST_SCALE").as_deref() {
        Ok("full") => (24, 5),
        _ => (7, 1),
    }
}

/// What must be the same, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) digest: String,
    pub(crate) measures: String,
}

/// The export's ids, in order; the first of them is the first person.
pub(crate) fn external_ids(source: &Path) -> Vec<String> {
    let mut ids: Vec<String> = lines_of(&source.join(WIDE))
        .1
        .iter()
        .filter_map(|line| line.split(',').next().map(str::to_owned))
        .collect();
    ids.dedup();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// A folder that knows the 33 people under ids which are the same in every folder.
fn folder_with_people(source: &Path) -> Folder {
    let folder = Folder::new();
    for (number, external_id) in (1..).zip(external_ids(source)) {
        people::add(&folder, &people::id(number), &external_id, "fitabase", "UTC");
    }
    folder
}

fn import(folder: &Folder, paths: &[PathBuf]) -> Value {
    let words = ["import", "--study", "fitabase", "--time-zone", "UTC", "--json"].map(str::to_owned);
    let paths = paths.iter().map(|path| path.to_str().expect("a path").to_owned());
    folder.run(words.into_iter().chain(paths)).json()
}

fn outcome(folder: &Folder, people: usize) -> Outcome {
    let words = ["measures".to_owned()].into_iter().chain((1..=people).map(people::id));
    let measures = folder.run(words.chain(PERIOD.map(str::to_owned)).chain(["--format=csv".to_owned()])).ok();
    Outcome { digest: folder.say("store digest").ok(), measures }
}

/// A clean import of the files as they are, made once.
pub(crate) fn clean(source: &Path) -> &'static Outcome {
    static CLEAN: OnceLock<Outcome> = OnceLock::new();
    CLEAN.get_or_init(|| {
        let folder = folder_with_people(source);
        let summary = import(&folder, &[source.to_owned()]);
        let outcome = outcome(&folder, 33);
        println!(
            "clean: {} readings accepted, {} new; digest {}, {} rows of measures",
            summary["accepted"],
            summary["new"],
            outcome.digest.trim(),
            outcome.measures.lines().count() - 1
        );
        assert_eq!(
            (summary["new"].as_u64(), outcome.measures.lines().count() > 10_000),
            (Some(1_477_493), true)
        );
        outcome
    })
}

#[track_caller]
fn same(what: &str, found: &Outcome, clean: &Outcome) {
    println!(
        "{what}: digest {} ({}), measures {} bytes ({})",
        found.digest.trim(),
        if found.digest == clean.digest { "the same" } else { "DIFFERS" },
        found.measures.len(),
        if found.measures == clean.measures { "the same" } else { "DIFFER" }
    );
    assert_eq!(found.digest, clean.digest, "{what}");
    if let Some((found, clean)) =
        found.measures.lines().zip(clean.measures.lines()).find(|(found, clean)| found != clean)
    {
        panic!("{what}: {found}\nclean: {clean}");
    }
    assert!(found.measures == clean.measures, "{what}: measures");
}

/// All files cut into pieces with their header, in a folder of their own.
fn pieces(folder: &Folder, source: &Path, count: usize) -> Vec<PathBuf> {
    let mut made = Vec::new();
    for name in FILES {
        let (header, lines) = lines_of(&source.join(name));
        for (number, piece) in lines.chunks(lines.len().div_ceil(count)).enumerate() {
            let text = format!("{header}\n{}\n", piece.join("\n"));
            made.push(folder.write(&format!("{number}-{}", name.trim_end_matches(".gz")), text));
        }
    }
    made
}

/// All files with their rows in an order of chance.
fn shuffled(folder: &Folder, source: &Path, seed: u64) -> Vec<PathBuf> {
    let mut chance = Chance(seed);
    let mut made = Vec::new();
    for name in FILES {
        let (header, mut lines) = lines_of(&source.join(name));
        chance.shuffle(&mut lines);
        let text = format!("{header}\n{}\n", lines.join("\n"));
        made.push(folder.write(&format!("shuffled-{}", name.trim_end_matches(".gz")), text));
    }
    chance.shuffle(&mut made);
    made
}

#[test]
fn imported_twice_it_is_the_same() {
    let Some(source) = recordings("fitabase") else { return };
    let folder = folder_with_people(&source);
    let first = import(&folder, std::slice::from_ref(&source));
    let again = import(&folder, std::slice::from_ref(&source));
    assert_eq!((&again["new"], &again["duplicate"]), (&0.into(), &first["accepted"]));
    same("twice", &outcome(&folder, 33), clean(&source));
}

#[test]
fn imported_in_pieces_in_any_order_it_is_the_same() {
    let Some(source) = recordings("fitabase") else { return };
    let (count, _) = scale();
    let folder = folder_with_people(&source);
    let mut pieces = pieces(&folder, &source, count);
    Chance(7).shuffle(&mut pieces);
    let mut accepted = 0;
    for piece in &pieces {
        accepted += import(&folder, std::slice::from_ref(piece))["accepted"].as_u64().expect("a count");
    }
    assert_eq!(accepted, 1_555_999);
    same(&format!("{} pieces, one import each", pieces.len()), &outcome(&folder, 33), clean(&source));
}

#[test]
fn imported_shuffled_it_is_the_same() {
    let Some(source) = recordings("fitabase") else { return };
    for seed in 1..=scale().1 {
        let folder = folder_with_people(&source);
        let summary = import(&folder, &shuffled(&folder, &source, seed));
        assert_eq!(summary["accepted"], 1_555_999);
        same(&format!("rows shuffled with seed {seed}"), &outcome(&folder, 33), clean(&source));
    }
}

#[test]
fn imported_half_through_a_running_service_it_is_the_same() {
    let Some(source) = recordings("fitabase") else { return };
    let folder = folder_with_people(&source);
    let mut pieces = pieces(&folder, &source, scale().0);
    Chance(11).shuffle(&mut pieces);
    let (before, through) = pieces.split_at(pieces.len() / 2);
    import(&folder, before);
    let mut served = Served::start(&folder);
    // Two at once, which have some of their pieces in common.
    let third = through.len() / 3;
    let sent: u64 = std::thread::scope(|scope| {
        let halves = [&through[..2 * third], &through[third..]];
        let running =
            halves.map(|half| scope.spawn(|| import(&folder, half)["accepted"].as_u64().expect("a count")));
        running.into_iter().map(|import| import.join().expect("an import")).sum()
    });
    let (taken, new) =
        (served.metric("ingest_readings_accepted_total"), served.metric("ingest_readings_new_total"));
    println!(
        "over HTTP: {sent} readings sent by two imports at once, {taken} taken by the service, {new} of them new"
    );
    assert_eq!(sent, taken);
    assert!(new > 100_000 && new < taken);
    served.drained();
    same("half over HTTP, read beside the service", &outcome(&folder, 33), clean(&source));
    served.stop();
    same("half over HTTP, read when it has stopped", &outcome(&folder, 33), clean(&source));
}

#[test]
fn the_memory_and_the_embedded_engine_agree() {
    let Some(source) = recordings("fitabase") else { return };
    let clean = clean(&source);
    let [memory, embedded] = engines::both(&source);
    same("memory engine beside the embedded one, in this process", &memory, &embedded);
    same("memory engine, same files in this process", &memory, clean);
    same("embedded engine, same files in this process", &embedded, clean);
}
