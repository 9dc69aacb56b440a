use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use foulee_contract::Metric;

use crate::cli::{DayPeriod, Moment, MomentPeriod, ParticipantRef};
use crate::feed::CompletenessBy;
use crate::output::RowFormat;

/// Print raw readings as stored
///
/// Rows: metric, source, grain, start, end, offset, value, unit, seq, rev, how, received_at. Without a period: the last
/// 28 complete days.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee readings pilot/7 --metric heart_rate --from 2026-03-01 --to 2026-03-07
  foulee readings 01900000-0000-7000-8000-000000000001 --from 2026-03-01T08:00:00Z --format json")]
pub struct Readings {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// Only this metric; may be given again
    #[arg(long, value_name = "M", value_delimiter = ',')]
    pub metric: Vec<Metric>,
    /// The period.
    #[command(flatten)]
    pub period: MomentPeriod,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print the merged local minutes of a participant
///
/// Rows: start, offset, state, steps, heart_rate, once the sources are merged. An empty cell is unknown, never 0.
/// Without a period: the last 28 complete days.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee minutes pilot/7 --from 2026-03-01 --to 2026-03-01")]
pub struct Minutes {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The period.
    #[command(flatten)]
    pub period: DayPeriod,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print day measures, one row a measure and day
///
/// Rows: participant, date, measure, value, unit, coverage, quality, version. Without a period: the last 28 complete
/// days. With --dictionary: what each measure means.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee measures pilot/7 pilot/8 --from 2026-03-01 --to 2026-03-28
  foulee measures --dictionary > dictionary.csv")]
pub struct Measures {
    /// Whose measures, or what they mean.
    #[command(flatten)]
    pub what: MeasuresWhat,
    /// The period.
    #[command(flatten)]
    pub period: DayPeriod,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Whose measures, or what they mean: exactly one is given.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct MeasuresWhat {
    /// Participants: a UUID, or STUDY/EXTERNAL_ID, each
    #[arg(value_name = "ID")]
    pub ids: Vec<ParticipantRef>,
    /// Print the data dictionary instead
    #[arg(long)]
    pub dictionary: bool,
}

/// Print what was expected of each source and what has come, hour by hour
///
/// Rows: source, date, start, offset, expected, received, received_not_worn, not_worn, not_synced, battery, link, permission, lost, silent, unknown,
/// arrived. All but the times are minutes. Without a period: the last 28 complete days.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Something is expected from a source's first reading on. Not synced is what may still come: nothing later is known of the source. \
What came late moves its hour to received, with the time at which it arrived; --as-of shows what was known before.

Examples:
  foulee completeness pilot/7 --by day
  foulee completeness pilot/7 --from 2026-03-01 --to 2026-03-07 --as-of 2026-03-05T12:00:00Z")]
pub struct Completeness {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The period.
    #[command(flatten)]
    pub period: DayPeriod,
    /// What was known at this time: RFC 3339, or a date for its end [default: now]
    #[arg(long, value_name = "T")]
    pub as_of: Option<Moment>,
    /// What a row is about
    #[arg(long, value_name = "WHAT", default_value = "hour")]
    pub by: CompletenessBy,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Print what devices gave as their own totals of days, beside their minutes and the day's steps
///
/// Rows: date, source, total, minutes, missing_minutes, steps, check, verdict. Without a period: the last 28 complete days.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
The verdict is agree, explained or flagged; each check is in docs/methods.md, Totals. Neither side is repaired with the other.

Examples:
  foulee totals pilot/7 --from 2026-03-01 --to 2026-03-28")]
pub struct Totals {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The period.
    #[command(flatten)]
    pub period: DayPeriod,
    /// Shape of the rows
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: RowFormat,
}

/// Explain a day's steps: each source, slice by slice, and what was decided about counters
///
/// The counted steps of the slices, and those adrift, add up to the day's. Without --date: the last complete day.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
A slice is a run of minutes in which the same sources were present and the same ones counted. Adrift are steps of which \
nobody knows in which minutes they were: a counter that was not heard for hours.

Examples:
  foulee explain pilot/7 --date 2026-03-01
  foulee explain pilot/7 --date 2026-03-01 --policy max-per-slice-v1 --json")]
pub struct Explain {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The local day
    #[arg(long, value_name = "D")]
    pub date: Option<NaiveDate>,
    /// How overlapping sources are merged; days are made by the default
    #[arg(long, value_name = "NAME", default_value = "priority-fill-v1")]
    pub policy: PolicyArg,
    /// What was known at this time: RFC 3339, or a date for its end [default: now]
    #[arg(long, value_name = "T")]
    pub as_of: Option<Moment>,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// A policy of merging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PolicyArg {
    /// The first by priority that was present wins, the others fill.
    #[value(name = "priority-fill-v1")]
    PriorityFill,
    /// The source that counted most in a minute wins, for comparison.
    #[value(name = "max-per-slice-v1")]
    MaxPerSlice,
}

/// Print the adherence to the assigned programme
///
/// Too little data gives bounds or "insufficient", never a guess. Without a period: the last 28 complete days.
#[derive(Args, Clone, Debug)]
#[command(after_long_help = "\
Examples:
  foulee adherence pilot/7
  foulee adherence pilot/7 --from 2026-03-01 --to 2026-03-28 --as-of 2026-03-29 --json")]
pub struct Adherence {
    /// Participant: a UUID, or STUDY/EXTERNAL_ID
    #[arg(value_name = "ID")]
    pub id: ParticipantRef,
    /// The period.
    #[command(flatten)]
    pub period: DayPeriod,
    /// What was known at this time: RFC 3339, or a date for its end [default: now]
    #[arg(long, value_name = "T")]
    pub as_of: Option<Moment>,
    /// Which quota of the programme
    #[arg(long, value_name = "QUOTA", default_value = "steps")]
    pub quota: QuotaArg,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Which quota of a programme adherence is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum QuotaArg {
    /// Steps a day.
    Steps,
    /// Minutes of walking a day.
    WalkMinutes,
    /// Minutes of stretching a day, as reported.
    Stretching,
    /// Minutes of strengthening a day, as reported.
    Strengthening,
    /// Minutes of relaxation a day, as reported.
    Relaxation,
    /// Workshops of the school, by its attendance sheet.
    Workshop,
}
