//! Gadgetbridge's databases.

use super::Sample;
use super::packed::database;

pub(crate) const DEVICE: &str = "CREATE TABLE DEVICE (_id INTEGER PRIMARY KEY, NAME TEXT NOT NULL, MANUFACTURER TEXT NOT NULL, \
    IDENTIFIER TEXT NOT NULL UNIQUE, TYPE INTEGER NOT NULL, TYPE_NAME TEXT NOT NULL, MODEL TEXT, ALIAS TEXT);\
    INSERT INTO DEVICE VALUES (1, 'Mi Band de Zoé', 'Huami', 'C8:0F:10:11:22:33', 11, 'MIBAND2', 'V0.1.3.2', 'Zoé'), \
    (2, 'R02_4242', 'Colmi', '30:30:10:11:22:33', 0, 'COLMI_R02', NULL, NULL);";

/// A table of samples as Gadgetbridge makes it: without row numbers, in the order of time.
pub(crate) fn table(name: &str, columns: &str, rows: &str) -> String {
    format!(
        "CREATE TABLE {name} (TIMESTAMP INTEGER NOT NULL, DEVICE_ID INTEGER NOT NULL, USER_ID INTEGER NOT NULL{columns}, \
         PRIMARY KEY (TIMESTAMP, DEVICE_ID)) WITHOUT ROWID; INSERT INTO {name} VALUES {rows};"
    )
}

pub(crate) const BAND: &str = ", RAW_INTENSITY INTEGER NOT NULL, STEPS INTEGER NOT NULL, RAW_KIND INTEGER NOT NULL, HEART_RATE INTEGER NOT NULL";

/// 2023-11-14T22:13:00Z.
pub(crate) const AT: i64 = 1_699_999_980;

pub(crate) fn band(name: &str, rows: &str) -> Vec<u8> {
    database(&format!("{DEVICE}{}", table(name, BAND, rows)))
}

pub(crate) fn samples() -> Vec<Sample> {
    let rows = (0..12)
        .map(|n| format!("({},1,1,9,{},{},{})", AT + n * 60, n * 3, [1, 80, 3][n as usize % 3], 60 + n));
    let minutes = table("MI_BAND_ACTIVITY_SAMPLE", BAND, &rows.collect::<Vec<_>>().join(","));
    let counted = table(
        "GARMIN_ACTIVITY_SAMPLE",
        ", RAW_KIND INTEGER, STEPS INTEGER, HEART_RATE INTEGER",
        &format!("({AT},2,1,1,5000,60)"),
    );
    let beside = format!(
        "CREATE TABLE COLMI_HEART_RATE_SAMPLE (TIMESTAMP INTEGER, DEVICE_ID INTEGER, USER_ID INTEGER, HEART_RATE INTEGER);\
         INSERT INTO COLMI_HEART_RATE_SAMPLE VALUES ({AT}500, 2, 1, 61);\
         CREATE TABLE BATTERY_LEVEL (TIMESTAMP INTEGER, DEVICE_ID INTEGER, LEVEL INTEGER, BATTERY_INDEX INTEGER);\
         INSERT INTO BATTERY_LEVEL VALUES ({AT},1,81,0);\
         CREATE TABLE NEWCOMER_ACTIVITY_SAMPLE (TIMESTAMP INTEGER, DEVICE_ID INTEGER, STEPS INTEGER, HEART_RATE INTEGER);\
         INSERT INTO NEWCOMER_ACTIVITY_SAMPLE VALUES ({AT},1,3,70);"
    );
    vec![
        Sample::new(
            "gadgetbridge",
            "Gadgetbridge",
            band("HUAMI_EXTENDED_ACTIVITY_SAMPLE", &format!("({AT},1,1,20,42,1,72)")),
        ),
        Sample::new(
            "gadgetbridge",
            "Gadgetbridge.db",
            database(&format!("{DEVICE}{minutes}{counted}{beside}")),
        ),
    ]
}
