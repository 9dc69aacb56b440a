use std::collections::{BTreeMap, BTreeSet};

use foulee_analytics::counters::{
    CounterNote, CounterParams, CounterReading, MOST_APART_MS, ValidCounterParams, counter_steps,
};
use foulee_analytics::{AnalyticsError, StepInterval};
use foulee_contract::{Metric, ParticipantId, Source, Stored, Tuple, resolve};
use foulee_store::{Scan, SeriesReadings, Store, StoreError};

use super::person::Person;

const DAY_MS: i64 = 86_400_000;
/// Days around a reading in which the one before it or behind it can matter.
pub(super) const MOST_APART_DAYS: i32 = (MOST_APART_MS / DAY_MS.unsigned_abs()) as i32;

/// How a source's counter begins anew.
fn params(source: &Source) -> Result<ValidCounterParams, AnalyticsError> {
    // InfiniTime counts the day's steps and forgets them when it restarts. A step climber's 16 bits
    // could roll over, but a new session is what makes it begin anew: nobody climbs 65,536 steps in one.
    // FIT files count from local midnight (Garmin's profile, monitoring.cycles), and so do Garmin's live stream and the counters
    // that Gadgetbridge keeps (Garmin, CMF).
    let resets_daily = source.model() == "infinitime"
        || matches!(source.app(), "fit" | "gadgetbridge")
        || source.name() == "garmin";
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

    /// What the counters of a source's device tell of. All of it is that of the first of its sources, so that the end of one
    /// count and the beginning of the next add up in the minute that they share.
    pub(super) fn of_source(&self, person: &Person, source: &Source) -> Result<Counted, AnalyticsError> {
        let mut counted = Counted::default();
        let mut counting = person.sources.iter().filter(|known| known.has_counter).map(|known| &known.source);
        if counting.find(|known| known.device() == source.device()) != Some(source) {
            return Ok(counted);
        }
        let Some(readings) = self.by_device.get(source.device()) else { return Ok(counted) };
        // Counts that a device keeps beside each other (walking, running) are told apart by `seq`; elsewhere that is the number
        // of a record.
        let is_apart = source.app() == "fit";
        let mut counts: BTreeMap<u64, Vec<CounterReading>> = BTreeMap::new();
        for (stored, epoch) in readings {
            let value = stored.tuple.value.present().and_then(|value| u64::try_from(value).ok());
            let reading =
                value.map(|value| CounterReading { at_ms: stored.tuple.start_ms, epoch: *epoch, value });
            let count = if is_apart { stored.tuple.seq } else { 0 };
            counts.entry(count).or_default().extend(reading);
        }
        let (Some((first, _)), Some((last, _))) = (readings.first(), readings.last()) else {
            return Ok(counted);
        };
        let dates = (person.zones.date_of(first.tuple.start_ms)?, person.zones.date_of(last.tuple.start_ms)?);
        let midnights: Result<Vec<i64>, _> = dates
            .0
            .iter_days()
            .take_while(|date| *date <= dates.1)
            .map(|date| person.zones.bounds(date).map(|bounds| bounds.start))
            .collect();
        let (midnights, params) = (midnights?, params(source)?);
        for values in counts.into_values() {
            let found = counter_steps(&values, &midnights, &params);
            counted.notes.extend(found.notes);
            counted.counts.push(found.steps);
            for (day_ms, value) in found.day_totals {
                *counted.day_totals.entry(day_ms).or_default() += value;
            }
        }
        Ok(counted)
    }
}

/// What the counters of a device tell of.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Steps, by count.
    pub(super) counts: Vec<Vec<StepInterval>>,
    /// What had to be decided.
    pub(super) notes: Vec<CounterNote>,
    /// The device's own totals of days, by the day's first instant, where it counts from midnight.
    pub(super) day_totals: BTreeMap<i64, u64>,
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
