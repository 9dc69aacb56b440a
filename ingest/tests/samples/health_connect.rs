//! Health Connect's databases.

use super::Sample;
use super::packed::{database, zipped};

pub(crate) const COMMON: &str = "row_id INTEGER PRIMARY KEY AUTOINCREMENT, uuid BLOB, last_modified_time INTEGER, device_info_id INTEGER, \
    app_info_id INTEGER, recording_method INTEGER, start_time INTEGER, start_zone_offset INTEGER, end_time INTEGER, \
    end_zone_offset INTEGER, local_date INTEGER";

pub(crate) fn tables() -> String {
    format!(
        "CREATE TABLE application_info_table (row_id INTEGER PRIMARY KEY, package_name TEXT, app_name TEXT, app_icon BLOB);\
         INSERT INTO application_info_table VALUES (1, 'com.fitbit.FitbitMobile', 'Fitbit', X'00'), (2, 'org.typed', 'T', NULL);\
         CREATE TABLE device_info_table (row_id INTEGER PRIMARY KEY, manufacturer TEXT, model TEXT, device_type INTEGER);\
         INSERT INTO device_info_table VALUES (1, NULL, NULL, 0), (2, 'Google', 'Pixel Watch 2', 1), (3, 'Google', 'Pixel 8', 2);\
         CREATE TABLE steps_record_table ({COMMON}, count INTEGER, local_date_time_start_time INTEGER AS (start_time + 1000 \
         * start_zone_offset));\
         CREATE TABLE heart_rate_record_table ({COMMON});\
         CREATE TABLE heart_rate_record_series_table (parent_key INTEGER, beats_per_minute INTEGER, epoch_millis INTEGER);"
    )
}

/// 2023-11-14T22:13:20Z.
pub(crate) const AT: i64 = 1_700_000_000_000;

pub(crate) fn step(last: i64, device: i64, app: i64, method: i64, from: i64, to: i64, count: &str) -> String {
    format!(
        "INSERT INTO steps_record_table (uuid, last_modified_time, device_info_id, app_info_id, recording_method, start_time, \
         start_zone_offset, end_time, end_zone_offset, count) VALUES (X'00', {last}, {device}, {app}, {method}, {}, 3600, {}, \
         3600, {count});",
        AT + from,
        AT + to
    )
}

pub(crate) fn example() -> String {
    tables()
        + &step(AT, 2, 1, 2, 0, 90_500, "112")
        + &step(AT + 9, 1, 2, 3, 0, 3_600_000, "4000")
        + &step(AT, 3, 1, 1, 0, 60_000, "70")
        + &format!(
            "INSERT INTO heart_rate_record_table (row_id, device_info_id, app_info_id, recording_method, start_zone_offset, \
             last_modified_time) VALUES (7, 2, 1, 2, 7200, 5);\
             INSERT INTO heart_rate_record_series_table VALUES (7, 72, {AT}), (7, 74, {0}), (8, 80, {0}), (7, 0, {0}), (7, 'x', 1);\
             CREATE TABLE weight_record_table (weight REAL); INSERT INTO weight_record_table VALUES (70000.0), (71000.0);",
            AT + 5_000
        )
}

pub(crate) fn samples() -> Vec<Sample> {
    let bytes = database(&example());
    vec![
        Sample::new("health_connect", "Health Connect.zip", zipped(&[("health_connect_export.db", &bytes)])),
        Sample::new("health_connect", "health_connect_export.db", bytes),
    ]
}
