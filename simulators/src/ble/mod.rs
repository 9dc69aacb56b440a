//! A Bluetooth stack without hardware: wearables on D-Bus as BlueZ 5.66 would show them.
//!
//! In reading order: a [`Plan`](plan::Plan) says which wearables there are and what is wrong with them; a `Body` is who
//! wears one; a `Wearable` is what it sends; a `Device` is one in the air; the `Stack` shows all of them on a bus; the
//! ledger and the [`Report`](report::Report) say what was really sent and what was true.

mod agents;
mod body;
mod clock;
mod command;
mod dbus;
mod device;
mod faults;
mod gatt_tree;
mod known;
mod ledger;
mod link;
mod pairing;
mod plan;
mod report;
mod run;
mod scan;
mod send;
mod signal;
mod stack;
mod wearable;

pub use command::Command;
pub use faults::{Faults, Share, Window};
pub use ledger::{Entry, Link, LinkEnd, Via};
pub use plan::{ConnectQueue, Group, Kind, Plan, Radio, Unpaired, Zone};
pub use report::{Day, DeviceReport, Report};
pub use run::Bluetooth;
pub use stack::Options;
pub use wearable::{Epoch, EpochCause};
