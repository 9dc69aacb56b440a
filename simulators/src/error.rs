//! Everything that can go wrong in this program, and the exit code of each.

use std::io;
use std::path::PathBuf;

use chrono::NaiveDate;
use thiserror::Error;

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum SimError {
    /// The folder to write to holds something.
    #[error("{path} is not empty: choose a folder that is new or empty; nothing was written")]
    FolderNotEmpty { path: PathBuf },
    /// The folder to write to is no folder.
    #[error("{path} is a file: choose a folder that is new or empty; nothing was written")]
    NotAFolder { path: PathBuf },
    /// The days run past the last year that has four digits.
    #[error("{days} days from {start} run past the year 9999")]
    PastTheCalendar { start: NaiveDate, days: u32 },
    /// The folder could not be made or looked into.
    #[error("cannot use the folder {path}")]
    Folder { path: PathBuf, source: io::Error },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
    /// The summary could not be put as JSON.
    #[error("cannot write {path} as JSON")]
    Json { path: PathBuf, source: serde_json::Error },
    /// The summary could not be printed.
    #[error("cannot print to standard output")]
    Print(#[source] io::Error),
}

impl SimError {
    /// 2 for wrong usage, 1 for what failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::FolderNotEmpty { .. } | Self::NotAFolder { .. } | Self::PastTheCalendar { .. } => 2,
            Self::Folder { .. } | Self::Write { .. } | Self::Json { .. } | Self::Print(_) => 1,
        }
    }
}
