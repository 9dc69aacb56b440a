//! Each format as small files.

use foulee_contract::SourceKind;
use foulee_ingest::import::{FormatChoice, Options, describe_formats};

use crate::memory::{Memory, lines, one_person, person, read, run, study, written};
use crate::samples::packed::gzipped;
use crate::samples::samples;

#[test]
fn every_fitabase_file_gives_its_readings() {
    let cases = [
        (
            "hourlySteps.csv",
            "Id,ActivityHour,StepTotal\n7,4/12/2016 1:00:00 PM,373\n",
            "steps total 2016-04-12T11:00:00Z +3600s 373 @120",
        ),
        (
            "dailySteps.csv",
            "Id,ActivityDay,StepTotal\n7,4/12/2016,13162\n",
            "steps total 2016-04-11T22:00:00Z +86400s 13162 @120",
        ),
        (
            "dailyActivity.csv",
            "Id,ActivityDate,TotalSteps,TotalDistance\n7,4/12/2016,13162,8.5\n",
            "steps total 2016-04-11T22:00:00Z +86400s 13162 @120",
        ),
        (
            "minuteStepsNarrow.csv",
            "ActivityMinute,Steps\n4/12/2016 12:01:00 AM,9\n",
            "steps epoch 2016-04-11T22:01:00Z +60s 9 @120",
        ),
        (
            "heartrate_seconds.csv",
            "Id,Time,Value\n7,4/12/2016 7:21:05 AM,97\n7,4/12/2016 7:21:10 AM,0\n",
            "heart_rate sample 2016-04-12T05:21:05Z +0s 970 @120",
        ),
        (
            "wear.csv",
            "Day,TotalMinutesWearTime,PercentageWearTime\n4/12/2016,600,41.6\n",
            "worn total 2016-04-11T22:00:00Z +86400s 36000 @120",
        ),
        (
            "sync.csv",
            "DateTime,SyncDateUTC,Provider,DeviceName\n4/12/2016 1:02:03 PM,4/12/2016 1:02:03 PM,Fitbit,Alta\n",
            "sync sample 2016-04-12T11:02:03Z +0s 1 @120",
        ),
    ];
    for (name, text, expected) in cases {
        let (summary, memory) = read(name, text, &study("Europe/Paris"));
        assert_eq!(lines(&memory), [expected], "{name}");
        assert!(!summary.refused() && summary.files[0].format.starts_with("fitabase-"), "{name}");
        assert!(memory.readings.keys().all(|key| key.1 == "watch////fitbit"), "{name}");
    }
}

#[test]
fn marks_quotes_case_order_and_line_ends_do_not_matter() {
    let plain = "Id,ActivityMinute,Steps\n7,4/12/2016 0:01,9\n";
    let dressed = "\u{feff}\"steps\",\"ID\",\"Activity Minute\"\r\n\"9\",\"7\",\"4/12/2016 0:01\"\r\n\r\n";
    let semicolons = "activityminute;id;STEPS\n2016-04-12 00:01:00;7;9";
    let (_, expected) = read("a.csv", plain, &study("Europe/Paris"));
    for text in [dressed, semicolons] {
        let (summary, memory) = read("a.csv", text, &study("Europe/Paris"));
        assert_eq!(memory.readings, expected.readings, "{summary:?}");
    }
}

#[test]
fn gzip_is_known_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"ActivityMinute,Steps\n4/12/2016 0:01,9\n";
    for (name, content) in [("packed.csv", gzipped(text)), ("plain.csv.gz", text.to_vec())] {
        let mut memory = Memory::default();
        let path = written(folder.path(), name, content);
        assert_eq!(run(&path, &one_person("UTC"), &mut memory).unwrap().accepted, 1, "{name}");
    }
}

#[test]
fn a_minute_tables_columns_are_found_by_common_names() {
    let cases = [
        ("Id,Time,HeartRate,Steps\np,2016-04-02 09:49:00,75,34\n", "750", "34"),
        ("timestamp\tbpm\tstep_count\n2016-04-02T09:49:00\t75\t34\n", "750", "34"),
        ("Date;Time;Heart Rate (bpm);Steps\n2016-04-02;09:49;75,5;34\n", "755", "34"),
        ("subject;offset;time;hr;steps\np;+02:00;2016-04-02 09:49;75.25;34\n", "753", "34"),
        ("time;kind;value\n2016-04-02 09:49;heart_rate;75\n2016-04-02 09:49;Steps;34\n", "750", "34"),
    ];
    for (text, heart, steps) in cases {
        let (summary, memory) = read("p_table.csv", text, &study("Europe/Paris"));
        let expected = [
            format!("steps epoch 2016-04-02T07:49:00Z +60s {steps} @120"),
            format!("heart_rate epoch 2016-04-02T07:49:00Z +60s {heart} @120"),
        ];
        assert_eq!(lines(&memory), expected, "{text}: {summary:?}");
        let key = memory.readings.keys().next().unwrap();
        assert_eq!((key.0, key.1.as_str()), (person("p"), "watch"), "{text}");
    }
}

