//! A simulated device: what is fixed about it, and its state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::Notify;
use uuid::Uuid;

use super::body::Body;
use super::clock::{Clock, DeviceClock};
use super::faults::{Faults, Share, Window};
use super::gatt_tree::{self, ServiceNode};
use super::ledger::{Link, LinkEnd};
use super::plan::{Group, Kind, Plan};
use super::wearable::{self, Now, Pdu, Profile, Wearable};

/// One per cent of a battery lasts this long (D).
const BATTERY_PER_CENT_MS: i64 = 300_000;
/// How long a device takes to start anew, in milliseconds (D).
const RESTART_MS: i64 = 1000;

/// A device that is in the air.
pub(crate) struct Device {
    /// Its name in ledger and commands, such as `strap-1`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) address: String,
    /// Its object on D-Bus.
    pub(crate) path: String,
    pub(crate) adapter: usize,
    pub(crate) bonding: bool,
    pub(crate) faults: Faults,
    pub(crate) profile: Profile,
    pub(crate) services: Vec<ServiceNode>,
    /// Held while signals about the device are sent, so that no value follows the end of its link.
    pub(crate) order: tokio::sync::Mutex<()>,
    /// Ends a connection or pairing that is being made.
    pub(crate) cancel: Notify,
    state: Mutex<State>,
}

/// What changes about a device.
pub(crate) struct State {
    pub(crate) wearable: Box<dyn Wearable>,
    pub(crate) body: Body,
    pub(crate) clock: DeviceClock,
    pub(crate) rng: ChaCha8Rng,
    pub(crate) host: Host,
    pub(crate) links: Vec<Link>,
    /// Silent, and away, until these milliseconds since the start.
    pub(crate) silent_until_ms: i64,
    pub(crate) away_until_ms: i64,
    pub(crate) restarts_done: usize,
    /// The last step counts sent, and on what day.
    pub(crate) last_sent: HashMap<Uuid, (Pdu, NaiveDate)>,
    /// Characteristics that have sent something on this link.
    pub(crate) sent_on_link: BTreeSet<Uuid>,
    battery_percent: u8,
}

/// What the Bluetooth daemon knows of a device. A restart of the daemon forgets most of it.
#[derive(Debug, Default)]
pub(crate) struct Host {
    /// Whether there is an object on D-Bus, and whether its services have objects too.
    pub(crate) exported: bool,
    pub(crate) gatt: bool,
    /// Seen, but never connected to: forgotten after a while.
    pub(crate) temporary: bool,
    pub(crate) last_seen_ms: i64,
    pub(crate) rssi: Option<i16>,
    pub(crate) connecting: bool,
    pub(crate) connected: bool,
    pub(crate) resolved: bool,
    pub(crate) paired: bool,
    pub(crate) trusted: bool,
    pub(crate) blocked: bool,
    pub(crate) alias: Option<String>,
    /// Who has subscribed, by D-Bus name. Survives the loss of a link.
    pub(crate) sessions: BTreeMap<Uuid, BTreeSet<String>>,
    /// Last value of each characteristic that was read or notified.
    pub(crate) values: HashMap<Uuid, Vec<u8>>,
}

impl Device {
    /// The `index`-th device of all and `number`-th of its kind, both from 0 on.
    pub(crate) fn new(
        plan: &Plan,
        group: &Group,
        (index, number): (u32, u32),
        (seed, person): (u64, u64),
        clock: &Clock,
    ) -> Self {
        let faults = group.faults.over(&plan.faults);
        let start_ms = clock.start_ms();
        let mut body = Body::new(person, plan, start_ms);
        let mut device_clock = start_clock(&faults, &body, start_ms);
        let battery_percent = 60 + u8::try_from(index % 40).unwrap_or_default();
        let now = &mut Now {
            at_ms: start_ms,
            body: &mut body,
            clock: &mut device_clock,
            contact: true,
            battery_percent,
        };
        let wearable = wearable::make(group.kind, number + 1, now);
        let profile = wearable.profile();
        let [_, a, b, c] = index.to_be_bytes();
        let address = format!("F0:01:EE:{a:02X}:{b:02X}:{c:02X}");
        let path = format!("/org/bluez/hci{}/dev_{}", group.adapter, address.replace(':', "_"));
        Self {
            name: format!("{}-{}", group.kind.name(), number + 1),
            kind: group.kind,
            services: gatt_tree::lay_out(&path, &profile),
            address,
            path,
            adapter: group.adapter as usize,
            bonding: group.bonding,
            faults,
            profile,
            order: tokio::sync::Mutex::default(),
            cancel: Notify::new(),
            state: Mutex::new(State {
                wearable,
                body,
                clock: device_clock,
                rng: ChaCha8Rng::seed_from_u64(seed ^ (u64::from(index) << 32)),
                host: Host::default(),
                links: Vec::new(),
                silent_until_ms: 0,
                away_until_ms: 0,
                restarts_done: 0,
                last_sent: HashMap::new(),
                sent_on_link: BTreeSet::new(),
                battery_percent,
            }),
        }
    }

