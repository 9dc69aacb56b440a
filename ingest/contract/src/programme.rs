use serde::{Deserialize, Serialize};

/// A programme of graded activity as a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeDoc {
    /// [`crate::CONTRACT_VERSION`].
    pub contract: u32,
    /// A short name, `a-z 0-9 -`.
    pub name: String,
    /// The document's own version; a change of content is a new version.
    pub version: u32,
    /// What people call it.
    pub title: TextDoc,
    /// Whether progress waits for pain. A study must choose before anyone is coached; there is no default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contingency: Option<Contingency>,
    /// Its stages, one after the other.
    pub stages: Vec<StageDoc>,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextDoc {
    /// French.
    pub fr: String,
    /// English.
    pub en: String,
}

/// What may hold back progression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contingency {
    /// The quota follows its schedule whatever pain says.
    TimeContingent,
    /// Pain may delay progression.
    PainModulated,
}

/// Some weeks with the same quotas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageDoc {
    /// How long it lasts; behind the last stage nothing is prescribed.
    pub weeks: u16,
    /// What is asked for.
    pub quotas: Vec<QuotaDoc>,
}

/// What is asked for on a day that counts, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaDoc {
    /// Steps or walking minutes.
    pub kind: QuotaKindDoc,
    /// Days a week on which it is to be reached, 1 to 7.
    pub per_week: u8,
    /// The day's amount, in `{steps}/d` or `min/d`.
    pub target: u32,
    /// The weekdays that can count; all seven when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<WeekdayDoc>>,
    /// A walking minute has at least this cadence, `{steps}/min`; 60 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_cadence: Option<u16>,
}

/// What a quota counts: the first two by a sensor, the others by what the person or the school reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaKindDoc {
    /// Steps a day.
    Steps,
    /// Walking minutes a day.
    WalkMinutes,
    /// Minutes of stretching a day.
    Stretching,
    /// Minutes of strengthening a day.
    Strengthening,
    /// Minutes of relaxation a day.
    Relaxation,
    /// Workshops a day.
    Workshop,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum WeekdayDoc {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}
