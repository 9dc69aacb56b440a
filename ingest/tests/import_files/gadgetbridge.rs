//! Gadgetbridge's databases, written from the format's description: not yet tried on a real export.

use foulee_contract::{How, Metric, RejectCode};

use crate::memory::{Memory, lines, one_person, read_bytes, refused_bytes, run, sources, study, written};
use crate::samples::gadgetbridge::{AT, BAND, DEVICE, band, table};
use crate::samples::packed::database;

#[test]
fn a_bands_rows_are_minutes() {
    let bytes = band(
        "MI_BAND_ACTIVITY_SAMPLE",
        &format!(
            "({},1,1,20,42,1,72), ({},1,1,0,0,80,255), ({},1,1,-1,-1,-1,-1), ({},1,1,9,7,17,254), ({},1,1,0,0,3,0), \
             ({},1,1,0,0,0,0), ({},1,1,0,0,1,90)",
            AT,
            AT + 60,
            AT + 120,
            AT + 180,
            AT + 240,
            AT + 300,
            AT + 360
        ),
    );
    let (summary, memory) = read_bytes("Gadgetbridge.db", &bytes);
    assert_eq!(
        lines(&memory),
        [
            "steps epoch 2023-11-14T22:13:00Z +60s 42 @?",
            "steps epoch 2023-11-14T22:14:00Z +60s 0 @?",
            "steps epoch 2023-11-14T22:16:00Z +60s 7 @?",
            "steps epoch 2023-11-14T22:19:00Z +60s 0 @?",
            "heart_rate sample 2023-11-14T22:13:00Z +0s 720 @?",
            "heart_rate sample 2023-11-14T22:19:00Z +0s 900 @?",
            "gap epoch 2023-11-14T22:17:00Z +60s 1 @?",
            "gap epoch 2023-11-14T22:18:00Z +60s 1 @?",
        ]
    );
    let file = &summary.files[0];
    assert_eq!((file.format, file.rejected, file.cut_short), ("gadgetbridge", 0, false), "{file:?}");
    let source = &sources(&memory)[0];
    assert!(source.starts_with("watch/gadgetbridge/huami/miband2/"), "{source}");
    assert!(!source.contains("zo") && !source.contains("c8-0f"), "an address is its owner's: {source}");
}

