//! Any bytes, imported as a file of each format: nothing panics, and what is said of them is true.
//!
//! The judge is that of `ingest/tests/import_fuzz`, which spoils files without a fuzzer. `seeds` writes the sound files
//! of the importers' tests into `corpus`, where a target begins:
//!
//! ```sh
//! cd ingest && cargo run --manifest-path fuzz/Cargo.toml --bin seeds
//! TMPDIR=/dev/shm cargo +nightly fuzz run apple_xml -- -max_total_time=600
//! ```
//!
//! A file is written for each run, which is several times as fast in memory.
#![forbid(unsafe_code)]

#[path = "../../tests/import_fuzz/judge.rs"]
mod judge;

use std::cell::OnceCell;

use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

/// What a target's files may be called, since some formats are known by that. The first byte chooses among several.
#[must_use]
pub fn names(target: &str) -> &'static [&'static str] {
    match target {
        "apple_xml" => &["export.xml"],
        "apple_zip" => &["export.zip"],
        "fit" => &["a.fit"],
        "google_health" => &["points.json", "steps-2023-02-26.json", "heart_rate-2023-01-26.json", "steps_2026-10-01.csv"],
        "open_mhealth" => &["points.json"],
        "tables" => &["table.csv", "wear.csv", "dailySteps.csv"],
        _ => &["export.db"],
    }
}

/// Imports bytes as a target's file.
///
/// # Panics
/// When the importer does, or when what it says of the file cannot be true.
pub fn any_file(target: &str, bytes: &[u8]) {
    let names = names(target);
    let (name, bytes) = match bytes.split_first() {
        Some((first, rest)) if names.len() > 1 => (names[usize::from(*first) % names.len()], rest),
        _ => (names[0], bytes),
    };
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder"));
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        judge::judge(&path, target == "tables", Some("Europe/Paris"));
    });
}
