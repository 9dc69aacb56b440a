//! One device: wait until it is seen, link, set it up, listen, and start again.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use btleplug::api::{BDAddr, Characteristic, Peripheral as _, WriteType};
use btleplug::platform::{Peripheral, PeripheralId};
use foulee_gatt::device_information::DeviceText;
use foulee_gatt::uuids;
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use super::Shared;
use super::bus::Bus;
use super::core::Core;
use super::radio::{Radio, Seen};
use crate::config::DeviceConfig;
use crate::driver::Action;
use crate::status::Presence;

/// Longest that one connect, and finding its services, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest that one read, write or subscription may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// First and longest pause after a failed link.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A link that lasted so long was a good one: the next pause is the first again.
const GOOD_LINK: Duration = Duration::from_secs(10);
/// Longest that a connect may take to a device that was not heard: one that is away keeps the radio from the others.
const UNHEARD_CONNECT_TIMEOUT: Duration = Duration::from_secs(6);
/// How long the radio listens between two of these.
const LISTEN: Duration = Duration::from_secs(3);
/// How long a device is waited to be heard after its link was lost, before it is tried all the same: BlueZ does not tell of
/// an advertisement that is as strong as the one before.
const UNHEARD: Duration = Duration::from_secs(8);
/// The same after a link that failed.
const UNHEARD_AND_FAILED: Duration = Duration::from_secs(300);
/// The same of a bonded device, which may never be heard.
const UNHEARD_BONDED: Duration = Duration::from_secs(60);
/// How often the time without a link is told, so that a page knows within minutes why nothing comes.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// How often a link is asked whether it is one: a killed bluetoothd says nothing.
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Session {
    shared: Rc<Shared>,
    device: DeviceConfig,
    radio: Rc<Radio>,
    bus: Rc<Bus>,
    core: Rc<RefCell<Core>>,
    actions: UnboundedReceiver<Action>,
    streams: HashSet<PeripheralId>,
    failures: u32,
    /// Since when the link is there.
    linked: Option<Instant>,
    /// Since when it was neither heard nor linked, until that was told.
    away_since: Option<Instant>,
    /// How often the device was heard up to the end of its last link, and until when it is waited to be heard again.
    unheard: (u64, Instant),
}

/// Why a link ended.
enum Ended {
    /// It was lost.
    Lost,
    /// It was there and nothing came.
    Silent,
    /// It could not be made or set up.
    Failed(String),
}

impl Session {
    pub(super) fn new(
        shared: &Rc<Shared>,
        device: DeviceConfig,
        radio: &Rc<Radio>,
        bus: &Rc<Bus>,
        since_ms: Option<i64>,
    ) -> Self {
        let (sender, actions) = unbounded_channel();
        let core = Core::new(shared, &device, sender, since_ms);
        Self {
            shared: Rc::clone(shared),
            device,
            radio: Rc::clone(radio),
            bus: Rc::clone(bus),
            core,
            actions,
            streams: HashSet::new(),
            failures: 0,
            linked: None,
            away_since: Some(Instant::now()),
            unheard: (0, Instant::now() + LISTEN),
        }
    }

    fn status<T>(&self, change: impl FnOnce(&mut crate::status::DeviceStatus) -> T) -> T {
        self.shared.status.device(&self.device.status_name(), change)
    }

