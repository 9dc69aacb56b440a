use std::io;

use crate::Position;

/// Why the journal could not do as asked. Whatever it is, nothing was taken by the call that returns it, and the
/// journal can be used on.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system said no.
    #[error("the journal could not {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the file system said.
        source: io::Error,
    },
    /// The journal was sealed with another key.
    #[error("this is not the key with which the journal was sealed")]
    WrongKey,
    /// The files were written by a later Foulée.
    #[error("the journal has format {found}, this program knows {known}: use a newer foulee")]
    FormatTooNew {
        /// In the file.
        found: u32,
        /// The newest known here.
        known: u32,
    },
    /// It holds as much as it may and [`crate::WhenFull::Refuse`] was chosen; what waits is kept for another try.
    #[error("the journal holds as much as it may ({max_bytes} bytes)")]
    Full {
        /// The bound, bytes.
        max_bytes: u64,
    },
    /// What waits for the next commit would grow beyond its bound; commit first.
    #[error("more than {max_commit_bytes} bytes would wait for one commit")]
    TooMuchPending {
        /// The bound, bytes.
        max_commit_bytes: usize,
    },
    /// A position beyond what was committed cannot be released.
    #[error("{upto:?} is not committed yet; the next is {next:?}")]
    NotCommitted {
        /// What was asked.
        upto: Position,
        /// The position that the next commit will take.
        next: Position,
    },
    /// The options contradict each other.
    #[error("the journal's options cannot be kept: {0}")]
    Options(&'static str),
    /// The key file cannot be used.
    #[error("the key file could not be used")]
    KeyFile(#[source] io::Error),
    /// Others than its owner may read the key file.
    #[error("the key file may be read by others (mode {mode:o}); make it 600")]
    KeyFileExposed {
        /// Its permission bits.
        mode: u32,
    },
    /// The key file does not hold 32 bytes.
    #[error("the key file holds {bytes} bytes, not 32")]
    KeyFileLength {
        /// How many it holds.
        bytes: usize,
    },
}

impl JournalError {
    /// Whether the disk is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    }

    /// For `map_err`: the file system's error with what was being done.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
