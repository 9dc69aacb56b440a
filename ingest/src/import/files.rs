use std::cell::{Cell, OnceCell, RefCell};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tempfile::TempPath;
use zip::ZipArchive;

use super::salvage::salvage;
use super::summary::Skipped;

/// A file to look at.
pub(super) struct Found {
    pub(super) place: Place,
    /// Whether it was asked for by name, rather than met in a folder or an archive.
    pub(super) named: bool,
}

/// Where a file's content stands: on disk, or in a zip archive there.
#[derive(Clone)]
pub(super) struct Place {
    /// As it is told to people: that of a member goes on behind its archive's.
    pub(super) path: PathBuf,
    member: Option<(Rc<RefCell<Archive>>, usize)>,
    unpacked: Rc<OnceCell<Copy>>,
}

/// A copy on disk, for what can only be read there. Its lock says that whoever made it is alive.
pub(super) struct Copy {
    path: TempPath,
    _lock: File,
}

/// What the names of copies begin with.
const COPY: &str = "foulee-import-";
/// And before they are locked, empty: else another import could take one for a dead one's.
const UNLOCKED: &str = "foulee-new-";

impl Copy {
    pub(super) fn of(content: &mut dyn Read) -> io::Result<Self> {
        let mut copy = tempfile::NamedTempFile::with_prefix(UNLOCKED)?;
        // On Windows a lock keeps its own holder from writing: there copies keep this name, and are not swept.
        if !cfg!(unix) {
            io::copy(content, &mut copy)?;
            let (file, path) = copy.into_parts();
            return Ok(Self { path, _lock: file });
        }
        copy.as_file().lock_shared()?;
        let name = copy.path().file_name().map(|name| name.to_string_lossy().replacen(UNLOCKED, COPY, 1));
        let path = copy.path().with_file_name(name.unwrap_or_default());
        let mut file = copy.persist_noclobber(&path)?;
        let path = TempPath::try_from_path(path)?;
        io::copy(content, &mut file)?;
        Ok(Self { path, _lock: file })
    }
}

/// Deletes the copies of imports that were killed: they hold somebody's readings.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(COPY)) {
        let path = entry.path();
        // What cannot be looked at is somebody else's.
        if File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_file(path);
        }
    }
}

struct Archive {
    zip: ZipArchive<Counted>,
    bytes_read: Rc<Cell<u64>>,
}

/// The files of `paths`, folders walked and zip archives opened, each one's sorted by path; and what could not be reached.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<Skipped>) {
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => {
                let mut files = Vec::new();
                walk(path, &mut files, &mut skipped);
                files.sort();
                for file in files {
                    add(file, false, &mut found, &mut skipped);
                }
            }
            Ok(_) => add(path.clone(), true, &mut found, &mut skipped),
            Err(error) => skipped.push(unreadable(path, &error)),
        }
    }
    (found, skipped)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut Vec<Skipped>) {
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
            Ok(kind) if kind.is_dir() => walk(&path, files, skipped),
            Ok(kind) if kind.is_symlink() && path.is_dir() => {}
            Ok(_) => files.push(path),
            Err(error) => skipped.push(unreadable(&path, &error)),
        }
    }
}

/// A file, or the members of one that is an archive.
fn add(path: PathBuf, named: bool, found: &mut Vec<Found>, skipped: &mut Vec<Skipped>) {
    match is_zip(&path).and_then(|zip| if zip { members(&path).map(Some) } else { Ok(None) }) {
        Ok(Some(members)) if members.is_empty() => {
            skipped.push(Skipped { path, why: "an archive without a file in it".to_owned(), refused: named });
        }
        Ok(Some(members)) => found.extend(members.into_iter().map(|place| Found { place, named: false })),
        Ok(None) => found.push(Found { place: Place::on_disk(path), named }),
        Err(error) => match salvage(&path) {
            Ok(members) if !members.is_empty() => {
                let why =
                    "its end is missing: its members are read as far as they can be unpacked".to_owned();
                found.extend(
                    members
                        .into_iter()
                        .map(|member| Found { place: Place::salvaged(&path, member), named: false }),
                );
                skipped.push(Skipped { path, why, refused: true });
            }
            _ => skipped.push(unreadable(&path, &error)),
        },
    }
}

fn is_zip(path: &Path) -> io::Result<bool> {
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(matches!(magic.as_slice(), b"PK\x03\x04" | b"PK\x05\x06"))
}

