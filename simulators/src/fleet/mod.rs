//! A fleet: many people's devices that send to a running server over HTTP, with everything that goes wrong on the way,
//! and a verdict that rests on what the server gives back.
//!
//! In reading order: a [`FaultPlan`] says what goes wrong and how often; a `Wearer` is a person and every reading that
//! their device makes; `Deliveries` is the order in which they are sent, which is a function of the seed; a `Parcel` is
//! one batch of them, which a `Corruption` spoils; `Server` is the other end; `send` delivers, `read_back` compares;
//! [`Fleet::run`] does all of it; the [`Verdict`] is what came of it.
//!
//! # Invariants
//!
//! - *The same seed, start, days and number of people emit the same readings*, whatever the plan, the server and the time.
//! - *Only what an answer names as accepted counts as acknowledged*; an answer that is lost counts for nothing.
//! - *Nothing is taken on the server's word*: missing and duplicated come from reading back, tuple by tuple.
//! - *What is sent corrupt could never be taken for what was emitted*: its readings carry a version of their own.
//! - No more is held than a day of readings for each connection, and a bit for each reading.

mod batch;
mod chance;
mod corrupt;
mod deliveries;
mod patience;
mod plan;
mod progress;
mod read_back;
mod run;
mod send;
mod server;
mod tally;
mod verdict;
mod wearer;

pub use plan::{BatchSizes, CorruptShares, DEFAULT_FAULTS, FaultPlan, FaultShares};
pub use run::Fleet;
pub use server::Uplink;
pub use verdict::Verdict;
