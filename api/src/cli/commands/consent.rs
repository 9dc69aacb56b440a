use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::cli::{Moment, ParticipantRef};
use crate::output::RowFormat;
use crate::registry::{ConsentState, Purpose};

/// Record what somebody agrees to, refuses or takes back, or list it
///
/// The purposes: care is the programme; research is being studied, in cohort figures and by researchers; contact is
/// reminders; sharing is a summary for the doctor. Nothing is edited: what was said before stays. Rows: purpose, state,
/// from, recorded_at; a purpose that nobody asked about is not asked.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee consent pilot/7
  foulee consent pilot/7 give research
  foulee consent pilot/7 withdraw research --at 2026-03-31T08:00:00+02:00")]
pub struct ConsentAsked {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// What is said; left out, what was said is listed
    #[arg(value_name = "WORD", requires = "purpose")]
    pub word: Option<ConsentWord>,
    /// To what: care, research, contact or sharing
    #[arg(value_name = "PURPOSE", value_parser = purpose(), hide_possible_values = true)]
    pub purpose: Option<Purpose>,
    /// From when on: RFC 3339, or a date for its beginning [default: now]
    #[arg(long, value_name = "T")]
    pub at: Option<Moment>,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// What somebody says to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConsentWord {
    /// Yes.
    Give,
    /// No.
    Refuse,
    /// No longer.
    Withdraw,
}

impl From<ConsentWord> for ConsentState {
    fn from(word: ConsentWord) -> Self {
        match word {
            ConsentWord::Give => Self::Given,
            ConsentWord::Refuse => Self::Refused,
            ConsentWord::Withdraw => Self::Withdrawn,
        }
    }
}

fn purpose() -> impl TypedValueParser<Value = Purpose> {
    // Whatever passes the list is a purpose.
    PossibleValuesParser::new(Purpose::ALL.map(Purpose::as_str))
        .map(|word| Purpose::of_word(&word).unwrap_or(Purpose::Care))
}

/// Print who looked at a participant's data through the service
///
/// Rows: id, at, token, role, act, route, status, in order. The token is its number, as `foulee token list` shows it; none
/// for the run's own and for phones. Without a status the client was gone before its answer.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee audit pilot/7
  foulee audit pilot/7 --format json")]
pub struct Audit {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}
