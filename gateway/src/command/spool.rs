use std::collections::BTreeMap;
use std::sync::Arc;

use super::{print, run};
use crate::clock::Clock;
use crate::config::Config;
use crate::spool::Spool;
use crate::status::{Snapshot, Status};
use crate::{GatewayError, Stop, collector, uplink};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// What waits, and what was set aside
    Inspect {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Read everything that waits and say what is damaged
    Verify,
    /// Send what waits, without collecting, and end
    Drain,
    /// Offer what was set aside once more
    Retry,
}

impl Command {
    pub(super) fn run(self, config: &Config) -> Result<(), GatewayError> {
        let (spool, lost) = run::open(config, Snapshot::read(&config.spool.folder).as_ref())?;
        for lost in &lost {
            eprintln!("lost from {} to {} (ms UTC): {:?}", lost.from_ms, lost.to_ms, lost.cause);
        }
        match self {
            Self::Inspect { json } => inspect(&spool, json),
            Self::Verify => {
                let (readings, found) = spool.verify()?;
                let places = found + lost.len() as u64;
                print(&format!("readings that wait: {readings}; damaged places: {places}"))?;
                if places > 0 { Err(GatewayError::Damaged { places }) } else { Ok(()) }
            }
            Self::Drain => {
                uplink::ask(&config.uplink)?;
                let (spool, status, stop) = (Arc::new(spool), Arc::new(Status::default()), Stop::default());
                stop.set();
                let clock = Arc::new(Clock::open(&config.spool.folder)?);
                let mut lost = lost;
                loop {
                    collector::tell(&spool, &config.devices, &lost, &clock)?;
                    uplink::run(&config.uplink, &spool, &status, &clock, &stop)?;
                    // Damage within a closed segment shows when it is read.
                    lost = spool.found_lost();
                    if lost.is_empty() {
                        break;
                    }
                }
                spool.settle()?;
                let left = spool.stats()?.waiting_commits;
                let sent = status.snapshot(0, None).acknowledged;
                print(&format!("readings acknowledged: {sent}; commits that still wait: {left}"))?;
                if left > 0 {
                    return Err(GatewayError::StillWaiting { commits: left, url: config.uplink.url.clone() });
                }
                Ok(())
            }
            Self::Retry => print(&format!("readings put back: {}", spool.retry_asides()?)),
        }
    }
}

fn inspect(spool: &Spool, json: bool) -> Result<(), GatewayError> {
    let (stats, mut reasons) = (spool.stats()?, BTreeMap::<String, u64>::new());
    for aside in spool.asides()? {
        let readings = aside.readings();
        *reasons.entry(aside.code).or_default() += readings;
    }
    if json {
        let value = serde_json::json!({ "spool": stats, "set_aside": reasons });
        return print(&value.to_string());
    }
    let mut text = format!("commits that wait: {}, {} bytes", stats.waiting_commits, stats.bytes);
    for (reason, count) in reasons {
        text.push_str(&format!("\nset aside: {count} {reason}"));
    }
    print(&text)
}
