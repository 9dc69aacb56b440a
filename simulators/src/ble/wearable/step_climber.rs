//! A step climber with the Fitness Machine Service: the steps of the day's session, and heart rate, once a second.

use foulee_gatt::fitness_machine::{Climbed, StepClimberData};
use foulee_gatt::uuids::{FITNESS_MACHINE_SERVICE, STEP_CLIMBER_DATA};
use uuid::Uuid;

use super::day_counter::DayCounter;
use super::standard::{Battery, DeviceInformation};
use super::{Characteristic, Epoch, Flag, Now, Pdu, Profile, Service, Value, Wearable};

/// Steps of a floor (D).
const FLOOR_STEPS: u32 = 16;

#[derive(Debug)]
pub(crate) struct StepClimber {
    number: u32,
    information: DeviceInformation,
    counter: DayCounter,
}

impl StepClimber {
    pub(crate) fn new(number: u32, now: &mut Now<'_>) -> Self {
        Self {
            number,
            information: DeviceInformation {
                manufacturer: "Foulee",
                model: "Simulated step climber",
                serial: format!("C{number:06}"),
                firmware: "1.0.0",
            },
            counter: DayCounter::new(now),
        }
    }

    /// Its counter has 16 bits, and rolls over.
    fn data(&self, now: &mut Now<'_>) -> Pdu {
        let steps = self.counter.steps(now);
        let bpm = now.heart_bpm().unwrap_or(0);
        let climbed = Climbed { floors: (steps / FLOOR_STEPS) as u16, steps: steps as u16 };
        let data = StepClimberData { climbed: Some(climbed), bpm: Some(bpm), ..StepClimberData::default() };
        let mut values = vec![Value::now("step_counter", climbed.steps)];
        values.extend((bpm > 0).then(|| Value::now("heart_rate", bpm)));
        Pdu { characteristic: STEP_CLIMBER_DATA, bytes: data.encode(), values }
    }
}

impl Wearable for StepClimber {
    fn profile(&self) -> Profile {
        let data = Characteristic { uuid: STEP_CLIMBER_DATA, flags: &[Flag::Notify] };
        Profile {
            name: format!("Foulee Climber {:06}", self.number),
            appearance: 0,
            advertised: vec![FITNESS_MACHINE_SERVICE],
            services: vec![
                Service { uuid: FITNESS_MACHINE_SERVICE, characteristics: vec![data] },
                Battery::service(),
                DeviceInformation::service(),
            ],
        }
    }

    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu> {
        self.counter.tick(now);
        vec![self.data(now)]
    }

    fn read(&mut self, characteristic: Uuid, now: &mut Now<'_>) -> Option<Pdu> {
        Battery::read(characteristic, now).or_else(|| self.information.read(characteristic))
    }

    fn write(&mut self, _: Uuid, _: &[u8], _: &mut Now<'_>) -> Option<Vec<Pdu>> {
        None
    }

    fn restart(&mut self, now: &mut Now<'_>) {
        self.counter.restart(now);
    }

    fn epochs(&self) -> &[Epoch] {
        self.counter.epochs()
    }
}
