//! Real recordings to begin with, where they are at hand.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::samples::Sample;

/// As much of a file as is worth spoiling, bytes.
const MOST_BYTES: u64 = 64 << 10;

/// The recordings of a group.
pub(crate) fn recordings(group: &'static str) -> Vec<Sample> {
    let Some(root) = std::env::var_os("FOULEE_TEST_DATA") else { return Vec::new() };
    let names: &[&'static str] = match group {
        "fit" => &["fit/MonitoringFile.fit", "fit/garmin-fenix-5-walk.fit", "fit/activity-filecrc.fit"],
        "tables" => &[
            "garmin-stream/data.csv",
            "fitabase/minuteStepsWide_merged.csv",
            "fitabase/four_people_minute_hr_steps.csv.gz",
            "fitbit-sync/name1_syncEvents_20190730_20230830.csv.gz",
        ],
        _ => &[],
    };
    names.iter().filter_map(|name| recording(group, name, &Path::new(&root).join(name))).collect()
}

fn recording(group: &'static str, name: &'static str, path: &Path) -> Option<Sample> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    Some(Sample::new(group, name.rsplit('/').next()?, bytes))
}
