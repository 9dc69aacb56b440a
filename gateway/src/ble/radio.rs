//! The adapters: which devices are seen, whose turn it is to connect, how many links there may be.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use btleplug::api::{BDAddr, Central, CentralEvent, Manager as _, Peripheral as _, ScanFilter};
use btleplug::platform::{Adapter, Manager, Peripheral, PeripheralId};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, watch};

use crate::GatewayError;
use crate::config::BluetoothConfig;
use crate::driver::Advertisement;

/// A device as it was last seen.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) peripheral: Peripheral,
    /// Which of the adapters saw it.
    pub(super) adapter: usize,
    /// Rises with every advertisement that the radio tells of.
    pub(super) heard: u64,
    /// Strength of its signal, dBm.
    pub(super) rssi_dbm: Option<i16>,
    /// Rises when its link is lost, as far as the radio knows.
    pub(super) losses: u64,
}

/// What an adapter says of a device.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// That it knows it.
    Known,
    /// That it hears it, how strongly where it says so, dBm.
    Heard(Option<i16>),
    /// That its link is lost.
    Lost,
}

impl Sign {
    fn rssi_dbm(self) -> Option<i16> {
        match self {
            Self::Heard(rssi_dbm) => rssi_dbm,
            Self::Known | Self::Lost => None,
        }
    }
}

/// One adapter.
pub(super) struct OneAdapter {
    adapter: Adapter,
    /// One connect at a time: BlueZ serialises them, and the seventh that waits runs out of time.
    pub(super) connect: Semaphore,
    /// One connect at a time to a device that is not heard: the radio hears nobody meanwhile.
    pub(super) blind: Semaphore,
    /// Links that it holds.
    pub(super) slots: Semaphore,
}

/// All adapters that are used.
pub(super) struct Radio {
    pub(super) adapters: Vec<OneAdapter>,
    seen: RefCell<HashMap<BDAddr, watch::Sender<Option<Seen>>>>,
    known: RefCell<HashMap<PeripheralId, BDAddr>>,
    /// Rises when bluetoothd is there again.
    returns: watch::Sender<u64>,
}

/// The adapters of the configuration, or all.
async fn adapters(config: &BluetoothConfig) -> Result<Vec<Adapter>, GatewayError> {
    let manager = Manager::new().await.map_err(GatewayError::Bluetooth)?;
    let all = manager.adapters().await.map_err(GatewayError::Bluetooth)?;
    let mut names = Vec::with_capacity(all.len());
    for adapter in all {
        // "hci0 (usb:…)"
        let info = adapter.adapter_info().await.map_err(GatewayError::Bluetooth)?;
        names.push((info.split(' ').next().unwrap_or_default().to_owned(), adapter));
    }
    for name in &config.adapters {
        if !names.iter().any(|(known, _)| known == name) {
            return Err(GatewayError::NoAdapter { name: name.clone() });
        }
    }
    names.retain(|(name, _)| config.adapters.is_empty() || config.adapters.contains(name));
    if names.is_empty() {
        return Err(GatewayError::Bluetooth(btleplug::Error::NoAdapterAvailable));
    }
    Ok(names.into_iter().map(|(_, adapter)| adapter).collect())
}

