//! Small files that are read at the start and replaced whole.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::GatewayError;

/// What the file holds; nothing where it is not there, and, with a word in the log, where it is damaged.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<T, GatewayError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, file = %path.display(), "what was kept cannot be read, and begins anew");
            T::default()
        })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(T::default()),
        Err(source) => Err(GatewayError::ReadFile { path: path.to_owned(), source }),
    }
}

/// Replaces it: when this returns, the new one is on disk, and at no time is there half of one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), GatewayError> {
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    });
    written.map_err(|source| GatewayError::WriteFile { path: path.to_owned(), source })
}
