//! Anything with the Physical Activity Monitor Service: a counter of the session's steps.

use foulee_contract::{Grain, Metric};
use foulee_gatt::activity::StepSummary;
use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::standard::Battery;
use super::{Action, Driver, Moment, Observation, Stream};

#[derive(Debug)]
pub(super) struct ActivityBand {
    steps: bool,
    battery: Battery,
}

impl ActivityBand {
    pub(super) fn new(wants: impl Fn(Stream) -> bool) -> Self {
        Self { steps: wants(Stream::Steps), battery: Battery::new(&wants) }
    }
}

impl Driver for ActivityBand {
    fn on_link(&mut self, _: Moment) -> Vec<Action> {
        let steps = self.steps.then_some(Action::Subscribe(uuids::STEP_SUMMARY));
        steps.into_iter().chain(self.battery.on_link()).collect()
    }

    fn on_value(&mut self, characteristic: Uuid, bytes: &[u8], _: Moment) -> Result<Vec<Action>, GattError> {
        match characteristic {
            uuids::STEP_SUMMARY => {
                let summary = StepSummary::decode(bytes)?;
                let parts = [summary.walking_steps, summary.intense_steps, summary.floor_steps];
                if parts.iter().all(Option::is_none) {
                    return Ok(Vec::new());
                }
                let steps = parts.into_iter().flatten().map(|part| i64::from(part.get())).sum();
                // Each session counts from zero: a counter of its own.
                let seen = Observation::now(Metric::StepCounter, steps);
                let (seq, epoch) = (u64::from(summary.sequence), u32::from(summary.session));
                Ok(vec![Action::Take(Observation { grain: Grain::Sample, seq, epoch, ..seen })])
            }
            uuids::BATTERY_LEVEL => Battery::on_value(bytes),
            _ => Ok(Vec::new()),
        }
    }

    fn on_minute(&mut self, _: Moment) -> Vec<Action> {
        self.battery.on_minute().into_iter().collect()
    }
}
