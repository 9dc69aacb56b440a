//! What a sensor saw of the truth.

use chrono::NaiveDate;

use crate::truth::{MINUTES_PER_DAY, TruthDay};
use crate::wear::{Sensor, WearMask};

/// What a sensor reports of one local day, minute by minute from midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDay {
    /// The local date.
    pub date: NaiveDate,
    /// Steps counted in each minute: 0 where the sensor was off, as real ones report.
    pub steps: [u16; MINUTES_PER_DAY],
    /// Heart rate of each minute in tenths of a beat per minute; none where the sensor was off or has no such sensor.
    pub heart_rate_deci_bpm: [Option<u16>; MINUTES_PER_DAY],
}

impl SeenDay {
    /// Steps counted on this day.
    #[must_use]
    pub fn total_steps(&self) -> u32 {
        self.steps.iter().map(|&steps| u32::from(steps)).sum()
    }
}

/// What the sensor of this mask reports of this day. It makes no errors of its own: what was worn is the truth.
#[must_use]
pub fn seen(truth: &TruthDay, mask: &WearMask) -> SeenDay {
    let heart = mask.sensor == Sensor::Wearable;
    SeenDay {
        date: truth.date,
        steps: std::array::from_fn(|minute| if mask.worn[minute] { truth.steps[minute] } else { 0 }),
        heart_rate_deci_bpm: std::array::from_fn(|minute| {
            (heart && mask.worn[minute]).then_some(truth.heart_rate_deci_bpm[minute])
        }),
    }
}
