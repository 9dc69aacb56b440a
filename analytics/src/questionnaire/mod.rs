//! Questionnaires as data: items by code, and scores by a small closed set of published rules.
//!
//! A [`QuestionnaireSpec`] is checked once and becomes a [`Questionnaire`]; [`score`] then gives each scale a score, or
//! says why there is none. No number stands alone: a score says how many items were answered, by which rule it was
//! made, and whether it rests on fewer items than the scale has.
//!
//! A rule that is not published is off: [`Enabled`] turns on what is recalled or ours, and nothing else does. While a
//! missing-item rule is off, every item is needed; while cut-offs are off, no band is told.

mod answers;
mod check;
mod definition;
mod ipaq;
mod score;
#[cfg(test)]
mod tests;

pub use answers::{Answer, Answers, Refusal, RefusedAnswer};
pub use check::{Questionnaire, QuestionnaireFault};
pub use definition::{
    Band, Bands, Coding, Grounds, Higher, Item, Missing, MissingRule, QuestionnaireSpec, Rule, Scale, Status,
    Twice,
};
pub use score::{Enabled, NoScore, ScaleScore, ScoredForm, score};

/// Name and version of these rules; raise it whenever a score could change.
pub const QUESTIONNAIRE_VERSION: &str = "questionnaire-score-v1";
