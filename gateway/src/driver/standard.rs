//! What several families share: the Battery, Device Information and Heart Rate services.

use foulee_contract::Metric;
use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::heart_rate::{Contact, HeartRateMeasurement};
use foulee_gatt::{GattError, uuids};

use super::{Action, Observation, Stream};

/// Minutes between two looks at the battery.
const BATTERY_EVERY: u32 = 60;

/// Looks at the battery on each link and once an hour.
#[derive(Debug)]
pub(super) struct Battery {
    wanted: bool,
    minutes: u32,
}

impl Battery {
    pub(super) fn new(wants: &impl Fn(Stream) -> bool) -> Self {
        Self { wanted: wants(Stream::Battery), minutes: 0 }
    }

    pub(super) fn on_link(&mut self) -> Option<Action> {
        self.minutes = 0;
        self.wanted.then_some(Action::Read(uuids::BATTERY_LEVEL))
    }

    pub(super) fn on_minute(&mut self) -> Option<Action> {
        self.minutes += 1;
        if self.minutes.is_multiple_of(BATTERY_EVERY) {
            self.wanted.then_some(Action::Read(uuids::BATTERY_LEVEL))
        } else {
            None
        }
    }

    pub(super) fn on_value(bytes: &[u8]) -> Result<Vec<Action>, GattError> {
        let level = BatteryLevel::decode(bytes)?;
        Ok(vec![Action::Take(Observation::now(Metric::Battery, i64::from(level.percent())))])
    }
}

/// Which of the heart-rate streams are wanted.
#[derive(Debug)]
pub(super) struct HeartRate {
    rate: bool,
    intervals: bool,
    contact: bool,
}

impl HeartRate {
    pub(super) fn new(wants: &impl Fn(Stream) -> bool) -> Self {
        Self {
            rate: wants(Stream::HeartRate),
            intervals: wants(Stream::RrInterval),
            contact: wants(Stream::Contact),
        }
    }

    pub(super) fn on_link(&self) -> Option<Action> {
        (self.rate || self.intervals || self.contact)
            .then_some(Action::Subscribe(uuids::HEART_RATE_MEASUREMENT))
    }

    /// A rate of 0, or one without contact, is no reading: it is left out, and the contact says why.
    pub(super) fn on_value(&self, bytes: &[u8]) -> Result<Vec<Action>, GattError> {
        let seen = HeartRateMeasurement::decode(bytes)?;
        let mut taken = Vec::with_capacity(2 + seen.rr_1024.len());
        let touches = seen.contact != Contact::NotDetected;
        if self.contact && seen.contact != Contact::NotSupported {
            taken.push(Action::Take(Observation::now(Metric::Contact, i64::from(touches))));
        }
        if let Some(bpm) = seen.known_bpm().filter(|_| touches && self.rate) {
            taken.push(Action::Take(Observation::now(Metric::HeartRate, i64::from(bpm) * 10)));
        }
        if self.intervals && touches {
            for (index, deci_ms) in (0..).zip(seen.rr_deci_ms()) {
                let seen = Observation::now(Metric::RrInterval, i64::from(deci_ms));
                taken.push(Action::Take(Observation { seq: index, ..seen }));
            }
        }
        Ok(taken)
    }
}