#[test]
fn each_maker_means_its_own() {
    let at = |seconds: i64| AT + seconds;
    let common = ", RAW_KIND INTEGER, STEPS INTEGER, HEART_RATE INTEGER";
    let sql = [
        DEVICE.to_owned(),
        table(
            "HUAMI_EXTENDED_ACTIVITY_SAMPLE",
            BAND,
            &format!("({},1,1,9,30,1,80), ({},1,1,0,0,115,255)", at(0), at(60)),
        ),
        table("COLMI_ACTIVITY_SAMPLE", common, &format!("({},2,1,1,812,0)", at(420))),
        "CREATE TABLE COLMI_HEART_RATE_SAMPLE (TIMESTAMP INTEGER, DEVICE_ID INTEGER, USER_ID INTEGER, HEART_RATE INTEGER);"
            .to_owned(),
        format!("INSERT INTO COLMI_HEART_RATE_SAMPLE VALUES ({}500, 2, 1, 61);", at(7)),
        table(
            "PINE_TIME_ACTIVITY_SAMPLE",
            common,
            &format!(
                "({},3,1,1,12,0), ({},3,1,1,0,77), ({},3,1,1,20,0), ({},3,1,1,9,0)",
                at(0),
                at(5),
                at(9),
                at(8 * 86_400)
            ),
        ),
        table(
            "GARMIN_ACTIVITY_SAMPLE",
            common,
            &format!("({},4,1,1,5000,60), ({},4,1,1,0,61), ({},4,1,1,-1,-1)", at(0), at(60), at(120)),
        ),
        table("CMF_ACTIVITY_SAMPLE", common, &format!("({},5,1,1,0,0)", at(0))),
        table(
            "HUAWEI_ACTIVITY_SAMPLE",
            ", OTHER_TIMESTAMP INTEGER, STEPS INTEGER, HEART_RATE INTEGER",
            &format!("({},6,1,{},33,-106), ({},6,1,{},-1,-1), ({},6,1,{},40,-1)", at(0), at(60), at(61), at(0), at(120), at(420)),
        ),
        table(
            "HYBRID_HRACTIVITY_SAMPLE",
            ", STEPS INTEGER, WEAR_TYPE INTEGER, HEART_RATE INTEGER",
            &format!("({},7,1,8,0,66), ({},7,1,0,1,0)", at(0), at(60)),
        ),
        table("XIAOMI_ACTIVITY_SAMPLE", common, &format!("({},8,1,1,0,60), ({},8,1,1,0,140)", at(0), at(31))),
    ];
    let (summary, memory) = read_bytes("Gadgetbridge", &database(&sql.concat()));
    assert_eq!(summary.rejected, 0, "{summary:?}");
    let mut found = lines(&memory);
    found.sort();
    let mut expected = [
        // Huami
        "steps epoch 2023-11-14T22:13:00Z +60s 30 @?",
        "heart_rate sample 2023-11-14T22:13:00Z +0s 800 @?",
        "gap epoch 2023-11-14T22:14:00Z +60s 1 @?",
        // Colmi
        "steps sample 2023-11-14T22:20:00Z +3600s 812 @?",
        "heart_rate sample 2023-11-14T22:13:07.500Z +0s 610 @?",
        // PineTime
        "heart_rate sample 2023-11-14T22:13:05Z +0s 770 @?",
        "steps sample 2023-11-14T22:13:00Z +9s 20 @?",
        // Garmin, CMF
        "step_counter sample 2023-11-14T22:13:00Z +0s 5000 @?",
        "heart_rate sample 2023-11-14T22:13:00Z +0s 600 @?",
        "heart_rate sample 2023-11-14T22:14:00Z +0s 610 @?",
        "step_counter sample 2023-11-14T22:13:00Z +0s 0 @?",
        // Huawei
        "steps epoch 2023-11-14T22:13:00Z +60s 33 @?",
        "heart_rate sample 2023-11-14T22:13:00Z +0s 1500 @?",
        "steps sample 2023-11-14T22:15:00Z +300s 40 @?",
        // Hybrid HR
        "steps epoch 2023-11-14T22:13:00Z +60s 8 @?",
        "heart_rate sample 2023-11-14T22:13:00Z +0s 660 @?",
        "gap epoch 2023-11-14T22:14:00Z +60s 1 @?",
        // Xiaomi
        "steps epoch 2023-11-14T22:13:00Z +60s 0 @?",
        "heart_rate sample 2023-11-14T22:13:00Z +0s 600 @?",
        "heart_rate sample 2023-11-14T22:13:31Z +0s 1400 @?",
    ];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(sources(&memory).iter().any(|source| source.starts_with("ring/gadgetbridge/colmi/colmi_r02/")));
    let not_kept = &summary.files[0].not_kept;
    assert_eq!((not_kept[0].what.as_str(), not_kept[0].count), ("steps since a time that is not known", 2));
}

#[test]
fn a_pine_times_steps_are_of_their_own_day() {
    // 2026-05-01 21:50, 22:00, and the next day 07:00, 07:10 in Paris: the last two days of one watch.
    let night = 1_777_665_000;
    let rows = [(0, 100), (600, 300), (33_000, 500), (33_600, 200)]
        .map(|(seconds, steps)| format!("({},1,1,1,{steps},0)", night + seconds))
        .join(", ");
    let columns = ", RAW_KIND INTEGER, STEPS INTEGER, HEART_RATE INTEGER";
    let bytes = database(&format!("{DEVICE}{}", table("PINE_TIME_ACTIVITY_SAMPLE", columns, &rows)));
    let found = |zone: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::default();
        run(&written(folder.path(), "pt.db", &bytes), &one_person(zone), &mut memory).unwrap();
        lines(&memory)
    };
    assert_eq!(
        found("Europe/Paris"),
        [
            "steps sample 2026-05-01T19:50:00Z +600s 300 @?",
            "steps sample 2026-05-01T22:00:00Z +25200s 500 @?",
            "steps sample 2026-05-02T05:00:00Z +600s 200 @?",
        ]
    );
    // Without a zone, within some hours.
    assert_eq!(found("")[1], "steps sample 2026-05-01T23:00:00Z +21600s 500 @?");
}

