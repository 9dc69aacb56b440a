//! What every SQLite file of a store needs.

use std::path::Path;
use std::time::Duration;

use foulee_contract::ParticipantId;

use crate::StoreError;

/// How long a statement waits for another connection.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The first SQLite without the WAL-reset corruption (3.7.0 to 3.51.2; fixed in 3.51.3).
const MIN_SQLITE: i32 = 3_051_003;

/// Refuses a SQLite with the WAL-reset fault.
pub(crate) fn check_library() -> Result<(), StoreError> {
    let found = rusqlite::version_number();
    if found < MIN_SQLITE { Err(StoreError::SqliteTooOld { found }) } else { Ok(()) }
}

/// Makes the file before SQLite does, for its owner alone: it holds people's health.
pub(crate) fn make_private(file: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)?;
    Ok(())
}

/// The participant whose id these bytes are.
pub(crate) fn participant_of(bytes: &[u8]) -> Option<ParticipantId> {
    // Through text, so that the contract alone decides what an id is.
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    hex.parse().ok()
}
