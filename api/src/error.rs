use foulee_analytics::AnalyticsError;
use foulee_analytics::baseline::RUN_IN_VALID_DAYS;
use foulee_analytics::programme::QuotaKind;
use foulee_ingest::import::ImportError;
use foulee_store::StoreError;

use crate::pages::PagesError;
use crate::programme::DocFault;
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
    #[error("the programme document is not valid{}", each_fault(faults))]
    ProgrammeInvalid {
        /// What is wrong with it, by line.
        faults: Vec<DocFault>,
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
    /// A programme that starts from what a person does, and that is not known.
    #[error(
        "no baseline: {found} valid days in the 28 before the start, {RUN_IN_VALID_DAYS} are needed; give --start-steps"
    )]
    NoBaseline {
        /// Valid days found.
        found: usize,
    },
    /// A report that cannot be kept.
    #[error("{field}: {fix}")]
    ReportInvalid {
        /// The field at fault.
        field: String,
        /// What to do about it.
        fix: String,
    },
    /// Something urgent is not cleared by the person's own word.
    #[error("this is cleared by a professional, or by a doctor with the code on the printed summary")]
    ProfessionalNeeded,
    /// A code, where there is nothing to lift.
    #[error("nothing is stopped, so there is nothing to clear")]
    NothingStopped,
    /// An item of the profile that is not there, or an answer that is none.
    #[error("{field}: {fix}")]
    ProfileInvalid {
        /// Which item.
        field: String,
        /// What to do about it.
        fix: String,
    },
    /// A programme that starts from the run-in, and none was given.
    #[error("this programme starts from the daily steps of a run-in; give --start-steps")]
    RunInMissing,
    /// A run-in below the least start of the graded template.
    #[error(
        "graded-walking starts at 500 steps a day or more, and the days before come to {found}; give --start-steps, or take \
         gentle-start"
    )]
    RunInTooLow {
        /// The median of its days.
        found: u32,
    },
    /// A programme that starts from trials, and none were given.
    #[error(
        "this programme starts from three trials, how much {} each; give --trials 12,15,14",
        kind.as_str()
    )]
    TrialsMissing {
        /// What is tried.
        kind: QuotaKind,
    },
    /// Trials that make no baseline.
    #[error("the trials make no baseline")]
    TrialsRefused(#[source] AnalyticsError),
    /// A baseline for a programme that starts from none.
    #[error(
        "{field}: this programme has amounts already; leave it out, or name a programme that starts from it"
    )]
    BaselineUnused {
        /// What was given.
        field: &'static str,
    },
    /// A programme whose progress could wait for pain, and nobody said whether it does.
    #[error(
        "whether progress waits for pain is the study's to choose: give --contingency time_contingent or \
         --contingency pain_modulated"
    )]
    ContingencyMissing,
    /// Another contingency than the document's.
    #[error("contingency: the programme says otherwise; leave it out, or change a copy of the document")]
    ContingencyChosen,
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

/// One fault on the same line, several on a line each.
fn each_fault(faults: &[DocFault]) -> String {
    match faults {
        [only] => format!(": {only}"),
        many => many.iter().map(|fault| format!("\n  {fault}")).collect(),
    }
}
