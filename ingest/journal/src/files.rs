use std::io;

/// The files of one folder, as far as a journal needs them. [`crate::Disk`] is the real one; tests put a disk with power
/// cuts in its place. Names are plain names without a folder.
///
/// The journal appends only to files that it made with [`Files::create_new`] since it was opened.
pub trait Files {
    /// Makes an empty file that only its owner may read.
    ///
    /// # Errors
    /// `AlreadyExists` when there is one, else what the file system says.
    fn create_new(&mut self, name: &str) -> io::Result<()>;

    /// Writes all of `bytes` at the end of a file made with [`Files::create_new`].
    ///
    /// # Errors
    /// When not all of it was written; any part of it may have been.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Waits until what was appended to the file is on the disk.
    ///
    /// # Errors
    /// When that is not certain. The journal never asks again for the same file.
    fn sync_file(&mut self, name: &str) -> io::Result<()>;

    /// Waits until the creations, renames and removals of the folder are on the disk.
    ///
    /// # Errors
    /// When that is not certain.
    fn sync_dir(&mut self) -> io::Result<()>;

    /// No more will be appended to the file: what is kept open for it can be closed.
    fn close(&mut self, name: &str);

    /// At most `len` bytes from `offset`; fewer only where the file ends.
    ///
    /// # Errors
    /// When a part cannot be read.
    fn read_at(&mut self, name: &str, offset: u64, len: usize) -> io::Result<Vec<u8>>;

    /// The file's length, bytes.
    ///
    /// # Errors
    /// When there is no such file, or as the file system says.
    fn len(&mut self, name: &str) -> io::Result<u64>;

    /// Puts the file `from` in the place of `to`, in one step.
    ///
    /// # Errors
    /// When the file system says so; then `to` is as it was.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Cuts the file off at `len` bytes.
    ///
    /// # Errors
    /// When the file system says so.
    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()>;

    /// Removes the file.
    ///
    /// # Errors
    /// When the file system says so.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// The names of all files in the folder, in any order.
    ///
    /// # Errors
    /// When the folder cannot be read.
    fn list(&mut self) -> io::Result<Vec<String>>;
}

/// The ending of files that are being written and do not count yet.
pub(crate) const TEMPORARY: &str = ".tmp";

/// Puts `bytes` in the place of the file `name`: a temporary file, fsync, rename. Until the folder is fsynced too, a crash
/// leaves the old or the new one.
pub(crate) fn place<F: Files>(files: &mut F, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = format!("{name}{TEMPORARY}");
    let written = write_new(files, &temporary, bytes);
    files.close(&temporary);
    if let Err(error) = written.and_then(|()| files.rename(&temporary, name)) {
        let _ = files.remove(&temporary);
        return Err(error);
    }
    Ok(())
}

fn write_new<F: Files>(files: &mut F, name: &str, bytes: &[u8]) -> io::Result<()> {
    create_anew(files, name)?;
    files.append(name, bytes)?;
    files.sync_file(name)
}

/// Makes the file, in the place of one that does not count.
pub(crate) fn create_anew<F: Files>(files: &mut F, name: &str) -> io::Result<()> {
    match files.create_new(name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            files.remove(name)?;
            files.create_new(name)
        }
        other => other,
    }
}

/// The piece in which an unreadable file is tried again, bytes.
const SALVAGE_BYTES: usize = 4096;

/// What was read, and whether parts could not be and are zeros instead.
pub(crate) struct Loaded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) salvaged: bool,
}

/// Reads the file from `offset` up to `end`. Where the disk refuses a part, that part becomes zeros, and the checksums do
/// the rest; a file of which nothing can be read is an error.
pub(crate) fn load<F: Files>(files: &mut F, name: &str, offset: u64, end: u64) -> io::Result<Loaded> {
    let len = usize::try_from(end.saturating_sub(offset)).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let error = match files.read_at(name, offset, len) {
        Ok(bytes) => return Ok(Loaded { bytes, salvaged: false }),
        Err(error) => error,
    };
    let mut bytes = Vec::with_capacity(len);
    let mut readable = false;
    while bytes.len() < len {
        let want = SALVAGE_BYTES.min(len - bytes.len());
        match files.read_at(name, offset + bytes.len() as u64, want) {
            Ok(piece) => {
                readable = true;
                bytes.extend_from_slice(&piece);
                if piece.len() < want {
                    break;
                }
            }
            Err(_) => bytes.resize(bytes.len() + want, 0),
        }
    }
    if readable { Ok(Loaded { bytes, salvaged: true }) } else { Err(error) }
}
