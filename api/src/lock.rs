//! One process holds a data folder; the others learn where it answers.
//!
//! Invariants: the operating system's lock on [`LOCK_FILE`] is the only truth about whether somebody is there, so that a
//! process that was killed leaves nothing to clean up; [`ADDRESS_FILE`] is written only while the lock is held, whole or
//! not at all, readable by its owner alone, and believed only while the lock is held.
//!
//! The address stands beside the lock, not in it: Windows lets nobody read a locked file.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The file that is locked.
pub const LOCK_FILE: &str = "foulee.lock";
/// The file that says where the holder of the lock answers.
pub const ADDRESS_FILE: &str = "foulee.address";
/// How often the lock is tried: one who only asks for the holder has it for microseconds.
const TRIES: u32 = 5;
/// How long between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// A data folder that is this process's own until this is dropped.
#[derive(Debug)]
pub struct FolderLock {
    folder: PathBuf,
    _file: File,
}

/// The process that holds a folder and says where it answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Where it listens.
    pub address: SocketAddr,
    /// The token for this run, good for those who may read the folder. Printing it by accident hides it.
    pub token: String,
    /// Its process id.
    pub pid: u32,
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({} at {}, token hidden)", self.pid, self.address)
    }
}

/// Why a folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("{} is in use by {}", folder.display(), Process(holder.as_ref()))]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who, where it has said so.
        holder: Option<Holder>,
    },
    /// There is no such folder.
    #[error("there is no folder {}", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A file could not be opened, locked or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

struct Process<'a>(Option<&'a Holder>);

impl fmt::Display for Process<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(holder) => write!(f, "process {} at {}", holder.pid, holder.address),
            None => f.write_str("another foulee process"),
        }
    }
}

impl FolderLock {
    /// Takes a folder that exists.
    ///
    /// # Errors
    /// Another process has it, it does not exist, or its files cannot be written.
    pub fn acquire(data_dir: &Path) -> Result<Self, LockError> {
        if !data_dir.is_dir() {
            return Err(LockError::NoFolder { folder: data_dir.to_owned() });
        }
        let path = data_dir.join(LOCK_FILE);
        let failed = |source| LockError::File { path: path.clone(), source };
        let file = owner_only().read(true).create(true).open(&path).map_err(failed)?;
        let mut tries = 1;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    thread::sleep(BETWEEN_TRIES);
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = published(data_dir);
                    return Err(LockError::Held { folder: data_dir.to_owned(), holder });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        let lock = Self { folder: data_dir.to_owned(), _file: file };
        // What one who was killed has left.
        lock.withdraw()?;
        Ok(lock)
    }

    /// Says where this process answers, for [`FolderLock::holder`].
    ///
    /// # Errors
    /// The file could not be written.
    pub fn publish(&mut self, address: SocketAddr, token: &str) -> Result<(), LockError> {
        let path = self.folder.join(ADDRESS_FILE);
        let new = self.folder.join(format!("{ADDRESS_FILE}.new"));
        let holder = Holder { address, token: token.to_owned(), pid: std::process::id() };
        let write = || {
            // Made anew, since an old file would keep its permissions.
            absent(fs::remove_file(&new))?;
            let mut file = owner_only().create_new(true).open(&new)?;
            file.write_all(&serde_json::to_vec(&holder)?)?;
            drop(file);
            fs::rename(&new, &path)
        };
        write().map_err(|source| LockError::File { path: path.clone(), source })
    }

    /// Who holds a folder and where it answers; nobody where the lock is free, whatever the files say, or where the
    /// holder has not said.
    #[must_use]
    pub fn holder(data_dir: &Path) -> Option<Holder> {
        // Without an address there is no reason to touch the lock.
        published(data_dir)?;
        let file = OpenOptions::new().read(true).write(true).open(data_dir.join(LOCK_FILE)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => published(data_dir),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn withdraw(&self) -> Result<(), LockError> {
        let path = self.folder.join(ADDRESS_FILE);
        absent(fs::remove_file(&path)).map_err(|source| LockError::File { path, source })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Left behind, it is not believed: the lock goes next, with the file.
        let _ = self.withdraw();
    }
}

fn published(data_dir: &Path) -> Option<Holder> {
    serde_json::from_slice(&fs::read(data_dir.join(ADDRESS_FILE)).ok()?).ok()
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn absent(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn address() -> SocketAddr {
        "127.0.0.1:7373".parse().unwrap()
    }

    #[test]
    fn one_holds_a_folder_and_the_others_learn_where_it_answers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut lock = FolderLock::acquire(path).unwrap();
        assert_eq!((lock.folder(), FolderLock::holder(path)), (path, None));
        let Err(LockError::Held { holder: None, .. }) = FolderLock::acquire(path) else { panic!() };

        lock.publish(address(), "first").unwrap();
        lock.publish(address(), "secret").unwrap();
        let pid = std::process::id();
        let holder = Holder { address: address(), token: "secret".into(), pid };
        assert_eq!(FolderLock::holder(path), Some(holder.clone()));
        let held = FolderLock::acquire(path).unwrap_err();
        let text = format!("{held} {held:?}");
        assert!(text.contains("127.0.0.1:7373") && !text.contains("secret"), "{text}");
        assert!(matches!(held, LockError::Held { holder: Some(found), .. } if found == holder));

        drop(lock);
        assert_eq!(FolderLock::holder(path), None);
        assert!(!path.join(ADDRESS_FILE).exists());
        FolderLock::acquire(path).unwrap();
    }

    #[test]
    fn what_is_written_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        // Left open to all by something else.
        fs::write(folder.path().join("foulee.address.new"), "").unwrap();
        let mut lock = FolderLock::acquire(folder.path()).unwrap();
        lock.publish(address(), "secret").unwrap();
        #[cfg(unix)]
        for name in [LOCK_FILE, ADDRESS_FILE] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none");
        assert!(matches!(FolderLock::acquire(&path), Err(LockError::NoFolder { .. })));
        assert_eq!(FolderLock::holder(&path), None);
        assert!(!path.exists());
    }

    #[test]
    fn asking_for_the_holder_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let stale = Holder { address: address(), token: "old".into(), pid: 1 };
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..2_000).for_each(|_| drop(FolderLock::holder(path))));
            }
            for _ in 0..50 {
                fs::write(path.join(ADDRESS_FILE), serde_json::to_vec(&stale).unwrap()).unwrap();
                FolderLock::acquire(path).unwrap();
            }
        });
    }

    /// Runs in a process of its own, for [`one_who_was_killed_holds_nothing`].
    #[test]
    #[ignore = "a part of one_who_was_killed_holds_nothing"]
    fn holds_until_killed() {
        let Some(path) = std::env::var_os("FOULEE_TEST_LOCK") else { return };
        let mut lock = FolderLock::acquire(Path::new(&path)).unwrap();
        lock.publish(address(), "secret").unwrap();
        thread::sleep(Duration::from_secs(60));
    }

    #[test]
    fn one_who_was_killed_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "lock::tests::holds_until_killed"])
            .env("FOULEE_TEST_LOCK", path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while FolderLock::holder(path).is_none() {
            assert_eq!(child.try_wait().unwrap(), None, "the child must hold the folder");
            thread::sleep(BETWEEN_TRIES);
        }
        assert_eq!(FolderLock::holder(path).unwrap().pid, child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(path.join(ADDRESS_FILE).exists(), "killed, it could not clean up");
        assert_eq!(FolderLock::holder(path), None);
        let lock = FolderLock::acquire(path).unwrap();
        assert!(!path.join(ADDRESS_FILE).exists());
        drop(lock);
    }
}
