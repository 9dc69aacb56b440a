//! Open mHealth's and IEEE 1752's data points, written from their schemas and examples: not yet tried on a real export.

use foulee_contract::{How, RejectCode};
use foulee_ingest::import::{ImportError, Options};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::memory::{Memory, lines, one_person, person, read, refused, run, study, written};
use crate::samples::open_mhealth::{beats, header, interval, point, steps};

fn sources(memory: &Memory) -> Vec<String> {
    let mut sources: Vec<String> = memory.readings.keys().map(|key| key.1.clone()).collect();
    sources.dedup();
    sources
}

#[test]
fn every_kept_schema_gives_its_reading() {
    let minute = interval("2016-02-05T06:25:00Z", "\"duration\":{\"value\":1,\"unit\":\"min\"}");
    let day = interval("2016-02-05T00:00:00+01:00", "\"duration\":{\"value\":1,\"unit\":\"d\"}");
    let end = "\"effective_time_frame\":{\"time_interval\":{\"end_date_time\":\"2016-02-05T06:30:00Z\",\"duration\":{\"value\":\"2.5\",\"unit\":\"min\"}}}";
    let instant = "\"effective_time_frame\":{\"date_time\":\"2013-02-05T07:25:00.123Z\"}";
    let cases = [
        (
            point("step-count:1.0", &format!("{{\"step_count\":60,{minute}}}")),
            "steps epoch 2016-02-05T06:25:00Z +60s 60 @?",
        ),
        (
            point("step-count:2.0", &format!("{{\"step_count\":\"6000\",{day}}}")),
            "steps total 2016-02-04T23:00:00Z +86400s 6000 @60",
        ),
        (steps("10", 25), "steps epoch 2016-02-05T05:25:00Z +60s 10 @60"),
        (
            point(
                "physical-activity:1.0",
                &format!(
                    "{{\"activity_name\":\"walking\",\"base_movement_quantity\":{{\"value\":200,\"unit\":\"steps\"}},{end}}}"
                ),
            ),
            "steps sample 2016-02-05T06:27:30Z +150s 200 @?",
        ),
        (beats(instant), "heart_rate sample 2013-02-05T07:25:00.123Z +0s 500 @?"),
        (
            beats(&format!("{minute},\"descriptive_statistic\":\"average\"")),
            "heart_rate epoch 2016-02-05T06:25:00Z +60s 500 @?",
        ),
        (
            beats(&format!("{day},\"descriptive_statistic\":\"average\"")),
            "heart_rate sample 2016-02-04T23:00:00Z +86400s 500 @60",
        ),
        (
            point(
                "rr-interval:1.0",
                &format!("{{\"rr_interval\":{{\"value\":812.5,\"unit\":\"ms\"}},{instant}}}"),
            ),
            "rr_interval sample 2013-02-05T07:25:00.123Z +0s 8125 @?",
        ),
    ];
    for (text, expected) in cases {
        let (summary, memory) = read("p.json", &text, &one_person(""));
        assert_eq!(lines(&memory), [expected], "{text}: {summary:?}");
        assert_eq!((sources(&memory), summary.rejected), (vec!["watch/open-mhealth/fitbit".to_owned()], 0));
    }
}

#[test]
fn a_list_lines_one_point_and_a_list_in_an_object_are_the_same() {
    let points = [steps("1", 1), steps("2", 2), steps("3", 3)];
    let (_, expected) = read("p.json", &format!("[{}]", points.join(",")), &one_person(""));
    assert_eq!(expected.readings.len(), 3);
    let texts = [
        points.join("\n"),
        points.join(""),
        format!("[{},{},{}]", points[2], points[0], points[1]),
        format!("{{\"shim\":\"fitbit\",\"timeStamp\":1,\"body\":[{}]}}", points.join(",\n")),
        format!("\u{feff}{{\"meta\":{{\"a\":[1]}},\"list\":[{}]}}", points.join(",")),
        format!("[[{}],[{},{}]]", points[0], points[1], points[2]),
    ];
    for text in texts {
        let (summary, memory) = read("p.json", &text, &one_person(""));
        assert_eq!((&memory.readings, summary.rejected), (&expected.readings, 0), "{text}");
    }
    // The order of a point's fields does not matter, nor what else it has.
    let body = steps("1", 1).split_once("\"body\":").unwrap().1.trim_end_matches('}').to_owned() + "}}}";
    let other =
        format!("{{\"body\":{body},\"tags\":[\"a\"],\"header\":{}}}", header("step-count:3.0", "Fitbit", ""));
    assert_eq!(read("p.json", &other, &one_person("")).1.readings.len(), 1, "{other}");
}

