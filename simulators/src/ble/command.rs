//! What can be done to a simulation while it runs: lines of JSON on standard input, or calls in a test.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::device::Device;
use super::ledger::LinkEnd;
use super::stack::Stack;
use super::{link, send};
use crate::error::SimError;

/// What can be done at once. Without a device it is done to all.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// The link is lost.
    Drop {
        /// The device's name, such as `strap-1`.
        #[serde(default)]
        device: Option<String>,
    },
    /// The link stays up and nothing is sent.
    Silence {
        /// The device's name.
        #[serde(default)]
        device: Option<String>,
        /// For how many seconds.
        for_s: u32,
    },
    /// The device can neither be heard nor reached.
    Away {
        /// The device's name.
        #[serde(default)]
        device: Option<String>,
        /// For how many seconds.
        for_s: u32,
    },
    /// The device starts anew: what it counted is lost.
    Restart {
        /// The device's name.
        #[serde(default)]
        device: Option<String>,
    },
    /// The Bluetooth daemon goes down and comes up again.
    DaemonRestart {
        /// How many seconds it is down.
        #[serde(default)]
        for_s: f64,
    },
    /// Prints the report.
    Report,
    /// Ends the simulation.
    Stop,
}

impl Command {
    /// From a line of JSON.
    pub fn parse(line: &str) -> Result<Self, SimError> {
        serde_json::from_str(line).map_err(SimError::Command)
    }
}

/// Does what was commanded, except for a report and a stop, which are for who runs the simulation.
pub(crate) async fn obey(stack: &Arc<Stack>, address: &str, command: &Command) -> Result<(), SimError> {
    match command {
        Command::Drop { device } => {
            for device in named(stack, device.as_deref())? {
                link::lose(stack, device, LinkEnd::Drop).await;
            }
        }
        Command::Silence { device, for_s } => {
            for device in named(stack, device.as_deref())? {
                device.state().silent_until_ms = stack.clock.elapsed_ms() + i64::from(*for_s) * 1000;
            }
        }
        Command::Away { device, for_s } => {
            for device in named(stack, device.as_deref())? {
                device.state().away_until_ms = stack.clock.elapsed_ms() + i64::from(*for_s) * 1000;
                link::lose(stack, device, LinkEnd::OutOfRange).await;
            }
        }
        Command::Restart { device } => {
            for device in named(stack, device.as_deref())? {
                send::restart(stack, device).await;
            }
        }
        Command::DaemonRestart { for_s } => {
            stack.go_down().await;
            tokio::time::sleep(Duration::try_from_secs_f64(*for_s).unwrap_or_default()).await;
            stack.come_up(address).await?;
        }
        Command::Report | Command::Stop => {}
    }
    Ok(())
}

fn named<'a>(stack: &'a Stack, name: Option<&str>) -> Result<Vec<&'a Arc<Device>>, SimError> {
    let chosen: Vec<_> =
        stack.devices.iter().filter(|device| name.is_none_or(|name| device.name == name)).collect();
    if chosen.is_empty() { Err(SimError::NoSuchDevice) } else { Ok(chosen) }
}