    pub(super) async fn run(mut self) {
        let Some(address) = self.device.address().map(BDAddr::from) else { return };
        let mut seen = self.radio.watch(address);
        self.status(|_| ());
        self.core.borrow_mut().down();
        loop {
            let Some(found) = self.wait_until_seen(&mut seen).await else { return };
            let ended = self.link(&found, &mut seen).await;
            let heard = seen.borrow().as_ref().map_or(0, |seen| seen.heard);
            let wait = match &ended {
                Ended::Failed(_) if self.device.bond => UNHEARD_BONDED,
                Ended::Failed(_) => UNHEARD_AND_FAILED,
                Ended::Lost | Ended::Silent => UNHEARD,
            };
            self.unheard = (heard, Instant::now() + wait);
            self.core.borrow_mut().down();
            // What a link was asked for is not asked of the next one.
            while self.actions.try_recv().is_ok() {}
            // Waiting for one's turn, or for a device that does not answer, is no link however long it takes.
            let lasted = self.linked.take().map_or(Duration::ZERO, |linked| linked.elapsed());
            if !lasted.is_zero() {
                self.away_since = Some(Instant::now());
            }
            let out_of_range = self.away_since.is_none();
            self.status(|device| {
                device.presence = if out_of_range { Presence::OutOfRange } else { Presence::Unseen };
                match &ended {
                    Ended::Lost | Ended::Silent => device.link_losses += 1,
                    Ended::Failed(_) => device.link_failures += 1,
                }
            });
            self.failures = if lasted >= GOOD_LINK { 0 } else { self.failures + 1 };
            let pause = self.pause();
            let why = match &ended {
                Ended::Lost => "lost",
                Ended::Silent => "silent",
                Ended::Failed(why) => why.as_str(),
            };
            let (lasted_s, pause_ms) = (lasted.as_secs(), pause.as_millis() as u64);
            tracing::info!(device = self.device.status_name(), why, lasted_s, pause_ms, "no link");
            self.rest(pause).await;
        }
    }

    /// Waits until the device is heard, or may be tried all the same, and tells meanwhile that nothing is recorded.
    async fn wait_until_seen(&mut self, seen: &mut watch::Receiver<Option<Seen>>) -> Option<Seen> {
        loop {
            let (heard, until) = self.unheard;
            let left = until.saturating_duration_since(Instant::now());
            let found = seen.borrow_and_update().clone();
            match found {
                Some(found) if found.heard != heard => {
                    self.away_since = Some(Instant::now());
                    let now_ms = self.core.borrow().now().utc_ms;
                    self.status(|device| {
                        device.presence = Presence::InRange;
                        device.last_seen_ms = Some(now_ms);
                        device.rssi_dbm = found.rssi_dbm.or(device.rssi_dbm);
                    });
                    return Some(found);
                }
                Some(found) if left.is_zero() => return Some(found),
                _ => {}
            }
            let alert = self.alert_in();
            let waits = [Some(left).filter(|left| !left.is_zero()), alert];
            let step = waits.into_iter().flatten().fold(TELL_EVERY, Duration::min);
            match timeout(step, seen.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => self.core.borrow_mut().still_down(),
            }
        }
    }

    /// Says once that the device is out of range; until then, in how long that is due.
    fn alert_in(&mut self) -> Option<Duration> {
        let away = self.away_since?.elapsed();
        let most = Duration::from_secs(self.device.out_of_range_s.into());
        if away < most {
            return Some(most - away);
        }
        self.away_since = None;
        self.status(|device| device.presence = Presence::OutOfRange);
        tracing::warn!(device = self.device.status_name(), away_s = away.as_secs(), "out of range");
        None
    }

    /// Pauses, at most until bluetoothd is there again: what failed without it may well succeed then.
    async fn rest(&mut self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut returns = self.radio.returns();
        while Instant::now() < until {
            let step = (until - Instant::now()).min(TELL_EVERY);
            if timeout(step, returns.changed()).await.is_ok() {
                self.failures = 0;
                return;
            }
            self.core.borrow_mut().still_down();
        }
    }

    fn pause(&self) -> Duration {
        let longest = PAUSE.saturating_mul(1 << self.failures.min(8)).min(LONGEST_PAUSE);
        let mut bytes = [0; 2];
        let share = if getrandom::fill(&mut bytes).is_ok() {
            f64::from(u16::from_le_bytes(bytes)) / 65_536.0
        } else {
            1.0
        };
        longest.mul_f64(0.5 + 0.5 * share)
    }

