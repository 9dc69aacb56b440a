use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use foulee_contract::{GapCause, Grain, Metric, ParticipantId, Provenance, Series, Source, Tuple};
use foulee_journal::{Cause, Disk, Journal, JournalError, Key, Loss, Options, Position, Recovery, WhenFull};
use serde::{Deserialize, Serialize};

use super::folder::fill_random;
use super::{Aside, Batched, Committed, Lost, Waiting};
use crate::GatewayError;
use crate::frame::{self, Group};
use crate::normalise::Taken;

/// Records of what was set aside are committed together up to so many bytes; one alone may be larger.
const ASIDE_COMMIT_BYTES: usize = 512 << 10;

/// Bytes of the two small journals.
const SMALL: Options = Options {
    segment_bytes: 256 << 10,
    max_bytes: 8 << 20,
    max_commit_bytes: 1 << 20,
    when_full: WhenFull::DropOldest,
    keep_released: false,
};

/// The journals, and the table of series.
pub(super) struct Journals {
    pub(super) readings: Journal<Disk>,
    /// The table on disk, twice, in folders of their own: damage that hits a block takes no definition away.
    series: [Journal<Disk>; 2],
    pub(super) aside: Journal<Disk>,
    numbers: HashMap<Series, u32>,
    pub(super) by_number: BTreeMap<u32, Series>,
    pub(super) commits: u64,
    pub(super) found_lost: Vec<Lost>,
    /// The greatest number that waiting readings bear, or that was meant for a series: none up to it is given to a new one.
    never_again: u32,
    /// Times of readings that are nobody's: each is told once.
    of_nobody: BTreeSet<(i64, i64)>,
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
impl Journals {
    /// Opens them; with them what was lost before.
    pub(super) fn open(folder: &Path, key: &Key, max_bytes: u64) -> Result<(Self, Vec<Lost>), GatewayError> {
        let at = |name: &str, options| open(&folder.join(name), key, options);
        let (series, found) = at("series", SMALL)?;
        let (twin, found_in_twin) = at("series-twin", SMALL)?;
        let is_damaged = !found.lost.is_empty() || !found_in_twin.lost.is_empty();
        // A token that covers nobody makes everything that waits refused: all of it must find room.
        let (aside, _) = at("aside", Options { max_bytes, ..SMALL })?;
        let (readings, recovered) = at("readings", Options { max_bytes, ..Options::default() })?;
        let mut journals = Self {
            readings,
            series: [series, twin],
            aside,
            numbers: HashMap::new(),
            by_number: BTreeMap::new(),
            commits: 0,
            found_lost: Vec::new(),
            never_again: 0,
            of_nobody: BTreeSet::new(),
        };
        journals
            .load_series(is_damaged)
            .map_err(|source| GatewayError::Spool { path: folder.to_owned(), source })?;
        Ok((journals, recovered.lost.iter().filter_map(lost).collect()))
    }

    fn load_series(&mut self, mut is_damaged: bool) -> Result<(), JournalError> {
        let mut found: [BTreeMap<u32, Vec<u8>>; 2] = Default::default();
        for (journal, found) in self.series.iter_mut().zip(&mut found) {
            let mut at = Position::START;
            loop {
                let read = journal.read(at, 1 << 20)?;
                is_damaged |= !read.lost.is_empty();
                for record in read.blocks.iter().flat_map(foulee_journal::Block::records) {
                    if let Ok(Definition { no, participant, source, metric, grain }) =
                        serde_json::from_slice(record)
                    {
                        let series = Series { participant, source, metric, grain };
                        self.numbers.insert(series.clone(), no);
                        self.by_number.insert(no, series);
                        found.insert(no, record.to_vec());
                    }
                }
                if read.next == at {
                    break;
                }
                at = read.next;
            }
        }
        // What one lacks the other gives back.
        let [own, twin] = &found;
        for (journal, (has, other)) in self.series.iter_mut().zip([(own, twin), (twin, own)]) {
            for (_, record) in other.iter().filter(|(no, _)| !has.contains_key(no)) {
                define(journal, record, 0)?;
            }
        }
        if is_damaged || self.by_number.is_empty() {
            self.never_again = self.greatest_waiting()?;
        }
        Ok(())
    }