#[test]
fn of_a_table_that_nobody_knows_heart_rate_alone_is_taken() {
    let sql = [
        DEVICE.to_owned(),
        table(
            "NEWCOMER_ACTIVITY_SAMPLE",
            ", STEPS INTEGER, HEART_RATE INTEGER",
            &format!("({AT},1,1,900,70), ({},1,1,910,0)", AT + 60),
        ),
        table("NEWCOMER_SPO2_SAMPLE", ", SPO2 INTEGER", &format!("({AT},1,1,97)")),
        table("COUNTER_ACTIVITY_SAMPLE", ", STEPS INTEGER", &format!("({AT},1,1,97)")),
        table(
            "HUAMI_HEART_RATE_MANUAL_SAMPLE",
            ", UTC_OFFSET INTEGER, HEART_RATE INTEGER",
            &format!("({AT}000,1,1,0,99)"),
        ),
    ];
    let (summary, memory) = read_bytes("Gadgetbridge", &database(&sql.concat()));
    assert_eq!(
        lines(&memory),
        [
            "heart_rate sample 2023-11-14T22:13:00Z +0s 700 @?",
            "heart_rate sample 2023-11-14T22:13:00Z +0s 990 @?",
        ]
    );
    assert!(memory.readings.values().any(|provenance| provenance.how == How::Active));
    let not_kept: Vec<_> =
        summary.files[0].not_kept.iter().map(|what| (what.what.as_str(), what.count)).collect();
    assert_eq!(
        not_kept,
        [("NEWCOMER_ACTIVITY_SAMPLE.STEPS", 2), ("COUNTER_ACTIVITY_SAMPLE", 1), ("NEWCOMER_SPO2_SAMPLE", 1)]
    );
}

#[test]
fn levels_of_batteries() {
    let sql = format!(
        "{DEVICE}{}CREATE TABLE BATTERY_LEVEL (TIMESTAMP INTEGER, DEVICE_ID INTEGER, LEVEL INTEGER, BATTERY_INDEX INTEGER);\
         INSERT INTO BATTERY_LEVEL VALUES ({AT},1,81,0), ({AT},1,50,1), ({AT},2,-1,0), ({AT},99,40,0);",
        table("MI_BAND_ACTIVITY_SAMPLE", BAND, &format!("({AT},1,1,0,1,1,0)"))
    );
    let (summary, memory) = read_bytes("Gadgetbridge", &database(&sql));
    assert_eq!(summary.accepted, 3, "{summary:?}");
    let sources = sources(&memory);
    // The band's level is the band's; of what nothing else is known the kind is not either.
    assert!(sources[0].starts_with("unknown/gadgetbridge///"), "{sources:?}");
    assert_eq!((sources.len(), &sources[1][..6]), (2, "watch/"), "{sources:?}");
}

#[test]
fn columns_and_tables_may_be_missing() {
    let sql = "CREATE TABLE DEVICE (_id INTEGER PRIMARY KEY, IDENTIFIER TEXT); INSERT INTO DEVICE VALUES (1, 'a');\
        CREATE TABLE MI_BAND_ACTIVITY_SAMPLE (TIMESTAMP INTEGER, DEVICE_ID INTEGER, STEPS INTEGER);\
        INSERT INTO MI_BAND_ACTIVITY_SAMPLE VALUES (1699999980, 1, 5);\
        CREATE TABLE HUAMI_EXTENDED_ACTIVITY_SAMPLE (TIMESTAMP INTEGER, STEPS INTEGER);\
        INSERT INTO HUAMI_EXTENDED_ACTIVITY_SAMPLE VALUES (1699999980, 5);\
        CREATE TABLE BATTERY_LEVEL (TIMESTAMP INTEGER);";
    let (summary, memory) = read_bytes("x", &database(sql));
    assert_eq!((memory.readings.len(), summary.rejected), (1, 0), "{summary:?}");
    assert_eq!(summary.files[0].not_kept[0].what, "HUAMI_EXTENDED_ACTIVITY_SAMPLE");
}

