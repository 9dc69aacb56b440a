//! GATT characteristic bytes to typed values and back, for every profile that the gateway reads and the simulator
//! plays.
//!
//! Each value has `decode(&[u8]) -> Result<Self, GattError>` and `encode(&self) -> Vec<u8>`. Numbers are little-endian
//! on the wire and stay integers in the unit of their specification; the unit stands in the field's name.
//!
//! Architecture invariants:
//!
//! - `decode` never panics, whatever the bytes, and takes only lengths that its specification admits.
//! - `decode(encode(x)) == Ok(x)` for every value that `decode` can give.
//!   `encode(decode(b)) == b` for canonical bytes: reserved bits 0, shortest form, bytes without a meaning 0.
//! - Reserved flag bits are ignored on decode and 0 on encode. Reserved values of a number are refused.
//! - What is out of range is refused with its field's name, never clamped.
//! - A device's own word for "no reading" (heart rate 0) is handed on as it is, with a method that knows it.
//!
//! This crate never opens a link, never reads a clock or a file, never decides which device to trust, and knows no
//! participant, no reading and no store. Counters stay counters: nothing here makes a difference of two values.

#![forbid(unsafe_code)]

mod bytes;
mod error;

pub mod civil;
pub mod uuids;

pub mod activity;
pub mod battery;
pub mod current_time;
pub mod device_information;
pub mod fitness_machine;
pub mod heart_rate;
pub mod running;

pub mod colmi;
pub mod infinitime;

pub use error::GattError;
