//! A disk in memory that loses power: what was not fsynced survives in part, or not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

use foulee_journal::Files;

use crate::chance::Chance;

/// What a disk writes in one piece, bytes.
const SECTOR: usize = 512;

/// Handles to the same disk; it outlives the journal that a power cut stops.
#[derive(Clone, Debug)]
pub(crate) struct SimDisk(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    chance: Chance,
    inodes: Vec<Inode>,
    /// The folder as the running system sees it.
    names: BTreeMap<String, usize>,
    /// The folder on the disk.
    durable: BTreeMap<String, usize>,
    /// Changes of the folder since its last fsync.
    changes: Vec<Change>,
    /// Changes whose fsync failed: a later fsync says nothing about them.
    limbo: Vec<Change>,
    faults: Faults,
    /// A file of which nothing can be read.
    unreadable: Option<String>,
    power_cut_in: Option<u64>,
    off: bool,
    /// Most bytes that all files ever held.
    peak: u64,
    /// An fsync of the folder failed once: nobody can know what a power cut brings back.
    folder_doubtful: bool,
}

#[derive(Debug, Default)]
struct Inode {
    data: Vec<u8>,
    /// So many bytes of `data` are on the disk.
    synced: usize,
    /// An fsync failed: the kernel has forgotten what it could not write, and later ones succeed.
    forgotten: bool,
    /// What is on the disk while a truncation is not.
    before_truncation: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Change {
    Put(String, usize),
    Remove(String),
    Rename(String, String, usize),
}

/// What goes wrong while the power is on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Bytes that the disk can hold.
    pub(crate) capacity: Option<u64>,
    /// Of a thousand writes and fsyncs, so many fail.
    pub(crate) eio_per_mille: u64,
    /// Bytes of every file, from and to, that cannot be read.
    pub(crate) unreadable: Option<(u64, u64)>,
}

impl SimDisk {
    pub(crate) fn new(chance: Chance) -> Self {
        Self(Rc::new(RefCell::new(State {
            chance,
            inodes: Vec::new(),
            names: BTreeMap::new(),
            durable: BTreeMap::new(),
            changes: Vec::new(),
            limbo: Vec::new(),
            faults: Faults::default(),
            unreadable: None,
            power_cut_in: None,
            off: false,
            peak: 0,
            folder_doubtful: false,
        })))
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.0.borrow_mut().faults = faults;
    }

    /// Nothing of this file can be read, as long as it is the same.
    pub(crate) fn set_unreadable(&self, name: &str) {
        self.0.borrow_mut().unreadable = Some(name.to_owned());
    }

    /// The power goes at the so many-th change from now on.
    pub(crate) fn cut_power_in(&self, changes: u64) {
        self.0.borrow_mut().power_cut_in = Some(changes);
    }

    pub(crate) fn is_off(&self) -> bool {
        self.0.borrow().off
    }

    pub(crate) fn peak_bytes(&self) -> u64 {
        self.0.borrow().peak
    }

    /// Whether a power cut could bring back what was deleted or replaced.
    pub(crate) fn folder_is_doubtful(&self) -> bool {
        self.0.borrow().folder_doubtful
    }

    pub(crate) fn file_names(&self) -> Vec<String> {
        self.0.borrow().names.keys().cloned().collect()
    }

    pub(crate) fn contents(&self, name: &str) -> Vec<u8> {
        let state = self.0.borrow();
        state.inodes[state.names[name]].data.clone()
    }

    /// Puts a file there that is on the disk.
    pub(crate) fn put(&self, name: &str, data: Vec<u8>) {
        let mut state = self.0.borrow_mut();
        let inode = state.inodes.len();
        state.inodes.push(Inode { synced: data.len(), data, ..Inode::default() });
        state.names.insert(name.to_owned(), inode);
        state.durable.insert(name.to_owned(), inode);
    }

    pub(crate) fn delete(&self, name: &str) {
        let mut state = self.0.borrow_mut();
        state.names.remove(name);
        state.durable.remove(name);
    }

    /// Another disk with the same files, all of them on it.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new(self.0.borrow().chance.clone());
        for name in self.file_names() {
            copy.put(&name, self.contents(&name));
        }
        copy
    }

    /// The power goes, and comes back.
    pub(crate) fn power_cut(&self) {
        let mut state = self.0.borrow_mut();
        let state = &mut *state;
        let mut names = std::mem::take(&mut state.durable);
        for change in survivors(&mut state.chance, &mut state.limbo, &mut state.changes) {
            change.apply(&mut names);
        }
        let mut inodes = Vec::with_capacity(names.len());
        for inode in names.values_mut() {
            let data = state.inodes[*inode].after_power_cut(&mut state.chance);
            *inode = inodes.len();
            inodes.push(Inode { synced: data.len(), data, ..Inode::default() });
        }
        state.inodes = inodes;
        state.names.clone_from(&names);
        state.durable = names;
        state.power_cut_in = None;
        state.off = false;
        if !state.folder_doubtful {
            state.peak = state.peak.max(state.bytes());
        }
    }
}

/// The changes of the folder that reached the disk: the first ones, or any of them, in their order.
fn survivors(chance: &mut Chance, limbo: &mut Vec<Change>, changes: &mut Vec<Change>) -> Vec<Change> {
    let mut kept: Vec<Change> = limbo.drain(..).filter(|_| chance.one_in(2)).collect();
    let all = std::mem::take(changes);
    if chance.one_in(2) {
        let first = chance.below(all.len() as u64 + 1) as usize;
        kept.extend(all.into_iter().take(first));
    } else {
        kept.extend(all.into_iter().filter(|_| chance.one_in(2)));
    }
    kept
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Put(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
            Self::Rename(from, to, inode) => {
                names.remove(from);
                names.insert(to.clone(), *inode);
            }
        }
    }

    fn touches(&self, other: &Self) -> bool {
        let names = |change: &Self| match change {
            Self::Put(name, _) | Self::Remove(name) => vec![name.clone()],
            Self::Rename(from, to, _) => vec![from.clone(), to.clone()],
        };
        let theirs = names(other);
        names(self).iter().any(|name| theirs.contains(name))
    }
}

