//! Real InfluxDB servers for tests and benches.
//!
//! [`Influxd`] is Debian's influxd 1.6.7, which can be killed, frozen and started again. [`Gateway2`] lets it speak the
//! API of 2.x, for machines that have no 2.x. [`FaultProxy`] stands before either and fails on request.
//!
//! **Architecture Invariant:** what is stored, and what a query answers, is always a real server's work. Where the gateway
//! adds an answer of its own, it is one that was measured on 2.7.

mod forward;
mod gateway2;
mod influxd;
mod influxql;
mod ports;
mod proxy;
mod serve;

pub use gateway2::{Gateway2, Real2, real2};
pub use influxd::{Credentials, Influxd, InfluxdOptions};
pub use ports::free_port;
pub use proxy::{FaultProxy, Mode};
