//! Real InfluxDB servers for tests and benches.
//!
//! [`Influxd`] is Debian's influxd 1.6.7, which can be killed, frozen and started again.
//!
//! **Architecture Invariant:** what is stored, and what a query answers, is always a real server's work.

mod influxd;
mod influxql;
mod ports;

pub use influxd::{Credentials, Influxd, InfluxdOptions};
pub use ports::free_port;
