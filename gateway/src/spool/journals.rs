use std::collections::{BTreeMap, HashMap};
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
};

/// The three journals, and the table of series.
pub(super) struct Journals {
    pub(super) readings: Journal<Disk>,
    series: Journal<Disk>,
    pub(super) aside: Journal<Disk>,
    numbers: HashMap<Series, u32>,
    pub(super) by_number: BTreeMap<u32, Series>,
    pub(super) commits: u64,
    pub(super) found_lost: Vec<Lost>,
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
        let (series, _) = at("series", SMALL)?;
        // A token that covers nobody makes everything that waits refused: all of it must find room.
        let (aside, _) = at("aside", Options { max_bytes, ..SMALL })?;
        let (readings, recovered) = at("readings", Options { max_bytes, ..Options::default() })?;
        let mut journals = Self {
            readings,
            series,
            aside,
            numbers: HashMap::new(),
            by_number: BTreeMap::new(),
            commits: 0,
            found_lost: Vec::new(),
        };
        journals.load_series().map_err(|source| GatewayError::Spool { path: folder.to_owned(), source })?;
        Ok((journals, recovered.lost.iter().filter_map(lost).collect()))
    }

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