#[test]
fn a_long_list_in_one_body_is_read_measurement_by_measurement() {
    let beat = |second: u32| {
        format!(
            "{{\"heart_rate\":{{\"value\":{},\"unit\":\"beats/min\"}},\"effective_time_frame\":{{\"date_time\":\"2023-07-01T10:{:02}:{:02}Z\"}}}}",
            60 + second % 40,
            second / 60,
            second % 60
        )
    };
    let list: Vec<String> = (0..3000).map(beat).chain(["{\"heart_rate\":[]}".to_owned()]).collect();
    let head = header("heart-rate:2.0", "Garmin Vivosmart 5", "");
    for body in [format!("{{\"heart_rate\":[{}]}}", list.join(",")), format!("[{}]", list.join(","))] {
        let text = format!("{{\"header\":{head},\"body\":{body}}}");
        let (summary, memory) = read("p.json", &text, &one_person(""));
        assert_eq!((summary.accepted, summary.rejected), (3000, 1), "{summary:?}");
        assert!(sources(&memory)[0].starts_with("watch/open-mhealth/garmin//"));
    }
    let activity = "{\"activity_name\":\"walking\",\"base_movement_quantity\":{\"value\":\"12\",\"unit\":\"steps\"},\"effective_time_frame\":\
        {\"time_interval\":{\"start_date_time\":\"2023-07-01T10:00:00Z\",\"end_date_time\":\"2023-07-01T10:03:00Z\"}}}";
    let still = activity.replace("\"12\"", "\"\"");
    let head = header("physical-activity:1.0", "Garmin", "");
    let text = format!("{{\"header\":{head},\"body\":{{\"activity\":[{activity},{still}]}}}}");
    let (summary, memory) = read("p.json", &text, &one_person(""));
    assert_eq!(
        (lines(&memory), summary.rejected),
        (vec!["steps sample 2023-07-01T10:00:00Z +180s 12 @?".to_owned()], 0)
    );
}

#[test]
fn what_is_not_kept_is_counted_by_its_schema() {
    let minute = interval("2016-02-05T06:25:00Z", "\"duration\":{\"value\":1,\"unit\":\"min\"}");
    let points = [
        steps("1", 1),
        point("blood-glucose:3.0", "{\"blood_glucose\":{\"unit\":\"mg/dL\",\"value\":95}}"),
        beats(&format!("{minute},\"descriptive-statistics\":\"minimum\"")),
        point("physical-activity:1.0", &format!("{{\"activity_name\":\"swimming\",{minute}}}")),
        point(
            "physical-activity:1.0",
            &format!("{{\"base_movement_quantity\":{{\"value\":9,\"unit\":\"strokes\"}},{minute}}}"),
        ),
    ];
    let (summary, memory) = read("p.json", &points.join("\n"), &one_person(""));
    assert_eq!((memory.readings.len(), summary.rejected), (1, 0), "{summary:?}");
    let mut kinds: Vec<String> = summary.files[0].not_kept.iter().map(|kind| kind.what.clone()).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "ieee:physical-activity:1.0",
            "ieee:physical-activity:1.0 strokes",
            "omh:blood-glucose:3.0",
            "omh:heart-rate:2.0 minimum"
        ]
    );
}

