//! What a device's values become, whoever brings them: its stream of notifications or an answer to a read.

use std::cell::RefCell;
use std::rc::Rc;

use foulee_contract::{GapCause, Metric};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::Shared;
use crate::config::DeviceConfig;
use crate::driver::{Action, Driver, Moment};
use crate::normalise::Normaliser;

/// How long after a read the same value may come as a notification, which BlueZ makes of every read.
const ECHO_MS: i64 = 2_000;

/// A read under way, and what was notified of its characteristic meanwhile.
struct Reading {
    characteristic: Uuid,
    held: Vec<(Moment, Vec<u8>)>,
}

/// One device's driver and what it leads to. Used by the session and by the streams of its peripherals.
pub(super) struct Core {
    pub(super) name: String,
    shared: Rc<Shared>,
    driver: Box<dyn Driver>,
    normaliser: Normaliser,
    actions: UnboundedSender<Action>,
    /// A read under way.
    reading: Option<Reading>,
    /// What was read last, until when its echo may come.
    echo: Option<(Uuid, Vec<u8>, i64)>,
    /// When anything was last heard.
    pub(super) heard_ms: i64,
    /// Since when nothing is recorded.
    pub(super) down_since_ms: Option<i64>,
}

impl Core {
    pub(super) fn new(
        shared: &Rc<Shared>,
        device: &DeviceConfig,
        actions: UnboundedSender<Action>,
        since_ms: Option<i64>,
    ) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self {
            name: device.status_name(),
            shared: Rc::clone(shared),
            driver: device.family.driver(|stream| device.wants(stream)),
            normaliser: Normaliser::new(device.clone()),
            actions,
            reading: None,
            echo: None,
            heard_ms: 0,
            down_since_ms: since_ms,
        }))
    }

    pub(super) fn now(&self) -> Moment {
        (self.shared.clock)()
    }

    /// A notification.
    pub(super) fn notified(&mut self, characteristic: Uuid, bytes: Vec<u8>) {
        let now = self.now();
        if let Some(reading) = &mut self.reading
            && reading.characteristic == characteristic
        {
            reading.held.push((now, bytes));
            return;
        }
        if let Some((uuid, read, until_ms)) = &self.echo
            && *uuid == characteristic
        {
            let is_echo = *read == bytes && now.utc_ms <= *until_ms;
            self.echo = None;
            if is_echo {
                return;
            }
        }
        self.value(characteristic, &bytes, now);
    }

    /// A read begins.
    pub(super) fn read_begins(&mut self, characteristic: Uuid) {
        self.reading = Some(Reading { characteristic, held: Vec::new() });
    }

    /// A read has ended, with its answer if there was one.
    pub(super) fn read_ended(&mut self, characteristic: Uuid, answer: Option<&[u8]>) {
        let now = self.now();
        let mut held = self.reading.take().map(|reading| reading.held).unwrap_or_default();
        if let Some(answer) = answer {
            match held.iter().position(|(_, bytes)| bytes == answer) {
                Some(at) => drop(held.remove(at)),
                None => self.echo = Some((characteristic, answer.to_vec(), now.utc_ms + ECHO_MS)),
            }
            self.value(characteristic, answer, now);
        }
        for (at, bytes) in held {
            self.value(characteristic, &bytes, at);
        }
    }

    fn value(&mut self, characteristic: Uuid, bytes: &[u8], now: Moment) {
        self.heard_ms = now.utc_ms;
        self.up(now);
        match self.driver.on_value(characteristic, bytes, now) {
            Ok(actions) => self.act(actions, now),
            Err(error) => {
                self.shared.status.device(&self.name, |device| device.malformed += 1);
                tracing::warn!(device = self.name, %characteristic, error = &error as &dyn std::error::Error, "a value is refused");
            }
        }
    }

    /// A link is there: what to do on it.
    pub(super) fn linked(&mut self) {
        let now = self.now();
        let actions = self.driver.on_link(now);
        self.act(actions, now);
    }

    /// A minute has passed on a link.
    pub(super) fn minute(&mut self) {
        let now = self.now();
        let actions = self.driver.on_minute(now);
        self.act(actions, now);
    }

    /// Readings are taken, everything else waits for the session.
    fn act(&mut self, actions: Vec<Action>, now: Moment) {
        for action in actions {
            let Action::Take(seen) = action else {
                // The session lives as long as this.
                let _ = self.actions.send(action);
                continue;
            };
            match self.normaliser.take(&seen, now) {
                Ok(None) => {}
                Ok(Some(taken)) => {
                    self.shared.status.device(&self.name, |device| {
                        device.readings += 1;
                        match seen.metric {
                            Metric::Battery => device.battery_percent = u8::try_from(seen.value).ok(),
                            Metric::ClockSkew => device.clock_skew_ms = Some(seen.value),
                            _ => {}
                        }
                    });
                    self.shared.collector.take(taken);
                }
                Err(reason) => {
                    let word = reason.word();
                    self.shared.status.device(&self.name, |device| {
                        *device.quarantined.entry(word.to_owned()).or_default() += 1;
                    });
                    tracing::warn!(device = self.name, metric = %seen.metric, reason = word, "a reading is set aside");
                    self.shared.collector.set_aside(&self.normaliser, &seen, word);
                }
            }
        }
    }

    /// The link is lost: from the last that was heard on, nothing is recorded.
    pub(super) fn down(&mut self) {
        let now = self.now();
        self.down_since_ms.get_or_insert(if self.heard_ms > 0 { self.heard_ms } else { now.utc_ms });
    }

    /// Tells of the time without a link so far, and goes on from there.
    pub(super) fn still_down(&mut self) {
        let now = self.now();
        if let Some(since_ms) = self.down_since_ms {
            self.gap(since_ms, now);
            self.down_since_ms = Some(now.utc_ms.max(since_ms));
        }
    }

    fn up(&mut self, now: Moment) {
        if let Some(since_ms) = self.down_since_ms.take() {
            self.gap(since_ms, now);
        }
    }

    fn gap(&self, since_ms: i64, now: Moment) {
        // In pieces of a day at most, as long as an earlier run may have been ago.
        let mut from_ms = since_ms.max(now.utc_ms - 60 * 86_400_000);
        while from_ms < now.utc_ms {
            let to_ms = now.utc_ms.min(from_ms + 86_400_000);
            if let Some(gap) = self.normaliser.gap(from_ms, to_ms, GapCause::Link, now) {
                self.shared.collector.take(gap);
            }
            from_ms = to_ms;
        }
    }
}
