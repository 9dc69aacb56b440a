use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ParticipantId;

/// Something that a person was asked, and what came of it. Append-only: a correction is a later report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
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
    RedFlag,
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
    /// An exercise session was done.
    Session {
        /// What was done.
        activity: SessionActivity,
        /// For how long.
        minutes: u16,
    },
    /// Sick leave began or ended.
    Leave {
        /// Which of the two.
        edge: Edge,
        /// The share of contracted hours on leave, above 0 up to 1.
        fraction: f64,
    },
    /// A sign that needs a professional.
    RedFlag {
        /// Which.
        code: RedFlag,
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

/// Signs that need a professional (HAS 2019, as listed in the design's safety section).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RedFlag {
    Sphincter,
    SaddleNumbness,
    LegWeakness,
    MajorTrauma,
    ChestPain,
    Syncope,
    FeverWithSevereBackPain,
    NightPain,
    WeightLoss,
    Fever,
    DorsalPain,
    GeneralDecline,
    AgeAtOnset,
    CancerHistory,
    Steroids,
    Deformity,
}

/// How a red flag is acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafetyTier {
    /// No target; call for help; cleared by a professional.
    Urgent,
    /// Activity as usual, progression waits; cleared by a professional or by the person's own statement.
    Review,
    /// Recorded and shown at enrolment; no lock-out.
    History,
}

/// A red flag as it acts, at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafetyEvent {
    /// Who.
    pub participant: ParticipantId,
    /// What was said.
    pub code: RedFlag,
    /// How it is acted upon.
    pub tier: SafetyTier,
    /// When it was so.
    pub effective_at: DateTime<Utc>,
}
