use clap::{Args, Subcommand, ValueEnum};
use foulee_contract::{Edge, PainMoment, ReportId};

use crate::cli::{Moment, ParticipantRef};
use crate::output::RowFormat;

/// Record what a participant says
///
/// Nothing is overwritten: a correction is a later report that names the one whose place it takes. A red flag acts at
/// once: target, progression and motivation are withheld until somebody who may lifts it.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Kinds and their answers:
  pain 0..10 [--moment now|worst|next_morning]      effort 6..20
  difficulty too_easy|right|too_hard                progress -5..5
  flare start|end                                   session ACTIVITY --minutes N (0: none done)
  leave start|end --fraction 0.5                    day-kind work|half_time|leave|weekend|school
  trial ACTIVITY --minutes N                        red-flag [CODE...] (none: none of them)
Activities: walking, stretching, strengthening, relaxation, workshop

Examples:
  foulee report pilot/7 pain 4
  foulee report pilot/7 session stretching --minutes 20 --at 2026-03-29T18:00:00+02:00
  foulee report pilot/7 leave start --fraction 0.5 --at 2026-03-30
  foulee report pilot/7 red-flag night_pain
  foulee report pilot/7 effort --declined")]
pub struct Report {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// What is reported
    #[arg(value_name = "KIND")]
    pub kind: ReportKind,
    /// The answer, on the scale of its kind
    #[arg(value_name = "ANSWER", allow_negative_numbers = true)]
    pub answer: Vec<String>,
    /// When it was so: RFC 3339, or a date for its beginning [default: now]
    #[arg(long, value_name = "T")]
    pub at: Option<Moment>,
    /// Minutes of a session or trial
    #[arg(long, value_name = "N")]
    pub minutes: Option<u16>,
    /// Share of the contracted hours on leave, above 0 up to 1
    #[arg(long, value_name = "F")]
    pub fraction: Option<f64>,
    /// Which pain
    #[arg(long, value_name = "WHICH", default_value = "now", value_parser = moment)]
    pub moment: PainMoment,
    /// The question was put, and no answer came so far
    #[arg(long, conflicts_with_all = ["not_asked", "declined"])]
    pub asked: bool,
    /// The person said no to answering
    #[arg(long, conflicts_with = "not_asked")]
    pub declined: bool,
    /// The person was never asked
    #[arg(long)]
    pub not_asked: bool,
    /// The report whose place this one takes
    #[arg(long, value_name = "REPORT_ID")]
    pub corrects: Option<ReportId>,
}

/// What can be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it; the long help gives the scales")]
pub enum ReportKind {
    Pain,
    Effort,
    Difficulty,
    Progress,
    Flare,
    Session,
    Leave,
    DayKind,
    RedFlag,
    Trial,
}

/// Why a word is none of those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one of: now, worst, next_morning")]
struct NoMoment;

fn moment(text: &str) -> Result<PainMoment, NoMoment> {
    PainMoment::of(text).ok_or(NoMoment)
}

/// An end of a spell.
#[must_use]
pub(crate) fn edge(text: &str) -> Option<Edge> {
    Edge::of(text)
}

/// Print what a participant said, in the order of arrival
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee reports pilot/7
  foulee reports pilot/7 --as-of 2026-03-31 --format json")]
pub struct Reports {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// Only what had arrived by then: RFC 3339, or a date for its end
    #[arg(long, value_name = "T")]
    pub as_of: Option<Moment>,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print or set what is known of a participant's life, and what they prefer
///
/// What they avoid, and days that are impossible to them, are not prescribed from the next day on. Each answer may be
/// declined, with a reason or without.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee profile pilot/7
  foulee profile pilot/7 get avoids
  foulee profile pilot/7 set avoids=walking impossible_days=sat,sun 'goal=walk with my daughter'
  foulee profile pilot/7 set weight_kg=declined 'job=declined:prefers not to say'")]
pub struct Profile {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// Whether to print or to set
    #[arg(value_name = "get|set", default_value = "get")]
    pub action: ProfileAction,
    /// Items to print, or answers
    #[arg(value_name = "KEY[=VALUE]")]
    pub items: Vec<String>,
    /// From when on answers hold: RFC 3339, or a date for its beginning [default: now]
    #[arg(long, value_name = "T")]
    pub at: Option<Moment>,
    /// Print what was known by then: RFC 3339, or a date for its end
    #[arg(long, value_name = "T")]
    pub as_of: Option<Moment>,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// What to do with a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ProfileAction {
    Get,
    Set,
}

/// What to do about a participant's safety.
#[derive(Clone, Debug, Subcommand)]
pub enum SafetyCommand {
    /// Print what is stopped, and everything that was raised and cleared
    Show(SafetyShow),
    /// Lift a stop
    Clear(SafetyClear),
    /// Make a one-time code by which the general practitioner lifts a stop
    Code(SafetyCode),
}

/// Print what is stopped, and everything that was raised and cleared
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee safety show pilot/7")]
pub struct SafetyShow {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
}

/// Lift a stop
///
/// A professional lifts any stop. The person's own statement, that a doctor was seen, lifts the tier `review` alone.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee safety clear pilot/7 --by professional")]
pub struct SafetyClear {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// By whom
    #[arg(long, value_name = "WHO")]
    pub by: ClearedBy,
}

/// Who lifts a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ClearedBy {
    /// Somebody of the care team, after an examination.
    Professional,
    /// The person, who says that a doctor was seen.
    OwnStatement,
}

/// Make a one-time code by which the general practitioner lifts a stop
///
/// It is shown once, holds for 30 days, and is entered at /clear.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee safety code pilot/7")]
pub struct SafetyCode {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
}
