//! Wearables: what each offers, answers and sends. A device's radio and faults are not theirs.
//!
//! To add one: a module that implements [`Wearable`], a name in [`Kind`], a line in [`make`].

mod band;
mod day_counter;
mod foot_pod;
mod infinitime;
mod ring;
mod ring_memory;
mod standard;
mod step_climber;
mod strap;

use foulee_gatt::uuids::DEVICE_INFORMATION_SERVICE;
use uuid::Uuid;

use super::body::Body;
use super::clock::DeviceClock;
use super::plan::Kind;

/// A wearable's side of a link. It is asked once a second whether or not anybody listens, because a device goes on
/// counting alone.
pub(crate) trait Wearable: Send {
    /// What a scan shows and discovery finds.
    fn profile(&self) -> Profile;

    /// What this second brings. It is sent where somebody has subscribed and is lost elsewhere, as with real devices.
    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu>;

    /// What a characteristic holds now. Nothing where it cannot be read.
    fn read(&mut self, characteristic: Uuid, now: &mut Now<'_>) -> Option<Pdu>;

    /// Takes what was written and gives what is sent in answer. Nothing where it cannot be written or is malformed.
    fn write(&mut self, characteristic: Uuid, bytes: &[u8], now: &mut Now<'_>) -> Option<Vec<Pdu>>;

    /// The device starts anew: what it counted is lost.
    fn restart(&mut self, now: &mut Now<'_>);

    /// When and why what it counts began at 0 again, so far.
    fn epochs(&self) -> &[Epoch];
}

/// What a scan shows and discovery finds.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) appearance: u16,
    /// UUIDs in the advertisement, which may be fewer than there are services.
    pub(crate) advertised: Vec<Uuid>,
    pub(crate) services: Vec<Service>,
}

/// A primary service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) uuid: Uuid,
    pub(crate) characteristics: Vec<Characteristic>,
}

/// A characteristic. Its UUID is used once in a device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Characteristic {
    pub(crate) uuid: Uuid,
    pub(crate) flags: &'static [Flag],
}

/// What may be done with a characteristic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    Read,
    Write,
    WriteWithoutResponse,
    Notify,
    Indicate,
}

impl Flag {
    /// As BlueZ writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::WriteWithoutResponse => "write-without-response",
            Self::Notify => "notify",
            Self::Indicate => "indicate",
        }
    }
}

/// The bytes of one notification or read, and what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pdu {
    pub(crate) characteristic: Uuid,
    pub(crate) bytes: Vec<u8>,
    pub(crate) values: Vec<Value>,
}

/// One value inside a notification, in the unit of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) kind: &'static str,
    pub(crate) value: i64,
    /// Its place among values of this kind in the notification, or the number that the device gave its record.
    pub(crate) seq: u32,
    /// What instant it is about, where that is not the sending.
    pub(crate) about_ms: Option<i64>,
}

impl Value {
    pub(crate) fn now(kind: &'static str, value: impl Into<i64>) -> Self {
        Self { kind, value: value.into(), seq: 0, about_ms: None }
    }
}

/// Why what a device counts began at 0 again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Epoch {
    /// When, in milliseconds since 1970, UTC.
    pub from_ms: i64,
    /// Why.
    pub cause: EpochCause,
}

/// Why what a device counts began at 0 again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EpochCause {
    /// The simulation began.
    Start,
    /// It became midnight on the device's own clock.
    Midnight,
    /// The device restarted.
    Restart,
}

/// The moment in which a wearable is asked.
pub(crate) struct Now<'a> {
    pub(crate) at_ms: i64,
    pub(crate) body: &'a mut Body,
    pub(crate) clock: &'a mut DeviceClock,
    /// Whether the sensor touches the skin.
    pub(crate) contact: bool,
    pub(crate) battery_percent: u8,
}

impl Now<'_> {
    /// Heart rate in whole beats per minute, as sensors report it; nothing without contact.
    pub(crate) fn heart_bpm(&mut self) -> Option<u8> {
        let deci_bpm = self.body.heart_deci_bpm(self.at_ms);
        self.contact.then(|| u8::try_from((deci_bpm + 5) / 10).unwrap_or(u8::MAX))
    }
}

/// A new wearable of this kind, the `number`-th of its kind from 1 on.
pub(crate) fn make(kind: Kind, number: u32, now: &mut Now<'_>) -> Box<dyn Wearable> {
    match kind {
        Kind::Strap => Box::new(strap::Strap::new(number, now)),
        Kind::Infinitime => Box::new(infinitime::Infinitime::new(now)),
        Kind::FootPod => Box::new(foot_pod::FootPod::new(number, now)),
        Kind::Band => Box::new(band::Band::new(number, now)),
        Kind::StepClimber => Box::new(step_climber::StepClimber::new(number, now)),
        Kind::Ring => Box::new(ring::Ring::new(number, now)),
    }
}

/// Whether a service is never encrypted: who made the device is told to everybody.
pub(crate) fn is_open(service: Uuid) -> bool {
    service == DEVICE_INFORMATION_SERVICE
}
