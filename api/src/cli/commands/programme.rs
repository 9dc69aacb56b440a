use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use foulee_contract::Contingency;

use crate::cli::values::{day, programme};
use crate::cli::{ParticipantRef, ProgrammeRef};
use crate::output::RowFormat;

/// What to do with programmes.
#[derive(Clone, Debug, Subcommand)]
pub enum ProgrammeCommand {
    /// List the programmes there are
    List(ProgrammeList),
    /// Print a programme's document
    Show(ProgrammeShow),
    /// Have a participant follow a programme from a day on
    Assign(ProgrammeAssign),
    /// Check a programme's document and print what it prescribes, week by week
    Check(ProgrammeCheck),
}

/// List the programmes there are
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee programme list")]
pub struct ProgrammeList {
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print a programme's document
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee programme show graded-walking > mine.json")]
pub struct ProgrammeShow {
    /// The programme's name
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Have a participant follow a programme from a day on
///
/// A text with a dot, a slash or a capital is a file, any other a programme's name.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee programme assign pilot/7 graded-walking --start 2026-03-02
  foulee programme assign pilot/7 home-exercises --start 2026-03-30 --contingency pain_modulated
  foulee programme assign pilot/7 gentle-start --start 2026-03-02 --trials 12,15,14
  foulee programme assign pilot/7 ./mine.json --start 2026-03-02")]
pub struct ProgrammeAssign {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// A programme's name, or a file with its document
    #[arg(value_name = "NAME-or-FILE", value_parser = programme())]
    pub programme: ProgrammeRef,
    /// First day, YYYY-MM-DD
    #[arg(long, value_name = "D", value_parser = day)]
    pub start: NaiveDate,
    /// Steps a day to begin with [default: from the participant's own days]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub start_steps: Option<u32>,
    /// How much three trials came to, where the programme begins with a share of them
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub trials: Option<Vec<u32>>,
    /// Whether progress waits for pain, where the programme leaves that to the study
    #[arg(long, value_name = "WHICH")]
    pub contingency: Option<ContingencyArg>,
}

/// Whether progress waits for pain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ContingencyArg {
    /// Progress follows its schedule whatever pain says
    TimeContingent,
    /// Pain may delay progress
    PainModulated,
}

impl From<ContingencyArg> for Contingency {
    fn from(chosen: ContingencyArg) -> Self {
        match chosen {
            ContingencyArg::TimeContingent => Self::TimeContingent,
            ContingencyArg::PainModulated => Self::PainModulated,
        }
    }
}

/// Check a programme's document and print what it prescribes, week by week
///
/// Everything that is wrong is named with its line and field. A target that is a share of a baseline is left empty.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee programme check ./mine.toml
  foulee programme check ./mine.json --format json")]
pub struct ProgrammeCheck {
    /// The file, TOML or JSON
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}
