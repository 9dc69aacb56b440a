//! Fitbit's and Google Health's archives and answers, written from public descriptions: not yet tried on a real export.

use std::io::Write as _;

use foulee_contract::{How, SourceKind};
use foulee_ingest::import::Options;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::memory::{Memory, lines, one_person, read, refused, run, study, written};
use crate::samples::google_health::{BEATS, POINTS, STEPS, STEPS_CSV, day};
use crate::samples::packed::gzipped;

fn sources(memory: &Memory) -> Vec<String> {
    let mut sources: Vec<String> = memory.readings.keys().map(|key| key.1.clone()).collect();
    sources.sort();
    sources.dedup();
    sources
}

#[test]
fn a_takeouts_times_are_utc_and_a_listed_zero_is_a_reading() {
    let (summary, memory) = read("steps-2023-02-26.json", STEPS, &one_person(""));
    assert_eq!(
        lines(&memory),
        [
            "steps epoch 2023-02-25T13:17:00Z +60s 0 @?",
            "steps epoch 2023-02-25T13:52:00Z +60s 5 @?",
            "steps epoch 2023-02-25T13:53:00Z +60s 61 @?",
        ]
    );
    assert_eq!((summary.files[0].format, summary.refused()), ("fitbit-takeout-steps", false));
    let (summary, memory) = read("heart_rate-2023-01-26.json", BEATS, &one_person(""));
    assert_eq!(lines(&memory), ["heart_rate sample 2023-01-25T13:00:07Z +0s 540 @?"]);
    assert_eq!((summary.files[0].format, summary.refused()), ("fitbit-takeout-heart-rate", false));
    assert_eq!(sources(&memory), ["watch////fitbit"]);
}

#[test]
fn a_minute_that_fitabase_has_too_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let fitabase = "ActivityMinute,Steps\n2/25/2023 2:52:00 PM,5\n2/25/2023 2:54:00 PM,7\n";
    written(folder.path(), "p_minuteStepsNarrow.csv", fitabase);
    written(folder.path(), "steps-2023-02-26.json", STEPS);
    let mut memory = Memory::default();
    let summary = run(folder.path(), &one_person("Europe/Paris"), &mut memory).unwrap();
    assert_eq!((summary.accepted, summary.duplicate), (5, Some(1)));
    assert_eq!((memory.readings.len(), sources(&memory)), (4, vec!["watch////fitbit".to_owned()]));
    // The zone that one of them was read in stays known.
    assert!(lines(&memory).contains(&"steps epoch 2023-02-25T13:52:00Z +60s 5 @60".to_owned()));
}

#[test]
fn nothing_in_an_archive_says_whose_it_is() {
    for (name, text) in
        [("steps-2023-02-26.json", STEPS), ("steps_2026-10-01.csv", STEPS_CSV), ("a.json", POINTS)]
    {
        assert!(refused(name, text, &study("UTC")).contains("--participant ID"), "{name}");
    }
    let named = Options { source: Some("charge".to_owned()), kind: Some(SourceKind::Ring), ..one_person("") };
    let (_, memory) = read("steps-2023-02-26.json", STEPS, &named);
    assert_eq!(sources(&memory), ["ring////charge"]);
    assert!(refused("steps_2026-10-01.csv", STEPS_CSV, &named).contains("leave out --source"));
}

