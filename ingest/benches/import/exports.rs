//! Large exports, written as they are made.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// 2016-01-01T00:00:00Z, s.
const FIRST: i64 = 1_451_606_400;

/// A band's minutes: walks, rest with a heart rate, and nights without one.
pub(crate) fn gadgetbridge_database(path: &Path, rows: i64) -> rusqlite::Result<()> {
    let mut database = rusqlite::Connection::open(path)?;
    database.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE DEVICE (_id INTEGER PRIMARY KEY, NAME TEXT, \
         MANUFACTURER TEXT, IDENTIFIER TEXT, TYPE INTEGER, TYPE_NAME TEXT, MODEL TEXT); INSERT INTO DEVICE VALUES (1, \
         'Band', 'Huami', 'C8:0F:10:11:22:33', 0, 'MIBAND5', NULL); CREATE TABLE MI_BAND_ACTIVITY_SAMPLE (TIMESTAMP INTEGER \
         NOT NULL, DEVICE_ID INTEGER NOT NULL, USER_ID INTEGER NOT NULL, RAW_INTENSITY INTEGER NOT NULL, STEPS INTEGER NOT \
         NULL, RAW_KIND INTEGER NOT NULL, HEART_RATE INTEGER NOT NULL, PRIMARY KEY (TIMESTAMP, DEVICE_ID)) WITHOUT ROWID;",
    )?;
    let transaction = database.transaction()?;
    {
        let mut insert =
            transaction.prepare("INSERT INTO MI_BAND_ACTIVITY_SAMPLE VALUES (?1, 1, 1, ?2, ?3, ?4, ?5)")?;
        for minute in 0..rows {
            let (steps, kind, heart_rate) = match minute % 1440 {
                0..420 => (0, 112, 255),
                420..440 => (0, 3, 255),
                of_day if of_day % 97 < 12 => (90 + of_day % 30, 1, 100 + of_day % 20),
                of_day => (0, 80, 60 + of_day % 25),
            };
            insert.execute([FIRST + minute * 60, steps / 2, steps, kind, heart_rate])?;
        }
    }
    transaction.commit()
}

/// A Watch's and a phone's records, as Health exports them.
pub(crate) fn apple_document(path: &Path, bytes: u64) -> std::io::Result<()> {
    let mut document = BufWriter::new(File::create(path)?);
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<HealthData locale=\"fr_FR\">\n";
    document.write_all(head.as_bytes())?;
    let mut written = head.len() as u64;
    let watch = "&lt;&lt;HKDevice: 0x2829e8460&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, \
                 hardware:Watch6,1, software:9.1&gt;";
    let mut minute = 0;
    while written < bytes {
        let time = |seconds: i64| {
            let at = chrono::DateTime::from_timestamp(FIRST + seconds, 0).unwrap_or_default();
            at.format("%Y-%m-%d %H:%M:%S +0000").to_string()
        };
        let (start, end) = (time(minute * 60), time(minute * 60 + 55));
        let (kind, unit, end, value) = match minute % 3 {
            0 => ("StepCount", "count", &end, 10 + minute % 90),
            1 => ("HeartRate", "count/min", &start, 60 + minute % 60),
            _ => ("ActiveEnergyBurned", "kcal", &end, 1 + minute % 9),
        };
        let record = format!(
            " <Record type=\"HKQuantityTypeIdentifier{kind}\" sourceName=\"Montre\" sourceVersion=\"9.1\" device=\"{watch}\" \
             unit=\"{unit}\" creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\" value=\"{value}\"/>\n"
        );
        document.write_all(record.as_bytes())?;
        written += record.len() as u64;
        minute += 1;
    }
    document.write_all(b"</HealthData>\n")?;
    document.flush()
}
