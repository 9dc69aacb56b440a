//! The protocol of the Colmi R02 family of rings, both sides: what a client asks and what the ring answers.
//!
//! A client writes a [`Request`] and is notified of one or more [`Response`]s. Every packet is 16 bytes: the command, 14
//! bytes of payload, and the sum of these 15 modulo 256. An answer repeats the command; with its highest bit set the
//! ring refuses. The two logs come in several packets, joined by [`HeartRateLogAssembler`] and [`StepLogAssembler`].
//!
//! The protocol is not published by its maker. Source of the byte layout: colmi_r02_client 0.1.0 (PyPI, MIT, Wesley
//! Ellis) and its test recordings; where that is silent, Gadgetbridge's description of the same rings, which is named.
//! The ring's clock has no zone: that client sets it to UTC, Gadgetbridge to local time. Whoever sets it decides what
//! the times of both logs mean.

mod heart_rate_log;
mod packet;
mod request;
mod response;
mod step_log;

pub use heart_rate_log::{HeartRateLog, HeartRateLogAssembler, HeartRateLogPacket};
pub use packet::{PACKET_BYTES, Packet};
pub use request::{Language, Request, RingTime};
pub use response::{LiveHeartRate, Response};
pub use step_log::{StepLog, StepLogAssembler, StepLogPacket, StepSlot};

/// What an assembler has after a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assembly<T> {
    /// More packets are to come.
    Unfinished,
    /// The ring has nothing for that day.
    Empty,
    /// The whole log.
    Finished(T),
}
