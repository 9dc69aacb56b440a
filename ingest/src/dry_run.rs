use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::NaiveDate;
use foulee_contract::{Answer, Batch, Metric, ParticipantId, Series, Source, Tuple};
use foulee_store::{SeriesScan, Store, epoch_day};
use serde::Serialize;
use tokio::runtime::Handle;

use crate::import::{Sink, SinkError};
use crate::{Clock, WriteGrant, accept};

/// An importer's way to nowhere: it says what would become of each reading, and writes nothing.
///
/// It holds a hash of each reading that would be new, so that one which comes twice counts once.
pub struct DryRun {
    store: Arc<dyn Store>,
    runtime: Handle,
    clock: Clock,
    new: HashSet<u64>,
    /// The UTC days on which each series has readings.
    days: BTreeMap<Series, HashSet<i32>>,
}

/// Whose, two sources, and what both tell of.
type Pair = (ParticipantId, Source, Source, Metric);

/// Days on which another source tells of the same time as what would be imported: it is merged at read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Whose.
    pub participant: ParticipantId,
    /// What would be imported.
    pub source: Source,
    /// What is stored, or would be imported as well.
    pub stored: Source,
    /// What both tell of: steps, or heart rate. A counter tells of steps.
    pub metric: Metric,
    /// How many UTC days both have.
    pub days: u64,
    /// The first of them.
    pub from: NaiveDate,
    /// The last of them.
    pub to: NaiveDate,
}

impl DryRun {
    /// Against what `store` holds; called from a thread that may block.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, runtime: Handle, clock: Clock) -> Self {
        Self { store, runtime, clock, new: HashSet::new(), days: BTreeMap::new() }
    }

    /// Sources that tell of the same days, by participant and source: each pair once, of what would be imported and
    /// what is stored, or of two that would be imported.
    ///
    /// # Errors
    /// The store failed.
    pub fn overlaps(&self) -> Result<Vec<Overlap>, SinkError> {
        let mut shared: BTreeMap<Pair, BTreeSet<i32>> = BTreeMap::new();
        // What two series in the files share is found from either of them, and what both share with the store too.
        for (series, days) in &self.days {
            let (Some(&first), Some(&last)) = (days.iter().min(), days.iter().max()) else { continue };
            let Some(metric) = told(series.metric) else { continue };
            for other in self.rivals(series, metric)? {
                let mut found: HashSet<i32> = self.days.get(&other).cloned().unwrap_or_default();
                let stored = self.store.series_days(other.clone(), first, last);
                found.extend(self.runtime.block_on(stored).map_err(failed)?);
                let both = found.into_iter().filter(|day| days.contains(day));
                let (mut source, mut rival) = (series.source.clone(), other.source);
                if rival < source && self.brings(series.participant, &rival, metric) {
                    std::mem::swap(&mut source, &mut rival);
                }
                shared.entry((series.participant, source, rival, metric)).or_default().extend(both);
            }
        }
        let overlaps = shared.into_iter().filter_map(|((participant, source, stored, metric), days)| {
            Some(Overlap {
                participant,
                source,
                stored,
                metric,
                days: days.len() as u64,
                from: days.first().and_then(date)?,
                to: days.last().and_then(date)?,
            })
        });
        Ok(overlaps.collect())
    }

    /// The series of other sources, stored or in the files, that tell of the same as one.
    fn rivals(&self, series: &Series, metric: Metric) -> Result<BTreeSet<Series>, SinkError> {
        let stored = self.runtime.block_on(self.store.series_of(series.participant)).map_err(failed)?;
        let is_rival = |other: &Series| {
            other.participant == series.participant
                && other.source != series.source
                && told(other.metric) == Some(metric)
        };
        Ok(stored.into_iter().chain(self.days.keys().cloned()).filter(is_rival).collect())
    }

    /// Whether the files have something of a source.
    fn brings(&self, participant: ParticipantId, source: &Source, metric: Metric) -> bool {
        self.days.iter().any(|(series, days)| {
            series.participant == participant
                && series.source == *source
                && told(series.metric) == Some(metric)
                && !days.is_empty()
        })
    }

    /// The readings of a group that are stored already.
    fn stored(
        &self,
        series: &Series,
        rows: &[(Tuple, foulee_contract::Provenance)],
    ) -> Result<HashSet<Tuple>, SinkError> {
        let starts = || rows.iter().map(|(tuple, _)| tuple.start_ms);
        let (Some(from_ms), Some(last_ms)) = (starts().min(), starts().max()) else {
            return Ok(HashSet::new());
        };
        let scan = SeriesScan {
            series: series.clone(),
            from_ms,
            to_ms: last_ms.saturating_add(1),
            reaching: false,
            known_at_ms: None,
        };
        let found = self.runtime.block_on(self.store.scan_series(scan)).map_err(failed)?;
        Ok(found.into_iter().map(|stored| stored.tuple).collect())
    }
}

