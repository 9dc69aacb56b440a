//! Fitabase, 33 people: what was imported is what the files say, and where the device disagrees with itself is listed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::data::{lines_of, recordings};
use crate::differences::{Day, check_against_the_frozen_table};
use crate::foulee::Folder;

pub(crate) const WIDE: &str = "minuteStepsWide_merged.csv";
pub(crate) const FOUR: &str = "four_people_minute_hr_steps.csv.gz";
const DAY_MS: i64 = 86_400_000;

/// Steps by person and minute (ms, the file's own clock read as UTC).
type Minutes = BTreeMap<String, BTreeMap<i64, i64>>;
/// Steps by person and day.
type Days = BTreeMap<(String, NaiveDate), i64>;

fn day_of(ms: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(ms).expect("a time").date_naive()
}

fn month_first(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text.split(' ').next().expect("a day"), "%m/%d/%Y").expect("a day")
}

/// The minutes of the wide file: one row an hour.
fn wide_minutes(folder: &Path) -> Minutes {
    let mut minutes = Minutes::new();
    for line in lines_of(&folder.join(WIDE)).1 {
        let cells: Vec<&str> = line.split(',').collect();
        let hour = NaiveDateTime::parse_from_str(cells[1], "%m/%d/%Y %H:%M").expect("an hour");
        let person = minutes.entry(cells[0].to_owned()).or_default();
        for (minute, steps) in (0..).zip(&cells[2..]) {
            let at = hour.and_utc().timestamp_millis() + minute * 60_000;
            assert!(person.insert(at, steps.parse().expect("steps")).is_none(), "{line} comes twice");
        }
    }
    minutes
}

/// The minutes of the joined table of four people.
fn four_minutes(folder: &Path) -> Minutes {
    let mut minutes = Minutes::new();
    for line in lines_of(&folder.join(FOUR)).1 {
        let cells: Vec<&str> = line.split(',').collect();
        let at = NaiveDateTime::parse_from_str(cells[2], "%Y-%m-%d %H:%M:%S").expect("a time");
        let steps = cells[4].parse().expect("steps");
        let person = minutes.entry(cells[0].to_owned()).or_default();
        assert!(person.insert(at.and_utc().timestamp_millis(), steps).is_none(), "{line} comes twice");
    }
    minutes
}

/// The device's own day totals.
fn daily_totals(folder: &Path) -> Days {
    let rows = lines_of(&folder.join("dailySteps_merged.csv")).1;
    let cells = rows.iter().map(|line| line.split(',').collect::<Vec<_>>());
    cells.map(|row| ((row[0].to_owned(), month_first(row[1])), row[2].parse().expect("steps"))).collect()
}

/// Both files' minutes; what both hold must not differ.
fn union(mut all: Minutes, more: Minutes) -> (Minutes, u64) {
    let mut shared = 0;
    for (person, minutes) in more {
        let known = all.entry(person).or_default();
        for (at, steps) in minutes {
            if let Some(before) = known.insert(at, steps) {
                assert_eq!(before, steps, "the files differ at {at}");
                shared += 1;
            }
        }
    }
    (all, shared)
}

/// What `foulee readings` gives back of everybody's steps: minutes, and day totals. No reading may come twice.
fn read_back(folder: &Folder, people: impl Iterator<Item = String>) -> (Minutes, Days) {
    let (mut minutes, mut totals) = (Minutes::new(), Days::new());
    for person in people {
        let line = format!("readings fitabase/{person} --metric steps --from 2016-03-01 --to 2016-06-30");
        let text = folder.say(&line).ok();
        let mut rows = text.lines();
        assert_eq!(
            rows.next(),
            Some("metric,source,grain,start,end,offset,value,unit,seq,rev,how,received_at"),
            "the header is a contract"
        );
        for row in rows {
            let cells: Vec<&str> = row.split(',').collect();
            let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis();
            let (start, end, steps) = (time(cells[3]), time(cells[4]), cells[6].parse().expect("steps"));
            assert_eq!(
                (cells[0], cells[1], cells[5], cells[7]),
                ("steps", "watch////fitbit", "0", "{steps}")
            );
            let known = match (cells[2], end - start) {
                ("epoch", 60_000) => minutes.entry(person.clone()).or_default().insert(start, steps),
                ("total", DAY_MS) => totals.insert((person.clone(), day_of(start)), steps),
                ("total", 3_600_000) => None,
                other => panic!("{other:?} in {row}"),
            };
            assert_eq!(known, None, "{person}: {row} comes twice");
        }
    }
    (minutes, totals)
}

fn by_day(minutes: &Minutes) -> BTreeMap<(String, NaiveDate), Vec<(i64, i64)>> {
    let mut days: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (person, minutes) in minutes {
        for (at, steps) in minutes {
            days.entry((person.clone(), day_of(*at))).or_default().push((*at, *steps));
        }
    }
    days
}

