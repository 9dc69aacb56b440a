//! Where readings wait, sealed and on disk, until ingest has acknowledged them.
//!
//! Three journals in one folder, under one key: `readings` (frames), `series` (which number stands for which series;
//! each definition twice, so that one damaged block never takes it away), `aside` (what the service refused, with the
//! reason). A reading counts as taken when [`Spool::take`] returns. What the journal lost or dropped comes back as gaps.

mod aside;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foulee_contract::{
    Batch, GapCause, Grain, Metric, ParticipantId, Provenance, Rejection, Series, Source, Tuple,
};
use foulee_journal::{Cause, Disk, Journal, JournalError, Key, Loss, Options, Position, WhenFull};
use serde::{Deserialize, Serialize};

use crate::GatewayError;
use crate::clock::stretch::Correction;
use crate::config::SpoolConfig;
use crate::frame::{self, Group};
use crate::normalise::Taken;
use crate::stop::Stop;
pub use aside::Aside;

/// Records of what was set aside are committed together up to so many bytes; one alone may be larger.
const ASIDE_COMMIT_BYTES: usize = 512 << 10;

/// Bytes of the two small journals.
const SMALL: Options = Options {
    segment_bytes: 256 << 10,
    max_bytes: 8 << 20,
    max_commit_bytes: 1 << 20,
    when_full: WhenFull::DropOldest,
};

/// The spool of one gateway.
pub struct Spool {
    folder: PathBuf,
    inner: Mutex<Inner>,
    more: Condvar,
    // Held for the life of the process: two gateways on one folder would tear each other's segments.
    _lock: File,
}

struct Inner {
    readings: Journal<Disk>,
    series: Journal<Disk>,
    aside: Journal<Disk>,
    numbers: HashMap<Series, u32>,
    by_number: BTreeMap<u32, Series>,
    commits: u64,
    found_lost: Vec<Lost>,
}

/// Time that is lost, to be told as a gap of every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// From, ms UTC.
    pub from_ms: i64,
    /// To, ms UTC.
    pub to_ms: i64,
    /// Why.
    pub cause: GapCause,
}

/// What one commit did.
#[derive(Debug, Default)]
pub struct Committed {
    /// Times that were lost.
    pub lost: Vec<Lost>,
}

/// One frame that waits to be sent.
#[derive(Debug)]
pub struct Waiting {
    groups: Vec<Group>,
    bytes: Vec<u8>,
}

/// Frames that wait to be sent, and what to release when they were.
#[derive(Debug)]
pub struct Batched {
    frames: Vec<Waiting>,
    next: Position,
    moved: bool,
}

impl Batched {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty() && !self.moved
    }

    /// Corrects what the gateway's own clock stamped wrong. What nobody knows the time of is taken out, to be set aside
    /// once the rest was sent.
    ///
    /// # Errors
    /// That of `correct`; then nothing may be sent.
    pub fn put_right<E>(
        &mut self,
        mut correct: impl FnMut(u32) -> Result<Correction, E>,
    ) -> Result<Vec<Aside>, E> {
        let mut unknown = Vec::new();
        for group in self.frames.iter_mut().flat_map(|frame| &mut frame.groups) {
            match correct(group.stretch)? {
                Correction::Add(0) => {}
                Correction::Add(ms) => {
                    for tuple in &mut group.tuples {
                        tuple.start_ms = tuple.start_ms.saturating_add(ms);
                        tuple.end_ms = tuple.end_ms.saturating_add(ms);
                    }
                }
                Correction::NotKnown => unknown.push(group.clone()),
            }
        }
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        for frame in &mut self.frames {
            frame.groups.retain(|group| !unknown.contains(group));
        }
        let fix = "its times contradict what came before or after".to_owned();
        let frame = Some(frame::encode(&unknown));
        Ok(vec![Aside { code: "clock_not_known".to_owned(), fix, batch: None, frame }])
    }

    /// The frames.
    #[must_use]
    pub fn frames(&self) -> Vec<&Waiting> {
        self.frames.iter().collect()
    }
}

