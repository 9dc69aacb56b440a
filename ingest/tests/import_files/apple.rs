//! Apple Health's exports, written from the format's description: not yet tried on a real one.

use foulee_contract::{How, RejectCode};
use foulee_ingest::import::Options;

use crate::memory::{Memory, lines, one_person, person, read, refused, run, study, written};
use crate::samples::apple::{HEAD, WATCH, export, step};

fn sources(memory: &Memory) -> Vec<String> {
    let mut sources: Vec<String> = memory.readings.keys().map(|key| key.1.clone()).collect();
    sources.dedup();
    sources
}

#[test]
fn records_keep_their_extent_and_their_device() {
    let records = step(
        "Montre de Zoé",
        WATCH,
        "2023-02-20 07:12:31 +0100",
        "2023-02-20 07:14:01 +0100",
        "112",
    ) + &step("iPhone", "", "2023-02-20 07:12:00 +0100", "2023-02-20 07:22:00 +0100", "350")
        + " <Record type=\"HKQuantityTypeIdentifierHeartRate\" sourceName=\"Montre de Zoé\" unit=\"count/min\" \
           startDate=\"2023-02-20 07:12:31 +0100\" endDate=\"2023-02-20 07:12:31 +0100\" value=\"72.4\">\n  \
           <MetadataEntry key=\"HKTimeZone\" value=\"Asia/Kolkata\"/>\n </Record>\n"
        + " <Record type=\"HKQuantityTypeIdentifierBodyMass\" sourceName=\"Balance\" unit=\"kg\" value=\"70\"/>\n";
    let (summary, memory) = read("export.xml", &export(&records), &one_person(""));
    assert_eq!(
        lines(&memory),
        [
            "steps sample 2023-02-20T06:12:00Z +600s 350 @?",
            "heart_rate sample 2023-02-20T06:12:31Z +0s 724 @330",
            "steps sample 2023-02-20T06:12:31Z +90s 112 @?",
        ]
    );
    let sources = sources(&memory);
    assert!(
        sources.iter().any(|source| source.starts_with("watch/apple-health/apple-inc./watch6-1/")),
        "{sources:?}"
    );
    assert!(sources.iter().any(|source| source.starts_with("phone/apple-health///")), "{sources:?}");
    assert!(!format!("{sources:?}").contains("zo"), "a device's name is its owner's");
    let file = &summary.files[0];
    assert_eq!((file.accepted, file.rejected, file.cut_short), (3, 0, false));
    assert_eq!(file.not_kept[0].what, "HKQuantityTypeIdentifierBodyMass");
    assert_eq!(file.series.len(), 3);
}

#[test]
fn steps_that_may_have_their_thousands_set_apart_are_refused() {
    let values = ["1,234", "1.234", "12.0", "0.4", "17.3333"];
    let records: String = (0..)
        .zip(values)
        .map(|(minute, value)| {
            let at = |second| format!("2023-02-20 07:{minute:02}:{second:02} +0100");
            step("iPhone", "", &at(0), &at(30), value)
        })
        .collect();
    let (summary, memory) = read("export.xml", &export(&records), &one_person(""));
    assert_eq!(
        lines(&memory),
        [
            "steps sample 2023-02-20T06:02:00Z +30s 12 @?",
            "steps sample 2023-02-20T06:03:00Z +30s 0 @?",
            "steps sample 2023-02-20T06:04:00Z +30s 17 @?",
        ]
    );
    assert_eq!((summary.rejected, summary.files[0].rejections[0].code), (2, RejectCode::Unreadable));
    let (summary, memory) = read("t.csv", "time,steps\n2016-04-02T10:00:00Z,1.234\n", &one_person(""));
    let example = &summary.files[0].rejections[0].example;
    assert!(memory.readings.is_empty() && example.contains("without separators"), "{example}");
}

#[test]
fn what_is_refused_is_told_without_the_names_in_it() {
    let (first, last) = ("2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100");
    for (record, shown) in [
        (step("Montre de Zoé", WATCH, "hier", last, "10"), "line 1: steps: startDate: no time"),
        (step("Montre de Zoé", WATCH, first, "", "10"), "line 1: steps: endDate: no time"),
        (step("Montre de Zoé", WATCH, first, last, "dix"), "line 1: steps: value: no number"),
        (step("Montre de Zoé", WATCH, first, last, ""), "line 1: steps: value: none"),
        (
            step("Montre de Zoé", WATCH, first, last, "1,234"),
            "line 1: steps: value: thousands or a fraction? write it without separators",
        ),
        ("<Record sourceName=\"Montre de Zoé\"/>".to_owned(), "line 1: Record: type: nothing says"),
        (
            "<Record sourceName=\"Montre de Zoé\" value=/>".to_owned(),
            "line 1: Record: attributes: cannot be told apart",
        ),
    ] {
        let (summary, _) = read("export.xml", &export(&record), &one_person(""));
        let example = &summary.files[0].rejections[0].example;
        assert!(example.starts_with(shown) && !example.contains("Zo"), "{example}");
    }
}