#[test]
fn a_takeouts_tables_name_who_measured() {
    let (summary, memory) = read("steps_2026-10-01.csv", STEPS_CSV, &one_person(""));
    assert_eq!(
        lines(&memory),
        [
            "steps epoch 2026-10-01T06:15:00Z +60s 80 @?",
            "steps epoch 2026-10-01T06:16:00Z +60s 9 @?",
            "steps epoch 2026-10-01T06:15:00Z +60s 84 @?",
        ]
    );
    let found = sources(&memory);
    assert_eq!(
        (found.len(), found[0].as_str(), found[2].as_str()),
        (3, "phone/google-health/fitbit", "watch////fitbit")
    );
    assert!(found[1].starts_with("unknown/google-health///") && !format!("{found:?}").contains("zo"));
    assert_eq!((summary.files[0].not_kept[0].count, summary.refused()), (1, false));

    let older = "timestamp,beats per minute\n2024-10-27T00:00:04Z,65.0\n2024-10-27T00:00:09Z,x\n";
    let (summary, memory) = read("heart_rate_2024-10-27.csv", older, &one_person(""));
    assert_eq!(lines(&memory), ["heart_rate sample 2024-10-27T00:00:04Z +0s 650 @?"]);
    assert_eq!((summary.rejected, sources(&memory)), (1, vec!["watch////fitbit".to_owned()]));
    let local = older.replace('Z', "");
    assert!(refused("heart_rate_2024-10-27.csv", &local, &one_person("")).contains("--time-zone"));
}

#[test]
fn an_archives_other_files_have_a_reason_each() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("Takeout/Fitbit");
    let minutes = "timestamp,steps,distance millimeters\n2026-09-12T05:00:00Z,99,1\n";
    for (name, text) in [
        ("Global Export Data/steps-2023-02-26.json", STEPS),
        ("Global Export Data/calories-2023-02-26.json", STEPS),
        ("Global Export Data/altitude-2023-02-26.json", STEPS),
        (
            "Global Export Data/resting_heart_rate-2023-01-01.json",
            "[{\"dateTime\":\"01/01/23 00:00:00\",\"value\":{\"value\":60.1}}]",
        ),
        (
            "Global Export Data/time_in_heart_rate_zones-2023-01-01.json",
            "[{\"dateTime\":\"01/01/23 00:00:00\",\"value\":{}}]",
        ),
        ("Global Export Data/exercise-100.json", "[{\"startTime\":\"01/01/23 00:00:00\",\"steps\":900}]"),
        ("Physical Activity_GoogleData/live_pace_2026-09-12.csv", minutes),
        (
            "Physical Activity_GoogleData/daily_resting_heart_rate.csv",
            "timestamp,beats per minute,data source\n2026-09-20T00:00:00Z,60.25,Watch\n",
        ),
        ("Sleep Score/sleep_score.csv", "timestamp,overall_score,heart_rate\n2026-09-20T00:00:00Z,80,60\n"),
        ("Novel Feature/mystery.json", "{\"a\":1}"),
        ("Sleep/README.txt", "Sleep\n"),
    ] {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut memory = Memory::default();
    let summary = run(folder.path(), &one_person("UTC"), &mut memory).unwrap();
    assert_eq!((summary.files.len(), summary.accepted, summary.skipped.len()), (1, 3, 10), "{summary:?}");
    assert!(!summary.refused());
    for skipped in &summary.skipped {
        assert!(skipped.why.starts_with("Fitbit and Google Health: "), "{skipped:?}");
    }
    let again = run(folder.path(), &one_person("UTC"), &mut memory).unwrap();
    assert_eq!((again.new, again.duplicate), (Some(0), Some(3)));
}

#[test]
fn the_archive_itself_is_read_like_its_folder() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        ("Takeout/Fitbit/Global Export Data/steps-2023-02-26.json", STEPS),
        ("Takeout/Fitbit/x.csv", "a,b\n1,2\n"),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "takeout.zip", zip.finish().unwrap().into_inner());
    let summary = run(&path, &one_person(""), &mut Memory::default()).unwrap();
    assert_eq!((summary.accepted, summary.skipped.len(), summary.refused()), (3, 1, false), "{summary:?}");
    let path = written(folder.path(), "steps-2023-02-26.json.gz", gzipped(STEPS.as_bytes()));
    assert_eq!(run(&path, &one_person(""), &mut Memory::default()).unwrap().accepted, 3);
}

