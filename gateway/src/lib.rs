//! The Bluetooth gateway: it collects steps and heart rate from wearables and delivers each reading once.
//!
//! A value's way: [`ble`] hears it, [`driver`] says what its bytes mean, [`normalise`] freezes its time and identity,
//! [`collector`] has it sealed in the [`spool`] within a second, [`uplink`] sends it and releases it when ingest has
//! acknowledged it.
//!
//! # Invariants
//!
//! - *A reading counts as taken when it is sealed and on disk* (file and folder fsynced), and is released only when ingest
//!   says that it is durable there. In between it may be sent any number of times: it is the same reading.
//! - *Nothing is silent.* What is lost (a full or damaged spool, a link that was down) becomes a gap with its cause; what is
//!   not believed is set aside with its reason; both are counted.
//! - *Zero is never invented*: a rate of 0, or one without contact, is no reading.
//! - *Counters go on raw.* Deltas are made where they are read.
//! - Only devices of the configuration are ever connected to.
//!
//! # What it never does
//!
//! It has no database and no analytics; it never shows a person's readings; it never decides what a reading means.

#![forbid(unsafe_code)]

pub mod ble;
pub mod clock;
pub mod collector;
pub mod command;
pub mod config;
pub mod driver;
mod error;
pub mod frame;
mod kept;
mod memories;
pub mod normalise;
pub mod spool;
pub mod status;
mod stop;
pub mod uplink;

pub use error::GatewayError;
pub use stop::Stop;
