//! What a store holds after a kill, read back in every way that it can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use foulee_contract::{Metric, ParticipantId, Provenance, Series, Tuple};
use foulee_store::{
    CohortScan, DirtyDay, EmbeddedStore, Group, MemoryStore, Scan, SeriesReadings, Store, WriteBatch,
};
use tokio::runtime::Runtime;

/// For what is asked of stores and registries in this process.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// The readings of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// By series.
    pub(crate) series: BTreeMap<Series, BTreeSet<Tuple>>,
    /// How many.
    pub(crate) readings: u64,
    /// More than once in a scan.
    pub(crate) doubled: u64,
    /// The store's own digest.
    pub(crate) digest: String,
}

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// One scan, counts, digest, its own verification.
    Quick,
    /// And the other scan, and the digest of the same readings in another engine.
    Deep,
}

impl Found {
    /// Reads a store over the scan of everybody and holds its parts against each other; what does not agree is added
    /// to `faults`.
    pub(crate) fn read(store: &EmbeddedStore, depth: Depth, faults: &mut Vec<String>) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        for metric in Metric::ALL {
            let seen = Arc::clone(&seen);
            let visit =
                move |found: SeriesReadings| seen.lock().unwrap_or_else(PoisonError::into_inner).push(found);
            let scan = CohortScan { metric, from_ms: i64::MIN, to_ms: i64::MAX, ranges: 2 };
            RUNTIME.block_on(store.scan_cohort(scan, Arc::new(visit))).expect("a scan");
        }
        let mut found = Self::default();
        for SeriesReadings { series, tuples } in seen.lock().unwrap_or_else(PoisonError::into_inner).drain(..)
        {
            let into = found.series.entry(series).or_default();
            for stored in tuples {
                found.doubled += u64::from(!into.insert(stored.tuple));
            }
        }
        found.readings = found.series.values().map(|tuples| tuples.len() as u64).sum();
        found.digest = RUNTIME.block_on(store.digest()).expect("a digest").to_string();
        let stats = RUNTIME.block_on(store.stats()).expect("the statistics");
        let verified = RUNTIME.block_on(store.verify()).expect("a verification");
        if (stats.readings, verified.readings) != (found.readings, found.readings) {
            let (counted, read) = (stats.readings, verified.readings);
            faults.push(format!("{} readings found, {counted} counted, {read} read back", found.readings));
        }
        faults.extend(verified.damaged);
        if depth == Depth::Deep {
            found.hold_against_others(store, faults);
        }
        found
    }

    fn hold_against_others(&self, store: &EmbeddedStore, faults: &mut Vec<String>) {
        let memory = MemoryStore::default();
        RUNTIME.block_on(memory.write(self.batch())).expect("a write");
        let digest = RUNTIME.block_on(memory.digest()).expect("a digest").to_string();
        if digest != self.digest {
            faults
                .push(format!("the digest is {}, that of the same readings in memory {digest}", self.digest));
        }
        let mut each = BTreeMap::new();
        for participant in self.participants() {
            let scan = Scan {
                participant,
                metrics: Vec::new(),
                from_ms: i64::MIN,
                to_ms: i64::MAX,
                known_at_ms: None,
            };
            for SeriesReadings { series, tuples } in RUNTIME.block_on(store.scan(scan)).expect("a scan") {
                each.insert(series, tuples.into_iter().map(|stored| stored.tuple).collect::<Vec<_>>());
            }
        }
        let same = |(series, tuples): (_, &BTreeSet<Tuple>)| {
            each.get(series).is_some_and(|other| other.iter().eq(tuples.iter()))
        };
        if each.len() != self.series.len() || !self.series.iter().all(same) {
            faults.push("the scans of each person differ from the scan of everybody".to_owned());
        }
    }

    pub(crate) fn participants(&self) -> BTreeSet<ParticipantId> {
        self.series.keys().map(|series| series.participant).collect()
    }

    /// All of it as one batch.
    pub(crate) fn batch(&self) -> WriteBatch {
        let groups = self.series.iter().map(|(series, tuples)| Group {
            series: series.clone(),
            rows: tuples.iter().map(|tuple| (*tuple, Provenance::default())).collect(),
        });
        WriteBatch { received_ms: 0, groups: groups.collect() }
    }

    /// Readings of `earlier` that are here no more.
    pub(crate) fn missing(&self, earlier: &Self) -> u64 {
        let nothing = BTreeSet::new();
        let gone = |(series, tuples): (_, &BTreeSet<Tuple>)| {
            tuples.difference(self.series.get(series).unwrap_or(&nothing)).count() as u64
        };
        earlier.series.iter().map(gone).sum()
    }
}

/// A data folder of somebody dead, opened: for reading first, as a command beside a service does, then as the next
/// service will.
pub(crate) fn open(folder: &Path, depth: Depth, faults: &mut Vec<String>) -> (EmbeddedStore, Found) {
    let beside = EmbeddedStore::open_read_only(folder);
    let beside = beside.map(|store| RUNTIME.block_on(store.digest()).expect("a digest").to_string());
    let store = EmbeddedStore::open(folder).expect("the store opens");
    let found = Found::read(&store, depth, faults);
    match beside {
        Ok(digest) if digest == found.digest => {}
        // A file whose making was cut short has no tables to read.
        Err(_) if found.readings == 0 => {}
        other => {
            faults.push(format!("opened for reading it is {other:?}, opened for writing {}", found.digest))
        }
    }
    (store, found)
}

/// Every dirty day of a store.
pub(crate) fn dirty_days(store: &EmbeddedStore) -> Vec<DirtyDay> {
    RUNTIME.block_on(store.dirty_days(usize::MAX)).expect("the dirty days")
}
