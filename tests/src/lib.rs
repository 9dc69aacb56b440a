//! What whole-system tests rest on; the tests themselves live in `tests/it`.
//!
//! **Architecture Invariant:** nothing here is a mock of Foulée: these are real servers, and what stands before them.

#![forbid(unsafe_code)]

pub mod influx;
