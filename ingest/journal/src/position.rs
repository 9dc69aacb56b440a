/// The number of a commit. Numbers rise by one a commit, over restarts too, and survive the joining of blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// Before everything.
    pub const START: Self = Self(0);

    /// The position behind this one: what to release when this commit was the last that was delivered.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Commits that the journal no longer has, to be reported as a gap. It is handed out once in each run of the program,
/// and again after a restart, until [`crate::Journal::settle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Why.
    pub cause: Cause,
    /// The first commit lost.
    pub first: Position,
    /// The last commit lost. Where the end of the journal itself is damaged: the last that is known of.
    pub last: Position,
    /// From when, ms UTC: what the damaged block's header says, else the end of the block before. `None`: not known.
    pub from_ms: Option<i64>,
    /// To when, ms UTC: what the damaged block's header says, else the start of the block behind. `None`: not known.
    pub to_ms: Option<i64>,
    /// How many records, where a header still tells.
    pub records: Option<u64>,
}

/// Why commits are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Bytes on disk changed, or a file is gone.
    Damaged,
    /// The last commit before a crash is not whole. Almost always it was cut off and never acknowledged; damage to the
    /// last acknowledged commit looks the same, so it is reported.
    CutOff,
    /// Given up to make room ([`crate::WhenFull::DropOldest`]).
    Dropped,
}

impl Cause {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Damaged => 0,
            Self::CutOff => 1,
            Self::Dropped => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Damaged, Self::CutOff, Self::Dropped].into_iter().find(|cause| cause.code() == code)
    }
}
