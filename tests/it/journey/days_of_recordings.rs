//! Days of other people's recordings: what the device said of the day, what its minutes come to, what we say, and the code of
//! every difference. The days that differ are a frozen table; the others are the same three times.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::data::{lines_of, recordings, text_of};
use crate::fitabase::WIDE;
use crate::foulee::Folder;
use crate::people;

/// Everything that was recorded.
const PERIOD: &str = "--from 2013-01-01 --to 2024-12-31";

/// A day of a recording.
#[derive(Debug)]
struct Day {
    recording: &'static str,
    person: String,
    date: String,
    total: i64,
    minutes: Option<i64>,
    ours: Option<i64>,
    check: String,
    verdict: String,
}

/// Imports a recording for one person, and reads their days back.
fn days_of(recording: &'static str, person: &str, zone: &str, paths: &[PathBuf]) -> (Folder, Vec<Day>) {
    let folder = Folder::new();
    people::add(&folder, &people::id(1), person, recording, zone);
    let words = ["import", "--json", "--time-zone", zone, "--participant"].map(str::to_owned);
    let paths = paths.iter().map(|path| path.to_str().expect("a path").to_owned());
    let summary = folder.run(words.into_iter().chain([people::id(1)]).chain(paths)).json();
    assert_eq!(summary["rejected"], 0, "{recording} {person}");
    let days = rows(&folder, recording, person, &people::id(1));
    (folder, days)
}

fn rows(folder: &Folder, recording: &'static str, person: &str, id: &str) -> Vec<Day> {
    let rows = folder.say(&format!("totals {id} {PERIOD} --format json")).json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let rows = rows.as_array().expect("rows").iter().map(|row| Day {
        recording,
        person: person.to_owned(),
        date: text(&row["date"]),
        total: row["total"].as_i64().expect("a total"),
        minutes: row["minutes"].as_i64(),
        ours: row["steps"].as_i64(),
        check: text(&row["check"]),
        verdict: text(&row["verdict"]),
    });
    rows.collect()
}

fn measure(folder: &Folder, date: &str, name: &str) -> Option<f64> {
    let rows = folder.say(&format!("measures {} --from {date} --to {date} --format json", people::id(1)));
    let rows = rows.json();
    let rows = rows.as_array().expect("rows").iter();
    rows.clone().find(|row| row["measure"] == name).and_then(|row| row["value"].as_f64())
}

fn fit(folder: &Path) -> Vec<Day> {
    // The file tells its own clock: midnight is at 06:00 UTC.
    let file = folder.join("MonitoringFile.fit");
    let (foulee, days) = days_of("fit", "monitoring", "America/Chicago", &[file]);
    let id = people::id(1);
    let counts = foulee.say(&format!("readings {id} --metric step_counter {PERIOD} --format json")).json();
    let mut last: BTreeMap<u64, f64> = BTreeMap::new();
    for row in counts.as_array().expect("rows") {
        last.insert(row["seq"].as_u64().expect("seq"), row["value"].as_f64().expect("a value"));
    }
    let counts: Vec<f64> = last.into_values().collect();
    println!("MonitoringFile.fit: last values of its counts, running and walking: {counts:?}");
    assert_eq!(counts, [31.0, 3_142.0]);
    let day: Vec<_> = days.iter().map(|day| (day.date.as_str(), day.total, day.ours)).collect();
    assert_eq!(day, [("2014-12-27", 3_173, Some(3_173))]);
    days
}

fn fitbit_sync(folder: &Path) -> Vec<Day> {
    let mut all = Vec::new();
    for person in ["name1", "name2", "name3"] {
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
        let of_person = files
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(person)));
        let (foulee, days) = days_of("fitbit-sync", person, "UTC", &of_person.collect::<Vec<_>>());
        if person == "name1" {
            let equal = days.iter().filter(|day| day.check == "equal").count();
            println!("name1: minutes equal the daily total on {equal} of {} days", days.len());
            assert_eq!((equal, days.len()), (71, 81));
            for (date, total) in [("2021-11-30", 13_952), ("2021-12-01", 1_263)] {
                let day = days.iter().find(|day| day.date == date).expect("the day");
                assert_eq!((day.total, day.minutes, day.ours), (total, Some(0), None), "{date}");
                assert_eq!((day.check.as_str(), day.verdict.as_str()), ("zeros_contradicted", "flagged"));
                assert_eq!(measure(&foulee, date, "steps"), None, "never 0");
                assert_eq!(measure(&foulee, date, "unknown_minutes"), Some(1_440.0));
                let worn = worn_minutes(folder, date);
                println!(
                    "name1 {date}: total {total}, all minutes 0, {worn} minutes worn by the wear file: unknown"
                );
                let minutes =
                    foulee.say(&format!("minutes {} --from {date} --to {date}", people::id(1))).ok();
                assert_eq!(minutes.lines().filter(|line| line.contains(",unknown,,")).count(), 1_440);
            }
        }
        all.extend(days);
    }
    all
}

