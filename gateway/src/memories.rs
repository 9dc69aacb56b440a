//! What is kept of devices from one run to the next: one small file in the spool's folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::GatewayError;
use crate::driver::Memory;

const FILE: &str = "devices.json";

/// What is remembered of each device, by its name in the status.
#[derive(Debug)]
pub(crate) struct Memories {
    path: PathBuf,
    of: BTreeMap<String, Memory>,
}

impl Memories {
    /// Reads what there is.
    pub(crate) fn open(folder: &Path) -> Result<Self, GatewayError> {
        let path = folder.join(FILE);
        // Lost: devices are met as if for the first time.
        let of = crate::kept::read(&path)?;
        Ok(Self { path, of })
    }

    /// What is remembered of a device.
    pub(crate) fn of(&self, device: &str) -> Memory {
        self.of.get(device).copied().unwrap_or_default()
    }

    /// Remembers, on disk if that is possible now.
    pub(crate) fn keep(&mut self, device: &str, memory: Memory) {
        self.of.insert(device.to_owned(), memory);
        if let Err(error) =
            crate::kept::replace(&self.path, &serde_json::to_vec(&self.of).unwrap_or_default())
        {
            tracing::warn!(
                device,
                error = &error as &dyn std::error::Error,
                "what is known of a device is not on disk"
            );
        }
    }
}