#[test]
fn a_bad_row_costs_that_row() {
    let sql = format!(
        "{DEVICE}CREATE TABLE MI_BAND_ACTIVITY_SAMPLE (TIMESTAMP, DEVICE_ID, STEPS, RAW_KIND, HEART_RATE);\
         INSERT INTO MI_BAND_ACTIVITY_SAMPLE VALUES ('hier',1,1,1,70), ({0},'x',1,1,70), ({0},1,'sept',1,'70'), \
         ({1},1.0,'8',X'03',X'46'), (NULL,NULL,NULL,NULL,NULL), (-9223372036854775808,1,1,1,70), \
         (9223372036854775807,1,1,1,70), ({2},-9223372036854775808,9223372036854775807,-9223372036854775808,\
         9223372036854775807), ({3},1,99999,1,12.5), ({3},1,1e300,1,-1e300);",
        AT,
        AT + 60,
        AT + 120,
        AT + 180
    );
    let (summary, memory) = read_bytes("x", &database(&sql));
    assert_eq!(
        lines(&memory),
        ["steps epoch 2023-11-14T22:14:00Z +60s 8 @?", "heart_rate sample 2023-11-14T22:13:00Z +0s 700 @?",],
        "{summary:?}"
    );
    let counts: Vec<_> = summary.files[0].rejections.iter().map(|r| (r.code, r.count)).collect();
    assert_eq!(counts, [(RejectCode::ValueOutOfRange, 6), (RejectCode::Unreadable, 7)], "{summary:?}");
    assert!(summary.files[0].rejections[1].example.contains("MI_BAND_ACTIVITY_SAMPLE: "), "{summary:?}");
}

#[test]
fn again_and_in_another_order_is_the_same() {
    let rows = |order: &[i64]| -> String {
        let row = |n: &i64| format!("({},1,{},1,{})", AT + n * 60, n % 9, 60 + n % 50);
        order.iter().map(row).collect::<Vec<_>>().join(",")
    };
    let made = |order: &[i64]| {
        let columns =
            "(TIMESTAMP INTEGER, DEVICE_ID INTEGER, STEPS INTEGER, RAW_KIND INTEGER, HEART_RATE INTEGER)";
        let tables: String = ["PINE_TIME_ACTIVITY_SAMPLE", "MI_BAND_ACTIVITY_SAMPLE"]
            .map(|name| format!("CREATE TABLE {name} {columns}; INSERT INTO {name} VALUES {};", rows(order)))
            .concat();
        database(&format!("{DEVICE}{tables}"))
    };
    let forth: Vec<i64> = (0..300).collect();
    let mut other = forth.clone();
    other.sort_by_key(|n| n * 7919 % 300);
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::default();
    let first = run(&written(folder.path(), "a", made(&forth)), &one_person(""), &mut memory).unwrap();
    let count = memory.readings.len();
    let second = run(&written(folder.path(), "b", made(&other)), &one_person(""), &mut memory).unwrap();
    assert_eq!((second.new, memory.readings.len()), (Some(0), count));
    assert_eq!(first.accepted, second.accepted);
}

/// A database of some hundred pages.
fn many() -> Vec<u8> {
    let rows: Vec<String> = (0..20_000).map(|n| format!("({},1,1,9,{},1,70)", AT + n * 60, n % 90)).collect();
    band("MI_BAND_ACTIVITY_SAMPLE", &rows.join(","))
}

#[test]
fn of_a_damaged_file_what_is_before_the_damage_is_kept() {
    let whole = many();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2 / 1024 * 1024;
    bytes[middle..middle + 1024].fill(0xa5);
    let (summary, memory) = read_bytes("x", &bytes);
    assert!(summary.files[0].cut_short && summary.refused(), "{summary:?}");
    let kept = memory.readings.len();
    // What is behind the damage is there too.
    assert!((35_000..39_990).contains(&kept), "{kept}");
    // The head is whole, the rest is not.
    for part in [whole.len() / 2, whole.len() - 1, 40 * 1024] {
        let (summary, memory) = read_bytes("x", &whole[..part]);
        assert!(summary.refused(), "{summary:?}");
        if part > 40 * 1024 {
            assert!(memory.readings.len() > 5_000 && summary.files[0].cut_short, "{part} {summary:?}");
        }
    }
    for part in [0, 16, 90, 1000, 1024, 2048] {
        let (summary, memory) = read_bytes("x", &whole[..part]);
        assert!(memory.readings.is_empty() && summary.refused(), "{part} {summary:?}");
    }
}

#[test]
fn without_the_names_of_its_devices_nothing_is_taken() {
    // Under another name the readings would be there twice once the whole file comes.
    let mut bytes = many();
    bytes[1024..2048].fill(0xa5);
    let (summary, memory) = read_bytes("x", &bytes);
    assert!(memory.readings.is_empty() && summary.files[0].cut_short, "{summary:?}");
}

