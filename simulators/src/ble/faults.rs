//! What is wrong with devices and their links, and when.

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::error::SimError;

/// Faults. What is not set does not happen. Times are seconds since the start.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Each link is lost after this time, and can be made again at once.
    pub drop_every_s: Option<NonZeroU32>,
    /// When the link is up but nothing is sent.
    pub silent: Option<Vec<Window>>,
    /// When the device neither advertises nor answers.
    pub out_of_range: Option<Vec<Window>>,
    /// When the sensor has no contact with the skin.
    pub no_contact: Option<Vec<Window>>,
    /// When the device restarts: the link is lost and what it counted is 0 again.
    pub counter_reset: Option<Vec<u32>>,
    /// The first value of each link, and of each day, is the last one sent before.
    pub stale_first_value: Option<bool>,
    /// Share of notifications that are cut short.
    pub malformed: Option<Share>,
    /// Share of connections that fail.
    pub connect_fail: Option<Share>,
    /// How far the device's clock is ahead at the start, in milliseconds.
    pub clock_offset_ms: Option<ClockOffset>,
    /// How much too fast the device's clock runs, in millionths.
    pub clock_drift_ppm: Option<i32>,
    /// The device's clock starts at 2000-01-01 00:00:00.
    pub year_2000: Option<bool>,
    /// How long pairing takes, in seconds.
    pub slow_pairing_s: Option<u64>,
}

/// A span of time, once or again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First second.
    pub from_s: u32,
    /// How many seconds.
    pub for_s: u32,
    /// It comes again after this many seconds.
    pub every_s: Option<NonZeroU32>,
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(f64);

/// How far a clock is ahead, in milliseconds: at most 50 years, either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct ClockOffset(i64);

impl ClockOffset {
    const MOST_MS: i64 = 50 * 365 * 86_400_000;

    pub(crate) fn ms(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for ClockOffset {
    type Error = SimError;

    fn try_from(offset_ms: i64) -> Result<Self, SimError> {
        match (-Self::MOST_MS..=Self::MOST_MS).contains(&offset_ms) {
            true => Ok(Self(offset_ms)),
            false => Err(SimError::ClockOffsetOutOfRange { offset_ms, most_ms: Self::MOST_MS }),
        }
    }
}

impl Faults {
    /// These faults, and for each key that is not set that of `base`.
    pub(crate) fn over(&self, base: &Self) -> Self {
        let (own, base) = (self.clone(), base.clone());
        Self {
            drop_every_s: own.drop_every_s.or(base.drop_every_s),
            silent: own.silent.or(base.silent),
            out_of_range: own.out_of_range.or(base.out_of_range),
            no_contact: own.no_contact.or(base.no_contact),
            counter_reset: own.counter_reset.or(base.counter_reset),
            stale_first_value: own.stale_first_value.or(base.stale_first_value),
            malformed: own.malformed.or(base.malformed),
            connect_fail: own.connect_fail.or(base.connect_fail),
            clock_offset_ms: own.clock_offset_ms.or(base.clock_offset_ms),
            clock_drift_ppm: own.clock_drift_ppm.or(base.clock_drift_ppm),
            year_2000: own.year_2000.or(base.year_2000),
            slow_pairing_s: own.slow_pairing_s.or(base.slow_pairing_s),
        }
    }
}

impl Window {
    /// Whether this moment, in milliseconds since the start, is inside.
    pub(crate) fn holds(&self, at_ms: i64) -> bool {
        let since = at_ms - i64::from(self.from_s) * 1000;
        let since = match self.every_s {
            Some(every) if since >= 0 => since % (i64::from(every.get()) * 1000),
            _ => since,
        };
        (0..i64::from(self.for_s) * 1000).contains(&since)
    }
}

impl Share {
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = SimError;

    fn try_from(share: f64) -> Result<Self, SimError> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err(SimError::ShareOutOfRange { share }) }
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn windows_come_again() {
        let window = Window { from_s: 10, for_s: 5, every_s: std::num::NonZeroU32::new(60) };
        let inside: Vec<i64> = (0..130).filter(|second| window.holds(second * 1000)).collect();
        assert_eq!(inside, [10, 11, 12, 13, 14, 70, 71, 72, 73, 74]);
        assert!(!window.holds(-50_000));
    }
}
