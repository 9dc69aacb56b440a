//! What a phone recorded: it can show that its owner moved, never that they were still.

use std::fmt::Write as _;

use chrono::NaiveDate;
use foulee_person::{Person, WearPattern, seen, wear};

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

/// The days, their first, and the person.
const DAYS: usize = 56;
const FIRST: &str = "2026-01-05";
const SEED: u64 = 7;

/// As `foulee-sim person --seed 7 --days 56 --pattern phone-only` writes `seen_minutes.csv`.
fn export() -> String {
    let person = Person::new(SEED);
    let first: NaiveDate = FIRST.parse().expect("a date");
    let mut text = String::from("Id,Time,HeartRate,Steps\n");
    for truth in person.days(first, DAYS) {
        let mask = wear(&person, &truth, WearPattern::PhoneOnly, &mut person.wear_rng(truth.date));
        let day = seen(&truth, &mask);
        for (minute, (steps, heart)) in day.steps.iter().zip(&day.heart_rate_deci_bpm).enumerate() {
            assert_eq!(*heart, None, "a phone has no heart rate");
            writeln!(text, "7,{} {:02}:{:02}:00,,{steps}", truth.date, minute / 60, minute % 60)
                .expect("in memory");
        }
    }
    text
}

#[test]
fn a_phone_gives_bounds_and_no_rest() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "7", "phones", "Europe/Paris");
    let file = folder.write("seen_minutes.csv", export());
    let path = file.to_str().expect("a path");
    let import =
        ["import", "--study", "phones", "--time-zone", "Europe/Paris", "--kind", "phone", "--json", path];
    let summary = folder.run(import).json();
    assert_eq!(summary["accepted"], DAYS * 1_440);
    let again = folder.run(import).json();
    assert_eq!(
        (&again["new"], &again["accepted"]),
        (&0.into(), &summary["accepted"]),
        "two exports of one phone"
    );
    folder.say(&format!("programme assign {id} graded-walking --start 2026-01-19 --start-steps 5000")).ok();

    let readings = folder.say(&format!("readings {id} --from 2026-01-19 --to 2026-01-19")).ok();
    assert!(readings.lines().skip(1).all(|row| row.starts_with("steps,phone,")), "{readings}");
    let minutes = folder.say(&format!("minutes {id} --from {FIRST} --to 2026-03-01")).ok();
    let state = |word: &str| minutes.lines().filter(|row| row.split(',').nth(2) == Some(word)).count();
    let (moved, still, unknown) = (state("moved"), state("still"), state("unknown"));
    println!("a phone over {DAYS} days: {moved} minutes moved, {still} still, {unknown} unknown");
    assert!(moved > 0 && unknown > 0 && still == 0);

    let adherence = folder.say(&format!("adherence {id} --from 2026-01-19 --to 2026-03-01 --json")).json();
    println!("status {}, bounds {}, days {}", adherence["status"], adherence["bounds"], adherence["days"]);
    assert_eq!(adherence["status"], "bounded");
    assert_eq!(adherence["days"]["valid"], 0);
    assert!(adherence["estimate"].is_null() && adherence["interval"].is_null());
    assert_eq!(adherence["bounds"].as_array().map(Vec::len), Some(2));

    // The pages say the same, of the same quantities.
    let last = folder.say(&format!("adherence {id} --json")).json();
    let share = |value: &serde_json::Value| value.as_f64().expect("a share") * 100.0;
    let known = format!("{:.0}%", (share(&last["completeness"]) + 1e-9).floor());
    let bounds = [(share(&last["bounds"][0]) + 1e-9).floor(), (share(&last["bounds"][1]) - 1e-9).ceil()];
    let served = Served::start(&folder);
    let cookie = format!("foulee_token={}", served.token);
    let page = |path: &str| served.ask("GET", path, None, &[("Cookie", cookie.as_str())], &[]).body;
    let (list, person) = (page("/?lang=en"), page(&format!("/p/{id}?lang=en")));
    println!("the list: {known} known, bounds {bounds:?}");
    assert!(list.contains(&format!("<td>{known}</td>")), "{known} is not in {list}");
    let sentence = format!("between {}% and {}% of the prescribed days", bounds[0], bounds[1]);
    assert!(list.contains(&sentence), "{sentence} is not in {list}");
    assert!(
        person.contains(&format!("{known} of the minutes of the prescribed days are known.")),
        "{person}"
    );
    served.stop();
}
