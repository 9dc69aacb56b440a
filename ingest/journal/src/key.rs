use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::JournalError;
use crate::disk::sync_folder;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// The key that seals a journal: 32 bytes that are never printed.
#[derive(Clone)]
pub struct Key([u8; KEY_BYTES]);

impl Key {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a key file: 32 bytes, readable by its owner alone (checked on Unix). A systemd credential is one.
    ///
    /// # Errors
    /// When it cannot be read, is open to others, or has another length.
    pub fn from_file(path: &Path) -> Result<Self, JournalError> {
        let file = File::open(path).map_err(JournalError::KeyFile)?;
        check_private(&file)?;
        let mut bytes = Vec::with_capacity(KEY_BYTES + 1);
        io::Read::read_to_end(&mut io::Read::take(file, 1 + KEY_BYTES as u64), &mut bytes)
            .map_err(JournalError::KeyFile)?;
        let bytes = <[u8; KEY_BYTES]>::try_from(bytes.as_slice())
            .map_err(|_| JournalError::KeyFileLength { bytes: bytes.len() })?;
        Ok(Self(bytes))
    }

    /// The same, with a new key made by `fill_random` where there is no file. The new file is on the disk, with its folder,
    /// before the key is returned.
    ///
    /// # Errors
    /// As [`Key::from_file`], and when the file cannot be made.
    pub fn from_file_or_new(
        path: &Path,
        fill_random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Self, JournalError> {
        match Self::from_file(path) {
            Err(JournalError::KeyFile(error)) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        let mut bytes = [0; KEY_BYTES];
        fill_random(&mut bytes);
        write_key(path, &bytes).map_err(JournalError::KeyFile)?;
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(not shown)")
    }
}

/// A crash leaves no file or the whole one.
fn write_key(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync_folder(folder.unwrap_or(Path::new(".")))
}

#[cfg(unix)]
fn check_private(file: &File) -> Result<(), JournalError> {
    let metadata = file.metadata().map_err(JournalError::KeyFile)?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(JournalError::KeyFileExposed { mode }) }
}

#[cfg(not(unix))]
fn check_private(_: &File) -> Result<(), JournalError> {
    Ok(())
}
