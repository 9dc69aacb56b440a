use serde::{Deserialize, Serialize};

use crate::TextDoc;

/// A questionnaire as a document: its items by code, what they may be answered with, and how its scales are scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionnaireDoc {
    /// [`crate::CONTRACT_VERSION`].
    pub contract: u32,
    /// A short name, `a-z 0-9 -`.
    pub id: String,
    /// The document's own version; a change of content is a new version.
    pub version: u32,
    /// What people call it.
    pub title: TextDoc,
    /// Whether it holds wording.
    pub wording: WordingDoc,
    /// Whose the instrument is, and on what terms.
    pub licence: String,
    /// What two answers to one item mean.
    #[serde(default, skip_serializing_if = "is_default")]
    pub twice: TwiceDoc,
    /// Its items, in the order of the form.
    pub items: Vec<ItemDoc>,
    /// What is computed from them; nothing where each answer stands for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scales: Vec<ScaleDoc>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Whether a document holds the words of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordingDoc {
    /// Numbers alone: the words belong to somebody else.
    NumericOnly,
    /// Words that were written for it.
    Ours,
}

/// What two answers to one item mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwiceDoc {
    /// Neither counts.
    #[default]
    Refused,
    /// The higher counts.
    Higher,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemDoc {
    /// Its code, `a-z 0-9 _`; the column of a table of answers.
    pub code: String,
    /// The least and the greatest answer. Either this or `choices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[i32; 2]>,
    /// Whether an answer may have decimals.
    #[serde(default, skip_serializing_if = "is_default")]
    pub decimals: bool,
    /// The codes that can be answered. Either this or `range`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<ChoiceDoc>>,
    /// Whether it counts as least + greatest - answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reversed: bool,
    /// Where given, it counts 1 from this answer on and 0 below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_from: Option<i32>,
    /// Whether a form without it is complete; a scale still says how many of its items were answered.
    #[serde(default, skip_serializing_if = "is_default")]
    pub optional: bool,
    /// Which part of a baseline it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainDoc>,
    /// The question, in a document with wording of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextDoc>,
    /// The unit of the answer (UCUM), where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// An answer that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceDoc {
    /// The number that stands for it.
    pub code: i32,
    /// Its words, in a document with wording of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextDoc>,
}

/// The five parts of the e-cohort's baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum DomainDoc {
    Demographic,
    Clinical,
    SocioProfessional,
    Imaging,
    Treatments,
}

/// One score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleDoc {
    /// Its name, `a-z 0-9 _`.
    pub id: String,
    /// The items it is made of, by code.
    pub items: Vec<String>,
    /// How they become a score.
    pub rule: RuleDoc,
    /// On whose word the rule stands; one that is not published is off until somebody turns it on.
    pub status: StatusDoc,
    /// Where the rule is from: authors, year, and where it was read.
    pub source: String,
    /// What becomes of items without an answer; every item is needed where this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingDoc>,
    /// The least and the greatest score; left out where the rule gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// What a higher score says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub higher: Option<HigherDoc>,
    /// Cut-offs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bands: Option<BandsDoc>,
}

/// How items become a score. Rules without parameters are written as empty tables, so that a misspelt one is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleDoc {
    /// Their sum.
    Sum {},
    /// Their mean, times a factor.
    Mean {
        /// 1 when left out.
        #[serde(default = "once", skip_serializing_if = "is_once")]
        times: f64,
    },
    /// How many were answered with anything but 0.
    Count {},
    /// Their sum in percent of the greatest that it could be.
    PercentOfMaximum {},
    /// STarT Back: the sum, and a group from it and from the five items of distress.
    StartGroups {
        /// The items of distress.
        distress: Vec<String>,
    },
    /// EQ-5D: the answers side by side, without a score.
    Profile {},
    /// IPAQ short form: days and minutes of vigorous activity, moderate activity and walking, in this order.
    Ipaq {},
}

fn once() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
#[expect(clippy::float_cmp, reason = "only the factor that was left out is left out again")]
fn is_once(times: &f64) -> bool {
    *times == 1.0
}

/// On whose word a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusDoc {
    /// Published, and read there.
    Published,
    /// From memory: to be confirmed.
    Recalled,
    /// A choice of this project.
    Ours,
}

/// What becomes of items without an answer, and on whose word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingDoc {
    /// What becomes of them.
    pub rule: MissingRuleDoc,
    /// On whose word; while it is off every item is needed.
    pub status: StatusDoc,
    /// Where the rule is from.
    pub source: String,
}

/// What becomes of items without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MissingRuleDoc {
    /// The answered stand for the others.
    Prorate {
        /// The least share of answered items, in percent.
        least_percent: u8,
    },
    /// The others are left out of sum and maximum.
    Drop {
        /// The most that may lack.
        most_missing: u8,
    },
    /// On a form that was submitted, what was left blank is 0.
    BlankIsZero {},
}

/// What a higher score says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HigherDoc {
    /// The person is better.
    Better,
    /// The person is worse.
    Worse,
}

/// Cut-offs, and on whose word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandsDoc {
    /// On whose word; no band is told while it is off.
    pub status: StatusDoc,
    /// Where the cut-offs are from.
    pub source: String,
    /// From the lowest; the first begins at the least score.
    pub list: Vec<BandDoc>,
}

/// A part of a scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandDoc {
    /// Its name, `a-z 0-9 _`.
    pub name: String,
    /// The score from which on it is in force.
    pub from: f64,
}
