//! What to simulate: which wearables, on how many adapters, with which faults. Written as TOML.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::Path;

use chrono_tz::Tz;
use serde::Deserialize;

use super::faults::Faults;
use crate::error::SimError;

/// What to simulate. A key that is not known is refused with its line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Bluetooth adapters: hci0, hci1 and so on.
    pub adapters: NonZeroU32,
    /// Home time zone of all people: when their midnight is.
    pub time_zone: Zone,
    /// Everybody walks all the time, so that a short run at night has steps too.
    pub walking: bool,
    /// The same from an instant on, in milliseconds since 1970, UTC; before it people live as they do.
    pub walking_from_ms: Option<i64>,
    /// How the radio and the daemon behave.
    pub radio: Radio,
    /// Faults of all wearables.
    pub faults: Faults,
    /// The wearables, in groups of equal ones.
    #[serde(rename = "wearable")]
    pub wearables: Vec<Group>,
}

/// Some wearables of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What they are.
    pub kind: Kind,
    /// How many.
    #[serde(default = "one")]
    pub count: NonZeroU32,
    /// Seed of the first one's wearer; the others' count up. Without it everybody is somebody else.
    pub person: Option<u64>,
    /// They answer encrypted reads only, until paired.
    #[serde(default)]
    pub bonding: bool,
    /// Number of the adapter that hears them.
    #[serde(default)]
    pub adapter: u32,
    /// Faults of this group; a key that is set here replaces that of the whole plan.
    #[serde(default)]
    pub faults: Faults,
}

/// A kind of wearable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Heart-rate strap with RR intervals.
    Strap,
    /// PineTime watch with the InfiniTime firmware.
    Infinitime,
    /// Running speed and cadence sensor on a shoe.
    FootPod,
    /// Band with the Physical Activity Monitor Service.
    Band,
    /// Step climber with the Fitness Machine Service.
    StepClimber,
    /// Colmi R02 ring, which keeps step and heart-rate logs.
    Ring,
}

impl Kind {
    /// The name as in a plan.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strap => "strap",
            Self::Infinitime => "infinitime",
            Self::FootPod => "foot_pod",
            Self::Band => "band",
            Self::StepClimber => "step_climber",
            Self::Ring => "ring",
        }
    }
}

/// How the radio and the daemon behave.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Radio {
    /// Time until a link is up, in milliseconds.
    pub connect_ms: u64,
    /// Time until the services of a new link are known, in milliseconds.
    pub discovery_ms: u64,
    /// Time after which a connection to what is out of range fails, in seconds: 20 as in Linux.
    pub connect_timeout_s: u64,
    /// What happens to a connection that is asked for while another one is being made.
    pub connect_queue: ConnectQueue,
    /// Time after which a device is forgotten that was seen but never connected to, in seconds: 30 as in BlueZ.
    pub temporary_timeout_s: NonZeroU64,
    /// What an encrypted value answers to who is not paired.
    pub unpaired: Unpaired,
    /// Time after which pairing fails, in seconds: 30 as in BlueZ.
    pub pairing_timeout_s: NonZeroU64,
}

/// What happens to a connection that is asked for while another one is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectQueue {
    /// It waits for its turn.
    Wait,
    /// It is refused with `org.bluez.Error.InProgress`.
    InProgress,
}

/// What an encrypted value answers to who is not paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpaired {
    /// `org.bluez.Error.NotPermitted`, "Not paired".
    Refuse,
    /// Pairing starts, as in real BlueZ: with an agent the value comes afterwards; without one nothing comes until the
    /// timeout, and the link is lost.
    Pair,
}

/// A time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Zone(Tz);

impl Plan {
    /// Reads a plan from a file.
    pub fn read(path: &Path) -> Result<Self, SimError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SimError::ReadPlan { path: path.to_owned(), source })?;
        text.parse()
    }

    /// From when on everybody walks, in milliseconds since 1970, UTC.
    pub(crate) fn walking_from_ms(&self) -> i64 {
        if self.walking { i64::MIN } else { self.walking_from_ms.unwrap_or(i64::MAX) }
    }

    fn check(self) -> Result<Self, SimError> {
        let beyond = self.wearables.iter().find(|group| group.adapter >= self.adapters.get());
        match beyond {
            Some(group) => {
                Err(SimError::NoSuchAdapter { adapter: group.adapter, adapters: self.adapters.get() })
            }
            None => Ok(self),
        }
    }
}

impl std::str::FromStr for Plan {
    type Err = SimError;

    fn from_str(text: &str) -> Result<Self, SimError> {
        toml::from_str::<Self>(text).map_err(|source| SimError::Plan(Box::new(source)))?.check()
    }
}

impl Default for Plan {
    /// One strap and one watch, nothing wrong with them.
    fn default() -> Self {
        let group = |kind| Group {
            kind,
            count: one(),
            person: None,
            bonding: false,
            adapter: 0,
            faults: Faults::default(),
        };
        Self {
            adapters: one(),
            time_zone: Zone(chrono_tz::Europe::Paris),
            walking: false,
            walking_from_ms: None,
            radio: Radio::default(),
            faults: Faults::default(),
            wearables: vec![group(Kind::Strap), group(Kind::Infinitime)],
        }
    }
}

impl Default for Radio {
    fn default() -> Self {
        let thirty = NonZeroU64::MIN.saturating_add(29);
        Self {
            connect_ms: 50,
            discovery_ms: 30,
            connect_timeout_s: 20,
            connect_queue: ConnectQueue::Wait,
            temporary_timeout_s: thirty,
            unpaired: Unpaired::Refuse,
            pairing_timeout_s: thirty,
        }
    }
}

impl Zone {
    pub(crate) fn get(self) -> Tz {
        self.0
    }
}

impl TryFrom<String> for Zone {
    type Error = SimError;

    fn try_from(name: String) -> Result<Self, SimError> {
        name.parse().map(Self).map_err(SimError::UnknownTimeZone)
    }
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

#[cfg(test)]
mod tests {
    use super::{Kind, Plan};

    #[test]
    fn a_group_replaces_faults_key_by_key() {
        let plan: Plan = "
            [faults]
            drop_every_s = 20
            malformed = 0.1
            [[wearable]]
            kind = 'foot_pod'
            count = 3
            [wearable.faults]
            malformed = 0.0
            silent = [{ from_s = 1, for_s = 2 }]
        "
        .parse()
        .unwrap();
        let group = &plan.wearables[0];
        assert_eq!((group.kind, group.count.get()), (Kind::FootPod, 3));
        let faults = group.faults.over(&plan.faults);
        assert_eq!(faults.drop_every_s.unwrap().get(), 20);
        assert_eq!(faults.malformed.unwrap().get(), 0.0);
        assert_eq!(faults.silent.unwrap().len(), 1);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, word) in [
            ("adapters = 1\nadaptors = 2\n", "line 2", "adaptors"),
            ("[faults]\n\ndrop_every = 20\n", "line 3", "drop_every"),
            ("[faults]\nmalformed = 1.5\n", "line 2", "1.5"),
            ("time_zone = 'Europe/Pari'\n", "line 1", "time_zone"),
            ("[[wearable]]\nkind = 'hat'\n", "line 2", "hat"),
        ] {
            let error = text.parse::<Plan>().unwrap_err();
            let source = std::error::Error::source(&error).unwrap().to_string();
            assert!(source.contains(line) && source.contains(word), "{text}: {source}");
        }
        assert!("[[wearable]]\nkind = 'ring'\nadapter = 1".parse::<Plan>().is_err());
    }
}
