use std::time::Duration;

use btleplug::api::BDAddr;

use super::print;
use crate::config::Config;
use crate::{GatewayError, ble};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The device's name in the configuration, or its address
    device: String,
    /// How long to wait for it, s
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
}

pub(super) fn run(args: &Args, config: &Config) -> Result<(), GatewayError> {
    let named = |device: &&crate::config::DeviceConfig| {
        device.name == args.device || device.address.eq_ignore_ascii_case(&args.device)
    };
    let Some(device) = config.devices.iter().find(named) else {
        return Err(GatewayError::Config {
            key: "device".to_owned(),
            fix: "no device of that name or address; add it to the configuration first",
        });
    };
    let address = BDAddr::from(device.address().unwrap_or_default());
    let runtime = ble::runtime()?;
    let time = Duration::from_secs(args.seconds);
    tokio::task::LocalSet::new().block_on(&runtime, ble::pair(&config.bluetooth, address, time))?;
    print(&format!("paired with {}", device.name))?;
    if !device.bond {
        eprintln!(
            "note: this device has no `bond = true` in the configuration; `run` will not pair with it again"
        );
    }
    Ok(())
}
