use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use foulee_contract::{Grain, Metric, ParticipantId, RejectCode, Source};
use serde::{Serialize, Serializer};

/// What an import did: the machine output of `foulee import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Readings that are durable now, new or known before.
    pub accepted: u64,
    /// Those that were not known before; null where the store cannot tell.
    pub new: Option<u64>,
    /// Those that were; null where the store cannot tell.
    pub duplicate: Option<u64>,
    /// Readings and rows that were refused.
    pub rejected: u64,
    /// Whose readings they are, in the order in which they came.
    pub participants: Vec<Person>,
    /// The files that were read.
    pub files: Vec<FileSummary>,
    /// The files that were not.
    pub skipped: Vec<Skipped>,
}

/// A participant for whom readings came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The participant.
    pub id: ParticipantId,
    /// The export's own id; null where `--participant` said who it is.
    pub external_id: Option<String>,
}

/// What one file gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// The file.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// What it was read as.
    pub format: &'static str,
    /// Readings that are durable now.
    pub accepted: u64,
    /// Those that were not known before.
    pub new: Option<u64>,
    /// Those that were.
    pub duplicate: Option<u64>,
    /// Readings and rows that were refused.
    pub rejected: u64,
    /// Why, by code.
    pub rejections: Vec<RejectionCount>,
    /// What was taken from it, by series, sorted.
    pub series: Vec<SeriesSummary>,
    /// What it holds besides that Foulée does not keep, most first.
    pub not_kept: Vec<NotKept>,
    /// Whether it ended before its end.
    pub cut_short: bool,
    /// Whether nothing in it shows what sort of device it is of, nor did the options.
    #[serde(skip)]
    pub kind_assumed: bool,
}

/// What a file holds of one series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeriesSummary {
    /// The device.
    pub source: Source,
    /// What was measured.
    pub metric: Metric,
    /// How fine.
    pub grain: Grain,
    /// How many readings, those that were refused counted.
    pub readings: u64,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The last.
    pub to: DateTime<Utc>,
}

/// Records of a kind that Foulée does not keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotKept {
    /// The kind, as the file calls it.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// How often something was refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectionCount {
    /// The reason.
    pub code: RejectCode,
    /// How often.
    pub count: u64,
    /// The first of them.
    pub example: String,
}

/// A file that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The file.
    #[serde(serialize_with = "as_text")]
    pub path: PathBuf,
    /// Why, in words.
    pub why: String,
    /// Whether that is a failure: it was asked for by name and is unknown, or it could not be read.
    #[serde(skip)]
    pub refused: bool,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The file being read.
    pub path: &'a Path,
    /// Its number, from 1.
    pub file: usize,
    /// How many there are.
    pub files: usize,
    /// Bytes on disk read of this file.
    pub bytes_read: u64,
    /// Its size on disk.
    pub bytes: u64,
    /// Readings acknowledged so far, of all files.
    pub acknowledged: u64,
}

impl Default for Summary {
    /// That of nothing: zeros, which are known.
    fn default() -> Self {
        Self {
            accepted: 0,
            new: Some(0),
            duplicate: Some(0),
            rejected: 0,
            participants: Vec::new(),
            files: Vec::new(),
            skipped: Vec::new(),
        }
    }
}

impl Summary {
    /// Whether something was refused (a reading, or a file that was asked for): the caller exits with 3.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.rejected > 0 || self.skipped.iter().any(|skipped| skipped.refused)
    }

    /// Adds a file's counts.
    pub(super) fn push(&mut self, file: FileSummary) {
        self.accepted += file.accepted;
        self.new = sum(self.new, file.new);
        self.duplicate = sum(self.duplicate, file.duplicate);
        self.rejected += file.rejected;
        self.files.push(file);
    }
}

/// The sum, unknown when a part is.
pub(super) fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    Some(a? + b?)
}

/// A path whose bytes are no UTF-8 must not cost the summary of all others.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
