//! What a device's values become, whoever brings them: its stream of notifications or an answer to a read.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use foulee_contract::{GapCause, Metric};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use super::Shared;
use crate::config::DeviceConfig;
use crate::driver::{Action, Driver, Moment, Observation, When};
use crate::normalise::{Normaliser, Quarantine};

/// How long after a read the same value may come as a notification, which BlueZ makes of every read.
const ECHO_MS: i64 = 2_000;
/// Stored records that were set aside and are remembered, so that the same one, fetched again, is not set aside again.
const MOST_DOUBTED: usize = 20_000;

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
    /// What was read last, and when: its echo may come.
    echo: Option<(Uuid, Vec<u8>, Moment)>,
    /// When anything was last heard.
    pub(super) heard: Option<Moment>,
    /// When the last value came, as it was stamped.
    came: Option<Moment>,
    /// Since when nothing is recorded.
    down_since: Option<Moment>,
    /// Until when an earlier run collected, ms UTC, and when this one began: told once the clock is known to be right.
    earlier: Option<(i64, Moment)>,
    /// What was set aside: metric, start and value of stored records.
    doubted: HashSet<(Metric, i64, i64)>,
}

impl Core {
    pub(super) fn new(
        shared: &Rc<Shared>,
        device: &DeviceConfig,
        actions: UnboundedSender<Action>,
        since_ms: Option<i64>,
    ) -> Rc<RefCell<Self>> {
        let begun = shared.clock.now();
        let untold_ms = since_ms.unwrap_or(begun.utc_ms);
        shared.status.down(&device.status_name(), untold_ms);
        Rc::new(RefCell::new(Self {
            name: device.status_name(),
            shared: Rc::clone(shared),
            driver: device
                .family
                .driver(|stream| device.wants(stream), shared.memories.borrow().of(&device.status_name())),
            normaliser: Normaliser::new(device.clone()),
            actions,
            reading: None,
            echo: None,
            heard: None,
            came: None,
            down_since: None,
            earlier: since_ms.map(|since_ms| (since_ms, begun)),
            doubted: HashSet::new(),
        }))
    }

    pub(super) fn now(&self) -> Moment {
        self.shared.clock.now()
    }

    /// Now, for a value: no two of a device have the same time, however fast those come that had to wait.
    fn stamp(&mut self) -> Moment {
        let mut now = self.now();
        if let Some(last) = self.came
            && last.stretch == now.stretch
            && (0..1_000).contains(&(last.utc_ms - now.utc_ms))
        {
            now.utc_ms = last.utc_ms + 1;
        }
        self.came = Some(now);
        now
    }

