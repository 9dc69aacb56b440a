//! A foot pod with the Running Speed and Cadence Service: cadence, speed and distance once a second, no step count.

use foulee_gatt::running::RscMeasurement;
use foulee_gatt::uuids::{RSC_MEASUREMENT, RUNNING_SERVICE, assigned};
use uuid::Uuid;

use super::standard::{Battery, DeviceInformation};
use super::{Characteristic, Epoch, EpochCause, Flag, Now, Pdu, Profile, Service, Value, Wearable};

/// RSC Feature: what the measurement can hold.
const RSC_FEATURE: Uuid = assigned(0x2a54);
/// Stride length, distance, walking or running.
const FEATURES: [u8; 2] = [0b111, 0];
/// Appearance "running walking sensor, on shoe" (Bluetooth assigned numbers).
const APPEARANCE: u16 = 0x0442;
/// Length of a step, the same for everybody (D).
const STEP_CM: u32 = 70;

#[derive(Debug)]
pub(crate) struct FootPod {
    number: u32,
    battery: Battery,
    information: DeviceInformation,
    epochs: Vec<Epoch>,
}

impl FootPod {
    pub(crate) fn new(number: u32, now: &Now<'_>) -> Self {
        Self {
            number,
            battery: Battery::default(),
            information: DeviceInformation {
                manufacturer: "Foulee",
                model: "Simulated foot pod",
                serial: format!("F{number:06}"),
                firmware: "1.0.0",
            },
            epochs: vec![Epoch { from_ms: now.at_ms, cause: EpochCause::Start }],
        }
    }
}

impl Wearable for FootPod {
    fn profile(&self) -> Profile {
        let measurement = Characteristic { uuid: RSC_MEASUREMENT, flags: &[Flag::Notify] };
        let feature = Characteristic { uuid: RSC_FEATURE, flags: &[Flag::Read] };
        Profile {
            name: format!("Foulee Pod {:06}", self.number),
            appearance: APPEARANCE,
            advertised: vec![RUNNING_SERVICE],
            services: vec![
                Service { uuid: RUNNING_SERVICE, characteristics: vec![measurement, feature] },
                Battery::service(),
                DeviceInformation::service(),
            ],
        }
    }

    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu> {
        let cadence = now.body.cadence(now.at_ms);
        let since_ms = self.epochs.last().map_or(now.at_ms, |epoch| epoch.from_ms);
        let steps = u32::try_from(now.body.steps_between(since_ms, now.at_ms)).unwrap_or(u32::MAX);
        let distance_dm = steps.saturating_mul(STEP_CM / 10);
        let speed_256 = u16::try_from(u32::from(cadence) * STEP_CM * 256 / 6000).unwrap_or(u16::MAX);
        let measurement = RscMeasurement {
            speed_256,
            cadence_per_min: u8::try_from(cadence).unwrap_or(u8::MAX),
            stride_cm: None,
            distance_dm: Some(distance_dm),
            running: false,
        };
        let values = vec![
            Value::now("cadence", measurement.cadence_per_min),
            Value::now("speed", speed_256),
            Value::now("distance", distance_dm),
        ];
        let mut sent = vec![Pdu { characteristic: RSC_MEASUREMENT, bytes: measurement.encode(), values }];
        sent.extend(self.battery.tick(now));
        sent
    }

    fn read(&mut self, characteristic: Uuid, now: &mut Now<'_>) -> Option<Pdu> {
        if characteristic == RSC_FEATURE {
            return Some(Pdu { characteristic, bytes: FEATURES.to_vec(), values: Vec::new() });
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
