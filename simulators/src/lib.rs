//! What `foulee-sim` is made of, for tests that want it in their own process: a private D-Bus, and a simulated Bluetooth
//! daemon on it with wearables that an unmodified BlueZ client scans, connects to and reads; and [`fleet`], which sends
//! many people's readings to a running server and judges what it gives back.
//!
//! ```no_run
//! # fn main() -> Result<(), foulee_sim::SimError> {
//! let bus = foulee_sim::bus::PrivateBus::start()?;
//! let plan = "[[wearable]]\nkind = 'strap'\ncount = 50\n[faults]\ndrop_every_s = 20".parse()?;
//! let bluetooth = foulee_sim::Bluetooth::start(bus.address(), plan, &foulee_sim::Options::default())?;
//! // A client with DBUS_SYSTEM_BUS_ADDRESS set to bus.address() sees it as org.bluez.
//! let report = bluetooth.stop()?;
//! println!("{} values were sent", report.ledger.len());
//! # Ok(()) }
//! ```
//!
//! # Invariants
//!
//! - *The ledger holds what was handed to D-Bus, and nothing else*, in its order; nothing is sent on a link that has
//!   ended.
//! - *What a device counts is the truth of the person who wears it*, second by second, whether or not it is linked.
//! - *Faults are planned or commanded, never accidental*: with the same seed and plan they fall on the same values as far
//!   as a client asks for the same at the same time.
//! - It is only ever on the bus that it is told. Use a private one.
//!
//! # What it never does
//!
//! It never uses analytics: what judges may not import what it judges.

#![forbid(unsafe_code)]

mod ble;
pub mod bus;
mod error;
pub mod fleet;

pub use ble::{
    Bluetooth, Command, ConnectQueue, Day, DeviceReport, Entry, Epoch, EpochCause, Faults, Group, Kind, Link,
    LinkEnd, Options, Plan, Radio, Report, Share, Unpaired, Via, Window, Zone,
};
pub use error::SimError;
