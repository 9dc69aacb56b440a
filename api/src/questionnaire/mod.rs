//! Questionnaires: documents from the wire to what analytics scores, those built in, and tables of answers that were
//! collected elsewhere.

mod built_in;
mod document;
pub mod table;
#[cfg(test)]
mod worked;

pub use built_in::{built_in, built_ins};
pub use document::{parse_doc, questionnaire_of};
