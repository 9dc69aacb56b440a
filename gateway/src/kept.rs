use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::GatewayError;

/// Replaces a small file whole: when this returns, the new one is on disk, and at no time is there half of one.
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
