//! A step climber with the Fitness Machine Service: a counter of the training session's steps, and heart rate where
//! somebody holds on to its sensors.

use foulee_contract::Metric;
use foulee_gatt::fitness_machine::StepClimberData;
use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::standard::Battery;
use super::{Action, Driver, Moment, Observation, Stream};

#[derive(Debug)]
pub(super) struct StepClimber {
    heart: bool,
    steps: bool,
    battery: Battery,
}

impl StepClimber {
    pub(super) fn new(wants: impl Fn(Stream) -> bool) -> Self {
        let battery = Battery::new(&wants);
        Self { heart: wants(Stream::HeartRate), steps: wants(Stream::Steps), battery }
    }
}

impl Driver for StepClimber {
    fn on_link(&mut self, _: Moment) -> Vec<Action> {
        let data = (self.heart || self.steps).then_some(Action::Subscribe(uuids::STEP_CLIMBER_DATA));
        data.into_iter().chain(self.battery.on_link()).collect()
    }

    /// The counter is taken as it is: a session numbers nothing, so each begins the same counter anew.
    fn on_value(&mut self, characteristic: Uuid, bytes: &[u8], _: Moment) -> Result<Vec<Action>, GattError> {
        match characteristic {
            uuids::STEP_CLIMBER_DATA => {
                let seen = StepClimberData::decode(bytes)?;
                let steps = seen.climbed.filter(|_| self.steps).map(|climbed| i64::from(climbed.steps));
                let deci_bpm = seen.known_bpm().filter(|_| self.heart).map(|bpm| i64::from(bpm) * 10);
                let taken = [(Metric::StepCounter, steps), (Metric::HeartRate, deci_bpm)];
                let taken = taken
                    .into_iter()
                    .filter_map(|(metric, value)| Some(Action::Take(Observation::now(metric, value?))));
                Ok(taken.collect())
            }
            uuids::BATTERY_LEVEL => Battery::on_value(bytes),
            _ => Ok(Vec::new()),
        }
    }

    fn on_minute(&mut self, _: Moment) -> Vec<Action> {
        self.battery.on_minute().into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::sure(0, 0);

    fn values(bytes: &[u8], wants: impl Fn(Stream) -> bool) -> Vec<(Metric, i64)> {
        let actions = StepClimber::new(wants).on_value(uuids::STEP_CLIMBER_DATA, bytes, NOW).unwrap();
        let taken = actions.into_iter().map(|action| match action {
            Action::Take(Observation { metric, value, .. }) => (metric, value),
            other => panic!("{other:?}"),
        });
        taken.collect()
    }

    #[test]
    fn steps_and_heart_rate_are_taken_and_the_rest_is_left() {
        // 3 floors, 300 steps, 96 steps a minute, 118 beats a minute.
        let bytes = [0x22, 0, 3, 0, 0x2c, 0x01, 96, 0, 118];
        assert_eq!(values(&bytes, |_| true), [(Metric::StepCounter, 300), (Metric::HeartRate, 1_180)]);
        assert_eq!(values(&bytes, |stream| stream == Stream::Steps), [(Metric::StepCounter, 300)]);
        assert_eq!(values(&bytes, |stream| stream == Stream::HeartRate), [(Metric::HeartRate, 1_180)]);
    }

    #[test]
    fn no_reading_is_never_zero() {
        // The rest of a record in two parts, with nobody at the sensors.
        assert_eq!(values(&[0x21, 0, 0], |_| true), []);
        // A session that has just begun did count: no step.
        assert_eq!(values(&[0x20, 0, 0, 0, 0, 0, 0], |_| true), [(Metric::StepCounter, 0)]);
    }

    #[test]
    fn what_is_cut_short_is_refused_whole() {
        let mut climber = StepClimber::new(|_| true);
        for length in 0..9 {
            let bytes = &[0x22, 0, 3, 0, 0x2c, 0x01, 96, 0, 118][..length];
            assert!(climber.on_value(uuids::STEP_CLIMBER_DATA, bytes, NOW).is_err(), "{length} bytes");
        }
    }
}