#[test]
fn the_kind_is_part_of_the_source_and_steps_alone_do_not_show_it() {
    let keys = |text: &str, kind| {
        let options = Options { kind, ..study("Europe/Paris") };
        let (summary, memory) = read("p_table.csv", text, &options);
        let keys: Vec<String> = memory.readings.keys().map(|key| key.1.clone()).collect();
        (keys, summary.files[0].kind_assumed)
    };
    let (steps, both) = ("time,steps\n2016-04-02 09:49,34\n", "time,hr,steps\n2016-04-02 09:49,,34\n");
    assert_eq!(keys(steps, Some(SourceKind::Phone)), (vec!["phone".to_owned()], false));
    assert_eq!(keys(steps, None), (vec!["watch".to_owned()], true));
    assert_eq!(keys(both, None), (vec!["watch".to_owned()], false));
}

#[test]
fn an_empty_cell_is_no_reading_and_no_fault() {
    let text = "Id,Time,HeartRate,Steps\np,2016-04-02 09:49:00,,34\np,2016-04-02 09:50:00,0,\n";
    let (summary, memory) = read("t.csv", text, &study("UTC"));
    assert_eq!(lines(&memory), ["steps epoch 2016-04-02T09:49:00Z +60s 34 @0"]);
    assert!(!summary.refused());
}

#[test]
fn an_end_says_how_long_a_reading_is() {
    let text = "start,end,steps,battery\n2016-04-02T10:00:00Z,2016-04-02T10:15:00Z,900,\n\
                2016-04-02T10:15:00Z,2016-04-02T10:15:30Z,40,81\n";
    let (summary, memory) = read("t.csv", text, &one_person(""));
    let expected = [
        "steps sample 2016-04-02T10:00:00Z +900s 900 @0",
        "steps epoch 2016-04-02T10:15:00Z +30s 40 @0",
        "battery sample 2016-04-02T10:15:00Z +0s 81 @0",
    ];
    assert_eq!(lines(&memory), expected, "{summary:?}");
}

#[test]
fn times_between_minutes_are_instants() {
    let text = "time,heart_rate\n2016-04-02T10:00:00Z,70\n2016-04-02T10:00:01Z,71\n";
    let (_, memory) = read("t.csv", text, &one_person(""));
    assert!(
        lines(&memory)[0].starts_with("heart_rate sample 2016-04-02T10:00:00Z +0s"),
        "{:?}",
        lines(&memory)
    );
}

#[test]
fn a_number_of_rows_is_nobodys_id() {
    let rows: String = (0..30).map(|n| format!("{n},2016-04-02 10:{n:02},9\n")).collect();
    let (summary, _) = read("ann_t.csv", &format!("id,time,steps\n{rows}"), &study("UTC"));
    assert_eq!((summary.accepted, summary.participants[0].external_id.as_deref()), (30, Some("ann")));
}

#[test]
fn a_stray_second_leaves_a_table_of_minutes_as_it_is() {
    let text = "time,steps\n2016-04-02 10:00:07,9\n2016-04-02 10:01:00,9\n2016-04-02 10:02:00,9\n";
    let (_, memory) = read("t.csv", text, &one_person("UTC"));
    assert_eq!(lines(&memory)[0], "steps epoch 2016-04-02T10:00:07Z +60s 9 @0");
    assert_eq!(memory.readings.len(), 3);
}

#[test]
fn a_kind_is_known_wherever_it_first_comes() {
    let early: String = (0..4_000)
        .map(|n| format!("2016-04-0{} {:02}:{:02};OTHER;1\n", 1 + n / 1440, n / 60 % 24, n % 60))
        .collect();
    let text = format!("time;kind;value\n{early}2016-04-05 10:00;HR;70\n");
    assert_eq!(read("t.csv", &text, &one_person("UTC")).1.readings.len(), 1);
}

