//! Real FIT files, where they are at hand.

use std::fs;
use std::path::Path;

use foulee_contract::Metric;

use crate::fit::import;
use crate::memory::{Memory, one_person, run};
use crate::real::{data, rows_of};

/// The heart rates of a csv twin's rows, as they are stored, by second since 1970.
fn twin(path: &Path) -> Vec<(i64, i64)> {
    let row = |row: csv::StringRecord| {
        // Written by a clock in California in summer.
        let text = row[0].replace("PDT", "-0700");
        let at = chrono::DateTime::parse_from_str(&text, "%a %b %d %H:%M:%S %z %Y").expect("a time");
        (at.timestamp(), row[1].parse::<i64>().expect("a heart rate") * 10)
    };
    rows_of(path).into_iter().map(row).collect()
}

#[test]
fn heart_rates_of_real_activities_equal_their_csv_twins() {
    let Some(folder) = data("fit") else { return };
    for (name, beats) in [("run", 113), ("walk", 62)] {
        let mut memory = Memory::default();
        let path = folder.join(format!("garmin-fenix-5-{name}.fit"));
        let summary = run(&path, &one_person(""), &mut memory).unwrap();
        let hearts: Vec<(i64, i64)> = memory
            .readings
            .keys()
            .filter(|key| key.2 == Metric::HeartRate)
            .map(|key| (key.4.start_ms / 1000, key.4.value.present().unwrap()))
            .collect();
        assert_eq!(hearts, twin(&folder.join(format!("garmin-fenix-5-{name}-records.csv"))));
        assert_eq!((summary.rejected, summary.files[0].cut_short), (0, false));
        assert_eq!(memory.readings.keys().filter(|key| key.2 == Metric::RrInterval).count(), beats);
        assert!(memory.readings.values().all(|provenance| provenance.offset_minutes == Some(-420)));
        let again = run(&path, &one_person(""), &mut memory).unwrap();
        assert_eq!((again.new, again.duplicate), (Some(0), Some(summary.accepted)));
    }
}

#[test]
fn a_real_days_counters_end_where_the_watch_did() {
    let Some(folder) = data("fit") else { return };
    let mut memory = Memory::default();
    let summary = run(&folder.join("MonitoringFile.fit"), &one_person(""), &mut memory).unwrap();
    assert_eq!((summary.rejected, summary.files[0].cut_short), (0, false));
    assert!(memory.readings.values().all(|provenance| provenance.offset_minutes == Some(-360)));
    for (kind, last) in [(6, 3142), (1, 31)] {
        let counter: Vec<(i64, i64)> = memory
            .readings
            .keys()
            .filter(|key| key.2 == Metric::StepCounter && key.4.seq == kind)
            .map(|key| (key.4.start_ms, key.4.value.present().unwrap()))
            .collect();
        assert!(counter.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "a counter of one day only grows");
        // 2014-12-28T06:00:00Z: the next midnight, six hours west.
        assert_eq!(counter.last(), Some(&(1_419_746_400_000, last)));
    }
}

#[test]
fn real_broken_files_are_read_to_where_they_break() {
    let Some(folder) = data("fit") else { return };
    for (name, why) in [("filecrc", "checksum"), ("unexpected-eof", "the end is missing")] {
        let (summary, memory) = import(&fs::read(folder.join(format!("activity-{name}.fit"))).unwrap());
        let file = &summary.files[0];
        // Its 14 records have no heart rate, so all that can be kept is what they were.
        assert_eq!((memory.readings.len(), file.cut_short, file.rejected), (0, true, 1));
        assert!(file.rejections[0].example.contains(why), "{}", file.rejections[0].example);
        assert!(file.not_kept.iter().any(|kept| kept.what == "record: no heart rate" && kept.count == 14));
    }
}