/// What there is in a spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SpoolStats {
    /// Commits that were not acknowledged yet.
    pub waiting_commits: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Since when the oldest waits, ms UTC.
    pub oldest_ms: Option<i64>,
}

/// A series as the table keeps it.
#[derive(Serialize, Deserialize)]
struct Definition {
    no: u32,
    participant: ParticipantId,
    source: Source,
    metric: Metric,
    grain: Grain,
}

impl Spool {
    /// Opens the spool, making it if it is not there; with it what was lost before.
    ///
    /// # Errors
    /// When the folder is used by another process, the key is not the one it was sealed with, or the disk fails.
    pub fn open(config: &SpoolConfig) -> Result<(Self, Vec<Lost>), GatewayError> {
        let folder = config.folder.clone();
        private_folder(&folder)?;
        let lock = lock(&folder)?;
        let key = key(config)?;
        let at = |name: &str, options| open(&folder.join(name), &key, options);
        let (series, _) = at("series", SMALL)?;
        // A token that covers nobody makes everything that waits refused: all of it must find room.
        let (aside, _) = at("aside", Options { max_bytes: config.max_bytes, ..SMALL })?;
        let options = Options { max_bytes: config.max_bytes, ..Options::default() };
        let (readings, recovered) = at("readings", options)?;
        let mut inner = Inner {
            readings,
            series,
            aside,
            numbers: HashMap::new(),
            by_number: BTreeMap::new(),
            commits: 0,
            found_lost: Vec::new(),
        };
        inner.load_series().map_err(|source| GatewayError::Spool { path: folder.clone(), source })?;
        let spool = Self { folder, inner: Mutex::new(inner), more: Condvar::new(), _lock: lock };
        Ok((spool, recovered.lost.iter().filter_map(lost).collect()))
    }

    /// Takes readings: when this returns they are sealed and on disk, file and folder.
    ///
    /// # Errors
    /// When they are not certainly on the disk; then none counts as taken, and the caller keeps them.
    pub fn take(&self, readings: &[Taken]) -> Result<Committed, GatewayError> {
        let mut inner = self.lock_inner();
        let result = inner.take(readings);
        drop(inner);
        self.more.notify_all();
        result.map_err(|source| self.fault(source))
    }

