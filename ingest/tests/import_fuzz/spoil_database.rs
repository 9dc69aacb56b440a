//! Ways to spoil a database that leave it one: cells, columns and tables that nobody expects.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::chance::Chance;

/// What a cell may hold, whatever its column was declared to be.
const CELLS: [&str; 18] = [
    "NULL",
    "''",
    "'sept'",
    "' 12 '",
    "X''",
    "X'ff00'",
    "zeroblob(1)",
    "zeroblob(1100000)",
    "printf('%.*c', 1100000, 'x')",
    "CAST(X'e974e9' AS TEXT)",
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "1e308",
    "-1e308",
    "9e999",
    "12.5",
];

/// Spoils the database that a file's bytes are; they stay as they are if they are none.
pub(crate) fn spoil(bytes: &mut Vec<u8>, folder: &Path, chance: &mut Chance) {
    let path = folder.join("spoilt.db");
    fs::write(&path, &*bytes).expect("a file");
    let Ok(connection) = Connection::open(&path) else { return };
    // Nobody waits for the disk: the file is gone in a moment.
    let _ = connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    for _ in 0..=chance.below(4) {
        // What SQLite does not do leaves the file as it was.
        let _ = connection.execute_batch(&change(&connection, chance));
    }
    drop(connection);
    *bytes = fs::read(&path).expect("a file");
}

fn change(connection: &Connection, chance: &mut Chance) -> String {
    let tables =
        names(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    if tables.is_empty() {
        return String::new();
    }
    let table = &tables[chance.below(tables.len())];
    let columns = names(connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
    if columns.is_empty() {
        return String::new();
    }
    let column = &columns[chance.below(columns.len())];
    let cell = chance.of(&CELLS);
    match chance.below(12) {
        0..=3 => format!("UPDATE OR REPLACE \"{table}\" SET \"{column}\" = {cell}"),
        4 => {
            let nth = 2 + chance.below(5);
            format!("UPDATE OR IGNORE \"{table}\" SET \"{column}\" = {cell} WHERE abs(random()) % {nth} = 0")
        }
        5 => format!("ALTER TABLE \"{table}\" DROP COLUMN \"{column}\""),
        6 => format!("ALTER TABLE \"{table}\" RENAME COLUMN \"{column}\" TO \"{column}_2\""),
        7 => format!("DROP TABLE \"{table}\""),
        8 => {
            let cells: Vec<&str> = columns.iter().map(|_| chance.of(&CELLS)).collect();
            format!("INSERT OR IGNORE INTO \"{table}\" VALUES ({})", cells.join(", "))
        }
        9 => format!(
            "CREATE TABLE \"{}\" AS SELECT * FROM \"{table}\"",
            chance.of(&[
                "NOVA_ACTIVITY_SAMPLE",
                "nova_record_table",
                "x\ny",
                "é' --",
                "NOVA_HEART_RATE_SAMPLE"
            ])
        ),
        10 => format!(
            "CREATE TABLE hidden AS SELECT * FROM \"{table}\"; DROP TABLE \"{table}\"; CREATE VIEW \"{table}\" AS SELECT * \
             FROM hidden, hidden, hidden"
        ),
        _ => format!(
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '{column}', {cell})"
        ),
    }
}

fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let read = || {
        connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    read().unwrap_or_default()
}