impl Radio {
    /// `wanted` are the addresses that are ever watched. They are known before anything is heard: of a device that is
    /// linked already, nothing but its place among the known ones tells, and that once.
    pub(super) async fn open(
        config: &BluetoothConfig,
        wanted: impl Iterator<Item = BDAddr>,
    ) -> Result<Rc<Self>, GatewayError> {
        let adapters = adapters(config).await?.into_iter().map(|adapter| OneAdapter {
            adapter,
            connect: Semaphore::new(1),
            blind: Semaphore::new(1),
            slots: Semaphore::new(usize::from(config.slots)),
        });
        let radio = Rc::new(Self {
            adapters: adapters.collect(),
            seen: RefCell::new(wanted.map(|address| (address, watch::Sender::new(None))).collect()),
            known: RefCell::default(),
            returns: watch::Sender::new(0),
        });
        for at in 0..radio.adapters.len() {
            let events = radio.adapters[at].adapter.events().await.map_err(GatewayError::Bluetooth)?;
            let of_all = Rc::clone(&radio);
            tokio::task::spawn_local(async move {
                let mut events = events;
                while let Some(event) = events.next().await {
                    of_all.event(at, event).await;
                }
                tracing::error!("an adapter tells no more events");
            });
        }
        for one in &radio.adapters {
            if let Err(error) = one.adapter.start_scan(ScanFilter::default()).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot scan yet");
            }
        }
        radio.look().await;
        Ok(radio)
    }

    /// Looks at what the adapters know already: bonded devices may never advertise again.
    async fn look(&self) {
        for (at, one) in self.adapters.iter().enumerate() {
            for peripheral in one.adapter.peripherals().await.unwrap_or_default() {
                self.sign(at, peripheral, Sign::Known);
            }
        }
    }

    /// bluetoothd is there again: scan as soon as its adapters are.
    pub(super) async fn restart(&self) {
        let mut scanning = vec![false; self.adapters.len()];
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            for (one, scanning) in self.adapters.iter().zip(&mut scanning) {
                // BlueZ refuses to begin what it has begun.
                *scanning = *scanning || one.adapter.start_scan(ScanFilter::default()).await.is_ok();
            }
            if scanning.iter().all(|scanning| *scanning) {
                break;
            }
        }
        if !scanning.iter().all(|scanning| *scanning) {
            tracing::warn!("cannot scan yet");
        }
        self.returns.send_modify(|returns| *returns += 1);
        self.look().await;
    }

    /// Changes when bluetoothd is there again.
    pub(super) fn returns(&self) -> watch::Receiver<u64> {
        self.returns.subscribe()
    }

    /// Every link is lost.
    pub(super) fn all_lost(&self) {
        for seen in self.seen.borrow().values() {
            seen.send_modify(|seen| {
                if let Some(seen) = seen {
                    seen.losses += 1;
                }
            });
        }
    }

    /// Ends scanning and every link.
    pub(super) async fn close(&self) {
        for one in &self.adapters {
            let _ = one.adapter.stop_scan().await;
        }
        let all: Vec<Peripheral> = self
            .seen
            .borrow()
            .values()
            .filter_map(|seen| Some(seen.borrow().as_ref()?.peripheral.clone()))
            .collect();
        let ends = all.iter().map(|peripheral| async {
            if peripheral.is_connected().await.unwrap_or(false) {
                let _ = peripheral.disconnect().await;
            }
        });
        let _ = tokio::time::timeout(Duration::from_secs(5), futures_util::future::join_all(ends)).await;
    }

    /// What is known of a device, and every change of it.
    pub(super) fn watch(&self, address: BDAddr) -> watch::Receiver<Option<Seen>> {
        let mut seen = self.seen.borrow_mut();
        seen.entry(address).or_insert_with(|| watch::Sender::new(None)).subscribe()
    }

    async fn event(&self, at: usize, event: CentralEvent) {
        let (id, sign) = match event {
            CentralEvent::DeviceDisconnected(id) => (id, Sign::Lost),
            CentralEvent::RssiUpdate { id, rssi } => (id, Sign::Heard(Some(rssi))),
            CentralEvent::DeviceDiscovered(id)
            | CentralEvent::ServiceDataAdvertisement { id, .. }
            | CentralEvent::ManufacturerDataAdvertisement { id, .. } => (id, Sign::Heard(None)),
            // Said of a link, too.
            CentralEvent::DeviceUpdated(id)
            | CentralEvent::DeviceConnected(id)
            | CentralEvent::ServicesAdvertisement { id, .. } => (id, Sign::Known),
            _ => return,
        };
        let known = self.known.borrow().get(&id).copied();
        let wanted = |address| self.seen.borrow().contains_key(&address);
        // A stranger's advertisements cost one look-up.
        if known.is_some_and(|address| !wanted(address)) {
            return;
        }
        if let Ok(peripheral) = self.adapters[at].adapter.peripheral(&id).await {
            self.known.borrow_mut().insert(id, peripheral.address());
            self.sign(at, peripheral, sign);
        }
    }

    fn sign(&self, at: usize, peripheral: Peripheral, sign: Sign) {
        let (rssi_dbm, lost) = (sign.rssi_dbm(), sign == Sign::Lost);
        let heard = u64::from(matches!(sign, Sign::Heard(_)));
        let seen = self.seen.borrow();
        let Some(sender) = seen.get(&peripheral.address()) else { return };
        sender.send_modify(|seen| match seen {
            // While one adapter hears it, another's sign of it changes nothing.
            Some(seen) => {
                if seen.adapter != at && !lost && seen.rssi_dbm.is_none() {
                    (seen.peripheral, seen.adapter) = (peripheral, at);
                }
                seen.heard += heard;
                seen.rssi_dbm = rssi_dbm.or(seen.rssi_dbm);
                seen.losses += u64::from(lost && seen.adapter == at);
            }
            None => *seen = Some(Seen { peripheral, adapter: at, heard, rssi_dbm, losses: 0 }),
        });
    }
}

