//! The command `foulee-sim person`, run as a program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn sim(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foulee-sim"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FOULEE_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("COLUMNS", "100").output().expect("the program runs")
}

fn person(out: &Path, more: &[&str]) -> Output {
    let mut arguments =
        vec!["person", "--seed", "42", "--days", "14", "--out", out.to_str().expect("a path in UTF-8")];
    arguments.extend_from_slice(more);
    sim(&arguments)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file that was written")
}

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

const FILES: [&str; 4] = ["truth.csv", "truth_days.csv", "seen_minutes.csv", "person.json"];

#[test]
fn the_same_arguments_write_the_same_bytes() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&a, &b] {
        let output = person(folder.path(), &["--pattern", "partly-worn:0.5"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    for name in FILES {
        assert_eq!(text(a.path(), name), text(b.path(), name), "{name}");
    }
    assert_eq!(fs::read_dir(a.path()).unwrap().count(), FILES.len());
}

#[test]
fn truth_and_seen_agree_where_worn_and_the_days_add_up() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/folder");
    assert_eq!(
        person(&out, &["--pattern", "less-in-flares", "--start", "2026-03-23"]).status.code(),
        Some(0)
    );
    let (truth, seen, days) =
        (text(&out, "truth.csv"), text(&out, "seen_minutes.csv"), text(&out, "truth_days.csv"));
    assert!(truth.starts_with("date,minute,steps,heart_rate,worn,asleep\n2026-03-23,0,"));
    assert!(seen.starts_with("Id,Time,HeartRate,Steps\n42,2026-03-23 00:00:00,"));
    let (truth, seen, days) = (rows(&truth), rows(&seen), rows(&days));
    assert_eq!((truth.len(), seen.len(), days.len()), (14 * 1440, 14 * 1440, 14));
    for (truth, seen) in truth.iter().zip(&seen) {
        let worn = truth[4] == "1";
        assert_eq!(seen[3], if worn { truth[2] } else { "0" });
        assert_eq!(seen[2], if worn { truth[3] } else { "" });
    }
    for (day, minutes) in days.iter().zip(truth.chunks(1440)) {
        assert!(minutes.iter().all(|minute| minute[0] == day[0]));
        let total =
            |column: usize| minutes.iter().map(|minute| minute[column].parse::<u32>().unwrap()).sum::<u32>();
        assert_eq!(day[1], total(2).to_string());
        assert_eq!(day[5], total(4).to_string());
    }
}

#[test]
fn a_phone_reports_no_heart_rate() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(person(folder.path(), &["--pattern", "phone-only"]).status.code(), Some(0));
    assert!(rows(&text(folder.path(), "seen_minutes.csv")).iter().all(|row| row[2].is_empty()));
}

#[test]
fn person_json_and_the_line_printed() {
    let folder = tempfile::tempdir().unwrap();
    let output = person(folder.path(), &["--pattern", "whole-days-off:0.2", "--time-zone", "Indian/Reunion"]);
    insta::assert_snapshot!("person_json", text(folder.path(), "person.json"));
    insta::assert_snapshot!("person_printed", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn a_folder_that_holds_anything_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let output = person(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not empty"), "{output:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let output = person(&folder.path().join("notes.txt"), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a file"), "{output:?}");
}

#[test]
fn a_folder_that_cannot_be_made_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let output = person(&folder.path().join("file/below"), &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn wrong_usage_ends_with_2_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for more in [
        &["--pattern", "partly-worn:2"][..],
        &["--pattern", "sometimes"],
        &["--start", "2026-02-30"],
        &["--start", "9999-12-25"],
        &["--time-zone", ""],
    ] {
        let output = person(&out, more);
        assert_eq!(output.status.code(), Some(2), "{more:?}: {output:?}");
        assert!(!output.stderr.is_empty());
        assert!(!out.exists());
    }
    assert_eq!(sim(&["person", "--seed", "1", "--days", "0", "--out", "x"]).status.code(), Some(2));
    assert_eq!(sim(&["person", "--days", "1", "--out", "x"]).status.code(), Some(2));
    assert_eq!(sim(&["nothing"]).status.code(), Some(2));
}

#[test]
fn help() {
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_person", &["person", "--help"]),
        ("help_ble", &["ble", "--help"]),
        ("help_fleet", &["fleet", "--help"]),
    ] {
        let output = sim(arguments);
        assert_eq!(output.status.code(), Some(0));
        insta::assert_snapshot!(name, String::from_utf8(output.stdout).unwrap());
    }
}
