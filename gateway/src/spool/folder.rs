use std::fs::File;
use std::path::Path;

use foulee_journal::Key;

use crate::GatewayError;
use crate::config::SpoolConfig;

/// Nonces. A system without random bytes cannot seal: the gateway ends rather than seal with known ones.
pub(super) fn fill_random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        tracing::error!("the system gives no random bytes; the gateway ends");
        std::process::exit(1);
    }
}

/// The key that seals the spool.
pub(super) fn key(config: &SpoolConfig) -> Result<Key, GatewayError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY")
        .map(|folder| Path::new(&folder).join("foulee-spool-key"))
        .filter(|path| path.exists());
    let path = config.key_file.clone().or(credential).unwrap_or_else(|| config.folder.join("key"));
    let fault = |source| GatewayError::Spool { path: path.clone(), source };
    Key::from_file_or_new(&path, &mut fill_random).map_err(fault)
}

/// Makes the folder, for its owner alone.
pub(super) fn make_private(folder: &Path) -> Result<(), GatewayError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| GatewayError::WriteFile { path: folder.to_owned(), source })
}

/// Takes the folder for this process.
pub(super) fn lock(folder: &Path) -> Result<File, GatewayError> {
    let path = folder.join("lock");
    let fault = |source| GatewayError::WriteFile { path: path.clone(), source };
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(GatewayError::FolderInUse { path: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(fault(source)),
    }
}