/// Days of minutes laid beside the device's totals, for the days of the wide file that have both.
fn days_with_both(
    minutes: &BTreeMap<(String, NaiveDate), Vec<(i64, i64)>>,
    totals: &Days,
    of: &BTreeSet<(String, NaiveDate)>,
) -> Vec<Day> {
    let mut last: BTreeMap<&str, NaiveDate> = BTreeMap::new();
    for (person, date) in totals.keys() {
        let known = last.entry(person).or_insert(*date);
        *known = (*known).max(*date);
    }
    let both = of.iter().filter_map(|key| Some((key, minutes.get(key)?, *totals.get(key)?)));
    both.map(|(key, minutes, device_total)| Day {
        person: key.0.clone(),
        date: key.1,
        minutes: minutes.len(),
        minutes_sum: minutes.iter().map(|(_, steps)| steps).sum(),
        device_total,
        last_total: last[key.0.as_str()] == key.1,
    })
    .collect()
}

#[test]
fn the_imported_minutes_are_the_files_and_what_the_device_totals_differ_by_is_listed() {
    let Some(source) = recordings("fitabase") else { return };
    let folder = Folder::new();
    let path = source.to_str().expect("a path");
    let import = ["import", "--study", "fitabase", "--time-zone", "UTC", "--json", path];
    let summary = folder.run(import).json();
    assert_eq!(
        (&summary["rejected"], summary["participants"].as_array().map(Vec::len)),
        (&0.into(), Some(33))
    );

    let wide = wide_minutes(&source);
    let (all, shared) = union(wide.clone(), four_minutes(&source));
    let (minutes, totals) = read_back(&folder, all.keys().cloned());

    let (file_days, days) = (by_day(&wide), by_day(&minutes));
    let equal = file_days.iter().filter(|(key, file)| days.get(*key) == Some(file)).count();
    println!(
        "imported minutes: {} people, {equal} of {} person-days of {WIDE} equal minute by minute; with the joined table \
         {} person-days, {} minutes, {shared} of them in both files",
        minutes.len(),
        file_days.len(),
        days.len(),
        minutes.values().map(BTreeMap::len).sum::<usize>()
    );
    assert_eq!((minutes.len(), equal, file_days.len(), shared), (33, 919, 919, 77_566));
    assert_eq!(days.len(), by_day(&all).len());
    assert!(minutes == all, "a minute is there that no file has, or the other way round");

    let source_totals = daily_totals(&source);
    assert_eq!(totals.len(), 940);
    assert!(totals == source_totals, "the device's day totals are not the file's");

    let of: BTreeSet<_> = file_days.keys().cloned().collect();
    let here = days_with_both(&days, &totals, &of);
    let there = days_with_both(&file_days, &source_totals, &of);
    let agree = |days: &[Day]| days.iter().filter(|day| day.difference() == 0).count();
    println!(
        "device's day totals: {} person-days have both; {} agree in the source, {} here, {} differ",
        here.len(),
        agree(&there),
        agree(&here),
        here.len() - agree(&here)
    );
    assert_eq!((there.len(), agree(&there)), (903, 747));
    assert_eq!(here, there);
    check_against_the_frozen_table(&here);
}

#[test]
fn minutes_that_two_files_share_are_stored_once_and_counted_as_known() {
    let Some(source) = recordings("fitabase") else { return };
    let folder = Folder::new();
    let (wide, four) = (source.join(WIDE), source.join(FOUR));
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let study = ["import", "--study", "fitabase", "--time-zone", "UTC", "--json"];
    let first = folder.run(study.iter().map(|word| (*word).to_owned()).chain([text(&wide)])).json();
    let map = "Time=time,Id=participant,HeartRate=heart_rate,Steps=steps";
    let named = ["--map", map, "--source", "fitbit"].map(str::to_owned);
    let second =
        folder.run(study.iter().map(|word| (*word).to_owned()).chain(named).chain([text(&four)])).json();
    let readings = folder.say("store stats --json").json()["readings"].as_u64();
    println!(
        "two files: {} + {} accepted, {} known before, {:?} stored",
        first["accepted"], second["accepted"], second["duplicate"], readings
    );
    assert_eq!((&first["accepted"], &first["duplicate"]), (&1_298_700.into(), &0.into()));
    assert_eq!((&second["accepted"], &second["duplicate"]), (&233_320.into(), &77_566.into()));
    assert_eq!(second["participants"].as_array().map(Vec::len), Some(4));
    assert_eq!(readings, Some(1_298_700 + 233_320 - 77_566));

    let (all, shared) = union(wide_minutes(&source), four_minutes(&source));
    let four_people: Vec<String> = four_minutes(&source).into_keys().collect();
    let (minutes, _) = read_back(&folder, four_people.iter().cloned());
    let stored: usize = minutes.values().map(BTreeMap::len).sum();
    let expected: usize = four_people.iter().map(|person| all[person].len()).sum();
    println!(
        "their {} people: {stored} minutes read back, none twice, {shared} of them in both files",
        four_people.len()
    );
    assert_eq!((stored, shared), (expected, 77_566));
    assert!(four_people.iter().all(|person| minutes[person] == all[person]));
}
