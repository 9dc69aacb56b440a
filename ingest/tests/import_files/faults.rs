//! What users and files get wrong.

use std::path::PathBuf;

use foulee_contract::RejectCode;
use foulee_ingest::import::{ImportError, Options, SinkError, import};

use crate::memory::{Memory, Registry, one_person, read, read_bytes, refused, run, study, written};
use crate::samples::packed::zipped;

#[test]
fn a_bad_row_costs_that_row() {
    let long = "x".repeat(500);
    let text = format!(
        "Id,ActivityMinute,Steps\n7,4/12/2016 0:01,9\n7,4/31/2016 0:01,9\n7,4/12/2016 0:02,nine\n7,4/12\n\
         ,4/12/2016 0:03,9\n7,4/12/2016 0:04,9,{long}\n\"7,4/12/2016 0:05,9\n7,4/12/2016 0:06,99999\n7,4/12/2016 0:07,9\n"
    );
    let (summary, memory) = read("t.csv", &text, &study("UTC"));
    assert_eq!((memory.readings.len(), summary.accepted, summary.rejected), (2, 2, 7));
    let rejections = &summary.files[0].rejections;
    let counts: Vec<_> = rejections.iter().map(|r| (r.code, r.count)).collect();
    assert_eq!(counts, [(RejectCode::ValueOutOfRange, 1), (RejectCode::Unreadable, 6)]);
    // What the sink refuses goes back to its line.
    assert!(rejections[0].example.starts_with("line 9: steps 99999"), "{}", rejections[0].example);
    assert_eq!(rejections[1].example, "line 3: 7,4/31/2016 0:01,9");
    assert!(rejections.iter().all(|r| r.example.chars().count() <= 80));
}

#[test]
fn an_id_that_cannot_be_a_pseudonym_costs_its_rows() {
    let row = |who: &str, minute: u8| format!("{who},2026-03-02T10:{minute:02}:00Z,70,9\n");
    let people = ["P1", "Marie Curie", "Marie Curie", "P2", "Marie Curie", "P3"];
    let rows: String = (0..).zip(people).map(|(minute, who)| row(who, minute)).collect();
    let (summary, _) = read("t.csv", &format!("participant,time,heart_rate,steps\n{rows}"), &study(""));
    assert_eq!((summary.accepted, summary.rejected, summary.refused()), (6, 3, true));
    let ids: Vec<_> =
        summary.participants.iter().filter_map(|person| person.external_id.as_deref()).collect();
    assert_eq!(ids, ["P1", "P2", "P3"]);
    let rejection = &summary.files[0].rejections[0];
    assert_eq!((rejection.code, rejection.count), (RejectCode::IdNotAdmitted, 3));
    assert_eq!(rejection.example, "line 3: \"Marie Curie\": it may not hold ' '");
}

#[test]
fn what_the_store_refuses_is_shown_as_the_file_has_it() {
    for (name, text, shown) in [
        ("a.csv", "time,heart_rate\n2016-04-02T10:00:00Z,700.5\n", "line 2: heart_rate 700.5; "),
        ("b.csv", "time,heart_rate\n2016-04-02T10:00:00Z,700\n", "line 2: heart_rate 700; "),
        ("fitbitWearTimeViaHR.csv", "Day,TotalMinutesWearTime\n4/12/2016,9000\n", "line 2: worn 9000; "),
    ] {
        let (summary, _) = read(name, text, &one_person("UTC"));
        let example = &summary.files[0].rejections[0].example;
        assert!(example.starts_with(shown), "{example}");
    }
}

#[test]
fn a_word_of_a_refused_row_is_not_shown() {
    let good = "time,steps,watch\n2016-04-30T10:00:00Z,1,Montre de Zoé\n";
    for (row, shown) in [
        ("hier,1,Montre de Zoé\n", "line 3: …,1,…"),
        ("2016-04-32T10:00:00Z,1,Montre de Zoé\n", "line 3: 2016-04-32T10:00:00Z,1,…"),
    ] {
        let (summary, _) = read("t.csv", &format!("{good}{row}"), &one_person(""));
        assert_eq!(summary.files[0].rejections[0].example, shown);
    }
}

#[test]
fn a_bad_minute_leaves_its_hour() {
    let names: Vec<String> = (0..60).map(|m| format!("Steps{m:02}")).collect();
    let values: Vec<String> = (0..60).map(|m| if m == 7 { "x".into() } else { m.to_string() }).collect();
    let text = format!("Id,ActivityHour,{}\n7,4/13/2016 0:00,{}\n", names.join(","), values.join(","));
    let (summary, _) = read("t.csv", &text, &study("UTC"));
    assert_eq!((summary.accepted, summary.rejected), (59, 1));
    assert_eq!(summary.files[0].rejections[0].example, "line 2: Steps07 of 4/13/2016 0:00: x");
}