impl Inode {
    /// The part that was fsynced; of the rest any first part, in which sectors may be missing.
    fn after_power_cut(&self, chance: &mut Chance) -> Vec<u8> {
        if let Some(before) = self.before_truncation.as_ref().filter(|_| chance.one_in(2)) {
            return before.clone();
        }
        let rest = self.data.len() - self.synced;
        let kept = match chance.below(4) {
            0 => 0,
            1 => rest,
            _ => chance.below(rest as u64 + 1) as usize,
        };
        let mut data = self.data[..self.synced + kept].to_vec();
        if chance.one_in(2) {
            let mut at = self.synced;
            while at < data.len() {
                let end = ((at / SECTOR + 1) * SECTOR).min(data.len());
                if chance.one_in(3) {
                    data[at..end].fill(0);
                }
                at = end;
            }
        }
        data
    }
}

fn power_is_off() -> io::Error {
    io::Error::other("the power is off")
}

impl State {
    /// Counts a change; when the power goes with it, what it wanted to do is half done.
    fn change(&mut self) -> io::Result<()> {
        self.is_on()?;
        if let Some(left) = &mut self.power_cut_in {
            if *left == 0 {
                self.off = true;
            } else {
                *left -= 1;
            }
        }
        Ok(())
    }

    fn is_on(&self) -> io::Result<()> {
        if self.off { Err(power_is_off()) } else { Ok(()) }
    }

    fn fails(&mut self) -> bool {
        self.faults.eio_per_mille > 0 && self.chance.below(1000) < self.faults.eio_per_mille
    }

    fn inode(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn bytes(&self) -> u64 {
        self.names.values().map(|inode| self.inodes[*inode].data.len() as u64).sum()
    }

    fn changed(&mut self, change: Change) -> io::Result<()> {
        change.apply(&mut self.names);
        self.changes.push(change);
        self.is_on()
    }
}

impl Files for SimDisk {
    fn create_new(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.inodes.len();
        state.inodes.push(Inode::default());
        state.changed(Change::Put(name.to_owned(), inode))
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        let inode = state.inode(name)?;
        let free = state.faults.capacity.map_or(u64::MAX, |capacity| capacity.saturating_sub(state.bytes()));
        let (mut written, mut result) = (bytes.len(), Ok(()));
        if free < bytes.len() as u64 {
            (written, result) = (free as usize, Err(io::ErrorKind::StorageFull.into()));
        } else if state.off {
            (written, result) = (state.chance.below(bytes.len() as u64 + 1) as usize, Err(power_is_off()));
        } else if state.fails() {
            let error = Err(io::Error::other("input/output error"));
            (written, result) = (state.chance.below(bytes.len() as u64 + 1) as usize, error);
        }
        state.inodes[inode].data.extend_from_slice(&bytes[..written]);
        state.peak = state.peak.max(state.bytes());
        result
    }

    fn sync_file(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        state.is_on()?;
        let inode = state.inode(name)?;
        if state.fails() {
            state.inodes[inode].forgotten = true;
            return Err(io::Error::other("input/output error"));
        }
        let inode = &mut state.inodes[inode];
        if !inode.forgotten {
            inode.synced = inode.data.len();
        }
        Ok(())
    }

    fn sync_dir(&mut self) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        let state = &mut *state;
        state.change()?;
        state.is_on()?;
        let changes = std::mem::take(&mut state.changes);
        if state.fails() {
            state.limbo.extend(changes);
            state.folder_doubtful = true;
            return Err(io::Error::other("input/output error"));
        }
        for change in changes {
            state.limbo.retain(|old| !old.touches(&change));
            change.apply(&mut state.durable);
        }
        Ok(())
    }

    fn close(&mut self, _: &str) {}

    fn read_at(&mut self, name: &str, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let state = self.0.borrow();
        state.is_on()?;
        let data = &state.inodes[state.inode(name)?].data;
        let bad = |(from, to): (u64, u64)| offset < to && offset.saturating_add(len as u64) > from;
        if state.faults.unreadable.is_some_and(bad) || state.unreadable.as_deref() == Some(name) {
            return Err(io::Error::other("input/output error"));
        }
        let start = (offset as usize).min(data.len());
        Ok(data[start..start.saturating_add(len).min(data.len())].to_vec())
    }

    fn len(&mut self, name: &str) -> io::Result<u64> {
        let state = self.0.borrow();
        state.is_on()?;
        Ok(state.inodes[state.inode(name)?].data.len() as u64)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        let inode = state.inode(from)?;
        state.unreadable.take_if(|name| name == to);
        state.changed(Change::Rename(from.to_owned(), to.to_owned(), inode))
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        if state.fails() {
            return Err(io::Error::other("input/output error"));
        }
        let inode = state.inode(name)?;
        let inode = &mut state.inodes[inode];
        let len = (len as usize).min(inode.data.len());
        // The rest may have reached the disk already, whatever became of its fsync.
        inode.before_truncation = Some(inode.data.clone());
        inode.data.truncate(len);
        inode.synced = inode.synced.min(len);
        state.is_on()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut state = self.0.borrow_mut();
        state.change()?;
        state.inode(name)?;
        state.changed(Change::Remove(name.to_owned()))
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        self.0.borrow().is_on()?;
        Ok(self.file_names())
    }
}