    /// Frames that wait, from the oldest: about `most` readings.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn next(&self, most: usize) -> Result<Batched, GatewayError> {
        self.lock_inner().next(most).map_err(|source| self.fault(source))
    }

    /// What was found lost while reading, once.
    #[must_use]
    pub fn found_lost(&self) -> Vec<Lost> {
        std::mem::take(&mut self.lock_inner().found_lost)
    }

    /// Forgets what was acknowledged.
    ///
    /// # Errors
    /// When the disk fails; the readings will be sent again, which changes nothing.
    pub fn release(&self, sent: &Batched) -> Result<(), GatewayError> {
        let mut inner = self.lock_inner();
        let done = inner.readings.release(sent.next);
        drop(inner);
        done.map_err(|source| self.fault(source))
    }

    /// Waits until something was taken, at most so long.
    pub fn wait_for_more(&self, time: Duration, stop: &Stop) {
        let inner = self.lock_inner();
        let seen = inner.commits;
        let step = time.min(Duration::from_millis(200));
        let mut left = time;
        let mut inner = inner;
        while !left.is_zero() && inner.commits == seen && !stop.is_set() {
            inner = self.more.wait_timeout(inner, step).unwrap_or_else(PoisonError::into_inner).0;
            left = left.saturating_sub(step);
        }
    }

    /// The readings of a frame with their series. A series that the table does not know is left out: both of its
    /// definitions were damaged, and nobody knows whose readings these are.
    #[must_use]
    pub fn resolve<'a>(&self, waiting: &'a Waiting) -> Vec<(Series, Provenance, &'a [Tuple])> {
        let inner = self.lock_inner();
        let known = waiting.groups.iter().filter_map(|group| {
            let series = inner.by_number.get(&group.series);
            if series.is_none() {
                tracing::error!(
                    series = group.series,
                    readings = group.tuples.len(),
                    "readings of an unknown series"
                );
            }
            Some((series?.clone(), group.provenance, group.tuples.as_slice()))
        });
        known.collect()
    }

    /// Keeps readings that the service refused, each with its reason.
    ///
    /// # Errors
    /// When the disk fails; then they are not released either.
    pub fn set_readings_aside(&self, batch: &Batch, rejected: &[Rejection]) -> Result<(), GatewayError> {
        self.keep_aside(&Aside::of_rejected(batch, rejected))
    }

    /// Keeps a frame that the service refused whole.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_frame_aside(&self, waiting: &Waiting, why: &str) -> Result<(), GatewayError> {
        let frame = Some(waiting.bytes.clone());
        self.keep_aside(&[Aside {
            code: "batch_refused".to_owned(),
            fix: why.to_owned(),
            batch: None,
            frame,
        }])
    }

    /// Keeps readings that this gateway itself could not take for true.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_aside(&self, asides: &[Aside]) -> Result<(), GatewayError> {
        if asides.is_empty() {
            return Ok(());
        }
        let mut inner = self.lock_inner();
        let kept = inner.keep_aside(asides);
        drop(inner);
        kept.map_err(|source| self.fault(source))
    }

    /// What was set aside, oldest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn asides(&self) -> Result<Vec<Aside>, GatewayError> {
        self.lock_inner().asides().map(|(asides, _)| asides).map_err(|source| self.fault(source))
    }

    /// Puts what was set aside back among what is to be sent; how many readings.
    ///
    /// # Errors
    /// When the disk fails; then it stays where it is.
    pub fn retry_asides(&self) -> Result<u64, GatewayError> {
        let mut inner = self.lock_inner();
        let result = inner.retry_asides();
        drop(inner);
        self.more.notify_all();
        result.map_err(|source| self.fault(source))
    }

    /// Reads everything that waits: how many readings, and how many damaged places there are.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn verify(&self) -> Result<(u64, u64), GatewayError> {
        self.lock_inner().verify().map_err(|source| self.fault(source))
    }

    /// What there is.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn stats(&self) -> Result<SpoolStats, GatewayError> {
        let mut inner = self.lock_inner();
        let stats = inner.readings.stats().map(|readings| SpoolStats {
            waiting_commits: readings.unreleased_records,
            bytes: readings.bytes,
            oldest_ms: readings.oldest_ms,
        });
        drop(inner);
        stats.map_err(|source| self.fault(source))
    }

    /// Writes down how far was released: at a graceful end, so that the next start sends nothing again.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn settle(&self) -> Result<(), GatewayError> {
        let settled = self.lock_inner().readings.persist_released();
        settled.map_err(|source| self.fault(source))
    }

    /// The gaps of earlier losses are on record: they are not told again.
    ///
    /// # Errors
    /// When the disk fails; they are told again after a restart, which changes nothing.
    pub fn losses_are_told(&self) -> Result<(), GatewayError> {
        let settled = self.lock_inner().readings.settle();
        settled.map_err(|source| self.fault(source))
    }

    fn lock_inner(&self) -> MutexGuard<'_, Inner> {
        // A journal is whole between any two of its operations: a panic elsewhere leaves it usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, source: JournalError) -> GatewayError {
        GatewayError::Spool { path: self.folder.clone(), source }
    }
}

impl Inner {
    fn load_series(&mut self) -> Result<(), JournalError> {
        let mut at = Position::START;
        loop {
            let read = self.series.read(at, 1 << 20)?;
            for record in read.blocks.iter().flat_map(foulee_journal::Block::records) {
                if let Ok(Definition { no, participant, source, metric, grain }) =
                    serde_json::from_slice(record)
                {
                    let series = Series { participant, source, metric, grain };
                    self.numbers.insert(series.clone(), no);
                    self.by_number.insert(no, series);
                }
            }
            if read.next == at {
                return Ok(());
            }
            at = read.next;
        }
    }