#[test]
fn a_local_time_needs_a_zone_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "a.csv", "time,steps\n2016-04-02T10:00:00Z,1\n");
    written(folder.path(), "b.csv", "time,steps\n2016-04-02 10:00:00,1\n");
    let mut memory = Memory::default();
    let error = run(folder.path(), &one_person(""), &mut memory).unwrap_err().to_string();
    assert!(error.contains("b.csv") && error.contains("--time-zone Europe/Paris"), "{error}");
    assert!(memory.readings.is_empty());
}

#[test]
fn several_people_are_never_merged_into_one() {
    let text = "Id,ActivityMinute,Steps\n7,4/12/2016 0:01,9\n8,4/12/2016 0:01,9\n9,4/12/2016 0:01,9\n";
    let error = refused("t.csv", text, &one_person("UTC"));
    assert!(error.contains("t.csv") && error.contains('3') && error.contains("--study"), "{error}");
    // Nor over several files, each with one.
    let folder = tempfile::tempdir().unwrap();
    for id in [7, 8] {
        written(
            folder.path(),
            &format!("{id}.csv"),
            format!("Id,ActivityMinute,Steps\n{id},4/12/2016 0:01,9\n"),
        );
    }
    let error = run(folder.path(), &one_person("UTC"), &mut Memory::default()).unwrap_err();
    assert!(matches!(error, ImportError::ManyPeople { people: 2, .. }), "{error}");
    let (summary, _) = read("t.csv", "Id,ActivityMinute,Steps\n7,4/12/2016 0:01,9\n", &one_person("UTC"));
    assert_eq!((summary.accepted, summary.participants[0].external_id.as_deref()), (1, None));
}

#[test]
fn a_map_that_does_not_fit_names_the_column_and_what_there_is() {
    let mapped = |map: &str| Options { map: map.parse().unwrap(), ..one_person("UTC") };
    let text = "wann,puls\n2016-04-02 10:00,70\n";
    let error = refused("t.csv", text, &mapped("wann=time,pulse=heart_rate"));
    assert!(error.contains("\"pulse\"") && error.contains("wann, puls"), "{error}");
    let error = refused("t.csv", text, &mapped("puls=heart_rate"));
    assert!(error.contains("as time") && error.contains("wann, puls"), "{error}");
    let error = refused("t.csv", text, &mapped("wann=time"));
    assert!(error.contains("a metric"), "{error}");
    let error = refused("t.csv", "a,b,c\n2016-04-02 10:00,70,71\n", &mapped("a=time,b=steps,c=steps"));
    assert!(error.contains("twice"), "{error}");
    let error = "puls=hart_rate".parse::<foulee_ingest::import::ColumnMap>().unwrap_err().to_string();
    assert!(error.contains("puls=hart_rate") && error.contains("known targets: time, end"), "{error}");
}

#[test]
fn a_folders_unknown_files_are_skipped_and_a_named_one_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    written(folder.path(), "inner/a_minuteStepsNarrow.csv", "ActivityMinute,Steps\n4/12/2016 0:01,9\n");
    let unknown = written(folder.path(), "notes.txt", "Dear diary,\nnothing today\n");
    written(folder.path(), "photo.jpg", [0xff, 0xd8, 0, 1]);
    written(folder.path(), "sleepDay.csv", "Id,SleepDay,TotalSleepRecords\n7,4/12/2016,1\n");
    written(folder.path(), "empty.csv", "");
    let summary = run(folder.path(), &study("UTC"), &mut Memory::default()).unwrap();
    assert_eq!((summary.accepted, summary.skipped.len(), summary.refused()), (1, 4, false));
    assert_eq!(summary.participants[0].external_id.as_deref(), Some("a"));
    assert!(summary.skipped.iter().all(|skipped| !skipped.why.is_empty()));

    written(folder.path(), "damaged.zip", b"PK\x03\x04....");
    let summary = run(folder.path(), &study("UTC"), &mut Memory::default()).unwrap();
    assert_eq!((summary.accepted, summary.skipped.len(), summary.refused()), (1, 5, true));

    let missing = folder.path().join("missing.csv");
    let paths = [unknown, missing, folder.path().join("inner")];
    let summary = import(&paths, &study("UTC"), &mut Registry, &mut Memory::default(), &mut |_| ()).unwrap();
    assert_eq!((summary.accepted, summary.skipped.len(), summary.refused()), (1, 2, true));
    let known = folder.path().join("sleepDay.csv");
    assert!(!run(&known, &study("UTC"), &mut Memory::default()).unwrap().refused(), "known, and not kept");
}

