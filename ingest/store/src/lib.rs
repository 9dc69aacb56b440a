//! The time-series store: one trait, its engines, and the conformance suite that every engine passes.
//!
//! Invariants:
//! - A store is a grow-only set of tuples. Writing is set union: order, splits and repeats change nothing.
//! - When [`Store::write`] answers, the tuples are durable and the days that they touch are marked dirty, in the same
//!   transaction.
//! - [`Store::digest`] depends on the set alone, never on the engine or the order of arrival.
//! - Nothing is replaced: a correction is one more tuple. Only [`Store::erase`] takes tuples away.
//!
//! It never reads a clock (times are arguments), never judges a reading, never knows a person's zone.
#![forbid(unsafe_code)]

mod api;
mod digest;
mod memory;
mod sqlite;
mod url;

pub mod conformance;
pub mod embedded;
#[cfg(feature = "influx")]
pub mod influx;
pub mod record;

pub use api::{
    Backlog, BoxFuture, CohortScan, DayDigest, DirtyDay, Erased, Group, Health, Scan, SeriesReadings,
    SeriesScan, Stats, Store, StoreError, Verified, WriteBatch, Written, epoch_day,
};
pub use digest::{Digest, SeriesHasher};
pub use embedded::EmbeddedStore;
#[cfg(feature = "influx")]
pub use influx::InfluxStore;
pub use memory::MemoryStore;
pub use url::{InfluxApi, InfluxUrl, StoreUrl, StoreUrlError};
