//! A store and a registry in memory, and what every test needs of a folder of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use foulee_contract::{
    Answer, Batch, Grain, MAX_SERIES, Metric, ParticipantId, Provenance, RejectCode, Rejection, SeriesBlock,
    Tuple, Value,
};
use foulee_ingest::import::{ImportError, Options, People, Sink, SinkError, Summary, Target, import};

/// A reading's identity: what two exports of one device must agree on.
pub(crate) type Key = (ParticipantId, String, Metric, Grain, Tuple);

/// A set of tuples, as a store is one.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) readings: BTreeMap<Key, Provenance>,
    pub(crate) batches: usize,
    pub(crate) largest: usize,
    pub(crate) grids: usize,
    /// Batches after which the server is gone.
    pub(crate) lives: Option<usize>,
}

impl Sink for Memory {
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError> {
        if self.lives.is_some_and(|lives| self.batches >= lives) {
            return Err(SinkError::Unreachable("connection refused".into()));
        }
        self.batches += 1;
        self.largest = self.largest.max(batch.series.iter().map(SeriesBlock::len).sum());
        assert!(batch.series.len() <= MAX_SERIES);
        let (mut new, mut duplicate) = (0, 0);
        let mut rejected = Vec::new();
        for (series, block) in (0..).zip(&batch.series) {
            assert_eq!(block.unit, block.metric.unit());
            if let Some(length) = block.offset.as_ref().and_then(|offset| offset.len()) {
                assert_eq!(length, block.len());
            }
            for (index, tuple) in (0..).zip(tuples_of(block)) {
                if let Some(code) = fault_of(block.metric, &tuple) {
                    let (field, fix) = ("value".to_owned(), "outside what a device can mean".to_owned());
                    rejected.push(Rejection { series, index, code, field, fix });
                    continue;
                }
                let offset_minutes =
                    block.offset.as_ref().map(|offset| offset.get(index as usize).expect("length"));
                let how = block.how.as_ref().map(|how| how.get(index as usize).expect("length"));
                let provenance = Provenance { offset_minutes, how: how.unwrap_or_default() };
                let key =
                    (block.participant, block.source.key().to_owned(), block.metric, block.grain, tuple);
                match self.readings.get_mut(&key) {
                    Some(known) => {
                        duplicate += 1;
                        *known = provenance.max(*known);
                    }
                    None => {
                        new += 1;
                        self.readings.insert(key, provenance);
                    }
                }
            }
            self.grids += usize::from(block.grid.is_some());
        }
        Ok(Answer { accepted: new + duplicate, new: Some(new), duplicate: Some(duplicate), rejected })
    }
}

fn tuples_of(block: &SeriesBlock) -> Vec<Tuple> {
    let value = |stored: Option<i64>| {
        let stored = stored.expect("importers leave out what is absent");
        let scaled = block.metric.scale_integer(stored, block.exponent).expect("fits the metric");
        Value::Present(scaled)
    };
    let mut tuples = Vec::new();
    if let Some(points) = &block.points {
        for (at, start_ms) in points.start.iter().enumerate() {
            let end_ms = points.end.as_ref().map_or(*start_ms, |end| end[at]);
            tuples.push(Tuple {
                start_ms: *start_ms,
                end_ms,
                seq: points.seq.as_ref().map_or(0, |seq| seq[at]),
                rev: points.rev.as_ref().map_or(0, |rev| rev[at]),
                value: value(points.value[at]),
            });
        }
    }
    if let Some(grid) = &block.grid {
        assert_ne!(block.grain, Grain::Sample);
        for (at, stored) in (0..).zip(&grid.value) {
            let start_ms = grid.start + at * grid.step;
            let end_ms = start_ms + grid.step;
            tuples.push(Tuple { start_ms, end_ms, seq: 0, rev: grid.rev, value: value(*stored) });
        }
    }
    tuples
}

fn fault_of(metric: Metric, tuple: &Tuple) -> Option<RejectCode> {
    let (low, high) = metric.range(tuple.end_ms - tuple.start_ms);
    let value = tuple.value.present()?;
    (!(low..=high).contains(&value)).then_some(RejectCode::ValueOutOfRange)
}

/// A registry: the id of an external id is made of it.
#[derive(Default)]
pub(crate) struct Registry;

impl People for Registry {
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError> {
        if external_id.contains(' ') {
            return Err(SinkError::NotAdmitted { fix: "it may not hold ' '".to_owned() });
        }
        Ok(person(external_id))
    }
}

/// The participant of an export's own id.
pub(crate) fn person(external_id: &str) -> ParticipantId {
    let mut bytes = [7; 10];
    for (at, byte) in external_id.bytes().enumerate() {
        bytes[at % 10] = byte.wrapping_add(u8::try_from(at).unwrap_or(0));
    }
    ParticipantId::from_parts(1, bytes)
}

pub(crate) fn study(zone: &str) -> Options {
    let time_zone = if zone.is_empty() { None } else { Some(zone.parse().expect("a zone")) };
    Options { time_zone, ..Options::new(Target::Study) }
}

pub(crate) fn one_person(zone: &str) -> Options {
    Options { target: Target::Participant(person("p")), ..study(zone) }
}

/// Imports one path into a store.
pub(crate) fn run(path: &Path, options: &Options, memory: &mut Memory) -> Result<Summary, ImportError> {
    import(&[path.to_owned()], options, &mut Registry, memory, &mut |_| ())
}

/// Imports a text as a file of its own into an empty store.
pub(crate) fn read(name: &str, text: &str, options: &Options) -> (Summary, Memory) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut memory = Memory::default();
    let summary = run(&written(folder.path(), name, text), options, &mut memory).expect("an import");
    (summary, memory)
}

/// The error that importing a text ends with; nothing may have been written.
pub(crate) fn refused(name: &str, text: &str, options: &Options) -> String {
    refused_bytes(name, text.as_bytes(), options)
}

/// The same of a file that is no text.
pub(crate) fn refused_bytes(name: &str, text: &[u8], options: &Options) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let mut memory = Memory::default();
    let result = run(&written(folder.path(), name, text), options, &mut memory);
    assert!(memory.readings.is_empty());
    result.map(|summary| format!("{summary:?}")).expect_err("refused").to_string()
}

pub(crate) fn written(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

/// Imports bytes as a file of its own of one person.
pub(crate) fn read_bytes(name: &str, bytes: &[u8]) -> (Summary, Memory) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut memory = Memory::default();
    let path = written(folder.path(), name, bytes);
    let summary = run(&path, &one_person(""), &mut memory).expect("an import");
    (summary, memory)
}

/// The sources of a store's readings, sorted.
pub(crate) fn sources(memory: &Memory) -> Vec<String> {
    let mut sources: Vec<String> = memory.readings.keys().map(|key| key.1.clone()).collect();
    sources.sort();
    sources.dedup();
    sources
}

/// Readings as short lines: `steps epoch 2016-04-13T00:00Z +60s 4 @120`.
pub(crate) fn lines(memory: &Memory) -> Vec<String> {
    let line = |((_, _, metric, grain, tuple), provenance): (&Key, &Provenance)| {
        let start = chrono::DateTime::from_timestamp_millis(tuple.start_ms).expect("a time");
        let start = start.format("%Y-%m-%dT%H:%M:%S%.f");
        let (span, value) = ((tuple.end_ms - tuple.start_ms) / 1000, tuple.value.present().expect("a value"));
        let offset = provenance.offset_minutes.map_or("?".to_owned(), |offset| offset.to_string());
        format!("{metric} {grain} {start}Z +{span}s {value} @{offset}")
    };
    memory.readings.iter().map(line).collect()
}