    /// The state. Never held over an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it can be heard, at so many milliseconds since the start.
    pub(crate) fn in_range(&self, elapsed_ms: i64) -> bool {
        !within(self.faults.out_of_range.as_ref(), elapsed_ms) && elapsed_ms >= self.state().away_until_ms
    }

    /// Whether it sends nothing although the link is up.
    pub(crate) fn is_silent(&self, elapsed_ms: i64) -> bool {
        within(self.faults.silent.as_ref(), elapsed_ms) || elapsed_ms < self.state().silent_until_ms
    }

    /// Whether a value is withheld from who is not paired.
    pub(crate) fn is_encrypted(&self, service: Uuid) -> bool {
        self.bonding && !wearable::is_open(service)
    }
}

impl State {
    /// Asks the wearable something, now.
    pub(crate) fn ask<T>(
        &mut self,
        device: &Device,
        clock: &Clock,
        ask: impl FnOnce(&mut dyn Wearable, &mut Now<'_>) -> T,
    ) -> T {
        let elapsed_ms = clock.elapsed_ms();
        let drained = u8::try_from(elapsed_ms / BATTERY_PER_CENT_MS).unwrap_or(u8::MAX);
        let now = &mut Now {
            at_ms: clock.start_ms() + elapsed_ms,
            body: &mut self.body,
            clock: &mut self.clock,
            contact: !within(device.faults.no_contact.as_ref(), elapsed_ms),
            battery_percent: self.battery_percent.saturating_sub(drained).max(1),
        };
        ask(self.wearable.as_mut(), now)
    }

    /// The device starts anew.
    pub(crate) fn restart(&mut self, device: &Device, clock: &Clock) {
        self.away_until_ms = clock.elapsed_ms() + RESTART_MS;
        self.ask(device, clock, |wearable, now| wearable.restart(now));
    }

    /// Whether this happens, which it does in this share of cases.
    pub(crate) fn happens(&mut self, share: Option<Share>) -> bool {
        share.is_some_and(|share| self.rng.random::<f64>() < share.get())
    }

    pub(crate) fn link_up(&mut self, at_ms: i64) {
        self.host.connected = true;
        self.sent_on_link.clear();
        self.links.push(Link { up_ms: at_ms, down_ms: None, end: None });
    }

    pub(crate) fn link_down(&mut self, at_ms: i64, end: LinkEnd) {
        (self.host.connected, self.host.resolved) = (false, false);
        if let Some(link) = self.links.last_mut().filter(|link| link.down_ms.is_none()) {
            (link.down_ms, link.end) = (Some(at_ms), Some(end));
        }
    }
}

fn within(windows: Option<&Vec<Window>>, elapsed_ms: i64) -> bool {
    windows.is_some_and(|windows| windows.iter().any(|window| window.holds(elapsed_ms)))
}

fn start_clock(faults: &Faults, body: &Body, start_ms: i64) -> DeviceClock {
    let drift_ppm = faults.clock_drift_ppm.unwrap_or_default();
    let shown_ms = if faults.year_2000 == Some(true) {
        NaiveDate::from_ymd_opt(2000, 1, 1)
            .map_or(0, |date| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
    } else {
        start_ms + body.utc_offset_ms(start_ms) + faults.clock_offset_ms.unwrap_or_default().ms()
    };
    DeviceClock::new(shown_ms, start_ms, drift_ppm)
}
