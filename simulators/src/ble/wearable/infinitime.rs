//! A PineTime watch with the InfiniTime firmware (doc/MotionService.md, HeartRateService.cpp, CurrentTimeService.cpp).
//!
//! It counts the steps of its own day, tells heart rate and steps when they change and only then, advertises no more
//! than the heart-rate service, and lets its clock be set.

use foulee_gatt::heart_rate::HeartRateMeasurement;
use foulee_gatt::infinitime::{RawMotion, StepCount};
use foulee_gatt::uuids::{
    HEART_RATE_MEASUREMENT, HEART_RATE_SERVICE, INFINITIME_MOTION_SERVICE, INFINITIME_RAW_MOTION,
    INFINITIME_STEPS,
};
use uuid::Uuid;

use super::day_counter::DayCounter;
use super::standard::{
    Battery, DeviceInformation, current_time_service, read_current_time, write_current_time,
};
use super::{Characteristic, Epoch, Flag, Now, Pdu, Profile, Service, Value, Wearable};

/// Appearance "watch, smartwatch" (Bluetooth assigned numbers).
const APPEARANCE: u16 = 0x00c2;

#[derive(Debug)]
pub(crate) struct Infinitime {
    battery: Battery,
    information: DeviceInformation,
    counter: DayCounter,
    steps: u32,
    bpm: Option<u8>,
}

impl Infinitime {
    pub(crate) fn new(now: &mut Now<'_>) -> Self {
        let counter = DayCounter::new(now);
        Self {
            battery: Battery::default(),
            information: DeviceInformation {
                manufacturer: "PINE64",
                model: "PineTime",
                serial: "0".to_owned(),
                firmware: "1.14.0",
            },
            steps: counter.steps(now),
            counter,
            bpm: None,
        }
    }

    fn steps_pdu(&self) -> Pdu {
        Pdu {
            characteristic: INFINITIME_STEPS,
            bytes: StepCount { steps: self.steps }.encode(),
            values: vec![Value::now("step_counter", self.steps)],
        }
    }

    fn heart_pdu(&self) -> Pdu {
        let bpm = self.bpm.unwrap_or_default();
        let kind = if self.bpm.is_some() { "heart_rate" } else { "no_reading" };
        Pdu {
            characteristic: HEART_RATE_MEASUREMENT,
            bytes: HeartRateMeasurement::of_bpm(bpm.into()).encode(),
            values: vec![Value::now(kind, bpm)],
        }
    }
}

impl Wearable for Infinitime {
    fn profile(&self) -> Profile {
        let on_change = |uuid| Characteristic { uuid, flags: &[Flag::Read, Flag::Notify] };
        Profile {
            name: "InfiniTime".to_owned(),
            appearance: APPEARANCE,
            advertised: vec![HEART_RATE_SERVICE],
            services: vec![
                DeviceInformation::service(),
                current_time_service(),
                Battery::service(),
                Service {
                    uuid: INFINITIME_MOTION_SERVICE,
                    characteristics: vec![on_change(INFINITIME_STEPS), on_change(INFINITIME_RAW_MOTION)],
                },
                Service {
                    uuid: HEART_RATE_SERVICE,
                    characteristics: vec![on_change(HEART_RATE_MEASUREMENT)],
                },
            ],
        }
    }

    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu> {
        self.counter.tick(now);
        let mut sent = Vec::new();
        let steps = self.counter.steps(now);
        if std::mem::replace(&mut self.steps, steps) != steps {
            sent.push(self.steps_pdu());
            sent.push(raw_motion(now));
        }
        let bpm = now.heart_bpm();
        if std::mem::replace(&mut self.bpm, bpm) != bpm {
            sent.push(self.heart_pdu());
        }
        sent.extend(self.battery.tick(now));
        sent
    }

    fn read(&mut self, characteristic: Uuid, now: &mut Now<'_>) -> Option<Pdu> {
        match characteristic {
            INFINITIME_STEPS => Some(self.steps_pdu()),
            INFINITIME_RAW_MOTION => Some(raw_motion(now)),
            HEART_RATE_MEASUREMENT => Some(self.heart_pdu()),
            _ => Battery::read(characteristic, now)
                .or_else(|| self.information.read(characteristic))
                .or_else(|| read_current_time(characteristic, now)),
        }
    }

    fn write(&mut self, characteristic: Uuid, bytes: &[u8], now: &mut Now<'_>) -> Option<Vec<Pdu>> {
        write_current_time(characteristic, bytes, now)
    }

    fn restart(&mut self, now: &mut Now<'_>) {
        self.counter.restart(now);
        (self.steps, self.bpm) = (0, None);
    }

    fn epochs(&self) -> &[Epoch] {
        self.counter.epochs()
    }
}

/// Acceleration along three axes: about 1 g downwards, and how the arm swings.
fn raw_motion(now: &Now<'_>) -> Pdu {
    let swing = i16::try_from(now.at_ms.rem_euclid(1000)).unwrap_or_default() - 500;
    let bytes = RawMotion { x: swing, y: swing / 2, z: -RawMotion::PER_G }.encode();
    Pdu { characteristic: INFINITIME_RAW_MOTION, bytes, values: Vec::new() }
}
