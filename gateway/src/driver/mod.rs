//! One module a family of wearables: which bytes to ask for, and what they mean. Drivers do no I/O and read no clock.

mod activity_band;
mod colmi;
mod foot_pod;
mod heart_rate_strap;
mod infinitime;
mod standard;
mod step_climber;

use std::fmt;

use foulee_contract::{Grain, Metric, SourceKind};
use foulee_gatt::{GattError, uuids};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A family of wearables that speak alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Anything with the Bluetooth Heart Rate Service: chest straps, arm bands, watches that broadcast.
    HeartRateStrap,
    /// PineTime and others with InfiniTime firmware.
    Infinitime,
    /// Anything with the Running Speed and Cadence Service.
    FootPod,
    /// Anything with the Physical Activity Monitor Service.
    ActivityBand,
    /// Colmi R02 and its kin: rings with stored steps and heart rate.
    ColmiRing,
    /// A step climber with the Fitness Machine Service.
    StepClimber,
}

/// What can be collected from a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Heart rate.
    HeartRate,
    /// Beat-to-beat intervals.
    RrInterval,
    /// Whether the sensor touches skin.
    Contact,
    /// Steps, or a counter of them.
    Steps,
    /// Charge.
    Battery,
}

impl Stream {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HeartRate => "heart_rate",
            Self::RrInterval => "rr_interval",
            Self::Contact => "contact",
            Self::Steps => "steps",
            Self::Battery => "battery",
        }
    }
}

/// How well a family is known to work, by rules that docs/adding-a-wearable.md states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Its bytes are decoded and tested against the published layout.
    Bronze,
    /// And a simulated device of the family passes the whole-system test, with faults.
    Silver,
    /// And its decoder is fuzzed, and recordings of a real device are replayed.
    Gold,
    /// And it was worn in the field for a week, next to a reference.
    Platinum,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
            Self::Platinum => "platinum",
        })
    }
}

/// What a device says of itself before a link is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertisement {
    /// Its name, if it gives one.
    pub name: Option<String>,
    /// The services that it names.
    pub services: Vec<Uuid>,
}

/// When something happens, as the gateway's clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// ms since 1970 UTC.
    pub utc_ms: i64,
    /// Minutes that local time is ahead of UTC.
    pub offset_minutes: i16,
    /// Time since the machine started, ms: it goes on where the clock jumps.
    pub boot_ms: i64,
    /// Number of the clock's stretch: see [`crate::clock::stretch`].
    pub stretch: u32,
    /// Whether the clock is known to be right.
    pub sure: bool,
}

impl Moment {
    /// By a clock that is right.
    #[must_use]
    pub const fn sure(utc_ms: i64, offset_minutes: i16) -> Self {
        Self { utc_ms, offset_minutes, boot_ms: utc_ms, stretch: 0, sure: true }
    }

    /// This instant, ms UTC, by the clock as it runs at `now`: the same but where it has jumped since.
    #[must_use]
    pub fn by_clock_of(self, now: Self) -> i64 {
        if self.stretch == now.stretch { self.utc_ms } else { now.utc_ms - (now.boot_ms - self.boot_ms) }
    }

    /// Local time as ms since 1970, as a device that knows no zone keeps it.
    #[must_use]
    pub fn local_ms(self) -> i64 {
        self.utc_ms + i64::from(self.offset_minutes) * 60_000
    }
}

/// When a value was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When it was received.
    Now,
    /// Between an earlier instant and when it was received, both on the gateway's clock.
    Since(i64),
    /// At these times of the device's own clock, ms UTC; the gateway holds them against its own before it takes them.
    Device {
        /// First instant.
        start_ms: i64,
        /// Last instant.
        end_ms: i64,
    },
}

/// Something that a device reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was measured.
    pub metric: Metric,
    /// How fine.
    pub grain: Grain,
    /// When.
    pub when: When,
    /// The origin's own number among those of the same time, else 0.
    pub seq: u64,
    /// The origin's version, else 0.
    pub rev: u64,
    /// In the metric's unit and exponent.
    pub value: i64,
    /// Of a counter that the device itself begins anew: which one.
    pub epoch: u32,
}

impl Observation {
    /// A value measured when it was received.
    #[must_use]
    pub fn now(metric: Metric, value: i64) -> Self {
        Self { metric, grain: Grain::Sample, when: When::Now, seq: 0, rev: 0, value, epoch: 0 }
    }
}

/// What is kept of a device from one run of the gateway to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Minutes that its clock is ahead of UTC, as it was first set and has been ever since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_minutes: Option<i16>,
    /// From when until when, ms UTC by its own clock, nobody knows when what it stored was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt_ms: Option<(i64, i64)>,
}

/// What a driver wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take this reading.
    Take(Observation),
    /// Set this reading aside: the device's clock was off when it was stored.
    Doubt(Observation),
    /// Keep this for the next run.
    Remember(Memory),
    /// Be told when this characteristic changes. Devices that lack it are not asked.
    Subscribe(Uuid),
    /// Read this characteristic; its value comes back through [`Driver::on_value`].
    Read(Uuid),
    /// Write these bytes.
    Write {
        /// Where to.
        characteristic: Uuid,
        /// What.
        bytes: Vec<u8>,
        /// Whether the device confirms.
        confirmed: bool,
    },
}