    /// The greatest number of a series among the readings that wait.
    fn greatest_waiting(&mut self) -> Result<u32, JournalError> {
        let (mut at, mut greatest) = (self.readings.released(), 0);
        loop {
            let read = self.readings.read(at, 1 << 20)?;
            let records = read.blocks.iter().flat_map(foulee_journal::Block::records);
            let groups = records.filter_map(|record| frame::decode(record).ok()).flatten();
            greatest = groups.map(|group| group.series).fold(greatest, u32::max);
            if read.next == at {
                return Ok(greatest);
            }
            at = read.next;
        }
    }

    /// The number of a series, defined on disk before it is used.
    fn number(&mut self, series: &Series, now_ms: i64) -> Result<u32, JournalError> {
        if let Some(no) = self.numbers.get(series) {
            return Ok(*no);
        }
        let last = self.by_number.last_key_value().map_or(0, |(last, _)| *last);
        let no = last.max(self.never_again) + 1;
        // Where the disk fails between the two, one has a definition with it.
        self.never_again = no;
        let Series { participant, source, metric, grain } = series.clone();
        let record =
            serde_json::to_vec(&Definition { no, participant, source, metric, grain }).unwrap_or_default();
        for journal in &mut self.series {
            define(journal, &record, now_ms)?;
        }
        self.numbers.insert(series.clone(), no);
        self.by_number.insert(no, series.clone());
        Ok(no)
    }

    /// The time of those readings of a frame of whose series no definition is left, if there are any.
    fn of_nobody(&self, groups: &[Group]) -> Option<Lost> {
        let unknown = groups.iter().filter(|group| !self.by_number.contains_key(&group.series));
        let times = || unknown.clone().flat_map(|group| &group.tuples);
        let (from_ms, to_ms) =
            (times().map(|tuple| tuple.start_ms).min()?, times().map(|tuple| tuple.end_ms).max()?);
        let cause = GapCause::SpoolDamaged;
        Some(Lost { from_ms, to_ms: to_ms.max(from_ms + 1), cause, open_ended: false })
    }

    pub(super) fn take(&mut self, readings: &[Taken]) -> Result<Committed, JournalError> {
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

    pub(super) fn next(&mut self, most: usize) -> Result<Batched, JournalError> {
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
                        if let Some(lost) = self.of_nobody(&groups)
                            && self.of_nobody.insert((lost.from_ms, lost.to_ms))
                        {
                            self.found_lost.push(lost);
                        }
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

    pub(super) fn verify(&mut self) -> Result<(u64, u64), JournalError> {
        let (mut at, mut readings, mut losses) = (self.readings.released(), 0, 0);
        loop {
            let read = self.readings.read(at, 1 << 20)?;
            losses += read.lost.len() as u64;
            for record in read.blocks.iter().flat_map(foulee_journal::Block::records) {
                match frame::decode(record) {
                    Ok(groups) => {
                        losses += u64::from(self.of_nobody(&groups).is_some());
                        let known = groups.iter().filter(|group| self.by_number.contains_key(&group.series));
                        readings += known.map(|group| group.tuples.len() as u64).sum::<u64>();
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

    pub(super) fn keep_aside(&mut self, asides: &[Aside]) -> Result<(), JournalError> {
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

    pub(super) fn asides(&mut self) -> Result<(Vec<Aside>, Position), JournalError> {
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

    pub(super) fn retry_asides(&mut self) -> Result<u64, JournalError> {
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
/// Puts one definition on disk.
fn define(journal: &mut Journal<Disk>, record: &[u8], now_ms: i64) -> Result<(), JournalError> {
    journal.discard_pending();
    journal.append(record, now_ms, now_ms)?;
    journal.commit().map(drop)
}

fn lost(loss: &Loss) -> Option<Lost> {
    let cause = match loss.cause {
        Cause::Dropped => GapCause::SpoolFull,
        // The end that a crash cut off was never taken, but damage to the last commit looks the same.
        Cause::Damaged | Cause::CutOff => GapCause::SpoolDamaged,
    };
    tracing::error!(?loss, "readings of the spool are lost; their time becomes a gap");
    let (from_ms, to_ms) = (loss.from_ms?, loss.to_ms?);
    let open_ended = loss.cause == Cause::CutOff;
    (to_ms >= from_ms).then_some(Lost { from_ms, to_ms: to_ms.max(from_ms + 1), cause, open_ended })
}
fn open(folder: &Path, key: &Key, options: Options) -> Result<(Journal<Disk>, Recovery), GatewayError> {
    let fault = |source| GatewayError::Spool { path: folder.to_owned(), source };
    let disk =
        Disk::open(folder).map_err(|source| GatewayError::WriteFile { path: folder.to_owned(), source })?;
    Journal::open(disk, key, options, fill_random).map_err(fault)
}
