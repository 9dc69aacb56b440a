//! The devices that the Bluetooth daemon knows, on disk as BlueZ keeps them in `/var/lib/bluetooth`: a daemon that is
//! killed and started again still knows its bonds.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::device::Device;
use super::stack::Stack;
use crate::error::SimError;

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    address: String,
    paired: bool,
    trusted: bool,
}

/// Writes down who is known, if there is a folder.
pub(crate) fn remember(stack: &Stack) {
    let Some(folder) = &stack.out else { return };
    let known = stack.devices.iter().filter_map(|device| {
        let host = &device.state().host;
        let known = Known { address: device.address.clone(), paired: host.paired, trusted: host.trusted };
        (host.exported && !host.temporary).then_some(known)
    });
    let known: Vec<_> = known.collect();
    if let Err(error) = write(folder, &known) {
        stack.ledger().fail(error);
    }
}

/// Recalls who was known in an earlier run.
pub(crate) fn recall(folder: &Path, devices: &[std::sync::Arc<Device>]) -> Result<(), SimError> {
    let path = path(folder);
    let Ok(text) = std::fs::read(&path) else { return Ok(()) };
    let known: Vec<Known> =
        serde_json::from_slice(&text).map_err(|source| SimError::Json { path: path.clone(), source })?;
    for known in known {
        if let Some(device) = devices.iter().find(|device| device.address == known.address) {
            let host = &mut device.state().host;
            (host.exported, host.paired, host.trusted) = (true, known.paired, known.trusted);
        }
    }
    Ok(())
}

/// A new file in place of the old one, so that a kill leaves either.
fn write(folder: &Path, known: &[Known]) -> Result<(), SimError> {
    let (path, new) = (path(folder), folder.join("known.json.new"));
    let text = serde_json::to_vec(known).map_err(|source| SimError::Json { path: path.clone(), source })?;
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, &path));
    written.map_err(|source| SimError::Write { path, source })
}

fn path(folder: &Path) -> PathBuf {
    folder.join("known.json")
}
