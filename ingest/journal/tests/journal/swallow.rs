//! Files that say they fsynced and did not: what the crash test must find out.

use std::io;

use foulee_journal::Files;

/// Passes everything on but the fsyncs that it swallows.
#[derive(Clone, Debug)]
pub(crate) struct Swallow<F> {
    pub(crate) files: F,
    pub(crate) file_syncs: bool,
    pub(crate) dir_syncs: bool,
}

impl<F: Files> Files for Swallow<F> {
    fn create_new(&mut self, name: &str) -> io::Result<()> {
        self.files.create_new(name)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.files.append(name, bytes)
    }

    fn sync_file(&mut self, name: &str) -> io::Result<()> {
        if self.file_syncs { Ok(()) } else { self.files.sync_file(name) }
    }

    fn sync_dir(&mut self) -> io::Result<()> {
        if self.dir_syncs { Ok(()) } else { self.files.sync_dir() }
    }

    fn close(&mut self, name: &str) {
        self.files.close(name);
    }

    fn read_at(&mut self, name: &str, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.files.read_at(name, offset, len)
    }

    fn len(&mut self, name: &str) -> io::Result<u64> {
        self.files.len(name)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.files.rename(from, to)
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        self.files.truncate(name, len)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.files.remove(name)
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        self.files.list()
    }
}
