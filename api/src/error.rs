use foulee_analytics::AnalyticsError;
use foulee_ingest::import::ImportError;
use foulee_store::StoreError;

use crate::pages::PagesError;
use crate::questionnaire::table::AnswerTableError;
use crate::registry::RegistryError;

/// Why something that was asked for was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The time-series store failed.
    #[error("the time-series store failed: {0}")]
    Store(#[from] StoreError),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A computation refused its input.
    #[error("the computation refused its input")]
    Analytics(#[from] AnalyticsError),
    /// An import failed.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A page could not be made.
    #[error("a page could not be made")]
    Pages(#[from] PagesError),
    /// A file, a folder or the network.
    #[error("a file or the network failed")]
    Io(#[from] std::io::Error),
    /// JSON that was to be written or read.
    #[error("JSON could not be read or written")]
    Json(#[from] serde_json::Error),
    /// A stored row does not read back.
    #[error("a computed row is damaged; it is made again when its day changes")]
    RowDamaged,
    /// No such participant, or none that may be seen.
    #[error("no such participant")]
    ParticipantUnknown,
    /// A source that the participant has not.
    #[error("source: {source_key} is none of this participant's; those are: {known}")]
    SourceUnknown {
        /// The one that was named.
        source_key: String,
        /// Those that are there.
        known: String,
    },
    /// More sources were named than can come first.
    #[error("source: at most {most} can be named; the others follow by their kind")]
    SourcesTooMany {
        /// How many can be.
        most: usize,
    },
    /// No such programme.
    #[error("no such programme; `foulee programme list` names those that are there")]
    ProgrammeUnknown,
    /// No programme is assigned to the participant.
    #[error("no programme is assigned; `foulee programme assign ID graded-walking --start DATE` does it")]
    NothingAssigned,
    /// A programme document that cannot be followed.
    #[error("the programme document is not valid: {field}: {fix}")]
    ProgrammeInvalid {
        /// Where it stands.
        field: String,
        /// What to do about it.
        fix: String,
    },
    /// A questionnaire document that cannot be scored.
    #[error("the questionnaire document is not valid: {field}: {fix}")]
    QuestionnaireInvalid {
        /// Where it stands.
        field: String,
        /// What to do about it.
        fix: String,
    },
    /// A table of answers of which no row can be read.
    #[error("the table of answers cannot be read: {0}")]
    AnswerTable(#[from] AnswerTableError),
    /// A graded programme starts from what a person does, and that is not known.
    #[error(
        "no baseline: {found} valid days in the 28 before the start, {needed} are needed; give --start-steps"
    )]
    NoBaseline {
        /// Valid days found.
        found: usize,
        /// Valid days needed.
        needed: usize,
    },
    /// A period that ends before it begins.
    #[error("the period ends before it begins: give --from and --to with from <= to")]
    PeriodReversed,
    /// What is stored could not be looked at.
    #[error("what is stored cannot be compared with")]
    DryRun(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There are no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
}
