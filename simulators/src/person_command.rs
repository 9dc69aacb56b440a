//! `foulee-sim person`: its arguments, their checks, and the run.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{Datelike, Days, NaiveDate};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use foulee_person::{Person, WearPattern};

use crate::person_files::{self, Simulation};
use foulee_sim::SimError;

/// Most days of one run: twenty years.
const MOST_DAYS: i64 = 7305;
/// Last year whose dates have four digits.
const LAST_YEAR: i32 = 9999;

/// Write one simulated person: the truth, and what the devices saw, in separate files.
///
/// The same arguments write the same bytes. Files in the folder:
///
///   truth.csv         date,minute,steps,heart_rate,worn,asleep    a row for each local minute
///   truth_days.csv    date,steps,flare,wake_minute,bed_minute,worn_minutes
///   seen_minutes.csv  Id,Time,HeartRate,Steps    what the device reports, in local time
///   person.json       who the person is and how the files were made, written last
///
/// A device that is off reports 0 steps and no heart rate, as real ones do.
/// Every day has 1,440 local minutes: clock changes are left to whoever reads the files.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Wear patterns:
  always                 day and night
  whole-days-off:SHARE   this share of days not at all
  partly-worn:SHARE      this share of days for about three quarters of the waking day
  short-days:SHARE       this share of days for 2 to 9.5 hours, too short to be valid
  less-in-flares         every day in part, 15 % less in a flare
  less-on-low-step-days  every day in part, 20 % less below the person's own median steps
  phone-only             a phone, carried now and then; no heart rate

Exit codes: 0 done, 1 failed, 2 wrong usage (a folder that is not empty, too).

Example: foulee-sim person --seed 42 --days 56 --pattern partly-worn:0.3 --out person-42"
)]
pub(crate) struct PersonArgs {
    /// Which person: any number; the same number is the same person.
    #[arg(long, value_name = "N", env = "FOULEE_SEED")]
    seed: u64,
    /// How many days, up to 7305.
    #[arg(long, value_name = "D", env = "FOULEE_DAYS", value_parser = clap::value_parser!(u32).range(1..=MOST_DAYS))]
    days: u32,
    /// The first local date, from the year 1 to 9999.
    #[arg(long, value_name = "DATE", env = "FOULEE_START", default_value = "2026-01-05", value_parser = parse_date)]
    start: NaiveDate,
    /// Home time zone of the person: recorded in person.json, and of no other effect.
    #[arg(long, value_name = "ZONE", env = "FOULEE_TIME_ZONE", default_value = "Europe/Paris",
        value_parser = NonEmptyStringValueParser::new())]
    time_zone: String,
    /// When the device is worn, see below.
    #[arg(long, value_name = "PATTERN", env = "FOULEE_PATTERN", default_value = "always")]
    pattern: WearPattern,
    /// Folder to write to: new or empty.
    #[arg(long, value_name = "FOLDER", env = "FOULEE_OUT")]
    out: PathBuf,
}

/// Writes the person and prints a line of JSON that says what was written.
pub(crate) fn run(args: &PersonArgs) -> Result<(), SimError> {
    check_calendar(args.start, args.days)?;
    make_empty_folder(&args.out)?;
    let simulation = Simulation {
        person: Person::new(args.seed),
        first_date: args.start,
        days: args.days,
        time_zone: &args.time_zone,
        pattern: args.pattern,
    };
    let written = person_files::write(&simulation, &args.out)?;
    let line = serde_json::to_string(&written)
        .map_err(|source| SimError::Json { path: args.out.clone(), source })?;
    writeln!(io::stdout().lock(), "{line}").map_err(SimError::Print)
}

fn parse_date(text: &str) -> Result<NaiveDate, chrono::ParseError> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
}

fn check_calendar(start: NaiveDate, days: u32) -> Result<(), SimError> {
    let last = start.checked_add_days(Days::new(u64::from(days) - 1));
    if start.year() >= 1 && last.is_some_and(|last| last.year() <= LAST_YEAR) {
        Ok(())
    } else {
        Err(SimError::PastTheCalendar { start, days })
    }
}

fn make_empty_folder(path: &Path) -> Result<(), SimError> {
    if path.exists() && !path.is_dir() {
        return Err(SimError::NotAFolder { path: path.to_owned() });
    }
    let failed = |source| SimError::Folder { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    if std::fs::read_dir(path).map_err(failed)?.next().is_some() {
        return Err(SimError::FolderNotEmpty { path: path.to_owned() });
    }
    Ok(())
}
