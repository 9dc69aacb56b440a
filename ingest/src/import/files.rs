use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::summary::Skipped;

/// A file to look at.
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// Whether it was asked for by name, rather than met in a folder.
    pub(super) named: bool,
}

/// The files of `paths`, folders walked, each folder's sorted by path; and what could not be reached.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<Skipped>) {
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                let from = found.len();
                walk(path, &mut found, &mut skipped);
                found[from..].sort_by(|a: &Found, b: &Found| a.path.cmp(&b.path));
            }
            Ok(_) => found.push(Found { path: path.clone(), named: true }),
            Err(error) => skipped.push(unreadable(path, &error)),
        }
    }
    (found, skipped)
}

fn walk(folder: &Path, found: &mut Vec<Found>, skipped: &mut Vec<Skipped>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return skipped.push(unreadable(folder, &error)),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                skipped.push(unreadable(folder, &error));
                continue;
            }
        };
        let path = entry.path();
        // A linked folder is not walked, so that a loop of links ends; a linked file is read.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, found, skipped),
            Ok(kind) if kind.is_symlink() && path.is_dir() => {}
            Ok(_) => found.push(Found { path, named: false }),
            Err(error) => skipped.push(unreadable(&path, &error)),
        }
    }
}

/// A file or folder that could not be read, which is a failure wherever it was met.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Skipped {
    Skipped { path: path.to_owned(), why: format!("cannot be read: {error}"), refused: true }
}

/// A file's content, unpacked.
pub(super) struct Input {
    reader: Box<dyn BufRead>,
    /// Its size on disk.
    pub(super) bytes: u64,
    /// How much of that was read.
    pub(super) bytes_read: Rc<Cell<u64>>,
}

impl Input {
    /// Opens a file; gzip is known by its first two bytes, whatever the name says.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let bytes_read = Rc::new(Cell::new(0));
        let counted = Counted { file: File::open(path)?, bytes_read: Rc::clone(&bytes_read) };
        let mut raw = BufReader::with_capacity(1 << 16, counted);
        let reader: Box<dyn BufRead> = if raw.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        Ok(Self { reader, bytes: meta.len(), bytes_read })
    }

    /// The content.
    pub(super) fn reader(&mut self) -> &mut dyn BufRead {
        &mut *self.reader
    }
}

struct Counted {
    file: File,
    bytes_read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.bytes_read.set(self.bytes_read.get() + n as u64);
        Ok(n)
    }
}
