//! Real recordings, where they are at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use foulee_contract::{Grain, Metric};
use foulee_ingest::import::{Options, Summary};

use crate::memory::{Memory, one_person, person, run, study, written};

/// The folder of recordings, or none, said aloud.
pub(crate) fn data(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FOULEE_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let path = root.join(folder);
    if path.exists() {
        return Some(path);
    }
    assert_ne!(std::env::var("FOULEE_TEST_REQUIRE_DATA").as_deref(), Ok("1"), "{} is absent", path.display());
    println!("left out: {} is absent", path.display());
    None
}

fn text_of(path: &Path) -> String {
    let bytes = fs::read(path).expect("readable");
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
    } else {
        text = String::from_utf8(bytes).expect("UTF-8");
    }
    text
}

/// Rows of a file by the csv crate, which the importers do not use.
pub(crate) fn rows_of(path: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(text_of(path).as_bytes()).records().map(|row| row.expect("a row")).collect()
}

fn month_first(text: &str) -> NaiveDate {
    let day = text.split(' ').next().expect("a day");
    NaiveDate::parse_from_str(day, "%m/%d/%Y").expect("a day")
}

fn file<'s>(summary: &'s Summary, name: &str) -> &'s foulee_ingest::import::FileSummary {
    summary.files.iter().find(|f| f.path.to_string_lossy().contains(name)).expect("the file was read")
}

type Days = BTreeMap<(foulee_contract::ParticipantId, NaiveDate), i64>;

/// Steps a person and local day: of the minutes, and the device's own totals.
fn days_of(memory: &Memory) -> (Days, Days) {
    let (mut minutes, mut totals) = (Days::new(), Days::new());
    for ((who, _, metric, grain, tuple), provenance) in &memory.readings {
        if *metric != Metric::Steps {
            continue;
        }
        let local_ms = tuple.start_ms + i64::from(provenance.offset_minutes.expect("an offset")) * 60_000;
        let day = chrono::DateTime::from_timestamp_millis(local_ms).expect("a time").date_naive();
        let value = tuple.value.present().expect("a value");
        match grain {
            Grain::Epoch => *minutes.entry((*who, day)).or_default() += value,
            Grain::Total if tuple.end_ms - tuple.start_ms > 20 * 3_600_000 => {
                totals.insert((*who, day), value);
            }
            _ => {}
        }
    }
    (minutes, totals)
}

#[test]
fn a_whole_fitabase_folder_is_read_once_however_often_it_is_imported() {
    let Some(folder) = data("fitabase") else { return };
    let mut memory = Memory::default();
    let summary = run(&folder, &study("Europe/Paris"), &mut memory).unwrap();
    assert_eq!((summary.rejected, summary.participants.len(), summary.refused()), (0, 33, false));
    let wide = file(&summary, "minuteStepsWide");
    assert_eq!((wide.format, wide.accepted), ("fitabase-minute-steps-wide", 1_298_700));
    // The joined table came first; what both hold is the same device by another path.
    assert_eq!((wide.new, wide.duplicate), (Some(1_298_700 - 77_566), Some(77_566)));
    assert_eq!(file(&summary, "four_people").new, Some(2 * 116_660));
    assert_eq!(file(&summary, "hourlySteps").new, Some(22_099));
    assert_eq!(file(&summary, "dailyActivity").new, Some(940));
    assert_eq!(file(&summary, "dailySteps").duplicate, Some(940));
    let skipped: Vec<_> =
        summary.skipped.iter().map(|s| (s.path.file_name().unwrap(), s.why.as_str())).collect();
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    assert!(skipped[0].1.contains("intensities") && skipped[1].1.contains("sleep"), "{skipped:?}");
    assert!(memory.largest <= 20_000 && memory.grids > 60, "{} in {} grids", memory.largest, memory.grids);

    let before = memory.readings.len();
    let again = run(&folder, &study("Europe/Paris"), &mut memory).unwrap();
    assert_eq!((again.new, again.duplicate), (Some(0), Some(summary.accepted)));
    assert_eq!(memory.readings.len(), before);
}

#[test]
fn a_persons_day_sums_to_what_the_file_says() {
    let Some(folder) = data("fitabase") else { return };
    let mut memory = Memory::default();
    for name in ["minuteStepsWide_merged.csv", "dailySteps_merged.csv"] {
        run(&folder.join(name), &study("Europe/Paris"), &mut memory).unwrap();
    }
    let mut expected = Days::new();
    for row in rows_of(&folder.join("minuteStepsWide_merged.csv")) {
        let sum: i64 = row.iter().skip(2).map(|cell| cell.parse::<i64>().unwrap()).sum();
        *expected.entry((person(&row[0]), month_first(&row[1]))).or_default() += sum;
    }
    let (minutes, totals) = days_of(&memory);
    assert_eq!((minutes.len(), totals.len()), (919, 940));
    assert_eq!(minutes, expected);
    let both: Vec<_> =
        totals.iter().filter_map(|(day, total)| minutes.get(day).map(|sum| sum == total)).collect();
    assert_eq!((both.len(), both.iter().filter(|equal| **equal).count()), (903, 747));
}