fn members(path: &Path) -> io::Result<Vec<Place>> {
    let bytes_read = Rc::new(Cell::new(0));
    let counted = Counted { file: File::open(path)?, bytes_read: Rc::clone(&bytes_read) };
    let zip = ZipArchive::new(counted)?;
    let mut names: Vec<(String, usize)> = (0..zip.len())
        .filter_map(|at| Some((zip.name_for_index(at)?.ok()?.into_owned(), at)))
        // What a Mac puts beside each file is no file of the person's.
        .filter(|(name, _)| !name.ends_with('/') && !name.starts_with("__MACOSX/"))
        .collect();
    names.sort();
    let archive = Rc::new(RefCell::new(Archive { zip, bytes_read }));
    let place = |(name, at): (String, usize)| Place {
        // A name is only told, never opened: it may say `..` as it likes.
        path: PathBuf::from(format!("{}/{name}", path.display())),
        member: Some((Rc::clone(&archive), at)),
        unpacked: Rc::default(),
    };
    Ok(names.into_iter().map(place).collect())
}

/// A file or folder that could not be read, which is a failure wherever it was met.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Skipped {
    Skipped { path: path.to_owned(), why: format!("cannot be read: {error}"), refused: true }
}

impl Place {
    fn on_disk(path: PathBuf) -> Self {
        Self { path, member: None, unpacked: Rc::default() }
    }

    /// A member that was unpacked to disk.
    fn salvaged(archive: &Path, (name, copy): (String, Copy)) -> Self {
        let path = PathBuf::from(format!("{}/{name}", archive.display()));
        Self { path, member: None, unpacked: Rc::new(OnceCell::from(copy)) }
    }

    /// Hands over the content, unpacked; gzip is known by its first two bytes, whatever the name says.
    pub(super) fn open<R>(&self, take: impl FnOnce(Input<'_>) -> R) -> io::Result<R> {
        let Some((archive, at)) = &self.member else {
            let path: &Path = self.unpacked.get().map_or(&self.path, |copy| &copy.path);
            let meta = fs::metadata(path)?;
            if !meta.is_file() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
            }
            let bytes_read = Rc::new(Cell::new(0));
            let counted = Counted { file: File::open(path)?, bytes_read: Rc::clone(&bytes_read) };
            return Ok(take(Input::new(counted, self, meta.len(), bytes_read)?));
        };
        let mut archive = archive.borrow_mut();
        archive.bytes_read.set(0);
        let bytes_read = Rc::clone(&archive.bytes_read);
        let member = archive.zip.by_index(*at)?;
        let bytes = member.compressed_size();
        Ok(take(Input::new(member, self, bytes, bytes_read)?))
    }
}

/// A file's content, unpacked.
pub(super) struct Input<'a> {
    reader: Box<dyn BufRead + 'a>,
    place: &'a Place,
    /// Whether what stands on disk is the content itself.
    plain: bool,
    /// Its size on disk.
    pub(super) bytes: u64,
    /// How much of that was read.
    pub(super) bytes_read: Rc<Cell<u64>>,
}

impl<'a> Input<'a> {
    fn new(raw: impl Read + 'a, place: &'a Place, bytes: u64, bytes_read: Rc<Cell<u64>>) -> io::Result<Self> {
        let mut raw = BufReader::with_capacity(1 << 16, raw);
        let is_gzip = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let plain = place.member.is_none() && !is_gzip;
        let reader: Box<dyn BufRead + 'a> = if is_gzip {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(raw)))
        } else {
            Box::new(raw)
        };
        Ok(Self { reader, place, plain, bytes, bytes_read })
    }

    /// The content.
    pub(super) fn reader(&mut self) -> &mut (dyn BufRead + 'a) {
        &mut *self.reader
    }

    /// Where the content stands on disk as it is: the file itself, or a copy that is gone when the import is done.
    pub(super) fn on_disk(&mut self) -> io::Result<&'a Path> {
        if let Some(copy) = self.place.unpacked.get() {
            return Ok(&copy.path);
        }
        if self.plain {
            return Ok(&self.place.path);
        }
        let copy = Copy::of(&mut self.reader)?;
        Ok(&self.place.unpacked.get_or_init(|| copy).path)
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

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_go_with_their_import_or_with_the_next_one_and_never_under_one_that_lives() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("foulee-import-killed");
        let other = folder.path().join("notes.txt");
        fs::write(&left, b"readings").unwrap();
        fs::write(&other, b"somebody else's").unwrap();
        let living = folder.path().join("foulee-import-living");
        let file = File::create(&living).unwrap();
        file.lock().unwrap();
        sweep(folder.path());
        assert_eq!((left.exists(), living.exists(), other.exists()), (false, true, true));

        let copy = Copy::of(&mut &b"readings"[..]).unwrap();
        let path = copy.path.to_path_buf();
        sweep(path.parent().unwrap());
        assert!(path.exists());
        drop(copy);
        assert!(!path.exists());
    }
}
