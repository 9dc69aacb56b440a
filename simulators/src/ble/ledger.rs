//! What was really sent, value by value: what a store is compared with.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::device::Device;
use super::wearable::Pdu;
use crate::error::SimError;

/// One value that was handed to D-Bus.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// The device's name in the simulation, such as `strap-1`.
    pub device: String,
    /// Its Bluetooth address.
    pub address: String,
    /// `heart_rate`, `rr`, `step_counter` and so on.
    pub kind: &'static str,
    /// When, on the simulation's clock, in milliseconds since 1970, UTC; for an entry of a stored log the time that
    /// it is about.
    pub t_ms: i64,
    /// When, on the machine's clock.
    pub sent_ms: i64,
    /// The value, in the unit of its bytes.
    pub value: i64,
    /// Its place among values of this kind in the notification, or the number that the device gave its record.
    pub seq: u32,
    /// Whether the link was up: always.
    pub linked: bool,
    /// Whether it was sent by the device, or read by a client, which BlueZ shows as a notification too.
    pub via: Via,
}

/// Why a value was handed to D-Bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The device sent it to a subscriber.
    Notify,
    /// A client read it.
    Read,
}

/// A link from its beginning to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Link {
    /// When it came up, on the simulation's clock.
    pub up_ms: i64,
    /// When it went down; not yet.
    pub down_ms: Option<i64>,
    /// Why it went down.
    pub end: Option<LinkEnd>,
}

/// Why a link went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkEnd {
    /// The client asked for it.
    Host,
    /// The radio lost it, by schedule or command.
    Drop,
    /// It failed before its services were known.
    Failed,
    /// The device went out of range.
    OutOfRange,
    /// The device restarted.
    Restart,
    /// Nobody answered a pairing.
    Pairing,
    /// The Bluetooth daemon went down.
    Daemon,
}

/// All that was sent.
pub(crate) struct Ledger {
    file: Option<(PathBuf, File)>,
    entries: Vec<Entry>,
    counts: BTreeMap<(String, &'static str), u64>,
    failed: Option<SimError>,
}

impl Ledger {
    /// Into `ledger.jsonl` of this folder, after what is there; else kept in memory.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, SimError> {
        let file = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|source| SimError::Folder { path: folder.to_owned(), source })?;
                let path = folder.join("ledger.jsonl");
                let file = OpenOptions::new().create(true).append(true).open(&path);
                Some((path.clone(), file.map_err(|source| SimError::Write { path, source })?))
            }
            None => None,
        };
        Ok(Self { file, entries: Vec::new(), counts: BTreeMap::new(), failed: None })
    }

    /// Writes down what was just handed to D-Bus. Each call is one write, so that a kill loses no earlier one.
    pub(crate) fn record(&mut self, device: &Device, pdu: &Pdu, at_ms: i64, via: Via) {
        let sent_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let mut lines = Vec::new();
        for value in &pdu.values {
            let entry = Entry {
                device: device.name.clone(),
                address: device.address.clone(),
                kind: value.kind,
                t_ms: value.about_ms.unwrap_or(at_ms),
                sent_ms: i64::try_from(sent_ms).unwrap_or(i64::MAX),
                value: value.value,
                seq: value.seq,
                linked: true,
                via,
            };
            if via == Via::Notify {
                *self.counts.entry((device.name.clone(), value.kind)).or_default() += 1;
            }
            match &self.file {
                Some((path, _)) => match serde_json::to_writer(&mut lines, &entry) {
                    Ok(()) => lines.push(b'\n'),
                    Err(source) => self.failed = Some(SimError::Json { path: path.clone(), source }),
                },
                None => self.entries.push(entry),
            }
        }
        if let Some((path, file)) = &mut self.file
            && let Err(source) = file.write_all(&lines)
        {
            self.failed = Some(SimError::Write { path: path.clone(), source });
        }
    }

    /// How many notified values of each kind a device has sent.
    pub(crate) fn counts(&self, device: &str) -> BTreeMap<&'static str, u64> {
        let of_device = self.counts.iter().filter(|((name, _), _)| name == device);
        of_device.map(|((_, kind), count)| (*kind, *count)).collect()
    }

    /// What is kept in memory, because there is no file.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Something could not be written: the next check says so.
    pub(crate) fn fail(&mut self, error: SimError) {
        self.failed = Some(error);
    }

    /// Whether something could not be written.
    pub(crate) fn check(&mut self) -> Result<(), SimError> {
        self.failed.take().map_or(Ok(()), Err)
    }
}
