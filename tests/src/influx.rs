//! Real InfluxDB servers for tests and benches.
//!
//! [`Influxd`] is Debian's influxd 1.6.7, which can be killed, frozen and started again. [`FaultProxy`] stands
//! before it and fails on request.
//!
//! **Architecture Invariant:** what is stored, and what a query answers, is always a real server's work.

mod forward;
mod influxd;
mod influxql;
mod ports;
mod proxy;
mod serve;

pub use influxd::{Credentials, Influxd, InfluxdOptions};
pub use ports::free_port;
pub use proxy::{FaultProxy, Mode};
