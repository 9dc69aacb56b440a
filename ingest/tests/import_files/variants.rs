//! What nobody foresaw in a real export: another language, another maker, a kind that is new, an end that is missing. The
//! sound part is kept as it is, and the rest is told with its count.

use foulee_ingest::import::FileSummary;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::memory::{Memory, one_person, read_bytes, run, written};
use crate::samples::apple::{WATCH, export};
use crate::samples::google_health::POINTS;
use crate::samples::packed::database;
use crate::samples::{gadgetbridge, health_connect, open_mhealth};

/// How many records of kinds that are not kept a file is told to hold.
fn passed_over(file: &FileSummary) -> u64 {
    file.not_kept.iter().map(|what| what.count).sum()
}

/// A name as somebody gives one to a device, as XML has it.
fn name() -> impl Strategy<Value = String> {
    let letters = prop_oneof![
        4 => any::<char>().prop_filter("XML has no control characters", |c| !c.is_control()),
        2 => select(vec!['\u{a0}', '\u{202f}', 'é', 'ß', '時', 'ع', '🏃', '&', '<', '"', '\u{200f}']),
    ];
    let escaped = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    prop::collection::vec(letters, 0..12).prop_map(move |letters| letters.into_iter().map(escaped).collect())
}

/// 20 February 2023, as a phone writes its times: in digits of some language, by 24 hours or by twice 12.
fn time(hour: u32, minute: u32, language: usize) -> String {
    const ZEROS: [u32; 6] = [0x30, 0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];
    let half = ["AM", "PM"][(hour / 12) as usize];
    let text = match language % 3 {
        0 => format!("2023-02-20 {hour:02}:{minute:02}:00 +0100"),
        1 => format!("2023-02-20 {}:{minute:02}:00\u{202f}{half} +0100", (hour + 11) % 12 + 1),
        _ => format!("2023-02-20 {}:{minute:02}:00 {half} +0100", (hour + 11) % 12 + 1),
    };
    let zero = ZEROS[language % ZEROS.len()];
    let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(zero + digit)).unwrap_or(c);
    text.chars().map(digit).collect()
}

