use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Files;

/// A folder on a real disk. Its files are private to their owner. That only one process uses the folder is the caller's
/// business.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// Files being appended to. An error that the kernel keeps for a file is told only to who had it open.
    open: HashMap<String, File>,
}

impl Disk {
    /// The folder, made if it is not there, with those above it, so that it survives a power cut.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.is_dir()).collect();
        if missing.iter().any(|above| !above.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
            make_private_folder(folder)?;
            for made in missing.iter().filter(|made| !made.as_os_str().is_empty()) {
                let made = made.canonicalize()?;
                sync_folder(made.parent().unwrap_or(&made))?;
            }
        }
        Ok(Self { folder: folder.to_owned(), open: HashMap::new() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn appending(&mut self, name: &str) -> io::Result<&mut File> {
        self.open.get_mut(name).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Files for Disk {
    fn create_new(&mut self, name: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.path(name))?;
        self.open.insert(name.to_owned(), file);
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.appending(name)?.write_all(bytes)
    }

    fn sync_file(&mut self, name: &str) -> io::Result<()> {
        self.appending(name)?.sync_data()
    }

    fn sync_dir(&mut self) -> io::Result<()> {
        sync_folder(&self.folder)
    }

    fn close(&mut self, name: &str) {
        self.open.remove(name);
    }

    fn read_at(&mut self, name: &str, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path(name))?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::with_capacity(len);
        file.take(len as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn len(&mut self, name: &str) -> io::Result<u64> {
        Ok(std::fs::metadata(self.path(name))?.len())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.open.remove(from);
        self.open.remove(to);
        std::fs::rename(self.path(from), self.path(to))
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.path(name))?.set_len(len)
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        std::fs::remove_file(self.path(name))
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if let (true, Ok(name)) = (entry.file_type()?.is_file(), entry.file_name().into_string()) {
                names.push(name);
            }
        }
        Ok(names)
    }
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Waits until the folder's names are on the disk.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems cannot fsync a folder and order its names themselves.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
