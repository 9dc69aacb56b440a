//! Exports as phones and watches write them, long enough to be killed in the midst of.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;

use crate::samples::fit::{MIDNIGHT, day, low, u32s};
use crate::samples::gadgetbridge::{AT, BAND, DEVICE, table};
use crate::samples::packed::database;
use crate::samples::{apple, health_connect, samples};

use super::chance::Chance;

/// An export: what it is, and where.
#[derive(Clone, Debug)]
pub(crate) struct Export {
    pub(crate) name: &'static str,
    pub(crate) path: PathBuf,
}

/// One of each of the large formats, `minutes` long, and a folder of small files of every format.
pub(crate) fn write(folder: &Path, minutes: i64, chance: &mut Chance) -> Vec<Export> {
    let export = |name: &'static str, file: &str, bytes: Vec<u8>| {
        let path = folder.join(file);
        fs::write(&path, bytes).expect("a file");
        Export { name, path }
    };
    vec![
        export("Apple's archive", "export.zip", apple_archive(minutes, chance)),
        export("Gadgetbridge's database", "Gadgetbridge", gadgetbridge(minutes, chance)),
        export("Health Connect's database", "health_connect_export.db", health_connect_records(minutes)),
        Export { name: "a folder of FIT files", path: fit_folder(&folder.join("fit"), minutes, chance) },
        Export { name: "a folder of all formats", path: small_files(&folder.join("small")) },
    ]
}

fn apple_archive(minutes: i64, chance: &mut Chance) -> Vec<u8> {
    let time = |seconds: i64| {
        let at = DateTime::from_timestamp(AT + seconds, 0).expect("a time");
        at.format("%Y-%m-%d %H:%M:%S +0000").to_string()
    };
    let mut records = String::new();
    for minute in 0..minutes {
        let (start, end) = (time(minute * 60), time(minute * 60 + 50));
        let steps = chance.between(0, 150).to_string();
        records += &apple::step("Montre", apple::WATCH, &start, &end, &steps);
        if minute % 2 == 0 {
            records +=
                &apple::step("Montre", apple::WATCH, &start, &start, "71").replace("StepCount", "HeartRate");
        } else {
            records += &apple::step("iPhone", "", &start, &time(minute * 60 + 55), &steps);
        }
    }
    apple::archive(apple::export(&records).as_bytes())
}

fn gadgetbridge(minutes: i64, chance: &mut Chance) -> Vec<u8> {
    let row = |minute: i64| {
        let (steps, beats) = (chance.between(0, 150), chance.between(50, 140));
        format!("({},1,1,9,{steps},1,{beats})", AT + minute * 60)
    };
    let rows: Vec<String> = (0..minutes).map(row).collect();
    database(&format!("{DEVICE}{}", table("MI_BAND_ACTIVITY_SAMPLE", BAND, &rows.join(","))))
}

fn health_connect_records(minutes: i64) -> Vec<u8> {
    let step = |minute: i64| {
        let from = minute * 60_000;
        health_connect::step(health_connect::AT, 2, 1, 2, from, from + 50_000, &(minute % 90).to_string())
    };
    let steps: String = (0..minutes).map(step).collect();
    let beats = format!(
        "INSERT INTO heart_rate_record_table (row_id, device_info_id, app_info_id, recording_method, start_zone_offset, \
         last_modified_time) VALUES (7, 2, 1, 2, 7200, 5);\
         WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {minutes}) \
         INSERT INTO heart_rate_record_series_table SELECT 7, 60 + i % 80, {} + i * 30000 FROM n;",
        health_connect::AT
    );
    database(&format!("{}{steps}{beats}", health_connect::tables()))
}

/// A file a day, as a watch writes them.
fn fit_folder(folder: &Path, minutes: i64, chance: &mut Chance) -> PathBuf {
    /// Walking, at the least intensity.
    const WALKING: u8 = 6 | 3 << 5;
    fs::create_dir_all(folder).expect("a folder");
    let mut counted = 0;
    let days = u32::try_from(minutes / 1_440 + 1).expect("few days");
    for number in 0..days {
        let begin = MIDNIGHT + number * 86_400;
        // The file's own day first: what follows goes on from its time.
        let mut file = day().data(2, &[&u32s(begin), &u32s(counted), &[6]]);
        for minute in 1..1_440 {
            counted += u32::try_from(chance.between(0, 90)).expect("few steps");
            let at = low(begin + minute * 60);
            file =
                file.data(3, &[&u32s(counted), &at, &[WALKING]]).data(4, &[&at, &[60 + (minute % 70) as u8]]);
        }
        fs::write(folder.join(format!("M{number:05}.FIT")), file.finish()).expect("a file");
    }
    folder.to_owned()
}

/// The importers' own small samples that are one person's.
fn small_files(folder: &Path) -> PathBuf {
    fs::create_dir_all(folder).expect("a folder");
    for (number, sample) in samples().into_iter().enumerate().filter(|(_, sample)| sample.group != "tables") {
        let folder = folder.join(format!("{number}"));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(sample.name), sample.bytes).expect("a file");
    }
    folder.to_owned()
}
