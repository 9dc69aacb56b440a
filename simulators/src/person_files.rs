//! The files of one simulated person.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono::{Days, NaiveDate};
use foulee_person::{
    MINUTES_PER_DAY, PainClass, Person, SeenDay, Sensor, Sex, Traits, TruthDay, WearMask, WearPattern, seen,
    wear,
};
use serde::Serialize;

use foulee_sim::SimError;

/// What to simulate.
pub(crate) struct Simulation<'a> {
    pub(crate) person: Person,
    pub(crate) first_date: NaiveDate,
    pub(crate) days: u32,
    pub(crate) time_zone: &'a str,
    pub(crate) pattern: WearPattern,
}

/// What was written, in numbers.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Written {
    days: u32,
    minutes: u64,
    steps: u64,
    steps_seen: u64,
    minutes_worn: u64,
    flare_days: u32,
}

/// `person.json`. Its keys are a contract; the traits' own names are the crate's.
#[derive(Serialize)]
struct PersonDocument<'a> {
    provenance: &'static str,
    generator: &'static str,
    generator_version: &'static str,
    seed: u64,
    first_date: NaiveDate,
    days: u32,
    time_zone: &'a str,
    pattern: String,
    sensor: &'static str,
    age_years: u8,
    sex: &'static str,
    pain_duration_years: f64,
    pain_class: &'static str,
    median_daily_steps: f64,
    capacity_daily_steps: f64,
    resting_heart_rate_bpm: f64,
    max_heart_rate_bpm: f64,
    walking_cadence_per_minute: f64,
    truth: &'a Written,
}

/// Writes all files into this folder, which is empty, `person.json` last.
pub(crate) fn write(simulation: &Simulation<'_>, folder: &Path) -> Result<Written, SimError> {
    let mut truth_minutes = Table::create(folder, "truth.csv", "date,minute,steps,heart_rate,worn,asleep")?;
    let mut truth_days =
        Table::create(folder, "truth_days.csv", "date,steps,flare,wake_minute,bed_minute,worn_minutes")?;
    let mut seen_minutes = Table::create(folder, "seen_minutes.csv", "Id,Time,HeartRate,Steps")?;

    let person = &simulation.person;
    let mut written = Written::default();
    for offset in 0..simulation.days {
        let date = simulation.first_date + Days::new(u64::from(offset));
        let truth = person.day(date);
        let mask = wear(person, &truth, simulation.pattern, &mut person.wear_rng(date));
        let seen = seen(&truth, &mask);
        truth_minutes.rows(|file| truth_minute_rows(file, &truth, &mask))?;
        truth_days.rows(|file| truth_day_row(file, &truth, &mask))?;
        seen_minutes.rows(|file| seen_minute_rows(file, person.seed(), &seen))?;

        written.days += 1;
        written.minutes += MINUTES_PER_DAY as u64;
        written.steps += u64::from(truth.total_steps());
        written.steps_seen += u64::from(seen.total_steps());
        written.minutes_worn += u64::from(mask.worn_minutes());
        written.flare_days += u32::from(truth.flare);
    }
    for table in [truth_minutes, truth_days, seen_minutes] {
        table.finish()?;
    }
    write_person(simulation, &written, folder)?;
    Ok(written)
}

fn truth_minute_rows(file: &mut impl Write, truth: &TruthDay, mask: &WearMask) -> io::Result<()> {
    let date = truth.date.to_string();
    for (minute, (steps, heart)) in truth.steps.iter().zip(&truth.heart_rate_deci_bpm).enumerate() {
        let (worn, asleep) = (u8::from(mask.worn[minute]), u8::from(truth.asleep(minute)));
        writeln!(file, "{date},{minute},{steps},{}.{},{worn},{asleep}", heart / 10, heart % 10)?;
    }
    Ok(())
}

fn truth_day_row(file: &mut impl Write, truth: &TruthDay, mask: &WearMask) -> io::Result<()> {
    let (steps, worn, flare) = (truth.total_steps(), mask.worn_minutes(), u8::from(truth.flare));
    writeln!(file, "{},{steps},{flare},{},{},{worn}", truth.date, truth.wake_minute, truth.bed_minute)
}

fn seen_minute_rows(file: &mut impl Write, id: u64, seen: &SeenDay) -> io::Result<()> {
    let date = seen.date.to_string();
    for (minute, (steps, heart)) in seen.steps.iter().zip(&seen.heart_rate_deci_bpm).enumerate() {
        write!(file, "{id},{date} {:02}:{:02}:00,", minute / 60, minute % 60)?;
        if let Some(heart) = heart {
            write!(file, "{}.{}", heart / 10, heart % 10)?;
        }
        writeln!(file, ",{steps}")?;
    }
    Ok(())
}

fn write_person(simulation: &Simulation<'_>, written: &Written, folder: &Path) -> Result<(), SimError> {
    let traits: &Traits = simulation.person.traits();
    let document = PersonDocument {
        provenance: "synthetic",
        generator: env!("CARGO_PKG_NAME"),
        generator_version: env!("CARGO_PKG_VERSION"),
        seed: simulation.person.seed(),
        first_date: simulation.first_date,
        days: simulation.days,
        time_zone: simulation.time_zone,
        pattern: simulation.pattern.to_string(),
        sensor: match simulation.pattern.sensor() {
            Sensor::Wearable => "wearable",
            Sensor::Phone => "phone",
        },
        age_years: traits.age_years,
        sex: match traits.sex {
            Sex::Female => "female",
            Sex::Male => "male",
        },
        pain_duration_years: tenths(traits.pain_duration_years),
        pain_class: match traits.pain_class {
            PainClass::Recovering => "recovering",
            PainClass::PersistentMild => "persistent_mild",
            PainClass::Fluctuating => "fluctuating",
            PainClass::Severe => "severe",
        },
        median_daily_steps: tenths(traits.median_daily_steps),
        capacity_daily_steps: tenths(traits.capacity_daily_steps),
        resting_heart_rate_bpm: tenths(traits.resting_heart_rate_bpm),
        max_heart_rate_bpm: tenths(traits.max_heart_rate_bpm),
        walking_cadence_per_minute: tenths(traits.walking_cadence_per_minute),
        truth: written,
    };
    let path = folder.join("person.json");
    let mut text = serde_json::to_string_pretty(&document)
        .map_err(|source| SimError::Json { path: path.clone(), source })?;
    text.push('\n');
    std::fs::write(&path, text).map_err(|source| SimError::Write { path, source })
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A CSV file that is being written, with its path for messages.
struct Table<'a> {
    folder: &'a Path,
    name: &'static str,
    file: BufWriter<File>,
}

impl<'a> Table<'a> {
    fn create(folder: &'a Path, name: &'static str, header: &str) -> Result<Self, SimError> {
        let path = folder.join(name);
        let file = File::create_new(&path).map_err(|source| SimError::Write { path, source })?;
        let mut table = Self { folder, name, file: BufWriter::new(file) };
        table.rows(|file| writeln!(file, "{header}"))?;
        Ok(table)
    }

    fn rows(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), SimError> {
        write(&mut self.file).map_err(|source| SimError::Write { path: self.folder.join(self.name), source })
    }

    fn finish(mut self) -> Result<(), SimError> {
        self.rows(Write::flush)
    }
}