#[test]
fn what_a_table_does_not_say_is_not_guessed() {
    let days = "time,steps\n4/5/2016 10:00,1\n";
    let error = refused("t.csv", days, &one_person("UTC"));
    assert!(error.contains("4/5/2016 10:00") && error.contains("2016-12-31"), "{error}");
    let (summary, _) = read("t.csv", "time,steps\n4/5/2016 10:00,1\n25/5/2016 10:00,1\n", &one_person("UTC"));
    assert_eq!(summary.accepted, 2);
    let hours: String = (0..24).map(|h| format!("2016-04-02 {h:02}:00,100\n")).collect();
    let (summary, _) = read("t.csv", &format!("time,steps\n{hours}"), &one_person("UTC"));
    assert!(summary.refused() && summary.skipped[0].why.contains("=end"), "{summary:?}");
    let (summary, _) = read("t.csv", "date,steps\n2016-04-02,9000\n", &one_person("UTC"));
    assert!(summary.refused() && summary.skipped[0].why.contains("whole days"), "{summary:?}");
    let (summary, _) = read("t.csv", "time,steps\n2016-04-02 10:00:07,9\n", &one_person("UTC"));
    assert_eq!(summary.files[0].rejections[0].code, RejectCode::IntervalRequired);
}

#[test]
fn a_server_that_goes_away_stops_the_import_and_it_can_be_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..50_000).map(|m| format!("{},{}\n", 1_460_540_940 + m * 60, m % 90)).collect();
    let path = written(folder.path(), "t.csv", format!("time,steps\n{rows}"));
    let mut memory = Memory { lives: Some(2), ..Memory::default() };
    let error = run(&path, &one_person(""), &mut memory).unwrap_err();
    assert!(error.to_string().contains("after 40000 acknowledged"), "{error}");
    assert!(matches!(error, ImportError::Sink { source: SinkError::Unreachable(_), .. }));
    memory.lives = None;
    let mut seen = Vec::new();
    let summary = import(&[path], &one_person(""), &mut Registry, &mut memory, &mut |progress| {
        seen.push((
            progress.acknowledged,
            progress.bytes_read <= progress.bytes,
            progress.file,
            progress.files,
        ));
    });
    let summary = summary.unwrap();
    assert_eq!((summary.new, summary.duplicate), (Some(10_000), Some(40_000)));
    assert_eq!(seen.last(), Some(&(50_000, true, 1, 1)));
    assert_eq!(seen.len(), 3);
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    written(folder.path(), "a.csv", "ActivityMinute,Steps\n4/12/2016 0:01,9\n");
    let paths = vec![PathBuf::from(folder.path())];
    let summary = import(&paths, &study("UTC"), &mut Registry, &mut Memory::default(), &mut |_| ()).unwrap();
    assert_eq!((summary.accepted, summary.skipped.len()), (1, 0));
}

#[test]
fn an_archive_without_a_file_says_so() {
    let (summary, _) = read_bytes("export.zip", &zipped(&[]));
    assert!(summary.refused() && summary.skipped[0].why.contains("without a file"), "{summary:?}");
    // What a Mac puts beside each file is none.
    let (summary, _) = read_bytes("export.zip", &zipped(&[("__MACOSX/._x", b"x"), ("folder/", b"")]));
    assert!(summary.refused() && summary.skipped.len() == 1, "{summary:?}");
}

#[test]
fn an_archive_that_lacks_its_end_gives_what_is_there() {
    let row = |minute: u32| {
        format!("2026-03-02T{:02}:{:02}:00Z,{},{}\n", minute / 60, minute % 60, 60 + minute % 37, minute % 11)
    };
    let table = |minutes: std::ops::Range<u32>| {
        format!("time,heart_rate,steps\n{}", minutes.map(row).collect::<String>())
    };
    let (first, second) = (table(0..600), table(600..1_200));
    let whole = zipped(&[("a/one.csv", first.as_bytes()), ("a/two.csv", second.as_bytes())]);
    let folder = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for left in [whole.len() - 30, whole.len() - 200, whole.len() / 2 + 600, 40, 4] {
        let path = written(folder.path(), "export.zip", &whole[..left]);
        let mut memory = Memory::default();
        let summary = import(&[path], &one_person(""), &mut Registry, &mut memory, &mut |_| {}).unwrap();
        assert!(
            summary.refused() && summary.skipped.iter().any(|skipped| skipped.refused),
            "it is told: {left}"
        );
        kept.push(summary.accepted);
    }
    assert_eq!((kept[0], kept[4]), (2_400, 0));
    assert!(
        kept[1] > kept[2] && kept[2] > 1_200 && kept[1] < 2_400,
        "the second as far as it goes: {kept:?}"
    );
}
