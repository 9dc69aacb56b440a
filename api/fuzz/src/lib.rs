//! Any text, read as a programme document: nothing panics, what is refused has its line, and what is taken can be
//! followed.
//!
//! The judge is that of the tests of `api/src/programme`, which spoil documents without a fuzzer. `seeds` writes the built-in
//! templates into `corpus`, where a target begins:
//!
//! ```sh
//! cd api && cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! cargo +nightly fuzz run programme_toml -- -max_total_time=600
//! ```
#![forbid(unsafe_code)]

#[path = "../../src/programme/tests/judge.rs"]
mod judge;

use foulee_api::programme::DocFormat;

/// Reads bytes as a document, where they are a text.
///
/// # Panics
/// When the reader does, or when what it says of the text cannot be true.
pub fn any_document(bytes: &[u8], format: DocFormat) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        judge::judge(text, format);
    }
}
