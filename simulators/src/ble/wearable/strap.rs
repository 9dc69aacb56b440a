//! A heart-rate strap, such as a Polar H10: heart rate once a second with RR intervals and skin contact.

use foulee_gatt::heart_rate::{BodySensorLocation, Contact, HeartRateMeasurement};
use foulee_gatt::uuids::{BODY_SENSOR_LOCATION, HEART_RATE_MEASUREMENT, HEART_RATE_SERVICE};
use uuid::Uuid;

use super::standard::{Battery, DeviceInformation};
use super::{Characteristic, Epoch, EpochCause, Flag, Now, Pdu, Profile, Service, Value, Wearable};

/// Appearance "heart rate sensor, belt" (Bluetooth assigned numbers).
const APPEARANCE: u16 = 0x0341;
/// Most RR intervals in one measurement of 20 bytes: 2 bytes each, after flags and rate.
const MOST_RR: usize = 9;

#[derive(Debug)]
pub(crate) struct Strap {
    number: u32,
    battery: Battery,
    information: DeviceInformation,
    /// When the heart beats next, in microseconds since 1970.
    next_beat_us: i64,
    beats: u64,
    epochs: Vec<Epoch>,
}

impl Strap {
    pub(crate) fn new(number: u32, now: &Now<'_>) -> Self {
        Self {
            number,
            battery: Battery::default(),
            information: DeviceInformation {
                manufacturer: "Foulee",
                model: "Simulated strap",
                serial: format!("S{number:06}"),
                firmware: "1.0.0",
            },
            next_beat_us: now.at_ms * 1000,
            beats: now.body.seed(),
            epochs: vec![Epoch { from_ms: now.at_ms, cause: EpochCause::Start }],
        }
    }

    /// Intervals between the beats since the last tick, in 1/1024 s.
    fn intervals(&mut self, bpm: u8, now: &Now<'_>) -> Vec<u16> {
        let mut intervals = Vec::new();
        // After a pause the beats in it are gone.
        self.next_beat_us = self.next_beat_us.max((now.at_ms - 2000) * 1000);
        while self.next_beat_us <= now.at_ms * 1000 {
            self.beats =
                self.beats.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Up to 4 % either way, as breathing makes it.
            let per_mille = 960 + i64::try_from(self.beats >> 33).unwrap_or_default() % 81;
            let interval_us = 60_000_000 / i64::from(bpm.max(1)) * per_mille / 1000;
            self.next_beat_us += interval_us;
            intervals.push(u16::try_from(interval_us * 1024 / 1_000_000).unwrap_or(u16::MAX));
        }
        intervals.truncate(MOST_RR);
        intervals
    }
}

impl Wearable for Strap {
    fn profile(&self) -> Profile {
        let measurement = Characteristic { uuid: HEART_RATE_MEASUREMENT, flags: &[Flag::Notify] };
        let location = Characteristic { uuid: BODY_SENSOR_LOCATION, flags: &[Flag::Read] };
        Profile {
            name: format!("Foulee Strap {:06}", self.number),
            appearance: APPEARANCE,
            advertised: vec![HEART_RATE_SERVICE],
            services: vec![
                Service { uuid: HEART_RATE_SERVICE, characteristics: vec![measurement, location] },
                Battery::service(),
                DeviceInformation::service(),
            ],
        }
    }

    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu> {
        let bpm = now.heart_bpm();
        let rr_1024 = bpm.map_or_else(Vec::new, |bpm| self.intervals(bpm, now));
        let mut values = vec![Value::now("contact", u8::from(bpm.is_some()))];
        values.extend(bpm.map(|bpm| Value::now("heart_rate", bpm)));
        values.extend((0..).zip(&rr_1024).map(|(seq, rr)| Value { seq, ..Value::now("rr", *rr) }));
        let measurement = HeartRateMeasurement {
            bpm: bpm.unwrap_or_default().into(),
            wide: false,
            contact: if bpm.is_some() { Contact::Detected } else { Contact::NotDetected },
            energy_kj: None,
            rr_1024,
        };
        let bytes = measurement.encode();
        let mut sent = vec![Pdu { characteristic: HEART_RATE_MEASUREMENT, bytes, values }];
        sent.extend(self.battery.tick(now));
        sent
    }

    fn read(&mut self, characteristic: Uuid, now: &mut Now<'_>) -> Option<Pdu> {
        if characteristic == BODY_SENSOR_LOCATION {
            return Some(Pdu {
                characteristic,
                bytes: BodySensorLocation::Chest.encode(),
                values: Vec::new(),
            });
        }
        Battery::read(characteristic, now).or_else(|| self.information.read(characteristic))
    }

    fn write(&mut self, _: Uuid, _: &[u8], _: &mut Now<'_>) -> Option<Vec<Pdu>> {
        None
    }

    fn restart(&mut self, now: &mut Now<'_>) {
        self.epochs.push(Epoch { from_ms: now.at_ms, cause: EpochCause::Restart });
    }

    fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }
}