#[test]
fn a_day_of_the_web_api_is_minutes_and_a_total() {
    let text = day("2023-02-27", &["0", "7", "\"8\"", "[]"]);
    let (summary, memory) = read("p.json", &text, &study("Europe/Paris"));
    assert_eq!(
        lines(&memory),
        [
            "steps epoch 2023-02-26T23:00:00Z +60s 0 @60",
            "steps epoch 2023-02-26T23:01:00Z +60s 7 @60",
            "steps epoch 2023-02-26T23:02:00Z +60s 8 @60",
            "steps total 2023-02-26T23:00:00Z +86400s 16053 @60",
        ]
    );
    assert_eq!((summary.rejected, sources(&memory)), (1, vec!["watch////fitbit".to_owned()]));
    assert!(refused("p.json", &text, &one_person("")).contains("--time-zone"));
    // Several, as a list and one a line; and the day that has 25 hours.
    let days = [day("2023-10-28", &["1"]), day("2023-10-29", &["2"])];
    for text in [format!("[{}]", days.join(",")), days.join("\n")] {
        let (summary, memory) = read("p.json", &text, &study("Europe/Paris"));
        assert_eq!((summary.accepted, summary.rejected), (4, 0), "{summary:?}");
        assert!(lines(&memory).contains(&"steps total 2023-10-28T22:00:00Z +90000s 16053 @120".to_owned()));
    }
}

#[test]
fn heart_rate_by_the_second_is_instants_and_by_the_minute_means() {
    let text = |unit: &str| {
        format!(
            "{{\"activities-heart\":[{{\"dateTime\":\"2020-10-07\",\"value\":{{\"restingHeartRate\":72}}}}],\"activities-heart-intraday\":\
             {{\"dataset\":[{{\"time\":\"00:00:00\",\"value\":68}},{{\"time\":\"00:01:00\",\"value\":67}}],{unit}}}}}"
        )
    };
    let seconds = text("\"datasetInterval\":1,\"datasetType\":\"second\"");
    let (summary, memory) = read("p.json", &seconds, &one_person("UTC"));
    assert_eq!(lines(&memory)[0], "heart_rate sample 2020-10-07T00:00:00Z +0s 680 @0");
    assert_eq!((summary.accepted, summary.files[0].not_kept[0].count), (2, 1));
    let (_, memory) =
        read("p.json", &text("\"datasetInterval\":1,\"datasetType\":\"minute\""), &one_person("UTC"));
    assert_eq!(lines(&memory)[0], "heart_rate epoch 2020-10-07T00:00:00Z +60s 680 @0");
    let (_, memory) =
        read("p.json", &text("\"datasetInterval\":5,\"datasetType\":\"minute\""), &one_person("UTC"));
    assert_eq!(lines(&memory)[0], "heart_rate sample 2020-10-07T00:00:00Z +300s 680 @0");
}

#[test]
fn an_answer_that_is_cut_keeps_what_came_before() {
    let text = day("2023-02-27", &["0", "7", "8", "9"]);
    let cut = &text[..text.find("00:03:00").unwrap()];
    let (summary, memory) = read("p.json", cut, &one_person("UTC"));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (4, true), "{summary:?}");
    let (summary, memory) = read("steps-2023-02-26.json", &STEPS[..STEPS.len() - 20], &one_person(""));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (2, true));
    let (summary, memory) = read("p.json", &POINTS[..POINTS.find("4000").unwrap()], &one_person(""));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (2, true));
}

