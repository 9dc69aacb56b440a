//! Accept, validate, deduplicate, store, acknowledge; importers for people's existing exports; what phones send.
//!
//! Invariants:
//! - What is acknowledged is durable: the answer is made after the store's own.
//! - The good part of a batch is kept, each refused reading is named with its field and fix; a batch that is wrong as a
//!   whole leaves nothing behind.
//! - Memory is bounded: it is reserved before it is taken, and what does not fit is refused with 429.
//!
//! It never interprets a reading (that is analytics) and never decides who may write (that is the [`Authority`]).
#![forbid(unsafe_code)]

mod accept;
mod arrive;
mod authority;
mod budget;
pub mod copy;
mod decode;
mod dry_run;
mod http;
pub mod import;
#[cfg(feature = "influx")]
mod journaled;
mod local;
mod media;
mod metrics;
mod sdk;
mod weigh;

pub use accept::{Accepted, Refused, accept};
pub use authority::{Authority, Denied, WriteGrant};
pub use decode::{ContentEncoding, DecodeError, decode};
pub use dry_run::{DryRun, Overlap};
pub use http::{Clock, IngestState, WriteGate, WrittenFor, bearer, problem_response, router};
#[cfg(feature = "influx")]
pub use journaled::{JournalBounds, JournaledStore, Repair, Upkeep};
pub use local::LocalSink;
pub use metrics::IngestMetrics;
pub use sdk::phone_token;