/// One device of a family. A driver lives as long as the gateway; [`Driver::on_link`] begins each session.
pub trait Driver: Send {
    /// What to do on a new link, before anything else: subscribe, read, set the time, ask for what was stored.
    fn on_link(&mut self, now: Moment) -> Vec<Action>;

    /// What a notification or the answer to a read means.
    ///
    /// # Errors
    /// When the bytes are not what the characteristic promises; nothing of them is taken.
    fn on_value(&mut self, characteristic: Uuid, bytes: &[u8], now: Moment)
    -> Result<Vec<Action>, GattError>;

    /// What to do from time to time on a link, about once a minute.
    fn on_minute(&mut self, now: Moment) -> Vec<Action>;
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 6] = [
        Self::HeartRateStrap,
        Self::Infinitime,
        Self::FootPod,
        Self::ActivityBand,
        Self::ColmiRing,
        Self::StepClimber,
    ];

    /// Its name in the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HeartRateStrap => "heart_rate_strap",
            Self::Infinitime => "infinitime",
            Self::FootPod => "foot_pod",
            Self::ActivityBand => "activity_band",
            Self::ColmiRing => "colmi_ring",
            Self::StepClimber => "step_climber",
        }
    }

    /// The kind of source that it is.
    #[must_use]
    pub fn kind(self) -> SourceKind {
        match self {
            Self::HeartRateStrap => SourceKind::Strap,
            Self::Infinitime | Self::ActivityBand => SourceKind::Watch,
            Self::FootPod => SourceKind::FootPod,
            Self::ColmiRing => SourceKind::Ring,
            // Nobody wears it: it says that somebody moved, never that they were still.
            Self::StepClimber => SourceKind::Unknown,
        }
    }

    /// How well it is known to work.
    #[must_use]
    pub fn tier(self) -> Tier {
        match self {
            // Each is in the whole-system test; none was met in the field.
            Self::HeartRateStrap
            | Self::Infinitime
            | Self::FootPod
            | Self::ActivityBand
            | Self::ColmiRing
            | Self::StepClimber => Tier::Silver,
        }
    }

    /// What it can give.
    #[must_use]
    pub fn streams(self) -> &'static [Stream] {
        match self {
            Self::HeartRateStrap => {
                &[Stream::HeartRate, Stream::RrInterval, Stream::Contact, Stream::Battery]
            }
            Self::Infinitime | Self::ActivityBand | Self::ColmiRing | Self::StepClimber => {
                &[Stream::HeartRate, Stream::Steps, Stream::Battery]
            }
            Self::FootPod => &[Stream::Steps, Stream::Battery],
        }
    }

    /// Whether a device of it tells something every few seconds while it is worn, so that silence is a fault.
    #[must_use]
    pub fn tells_regularly(self) -> bool {
        matches!(self, Self::HeartRateStrap | Self::FootPod | Self::StepClimber)
    }

    /// Whether an advertisement looks like one of it. A device is only connected to when the configuration names it;
    /// this says which family to write there.
    #[must_use]
    pub fn matches(self, advertisement: &Advertisement) -> bool {
        let has = |service: Uuid| advertisement.services.contains(&service);
        let named = |start: &str| advertisement.name.as_deref().is_some_and(|name| name.starts_with(start));
        match self {
            // InfiniTime advertises the heart-rate service too, never its own.
            Self::Infinitime => named("InfiniTime") || named("Pinetime"),
            Self::HeartRateStrap => {
                has(uuids::HEART_RATE_SERVICE) && !Self::Infinitime.matches(advertisement)
            }
            Self::FootPod => has(uuids::RUNNING_SERVICE),
            Self::ActivityBand => has(uuids::ACTIVITY_SERVICE),
            // Other machines have the service too; one that is no step climber gives nothing.
            Self::StepClimber => has(uuids::FITNESS_MACHINE_SERVICE),
            Self::ColmiRing => has(uuids::COLMI_SERVICE) || named("R0") || named("COLMI"),
        }
    }

    /// A driver for one device, given which streams to collect and what is remembered of it.
    #[must_use]
    pub fn driver(self, wants: impl Fn(Stream) -> bool, memory: Memory) -> Box<dyn Driver> {
        match self {
            Self::HeartRateStrap => Box::new(heart_rate_strap::HeartRateStrap::new(wants)),
            Self::Infinitime => Box::new(infinitime::Infinitime::new(wants)),
            Self::FootPod => Box::new(foot_pod::FootPod::new(wants)),
            Self::ActivityBand => Box::new(activity_band::ActivityBand::new(wants)),
            Self::StepClimber => Box::new(step_climber::StepClimber::new(wants)),
            Self::ColmiRing => Box::new(colmi::ColmiRing::new(wants, memory)),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