impl Sink for DryRun {
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError> {
        let people: HashSet<ParticipantId> = batch.series.iter().map(|block| block.participant).collect();
        let grant = WriteGrant::Some(Arc::new(people));
        let accepted = accept(batch, &grant, (self.clock)()).map_err(SinkError::Refused)?;
        let (mut new, mut duplicate) = (0, 0);
        for group in &accepted.write.groups {
            let stored = self.stored(&group.series, &group.rows)?;
            for (tuple, _) in &group.rows {
                let is_new = !stored.contains(tuple) && self.new.insert(hash(&group.series, tuple));
                *(if is_new { &mut new } else { &mut duplicate }) += 1;
            }
            let days = self.days.entry(group.series.clone()).or_default();
            days.extend(group.rows.iter().map(|(tuple, _)| epoch_day(tuple.start_ms)));
        }
        Ok(Answer {
            accepted: new + duplicate,
            new: Some(new),
            duplicate: Some(duplicate),
            rejected: accepted.rejected,
        })
    }
}

/// What a metric tells of a person, where several sources may tell of it.
fn told(metric: Metric) -> Option<Metric> {
    match metric {
        Metric::Steps | Metric::StepCounter => Some(Metric::Steps),
        Metric::HeartRate => Some(Metric::HeartRate),
        _ => None,
    }
}

fn hash(series: &Series, tuple: &Tuple) -> u64 {
    use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one((series, tuple))
}

fn date(day: &i32) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(*day)
}

fn failed(error: foulee_store::StoreError) -> SinkError {
    SinkError::Failed(Box::new(error))
}

#[cfg(test)]
mod tests {
    use foulee_contract::{Grain, Points, SeriesBlock};
    use foulee_store::MemoryStore;

    use super::*;
    use crate::LocalSink;

    const DAY_MS: i64 = 86_400_000;
    const NOW_MS: i64 = 20_000 * DAY_MS;

    /// A minute of steps on each of some days.
    fn block(source: &str, days: std::ops::Range<i64>) -> SeriesBlock {
        let start: Vec<i64> = days.map(|day| NOW_MS - (100 - day) * DAY_MS).collect();
        let end = Some(start.iter().map(|start| start + 60_000).collect());
        let value = vec![Some(9); start.len()];
        SeriesBlock {
            participant: ParticipantId::from_parts(1, [1; 10]),
            source: source.parse().unwrap(),
            metric: Metric::Steps,
            grain: Grain::Epoch,
            unit: Metric::Steps.unit().into(),
            exponent: 0,
            offset: None,
            how: None,
            points: Some(Points { start, end, value, ..Points::default() }),
            grid: None,
        }
    }

    /// What overlaps of some files, as (would be imported, stored or imported too, days).
    fn overlaps(stored: Vec<SeriesBlock>, files: Vec<Vec<SeriesBlock>>) -> Vec<(String, String, u64)> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let clock: Clock = Arc::new(|| NOW_MS);
        let mut sink = LocalSink::new(Arc::clone(&store), runtime.handle().clone(), clock.clone());
        sink.submit(&Batch { contract: 1, series: stored }).unwrap();
        let mut dry = DryRun::new(store, runtime.handle().clone(), clock);
        for series in files {
            dry.submit(&Batch { contract: 1, series }).unwrap();
        }
        let named = |source: &Source| source.key().trim_matches('/').rsplit('/').next().unwrap().to_owned();
        let found = dry.overlaps().unwrap();
        found.iter().map(|found| (named(&found.source), named(&found.stored), found.days)).collect()
    }

    #[test]
    fn each_pair_is_told_once_and_also_within_the_files() {
        let (a, b) = ("watch////a", "phone////b");
        // A stored one and a new one, whichever of them comes first by name.
        let told = |source: &str, other: &str, days| vec![(source.to_owned(), other.to_owned(), days)];
        assert_eq!(overlaps(vec![block(b, 0..5)], vec![vec![block(a, 3..9)]]), told("a", "b", 2));
        assert_eq!(overlaps(vec![block(a, 0..5)], vec![vec![block(b, 3..9)]]), told("b", "a", 2));
        // Two new ones, in one file or in two, and again when both are stored.
        let both = || vec![block(a, 0..5), block(b, 3..9)];
        assert_eq!(overlaps(vec![], vec![both()]), told("b", "a", 2));
        assert_eq!(overlaps(vec![], vec![vec![block(a, 0..5)], vec![block(b, 3..9)]]), told("b", "a", 2));
        assert_eq!(overlaps(both(), vec![both()]), told("b", "a", 2));
        // Days of what is stored and of what would be come together.
        assert_eq!(
            overlaps(vec![block(a, 0..5)], vec![vec![block(a, 5..7), block(b, 3..9)]]),
            told("b", "a", 4)
        );
        assert!(overlaps(vec![], vec![vec![block(a, 0..5), block(b, 5..9)]]).is_empty());
    }
}
