use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ParticipantId;

/// Signs that need a professional (HAS 2019, as listed in the design's safety section).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
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

crate::report::words! { RedFlag {
    Sphincter = "sphincter", SaddleNumbness = "saddle_numbness", LegWeakness = "leg_weakness",
    MajorTrauma = "major_trauma", ChestPain = "chest_pain", Syncope = "syncope",
    FeverWithSevereBackPain = "fever_with_severe_back_pain", NightPain = "night_pain", WeightLoss = "weight_loss",
    Fever = "fever", DorsalPain = "dorsal_pain", GeneralDecline = "general_decline", AgeAtOnset = "age_at_onset",
    CancerHistory = "cancer_history", Steroids = "steroids", Deformity = "deformity",
} }

impl RedFlag {
    /// How it is acted upon. [D], for clinicians to confirm (clinical design, section C0).
    #[must_use]
    pub fn tier(self) -> SafetyTier {
        match self {
            Self::Sphincter
            | Self::SaddleNumbness
            | Self::LegWeakness
            | Self::MajorTrauma
            | Self::ChestPain
            | Self::Syncope
            | Self::FeverWithSevereBackPain => SafetyTier::Urgent,
            Self::NightPain | Self::WeightLoss | Self::Fever | Self::DorsalPain | Self::GeneralDecline => {
                SafetyTier::Review
            }
            Self::AgeAtOnset | Self::CancerHistory | Self::Steroids | Self::Deformity => SafetyTier::History,
        }
    }
}

crate::report::words! { SafetyTier { Urgent = "urgent", Review = "review", History = "history" } }

/// How a red flag is acted upon: the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
