use super::{print, shown};
use crate::GatewayError;
use crate::clock::machine;
use crate::config::Config;
use crate::status::{DeviceStatus, Presence, Snapshot};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: &Config) -> Result<(), GatewayError> {
    let mut snapshot = Snapshot::read(&config.spool.folder).unwrap_or_default();
    for device in &config.devices {
        snapshot.devices.entry(device.status_name()).or_default();
    }
    if args.json {
        return print(&serde_json::to_string(&snapshot).unwrap_or_default());
    }
    let age_s = (machine().utc_ms - snapshot.at_ms) / 1_000;
    if snapshot.at_ms == 0 || age_s > 30 {
        eprintln!("no gateway runs on this configuration; this is how it was when it last did");
    }
    let lines = snapshot.devices.iter().map(|(name, device)| line(name, device, snapshot.at_ms));
    print(&lines.collect::<Vec<_>>().join("\n"))
}

fn line(name: &str, device: &DeviceStatus, at_ms: i64) -> String {
    let presence = match device.presence {
        Presence::Unseen => "unseen",
        Presence::InRange => "in range",
        Presence::Linked => "linked",
        Presence::OutOfRange => "out of range",
    };
    let seen = device
        .last_seen_ms
        .map_or_else(|| "never".to_owned(), |ms| format!("{} s ago", (at_ms - ms).max(0) / 1_000));
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    format!(
        "{name}  {presence}, last seen {seen}, battery {}, signal {}, readings {}, links lost {}, malformed {}  {}",
        or_dash(device.battery_percent.map(|percent| format!("{percent} %"))),
        or_dash(device.rssi_dbm.map(|dbm| format!("{dbm} dBm"))),
        device.readings,
        device.link_losses,
        device.malformed,
        shown(device.model.as_deref().unwrap_or_default()),
    )
}
