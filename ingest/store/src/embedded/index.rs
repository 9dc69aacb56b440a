use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foulee_contract::{Grain, Metric, ParticipantId, Series, Source};
use rusqlite::{Connection, params};

use crate::api::MAX_EPOCH_DAY;
use crate::sqlite::participant_of;
use crate::{SeriesHasher, StoreError};

/// A series and what the store needs to find its blocks.
#[derive(Clone, Debug)]
pub(super) struct SeriesEntry {
    pub(super) no: u32,
    pub(super) participant_no: i64,
    pub(super) series: Arc<Series>,
    pub(super) hasher: SeriesHasher,
    /// The longest interval in it: how far back a scan must look for what reaches into its range.
    pub(super) max_span_ms: i64,
}

/// The block of a series and UTC day, as one number; blocks of one metric and series are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct BlockKey(i64);

impl BlockKey {
    /// `None` where the day is before 1970 or after 4840.
    pub(super) fn new(metric: Metric, series_no: u32, epoch_day: i32) -> Option<Self> {
        (0..=MAX_EPOCH_DAY)
            .contains(&epoch_day)
            .then(|| Self(i64::from(metric.code()) << 48 | i64::from(series_no) << 20 | i64::from(epoch_day)))
    }

    pub(super) fn from_id(id: i64) -> Self {
        Self(id)
    }

    pub(super) fn id(self) -> i64 {
        self.0
    }

    pub(super) fn epoch_day(self) -> i32 {
        (self.0 & i64::from(MAX_EPOCH_DAY)) as i32
    }

    pub(super) fn series_no(self) -> u32 {
        ((self.0 >> 20) & 0x0fff_ffff) as u32
    }

    /// First and last possible block of `entry` between two days, both clamped to what fits.
    pub(super) fn range(entry: &SeriesEntry, from_day: i32, to_day: i32) -> (Self, Self) {
        let base = i64::from(entry.series.metric.code()) << 48 | i64::from(entry.no) << 20;
        (
            Self(base | i64::from(from_day.clamp(0, MAX_EPOCH_DAY))),
            Self(base | i64::from(to_day.clamp(0, MAX_EPOCH_DAY))),
        )
    }
}

/// Every series of the store, in memory. Only the writer changes it.
#[derive(Debug, Default)]
pub(super) struct SeriesIndex {
    by_series: HashMap<Arc<Series>, u32>,
    entries: BTreeMap<u32, SeriesEntry>,
    participants: HashMap<ParticipantId, Participant>,
    next_series: u32,
    next_participant: i64,
}

#[derive(Debug)]
struct Participant {
    no: i64,
    series: Vec<u32>,
}

impl SeriesIndex {
    pub(super) fn load(conn: &Connection) -> Result<Self, StoreError> {
        let mut index = Self::default();
        let mut statement = conn.prepare("SELECT no, id FROM participant")?;
        let mut names = HashMap::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let no: i64 = row.get(0)?;
            let id = participant_of(row.get_ref(1)?.as_blob().unwrap_or_default());
            let id = id.ok_or(StoreError::Damaged { chunk: no, why: "participant id" })?;
            names.insert(no, id);
            index.add_participant(id, no);
        }
        let mut statement =
            conn.prepare("SELECT no, participant, source, metric, grain, max_span_ms FROM series")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let no: u32 = row.get(0)?;
            let participant_no: i64 = row.get(1)?;
            let damaged = |why| StoreError::Damaged { chunk: i64::from(no), why };
            let source: String = row.get(2)?;
            let source: Source = source.parse().map_err(|_| damaged("source key"))?;
            let metric = Metric::from_code(row.get(3)?).ok_or_else(|| damaged("metric code"))?;
            let grain = Grain::from_code(row.get(4)?).ok_or_else(|| damaged("grain code"))?;
            let participant = *names.get(&participant_no).ok_or_else(|| damaged("participant number"))?;
            index.add(no, participant_no, Series { participant, source, metric, grain }, row.get(5)?);
        }
        Ok(index)
    }

    pub(super) fn number_of(&self, series: &Series) -> Option<u32> {
        self.by_series.get(series).copied()
    }

    /// Everybody, in order of their ids.
    pub(super) fn participants(&self) -> Vec<ParticipantId> {
        let mut people: Vec<ParticipantId> = self.participants.keys().copied().collect();
        people.sort_unstable();
        people
    }

    pub(super) fn entry(&self, no: u32) -> Option<&SeriesEntry> {
        self.entries.get(&no)
    }

    pub(super) fn participant_no(&self, id: &ParticipantId) -> Option<i64> {
        self.participants.get(id).map(|p| p.no)
    }

    /// The series of a participant, in series order.
    pub(super) fn of_participant(&self, id: &ParticipantId) -> Vec<SeriesEntry> {
        let numbers = self.participants.get(id).map(|p| p.series.as_slice()).unwrap_or_default();
        let mut entries: Vec<SeriesEntry> =
            numbers.iter().filter_map(|no| self.entries.get(no).cloned()).collect();
        entries.sort_unstable_by(|a, b| a.series.cmp(&b.series));
        entries
    }

    /// The series of a metric, in number order.
    pub(super) fn of_metric(&self, metric: Metric) -> Vec<SeriesEntry> {
        self.entries.values().filter(|entry| entry.series.metric == metric).cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn next_series(&self) -> u32 {
        self.next_series.max(1)
    }

    pub(super) fn next_participant(&self) -> i64 {
        self.next_participant.max(1)
    }

    pub(super) fn add_participant(&mut self, id: ParticipantId, no: i64) {
        self.next_participant = self.next_participant().max(no + 1);
        self.participants.entry(id).or_insert_with(|| Participant { no, series: Vec::new() });
    }

    pub(super) fn add(&mut self, no: u32, participant_no: i64, series: Series, max_span_ms: i64) {
        let hasher = SeriesHasher::new(&series);
        let series = Arc::new(series);
        self.add_participant(series.participant, participant_no);
        if let Some(participant) = self.participants.get_mut(&series.participant) {
            participant.series.push(no);
        }
        self.by_series.insert(Arc::clone(&series), no);
        self.entries.insert(no, SeriesEntry { no, participant_no, series, hasher, max_span_ms });
        self.next_series = self.next_series().max(no + 1);
    }

    pub(super) fn widen(&mut self, no: u32, max_span_ms: i64) {
        if let Some(entry) = self.entries.get_mut(&no) {
            entry.max_span_ms = entry.max_span_ms.max(max_span_ms);
        }
    }

    pub(super) fn remove_participant(&mut self, id: &ParticipantId) {
        let Some(participant) = self.participants.remove(id) else { return };
        for no in participant.series {
            if let Some(entry) = self.entries.remove(&no) {
                self.by_series.remove(&entry.series);
            }
        }
    }
}

/// Makes a series durable within the writer's transaction.
pub(super) fn insert_series(
    conn: &Connection,
    no: u32,
    participant_no: i64,
    series: &Series,
) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR IGNORE INTO participant(no, id) VALUES (?1, ?2)")?
        .execute(params![participant_no, series.participant.as_bytes().as_slice()])?;
    conn.prepare_cached(
        "INSERT INTO series(no, participant, source, metric, grain, max_span_ms) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
    )?
    .execute(params![no, participant_no, series.source.key(), series.metric.code(), series.grain as u8])?;
    Ok(())
}
