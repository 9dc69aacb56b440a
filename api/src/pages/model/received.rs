//! What has come of a participant's devices, and what has not.

use chrono::{NaiveDate, NaiveDateTime};

use super::{Frame, Href};

/// The page of what has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedPage {
    /// What stands around it.
    pub frame: Frame,
    /// A short pseudonym.
    pub participant: String,
    /// The participant's page.
    pub person: Href,
    /// The moment as of which it is told, on the home clock; `None` for now.
    pub as_of: Option<NaiveDateTime>,
    /// Their devices, the one that is asked first first.
    pub sources: Vec<ReceivedSource>,
    /// The days before.
    pub earlier: Option<Href>,
    /// The days after.
    pub later: Option<Href>,
    /// The same days, as they were known at the end of the last of them; where that is shown, as they are known now.
    pub other_view: Option<Href>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedSource {
    /// What sort of thing it is.
    pub kind: DeviceKind,
    /// What else is known of it: maker, model or name.
    pub name: String,
    /// Its days, newest first.
    pub days: Vec<ReceivedDay>,
}

/// A sort of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// On the wrist.
    Watch,
    /// On a finger.
    Ring,
    /// Around the chest.
    Strap,
    /// On the shoe.
    FootPod,
    /// In a pocket.
    Phone,
    /// A bare sensor.
    Accelerometer,
    /// Typed in.
    Manual,
    /// Something else.
    Other,
}

/// A day of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedDay {
    /// The local day.
    pub date: NaiveDate,
    /// All of its minutes together.
    pub minutes: ReceivedMinutes,
    /// Hour by hour, from the day's first; what was not expected is empty.
    pub hours: Vec<Option<ReceivedMinutes>>,
    /// When the last of it came.
    pub arrived: Option<NaiveDateTime>,
    /// Whether devices' own clocks showed another zone than home's on that day.
    pub clock_elsewhere: bool,
    /// What the device itself says of the day, where that differs from its minutes.
    pub total: Option<DifferingTotal>,
}

/// Minutes by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceivedMinutes {
    /// Something has come, and the device was worn as far as is known.
    pub received: u32,
    /// Something has come, and it was not worn.
    pub received_not_worn: u32,
    /// Nothing has come, since it was not worn.
    pub not_worn: u32,
    /// May still come.
    pub not_synced: u32,
    /// Missing for a reason that is known: battery, link, permission, lost.
    pub battery: u32,
    /// The link was lost.
    pub link: u32,
    /// Permission was withheld.
    pub permission: u32,
    /// Collected, and lost before it was sent.
    pub lost: u32,
    /// A store that writes nothing while nobody moves.
    pub silent: u32,
    /// Nobody knows why.
    pub unknown: u32,
}

/// A device's own total of a day that differs from its minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferingTotal {
    /// Steps of its total.
    pub total: u32,
    /// Steps of its minutes.
    pub minutes: Option<u32>,
    /// Whether minutes that are missing explain it.
    pub explained: bool,
    /// Whether its minutes are all zero, and so are not believed.
    pub zeros: bool,
}
