use std::collections::{BTreeMap, BTreeSet};

use foulee_analytics::counters::{CounterParams, CounterReading, ValidCounterParams, counter_steps};
use foulee_analytics::{AnalyticsError, StepInterval};
use foulee_contract::{Metric, ParticipantId, Source, Stored, Tuple, resolve};
use foulee_store::{Scan, SeriesReadings, Store, StoreError};

use super::person::Person;

const DAY_MS: i64 = 86_400_000;
/// How far apart two readings of a counter may lie for their difference to be spread over the time between: a week, as
/// long as a ring or a band stores. What lies further apart says nothing of any day. [D]
pub(super) const MOST_APART_DAYS: i32 = 7;

/// How a source's counter begins anew.
fn params(source: &Source) -> Result<ValidCounterParams, AnalyticsError> {
    // kind/app/maker/model/…: InfiniTime counts the day's steps and forgets them when it restarts. A step climber's 16 bits
    // could roll over, but a new session is what makes it begin anew: nobody climbs 65,536 steps in one.
    let resets_daily = source.key().split('/').nth(3) == Some("infinitime");
    CounterParams { width_bits: None, resets_daily, resets_on_reboot: true }.check()
}

/// The readings of a person's counters, by device, over some days and as far around them as they reach.
#[derive(Debug, Default)]
pub(super) struct Counters {
    by_device: BTreeMap<String, Vec<(Stored, u32)>>,
}

impl Counters {
    /// Whether a person has any.
    pub(super) fn wanted(person: &Person) -> bool {
        person.sources.iter().any(|source| source.has_counter)
    }

    /// Those between two instants, and a week on either side.
    pub(super) async fn load(
        store: &dyn Store,
        person: &Person,
        from_ms: i64,
        to_ms: i64,
        known_at_ms: Option<i64>,
    ) -> Result<Self, StoreError> {
        if !Self::wanted(person) {
            return Ok(Self::default());
        }
        let around_ms = i64::from(MOST_APART_DAYS) * DAY_MS;
        let scan = Scan {
            participant: person.id,
            metrics: vec![Metric::StepCounter],
            from_ms: from_ms - around_ms,
            to_ms: to_ms + around_ms,
            known_at_ms,
        };
        let mut counters = Self::default();
        let mut sources: BTreeMap<Source, u32> = BTreeMap::new();
        for SeriesReadings { series, tuples } in store.scan(scan).await? {
            let count = sources.len() as u32;
            let epoch = *sources.entry(series.source.clone()).or_insert(count);
            let current = resolve(tuples, series.source.is_growing()).current;
            let readings = counters.by_device.entry(series.source.device().to_owned()).or_default();
            readings.extend(current.into_iter().map(|stored| (stored, epoch)));
        }
        for readings in counters.by_device.values_mut() {
            readings.sort_unstable_by_key(|(stored, _)| stored.tuple);
        }
        Ok(counters)
    }

    /// What a day's counters depend on beyond the days around it: the last reading before a time and the first behind
    /// another, of each source.
    pub(super) fn neighbours(&self, from_ms: i64, to_ms: i64) -> Vec<Tuple> {
        let mut found = Vec::new();
        for readings in self.by_device.values() {
            let first = readings.partition_point(|(stored, _)| stored.tuple.start_ms < from_ms);
            let past = readings.partition_point(|(stored, _)| stored.tuple.start_ms < to_ms);
            found.extend(first.checked_sub(1).map(|at| readings[at].0.tuple));
            found.extend(readings.get(past).map(|(stored, _)| stored.tuple));
        }
        found
    }

    /// The steps that the counter of a source's device tells of: all of them are those of the first of its sources, so that
    /// the end of one count and the beginning of the next add up in the minute that they share.
    pub(super) fn steps(
        &self,
        person: &Person,
        source: &Source,
    ) -> Result<Vec<StepInterval>, AnalyticsError> {
        let mut counting = person.sources.iter().filter(|known| known.has_counter).map(|known| &known.source);
        if counting.find(|known| known.device() == source.device()) != Some(source) {
            return Ok(Vec::new());
        }
        let Some(readings) = self.by_device.get(source.device()) else { return Ok(Vec::new()) };
        let values = readings.iter().filter_map(|(stored, epoch)| {
            let value = u64::try_from(stored.tuple.value.present()?).ok()?;
            Some(CounterReading { at_ms: stored.tuple.start_ms, epoch: *epoch, value })
        });
        let values: Vec<CounterReading> = values.collect();
        let (Some(first), Some(last)) = (values.first(), values.last()) else { return Ok(Vec::new()) };
        let (first, last) = (person.zones.date_of(first.at_ms)?, person.zones.date_of(last.at_ms)?);
        let midnights: Result<Vec<i64>, _> = first
            .iter_days()
            .take_while(|date| *date <= last)
            .map(|date| person.zones.bounds(date).map(|bounds| bounds.start))
            .collect();
        let mut steps = counter_steps(&values, &midnights?, &params(source)?).steps;
        let longest_ms = i64::from(MOST_APART_DAYS) * DAY_MS;
        steps.retain(|interval| interval.end_ms - interval.start_ms <= longest_ms);
        Ok(steps)
    }
}

/// The UTC days that counter readings of some days can change: up to the nearest days with readings on either side.
pub(super) async fn reach(
    store: &dyn Store,
    id: ParticipantId,
    dirty: &BTreeSet<i32>,
) -> Result<BTreeSet<i32>, StoreError> {
    let (Some(first), Some(last)) = (dirty.first(), dirty.last()) else { return Ok(BTreeSet::new()) };
    let found = store
        .day_digests(id, first.saturating_sub(MOST_APART_DAYS), last.saturating_add(MOST_APART_DAYS))
        .await?;
    let days: BTreeSet<i32> = found.into_iter().map(|day| day.epoch_day).collect();
    let mut reached = dirty.clone();
    for day in dirty {
        let before = days.range(day - MOST_APART_DAYS..*day).next_back().copied().unwrap_or(*day);
        let behind = days.range(day + 1..=day + MOST_APART_DAYS).next().copied().unwrap_or(*day);
        reached.extend(before..=behind);
    }
    Ok(reached)
}
