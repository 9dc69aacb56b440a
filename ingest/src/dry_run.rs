use std::collections::{BTreeMap, HashSet};
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

/// Days on which something that is stored tells of the same time as what would be imported: it is merged at read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overlap {
    /// Whose.
    pub participant: ParticipantId,
    /// What would be imported.
    pub source: Source,
    /// What is stored.
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

    /// Other sources that tell of the same days, by participant and source.
    ///
    /// # Errors
    /// The store failed.
    pub fn overlaps(&self) -> Result<Vec<Overlap>, SinkError> {
        let mut overlaps = Vec::new();
        for (series, days) in &self.days {
            let (Some(&first), Some(&last)) = (days.iter().min(), days.iter().max()) else { continue };
            let stored = self.runtime.block_on(self.store.series_of(series.participant)).map_err(failed)?;
            let rivals = stored.into_iter().filter(|other| {
                other.source != series.source
                    && told(other.metric).is_some()
                    && told(other.metric) == told(series.metric)
            });
            for other in rivals {
                let (source, metric) = (other.source.clone(), other.metric);
                let found =
                    self.runtime.block_on(self.store.series_days(other, first, last)).map_err(failed)?;
                let shared: Vec<i32> = found.into_iter().filter(|day| days.contains(day)).collect();
                if let (Some(from), Some(to)) = (shared.first().and_then(date), shared.last().and_then(date))
                {
                    overlaps.push(Overlap {
                        participant: series.participant,
                        source: series.source.clone(),
                        stored: source,
                        metric: told(metric).unwrap_or(metric),
                        days: shared.len() as u64,
                        from,
                        to,
                    });
                }
            }
        }
        overlaps.sort_by(|a, b| {
            (a.participant, &a.source, &a.stored, a.metric).cmp(&(
                b.participant,
                &b.source,
                &b.stored,
                b.metric,
            ))
        });
        // Minutes and totals of one source overlap on the same days.
        overlaps.dedup_by(|b, a| {
            (a.participant, &a.source, &a.stored, a.metric) == (b.participant, &b.source, &b.stored, b.metric)
        });
        Ok(overlaps)
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
