//! PineTime and others with InfiniTime firmware: heart rate and a counter of the day's steps, both told when they change.
//!
//! Its counter begins anew at its own midnight, and when it reboots; it goes on raw, deltas are made where it is read.
//! Source: InfiniTime, doc/MotionService.md, CurrentTimeService.cpp, HeartRateService.cpp.

use foulee_contract::Metric;
use foulee_gatt::current_time::{AdjustReason, CurrentTime};
use foulee_gatt::infinitime::StepCount;
use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::standard::{Battery, HeartRate};
use super::{Action, Driver, Moment, Observation, Stream};

/// Minutes between two settings of its clock on a lasting link: a day.
const SET_TIME_EVERY: u32 = 24 * 60;
/// Minutes between two looks at a counter that does not change: the last value is then known to stand.
const LOOK_EVERY: u32 = 5;

#[derive(Debug)]
pub(super) struct Infinitime {
    heart: HeartRate,
    battery: Battery,
    steps: bool,
    minutes: u32,
    /// Whether its clock was set on this link.
    set: bool,
}

impl Infinitime {
    pub(super) fn new(wants: impl Fn(Stream) -> bool) -> Self {
        Self {
            heart: HeartRate::new(&wants),
            battery: Battery::new(&wants),
            steps: wants(Stream::Steps),
            minutes: 0,
            set: false,
        }
    }

    /// The clock is read before it is set, so that what it was off by is on record. By a clock that may be wrong itself it
    /// is not set; nor to a date that it cannot hold.
    fn set_time(&mut self, now: Moment) -> Vec<Action> {
        if !now.sure {
            return Vec::new();
        }
        self.set = true;
        let reason = AdjustReason { external_reference: true, ..AdjustReason::default() };
        let time = CurrentTime::from_unix_ms(now.utc_ms, now.offset_minutes, reason).ok();
        let write = time.map(|time| Action::Write {
            characteristic: uuids::CURRENT_TIME,
            bytes: time.encode(),
            confirmed: true,
        });
        std::iter::once(Action::Read(uuids::CURRENT_TIME)).chain(write).collect()
    }
}

impl Driver for Infinitime {
    fn on_link(&mut self, now: Moment) -> Vec<Action> {
        (self.minutes, self.set) = (0, false);
        let mut actions = self.set_time(now);
        actions.extend(self.heart.on_link());
        if self.steps {
            // Told only when it changes: what it stands at now is asked for.
            actions
                .extend([Action::Subscribe(uuids::INFINITIME_STEPS), Action::Read(uuids::INFINITIME_STEPS)]);
        }
        actions.extend(self.battery.on_link());
        actions
    }

    fn on_value(
        &mut self,
        characteristic: Uuid,
        bytes: &[u8],
        now: Moment,
    ) -> Result<Vec<Action>, GattError> {
        match characteristic {
            uuids::HEART_RATE_MEASUREMENT => self.heart.on_value(bytes),
            uuids::BATTERY_LEVEL => Battery::on_value(bytes),
            uuids::INFINITIME_STEPS => {
                let count = StepCount::decode(bytes)?;
                Ok(vec![Action::Take(Observation::now(Metric::StepCounter, i64::from(count.steps)))])
            }
            uuids::CURRENT_TIME => {
                let shown_ms = CurrentTime::decode(bytes)?.to_unix_ms(now.offset_minutes);
                Ok(vec![Action::Take(Observation::now(Metric::ClockSkew, shown_ms - now.utc_ms))])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn on_minute(&mut self, now: Moment) -> Vec<Action> {
        self.minutes += 1;
        let mut actions: Vec<Action> = self.battery.on_minute().into_iter().collect();
        if self.steps && self.minutes.is_multiple_of(LOOK_EVERY) {
            actions.push(Action::Read(uuids::INFINITIME_STEPS));
        }
        if !self.set || self.minutes.is_multiple_of(SET_TIME_EVERY) {
            actions.extend(self.set_time(now));
        }
        actions
    }
}
