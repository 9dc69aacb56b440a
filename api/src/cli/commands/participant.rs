use chrono_tz::Tz;
use clap::{Args, Subcommand};
use foulee_contract::{ParticipantId, Source};

use crate::cli::values::{study, zone};
use crate::cli::{Moment, ParticipantRef};
use crate::output::RowFormat;

/// What to do with participants.
#[derive(Clone, Debug, Subcommand)]
pub enum ParticipantCommand {
    /// Add a participant and print the id
    Add(ParticipantAdd),
    /// List participants
    List(ParticipantList),
    /// Say in which time zone a participant lives, since ever or from a time on
    Move(ParticipantMove),
    /// List a participant's sources, or say which of them are asked first
    Sources(ParticipantSources),
    /// Delete everything that is known of a participant, for ever
    Erase(ParticipantErase),
}

/// Add a participant and print the id
///
/// A participant is a pseudonym: never give a name, an e-mail or a social security number.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee participant add --study pilot --external-id 7 --time-zone Europe/Paris")]
pub struct ParticipantAdd {
    /// The pseudonym, where one was made elsewhere: a UUID of any version [default: a new one, of version 7]
    #[arg(long, value_name = "UUID")]
    pub id: Option<ParticipantId>,
    /// The id that an export uses for them
    #[arg(long, value_name = "X")]
    pub external_id: Option<String>,
    /// Their study, made when new
    #[arg(long, value_name = "S", value_parser = study)]
    pub study: Option<String>,
    /// Where they live, such as Europe/Paris
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<Tz>,
    /// Year of birth, for heart rate zones; never a full date
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i64).range(1900..=2100))]
    pub birth_year: Option<i64>,
}

/// List participants
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee participant list --study pilot --format json")]
pub struct ParticipantList {
    /// Only those of this study
    #[arg(long, value_name = "S")]
    pub study: Option<String>,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Say in which time zone a participant lives, since ever or from a time on
///
/// Their days begin at that zone's midnight, and are computed anew. What was said before stays recorded.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee participant move pilot/7 Europe/Paris
  foulee participant move pilot/7 Asia/Tokyo --from 2026-05-01T09:30:00Z
  foulee participant move pilot/7 Europe/Paris --from 2026-05-15T18:00:00Z")]
pub struct ParticipantMove {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The zone, such as Europe/Paris
    #[arg(value_name = "ZONE", value_parser = zone)]
    pub zone: Tz,
    /// From when on: RFC 3339, or a date for its beginning [default: since ever]
    #[arg(long, value_name = "T")]
    pub from: Option<Moment>,
}

/// List a participant's sources, or say which of them are asked first
///
/// Where several recorded the same time, the first of them counts and the others fill. Without a word: what is worn before what
/// is carried, watches before straps, what was typed in last. Rows: rank, source, chosen, metrics.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee participant sources pilot/7
  foulee participant sources pilot/7 --first strap/ble////1 --first watch////fitbit
  foulee participant sources pilot/7 --by-kind")]
pub struct ParticipantSources {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// This source before all that are not named; may be given again, for the next
    #[arg(long, value_name = "SOURCE", conflicts_with = "by_kind")]
    pub first: Vec<Source>,
    /// Forget which were named, and go by their kind
    #[arg(long)]
    pub by_kind: bool,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Delete everything that is known of a participant, for ever
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee participant erase pilot/7
  foulee participant erase 01900000-0000-7000-8000-000000000001 --yes")]
pub struct ParticipantErase {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}