    /// One link, from connecting to its end.
    async fn link(&mut self, found: &Seen, seen: &mut watch::Receiver<Option<Seen>>) -> Ended {
        let peripheral = &found.peripheral;
        // Before the link is there: a notification can come before connecting returns.
        if let Err(error) = self.listen(peripheral).await {
            return Ended::Failed(error.to_string());
        }
        let radio = Rc::clone(&self.radio);
        let adapter = &radio.adapters[found.adapter];
        // No semaphore is ever closed.
        let blind = tokio::select! {
            biased;
            () = self.heard_again(seen) => None,
            blind = adapter.blind.acquire() => blind.ok(),
        };
        let _slot = adapter.slots.acquire().await;
        let losses = seen.borrow().as_ref().map_or(0, |seen| seen.losses);
        {
            let turn = adapter.connect.acquire().await;
            let time = if blind.is_none() { CONNECT_TIMEOUT } else { UNHEARD_CONNECT_TIMEOUT };
            if let Err(error) = self.connect(peripheral, time).await {
                let _ = timeout(CALL_TIMEOUT, peripheral.disconnect()).await;
                drop(turn);
                if blind.is_some() {
                    // Those that are there are heard now.
                    tokio::time::sleep(LISTEN).await;
                }
                return Ended::Failed(error);
            }
            drop(blind);
        }
        self.linked = Some(Instant::now());
        self.status(|device| {
            device.presence = Presence::Linked;
            device.links += 1;
        });
        tracing::info!(device = self.device.status_name(), "linked");
        self.describe(peripheral).await;
        self.core.borrow_mut().linked();
        let ended = self.serve(peripheral, seen, losses).await;
        let _ = timeout(CALL_TIMEOUT, peripheral.disconnect()).await;
        ended
    }