/// What the wear file says of a day of the first person.
fn worn_minutes(folder: &Path, date: &str) -> u32 {
    let date: chrono::NaiveDate = date.parse().expect("a date");
    let day = date.format("%-m/%-d/%Y").to_string();
    let text = text_of(&folder.join("name1_fitbitWearTimeViaHR_20190730_20230830.csv.gz"));
    let line = text.lines().find(|line| line.starts_with(&format!("{day},"))).expect("the day");
    line.split(',').nth(1).and_then(|minutes| minutes.parse().ok()).expect("minutes")
}

fn garmin_stream(folder: &Path) -> Vec<Day> {
    let (_, days) = days_of("garmin-stream", "one", "Europe/Paris", &[folder.join("data.csv")]);
    let shown: Vec<_> = days.iter().map(|day| (day.date.as_str(), day.total, day.ours)).collect();
    assert_eq!(shown, [("2019-10-16", 2_616, Some(2_616)), ("2019-10-18", 60, Some(60))]);
    days
}

fn fitabase(source: &Path) -> Vec<Day> {
    let folder = Folder::new();
    let mut people: Vec<String> = lines_of(&source.join(WIDE)).1;
    people.iter_mut().for_each(|line| line.truncate(line.find(',').expect("a person")));
    people.dedup();
    for (number, person) in (1..).zip(&people) {
        people::add(&folder, &people::id(number), person, "fitabase", "UTC");
    }
    let path = source.to_str().expect("a path");
    folder.run(["import", "--study", "fitabase", "--time-zone", "UTC", path]).ok();
    let of_person =
        |(number, person): (usize, &String)| rows(&folder, "fitabase", person, &people::id(number));
    (1..).zip(&people).flat_map(of_person).collect()
}

#[test]
fn every_day_of_the_recordings_equals_the_devices_own_total_or_has_the_code_of_its_difference() {
    let folders = ["fit", "fitbit-sync", "garmin-stream", "fitabase"].map(recordings);
    let [Some(fit_files), Some(sync), Some(stream), Some(base)] = folders else { return };
    let mut days = fit(&fit_files);
    days.extend(fitbit_sync(&sync));
    days.extend(garmin_stream(&stream));
    days.extend(fitabase(&base));

    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    let mut table = String::from(
        "# Days of the recordings on which what the device said of the day, its minutes and our steps are not all the same.\n\
         # The code of each is in docs/methods.md, Totals. Where ours is empty beside equal zeros, nobody is known to have worn it.\n\
         recording,person,date,device_total,minutes,ours,code,verdict\n",
    );
    let shown = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
    for day in &days {
        *counts.entry((day.recording, &day.check, &day.verdict)).or_default() += 1;
        let Day { recording, person, date, total, minutes, ours, check, verdict } = day;
        let line = format!(
            "{recording},{person},{date},{total},{},{},{check},{verdict}",
            shown(*minutes),
            shown(*ours)
        );
        println!("{line}");
        if check == "equal" {
            // Nobody wore it on a day of zeros, as far as is known: that is no 0.
            assert_eq!(
                (*minutes, ours.or((*total == 0).then_some(0))),
                (Some(*total), Some(*total)),
                "{line}"
            );
        }
        if *minutes != Some(*total) || ours != minutes {
            let _ = writeln!(table, "{line}");
        }
    }
    for ((recording, check, verdict), count) in &counts {
        println!("{recording}: {count} days {check} ({verdict})");
    }
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/journey/days_of_recordings.csv");
    if std::env::var("FOULEE_BLESS").as_deref() == Ok("1") {
        std::fs::write(&frozen, &table).expect("a file");
    }
    let known = std::fs::read_to_string(&frozen).expect("the frozen table; FOULEE_BLESS=1 makes it");
    for (line, (known, found)) in (1..).zip(known.lines().zip(table.lines())) {
        assert_eq!(known, found, "line {line} of the frozen table");
    }
    assert_eq!(known.lines().count(), table.lines().count());
}
