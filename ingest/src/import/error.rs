use std::error::Error;
use std::path::PathBuf;

use foulee_contract::Problem;

/// Why an import stopped. What a file's rows are refused for is in the [`super::Summary`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Local times without an offset, and no zone to read them in. Found before anything is written.
    #[error(
        "{path} has local times without an offset; name their zone, for example --time-zone Europe/Paris"
    )]
    ZoneRequired {
        /// The file.
        path: PathBuf,
    },
    /// Several people, and one participant to write for. Found before anything is written.
    #[error(
        "{path} brings the export's ids to {people}, and --participant writes for one person; \
         use --study NAME so that each id becomes a participant of that study"
    )]
    ManyPeople {
        /// The file with which there came to be more than one.
        path: PathBuf,
        /// How many ids the files up to this one hold.
        people: usize,
    },
    /// One person's export, and nothing in it says whose. Found before anything is written.
    #[error(
        "{path} is one person's export, and nothing in it says whose; use --participant ID in place of --study"
    )]
    PersonRequired {
        /// The file.
        path: PathBuf,
    },
    /// A name or a kind for the devices of a file that names each of them. Found before anything is written.
    #[error(
        "{path} names its devices itself; leave out --source and --kind, which would make one device of them all"
    )]
    NamesItsDevices {
        /// The file.
        path: PathBuf,
    },
    /// Dates that can be read two ways. Found before anything is written.
    #[error("{path}: {example:?} may be day/month or month/day; write its dates as 2016-12-31")]
    DateOrderUnclear {
        /// The file.
        path: PathBuf,
        /// Such a date.
        example: String,
    },
    /// `--map` names a column that is not there.
    #[error("--map: {path} has no column {column:?}; its columns are {columns}")]
    NoSuchColumn {
        /// The file.
        path: PathBuf,
        /// The name that was given.
        column: String,
        /// The columns of the file.
        columns: String,
    },
    /// `--map` leaves out what a table cannot do without.
    #[error("--map: nothing is named as {missing} of {path}; its columns are {columns}")]
    MapIncomplete {
        /// The file.
        path: PathBuf,
        /// What is missing, in the words of the targets.
        missing: &'static str,
        /// The columns of the file.
        columns: String,
    },
    /// `--map` gives a target that does not exist.
    #[error("--map {column}={target}: {target:?} is no target; known targets: {known}")]
    UnknownTarget {
        /// The column.
        column: String,
        /// What was given for it.
        target: String,
        /// The targets there are.
        known: String,
    },
    /// `--map` is not a list of `COLUMN=TARGET`.
    #[error("--map: {text:?} is not COLUMN=TARGET; known targets: {known}")]
    NotAMapping {
        /// The part at fault.
        text: String,
        /// The targets there are.
        known: String,
    },
    /// `--map` names a column or a target twice.
    #[error("--map names {name:?} twice")]
    MappedTwice {
        /// The column or target.
        name: String,
    },
    /// `--format` names a format that does not exist.
    #[error("--format {name}: unknown format; known: {known}")]
    UnknownFormat {
        /// What was given.
        name: String,
        /// The formats there are.
        known: String,
    },
    /// The batches could not be handed over.
    #[error(
        "stopped in {path} after {acknowledged} acknowledged readings; \
         run the same import again, what is there already stays as it is"
    )]
    Sink {
        /// The file that was being read.
        path: PathBuf,
        /// Readings of this run that are durable.
        acknowledged: u64,
        /// What went wrong.
        source: SinkError,
    },
}

/// Why a [`super::Sink`] or [`super::People`] could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// Nobody answers; the caller exits with 4.
    #[error("the service cannot be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The service answered and refused the whole batch.
    #[error("the service refused: {}{}", .0.title, .0.detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
    Refused(Box<Problem>),
    /// An export's own id that cannot be a pseudonym: its rows are refused, the others' are read.
    #[error("the id is not admitted: {fix}")]
    NotAdmitted {
        /// What is wrong with it.
        fix: String,
    },
    /// The store or the registry failed.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}