    /// The number of a series, defined on disk before it is used.
    fn number(&mut self, series: &Series, now_ms: i64) -> Result<u32, JournalError> {
        if let Some(no) = self.numbers.get(series) {
            return Ok(*no);
        }
        let no = self.by_number.last_key_value().map_or(1, |(last, _)| last + 1);
        let Series { participant, source, metric, grain } = series.clone();
        let record =
            serde_json::to_vec(&Definition { no, participant, source, metric, grain }).unwrap_or_default();
        for _ in 0..2 {
            self.series.discard_pending();
            self.series.append(&record, now_ms, now_ms)?;
            let _ = self.series.commit()?;
        }
        self.numbers.insert(series.clone(), no);
        self.by_number.insert(no, series.clone());
        Ok(no)
    }

    fn take(&mut self, readings: &[Taken]) -> Result<Committed, JournalError> {
        if readings.is_empty() {
            return Ok(Committed::default());
        }
        let mut groups: BTreeMap<(u32, Provenance, u32), Vec<Tuple>> = BTreeMap::new();
        let (mut first_ms, mut last_ms) = (i64::MAX, i64::MIN);
        for Taken { series, tuple, provenance, stretch } in readings {
            let no = self.number(series, tuple.start_ms)?;
            groups.entry((no, *provenance, *stretch)).or_default().push(*tuple);
            first_ms = first_ms.min(tuple.start_ms);
            last_ms = last_ms.max(tuple.end_ms);
        }
        let groups: Vec<Group> = groups
            .into_iter()
            .map(|((series, provenance, stretch), tuples)| Group { series, provenance, stretch, tuples })
            .collect();
        self.readings.discard_pending();
        self.readings.append(&frame::encode(&groups), first_ms, last_ms)?;
        let committed = self.readings.commit()?;
        self.commits += 1;
        if let Some(error) = &committed.not_joined {
            tracing::warn!(error = error as &dyn std::error::Error, "a closed segment stays as it is");
        }
        Ok(Committed { lost: committed.lost.iter().filter_map(lost).collect() })
    }

    fn next(&mut self, most: usize) -> Result<Batched, JournalError> {
        let from = self.readings.released();
        let (mut at, mut frames, mut readings) = (from, Vec::new(), 0);
        // A block holds up to a minute of commits: small bites, so that a batch is not far beyond what was asked for.
        while readings < most {
            let read = self.readings.read(at, (most - readings).saturating_mul(4).clamp(4 << 10, 1 << 20))?;
            self.found_lost.extend(read.lost.iter().filter_map(lost));
            for record in read.blocks.iter().flat_map(foulee_journal::Block::records) {
                match frame::decode(record) {
                    Ok(groups) => {
                        readings += groups.iter().map(|group| group.tuples.len()).sum::<usize>();
                        frames.push(Waiting { groups, bytes: record.to_vec() });
                    }
                    Err(error) => {
                        tracing::error!(error = &error as &dyn std::error::Error, "a frame is set aside");
                        let frame = Some(record.to_vec());
                        self.keep_aside(&[Aside {
                            code: "unreadable".into(),
                            fix: String::new(),
                            batch: None,
                            frame,
                        }])?;
                    }
                }
            }
            if read.next == at {
                break;
            }
            at = read.next;
        }
        Ok(Batched { frames, next: at, moved: at != from })
    }

    fn verify(&mut self) -> Result<(u64, u64), JournalError> {
        let (mut at, mut readings, mut losses) = (self.readings.released(), 0, 0);
        loop {
            let read = self.readings.read(at, 1 << 20)?;
            losses += read.lost.len() as u64;
            for record in read.blocks.iter().flat_map(foulee_journal::Block::records) {
                match frame::decode(record) {
                    Ok(groups) => {
                        readings += groups.iter().map(|group| group.tuples.len() as u64).sum::<u64>()
                    }
                    Err(_) => losses += 1,
                }
            }
            if read.next == at {
                return Ok((readings, losses));
            }
            at = read.next;
        }
    }

