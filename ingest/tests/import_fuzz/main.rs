//! Spoilt files, given to every importer: none of them panics, hangs, fills memory, or stops without a word.
//!
//! Each test takes the sound files of one importer (and real ones, where recordings are at hand), spoils them by a seeded
//! chance, and imports what came of it. The batches go through the same checks as a server's. Which file it was is told by
//! the seed and its number; it is kept in the folder of temporary files when something is wrong with it.
//!
//! `FOULEE_TEST_SCALE=ci` takes 1,500 files of each, and at most 20 s; otherwise it is 8,000. `FOULEE_TEST_FUZZ_SECONDS=N`
//! goes on for N seconds. `FOULEE_TEST_SEED` repeats a run. The same importers under libFuzzer: `ingest/fuzz`.

mod chance;
mod judge;
mod real;
mod run;
mod spoil;
mod spoil_database;
mod spoil_zip;
mod words;

#[path = "../samples/mod.rs"]
mod samples;

use run::{Spoiler, every_file};

#[test]
fn apple_xml() {
    every_file("apple_xml", Spoiler::Bytes);
}

#[test]
fn apple_zip() {
    every_file("apple_zip", Spoiler::Zip);
}

#[test]
fn fit() {
    every_file("fit", Spoiler::Bytes);
}

#[test]
fn gadgetbridge() {
    every_file("gadgetbridge", Spoiler::Database);
}

#[test]
fn google_health() {
    every_file("google_health", Spoiler::Bytes);
}

#[test]
fn health_connect() {
    every_file("health_connect", Spoiler::Database);
}

#[test]
fn open_mhealth() {
    every_file("open_mhealth", Spoiler::Bytes);
}

#[test]
fn tables() {
    every_file("tables", Spoiler::Bytes);
}