#[test]
fn what_was_typed_in_is_a_source_of_its_own() {
    let typed = step("Santé", "", "2023-02-20 07:00:00 +0100", "2023-02-20 08:00:00 +0100", "4000")
        .replace("/>", "><MetadataEntry key=\"HKWasUserEntered\" value=\"1\"/></Record>");
    let (_, memory) = read("export.xml", &export(&typed), &one_person(""));
    assert!(sources(&memory)[0].starts_with("manual/apple-health/"));
    assert!(memory.readings.values().all(|provenance| provenance.how == How::Manual));
}

#[test]
fn a_cut_file_or_a_broken_record_keeps_the_others() {
    let good = step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "10");
    let bad = [
        step("iPhone", "", "hier", "2023-02-20 07:01:00 +0100", "10"),
        step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "dix"),
        " <Record type=\"HKQuantityTypeIdentifierStepCount\"/>\n".to_owned(),
        " <Record type=\"HKQuantityTypeIdentifierStepCount\" value=/>\n".to_owned(),
    ];
    let later = step("iPhone", "", "2023-02-20 08:00:00 +0100", "2023-02-20 08:01:00 +0100", "20");
    let text = export(&(good.clone() + &bad.concat() + "<Nouveau>&inconnu;</Ancien>" + &later));
    let (summary, memory) = read("export.xml", &text, &one_person(""));
    assert_eq!((memory.readings.len(), summary.rejected), (2, 4), "{summary:?}");
    let cut = &text[..text.find("2023-02-20 08:01").unwrap()];
    let (summary, memory) = read("export.xml", cut, &one_person(""));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (1, true));
    assert!(summary.refused());
}

#[test]
fn letters_of_another_encoding_cost_their_record() {
    let good = step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "10");
    let latin = good.replace("iPhone", "Zo@").into_bytes();
    let latin: Vec<u8> = latin.into_iter().map(|byte| if byte == b'@' { 0xe9 } else { byte }).collect();
    let later = step("iPhone", "", "2023-02-20 08:00:00 +0100", "2023-02-20 08:01:00 +0100", "20");
    let bytes = [HEAD.as_bytes(), good.as_bytes(), &latin, later.as_bytes(), b"</HealthData>"].concat();
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::default();
    let summary = run(&written(folder.path(), "export.xml", bytes), &one_person(""), &mut memory).unwrap();
    assert_eq!((memory.readings.len(), summary.rejected), (2, 1), "{summary:?}");
}

#[test]
fn a_text_that_never_ends_is_given_up_on() {
    let good = step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "10");
    let text = export(&(good + "<Record type=\"" + &"x".repeat(6 << 20)));
    let (summary, memory) = read("export.xml", &text, &one_person(""));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (1, true));
}

#[test]
fn nothing_in_it_says_whose_it_is_and_it_names_its_devices() {
    let text = export(&step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "10"));
    assert!(refused("export.xml", &text, &study("UTC")).contains("--participant ID in place of --study"));
    let named = Options { source: Some("montre".to_owned()), ..one_person("") };
    assert!(refused("export.xml", &text, &named).contains("leave out --source"));
}

#[test]
fn a_zip_archive_is_read_like_a_folder() {
    use std::io::Write as _;
    let text = export(&step("iPhone", "", "2023-02-20 07:00:00 +0100", "2023-02-20 07:01:00 +0100", "10"));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in [
        ("apple_health_export/export.xml", text.as_str()),
        ("apple_health_export/export_cda.xml", "<?xml version=\"1.0\"?><ClinicalDocument/>"),
        ("apple_health_export/workout-routes/route.gpx", "<?xml version=\"1.0\"?><gpx/>"),
        ("../../etc/passwd", "root"),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "export.zip", bytes);
    let mut memory = Memory::default();
    let summary = run(&path, &one_person(""), &mut memory).unwrap();
    assert_eq!((summary.accepted, summary.skipped.len(), summary.refused()), (1, 3, false), "{summary:?}");
    assert!(summary.files[0].path.ends_with("export.zip/apple_health_export/export.xml"));
    // The person is the participant whom the source's name is hashed for.
    assert!(memory.readings.keys().all(|key| key.0 == person("p")));
}
