//! A band with the Physical Activity Monitor Service: a summary of the day's session every ten seconds.

use foulee_gatt::activity::{StepSummary, U24};
use foulee_gatt::uuids::{ACTIVITY_SERVICE, STEP_SUMMARY};
use uuid::Uuid;

use super::day_counter::DayCounter;
use super::standard::{
    Battery, DeviceInformation, current_time_service, read_current_time, write_current_time,
};
use super::{Characteristic, Epoch, Flag, Now, Pdu, Profile, Service, Value, Wearable};

/// Appearance "watch" (Bluetooth assigned numbers).
const APPEARANCE: u16 = 0x00c0;
/// Seconds from one summary to the next (D).
const EVERY_S: u32 = 10;
/// Sessions are numbered by when they began, in quarter hours (D).
const SESSION_MS: i64 = 900_000;
/// Length of a step in decimetres, the same for everybody (D).
const STEP_DM: u32 = 7;

#[derive(Debug)]
pub(crate) struct Band {
    number: u32,
    battery: Battery,
    information: DeviceInformation,
    counter: DayCounter,
    last_sequence: Option<u32>,
}

impl Band {
    pub(crate) fn new(number: u32, now: &mut Now<'_>) -> Self {
        Self {
            number,
            battery: Battery::default(),
            information: DeviceInformation {
                manufacturer: "Foulee",
                model: "Simulated band",
                serial: format!("B{number:06}"),
                firmware: "1.0.0",
            },
            counter: DayCounter::new(now),
            last_sequence: None,
        }
    }

    /// Its number follows from the time of the session, so that a simulation that is killed and started again goes on
    /// where it was.
    fn summary(&mut self, now: &mut Now<'_>) -> Option<Pdu> {
        let seconds = self.counter.seconds(now);
        let sequence = seconds / EVERY_S;
        if self.last_sequence.replace(sequence) == Some(sequence) {
            return None;
        }
        let steps = self.counter.steps(now);
        let began_ms = self.counter.epochs().last()?.from_ms;
        let summary = StepSummary {
            header: StepSummary::WHOLE,
            session: u16::try_from(began_ms / SESSION_MS % 0x1_0000).ok()?,
            subsession: 1,
            relative_s: seconds,
            sequence,
            walking_steps: U24::new(steps).ok(),
            intense_steps: None,
            floor_steps: None,
            distance_m: U24::new(steps * STEP_DM / 10).ok(),
            worn_s: U24::new(seconds).ok(),
        };
        let walked = summary.walking_steps?.get();
        let values = vec![Value { seq: sequence, ..Value::now("step_counter", walked) }];
        Some(Pdu { characteristic: STEP_SUMMARY, bytes: summary.encode(), values })
    }
}

impl Wearable for Band {
    fn profile(&self) -> Profile {
        let summary = Characteristic { uuid: STEP_SUMMARY, flags: &[Flag::Indicate] };
        Profile {
            name: format!("Foulee Band {:06}", self.number),
            appearance: APPEARANCE,
            advertised: vec![ACTIVITY_SERVICE],
            services: vec![
                Service { uuid: ACTIVITY_SERVICE, characteristics: vec![summary] },
                current_time_service(),
                Battery::service(),
                DeviceInformation::service(),
            ],
        }
    }

    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu> {
        self.counter.tick(now);
        let mut sent: Vec<_> = self.summary(now).into_iter().collect();
        sent.extend(self.battery.tick(now));
        sent
    }

    fn read(&mut self, characteristic: Uuid, now: &mut Now<'_>) -> Option<Pdu> {
        Battery::read(characteristic, now)
            .or_else(|| self.information.read(characteristic))
            .or_else(|| read_current_time(characteristic, now))
    }

    fn write(&mut self, characteristic: Uuid, bytes: &[u8], now: &mut Now<'_>) -> Option<Vec<Pdu>> {
        write_current_time(characteristic, bytes, now)
    }

    fn restart(&mut self, now: &mut Now<'_>) {
        self.counter.restart(now);
        self.last_sequence = None;
    }

    fn epochs(&self) -> &[Epoch] {
        self.counter.epochs()
    }
}
