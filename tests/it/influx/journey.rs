//! The same recordings into each store: the same digest, the same measures and adherence, byte for byte.

use std::fmt::Write as _;

use crate::data::{lines_of, recordings, root};
use crate::foulee::{Folder, command, finish};
use crate::people;
use crate::place::Place;

/// What must be the same.
#[derive(PartialEq, Eq)]
struct Outcome {
    digest: String,
    measures: String,
    adherence: String,
}

#[track_caller]
fn same(what: &str, found: &Outcome, embedded: &Outcome) {
    println!(
        "{what}: digest {}, {} bytes of measures, {} of adherence",
        found.digest.trim(),
        found.measures.len(),
        found.adherence.len()
    );
    assert_eq!(found.digest, embedded.digest, "{what}: digest");
    assert!(found.measures == embedded.measures, "{what}: measures differ");
    assert_eq!(found.adherence, embedded.adherence, "{what}: adherence");
    assert!(found.measures.len() > 10_000 && found.adherence.len() > 300, "{what}: there is something");
}

/// Each store in turn, the embedded one first.
fn on_each(name: &str, outcome: impl Fn(&Folder) -> Outcome) {
    let places = Place::all();
    if places.is_empty() {
        return;
    }
    let embedded = outcome(&Folder::new());
    for place in places {
        let folder = place.folder(name);
        same(place.name, &outcome(&folder), &embedded);
        assert!(folder.say("store verify").ok().contains("read back"));
        // Again changes nothing.
        same(place.name, &outcome(&folder), &embedded);
    }
}

const PERIOD: [&str; 4] = ["--from", "2016-03-01", "--to", "2016-05-31"];

#[test]
fn recordings_give_the_same_days_on_every_store() {
    let Some(source) = recordings("fitabase") else { return };
    let mut ids: Vec<String> = lines_of(&source.join("minuteStepsWide_merged.csv"))
        .1
        .iter()
        .filter_map(|line| line.split(',').next().map(str::to_owned))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    on_each("recordings", |folder| {
        if folder.say("participant list").ok().lines().count() == 1 {
            for (n, external_id) in (1..).zip(&ids) {
                people::add(folder, &people::id(n), external_id, "fitabase", "UTC");
            }
        }
        let import = ["import", "--study", "fitabase", "--time-zone", "UTC", "--json"];
        let path = source.to_str().expect("a path");
        let summary = folder.run(import.into_iter().chain([path])).json();
        assert!(summary["accepted"].as_u64() > Some(1_400_000), "{summary}");
        let first = people::id(1);
        folder
            .say(&format!("programme assign {first} graded-walking --start 2016-04-18 --start-steps 5000"))
            .ok();
        let everybody = (1..=ids.len()).map(people::id);
        let words = ["measures".to_owned()].into_iter().chain(everybody);
        let words = words.chain(PERIOD.map(str::to_owned)).chain(["--format=csv".to_owned()]);
        Outcome {
            measures: folder.run(words).ok(),
            adherence: folder.say(&format!("adherence {first} --from 2016-04-18 --to 2016-05-08")).ok(),
            digest: folder.say("store digest").ok(),
        }
    });
}

/// Three years of minutes, awake for sixteen hours of each day.
fn three_years() -> String {
    let mut text = String::from("Id,Time,HeartRate,Steps\n");
    let first: chrono::NaiveDate = "2023-01-02".parse().expect("a date");
    let mut state = 7_u32;
    for date in first.iter_days().take(3 * 365) {
        for minute in 7 * 60..23 * 60 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let chance = state >> 24;
            let steps = if chance > 190 { chance - 150 } else { 0 };
            let heart = 55 + chance / 6;
            writeln!(text, "1,{date} {:02}:{:02}:00,{heart},{steps}", minute / 60, minute % 60)
                .expect("in memory");
        }
    }
    text
}

#[test]
fn so_do_three_years_of_one_person() {
    let text = three_years();
    on_each("years", |folder| {
        let id = people::id(1);
        if folder.say("participant list").ok().lines().count() == 1 {
            people::add(folder, &id, "1", "years", "Europe/Paris");
        }
        let file = folder.write("years.csv", &text);
        let import = ["import", "--study", "years", "--time-zone", "Europe/Paris", "--json"];
        let summary = folder.run(import.into_iter().chain([file.to_str().expect("a path")])).json();
        assert_eq!(summary["accepted"], 3 * 365 * 960 * 2, "{summary}");
        folder
            .say(&format!("programme assign {id} graded-walking --start 2023-03-06 --start-steps 5000"))
            .ok();
        Outcome {
            measures: folder
                .say(&format!("measures {id} --from 2023-01-02 --to 2025-12-31 --format csv"))
                .ok(),
            adherence: folder.say(&format!("adherence {id} --from 2023-03-06 --to 2025-12-28")).ok(),
            digest: folder.say("store digest").ok(),
        }
    });
}

#[test]
fn the_demonstration_is_the_same_on_every_store() {
    let check = |environment: &[(&'static str, String)]| {
        let folder = Folder::new();
        let mut demo = command();
        demo.args(["demo", "--check"]).env("FOULEE_TEST_DATA", root()).env("TMPDIR", folder.data());
        demo.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
        let mut found = finish(&mut demo).json();
        // A new pseudonym each time.
        found["adherence"]["participant"].take();
        found
    };
    if recordings("fitabase").is_none() {
        return;
    }
    let places = Place::all();
    let embedded = check(&[]);
    for place in places {
        place.folder("demo");
        let found = check(&place.environment(place.url("demo")));
        println!("demo on {}: {} readings, {} days", place.name, found["readings"], found["days"]);
        assert_eq!(found, embedded, "{}", place.name);
        if let Some(influxd) = &place.influxd {
            assert_eq!(influxd.count_points("demo").expect("a count"), 0, "it leaves nothing behind");
        }
    }
}
