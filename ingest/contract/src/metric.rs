use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What was measured. Each metric has one unit, one decimal exponent, one shape and one plausible range, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Metric {
    /// Steps taken over an interval, 1 `{steps}`.
    Steps = 1,
    /// A device's cumulative counter as it stood at an instant, 1 `{steps}`; deltas are made at read.
    StepCounter = 2,
    /// Heart rate at an instant or its mean over an interval, 0.1 `/min`.
    HeartRate = 3,
    /// One beat-to-beat interval, 0.1 `ms`; several in one notification are told apart by `seq`.
    RrInterval = 4,
    /// Time the device was on the body within an interval, 1 `s`.
    Worn = 5,
    /// Whether the sensor touched skin at an instant, 0 or 1.
    Contact = 6,
    /// Charge at an instant, 1 `%`.
    Battery = 7,
    /// The device handed over its data at this instant; the value is 1.
    Sync = 8,
    /// Nothing was recorded from start to end; the value is a [`GapCause`] code.
    Gap = 9,
    /// The device's clock minus UTC at an instant, 1 `ms`.
    ClockSkew = 10,
}

/// Which times a metric may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `end == start`.
    Instant,
    /// `end > start`.
    Interval,
    /// Either.
    Both,
}

/// How fine a series is. Totals stand beside minutes, check and fill; they are never summed with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Grain {
    /// One record of the origin, with the extent that the origin gave it.
    Sample = 0,
    /// A regular epoch of a minute or less.
    Epoch = 1,
    /// A device's own hour or day sum, told apart by `end - start`.
    Total = 2,
}

/// How a reading came to be recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum How {
    /// The origin does not say.
    #[default]
    Unknown = 0,
    /// Typed in by a person.
    Manual = 1,
    /// A recording that the person started.
    Active = 2,
    /// Recorded without being asked.
    Automatic = 3,
}

/// Why nothing was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum GapCause {
    /// No cause is known.
    Unknown = 0,
    /// The device was off the body.
    NotWorn = 1,
    /// The device has not handed over its data.
    NotSynced = 2,
    /// The battery was empty.
    Battery = 3,
    /// The radio link was down.
    Link = 4,
    /// The phone's permission was withdrawn.
    Permission = 5,
    /// The collector's own disk was full.
    SpoolFull = 6,
    /// What the collector kept was damaged on its disk.
    SpoolDamaged = 7,
}

impl GapCause {
    /// Every cause, in code order.
    pub const ALL: [GapCause; 8] = [
        Self::Unknown,
        Self::NotWorn,
        Self::NotSynced,
        Self::Battery,
        Self::Link,
        Self::Permission,
        Self::SpoolFull,
        Self::SpoolDamaged,
    ];

    /// The cause with this code, if there is one.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| *cause as i64 == code)
    }
}

/// Why a number cannot be written in a metric's fixed exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScaleError {
    /// Finer than the metric's own resolution; round at the origin.
    TooFine,
    /// Not a number, infinite, or out of the integer range.
    OutOfRange,
}

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ScaleError::TooFine => "the exponent is finer than the metric's own resolution",
            ScaleError::OutOfRange => "the number does not fit the metric's integer range",
        })
    }
}

impl std::error::Error for ScaleError {}

impl Metric {
    /// Every metric, in code order.
    pub const ALL: [Metric; 10] = [
        Self::Steps,
        Self::StepCounter,
        Self::HeartRate,
        Self::RrInterval,
        Self::Worn,
        Self::Contact,
        Self::Battery,
        Self::Sync,
        Self::Gap,
        Self::ClockSkew,
    ];

