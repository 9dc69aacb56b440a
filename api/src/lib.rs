//! foulee: the service, the worker, the registry, the pages, the commands.
//!
//! Invariants:
//! - Pages and feeds read computed rows, never raw readings (excepted the feed of readings itself, and the newest heart
//!   rate, which a row has only by the minute).
//! - The worker may be stopped anywhere and asked any number of times: the same inputs give the same rows.
//! - What a token may not see does not exist: the answer is the same as for what is not there.
//!
//! It never judges a reading itself (that is analytics) and never writes one (that is ingest).
#![forbid(unsafe_code)]

// The judge of spoilt documents is the tests' and the fuzz targets' alike.
#[cfg(test)]
extern crate self as foulee_api;

pub mod adherence;
pub mod ask;
pub mod cli;
pub mod client;
pub mod command;
mod error;
pub mod facts;
pub mod feed;
pub mod http;
pub mod live;
pub mod lock;
pub mod output;
pub mod pages;
pub mod people;
pub mod profile;
pub mod programme;
pub mod questionnaire;
pub mod registry;
pub mod reports;
pub mod safety;
pub mod sources;
pub mod study;
pub mod view;
pub mod worker;
pub mod zones;

pub use error::ApiError;
