use std::path::Path;
use std::time::Duration;

use super::print;
use crate::config::Config;
use crate::spool::Spool;
use crate::uplink::tls;
use crate::{GatewayError, ble};

/// Looks at one thing after another; the first that is wrong ends it with its own exit code.
pub(super) fn run(path: &Path) -> Result<(), GatewayError> {
    let config = Config::read(path)?;
    print(&format!("configuration: good, {} devices", config.devices.len()))?;
    match Spool::open(&config.spool) {
        Ok((spool, _)) => print(&format!("spool: good, {} commits wait", spool.stats()?.waiting_commits))?,
        Err(GatewayError::FolderInUse { .. }) => print("spool: used by a running gateway")?,
        Err(error) => return Err(error),
    }
    let runtime = ble::runtime()?;
    let heard = tokio::task::LocalSet::new()
        .block_on(&runtime, ble::listen(&config.bluetooth, Duration::from_secs(5)))?;
    print(&format!("bluetooth: good, {} devices heard", heard.len()))?;
    let url = format!("{}/livez", config.uplink.url.trim_end_matches('/'));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(10)))
        .http_status_as_error(false)
        .tls_config(tls::config(config.uplink.ca_file.as_deref())?)
        .build()
        .into();
    let fault = |source| GatewayError::Unreachable { url: url.clone(), source: Box::new(source) };
    agent.get(&url).call().map_err(fault)?;
    print("service: answers")
}