/// What stands between the records of a document, and how many it is told as.
fn beside() -> impl Strategy<Value = (String, u64)> {
    let unknown = ("HK(Quantity|Category|Data)TypeIdentifierZ[A-Za-z]{0,14}", name(), "[a-z/%]{0,5}").prop_map(
        |(kind, name, unit)| {
            let record = format!(
                " <Record type=\"{kind}\" sourceName=\"{name}\" unit=\"{unit}\" neu=\"1\" startDate=\"?\" value=\"{name}\">\n  \
                 <MetadataEntry key=\"{name}\" value=\"{name}\"/>\n </Record>\n"
            );
            (record, 1)
        },
    );
    let element = ("Z[A-Za-z]{0,8}", name()).prop_map(|(tag, name)| {
        (format!(" <{tag} a=\"{name}\"><Inner b='{tag}'/>text &amp; {name}</{tag}>\n"), 0)
    });
    prop_oneof![
        3 => unknown,
        1 => element,
        1 => Just((" <Workout workoutActivityType=\"HKWorkoutActivityTypeZ\"/>\n".to_owned(), 1)),
        1 => Just((" <!-- <Record type=\"HKQuantityTypeIdentifierStepCount\" -->\n".to_owned(), 0)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn apples_document_in_any_language_and_with_any_other_record(
        (name, language) in (name(), 0..6_usize),
        values in prop::collection::vec(0..150_u32, 1..40),
        beside in prop::collection::vec((any::<Index>(), beside()), 0..20),
        locale in "[a-z]{2}_[A-Z]{2}",
        cut in any::<Index>(),
    ) {
        let record = |(minute, value): (u32, &u32)| {
            let (start, end) = (time(minute / 4, minute % 4, language), time(minute / 4, minute % 4 + 1, language));
            format!(
                " <Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"{name}\" {WATCH} unit=\"count\" \
                 startDate=\"{start}\" endDate=\"{end}\" value=\"{value}\"/>\n"
            )
        };
        let mut records: Vec<String> = (0..).zip(&values).map(record).collect();
        let told: u64 = beside.iter().map(|(_, (_, told))| told).sum();
        let (_, sound) = read_bytes("export.xml", export(&records.concat()).as_bytes());
        for (at, (text, _)) in beside {
            records.insert(at.index(records.len() + 1), text);
        }
        let text = export(&records.concat()).replace("fr_FR", &locale);
        let (summary, memory) = read_bytes("export.xml", text.as_bytes());
        let file = &summary.files[0];
        prop_assert_eq!((memory.readings.len(), file.rejected), (values.len(), 0), "{:?}", file);
        prop_assert_eq!(&memory.readings, &sound.readings);
        prop_assert_eq!(passed_over(file), told, "{:?}", file);
        // Wherever its end is missing, what stands before is kept, and that something is missing is told.
        let begin = text.find("<HealthData").expect("its beginning") + 12;
        let end = text.rfind("</HealthData>").expect("its end");
        let (summary, memory) = read_bytes("export.xml", &text.as_bytes()[..begin + cut.index(end - begin)]);
        prop_assert!(summary.files[0].cut_short && summary.refused(), "{:?}", summary);
        prop_assert!(memory.readings.keys().all(|key| sound.readings.contains_key(key)));
    }

    #[test]
    fn gadgetbridge_with_the_tables_of_a_maker_that_nobody_knows(
        maker in "ZZ[A-Z0-9_]{0,10}",
        kind in select(vec!["ACTIVITY_SAMPLE", "SPO2_SAMPLE", "ZZ_SAMPLE", "SLEEP_STAGE_SAMPLE"]),
        column in "Z[A-Z_]{0,12}",
        rows in 1..30_i64,
    ) {
        let (table, band) = (format!("{maker}_{kind}"), gadgetbridge::BAND);
        let known: Vec<String> = (0..rows).map(|n| format!("({},1,1,9,{n},1,70)", gadgetbridge::AT + n * 60)).collect();
        let known = gadgetbridge::table("MI_BAND_ACTIVITY_SAMPLE", band, &known.join(","));
        let sound = database(&format!("{}{known}", gadgetbridge::DEVICE));
        let unknown = format!(
            "CREATE TABLE {table} (TIMESTAMP INTEGER, DEVICE_ID INTEGER, \"{column}\" TEXT, STEPS INTEGER);\
             ALTER TABLE MI_BAND_ACTIVITY_SAMPLE ADD COLUMN \"{column}\" REAL DEFAULT 1.5;\
             CREATE TABLE \"{maker}\" (a); INSERT INTO \"{maker}\" VALUES (X'00');\
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows}) \
             INSERT INTO {table} SELECT {} + i * 60, 1, 'é', 5 FROM n;",
            gadgetbridge::AT
        );
        let (_, expected) = read_bytes("Gadgetbridge", &sound);
        let (summary, memory) =
            read_bytes("Gadgetbridge", &database(&format!("{}{known}{unknown}", gadgetbridge::DEVICE)));
        prop_assert_eq!(&memory.readings, &expected.readings);
        prop_assert_eq!((summary.rejected, summary.files[0].cut_short), (0, false), "{:?}", summary);
        // How many steps a row of theirs stands for is not known; that there are rows is told.
        prop_assert_eq!(passed_over(&summary.files[0]), rows.unsigned_abs(), "{:?}", summary);
    }

    #[test]
    fn health_connect_with_tables_and_columns_of_another_version(
        name in "zz[a-z_]{0,12}",
        rows in 0..30_u64,
        app in "[a-z]{1,8}(\\.[a-zA-Z0-9_]{1,8}){0,3}",
    ) {
        let sound = health_connect::example();
        let (_, expected) = read_bytes("x", &database(&sound));
        let filled: String = (0..rows).map(|n| format!("INSERT INTO {name}_record_table VALUES ({n}, 'x');")).collect();
        let later = format!(
            ";CREATE TABLE {name}_record_table (row_id INTEGER, {name} TEXT); {filled}\
             CREATE TABLE {name} (a); INSERT INTO {name} VALUES (1);\
             ALTER TABLE steps_record_table ADD COLUMN {name} TEXT DEFAULT 'é';\
             INSERT INTO application_info_table VALUES (77, '{app}', '{name}', NULL);"
        );
        let (summary, memory) = read_bytes("x", &database(&(sound + &later)));
        prop_assert_eq!(&memory.readings, &expected.readings);
        // Two weights of the example are not kept either.
        prop_assert_eq!(passed_over(&summary.files[0]), rows + 2, "{:?}", summary);
    }

    #[test]
    fn google_health_with_data_types_that_are_new(
        kinds in prop::collection::vec(("zz(-[a-z]{1,6}){0,3}", any::<Index>()), 0..12),
        cut in any::<Index>(),
    ) {
        const POINT: &str = "\n  {\"dataSource\"";
        let (_, sound) = read_bytes("points.json", POINTS.as_bytes());
        let mut parts: Vec<String> = POINTS.split(POINT).map(str::to_owned).collect();
        for (kind, at) in &kinds {
            // The last part goes on behind the list.
            let at = at.index(parts.len() - 1);
            parts[at] += &format!(
                "{{\"name\": \"users/me/dataTypes/{kind}/dataPoints/1\", \"{}\": {{\"é\": [null, {{}}]}}}},",
                kind.replace('-', "")
            );
        }
        let text = parts.join(POINT);
        let (summary, memory) = read_bytes("points.json", text.as_bytes());
        prop_assert_eq!(&memory.readings, &sound.readings);
        // The example's own sleep is not kept either.
        let told = (summary.rejected, passed_over(&summary.files[0]));
        prop_assert_eq!(told, (0, kinds.len() as u64 + 1), "{:?}", summary);
        let (summary, memory) = read_bytes("points.json", &POINTS.as_bytes()[..20 + cut.index(POINTS.len() - 40)]);
        prop_assert!(summary.refused(), "{:?}", summary);
        prop_assert!(memory.readings.keys().all(|key| sound.readings.contains_key(key)));
    }

    #[test]
    fn open_mhealth_with_schemas_that_nobody_knows(
        schemas in prop::collection::vec(("zz[a-z-]{0,10}", any::<Index>()), 0..12),
        count in 1..30_u32,
    ) {
        let sound: Vec<String> = (0..count).map(|minute| open_mhealth::steps("3", minute)).collect();
        let mut points = sound.clone();
        for (name, at) in &schemas {
            let body = format!("{{\"{name}\":{{\"value\":[1,\"é\"],\"unit\":\"%\"}}}}");
            points.insert(at.index(points.len() + 1), open_mhealth::point(&format!("{name}:1.0"), &body));
        }
        let folder = tempfile::tempdir().expect("a folder");
        let import = |name: &str, points: &[String]| {
            let path = written(folder.path(), name, points.join("\n"));
            let mut memory = Memory::default();
            let summary = run(&path, &one_person(""), &mut memory).expect("an import");
            (summary, memory)
        };
        let (_, expected) = import("sound.json", &sound);
        let (summary, memory) = import("all.json", &points);
        prop_assert_eq!(&memory.readings, &expected.readings);
        prop_assert_eq!((summary.rejected, passed_over(&summary.files[0])), (0, schemas.len() as u64), "{:?}", summary);
    }
}
