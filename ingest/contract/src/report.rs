use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ParticipantId, RedFlag, ReportId};

/// Something that a person was asked, and what came of it. Append-only: a correction is a later report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Its own id, made by whoever sends it: the same report again is a duplicate, and changes nothing.
    pub id: ReportId,
    /// Who.
    pub participant: ParticipantId,
    /// What was asked.
    pub question: ReportQuestion,
    /// What came of it: declined and not asked are kept apart from missing.
    pub state: ResponseState,
    /// The answer, present exactly when the state is `answered`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ReportAnswer>,
    /// When it was so, which may be before it was said.
    pub effective_at: DateTime<Utc>,
    /// The earlier report whose place it takes, of the same question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<ReportId>,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it; the answers carry the scales")]
pub enum ReportQuestion {
    Pain,
    Effort,
    Difficulty,
    Progress,
    Flare,
    Session,
    Leave,
    DayKind,
    RedFlag,
    Trial,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseState {
    /// Put to the person, no answer so far.
    Asked,
    /// Answered.
    Answered,
    /// The person said no to answering.
    Declined,
    /// Never put to the person.
    NotAsked,
}

/// An answer, with its scale in the field's name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReportAnswer {
    /// Pain intensity on the numeric rating scale, 0 to 10.
    Pain {
        /// Which pain.
        moment: PainMoment,
        /// 0 none, 10 the worst imaginable.
        nrs: u8,
    },
    /// Perceived exertion on Borg's scale, 6 to 20.
    Effort {
        /// 6 none, 20 maximal.
        borg: u8,
    },
    /// How hard the quota felt.
    Difficulty {
        /// The answer.
        felt: Felt,
    },
    /// Progress as felt, -5 much worse to 5 much better.
    Progress {
        /// The answer.
        felt: i8,
    },
    /// A flare began or ended.
    Flare {
        /// Which of the two.
        edge: Edge,
    },
    /// An exercise session was done, or none of this activity that day.
    Session {
        /// What was done.
        activity: SessionActivity,
        /// For how long; 0 says that none was done.
        minutes: u16,
    },
    /// Sick leave began or ended.
    Leave {
        /// Which of the two.
        edge: Edge,
        /// The share of contracted hours on leave, above 0 up to 1.
        fraction: f64,
    },
    /// What kind of day it was.
    DayKind {
        /// The answer.
        day: DayKind,
    },
    /// Signs that need a professional; an empty list says that there is none.
    RedFlag {
        /// Which.
        codes: Vec<RedFlag>,
    },
    /// A trial at the beginning: as much as could be done, from which the first quota follows.
    Trial {
        /// Of what.
        activity: SessionActivity,
        /// Minutes that could be done.
        minutes: u16,
    },
}

/// Which pain was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PainMoment {
    Now,
    Worst,
    NextMorning,
}

/// How hard a quota felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Felt {
    TooEasy,
    Right,
    TooHard,
}

/// The two ends of a spell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Edge {
    Start,
    End,
}

/// What kind of day it was. Steps at work are no dose of the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DayKind {
    Work,
    HalfTime,
    Leave,
    Weekend,
    School,
}

/// Kinds of exercise session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum SessionActivity {
    Walking,
    Stretching,
    Strengthening,
    Relaxation,
    Workshop,
}

/// Most minutes of a day.
const DAY_MINUTES: u16 = 1_440;

/// Why a report says nothing that can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportError {
    /// Answered without an answer, or an answer to what was not answered.
    AnswerAndState,
    /// The answer is to another question.
    AnotherQuestion,
    /// A value that the scale does not have.
    OutOfScale {
        /// The field of the answer.
        field: &'static str,
        /// Least value.
        least: i32,
        /// Greatest value.
        most: i32,
    },
    /// A share of the contracted hours that is none.
    Fraction,
    /// A sign named twice.
    CodeTwice,
    /// It would take its own place.
    CorrectsItself,
}

impl ReportError {
    /// The field at fault, and what to do about it.
    #[must_use]
    pub fn field_and_fix(self) -> (&'static str, String) {
        match self {
            Self::AnswerAndState => {
                ("answer", "an answer where `state` is answered, and none otherwise".to_owned())
            }
            Self::AnotherQuestion => ("answer.kind", "the same as `question`".to_owned()),
            Self::OutOfScale { field, least, most } => (field, format!("{least} to {most}")),
            Self::Fraction => ("answer.fraction", "above 0, up to 1".to_owned()),
            Self::CodeTwice => ("answer.codes", "each sign once".to_owned()),
            Self::CorrectsItself => ("corrects", "the id of an earlier report".to_owned()),
        }
    }
}

