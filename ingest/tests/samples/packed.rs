//! What files come packed in.

use std::io::{Cursor, Write as _};

use flate2::{Compression, write::GzEncoder};

/// A text or file as gzip.
pub(crate) fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).expect("in memory");
    encoder.finish().expect("in memory")
}

/// A zip archive of members: their names and what they hold.
pub(crate) fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("in memory");
        zip.write_all(content).expect("in memory");
    }
    zip.finish().expect("in memory").into_inner()
}

/// An SQLite database that this SQL makes, as the bytes of its file.
pub(crate) fn database(sql: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("made.db");
    let connection = rusqlite::Connection::open(&path).expect("a database");
    connection.execute_batch(&format!("PRAGMA page_size = 1024; BEGIN; {sql}; COMMIT")).expect("SQL");
    connection.close().expect("closed");
    std::fs::read(path).expect("a file")
}
