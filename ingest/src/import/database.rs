use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::collector::Collector;
use super::files::Input;

/// What an SQLite database begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Longest cell that is read, bytes: those of readings are short, and a page may claim one of a gigabyte.
const MOST_CELL_BYTES: i32 = 1 << 20;

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
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_CELL_BYTES)?;
    if is_cut(path) {
        // Shorter than it says, and only read so: nothing can be written here anyway.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, true)?;
    }
    Ok(connection)
}

/// Opens the database that a file is. That it lacks its end is noted; so is it if it cannot be read at all.
pub(super) fn open_input(input: &mut Input<'_>, out: &mut Collector<'_, '_>) -> Option<Connection> {
    let opened = input.on_disk().map(|path| {
        if is_cut(path) {
            out.cut_short(0, format_args!("it is shorter than it says"));
        }
        open(path)
    });
    let fault: Box<dyn std::error::Error> = match opened {
        Ok(Ok(connection)) => return Some(connection),
        Ok(Err(fault)) => fault.into(),
        Err(fault) => fault.into(),
    };
    out.cut_short(0, format_args!("{fault}"));
    None
}

/// Whether a database lacks its end, by the size that its head tells (SQLite's file format, 1.3).
fn is_cut(path: &Path) -> bool {
    let mut head = [0; 100];
    let mut read = || -> io::Result<u64> {
        let mut file = File::open(path)?;
        file.read_exact(&mut head)?;
        Ok(file.metadata()?.len())
    };
    let Ok(bytes) = read() else { return false };
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let page_bytes = match u16::from_be_bytes([head[16], head[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    // An old writer left the number of pages as it was; then the two counters of changes differ.
    number(24) == number(92) && bytes < page_bytes * u64::from(number(28))
}

/// The names of a database's tables, sorted. What only behaves like a table (a view, a virtual table) is left out: it
/// would run what somebody else wrote.
pub(super) fn tables(path: &Path) -> io::Result<Vec<String>> {
    let read = || {
        let connection = open(path)?;
        let mut found = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name")?;
        found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    read().map_err(io::Error::other)
}