    fn keep_aside(&mut self, asides: &[Aside]) -> Result<(), JournalError> {
        self.aside.discard_pending();
        let mut pending = 0;
        for aside in asides {
            let record = serde_json::to_vec(aside).unwrap_or_default();
            if pending > 0 && pending + record.len() > ASIDE_COMMIT_BYTES {
                self.commit_aside()?;
                pending = 0;
            }
            self.aside.append(&record, 0, 0)?;
            pending += record.len();
        }
        if pending > 0 { self.commit_aside() } else { Ok(()) }
    }

    fn commit_aside(&mut self) -> Result<(), JournalError> {
        for loss in self.aside.commit()?.lost {
            tracing::error!(?loss, "there is no more room for what is refused; the oldest of it is lost");
        }
        Ok(())
    }

    fn asides(&mut self) -> Result<(Vec<Aside>, Position), JournalError> {
        let (mut at, mut asides) = (self.aside.released(), Vec::new());
        loop {
            let read = self.aside.read(at, 1 << 20)?;
            let records = read.blocks.iter().flat_map(foulee_journal::Block::records);
            asides.extend(records.filter_map(|record| serde_json::from_slice::<Aside>(record).ok()));
            if read.next == at {
                return Ok((asides, at));
            }
            at = read.next;
        }
    }

    fn retry_asides(&mut self) -> Result<u64, JournalError> {
        let (asides, upto) = self.asides()?;
        let mut readings = 0;
        let (again, only_words): (Vec<Aside>, Vec<Aside>) = asides.into_iter().partition(Aside::can_be_sent);
        for aside in &again {
            readings += aside.readings();
            if let Some(bytes) = &aside.frame {
                self.readings.discard_pending();
                self.readings.append(bytes, 0, 0)?;
                let _ = self.readings.commit()?;
            }
            self.take(&aside.taken())?;
        }
        self.keep_aside(&only_words)?;
        self.aside.release(upto)?;
        self.aside.persist_released()?;
        Ok(readings)
    }
}

fn lost(loss: &Loss) -> Option<Lost> {
    let cause = match loss.cause {
        Cause::Dropped => GapCause::SpoolFull,
        // The end that a crash cut off was never taken, but damage to the last commit looks the same.
        Cause::Damaged | Cause::CutOff => GapCause::SpoolDamaged,
    };
    tracing::error!(?loss, "readings of the spool are lost; their time becomes a gap");
    let (from_ms, to_ms) = (loss.from_ms?, loss.to_ms?);
    (to_ms >= from_ms).then_some(Lost { from_ms, to_ms: to_ms.max(from_ms + 1), cause })
}

fn open(
    folder: &Path,
    key: &Key,
    options: Options,
) -> Result<(Journal<Disk>, foulee_journal::Recovery), GatewayError> {
    let fault = |source| GatewayError::Spool { path: folder.to_owned(), source };
    let disk =
        Disk::open(folder).map_err(|source| GatewayError::WriteFile { path: folder.to_owned(), source })?;
    Journal::open(disk, key, options, fill_random).map_err(fault)
}

/// Nonces. A system without random bytes cannot seal: the gateway ends rather than seal with known ones.
fn fill_random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        tracing::error!("the system gives no random bytes; the gateway ends");
        std::process::exit(1);
    }
}

fn key(config: &SpoolConfig) -> Result<Key, GatewayError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY")
        .map(|folder| Path::new(&folder).join("foulee-spool-key"))
        .filter(|path| path.exists());
    let path = config.key_file.clone().or(credential).unwrap_or_else(|| config.folder.join("key"));
    let fault = |source| GatewayError::Spool { path: path.clone(), source };
    Key::from_file_or_new(&path, &mut fill_random).map_err(fault)
}

fn private_folder(folder: &Path) -> Result<(), GatewayError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| GatewayError::WriteFile { path: folder.to_owned(), source })
}

fn lock(folder: &Path) -> Result<File, GatewayError> {
    let path = folder.join("lock");
    let fault = |source| GatewayError::WriteFile { path: path.clone(), source };
    let file = File::options().write(true).create(true).truncate(false).open(&path).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(GatewayError::FolderInUse { path: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(fault(source)),
    }
}

/// Shared by the threads of a gateway.
pub type SharedSpool = Arc<Spool>;
