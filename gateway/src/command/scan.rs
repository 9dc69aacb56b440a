use std::time::Duration;

use serde_json::json;

use super::{print, shown};
use crate::config::{BluetoothConfig, Config};
use crate::driver::Family;
use crate::{GatewayError, ble};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How long to listen, s
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// As JSON, one device a line
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, config: Option<&Config>) -> Result<(), GatewayError> {
    let bluetooth = config.map_or_else(BluetoothConfig::default, |config| config.bluetooth.clone());
    let time = Duration::from_secs(args.seconds);
    let runtime = ble::runtime()?;
    let heard = tokio::task::LocalSet::new().block_on(&runtime, ble::listen(&bluetooth, time))?;
    let lines = heard.iter().map(|heard| {
        let families = Family::ALL.into_iter().filter(|family| family.matches(&heard.advertisement));
        let families: Vec<&str> = families.map(Family::name).collect();
        let configured = config.is_some_and(|config| {
            config.devices.iter().any(|device| device.address.eq_ignore_ascii_case(&heard.address))
        });
        let name = heard.advertisement.name.as_deref();
        if args.json {
            let (address, rssi_dbm) = (&heard.address, heard.rssi_dbm);
            return json!({ "address": address, "name": name, "rssi_dbm": rssi_dbm, "families": families, "configured": configured })
                .to_string();
        }
        let rssi = heard.rssi_dbm.map_or_else(|| "-".to_owned(), |dbm| format!("{dbm} dBm"));
        let families = if families.is_empty() { "unknown".to_owned() } else { families.join(" or ") };
        let mark = if configured { "  (in the configuration)" } else { "" };
        format!("{}  {rssi:>8}  {families:18} {}{mark}", heard.address, shown(name.unwrap_or("")))
    });
    print(&lines.collect::<Vec<_>>().join("\n"))
}