#[test]
fn what_is_wrong_in_a_point_costs_that_point() {
    let frame = |text: &str| format!("{{\"step_count\":5,\"effective_time_frame\":{text}}}");
    let one =
        |start: &str, rest: &str| format!("{{\"time_interval\":{{\"start_date_time\":{start}{rest}}}}}");
    let bad = [
        point("step-count:2.0", &frame("{\"date_time\":\"2016-02-05T06:25:00Z\"}")),
        point("step-count:2.0", &frame(&one("\"hier\"", ",\"duration\":{\"value\":1,\"unit\":\"min\"}"))),
        point(
            "step-count:2.0",
            &frame(&one("\"2016-02-05T06:25:00Z\"", ",\"duration\":{\"value\":1,\"unit\":\"Mo\"}")),
        ),
        point(
            "step-count:2.0",
            &frame(&one("\"2016-02-05T06:25:00Z\"", ",\"duration\":{\"value\":-1,\"unit\":\"d\"}")),
        ),
        point(
            "step-count:2.0",
            &frame(&one("\"2016-02-05T06:25:00Z\"", ",\"end_date_time\":\"2016-02-05T06:24:00Z\"")),
        ),
        point(
            "step-count:2.0",
            &frame(&one("\"2016-02-05T06:25:00\"", ",\"duration\":{\"value\":1,\"unit\":\"min\"}")),
        ),
        point(
            "step-count:2.0",
            &frame("{\"time_interval\":{\"date\":\"2016-02-05\",\"part_of_day\":\"morning\"}}"),
        ),
        point("step-count:2.0", &frame("7")),
        point("step-count:2.0", "{\"step_count\":[1],\"effective_time_frame\":{}}"),
        point("step-count:2.0", "{}"),
        point("step-count:2.0", "7"),
        point("step-count:2.0", "null"),
        "{\"header\":7,\"body\":{\"step_count\":1}}".to_owned(),
        "{\"body\":{\"step_count\":1}}".to_owned(),
        "{\"a\":1}".to_owned(),
        "7".to_owned(),
        format!("{}{}", "[".repeat(300), "]".repeat(300)),
    ];
    for (number, fault) in bad.iter().enumerate() {
        let text = format!("[{},{fault},{}]", steps("1", 1), steps("2", 2));
        let (summary, memory) = read("p.json", &text, &one_person(""));
        assert_eq!((memory.readings.len(), summary.rejected), (2, 1), "{number} {fault}: {summary:?}");
    }
    let local = point(
        "step-count:2.0",
        &frame(&one("\"2016-03-27T02:25:00\"", ",\"duration\":{\"value\":1,\"unit\":\"min\"}")),
    );
    let (summary, _) = read("p.json", &local, &one_person("Europe/Paris"));
    assert_eq!(summary.files[0].rejections[0].code, RejectCode::TimeDoesNotExist);
}

#[test]
fn a_cut_end_and_a_torn_line_keep_the_others() {
    let text = format!("[{},{}]", steps("1", 1), steps("2", 2));
    let (summary, memory) = read("p.json", &text[..text.len() - 9], &one_person(""));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (1, true), "{summary:?}");
    let line = steps("3", 3);
    for cut in 1..line.len() {
        let text = [&steps("1", 1), &steps("2", 2), &line[..cut], &steps("4", 4), &steps("5", 5)].join("\n");
        let (summary, memory) = read("p.json", &text, &one_person(""));
        assert!(memory.readings.len() >= 3 && summary.rejected >= 1, "{cut}: {summary:?}");
    }
}

#[test]
fn several_users_are_several_people() {
    let other = steps("7", 7).replace("\"u1\"", "\"u2\"");
    let text = format!("{}\n{other}\n{}\n", steps("1", 1), steps("2", 2).replace(",\"user_id\":\"u1\"", ""));
    let (summary, memory) = read("p.json", &text, &study(""));
    assert_eq!((memory.readings.len(), summary.rejected), (2, 1), "{summary:?}");
    let of = |id: &str| memory.readings.keys().filter(|key| key.0 == person(id)).count();
    assert_eq!((of("u1"), of("u2")), (1, 1));
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "p.json", &text);
    let error = run(&path, &one_person(""), &mut Memory::default()).unwrap_err();
    assert!(matches!(error, ImportError::ManyPeople { people: 2, .. }), "{error}");
    let alone = steps("1", 1).replace(",\"user_id\":\"u1\"", "");
    assert!(refused("p.json", &alone, &study("")).contains("--participant ID"));
    let named = Options { source: Some("montre".to_owned()), ..one_person("") };
    assert!(refused("p.json", &alone, &named).contains("leave out --source"));
}