/// A device that was heard, for `scan`.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its address.
    pub address: String,
    /// What it says of itself.
    pub advertisement: Advertisement,
    /// Strength of its signal, dBm.
    pub rssi_dbm: Option<i16>,
}

/// Listens for so long and tells what was heard, the strongest first.
///
/// # Errors
/// When there is no Bluetooth.
pub async fn listen(config: &BluetoothConfig, time: Duration) -> Result<Vec<Heard>, GatewayError> {
    let adapters = adapters(config).await?;
    for adapter in &adapters {
        adapter.start_scan(ScanFilter::default()).await.map_err(GatewayError::Bluetooth)?;
    }
    tokio::time::sleep(time).await;
    let mut heard: HashMap<BDAddr, Heard> = HashMap::new();
    for adapter in &adapters {
        for peripheral in adapter.peripherals().await.map_err(GatewayError::Bluetooth)? {
            let Ok(Some(known)) = peripheral.properties().await else { continue };
            // BlueZ makes up a local name, its alias, for who gives none: the address with dashes.
            let alias = known.local_name.filter(|name| name.replace('-', ":") != known.address.to_string());
            let advertisement =
                Advertisement { name: known.advertisement_name.or(alias), services: known.services };
            let one = Heard { address: known.address.to_string(), advertisement, rssi_dbm: known.rssi };
            let best = heard.entry(known.address).or_insert_with(|| one.clone());
            if one.rssi_dbm > best.rssi_dbm {
                *best = one;
            }
        }
        let _ = adapter.stop_scan().await;
    }
    let mut heard: Vec<Heard> = heard.into_values().collect();
    heard.sort_by_key(|heard| (std::cmp::Reverse(heard.rssi_dbm), heard.address.clone()));
    Ok(heard)
}

/// Pairs with a device as soon as it is heard, at most so long.
///
/// # Errors
/// When there is no Bluetooth, the device is not heard, or it refuses.
pub async fn pair(config: &BluetoothConfig, address: BDAddr, time: Duration) -> Result<(), GatewayError> {
    let bus = super::bus::Bus::connect().await?;
    bus.serve_agent().await?;
    let adapters = adapters(config).await?;
    for adapter in &adapters {
        adapter.start_scan(ScanFilter::default()).await.map_err(GatewayError::Bluetooth)?;
    }
    let until = tokio::time::Instant::now() + time;
    while tokio::time::Instant::now() < until {
        for adapter in &adapters {
            let all = adapter.peripherals().await.map_err(GatewayError::Bluetooth)?;
            if let Some(peripheral) = all.iter().find(|peripheral| peripheral.address() == address) {
                peripheral.connect().await.map_err(GatewayError::Bluetooth)?;
                let paired = bus.pair(&format!("/org/bluez/{}", peripheral.id())).await;
                let _ = peripheral.disconnect().await;
                return paired;
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(GatewayError::NotSeen { address: address.to_string(), seconds: time.as_secs() })
}
