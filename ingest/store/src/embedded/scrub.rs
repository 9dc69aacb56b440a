use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::StoreError;
use crate::sqlite::BUSY_TIMEOUT;

/// How long a try after the first waits for readers: the writer does nothing else meanwhile.
pub(super) const AGAIN: Duration = Duration::from_millis(250);

/// What is still to be done before no byte of the erased is left, as `owed.scrub` holds it.
pub(super) const NOTHING: i64 = 0;
pub(super) const VACUUM: i64 = 1;
const TRUNCATE: i64 = 2;

/// What is owed. It says nothing of whom: the person's number went with them.
pub(super) fn owed(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn.query_row("SELECT scrub FROM owed", [], |row| row.get(0))?)
}

/// Rewrites the file and empties the write-ahead log, as far as that is owed; whether it is done. `secure_delete` alone
/// is not enough: SQLite leaves copies of old cells in a page's free space when it rebalances a tree, and a later delete
/// does not reach them.
///
/// A reader in the middle of a scan holds the log open: it is waited for up to `patience`. The file is rewritten once,
/// however often the log has to be tried: each rewriting goes through that same log.
pub(super) fn scrub(conn: &Connection, patience: Duration) -> Result<bool, StoreError> {
    if owed(conn)? == NOTHING {
        return Ok(true);
    }
    conn.busy_timeout(patience)?;
    let done = try_scrub(conn);
    conn.busy_timeout(BUSY_TIMEOUT)?;
    match done {
        Err(StoreError::Sqlite(error)) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            Ok(false)
        }
        other => other,
    }
}

fn try_scrub(conn: &Connection) -> Result<bool, StoreError> {
    if owed(conn)? == VACUUM {
        conn.execute_batch("VACUUM")?;
        conn.execute("UPDATE owed SET scrub = ?1", [TRUNCATE])?;
    }
    let busy: i64 = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        conn.execute("UPDATE owed SET scrub = ?1", [NOTHING])?;
    }
    Ok(busy == 0)
}
