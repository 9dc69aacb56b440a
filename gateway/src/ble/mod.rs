//! The radio: one thread with a runtime of its own, since btleplug fails now and then on a runtime of several threads.
//!
//! Each device of the configuration has a [`session`]: it waits until the device is seen, links, sets it up, and starts
//! again when the link is lost. Each peripheral has one stream of notifications for the life of the process, drained by a
//! task of its own at once, whatever else is under way. What btleplug does not tell comes over a second connection to
//! the message bus ([`bus`]): bluetoothd's restarts, pairing.

mod bus;
mod core;
mod radio;
mod session;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use btleplug::api::BDAddr;
use tokio::sync::watch;

use crate::GatewayError;
use crate::clock::Clock;
use crate::collector::Collector;
use crate::config::Config;
use crate::driver::Moment;
use crate::memories::Memories;
use crate::status::{Snapshot, Status};
use crate::stop::Stop;
pub use radio::{Heard, listen, pair};

/// Match rules that a message bus admits to one connection.
const MOST_RULES: usize = 500;
/// Those of a connection that are not a device's. btleplug leaks one now and then; a new process starts with none.
const RULES_OF_OURS: usize = 32;
/// A step of 200 ms that took longer: the process was stopped, or the machine asleep. [D]
const STANDS_STILL_MS: i64 = 2_000;
const LOOK_AT_RULES: Duration = Duration::from_secs(15);
/// How long a bus that did not tell is left alone.
const LOOK_AGAIN_AT_RULES: Duration = Duration::from_secs(3_600);

/// What the sessions share.
struct Shared {
    config: Config,
    collector: Collector,
    status: Arc<Status>,
    clock: Arc<Clock>,
    memories: RefCell<Memories>,
    /// From when until when this process last stood still.
    stood_still: watch::Sender<Option<(Moment, Moment)>>,
}

/// Collects until `stop`. `before` is how an earlier run was last: the time in between becomes a gap.
///
/// # Errors
/// When there is no Bluetooth, or the message bus ends: then the gateway ends and is started again by whoever runs it.
pub fn run(
    config: Config,
    collector: Collector,
    status: Arc<Status>,
    stop: &Stop,
    clock: Arc<Clock>,
    before: Option<Snapshot>,
) -> Result<(), GatewayError> {
    let runtime = runtime()?;
    let local = tokio::task::LocalSet::new();
    let memories = RefCell::new(Memories::open(&config.spool.folder)?);
    let stood_still = watch::Sender::new(None);
    let shared = Rc::new(Shared { config, collector, status, clock, memories, stood_still });
    let result = local.block_on(&runtime, collect(shared, stop.clone(), before));
    {
        // btleplug's streams start a task when they are dropped.
        let _inside = runtime.enter();
        drop(local);
    }
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// A runtime of one thread, for everything that asks btleplug.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, GatewayError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(GatewayError::Thread)
}

async fn collect(shared: Rc<Shared>, stop: Stop, before: Option<Snapshot>) -> Result<(), GatewayError> {
    let bus = bus::Bus::connect().await?;
    if shared.config.devices.iter().any(|device| device.bond) {
        bus.serve_agent().await?;
    }
    let bus = Rc::new(bus);
    let wanted = shared.config.devices.iter().filter_map(|device| device.address().map(BDAddr::from));
    let radio = radio::Radio::open(&shared.config.bluetooth, wanted).await?;
    for device in shared.config.devices.clone() {
        let since_ms = before.as_ref().map(|before| before.untold_since_ms(&device.status_name()));
        let session = session::Session::new(&shared, device, &radio, &bus, since_ms);
        tokio::task::spawn_local(session.run());
    }
    let mut owners = bus.owners().await?;
    let mut present = true;
    let mut look_at_rules = tokio::time::interval(LOOK_AT_RULES);
    loop {
        let alive = shared.clock.now();
        tokio::select! {
            // First: when the process goes on, everything is due.
            biased;
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                let now = shared.clock.now();
                if now.boot_ms - alive.boot_ms > STANDS_STILL_MS {
                    tracing::warn!(ms = now.boot_ms - alive.boot_ms, "the gateway stood still");
                    shared.stood_still.send_replace(Some((alive, now)));
                }
                if stop.is_set() {
                    radio.close().await;
                    return Ok(());
                }
            }
            _ = look_at_rules.tick() => {
                let Some(rules) = bus.match_rules().await else {
                    // The bus logs each refusal.
                    tracing::info!("the message bus does not tell its match rules; asking again in an hour");
                    look_at_rules.reset_after(LOOK_AGAIN_AT_RULES);
                    continue;
                };
                shared.status.match_rules(rules);
                let leaked = rules.saturating_sub(shared.config.devices.len());
                if rules >= MOST_RULES && leaked > RULES_OF_OURS {
                    return Err(GatewayError::NoMatchRules { rules, leaked });
                }
            }
            owner = owners.next() => match owner {
                None => return Err(GatewayError::BusClosed),
                Some(true) if !present => {
                    present = true;
                    tracing::warn!("bluetoothd is back");
                    shared.status.bluetooth_restarted();
                    if shared.config.devices.iter().any(|device| device.bond)
                        && let Err(error) = bus.serve_agent().await
                    {
                        // It has gone again: its next return is told, too.
                        tracing::warn!(error = &error as &dyn std::error::Error, "bluetoothd takes no pairing agent");
                    }
                    radio.restart().await;
                }
                Some(true) => {}
                Some(false) => {
                    present = false;
                    tracing::warn!("bluetoothd is gone; every link is lost");
                    radio.all_lost();
                }
            },
        }
    }
}
