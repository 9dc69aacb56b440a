//! The definitions that clap derives the parser and the help from; a doc comment here is a help text.

pub(super) mod consent;
pub(super) mod data;
pub(super) mod import;
pub(super) mod participant;
pub(super) mod phone;
pub(super) mod programme;
pub(super) mod said;
pub(super) mod service;
pub(super) mod study;
pub(super) mod token;
pub(super) mod upkeep;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use foulee_store::StoreUrl;

/// Activity tracking for graded-activity rehabilitation
///
/// Collects what wearables recorded, measures days, and compares them with a programme. All of it lives in one data
/// folder.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "foulee",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_long_help = AFTER_HELP
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
Every flag is also an environment variable (--data-dir: FOULEE_DATA_DIR) and a key of the TOML file given by \
--config (data_dir). A flag beats the variable, the variable beats the file; `foulee config check` shows the result.

Exit codes:
  0  done
  1  failed
  2  wrong usage or configuration
  3  done, but something was refused: a reading, an unreadable file
  4  the service asked for is not reachable

Examples:
  foulee demo
  foulee import --study pilot --time-zone Europe/Paris Fitabase/
  foulee serve --listen 127.0.0.1:7373
  foulee measures pilot/1503960366 --from 2016-04-12 --to 2016-05-09 > measures.csv";

/// What holds for every command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Folder that holds everything [default: the platform's data folder]
    ///
    /// On Linux $XDG_DATA_HOME/foulee or ~/.local/share/foulee, on macOS ~/Library/Application Support/foulee, on
    /// Windows %LOCALAPPDATA%\foulee.
    #[arg(long, global = true, value_name = "DIR", required = false)]
    pub data_dir: PathBuf,
    /// Where the time series are [default: embedded:, a file in the data folder]
    ///
    /// embedded:FOLDER, or influxdb://HOST:PORT/BUCKET?org=ORG&api=2 for InfluxDB 2.x, influxdb://HOST:PORT/DATABASE?api=1
    /// for 1.x; influxdbs:// over TLS. In front of InfluxDB a journal in the data folder acknowledges.
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<StoreUrl>,
    /// File with the token for InfluxDB (of 1.x USER:PASSWORD) [or FOULEE_INFLUX_TOKEN]
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub influx_token_file: Option<PathBuf>,
    /// By the environment alone: a command line is seen by everybody on the machine.
    #[arg(long, global = true, value_name = "TOKEN", hide = true)]
    pub influx_token: Option<String>,
    /// Bytes that the journal in front of InfluxDB may have [default: 4 GiB]
    #[arg(long, global = true, value_name = "BYTES", hide_short_help = true, value_parser = clap::value_parser!(u64).range(16 << 20..))]
    pub journal_max_bytes: Option<u64>,
    /// Days for which the journal keeps what is in InfluxDB, to put it back [default: 30]
    #[arg(long, global = true, value_name = "DAYS", hide_short_help = true, value_parser = clap::value_parser!(u16).range(1..=3660))]
    pub journal_days: Option<u16>,
    /// TOML file with a key for each flag
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Shape of the logs on stderr [default: text on a terminal, else json]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log: Option<LogFormat>,
    /// No progress and no remarks, only results and failures
    #[arg(long, global = true)]
    pub quiet: bool,
}

impl Global {
    /// The shape of the logs, given whether stderr is a terminal.
    #[must_use]
    pub fn log_format(&self, stderr_is_terminal: bool) -> LogFormat {
        self.log.unwrap_or(if stderr_is_terminal { LogFormat::Text } else { LogFormat::Json })
    }
}

/// The shape of the logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run the service: it accepts readings, computes days and shows pages
    Serve(service::Serve),
    /// Try it all in a fresh folder: real recordings where they are, else a simulated person
    Demo(service::Demo),
    /// Read people's own exports; doing it again changes nothing
    Import(import::Import),
    /// Print raw readings as stored
    Readings(data::Readings),
    /// Print the merged local minutes of a participant
    Minutes(data::Minutes),
    /// Print day measures, one row a measure and day
    Measures(data::Measures),
    /// Explain a day's steps: each source, slice by slice, and what was decided about counters
    Explain(data::Explain),
    /// Print what was expected of each source and what has come, hour by hour
    Completeness(data::Completeness),
    /// Print devices' own totals of days beside their minutes and the day's steps
    Totals(data::Totals),
    /// Print the adherence to the assigned programme
    Adherence(data::Adherence),
    /// Record what a participant says
    Report(said::Report),
    /// Print what a participant said, in the order of arrival
    Reports(said::Reports),
    /// Print or set what is known of a participant's life, and what they prefer
    Profile(said::Profile),
    /// Stops for a participant's safety
    #[command(subcommand)]
    Safety(said::SafetyCommand),
    /// Programmes and who follows them
    #[command(subcommand)]
    Programme(programme::ProgrammeCommand),
    /// Participants, each known by a pseudonym
    #[command(subcommand)]
    Participant(participant::ParticipantCommand),
    /// Studies: inclusion, groups, arms, subgroups
    #[command(subcommand)]
    Study(study::StudyCommand),
    /// Record what somebody agrees to, refuses or takes back, or list it
    Consent(consent::ConsentAsked),
    /// Print who looked at a participant's data through the service
    Audit(consent::Audit),
    /// Tokens with which programs read and write
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Phones that send what they recorded
    #[command(subcommand)]
    Phone(phone::PhoneCommand),
    /// Prepare an InfluxDB server: bucket, retention, a token of least rights
    Migrate(upkeep::Migrate),
    /// The time-series store
    #[command(subcommand)]
    Store(upkeep::StoreCommand),
    /// Look for what keeps foulee from working
    Doctor(upkeep::Doctor),
    /// The configuration
    #[command(subcommand)]
    Config(upkeep::ConfigCommand),
}
