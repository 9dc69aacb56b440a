//! Accept, validate, deduplicate, store, acknowledge; importers for existing exports.
#![forbid(unsafe_code)]

pub mod import;