#[test]
fn a_minute_table_meets_the_wide_file_by_the_name_of_its_source() {
    let Some(folder) = data("fitabase") else { return };
    let table = folder.join("four_people_minute_hr_steps.csv.gz");
    let mut memory = Memory::default();
    run(&folder.join("minuteStepsWide_merged.csv"), &study("Asia/Tokyo"), &mut memory).unwrap();
    let map = "Time=time,Id=participant,HeartRate=heart_rate,Steps=steps".parse().unwrap();
    let named = Options { map, source: Some("fitbit".into()), ..study("Asia/Tokyo") };
    let summary = run(&table, &named, &mut memory).unwrap();
    assert_eq!((summary.accepted, summary.duplicate), (2 * 116_660, Some(77_566)));
    assert_eq!((summary.files[0].format, summary.participants.len()), ("minute-table", 4));
    // Found without names, its columns and its device are the same.
    let again = run(&table, &study("Asia/Tokyo"), &mut memory).unwrap();
    assert_eq!((again.accepted, again.new), (2 * 116_660, Some(0)));
}

#[test]
fn one_persons_files_are_told_apart_by_their_names() {
    let Some(folder) = data("fitbit-sync") else { return };
    let mut memory = Memory::default();
    let summary = run(&folder, &study("Asia/Tokyo"), &mut memory).unwrap();
    let people: Vec<_> = summary.participants.iter().filter_map(|p| p.external_id.as_deref()).collect();
    assert_eq!((people, summary.rejected, summary.duplicate), (vec!["name1", "name2", "name3"], 0, Some(0)));
    let count = |metric, grain| memory.readings.keys().filter(|k| (k.2, k.3) == (metric, grain)).count();
    assert_eq!(count(Metric::Sync, Grain::Sample), 1_025 + 695 + 1_234);
    assert_eq!(count(Metric::Worn, Grain::Total), 3 * 1_493);
    assert_eq!(count(Metric::Steps, Grain::Total), 81 + 147 + 141);
    assert_eq!(count(Metric::Steps, Grain::Epoch), 116_640);
    assert_eq!(summary.skipped.len(), 1, "the licence");
    let (minutes, totals) = days_of(&memory);
    let equal = minutes.iter().filter(|(day, sum)| totals.get(day) == Some(sum)).count();
    println!("name1: minutes equal the device's total on {equal} of {} days", minutes.len());
    assert_eq!(minutes.len(), 81);
}

#[test]
fn a_live_stream_keeps_counters_as_they_are() {
    let Some(folder) = data("garmin-stream") else { return };
    let mut memory = Memory::default();
    // Its times carry their offset, so no zone is needed.
    let summary = run(&folder.join("data.csv"), &one_person(""), &mut memory).unwrap();
    assert_eq!((summary.files[0].format, summary.rejected), ("garmin-stream", 0));
    let count = |metric| memory.readings.keys().filter(|k| k.2 == metric).count();
    // 8,748 heart rates, one of them -1: none was measured.
    assert_eq!([Metric::RrInterval, Metric::HeartRate, Metric::StepCounter].map(count), [14_316, 8_747, 96]);
    assert!(memory.readings.values().all(|provenance| provenance.offset_minutes == Some(120)));
}

#[test]
fn recordings_of_other_kinds_are_skipped_and_never_misread() {
    let Some(root) = data("README.md").and_then(|readme| readme.parent().map(Path::to_owned)) else { return };
    for folder in "actigraph golden lifesnaps lumbar nhanes phone-steps rr selfback".split(' ') {
        let mut memory = Memory::default();
        let summary = run(&root.join(folder), &study("Europe/Paris"), &mut memory).unwrap();
        assert!(summary.files.is_empty() && memory.readings.is_empty(), "{folder}: {:?}", summary.files);
        assert!(!summary.skipped.is_empty() && !summary.refused(), "{folder}");
    }
}

#[test]
fn a_cut_archive_keeps_what_was_read_and_says_so() {
    let Some(folder) = data("fitabase") else { return };
    let whole = folder.join("four_people_minute_hr_steps.csv.gz");
    let bytes = fs::read(&whole).unwrap();
    let cut_folder = tempfile::tempdir().unwrap();
    let cut = written(cut_folder.path(), "four_people.csv.gz", &bytes[..bytes.len() / 2]);
    let mut memory = Memory::default();
    let summary = run(&cut, &study("Europe/Paris"), &mut memory).unwrap();
    assert!(summary.refused() && summary.accepted > 50_000, "{}", summary.accepted);
    let rejection = &summary.files[0].rejections[0];
    assert_eq!((rejection.count, summary.rejected), (1, 1));
    assert!(rejection.example.contains("ends early"), "{}", rejection.example);

    let kept: BTreeSet<_> = memory.readings.keys().cloned().collect();
    let complete = run(&whole, &study("Europe/Paris"), &mut memory).unwrap();
    assert_eq!(complete.duplicate, Some(kept.len() as u64), "no reading was made of a row cut short");
}
