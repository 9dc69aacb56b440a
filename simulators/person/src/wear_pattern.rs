//! The ways in which people do and do not wear a wearable, and their names in text.

use std::fmt;
use std::str::FromStr;

use crate::error::PersonError;
use crate::wear::Sensor;

/// A share of days, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// Checks that the share lies between 0 and 1.
    ///
    /// # Errors
    ///
    /// [`PersonError::ShareOutOfRange`] where it does not.
    pub fn new(share: f64) -> Result<Self, PersonError> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(PersonError::ShareOutOfRange { share })
        }
    }

    /// The share as a number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

/// How a wearable is worn. In text: the name, with `:SHARE` where the pattern has one, as in `partly-worn:0.3`.
///
/// On a day worn in part the wearable is off at night and for one stretch of the waking day: put on late, taken off
/// early, or a hole between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WearPattern {
    /// `always`: every minute, day and night.
    Always,
    /// `whole-days-off:SHARE`: this share of days not at all, the others always.
    WholeDaysOff {
        /// Share of days off.
        share: Share,
    },
    /// `partly-worn:SHARE`: this share of days for Beta(7, 2.4) of the waking day (mean three quarters, so that four in
    /// five such days still reach ten hours), the others always.
    PartlyWorn {
        /// Share of days worn in part.
        share: Share,
    },
    /// `short-days:SHARE`: this share of days for two to nine and a half hours, which is below the ten that make a day
    /// valid; the others always.
    ShortDays {
        /// Share of short days.
        share: Share,
    },
    /// `less-in-flares`: every day for Beta(7, 2.4) of the waking day, 15 % less in a flare.
    LessInFlares,
    /// `less-on-low-step-days`: every day for Beta(7, 2.4) of the waking day, 20 % less on days below the person's own
    /// median steps.
    LessOnLowStepDays,
    /// `phone-only`: no wearable but a phone, carried for some stretches of the waking day; no heart rate.
    PhoneOnly,
}

impl WearPattern {
    /// What a person of this pattern has on them.
    #[must_use]
    pub fn sensor(self) -> Sensor {
        if self == Self::PhoneOnly { Sensor::Phone } else { Sensor::Wearable }
    }

    fn name_and_share(self) -> (&'static str, Option<Share>) {
        match self {
            Self::Always => ("always", None),
            Self::WholeDaysOff { share } => ("whole-days-off", Some(share)),
            Self::PartlyWorn { share } => ("partly-worn", Some(share)),
            Self::ShortDays { share } => ("short-days", Some(share)),
            Self::LessInFlares => ("less-in-flares", None),
            Self::LessOnLowStepDays => ("less-on-low-step-days", None),
            Self::PhoneOnly => ("phone-only", None),
        }
    }
}

impl fmt::Display for WearPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name_and_share() {
            (name, Some(share)) => write!(f, "{name}:{}", share.get()),
            (name, None) => f.write_str(name),
        }
    }
}

impl FromStr for WearPattern {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        let (name, share) = match text.split_once(':') {
            Some((name, share)) => (name, Some(share)),
            None => (text, None),
        };
        let needed = || {
            let share = share.ok_or(PersonError::ShareMissing)?;
            Share::new(share.parse().map_err(PersonError::ShareNotANumber)?)
        };
        let without = |pattern| if share.is_none() { Ok(pattern) } else { Err(PersonError::ShareUnexpected) };
        match name {
            "always" => without(Self::Always),
            "whole-days-off" => Ok(Self::WholeDaysOff { share: needed()? }),
            "partly-worn" => Ok(Self::PartlyWorn { share: needed()? }),
            "short-days" => Ok(Self::ShortDays { share: needed()? }),
            "less-in-flares" => without(Self::LessInFlares),
            "less-on-low-step-days" => without(Self::LessOnLowStepDays),
            "phone-only" => without(Self::PhoneOnly),
            _ => Err(PersonError::UnknownPattern),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Share, WearPattern};
    use crate::error::PersonError;

    #[test]
    fn text_and_back() {
        let share = Share::new(0.3).unwrap();
        for pattern in [
            WearPattern::Always,
            WearPattern::WholeDaysOff { share },
            WearPattern::PartlyWorn { share },
            WearPattern::ShortDays { share },
            WearPattern::LessInFlares,
            WearPattern::LessOnLowStepDays,
            WearPattern::PhoneOnly,
        ] {
            assert_eq!(pattern.to_string().parse(), Ok(pattern));
        }
    }

    #[test]
    fn wrong_text_is_refused_with_its_reason() {
        let parse = |text: &str| text.parse::<WearPattern>();
        assert_eq!(parse("partly-worn:1.5"), Err(PersonError::ShareOutOfRange { share: 1.5 }));
        assert!(matches!(parse("partly-worn:NaN"), Err(PersonError::ShareOutOfRange { .. })));
        assert!(matches!(parse("partly-worn:x"), Err(PersonError::ShareNotANumber(_))));
        assert_eq!(parse("partly-worn"), Err(PersonError::ShareMissing));
        assert_eq!(parse("always:0.3"), Err(PersonError::ShareUnexpected));
        assert_eq!(parse("sometimes"), Err(PersonError::UnknownPattern));
    }
}
