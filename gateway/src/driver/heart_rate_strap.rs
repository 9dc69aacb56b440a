//! Anything with the Bluetooth Heart Rate Service.

use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::standard::{Battery, HeartRate};
use super::{Action, Driver, Moment, Stream};

#[derive(Debug)]
pub(super) struct HeartRateStrap {
    heart: HeartRate,
    battery: Battery,
}

impl HeartRateStrap {
    pub(super) fn new(wants: impl Fn(Stream) -> bool) -> Self {
        Self { heart: HeartRate::new(&wants), battery: Battery::new(&wants) }
    }
}

impl Driver for HeartRateStrap {
    fn on_link(&mut self, _: Moment) -> Vec<Action> {
        self.heart.on_link().into_iter().chain(self.battery.on_link()).collect()
    }

    fn on_value(&mut self, characteristic: Uuid, bytes: &[u8], _: Moment) -> Result<Vec<Action>, GattError> {
        match characteristic {
            uuids::HEART_RATE_MEASUREMENT => self.heart.on_value(bytes),
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
    use crate::driver::Observation;
    use foulee_contract::Metric;

    const NOW: Moment = Moment::sure(0, 0);

    fn values(bytes: &[u8]) -> Vec<(Metric, i64, u64)> {
        let mut strap = HeartRateStrap::new(|_| true);
        let actions = strap.on_value(uuids::HEART_RATE_MEASUREMENT, bytes, NOW).unwrap();
        let taken = actions.into_iter().map(|action| match action {
            Action::Take(Observation { metric, value, seq, .. }) => (metric, value, seq),
            other => panic!("{other:?}"),
        });
        taken.collect()
    }

    #[test]
    fn rate_contact_and_intervals_are_told_apart() {
        assert_eq!(
            values(&[0b1_0110, 72, 0x00, 0x04, 0x33, 0x03]),
            [
                (Metric::Contact, 1, 0),
                (Metric::HeartRate, 720, 0),
                (Metric::RrInterval, 10_000, 0),
                (Metric::RrInterval, 7_998, 1)
            ]
        );
    }

    #[test]
    fn no_reading_is_never_zero() {
        assert_eq!(values(&[0, 0]), []);
        assert_eq!(values(&[0b0100, 72]), [(Metric::Contact, 0, 0)]);
        assert_eq!(values(&[0b0110, 0]), [(Metric::Contact, 1, 0)]);
    }

    #[test]
    fn what_is_cut_short_is_refused_whole() {
        let mut strap = HeartRateStrap::new(|_| true);
        assert!(strap.on_value(uuids::HEART_RATE_MEASUREMENT, &[1, 72], NOW).is_err());
    }
}
