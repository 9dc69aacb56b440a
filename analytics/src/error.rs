//! What can be wrong with the input of an analysis.

use chrono::NaiveDate;

use crate::programme::QuotaKind;
use crate::questionnaire::QuestionnaireFault;

/// The one error of this crate. Every variant names the offending value in a typed field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnalyticsError {
    /// A home-zone timeline needs at least one entry.
    #[error("a home zone timeline needs at least one zone")]
    NoHomeZone,
    /// Entries of a home-zone timeline must have strictly rising instants.
    #[error("home zone {index} does not start after the one before it")]
    HomeZonesUnsorted {
        /// Index of the entry that is not later than its predecessor.
        index: usize,
    },
    /// An instant that no calendar date can be given for.
    #[error("instant {utc_ms} ms is outside the calendar")]
    TimeOutOfRange {
        /// The instant, ms since 1970 UTC.
        utc_ms: i64,
    },
    /// A date whose bounds cannot be expressed.
    #[error("date {date} is outside the calendar")]
    DateOutOfRange {
        /// The date.
        date: NaiveDate,
    },
    /// A local day that is reversed or longer than any travel can make it.
    #[error("a local day cannot span {start_ms}..{end_ms} ms")]
    DayBounds {
        /// Start, ms since 1970 UTC.
        start_ms: i64,
        /// End (exclusive), ms since 1970 UTC.
        end_ms: i64,
    },
    /// A reading that ends before it starts.
    #[error("an interval ends before it starts: {start_ms}..{end_ms} ms")]
    IntervalReversed {
        /// Start, ms since 1970 UTC.
        start_ms: i64,
        /// End, ms since 1970 UTC.
        end_ms: i64,
    },
    /// A worn interval that reports more worn time than it lasts.
    #[error("{worn_seconds} s worn do not fit into {start_ms}..{end_ms} ms")]
    WornLongerThanInterval {
        /// Start, ms since 1970 UTC.
        start_ms: i64,
        /// End, ms since 1970 UTC.
        end_ms: i64,
        /// Seconds reported as worn.
        worn_seconds: u32,
    },
    /// A parameter outside what its definition allows.
    #[error("{parameter} = {value} is outside {min}..={max}")]
    ParameterOutOfRange {
        /// Field name.
        parameter: &'static str,
        /// The value given.
        value: f64,
        /// Least allowed value.
        min: f64,
        /// Greatest allowed value.
        max: f64,
    },
    /// A programme needs a name, a version and a title key.
    #[error("a programme needs a non-empty {field}")]
    ProgrammeFieldEmpty {
        /// Which of them is empty.
        field: &'static str,
    },
    /// A programme needs at least one stage.
    #[error("a programme needs at least one stage")]
    NoStage,
    /// A stage without any quota prescribes nothing.
    #[error("stage {stage} has no quota")]
    StageWithoutQuota {
        /// Index of the stage.
        stage: usize,
    },
    /// Two quotas of one kind in one stage contradict each other.
    #[error("stage {stage} has two quotas of kind {}", kind.as_str())]
    QuotaKindTwice {
        /// Index of the stage.
        stage: usize,
        /// The kind that appears twice.
        kind: QuotaKind,
    },
    /// A stage that begins before the one before it has ended.
    #[error("stage {stage} begins in week {from_week}, but the one before it lasts until week {}", free_from - 1)]
    StagesOverlap {
        /// Index of the stage.
        stage: usize,
        /// The week in which it would begin, from 1.
        from_week: u32,
        /// The first week that is free, from 1.
        free_from: u32,
    },
    /// A quota asks for more days a week than it makes eligible.
    #[error("stage {stage} asks for {per_week} days a week but makes {eligible} eligible")]
    QuotaBeyondEligibleDays {
        /// Index of the stage.
        stage: usize,
        /// Days a week asked for.
        per_week: u8,
        /// Days a week that can count.
        eligible: u8,
    },
    /// Three trials make a baseline.
    #[error("a baseline is the mean of 3 trials; {found} were given")]
    TrialsNotThree {
        /// How many were given.
        found: usize,
    },
    /// Too few valid days before a start.
    #[error(
        "{found} valid days before the start make no baseline; {} are needed",
        crate::baseline::RUN_IN_VALID_DAYS
    )]
    RunInTooShort {
        /// How many there are.
        found: usize,
    },
    /// A period whose end lies before its start.
    #[error("a period cannot run from {from} to {to}")]
    PeriodReversed {
        /// First day.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
    },
    /// Two observations or two prescriptions for one day.
    #[error("{date} appears twice")]
    DayTwice {
        /// The date.
        date: NaiveDate,
    },
    /// A prescribed day of another kind than the one assessed.
    #[error("{date} is prescribed in {}, not {}", found.as_str(), expected.as_str())]
    QuotaKindMixed {
        /// The date.
        date: NaiveDate,
        /// The kind assessed.
        expected: QuotaKind,
        /// The kind found.
        found: QuotaKind,
    },
    /// A questionnaire that cannot be scored as it is written.
    #[error("{field}: {fault}")]
    QuestionnaireInvalid {
        /// Where it stands, as in `scales[0].range`.
        field: String,
        /// What is wrong there.
        #[source]
        fault: QuestionnaireFault,
    },
    /// Waves that do not rise, or whose windows touch.
    #[error("wave {index} must begin after the one before it has ended, grace included")]
    WavesTouch {
        /// Index of the wave that begins too early.
        index: usize,
    },
    /// A plan without waves.
    #[error("a plan needs at least one wave")]
    NoWave,
    /// A day's report that says nothing of the kind assessed: an attendance sheet of sessions, or sessions of workshops.
    #[error("what was reported of {date} is not about {}", kind.as_str())]
    ReportOfAnotherKind {
        /// The date.
        date: NaiveDate,
        /// The kind assessed.
        kind: QuotaKind,
    },
    /// More attained days than days, or more days than the period has.
    #[error("{attained} attained of {days} days cannot be")]
    CountsImpossible {
        /// Days attained.
        attained: u32,
        /// Days that could be.
        days: u32,
    },
}

/// Checks `min <= value <= max`; NaN never passes.
///
/// # Errors
/// [`AnalyticsError::ParameterOutOfRange`] naming the parameter.
pub(crate) fn check_range(
    parameter: &'static str,
    value: f64,
    min: f64,
    max: f64,
) -> Result<(), AnalyticsError> {
    if value >= min && value <= max {
        Ok(())
    } else {
        Err(AnalyticsError::ParameterOutOfRange { parameter, value, min, max })
    }
}