#[test]
fn a_map_names_columns_by_name_number_or_kind() {
    let named = |map: &str| Options { map: map.parse().unwrap(), ..one_person("UTC") };
    let odd = "wann,puls,foo\n2016-04-02 10:00,70,9\n";
    let (_, memory) = read("t.csv", odd, &named("wann=time,puls=heart_rate"));
    assert_eq!(lines(&memory), ["heart_rate epoch 2016-04-02T10:00:00Z +60s 700 @0"]);
    let bare = "2016-04-02 10:00;70\n2016-04-02 10:01;71\n";
    let (_, memory) = read("t.csv", bare, &named("1=time,2=heart_rate"));
    assert_eq!(memory.readings.len(), 2);
    let long = "time;kind;value\n2016-04-02 10:00:01;STEPS;299\n2016-04-02 10:00:02;OTHER;1\n";
    let (summary, memory) = read("t.csv", long, &named("STEPS=step_counter"));
    assert_eq!(lines(&memory), ["step_counter sample 2016-04-02T10:00:01Z +0s 299 @0"], "{summary:?}");
}

#[test]
fn named_columns_are_a_surer_sign_than_any_other() {
    let text = "Id,Time,Value\n7,2016-04-12 00:01:00,97\n";
    assert_eq!(read("heart.csv", text, &study("UTC")).0.files[0].format, "fitabase-heart-rate");
    let options = Options { map: "Time=time,Value=steps".parse().unwrap(), ..study("UTC") };
    assert_eq!(lines(&read("heart.csv", text, &options).1), ["steps epoch 2016-04-12T00:01:00Z +60s 97 @0"]);
    // Files that have none of them are read as what they show.
    let narrow = "Id,ActivityMinute,Steps\n7,4/12/2016 0:01,9\n";
    assert_eq!(read("n.csv", narrow, &options).0.files[0].format, "fitabase-minute-steps-narrow");
}

#[test]
fn files_put_behind_one_another_bring_their_headers() {
    let text = "ActivityMinute,Steps\n4/12/2016 0:01,9\nActivityMinute,Steps\n4/12/2016 0:02,9\n";
    let (summary, _) = read("t.csv", text, &one_person("UTC"));
    assert_eq!((summary.accepted, summary.rejected), (2, 0));
}

#[test]
fn the_summary_is_the_contracts() {
    let text = "Id,ActivityMinute,Steps\n7,4/12/2016 0:01,9\n7,soon,9\n";
    let (summary, _) = read("t.csv", text, &study("UTC"));
    let json = serde_json::to_value(&summary).unwrap();
    let path = summary.files[0].path.to_str().unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "accepted": 1, "new": 1, "duplicate": 0, "rejected": 1,
            "participants": [{"id": person("7").to_string(), "external_id": "7"}],
            "files": [{
                "path": path, "format": "fitabase-minute-steps-narrow",
                "accepted": 1, "new": 1, "duplicate": 0, "rejected": 1,
                "rejections": [{"code": "unreadable", "count": 1, "example": "line 3: 7,…,9"}],
                "series": [{
                    "source": "watch////fitbit", "metric": "steps", "grain": "epoch", "readings": 1,
                    "from": "2016-04-12T00:01:00Z", "to": "2016-04-12T00:02:00Z",
                }],
                "not_kept": [], "cut_short": false,
            }],
            "skipped": [],
        })
    );
}

#[test]
fn a_format_can_be_named() {
    let names: Vec<_> = describe_formats().iter().map(|format| format.name).collect();
    assert!(names.contains(&"fitabase-wear") && names.contains(&"minute-table"), "{names:?}");
    let text = "ActivityMinute,Steps\n4/12/2016 0:01 AM,9\n2016-04-12 00:02:00,9\n";
    let options = |name: &str| Options { format: name.parse().unwrap(), ..one_person("UTC") };
    assert_eq!(read("t.csv", text, &options("fitabase")).0.files[0].format, "fitabase-minute-steps-narrow");
    assert_eq!(read("t.csv", text, &options("minute-table")).0.files[0].format, "minute-table");
    assert!(read("t.csv", text, &options("garmin-stream")).0.refused());
    let error = "fitbase".parse::<FormatChoice>().unwrap_err().to_string();
    assert!(error.contains("fitabase") && error.contains("auto"), "{error}");
}

#[test]
fn every_sample_is_known_and_again_brings_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    for sample in samples() {
        let path = written(folder.path(), sample.name, &sample.bytes);
        let options =
            if sample.group == "tables" { study("Europe/Paris") } else { one_person("Europe/Paris") };
        let mut memory = Memory::default();
        let first = run(&path, &options, &mut memory).unwrap();
        assert!(first.accepted > 0 && !first.files[0].cut_short, "{}: {first:?}", sample.name);
        let again = run(&path, &options, &mut memory).unwrap();
        assert_eq!((again.accepted, again.new), (first.accepted, Some(0)), "{}", sample.name);
    }
}
