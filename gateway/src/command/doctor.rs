use std::path::Path;
use std::time::Duration;

use super::print;
use crate::config::Config;
use crate::spool::Spool;
use crate::{GatewayError, ble, uplink};

/// Looks at everything, says of each what is wrong, and ends with the exit code of the first that is.
pub(super) fn run(path: &Path) -> Result<(), GatewayError> {
    let config = Config::read(path)?;
    print(&format!("configuration: good; devices: {}", config.devices.len()))?;
    let found = [("spool", spool(&config)), ("bluetooth", bluetooth(&config)), ("service", service(&config))];
    let mut first = Ok(());
    for (what, found) in found {
        match found {
            Ok(words) => print(&format!("{what}: {words}"))?,
            Err(error) => {
                print(&format!("{what}: {error}"))?;
                first = first.and(Err(error));
            }
        }
    }
    first
}

fn spool(config: &Config) -> Result<String, GatewayError> {
    match Spool::open(&config.spool) {
        Ok((spool, _)) => Ok(format!("good; commits that wait: {}", spool.stats()?.waiting_commits)),
        Err(GatewayError::FolderInUse { .. }) => Ok("used by a running gateway".to_owned()),
        Err(error) => Err(error),
    }
}

fn bluetooth(config: &Config) -> Result<String, GatewayError> {
    let heard = ble::listen(&config.bluetooth, Duration::from_secs(5));
    let heard = tokio::task::LocalSet::new().block_on(&ble::runtime()?, heard)?;
    Ok(format!("good; devices heard: {}", heard.len()))
}

fn service(config: &Config) -> Result<String, GatewayError> {
    uplink::ask(&config.uplink)?;
    Ok("answers, and takes the token".to_owned())
}
