use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{Options, Synchronous};
use crate::StoreError;
use crate::sqlite::{BUSY_TIMEOUT, check_library, make_private};

const SCHEMA_VERSION: i64 = 2;

/// `participant` and `series` give short numbers to long names. `chunk.id` is metric << 48 | series << 20 | UTC day, so
/// that one metric is one range, and in it one series. `hot` is a log of small writes that no chunk holds yet.
/// `totals` counts what is in chunks, so that nobody has to. `dirty.generation` only ever rises.
const SCHEMA: &str = "
CREATE TABLE participant(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE series(
    no INTEGER PRIMARY KEY, participant INTEGER NOT NULL REFERENCES participant(no), source TEXT NOT NULL,
    metric INTEGER NOT NULL, grain INTEGER NOT NULL, max_span_ms INTEGER NOT NULL,
    UNIQUE(participant, source, metric, grain));
CREATE TABLE upload(id INTEGER PRIMARY KEY, received_ms INTEGER NOT NULL);
CREATE TABLE chunk(
    id INTEGER PRIMARY KEY, n INTEGER NOT NULL, max_start_ms INTEGER NOT NULL, digest BLOB NOT NULL, data BLOB NOT NULL);
CREATE TABLE hot(id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL);
CREATE TABLE totals(one INTEGER PRIMARY KEY CHECK (one = 1), readings INTEGER NOT NULL, block_bytes INTEGER NOT NULL);
INSERT INTO totals VALUES (1, 0, 0);
CREATE TABLE dirty(
    generation INTEGER PRIMARY KEY AUTOINCREMENT, participant INTEGER NOT NULL, day INTEGER NOT NULL,
    UNIQUE(participant, day));
";

/// Version 2: whether erased readings are still to be scrubbed from the file (0: no), for the next process that opens
/// it. It names nobody.
const OWED: &str = "
CREATE TABLE owed(one INTEGER PRIMARY KEY CHECK (one = 1), scrub INTEGER NOT NULL);
INSERT INTO owed VALUES (1, 0);
";

/// The writer's connection, its schema made if the file is new.
pub(super) fn open_writer(file: &Path, options: &Options) -> Result<Connection, StoreError> {
    check_library()?;
    make_private(file)?;
    let mut conn = Connection::open(file)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "page_size", 8192)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Off => "OFF",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
    conn.pragma_update(None, "secure_delete", "ON")?;
    conn.pragma_update(None, "cache_size", -32_768)?;
    conn.set_prepared_statement_cache_capacity(32);
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = tx.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::SchemaTooNew { found, known: SCHEMA_VERSION });
    }
    if found < 1 {
        tx.execute_batch(SCHEMA)?;
    }
    if found < SCHEMA_VERSION {
        tx.execute_batch(OWED)?;
        tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    tx.commit()?;
    Ok(conn)
}

/// A connection that only reads.
pub(super) fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    check_library()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "cache_size", -8_192)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}
