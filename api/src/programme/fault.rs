//! What is wrong with a programme document, and where it stands.

use std::fmt;

use foulee_analytics::AnalyticsError;
use foulee_analytics::programme::QuotaKind;

/// A fault of a document: its line in the text, its field, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub struct DocFault {
    /// From 1; `None` where there is no text.
    pub line: Option<u32>,
    /// Where it stands.
    pub field: Field,
    /// What is wrong there.
    pub wrong: Wrong,
}

impl fmt::Display for DocFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "{}: {}", self.field, self.wrong)
    }
}

/// A place in a document, such as `stages[1].quotas[0].target`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Field(pub(super) Vec<Step>);

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The longest key that is repeated to whoever sent it, characters.
const LONGEST_KEY: usize = 40;

impl Field {
    /// A member of the table there.
    pub(super) fn key(&self, key: &str) -> Self {
        // What was sent is repeated in part, and without what a terminal would obey.
        let shown = key.chars().take(LONGEST_KEY).map(|c| if c.is_control() { '\u{fffd}' } else { c });
        self.with(Step::Key(shown.collect()))
    }

    /// An element of the list there.
    pub(super) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("document");
        }
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// What is wrong, in words that say what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Wrong {
    /// It is neither JSON nor TOML, as it claims to be.
    #[error("it cannot be read as {format}: {why}")]
    Unreadable {
        /// JSON or TOML.
        format: &'static str,
        /// What the reader of that format says.
        why: String,
    },
    /// More text than any programme needs.
    #[error("a programme has at most {most} bytes")]
    TooLong {
        /// How many are allowed.
        most: usize,
    },
    /// Lists within lists.
    #[error("nothing in a programme lies so deep; at most {most} lists and tables within each other")]
    TooDeep {
        /// How many are allowed.
        most: usize,
    },
    /// A key that must be there.
    #[error("it is missing; give it")]
    Missing,
    /// A key that means nothing.
    #[error("there is no such field{}; here are {}", meant(*near), known.join(", "))]
    UnknownField {
        /// The one that was perhaps meant.
        near: Option<&'static str>,
        /// Those that are.
        known: &'static [&'static str],
    },
    /// The same key again.
    #[error("it is given twice; leave one out")]
    KeyTwice,
    /// Something else than belongs there.
    #[error("{wanted} belongs here, not {found}")]
    NotA {
        /// What belongs there.
        wanted: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A number beyond what can be.
    #[error("a whole number from {least} to {most}, not {found}")]
    OutOfRange {
        /// Least.
        least: u32,
        /// Greatest.
        most: u32,
        /// What is there.
        found: i128,
    },
    /// A word that means nothing.
    #[error("one of {}{}", known.join(", "), meant(*near))]
    NotOneOf {
        /// Those that are.
        known: &'static [&'static str],
        /// The one that was perhaps meant.
        near: Option<&'static str>,
    },
    /// A list of another length.
    #[error("{least} to {most} of them, not {found}")]
    ListLength {
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
        /// How many there are.
        found: usize,
    },
    /// A text that says nothing.
    #[error("it says nothing; write it, in this language too")]
    BlankText,
    /// A text that no page has room for.
    #[error("at most {most} characters")]
    LongText {
        /// How many are allowed.
        most: usize,
    },
    /// A text that is more than text.
    #[error("it holds a control character; leave it out")]
    ControlCharacter,
    /// A name that cannot be one.
    #[error("only a-z, 0-9 and -")]
    NameCharacter,
    /// A weekday again.
    #[error("{day} is given twice; leave one out")]
    DayTwice {
        /// Which.
        day: &'static str,
    },
    /// A kind again in one stage.
    #[error("this stage has a quota of {} already; one a stage", kind.as_str())]
    KindTwice {
        /// Which.
        kind: QuotaKind,
    },
    /// No amount at all.
    #[error("give an amount, or a baseline that it is a share of")]
    TargetMissing,
    /// An amount and a baseline.
    #[error("an amount or a baseline, not both; leave one out")]
    TargetAndBaseline,
    /// A share of nothing.
    #[error("a share needs a baseline; give one, or leave this out")]
    PercentOfNothing,
    /// A run-in of something else than steps.
    #[error("a run-in is known of steps alone, not of {}; use \"trials\" or a target", kind.as_str())]
    RunInOfOther {
        /// The quota's kind.
        kind: QuotaKind,
    },
    /// Trials of several kinds.
    #[error("trials are of one kind, and {} starts from them already; give a target", first.as_str())]
    TrialsOfTwoKinds {
        /// The kind that has them.
        first: QuotaKind,
    },
    /// Something that the kind has not.
    #[error("{} has none; leave it out", kind.as_str())]
    NotOfKind {
        /// The quota's kind.
        kind: QuotaKind,
    },
    /// A band that ends before it begins.
    #[error("the least comes first: {lo} is above {hi}")]
    BandReversed {
        /// The first.
        lo: u16,
        /// The second.
        hi: u16,
    },
    /// A band in which no walking minute can lie.
    #[error(
        "nobody could meet it: a walking minute has at least {min_cadence} steps a minute, the band ends at {hi}"
    )]
    BandBelowWalking {
        /// The least cadence of a walking minute.
        min_cadence: u16,
        /// Where the band ends.
        hi: u16,
    },
    /// An intensity that says nothing.
    #[error("it says nothing; give a band, or leave it out")]
    IntensityEmpty,
    /// A stage within the one before it.
    #[error("week {from_week} belongs to the stage before; the first free week is {free_from}")]
    StagesOverlap {
        /// Where it would begin.
        from_week: u32,
        /// Where it can.
        free_from: u32,
    },
    /// A programme for longer than anybody plans.
    #[error("the programme would end in week {found}; at most {most}")]
    TooManyWeeks {
        /// Its last week.
        found: u32,
        /// The last that can be.
        most: u32,
    },
    /// More days a week than can count.
    #[error(
        "nobody could meet it: {per_week} days a week, but only {eligible} can count; see days and rest_days"
    )]
    BeyondEligibleDays {
        /// Days asked for.
        per_week: u8,
        /// Days that can count.
        eligible: u8,
    },
    /// More minutes than a day has.
    #[error("nobody could meet them: whatever the days, one has more than its 1440 minutes")]
    NoRoomInTheDays,
    /// A calendar that is to wait.
    #[error(
        "a calendar waits for nothing; say progression = \"adjuster\", or contingency = \"time_contingent\""
    )]
    CalendarCannotWait,
    /// A share of a baseline where an amount is needed.
    #[error("it is a share of a baseline; `foulee programme assign` makes an amount of it for one person")]
    NotStarted,
    /// What the rules of prescribing refuse.
    #[error(transparent)]
    Refused(#[from] AnalyticsError),
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(" (did you mean {near}?)"))
}