impl ReportAnswer {
    /// The question that it answers.
    #[must_use]
    pub fn question(&self) -> ReportQuestion {
        match self {
            Self::Pain { .. } => ReportQuestion::Pain,
            Self::Effort { .. } => ReportQuestion::Effort,
            Self::Difficulty { .. } => ReportQuestion::Difficulty,
            Self::Progress { .. } => ReportQuestion::Progress,
            Self::Flare { .. } => ReportQuestion::Flare,
            Self::Session { .. } => ReportQuestion::Session,
            Self::Leave { .. } => ReportQuestion::Leave,
            Self::DayKind { .. } => ReportQuestion::DayKind,
            Self::RedFlag { .. } => ReportQuestion::RedFlag,
            Self::Trial { .. } => ReportQuestion::Trial,
        }
    }

    fn check(&self) -> Result<(), ReportError> {
        let within = |field, value: i32, least, most| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(ReportError::OutOfScale { field, least, most })
            }
        };
        match self {
            Self::Pain { nrs, .. } => within("answer.nrs", i32::from(*nrs), 0, 10),
            Self::Effort { borg } => within("answer.borg", i32::from(*borg), 6, 20),
            Self::Progress { felt } => within("answer.felt", i32::from(*felt), -5, 5),
            Self::Session { minutes, .. } => {
                within("answer.minutes", i32::from(*minutes), 0, i32::from(DAY_MINUTES))
            }
            Self::Trial { minutes, .. } => {
                within("answer.minutes", i32::from(*minutes), 1, i32::from(DAY_MINUTES))
            }
            Self::Leave { fraction, .. } if !(*fraction > 0.0 && *fraction <= 1.0) => {
                Err(ReportError::Fraction)
            }
            Self::RedFlag { codes } => {
                let twice = codes.iter().enumerate().any(|(at, code)| codes[..at].contains(code));
                if twice { Err(ReportError::CodeTwice) } else { Ok(()) }
            }
            Self::Difficulty { .. } | Self::Flare { .. } | Self::Leave { .. } | Self::DayKind { .. } => {
                Ok(())
            }
        }
    }
}

impl Report {
    /// Whether it says something that can be kept. Who may say it, and when it was, is for its receiver to judge.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn check(&self) -> Result<(), ReportError> {
        if self.corrects == Some(self.id) {
            return Err(ReportError::CorrectsItself);
        }
        match (&self.answer, self.state) {
            (Some(answer), ResponseState::Answered) if answer.question() != self.question => {
                Err(ReportError::AnotherQuestion)
            }
            (Some(answer), ResponseState::Answered) => answer.check(),
            (None, ResponseState::Asked | ResponseState::Declined | ResponseState::NotAsked) => Ok(()),
            _ => Err(ReportError::AnswerAndState),
        }
    }
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// The word as it stands on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
            /// The one of this word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}
pub(crate) use words;

words! { ReportQuestion {
    Pain = "pain", Effort = "effort", Difficulty = "difficulty", Progress = "progress", Flare = "flare",
    Session = "session", Leave = "leave", DayKind = "day_kind", RedFlag = "red_flag", Trial = "trial",
} }
words! { ResponseState { Asked = "asked", Answered = "answered", Declined = "declined", NotAsked = "not_asked" } }
words! { PainMoment { Now = "now", Worst = "worst", NextMorning = "next_morning" } }
words! { Felt { TooEasy = "too_easy", Right = "right", TooHard = "too_hard" } }
words! { Edge { Start = "start", End = "end" } }
words! { DayKind { Work = "work", HalfTime = "half_time", Leave = "leave", Weekend = "weekend", School = "school" } }
words! { SessionActivity {
    Walking = "walking", Stretching = "stretching", Strengthening = "strengthening", Relaxation = "relaxation",
    Workshop = "workshop",
} }

/// Most reports in one request.
pub const MAX_REPORTS: usize = 1_000;

/// Reports as they are sent. A receiver reads each by itself, so that one that cannot be read costs no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportBatch<T = Report> {
    /// [`crate::CONTRACT_VERSION`].
    pub contract: u32,
    /// At most [`MAX_REPORTS`].
    pub reports: Vec<T>,
}

/// What is said to reports. Those accepted are durable when it is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportsAnswer {
    /// Durable now, new or known before.
    pub accepted: u64,
    /// Not known before.
    pub new: u64,
    /// Known before.
    pub duplicate: u64,
    /// Those refused; nothing of them is kept.
    pub rejected: Vec<ReportRejection>,
}

/// Why one report was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRejection {
    /// Which of the request, from 0.
    pub index: u32,
    /// The reason, stable for programs.
    pub code: ReportRejectCode,
    /// The field at fault.
    pub field: String,
    /// What to do about it.
    pub fix: String,
}

/// The published reasons for refusing a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportRejectCode {
    /// It could not be read: a field is missing, unknown, or not what it must be.
    Unreadable,
    /// A value outside its scale, or an answer that does not fit its question.
    Invalid,
    /// More than a day ahead, or before the year 2000.
    TimeOutOfRange,
    /// Nobody for whom the token may report.
    ParticipantUnknown,
    /// The id is taken by a report that says something else.
    IdTaken,
    /// What it corrects is not there, or is of another question.
    CorrectedUnknown,
}