    /// The stable code used in files.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The metric with this code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code)
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::StepCounter => "step_counter",
            Self::HeartRate => "heart_rate",
            Self::RrInterval => "rr_interval",
            Self::Worn => "worn",
            Self::Contact => "contact",
            Self::Battery => "battery",
            Self::Sync => "sync",
            Self::Gap => "gap",
            Self::ClockSkew => "clock_skew",
        }
    }

    /// The UCUM unit of a value once its exponent is applied.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Steps | Self::StepCounter => "{steps}",
            Self::HeartRate => "/min",
            Self::RrInterval | Self::ClockSkew => "ms",
            Self::Worn => "s",
            Self::Battery => "%",
            Self::Contact | Self::Sync | Self::Gap => "1",
        }
    }

    /// A stored integer times ten to this power is the value in [`Metric::unit`].
    #[must_use]
    pub fn exponent(self) -> i8 {
        match self {
            Self::HeartRate | Self::RrInterval => -1,
            _ => 0,
        }
    }

    /// Which times the metric may have.
    #[must_use]
    pub fn shape(self) -> Shape {
        match self {
            Self::Steps | Self::Worn | Self::Gap => Shape::Interval,
            Self::HeartRate => Shape::Both,
            _ => Shape::Instant,
        }
    }

    /// The least and greatest stored integer that is not nonsense, for an interval of `duration_ms`.
    ///
    /// These bounds only keep out what no device can mean; analytics gates more tightly. Steps: 10 a second, twice
    /// the fastest sprint cadence. Heart rate 20 to 300 /min, RR interval 100 to 10,000 ms: beyond what is compatible
    /// with wearing a sensor; 0 is how many devices say "no reading" and is refused as such. Clock skew: 100 years.
    #[must_use]
    pub fn range(self, duration_ms: i64) -> (i64, i64) {
        let seconds = (duration_ms.max(0) + 999) / 1000;
        match self {
            Self::Steps => (0, seconds.saturating_mul(10)),
            Self::StepCounter => (0, u32::MAX as i64),
            Self::HeartRate => (200, 3_000),
            Self::RrInterval => (1_000, 100_000),
            Self::Worn => (0, seconds),
            Self::Contact => (0, 1),
            Self::Battery => (0, 100),
            Self::Sync => (1, 1),
            Self::Gap => (0, GapCause::ALL.len() as i64 - 1),
            Self::ClockSkew => (-3_155_760_000_000, 3_155_760_000_000),
        }
    }

    /// A whole number with decimal exponent `exponent` as this metric's stored integer.
    ///
    /// # Errors
    /// [`ScaleError::TooFine`] when the exponent is below the metric's, [`ScaleError::OutOfRange`] on overflow.
    pub fn scale_integer(self, number: i64, exponent: i8) -> Result<i64, ScaleError> {
        let shift = u32::try_from(i16::from(exponent) - i16::from(self.exponent()))
            .map_err(|_| ScaleError::TooFine)?;
        10_i64.checked_pow(shift).and_then(|factor| number.checked_mul(factor)).ok_or(ScaleError::OutOfRange)
    }

    /// A device's own decimal as this metric's stored integer: **the one place where rounding happens** (half away
    /// from zero, pinned by `tests/golden/rounding.json`).
    ///
    /// # Errors
    /// [`ScaleError::OutOfRange`] for NaN, infinities and what does not fit.
    pub fn scale_decimal(self, number: f64) -> Result<i64, ScaleError> {
        let scaled = (number * 10_f64.powi(-i32::from(self.exponent()))).round();
        // 2^53: beyond it a double no longer holds every integer.
        if scaled.is_finite() && scaled.abs() <= 9_007_199_254_740_992.0 {
            Ok(scaled as i64)
        } else {
            Err(ScaleError::OutOfRange)
        }
    }

    /// A stored integer in the metric's unit, exact for every value that a device can mean.
    #[must_use]
    pub fn to_unit(self, stored: i64) -> f64 {
        stored as f64 / 10_f64.powi(-i32::from(self.exponent()))
    }
}

macro_rules! text_codes {
    ($type:ty, $what:literal, $error:ident, [$(($variant:path, $text:literal)),* $(,)?]) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($variant => $text),* })
            }
        }
        impl FromStr for $type {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                match text { $($text => Ok($variant),)* _ => Err($error) }
            }
        }
        #[doc = concat!("The text names no ", $what, ".")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $error;
        impl fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("unknown ", $what, "; known: ", $($text, " "),*))
            }
        }
        impl std::error::Error for $error {}
    };
}

text_codes!(
    Metric,
    "metric",
    UnknownMetric,
    [
        (Metric::Steps, "steps"),
        (Metric::StepCounter, "step_counter"),
        (Metric::HeartRate, "heart_rate"),
        (Metric::RrInterval, "rr_interval"),
        (Metric::Worn, "worn"),
        (Metric::Contact, "contact"),
        (Metric::Battery, "battery"),
        (Metric::Sync, "sync"),
        (Metric::Gap, "gap"),
        (Metric::ClockSkew, "clock_skew"),
    ]
);
text_codes!(
    Grain,
    "grain",
    UnknownGrain,
    [(Grain::Sample, "sample"), (Grain::Epoch, "epoch"), (Grain::Total, "total"),]
);
text_codes!(
    How,
    "recording method",
    UnknownHow,
    [
        (How::Unknown, "unknown"),
        (How::Manual, "manual"),
        (How::Active, "active"),
        (How::Automatic, "automatic"),
    ]
);

impl Grain {
    /// Every grain, in code order.
    pub const ALL: [Grain; 3] = [Self::Sample, Self::Epoch, Self::Total];

    /// The grain with this code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|g| *g as u8 == code)
    }

    /// The longest interval that this grain admits: a minute for an epoch, a day of 26 hours (a DST day and a
    /// device's own margin) for a total, a week for one record of an origin.
    #[must_use]
    pub fn max_duration_ms(self) -> i64 {
        match self {
            Grain::Sample => 7 * 86_400_000,
            Grain::Epoch => 60_000,
            Grain::Total => 26 * 3_600_000,
        }
    }
}

impl How {
    /// The method with this code, if there is one.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Unknown, Self::Manual, Self::Active, Self::Automatic].into_iter().find(|h| *h as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_come_back() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_code(metric.code()), Some(metric));
            assert_eq!(metric.to_string(), metric.name());
            assert_eq!(metric.name().parse(), Ok(metric));
        }
        assert_eq!("hart_rate".parse::<Metric>(), Err(UnknownMetric));
    }

    #[test]
    fn integers_scale_exactly_or_not_at_all() {
        assert_eq!(Metric::HeartRate.scale_integer(72, 0), Ok(720));
        assert_eq!(Metric::HeartRate.scale_integer(725, -1), Ok(725));
        assert_eq!(Metric::HeartRate.scale_integer(7251, -2), Err(ScaleError::TooFine));
        assert_eq!(Metric::Steps.scale_integer(1, 40), Err(ScaleError::OutOfRange));
        assert_eq!(Metric::HeartRate.scale_decimal(f64::NAN), Err(ScaleError::OutOfRange));
    }
}
