//! `foulee-sim ble`, seen by btleplug.

#![expect(clippy::unwrap_used, reason = "a test stops where something is not as described")]

mod bonding;
mod client;
mod faults;
mod load;
mod program;
mod ring;
mod streams;
mod truth;
