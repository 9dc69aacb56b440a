//! Any bytes, read as a document that people write: nothing panics, what is refused is named, and what is taken can be
//! relied on.
//!
//! The judges are those of the tests of `api`, which spoil documents without a fuzzer. `seeds` writes what is built in into
//! `corpus`, where a target begins:
//!
//! ```sh
//! cd api && cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! cargo +nightly fuzz run programme_toml -- -max_total_time=600
//! ```
#![forbid(unsafe_code)]

#[path = "../../src/programme/tests/judge.rs"]
mod programme_judge;
#[path = "../../tests/questionnaires/judge.rs"]
mod questionnaire_judge;

use std::sync::OnceLock;

use foulee_analytics::questionnaire::Questionnaire;
use foulee_api::programme::DocFormat;
use foulee_api::questionnaire::{built_ins, questionnaire_of};

/// Reads bytes as a programme, where they are a text.
///
/// # Panics
/// When the reader does, or when what it says of the text cannot be true.
pub fn any_programme(bytes: &[u8], format: DocFormat) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        programme_judge::judge(text, format);
    }
}

/// Reads bytes as a questionnaire.
///
/// # Panics
/// When the reader does, or when what it accepts cannot be relied on.
pub fn any_questionnaire(bytes: &[u8], format: DocFormat) {
    questionnaire_judge::judge_document(bytes, format);
}

/// Reads bytes as a table of answers to the built-in questionnaires.
///
/// # Panics
/// When the reader does, or when it keeps a row that its questionnaire does not admit.
pub fn any_table(bytes: &[u8]) {
    questionnaire_judge::judge_table(bytes, known());
}

fn known() -> &'static [Questionnaire] {
    static KNOWN: OnceLock<Vec<Questionnaire>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let docs = built_ins().expect("the built-in questionnaires");
        docs.iter().map(|doc| questionnaire_of(doc).expect("a sound one")).collect()
    })
}