#[test]
fn data_points_name_their_devices() {
    let (summary, memory) = read("points.json", POINTS, &one_person(""));
    assert_eq!(
        lines(&memory),
        [
            "steps sample 2026-03-09T05:30:00Z +3600s 4000 @?",
            "steps sample 2026-03-09T03:30:05.250Z +534s 125 @?",
            "steps epoch 2026-03-09T03:30:00Z +60s 0 @120",
            "heart_rate sample 2026-03-09T03:30:07Z +0s 720 @-210",
        ]
    );
    let found = sources(&memory);
    assert_eq!(
        (found[0].as_str(), found[1].as_str()),
        ("manual/google-health", "phone/google-health.health_kit")
    );
    assert!(found.len() == 3 && found[2].starts_with("watch/google-health/fitbit//"), "{found:?}");
    let file = &summary.files[0];
    assert_eq!((file.not_kept[0].what.as_str(), file.rejected), ("sleep", 0));
    assert!(memory.readings.values().any(|provenance| provenance.how == How::Manual));
    // The points alone, as a list.
    let list = &POINTS[POINTS.find('[').unwrap()..=POINTS.rfind(']').unwrap()];
    let (_, alone) = read("points.json", list, &one_person(""));
    assert_eq!(alone.readings, memory.readings);
    let rollups = "{\"rollupDataPoints\":[{\"steps\":{\"countSum\":\"9\"}}]}";
    assert!(read("r.json", rollups, &one_person("")).0.skipped[0].why.contains("roll-ups"));
}

#[test]
fn what_is_wrong_in_an_element_costs_that_element() {
    let bad = [
        "{\"dateTime\":\"13/25/23 13:17:00\",\"value\":\"1\"}",
        "{\"dateTime\":[],\"value\":\"1\"}",
        "{\"dateTime\":\"02/25/23 14:17:00\",\"value\":{}}",
        "{\"dateTime\":\"02/25/23 14:17:00\",\"value\":\"one\"}",
        "{\"dateTime\":\"02/25/23 14:17:00\",\"value\":1e40}",
        "{\"value\":\"1\"}",
        "{\"dateTime\" \"02/25/23 14:17:00\"}",
        "7",
        "null",
        &format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
        &format!("{{\"dateTime\":\"02/25/23 14:17:00\",\"note\":\"{}\"}}", "x".repeat(2 << 20)),
    ];
    let text = STEPS.replace("},{", &format!("}},{},{{", bad.join(",")));
    let (summary, memory) = read("steps-2023-02-26.json", &text, &one_person(""));
    assert_eq!((memory.readings.len(), summary.rejected), (3, 22), "{summary:?}");
    assert!(!summary.files[0].cut_short);
    let (summary, _) = read("steps-2023-02-26.json", "[]", &one_person(""));
    assert_eq!((summary.accepted, summary.refused()), (0, false));
}

#[test]
fn a_long_file_is_read_in_batches_and_in_any_order() {
    let element = |n: i64| {
        let (minute, day) = (n % 1440, n / 1440 + 1);
        format!(
            "{{\"dateTime\":\"01/{day:02}/23 {:02}:{:02}:00\",\"value\":\"{}\"}}",
            minute / 60,
            minute % 60,
            n % 90
        )
    };
    let elements: Vec<String> = (0..40_000).map(element).collect();
    let (summary, memory) =
        read("steps-2023-01-01.json", &format!("[{}]", elements.join(",")), &one_person(""));
    assert_eq!((summary.accepted, memory.readings.len(), memory.largest), (40_000, 40_000, 20_000));
    let backwards: Vec<&str> = elements.iter().rev().map(String::as_str).collect();
    let (_, other) = read("steps-2023-01-01.json", &format!("[{}]", backwards.join(",\n")), &one_person(""));
    assert_eq!(other.readings, memory.readings);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_and_no_flipped_byte_stops_an_import(
        which in 0..5_usize,
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6),
        cut in any::<Index>(),
        is_cut in any::<bool>(),
    ) {
        let intraday = day("2023-02-27", &["0", "7", "8", "9"]);
        let (name, text) = [
            ("steps-2023-02-26.json", STEPS),
            ("heart_rate-2023-01-26.json", BEATS),
            ("steps_2026-10-01.csv", STEPS_CSV),
            ("points.json", POINTS),
            ("day.json", intraday.as_str()),
        ][which];
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path(), name, bytes);
        let mut memory = Memory::default();
        // Some flips make it another format's file, of which something may be missing in the options.
        if run(&path, &one_person("UTC"), &mut memory).is_ok() {
            let again = run(&path, &one_person("UTC"), &mut memory).expect("the same file");
            prop_assert_eq!(again.new, Some(0));
        }
    }
}
