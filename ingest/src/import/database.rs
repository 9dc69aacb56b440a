use std::io;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// What an SQLite database begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Opens a database to read, and leaves nothing behind beside it.
///
/// # Errors
/// When it cannot be read, or is none.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    // An export does not change while it is read, so no lock and no log is needed; unless somebody gives the file of an
    // app that runs, which keeps its last pages beside it.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let in_use = std::fs::metadata(&log).is_ok_and(|meta| meta.len() > 0);
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte))
            }
            byte => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri.push_str(if in_use { "?mode=ro" } else { "?mode=ro&immutable=1" });
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags)?;
    // Whoever made the file must not make this process do more than read it.
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    Ok(connection)
}

/// The names of a database's tables, sorted.
pub(super) fn tables(path: &Path) -> io::Result<Vec<String>> {
    let read = || {
        let connection = open(path)?;
        let mut found =
            connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    read().map_err(io::Error::other)
}
