//! Any bytes, read as a document that people write: nothing panics, and what is accepted can be relied on.
//!
//! The judge is that of `api/tests/questionnaires`, which spoils documents without a fuzzer. `seeds` writes the built-in
//! questionnaires into `corpus`, where a target begins:
//!
//! ```sh
//! cd api && cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! cargo +nightly fuzz run questionnaire_toml -- -max_total_time=600
//! ```
#![forbid(unsafe_code)]

#[path = "../../tests/questionnaires/judge.rs"]
mod judge;

use std::sync::OnceLock;

use foulee_analytics::questionnaire::Questionnaire;
use foulee_api::programme::DocFormat;
use foulee_api::questionnaire::{built_ins, questionnaire_of};

/// Reads bytes as a questionnaire.
///
/// # Panics
/// When the reader does, or when what it accepts cannot be relied on.
pub fn any_document(bytes: &[u8], format: DocFormat) {
    judge::judge_document(bytes, format);
}

/// Reads bytes as a table of answers to the built-in questionnaires.
///
/// # Panics
/// When the reader does, or when it keeps a row that its questionnaire does not admit.
pub fn any_table(bytes: &[u8]) {
    judge::judge_table(bytes, known());
}

fn known() -> &'static [Questionnaire] {
    static KNOWN: OnceLock<Vec<Questionnaire>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let docs = built_ins().expect("the built-in questionnaires");
        docs.iter().map(|doc| questionnaire_of(doc).expect("a sound one")).collect()
    })
}