#[test]
fn noise_is_survived() {
    let whole = many();
    let small = &whole[..whole.len().min(64 * 1024)];
    let mut seed = 42_u32;
    for _ in 0..40 {
        let mut bytes = small.to_vec();
        for _ in 0..200 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = 100 + seed as usize % (bytes.len() - 100);
            bytes[at] ^= (seed >> 24) as u8;
        }
        read_bytes("x", &bytes);
    }
}

#[test]
fn what_only_looks_like_a_table_is_left_alone() {
    let columns: String = (0..1_900).map(|n| format!(", C{n} INTEGER")).collect();
    let sql = format!(
        "{DEVICE}CREATE VIEW HUAMI_EXTENDED_ACTIVITY_SAMPLE AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 \
         FROM n) SELECT i AS TIMESTAMP, 1 AS DEVICE_ID, 1 AS STEPS FROM n;\
         CREATE VIRTUAL TABLE XIAOMI_ACTIVITY_SAMPLE USING fts5(TIMESTAMP, DEVICE_ID, STEPS);\
         CREATE TABLE CMF_ACTIVITY_SAMPLE (TIMESTAMP INTEGER, DEVICE_ID INTEGER, \
         STEPS INTEGER AS (TIMESTAMP / 60));\
         INSERT INTO CMF_ACTIVITY_SAMPLE VALUES ({AT}, 1);\
         CREATE TABLE \"x\"\"; DROP TABLE DEVICE; --_ACTIVITY_SAMPLE\" (TIMESTAMP INTEGER, DEVICE_ID INTEGER, HEART_RATE);\
         INSERT INTO \"x\"\"; DROP TABLE DEVICE; --_ACTIVITY_SAMPLE\" VALUES ({AT}, 1, 71);\
         CREATE TABLE MI_BAND_ACTIVITY_SAMPLE (timestamp INTEGER, device_id INTEGER, steps INTEGER{columns});\
         INSERT INTO MI_BAND_ACTIVITY_SAMPLE (timestamp, device_id, steps) VALUES ({AT}, 1, 3)"
    );
    let (summary, memory) = read_bytes("x", &database(&sql));
    assert_eq!(
        lines(&memory),
        ["steps epoch 2023-11-14T22:13:00Z +60s 3 @?", "heart_rate sample 2023-11-14T22:13:00Z +0s 710 @?",],
        "{summary:?}"
    );
}

#[test]
fn its_zip_archive_is_read_and_it_is_one_persons() {
    use std::io::Write as _;
    let bytes = band("MI_BAND_ACTIVITY_SAMPLE", &format!("({AT},1,1,20,42,1,72)"));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [("database/Gadgetbridge", bytes.as_slice()), ("preferences/global.json", b"{}")] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    let (summary, memory) = read_bytes("gadgetbridge.zip", &zip.finish().unwrap().into_inner());
    assert_eq!((summary.accepted, summary.skipped.len(), summary.refused()), (2, 1, false), "{summary:?}");
    assert!(memory.readings.keys().any(|key| key.2 == Metric::Steps));
    assert!(refused_bytes("x", &bytes, &study("UTC")).contains("--participant ID in place of --study"));
}

#[test]
fn a_database_of_something_else_is_not_known() {
    let (summary, _) = read_bytes("x", &database("CREATE TABLE DEVICE (a); CREATE TABLE SAMPLE (b)"));
    assert!(summary.files.is_empty() && summary.refused(), "{summary:?}");
}

#[test]
fn a_cell_without_end_costs_its_row_and_no_memory() {
    let rows: Vec<String> = (0..50).map(|n| format!("({},1,1,9,{n},1,70)", AT + n * 60)).collect();
    let huge = format!(
        "UPDATE MI_BAND_ACTIVITY_SAMPLE SET STEPS = zeroblob(3000000) WHERE TIMESTAMP = {}",
        AT + 20 * 60
    );
    let bytes =
        database(&format!("{DEVICE}{};{huge}", table("MI_BAND_ACTIVITY_SAMPLE", BAND, &rows.join(","))));
    let (summary, memory) = read_bytes("x", &bytes);
    assert_eq!(memory.readings.len(), 2 * 49, "{summary:?}");
    let rejections = &summary.files[0].rejections;
    assert!(
        summary.files[0].cut_short && rejections[0].example.contains("SAMPLE: string or"),
        "{rejections:?}"
    );
}
