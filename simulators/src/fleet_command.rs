//! `foulee-sim fleet`: its arguments and the run.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use chrono::{Datelike as _, Days, NaiveDate, Utc};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use foulee_sim::SimError;
use foulee_sim::fleet::{DEFAULT_FAULTS, FaultPlan, Fleet, Uplink};

/// Most days of one run.
const MOST_DAYS: i64 = 3_650;
/// First and last year that a reading of ours may be of: no server takes older ones, and later ones stand for the future.
const YEARS: std::ops::RangeInclusive<i32> = 2001..=2098;

/// Send many people's readings to a running server, with faults, and judge what it holds.
///
/// Each person has a device that sends a minute's steps and heart rate, battery, beats, hour totals,
/// corrections and deletions: sent again, split, out of order, late, with lost answers, and with
/// corrupt batches between. What the server does not acknowledge is sent until it does; it may be
/// killed and started again meanwhile. Then everything is read back and compared, tuple by tuple.
/// The verdict is a line of JSON:
///
///   emitted       distinct good readings that the devices made
///   acknowledged  those of them that the server said it accepted
///   missing       those of them that it does not give back with the same value
///   duplicated    readings that it gives back twice, or that were never emitted
///
/// and unacknowledged, provenance_lost, refused_as_expected, wrongly_accepted, wrongly_refused,
/// people, batches, resent, corrupt, retries, seconds, read_back_seconds, readings_per_second. It is
/// good, and the exit code 0, where everything emitted is acknowledged, and missing, duplicated,
/// provenance_lost and wrongly_accepted are 0. A server that is away for longer than --patience gets
/// no verdict but exit code 4; one that is busy for as long gets one, with what is unacknowledged.
///
/// The people are added to the study by the server's own interface, which needs an admin's token.
/// The same seed, start, days and people are the same readings of the same participants: a run
/// that is repeated sends what is there already. Use a server that holds nobody real.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = help_after()
)]
pub(crate) struct FleetArgs {
    /// How many people, each with a device.
    #[arg(long, value_name = "N", env = "FOULEE_PEOPLE", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    people: u32,
    /// The server, such as http://127.0.0.1:7373.
    #[arg(long, value_name = "URL", env = "FOULEE_TO")]
    to: String,
    /// File with an admin's token; without it, FOULEE_TOKEN in the environment.
    #[arg(long, value_name = "FILE", env = "FOULEE_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// How many days of each, up to 3650.
    #[arg(long, value_name = "D", env = "FOULEE_DAYS", default_value_t = 3,
        value_parser = clap::value_parser!(u32).range(1..=MOST_DAYS))]
    days: u32,
    /// What goes wrong and how often, see below; without it the plan that is shown there.
    #[arg(long, value_name = "PLAN", env = "FOULEE_FAULTS")]
    faults: Option<PathBuf>,
    /// Seed of people and faults.
    #[arg(long, value_name = "N", env = "FOULEE_SEED", default_value_t = 1)]
    seed: u64,
    /// The first local date; the last day must be over.
    #[arg(long, value_name = "DATE", env = "FOULEE_START", default_value = "2026-01-05", value_parser = parse_date)]
    start: NaiveDate,
    /// Study that the people are added to, made when new.
    #[arg(long, value_name = "NAME", env = "FOULEE_STUDY", default_value = "fleet",
        value_parser = NonEmptyStringValueParser::new())]
    study: String,
    /// Devices that send at once.
    #[arg(long, value_name = "N", env = "FOULEE_CONNECTIONS", default_value_t = 64,
        value_parser = clap::value_parser!(u32).range(1..=1_000))]
    connections: u32,
    /// How long anything is tried again, in seconds.
    #[arg(long, value_name = "S", env = "FOULEE_PATIENCE", default_value_t = 120)]
    patience: u64,
}

fn help_after() -> String {
    let plan: String = DEFAULT_FAULTS.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "The plan where none is given:
{plan}
Exit codes: 0 the verdict is good, 1 it is not or there is none, 2 wrong usage (a plan with an
unknown key or a token that is no admin's, too), 4 the server is not reachable.

Example:
  foulee token add --admin --label fleet > fleet.token
  foulee serve --listen 127.0.0.1:7373 &
  foulee-sim fleet --people 300 --to http://127.0.0.1:7373 --token-file fleet.token"
    )
}

/// Sends, reads back, and prints the verdict.
pub(crate) fn run(args: &FleetArgs) -> Result<(), SimError> {
    let plan = match &args.faults {
        Some(path) => FaultPlan::read(path)?,
        None => DEFAULT_FAULTS.parse()?,
    };
    check_days(args, Utc::now().date_naive())?;
    let fleet = Fleet {
        people: args.people,
        days: args.days,
        start: args.start,
        seed: args.seed,
        faults: plan,
        study: args.study.clone(),
        connections: args.connections,
        patience: Duration::from_secs(args.patience),
    };
    let verdict = fleet.run(&Uplink::new(&args.to, &token(args)?)?)?;
    for example in &verdict.examples {
        eprintln!("{example}");
    }
    let line = serde_json::to_string(&verdict)
        .map_err(|source| SimError::Json { path: PathBuf::from("standard output"), source })?;
    writeln!(io::stdout().lock(), "{line}").map_err(SimError::Print)?;
    if verdict.is_clean() { Ok(()) } else { Err(SimError::NotWhole) }
}

fn check_days(args: &FleetArgs, today: NaiveDate) -> Result<(), SimError> {
    let last = args.start.checked_add_days(Days::new(u64::from(args.days) - 1));
    match last {
        Some(last) if YEARS.contains(&args.start.year()) && YEARS.contains(&last.year()) => {
            if last < today {
                Ok(())
            } else {
                Err(SimError::DaysNotOver { last })
            }
        }
        _ => Err(SimError::FleetYears { first: *YEARS.start(), last: *YEARS.end() }),
    }
}

/// The token, never an argument: arguments can be read by everybody on the machine.
fn token(args: &FleetArgs) -> Result<String, SimError> {
    match &args.token_file {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|source| SimError::ReadToken { path: path.clone(), source })
        }
        None => std::env::var("FOULEE_TOKEN").map_err(|_| SimError::NoToken),
    }
}

fn parse_date(text: &str) -> Result<NaiveDate, chrono::ParseError> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
}