#[test]
fn a_source_is_a_maker_in_words_and_a_given_name_as_a_hash() {
    let with = |source: &str, more: &str| {
        steps("1", 1)
            .replace(&header("step-count:3.0", "Fitbit", ""), &header("step-count:3.0", source, more))
    };
    let (_, study_of) = read("p.json", &with("Montre de Zoé", ""), &study(""));
    let (_, memory) = read(
        "p.json",
        &with("Montre de Zoé", ""),
        &Options { target: foulee_ingest::import::Target::Participant(person("u1")), ..one_person("") },
    );
    assert_eq!(sources(&study_of), sources(&memory), "by --study and by --participant alike");
    assert!(
        sources(&memory)[0].starts_with("unknown/open-mhealth///") && !sources(&memory)[0].contains("zo")
    );
    let (_, memory) = read("p.json", &with("Journal", ",\"modality\":\"self-reported\""), &one_person(""));
    assert!(sources(&memory)[0].starts_with("manual/open-mhealth/"));
    assert!(memory.readings.values().all(|provenance| provenance.how == How::Manual));
    let changed = ",\"modality\":\"sensed\",\"source_last_modification_date_time\":\"1970-01-01T00:00:07Z\"";
    let (_, memory) = read("p.json", &with("Garmin Connect", changed), &one_person(""));
    assert_eq!(sources(&memory), ["watch/open-mhealth/garmin"]);
    assert!(
        memory.readings.iter().all(|(key, provenance)| key.4.rev == 7000 && provenance.how == How::Automatic)
    );
    let ieee = with("", "").replace(
        "\"acquisition_provenance\"",
        "\"modality\":\"sensed\",\"external_datasheets\":[{\"datasheet_type\":\"manufacturer\",\"datasheet_reference\":\"Oura\"}],\"x\"",
    );
    assert_eq!(sources(&read("p.json", &ieee, &one_person("")).1), ["ring/open-mhealth/oura"]);
}

#[test]
fn what_is_refused_is_told_without_the_names_in_it() {
    // Among data points stands something else, and a measurement that cannot be read has a name in it.
    let odd = "\"Montre de Zoé\"";
    let nameful = point("step-count:1.0", "{\"step_count\":{\"by\":\"Montre de Zoé\"}}");
    let (summary, _) = read("p.json", &format!("[{},{odd},{nameful}]", steps("1", 1)), &one_person(""));
    assert_eq!((summary.accepted, summary.rejected), (1, 2), "{summary:?}");
    let shown = &summary.files[0].rejections[0].example;
    assert!(shown.contains("may name somebody") && !shown.contains("Zo"), "{shown}");
}

#[test]
fn running_it_again_brings_nothing_new_and_other_json_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "p.json", format!("{}\n{}", steps("1", 1), steps("2", 2)));
    let mut memory = Memory::default();
    run(&path, &one_person(""), &mut memory).unwrap();
    let again = run(&path, &one_person(""), &mut memory).unwrap();
    assert_eq!((again.new, again.duplicate), (Some(0), Some(2)));
    let (summary, _) = read("x.json", "{\"header\":{\"title\":\"x\"},\"body\":\"y\"}", &one_person(""));
    assert!(summary.refused() && summary.skipped[0].why.contains("JSON"), "{summary:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_and_no_flipped_byte_stops_an_import(
        is_list in any::<bool>(),
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6),
        cut in any::<Index>(),
        is_cut in any::<bool>(),
    ) {
        let points = [steps("1", 1), beats("\"effective_time_frame\":{\"date_time\":\"2013-02-05T07:25:00Z\"}"), steps("3", 3)];
        let text = if is_list { format!("[{}]", points.join(",")) } else { points.join("\n") };
        let mut bytes = text.into_bytes();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = written(folder.path(), "p.json", bytes);
        let mut memory = Memory::default();
        if run(&path, &one_person("UTC"), &mut memory).is_ok() {
            let again = run(&path, &one_person("UTC"), &mut memory).expect("the same file");
            prop_assert_eq!(again.new, Some(0));
        }
    }
}
