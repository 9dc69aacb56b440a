//! The simulated Bluetooth daemon as a whole: devices, adapters, agents, and the bus that they are shown on.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use tokio::sync::Notify;
use zbus::Connection;
use zbus::fdo::DBusProxy;

use super::agents::Agents;
use super::clock::Clock;
use super::device::Device;
use super::ledger::{Ledger, LinkEnd};
use super::plan::Plan;
use super::{dbus, known, scan};
use crate::error::SimError;

/// What a run is made of, besides its plan.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Seed of people, faults and beats.
    pub seed: u64,
    /// Where the simulation's clock starts, in milliseconds since 1970, UTC; now, where it is not given.
    pub start_ms: Option<i64>,
    /// Where `ledger.jsonl` goes, and what the daemon knows of devices; into memory where it is not given.
    pub out: Option<PathBuf>,
}

/// Everything that the objects on D-Bus share.
pub(crate) struct Stack {
    pub(crate) plan: Plan,
    pub(crate) clock: Clock,
    pub(crate) out: Option<PathBuf>,
    pub(crate) adapters: Vec<Adapter>,
    pub(crate) devices: Vec<Arc<Device>>,
    pub(crate) agents: Mutex<Agents>,
    ledger: Mutex<Ledger>,
    bus: Mutex<Option<Connection>>,
}

/// A radio of the computer.
pub(crate) struct Adapter {
    pub(crate) path: String,
    pub(crate) address: String,
    pub(crate) state: Mutex<AdapterState>,
    /// Whoever makes a connection holds it: one at a time.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// Wakes what looks for advertisements.
    pub(crate) wake: Notify,
}

#[derive(Debug, Default)]
pub(crate) struct AdapterState {
    pub(crate) powered: bool,
    /// Who scans, by D-Bus name, and for what services; for all where none are named.
    pub(crate) scanners: BTreeMap<String, Vec<String>>,
    /// Filters of who does not scan yet.
    pub(crate) filters: BTreeMap<String, Vec<String>>,
}

impl Adapter {
    pub(crate) fn state(&self) -> MutexGuard<'_, AdapterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stack {
    /// All devices of a plan, not yet on a bus.
    pub(crate) fn new(plan: Plan, options: &Options) -> Result<Arc<Self>, SimError> {
        let start_ms = options.start_ms.unwrap_or_else(|| chrono::Utc::now().timestamp_millis());
        // The first and last milliseconds of the years 1970 and 9998: a run may last a year.
        if !(0..253_370_764_800_000).contains(&start_ms) {
            return Err(SimError::StartOutOfRange { start_ms });
        }
        let clock = Clock::start(start_ms);
        let mut numbers = BTreeMap::<&str, u32>::new();
        let mut devices = Vec::new();
        for group in &plan.wearables {
            for in_group in 0..group.count.get() {
                let number = numbers.entry(group.kind.name()).or_default();
                let index = u32::try_from(devices.len()).unwrap_or(u32::MAX);
                let person = match group.person {
                    Some(first) => first.wrapping_add(in_group.into()),
                    None => options.seed.wrapping_add(index.into()),
                };
                let device = Device::new(&plan, group, (index, *number), (options.seed, person), &clock);
                devices.push(Arc::new(device));
                *number += 1;
            }
        }
        let adapters = (0..plan.adapters.get()).map(|number| Adapter {
            path: format!("/org/bluez/hci{number}"),
            address: format!("00:1A:7D:DA:71:{number:02X}"),
            state: Mutex::new(AdapterState { powered: true, ..AdapterState::default() }),
            turn: tokio::sync::Mutex::default(),
            wake: Notify::new(),
        });
        let ledger = Ledger::open(options.out.as_deref())?;
        if let Some(folder) = &options.out {
            known::recall(folder, &devices)?;
        }
        Ok(Arc::new(Self {
            adapters: adapters.collect(),
            plan,
            clock,
            devices,
            agents: Mutex::default(),
            ledger: Mutex::new(ledger),
            out: options.out.clone(),
            bus: Mutex::new(None),
        }))
    }

    /// The bus; nothing while the daemon is down.
    pub(crate) fn bus(&self) -> Option<Connection> {
        self.bus.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn agents(&self) -> MutexGuard<'_, Agents> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The adapter of a device.
    pub(crate) fn adapter(&self, device: &Device) -> &Adapter {
        &self.adapters[device.adapter]
    }

    /// The daemon comes up: it takes its name and shows its adapters and the devices that it knows.
    pub(crate) async fn come_up(self: &Arc<Self>, address: &str) -> Result<(), SimError> {
        let bus = dbus::serve(self, address).await?;
        tokio::spawn(watch_clients(Arc::clone(self), bus.clone()));
        self.bus.lock().unwrap_or_else(PoisonError::into_inner).replace(bus);
        for device in &self.devices {
            let _order = device.order.lock().await;
            let known = device.state().host.exported;
            if known {
                scan::show(self, device).await;
            }
        }
        Ok(())
    }

    /// The daemon goes down: all links end, and only devices that it once connected to are known afterwards.
    pub(crate) async fn go_down(&self) {
        let bus = self.bus.lock().unwrap_or_else(PoisonError::into_inner).take();
        for device in &self.devices {
            device.cancel.notify_waiters();
            let _order = device.order.lock().await;
            let mut state = device.state();
            state.link_down(self.clock.now_ms(), LinkEnd::Daemon);
            let host = &mut state.host;
            host.exported &= !host.temporary;
            (host.gatt, host.rssi) = (false, None);
            host.sessions.clear();
            host.values.clear();
        }
        for adapter in &self.adapters {
            let mut state = adapter.state();
            state.scanners.clear();
            state.filters.clear();
        }
        *self.agents() = Agents::default();
        if let Some(bus) = bus {
            // It fails only where the bus is gone already.
            let _ = bus.close().await;
        }
    }

    /// A client has left the bus: its scans, subscriptions and agent end; links stay.
    pub(crate) async fn client_left(self: &Arc<Self>, client: &str) {
        self.agents().unregister(client);
        for (number, adapter) in self.adapters.iter().enumerate() {
            let scanned = {
                let mut state = adapter.state();
                state.filters.remove(client);
                state.scanners.remove(client).is_some()
            };
            if scanned {
                scan::stopped(self, number).await;
            }
        }
        for device in &self.devices {
            let mut state = device.state();
            state.host.sessions.retain(|_, clients| {
                clients.remove(client);
                !clients.is_empty()
            });
        }
    }
}

/// Notices clients that leave, until the bus is gone.
async fn watch_clients(stack: Arc<Stack>, bus: Connection) {
    let watch = async {
        let mut changes = DBusProxy::new(&bus).await?.receive_name_owner_changed().await?;
        while let Some(change) = changes.next().await {
            let change = change.args()?;
            if change.new_owner().is_none() && change.name().starts_with(':') {
                stack.client_left(change.name()).await;
            }
        }
        zbus::Result::Ok(())
    };
    tokio::select! {
        _ = watch => {}
        () = bus.closed() => {}
    }
}
