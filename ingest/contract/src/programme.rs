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
    /// What moves the targets on; the calendar when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progression: Option<Progression>,
    /// Most people of a group that follows it together; left out where everybody follows it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_size: Option<u8>,
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

/// What moves the targets on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progression {
    /// The intensity adjuster; until it has decided something, the targets stand as they are written.
    Adjuster,
    /// The weeks alone: the targets stand as they are written.
    Calendar,
}

/// Some weeks with the same quotas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageDoc {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<TextDoc>,
    /// Its first week, from 1; when left out it follows the stage before at once. The weeks between are a pause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_week: Option<u16>,
    /// How long it lasts; behind the last stage nothing is prescribed.
    pub weeks: u16,
    /// The weekdays that count for no quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest_days: Option<Vec<WeekdayDoc>>,
    /// What is asked for.
    pub quotas: Vec<QuotaDoc>,
}

/// What is asked for on a day that counts, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaDoc {
    /// What is counted.
    pub kind: QuotaKindDoc,
    /// Days a week on which it is to be reached, 1 to 7.
    pub per_week: u8,
    /// The day's amount, in `{steps}/d`, `min/d` or workshops; left out where it is a share of a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
    /// What the target is a share of, in place of an amount; assigning makes an amount of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineDoc>,
    /// That share in `%`; the baseline's own when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u16>,
    /// The weekdays that can count; all seven when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<WeekdayDoc>>,
    /// A walking minute has at least this cadence, `{steps}/min`; 60 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_cadence: Option<u16>,
    /// How hard; left to the person when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intensity: Option<IntensityDoc>,
    /// What the day's exercises are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercises: Option<Vec<TextDoc>>,
}

/// What a person could do before the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineDoc {
    /// The median of the daily steps of the run-in; 100 % of it when no share is given.
    RunIn,
    /// The mean of three trials; 70 % of it when no share is given.
    Trials,
}

/// How hard, in one or several of three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntensityDoc {
    /// Cadence in `{steps}/min`, least and greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<[u16; 2]>,
    /// Heart-rate reserve in `%`, least and greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heart_rate_reserve: Option<[u16; 2]>,
    /// Perceived exertion on Borg's scale, 6 to 20, least and greatest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<[u16; 2]>,
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
