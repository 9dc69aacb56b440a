use crate::JournalError;

/// Bounds of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A segment is closed once it holds so many bytes.
    pub segment_bytes: u64,
    /// All files of the journal together never hold more bytes, the temporary ones included.
    pub max_bytes: u64,
    /// Records that wait for one commit never hold more bytes (their lengths included). Memory stays bounded by it.
    pub max_commit_bytes: usize,
    /// What to do when `max_bytes` is reached.
    pub when_full: WhenFull,
    /// What is released stays on the disk, to be read again ([`crate::Journal::read_kept`]), until
    /// [`crate::Journal::expire`], or until the room is needed: it goes before `when_full` applies. May change from one
    /// opening to the next.
    pub keep_released: bool,
}

/// What a full journal does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Gives up the oldest segment that was not released, and says so in [`crate::Committed::lost`]. For a collector: the
    /// newest readings can still be acted on, and the wearable cannot be asked to wait.
    #[default]
    DropOldest,
    /// Refuses the commit with [`JournalError::Full`]; what waits is kept. For a service whose clients can wait.
    Refuse,
}

impl Default for Options {
    /// Segments of 4 MiB, 64 MiB in all, 1 MiB a commit, the oldest dropped when full, nothing kept.
    fn default() -> Self {
        Self {
            segment_bytes: 4 << 20,
            max_bytes: 64 << 20,
            max_commit_bytes: 1 << 20,
            when_full: WhenFull::default(),
            keep_released: false,
        }
    }
}

/// Bytes of one commit beyond which a block's 32-bit lengths could come near their end.
const MOST_COMMIT_BYTES: usize = 64 << 20;
/// Bytes around the records of a block: header, tag, count, and what zstd or a length could add.
const BLOCK_MARGIN: u64 = 128;

impl Options {
    /// Bytes that one file can hold at most, and so what must stay free for rewriting it.
    pub(crate) fn largest_file(&self) -> u64 {
        self.segment_bytes + self.max_commit_bytes as u64 + BLOCK_MARGIN
    }

    pub(crate) fn check(self) -> Result<Self, JournalError> {
        if self.segment_bytes < 1024 {
            return Err(JournalError::Options("segment_bytes is below 1,024"));
        }
        if self.max_commit_bytes == 0 || self.max_commit_bytes > MOST_COMMIT_BYTES {
            return Err(JournalError::Options("max_commit_bytes is not between 1 and 64 MiB"));
        }
        if self.max_bytes < 4 * self.largest_file() {
            return Err(JournalError::Options(
                "max_bytes is below four times segment_bytes + max_commit_bytes",
            ));
        }
        Ok(self)
    }
}