    /// A notification.
    pub(super) fn notified(&mut self, characteristic: Uuid, bytes: Vec<u8>) {
        let now = self.stamp();
        if let Some(reading) = &mut self.reading
            && reading.characteristic == characteristic
        {
            reading.held.push((now, bytes));
            return;
        }
        if let Some((uuid, read, at)) = &self.echo
            && *uuid == characteristic
        {
            let is_echo = *read == bytes && now.utc_ms - at.by_clock_of(now) <= ECHO_MS;
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
        let now = self.stamp();
        let mut held = self.reading.take().map(|reading| reading.held).unwrap_or_default();
        if let Some(answer) = answer {
            match held.iter().position(|(_, bytes)| bytes == answer) {
                Some(at) => drop(held.remove(at)),
                None => self.echo = Some((characteristic, answer.to_vec(), now)),
            }
            self.value(characteristic, answer, now);
        }
        for (at, bytes) in held {
            self.value(characteristic, &bytes, at);
        }
    }

    fn value(&mut self, characteristic: Uuid, bytes: &[u8], now: Moment) {
        self.heard = Some(now);
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
        self.earlier_run(now);
        let actions = self.driver.on_minute(now);
        self.act(actions, now);
    }

    /// Readings are taken, everything else waits for the session.
    fn act(&mut self, actions: Vec<Action>, now: Moment) {
        for action in actions {
            let seen = match action {
                Action::Take(seen) => seen,
                Action::Doubt(seen) => {
                    self.set_aside(&seen, Quarantine::ClockOff);
                    continue;
                }
                Action::Remember(memory) => {
                    self.shared.memories.borrow_mut().keep(&self.name, memory);
                    continue;
                }
                action => {
                    // The session lives as long as this.
                    let _ = self.actions.send(action);
                    continue;
                }
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
                Err(reason) => self.set_aside(&seen, reason),
            }
        }
    }

    fn set_aside(&mut self, seen: &Observation, reason: Quarantine) {
        if let When::Device { start_ms, .. } = seen.when {
            if !self.doubted.insert((seen.metric, start_ms, seen.value)) {
                return;
            }
            if self.doubted.len() > MOST_DOUBTED {
                self.doubted.clear();
            }
        }
        let word = reason.word();
        let count = self.shared.status.device(&self.name, |device| {
            let count = device.quarantined.entry(word.to_owned()).or_default();
            *count += 1;
            *count
        });
        // The first, the tenth, the hundredth: a ring may have stored thousands.
        if 10_u64.checked_pow(count.ilog10()) == Some(count) {
            tracing::warn!(device = self.name, metric = %seen.metric, reason = word, count, "readings are set aside");
        }
        self.shared.collector.set_aside(&self.normaliser, seen, word);
    }

    /// The link is lost: from the last that was heard on, nothing is recorded.
    pub(super) fn down(&mut self) {
        let now = self.now();
        let since = *self.down_since.get_or_insert(self.heard.unwrap_or(now));
        let since_ms = self.earlier.map_or(since.by_clock_of(now), |(earlier_ms, _)| earlier_ms);
        self.shared.status.down(&self.name, since_ms);
    }

    /// Tells of the time without a link so far, and goes on from there.
    pub(super) fn still_down(&mut self) {
        let now = self.now();
        self.earlier_run(now);
        if let Some(since) = self.down_since.replace(now) {
            let since_ms = since.by_clock_of(now);
            self.gap(since_ms, now.utc_ms, GapCause::Link, now);
            if self.earlier.is_none() {
                self.shared.status.device(&self.name, |device| device.untold_since_ms = Some(since_ms));
            }
        }
    }

    /// The gateway itself stood still: what came meanwhile bears the time of its end.
    pub(super) fn stood_still(&self, from: Moment, to: Moment) {
        if self.down_since.is_none() {
            let now = self.now();
            self.gap(from.by_clock_of(now), to.by_clock_of(now), GapCause::Unknown, now);
        }
    }

    fn up(&mut self, now: Moment) {
        self.earlier_run(now);
        if let Some(since) = self.down_since.take() {
            self.gap(since.by_clock_of(now), now.utc_ms, GapCause::Link, now);
            self.all_told(now);
        }
    }

    /// Tells of the time between an earlier run and this one. By a clock that may be wrong nobody knows how long it was.
    fn earlier_run(&mut self, now: Moment) {
        if now.sure
            && let Some((since_ms, begun)) = self.earlier.take()
        {
            self.gap(since_ms, begun.by_clock_of(now), GapCause::Link, now);
            self.all_told(now);
        }
    }

    fn all_told(&self, now: Moment) {
        if self.earlier.is_none() && self.down_since.is_none() {
            self.shared.status.device(&self.name, |device| device.up_since_ms = Some(now.utc_ms));
        }
    }

    fn gap(&self, since_ms: i64, until_ms: i64, cause: GapCause, now: Moment) {
        // In pieces of a day at most, as long as an earlier run may have been ago.
        let mut from_ms = since_ms.max(until_ms - 60 * 86_400_000);
        while from_ms < until_ms {
            let to_ms = until_ms.min(from_ms + 86_400_000);
            if let Some(gap) = self.normaliser.gap(from_ms, to_ms, cause, now) {
                self.shared.collector.take(gap);
            }
            from_ms = to_ms;
        }
    }
}
