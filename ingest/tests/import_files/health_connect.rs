//! Health Connect's databases, written from the format's description: not yet tried on a real export.

use foulee_contract::{How, RejectCode};

use crate::memory::{Memory, lines, one_person, read_bytes, run, sources, written};
use crate::samples::health_connect::{AT, example, step, tables};
use crate::samples::packed::database;

#[test]
fn records_keep_their_extent_their_app_and_their_device() {
    let (summary, memory) = read_bytes("health_connect_export.db", &database(&example()));
    assert_eq!(
        lines(&memory),
        [
            "steps sample 2023-11-14T22:13:20Z +3600s 4000 @60",
            "steps sample 2023-11-14T22:13:20Z +60s 70 @60",
            "heart_rate sample 2023-11-14T22:13:25Z +0s 800 @?",
            "steps sample 2023-11-14T22:13:20Z +90s 112 @60",
            "heart_rate sample 2023-11-14T22:13:20Z +0s 720 @120",
            "heart_rate sample 2023-11-14T22:13:25Z +0s 740 @120",
        ]
    );
    assert_eq!(
        sources(&memory),
        [
            "manual/health-connect///org.typed",
            "phone/health-connect/google/pixel-8/com.fitbit.fitbitmobile",
            "unknown/health-connect",
            "watch/health-connect/google/pixel-watch-2/com.fitbit.fitbitmobile",
        ]
    );
    let hows: Vec<(u64, How)> =
        memory.readings.iter().map(|(key, provenance)| (key.4.rev, provenance.how)).collect();
    let modified = AT as u64;
    assert_eq!(
        hows,
        [
            (modified + 9, How::Manual),
            (modified, How::Active),
            (0, How::Unknown),
            (modified, How::Automatic),
            (5, How::Automatic),
            (5, How::Automatic),
        ]
    );
    let file = &summary.files[0];
    assert_eq!((file.format, file.rejected, file.cut_short), ("health-connect", 1, false), "{file:?}");
    let not_kept: Vec<_> = file.not_kept.iter().map(|what| (what.what.as_str(), what.count)).collect();
    assert_eq!(not_kept, [("weight_record_table", 2)]);
}

#[test]
fn again_brings_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), "health_connect_export.db", database(&example()));
    let mut memory = Memory::default();
    run(&path, &one_person(""), &mut memory).unwrap();
    let again = run(&path, &one_person(""), &mut memory).unwrap();
    assert_eq!((again.accepted, again.new), (6, Some(0)));
}

#[test]
fn a_bad_row_costs_that_row() {
    let sql = tables()
        + &step(AT, 1, 1, 2, 0, 0, "1")
        + &step(AT, 1, 1, 2, 5, 0, "1")
        + &step(AT, 1, 1, 2, 0, 60_000, "'sept'")
        + &step(AT, 1, 1, 2, 0, 60_000, "NULL")
        + &step(AT, 1, 1, 2, 0, 60_000, "9223372036854775807")
        + &step(-5, 99, 99, 99, 0, 60_000, "'12'")
        + "INSERT INTO steps_record_table (start_time, end_time, count, start_zone_offset) VALUES \
           (-9223372036854775808, 9223372036854775807, 1, 1), (1700000000000, 1700000060000, 13, -9223372036854775808);\
           INSERT INTO heart_rate_record_series_table VALUES (1, X'46', 1700000000000), (NULL, NULL, NULL);";
    let (summary, memory) = read_bytes("x", &database(&sql));
    assert_eq!(
        lines(&memory),
        ["steps sample 2023-11-14T22:13:20Z +60s 12 @60", "steps sample 2023-11-14T22:13:20Z +60s 13 @?",],
        "{summary:?}"
    );
    let counts: Vec<_> = summary.files[0].rejections.iter().map(|r| (r.code, r.count)).collect();
    assert_eq!(
        counts,
        [
            (RejectCode::EndBeforeStart, 1),
            (RejectCode::IntervalRequired, 1),
            (RejectCode::ValueMissing, 1),
            (RejectCode::ValueOutOfRange, 1),
            (RejectCode::Unreadable, 4),
        ],
        "{summary:?}"
    );
}

#[test]
fn tables_and_columns_may_be_missing() {
    let sql = "CREATE TABLE steps_record_table (start_time, end_time, count);\
        INSERT INTO steps_record_table VALUES (1700000000000, 1700000060000, 5);\
        CREATE TABLE heart_rate_record_series_table (beats_per_minute, epoch_millis);\
        INSERT INTO heart_rate_record_series_table VALUES (70, 1700000000000);";
    let (summary, memory) = read_bytes("x", &database(sql));
    assert_eq!((memory.readings.len(), summary.rejected), (2, 0), "{summary:?}");
    assert_eq!(sources(&memory), ["unknown/health-connect"]);
    let sql = "CREATE TABLE steps_record_table (start_time); INSERT INTO steps_record_table VALUES (1);\
        CREATE TABLE heart_rate_record_table (row_id)";
    let (summary, memory) = read_bytes("x", &database(sql));
    assert_eq!((memory.readings.len(), summary.files[0].not_kept[0].count), (0, 1), "{summary:?}");
    let views = "CREATE VIEW steps_record_table AS SELECT 1 AS start_time, 2 AS end_time, 3 AS count";
    assert!(read_bytes("x", &database(views)).0.files.is_empty());
}

#[test]
fn of_a_damaged_file_what_is_before_the_damage_is_kept() {
    let mut sql = tables();
    for n in 0..12_000 {
        sql += &step(AT, 2, 1, 2, n * 60_000, n * 60_000 + 30_000, "9");
    }
    let mut bytes = database(&sql);
    let cut = bytes[..bytes.len() * 2 / 3].to_vec();
    let (summary, memory) = read_bytes("x", &cut);
    assert!(summary.files[0].cut_short && memory.readings.len() > 4_000, "{summary:?}");
    let middle = bytes.len() / 2 / 1024 * 1024;
    bytes[middle..middle + 1024].fill(0xa5);
    let (summary, memory) = read_bytes("x", &bytes);
    assert!(summary.files[0].cut_short && memory.readings.len() > 4_000, "{summary:?}");
}

#[test]
fn the_phones_zip_archive_is_read() {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("health_connect_export.db", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&database(&example())).unwrap();
    let (summary, _) = read_bytes("Health Connect.zip", &zip.finish().unwrap().into_inner());
    assert_eq!((summary.accepted, summary.skipped.len()), (6, 0), "{summary:?}");
}

#[test]
fn a_large_icon_beside_an_apps_name_is_never_looked_at() {
    let sql = example() + ";UPDATE application_info_table SET app_icon = zeroblob(3000000)";
    let (summary, memory) = read_bytes("x", &database(&sql));
    assert_eq!((memory.readings.len(), summary.files[0].cut_short), (6, false), "{summary:?}");
}
