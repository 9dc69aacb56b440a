//! Anything with the Running Speed and Cadence Service. It tells cadence, not steps: steps are its integral.

use foulee_contract::{Grain, Metric};
use foulee_gatt::running::RscMeasurement;
use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::standard::Battery;
use super::{Action, Driver, Moment, Observation, Stream, When};

/// A cadence stands for the time since the one before, at most so long: RSC devices notify about once a second, and
/// what happened in a longer silence is not known. 5 s [D].
const LONGEST_MS: i64 = 5_000;
/// Steps are told once so much time has been summed up: a reading a second would be mostly rounding.
const EPOCH_MS: i64 = 10_000;

#[derive(Debug)]
pub(super) struct FootPod {
    steps: bool,
    battery: Battery,
    epoch_start: Option<Moment>,
    last: Option<Moment>,
    /// Cadence times time, in steps per minute times ms; what rounding left is carried on.
    sum: i64,
}

impl FootPod {
    pub(super) fn new(wants: impl Fn(Stream) -> bool) -> Self {
        Self {
            steps: wants(Stream::Steps),
            battery: Battery::new(&wants),
            epoch_start: None,
            last: None,
            sum: 0,
        }
    }

    fn cadence(&mut self, per_min: u8, now: Moment) -> Vec<Action> {
        let since = self.last.map_or(0, |last| now.utc_ms - last.by_clock_of(now));
        self.last = Some(now);
        let Some(start) = self.epoch_start.filter(|_| (1..=LONGEST_MS).contains(&since)) else {
            self.epoch_start = Some(now);
            return Vec::new();
        };
        self.sum += i64::from(per_min) * since;
        let start_ms = start.by_clock_of(now);
        if now.utc_ms - start_ms < EPOCH_MS {
            return Vec::new();
        }
        let steps = self.sum / 60_000;
        self.sum -= steps * 60_000;
        self.epoch_start = Some(now);
        let seen = Observation::now(Metric::Steps, steps);
        vec![Action::Take(Observation { grain: Grain::Epoch, when: When::Since(start_ms), ..seen })]
    }
}

impl Driver for FootPod {
    fn on_link(&mut self, _: Moment) -> Vec<Action> {
        self.epoch_start = None;
        let steps = self.steps.then_some(Action::Subscribe(uuids::RSC_MEASUREMENT));
        steps.into_iter().chain(self.battery.on_link()).collect()
    }

    fn on_value(
        &mut self,
        characteristic: Uuid,
        bytes: &[u8],
        now: Moment,
    ) -> Result<Vec<Action>, GattError> {
        match characteristic {
            uuids::RSC_MEASUREMENT => Ok(self.cadence(RscMeasurement::decode(bytes)?.cadence_per_min, now)),
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

    #[test]
    fn cadence_sums_up_to_steps_and_silence_to_nothing() {
        let mut pod = FootPod::new(|_| true);
        let at = |second: i64| Moment::sure(second * 1_000, 0);
        let bytes = RscMeasurement {
            speed_256: 300,
            cadence_per_min: 107,
            stride_cm: None,
            distance_dm: None,
            running: false,
        }
        .encode();
        let mut steps = 0;
        for second in (0..=60).chain(100..=160) {
            for action in pod.on_value(uuids::RSC_MEASUREMENT, &bytes, at(second)).unwrap() {
                let Action::Take(seen) = action else { panic!("{action:?}") };
                steps += seen.value;
            }
        }
        assert_eq!(steps, 214);
    }
}