    /// Ends when the device is heard, at once where it was since its last link.
    async fn heard_again(&self, seen: &watch::Receiver<Option<Seen>>) {
        let mut seen = seen.clone();
        let is_heard = |seen: &Option<Seen>| seen.as_ref().is_some_and(|seen| seen.heard != self.unheard.0);
        if seen.wait_for(is_heard).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn connect(&self, peripheral: &Peripheral, time: Duration) -> Result<(), String> {
        let text = |error: btleplug::Error| error.to_string();
        peripheral.connect_with_timeout(time).await.map_err(text)?;
        if self.device.bond {
            let path = format!("/org/bluez/{}", peripheral.id());
            self.bus.pair(&path).await.map_err(|error| {
                let mut text = error.to_string();
                if let Some(cause) = std::error::Error::source(&error) {
                    text = format!("{text}: {cause}");
                }
                text
            })?;
        }
        peripheral.discover_services_with_timeout(CONNECT_TIMEOUT).await.map_err(text)
    }

    /// The one stream of a peripheral, for the life of the process.
    async fn listen(&mut self, peripheral: &Peripheral) -> Result<(), btleplug::Error> {
        if self.streams.contains(&peripheral.id()) {
            return Ok(());
        }
        let mut stream = peripheral.notifications().await?;
        self.streams.insert(peripheral.id());
        let core = Rc::clone(&self.core);
        tokio::task::spawn_local(async move {
            while let Some(value) = stream.next().await {
                core.borrow_mut().notified(value.uuid, value.value);
            }
        });
        Ok(())
    }

    async fn describe(&self, peripheral: &Peripheral) {
        if self.status(|device| device.model.is_some()) {
            return;
        }
        let mut texts = Vec::new();
        for uuid in [uuids::MANUFACTURER_NAME, uuids::MODEL_NUMBER, uuids::FIRMWARE_REVISION] {
            if let Some(characteristic) = characteristic(peripheral, uuid)
                && let Ok(Ok(bytes)) = timeout(CALL_TIMEOUT, peripheral.read(&characteristic)).await
                && let Ok(text) = DeviceText::decode(&bytes)
            {
                texts.push(text.as_str().to_owned());
            }
        }
        self.status(|device| device.model = Some(texts.join(" ")));
    }

    /// Does what the driver asks for until the link ends.
    async fn serve(
        &mut self,
        peripheral: &Peripheral,
        seen: &mut watch::Receiver<Option<Seen>>,
        losses: u64,
    ) -> Ended {
        let silent = Duration::from_secs(self.device_silent_after());
        let mut minute =
            tokio::time::interval_at(Instant::now() + Duration::from_secs(60), Duration::from_secs(60));
        let mut look = tokio::time::interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        let mut last_good = Instant::now();
        let mut heard = self.core.borrow().heard;
        let mut stood_still = self.shared.stood_still.subscribe();
        loop {
            tokio::select! {
                biased;
                Ok(()) = stood_still.changed() => {
                    if let Some((from, to)) = *stood_still.borrow_and_update() {
                        self.core.borrow().stood_still(from, to);
                    }
                }
                changed = seen.changed() => {
                    if changed.is_err() {
                        return Ended::Lost;
                    }
                    let (now_losses, rssi) = seen.borrow_and_update().as_ref().map_or((losses, None), |s| (s.losses, s.rssi_dbm));
                    if now_losses != losses {
                        return Ended::Lost;
                    }
                    self.status(|device| device.rssi_dbm = rssi.or(device.rssi_dbm));
                }
                Some(action) = self.actions.recv() => {
                    if let Err(why) = self.perform(peripheral, action).await {
                        return Ended::Failed(why);
                    }
                }
                _ = minute.tick() => self.core.borrow_mut().minute(),
                _ = look.tick() => {
                    let (heard_now, now_ms) = { let core = self.core.borrow(); (core.heard, core.now().utc_ms) };
                    self.status(|device| device.last_seen_ms = Some(now_ms));
                    if heard_now != heard {
                        (heard, last_good) = (heard_now, Instant::now());
                    }
                    if !matches!(timeout(CALL_TIMEOUT, peripheral.is_connected()).await, Ok(Ok(true))) {
                        return Ended::Lost;
                    }
                    if last_good.elapsed() >= silent {
                        // A device that tells only changes may well be silent: one that answers is there.
                        let regular = self.device.family.tells_regularly();
                        if regular || !self.answers(peripheral).await {
                            return Ended::Silent;
                        }
                        last_good = Instant::now();
                    }
                }
            }
        }
    }

    fn device_silent_after(&self) -> u64 {
        u64::from(self.shared.config.bluetooth.silent_after_s)
    }

    async fn answers(&self, peripheral: &Peripheral) -> bool {
        let readable = [uuids::BATTERY_LEVEL, uuids::MANUFACTURER_NAME, uuids::FIRMWARE_REVISION];
        match readable.into_iter().find_map(|uuid| characteristic(peripheral, uuid)) {
            Some(characteristic) => {
                matches!(timeout(CALL_TIMEOUT, peripheral.read(&characteristic)).await, Ok(Ok(_)))
            }
            // Nothing to ask: BlueZ's word that it is connected is all there is.
            None => true,
        }
    }

    async fn perform(&self, peripheral: &Peripheral, action: Action) -> Result<(), String> {
        let find = |uuid: Uuid| {
            let found = characteristic(peripheral, uuid);
            if found.is_none() {
                tracing::debug!(device = self.device.status_name(), %uuid, "the device lacks a characteristic");
            }
            found
        };
        let done = |what: &str, result: Result<Result<(), btleplug::Error>, tokio::time::error::Elapsed>| {
            match result {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(format!("{what}: {error}")),
                Err(_) => Err(format!("{what}: no answer")),
            }
        };
        match action {
            // Done by the core.
            Action::Take(_) | Action::Doubt(_) | Action::Remember(_) => Ok(()),
            Action::Subscribe(uuid) => match find(uuid) {
                Some(characteristic) => {
                    done("subscribe", timeout(CALL_TIMEOUT, peripheral.subscribe(&characteristic)).await)
                }
                None => Ok(()),
            },
            Action::Read(uuid) => {
                let Some(characteristic) = find(uuid) else { return Ok(()) };
                self.core.borrow_mut().read_begins(uuid);
                let answer = timeout(CALL_TIMEOUT, peripheral.read(&characteristic)).await;
                let bytes = answer.as_ref().ok().and_then(|answer| answer.as_deref().ok());
                self.core.borrow_mut().read_ended(uuid, bytes);
                done("read", answer.map(|answer| answer.map(drop)))
            }
            Action::Write { characteristic: uuid, bytes, confirmed } => {
                let Some(characteristic) = find(uuid) else { return Ok(()) };
                let kind = if confirmed { WriteType::WithResponse } else { WriteType::WithoutResponse };
                done("write", timeout(CALL_TIMEOUT, peripheral.write(&characteristic, &bytes, kind)).await)
            }
        }
    }
}

fn characteristic(peripheral: &Peripheral, uuid: Uuid) -> Option<Characteristic> {
    peripheral.characteristics().into_iter().find(|characteristic| characteristic.uuid == uuid)
}
