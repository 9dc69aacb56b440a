use std::path::Path;

use crate::import::importer::Detection;

/// Files of an archive that hold something else than steps and heart rate: how their names begin, without the date or
/// number at their end, and what that is. From public descriptions of such archives. [D]
const NOT_KEPT: [(&str, &str); 62] = [
    ("active_energy_burned", "calories"),
    ("active_minutes", "active minutes"),
    ("active_zone_minutes", "active zone minutes"),
    ("active zone minutes", "active zone minutes"),
    ("activity_level", "activity levels"),
    ("altitude", "floors climbed"),
    ("badge", "badges"),
    ("body_fat", "body fat"),
    ("body_temperature", "body temperature"),
    ("calories", "calories"),
    ("calories_in_heart_rate_zone", "calories"),
    ("cardio_acute_chronic_workload_ratio", "cardio load"),
    ("cardio_load", "cardio load"),
    ("computed temperature", "skin temperature"),
    ("daily heart rate variability summary", "heart rate variability"),
    ("daily readiness", "readiness scores"),
    ("daily respiratory rate summary", "breathing rates"),
    ("daily spo", "oxygen saturation"),
    ("daily_heart_rate_variability", "heart rate variability"),
    ("daily_heart_rate_zones", "heart rate zones"),
    ("daily_oxygen_saturation", "oxygen saturation"),
    ("daily_readiness", "readiness scores"),
    ("daily_respiratory_rate", "breathing rates"),
    ("daily_resting_heart_rate", "resting heart rate, which Foulée works out itself"),
    ("daily_vo2_max", "cardio fitness"),
    ("demographic_vo2_max", "cardio fitness"),
    ("device temperature", "skin temperature"),
    ("distance", "distances"),
    ("estimated_oxygen_variation", "oxygen saturation"),
    ("exercise", "exercises, whose steps are in the minutes"),
    ("floors", "floors climbed"),
    ("food_logs", "meals"),
    ("gps_location", "positions"),
    ("heart rate variability", "heart rate variability"),
    ("heart_rate_variability", "heart rate variability"),
    ("height", "body height"),
    ("hydration", "drinks"),
    ("lightly_active_minutes", "active minutes"),
    ("live_pace", "pace, whose steps are in the minutes"),
    ("menstrual", "cycles"),
    ("minute spo", "oxygen saturation"),
    ("moderately_active_minutes", "active minutes"),
    ("oxygen_saturation", "oxygen saturation"),
    ("respiratory rate summary", "breathing rates"),
    ("respiratory_rate", "breathing rates"),
    ("resting_heart_rate", "resting heart rate, which Foulée works out itself"),
    ("run_vo2_max", "cardio fitness"),
    ("sedentary_minutes", "active minutes"),
    ("sedentary_period", "active minutes"),
    ("sleep", "sleep"),
    ("snore", "snoring"),
    ("stress", "stress scores"),
    ("swim_lengths_data", "swimming"),
    ("time_in_heart_rate_zone", "heart rate zones"),
    ("userexercises", "exercises, whose steps are in the minutes"),
    ("usersleep", "sleep"),
    ("very_active_minutes", "active minutes"),
    ("vo2_max", "cardio fitness"),
    ("water_logs", "drinks"),
    ("weight", "weight"),
    ("wrist temperature", "skin temperature"),
    ("wrist_temperature", "skin temperature"),
];

/// Folders that no other export has.
const FOLDERS: [&str; 1] = ["global export data"];

/// What a file's name and folder say of it.
pub(super) struct Name {
    /// In small letters, without its ending and without the date or number behind: `heart_rate` of
    /// `heart_rate-2023-01-01.json`.
    stem: String,
    is_data: bool,
    /// Whether it lies in a folder of such an archive.
    in_archive: bool,
}

impl Name {
    pub(super) fn of(path: &Path) -> Self {
        let lower = |part: &std::ffi::OsStr| part.to_string_lossy().to_lowercase();
        let mut file = path.file_name().map(lower).unwrap_or_default();
        if let Some(plain) = file.strip_suffix(".gz") {
            file = plain.to_owned();
        }
        let (stem, ending) = file.rsplit_once('.').unwrap_or((&file, ""));
        let behind = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | ' ' | '(' | ')');
        let folders: Vec<String> = path.parent().into_iter().flatten().map(lower).collect();
        let in_archive = folders
            .iter()
            .any(|folder| FOLDERS.contains(&folder.as_str()) || folder.ends_with("_googledata"))
            || folders
                .windows(2)
                .any(|pair| pair[0] == "takeout" && matches!(pair[1].as_str(), "fitbit" | "google health"));
        Self {
            stem: stem.trim_end_matches(behind).to_owned(),
            is_data: matches!(ending, "json" | "csv"),
            in_archive,
        }
    }

    /// Whether it is a file of this name, and of no longer one.
    pub(super) fn is(&self, stem: &str) -> bool {
        self.is_data && self.stem == stem
    }

    /// What it is where nothing in it is kept.
    pub(super) fn not_kept(&self) -> Detection {
        let known = NOT_KEPT.iter().filter(|(stem, _)| self.stem.starts_with(stem));
        let what = known.max_by_key(|(stem, _)| stem.len()).map(|(_, what)| *what).filter(|_| self.is_data);
        let why = |what| format!("Fitbit and Google Health: {what}; Foulée keeps steps and heart rate");
        match what {
            // A column of steps or of a resting heart rate must not be read as minutes by what knows tables only.
            Some(what) if self.in_archive => Detection::NobodyElses(why(what)),
            Some(what) => Detection::NotKept(why(what)),
            None if self.in_archive => {
                Detection::NobodyElses(why("a file of the archive without steps or heart rate"))
            }
            None => Detection::Unknown(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_apart_from_longer_ones() {
        let is = |path: &str, stem| Name::of(Path::new(path)).is(stem);
        assert!(is("Takeout/Fitbit/Global Export Data/steps-2023-01-01.json", "steps"));
        assert!(is("steps-2023-01-01 (1).json.gz", "steps") && is("heart_rate_2023-01-01.csv", "heart_rate"));
        assert!(!is("resting_heart_rate-2023-01-01.json", "heart_rate"));
        assert!(!is("steps_readme.txt", "steps") && !is("steps-2023-01-01.txt", "steps"));
    }

    #[test]
    fn the_archives_other_files_have_a_reason() {
        let told = |path: &str| match Name::of(Path::new(path)).not_kept() {
            Detection::NobodyElses(why) => format!("nobody: {why}"),
            Detection::NotKept(why) => why,
            _ => String::new(),
        };
        let folder = "Takeout/Google Health/Physical Activity_GoogleData";
        assert!(told(&format!("{folder}/live_pace_2026-09-12.csv")).starts_with("nobody: Fitbit"));
        assert!(told(&format!("{folder}/Novel Feature/mystery.csv")).contains("without steps"));
        assert!(told("Takeout/Fitbit/README.txt").starts_with("nobody: "));
        assert!(told("sleep-2022-03-02.json").contains("sleep"));
        assert!(told("heart_rate_variability_2024-04-01.csv").contains("variability"));
        assert_eq!((told("diary.txt"), told("Takeout/Fit/steps.txt")), (String::new(), String::new()));
    }
}
