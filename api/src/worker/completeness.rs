use std::collections::BTreeMap;

use chrono::NaiveDate;
use foulee_analytics::completeness::{Expected, SourceHour, source_hours};
use foulee_analytics::wear::{ValidWearParams, WearParams};
use foulee_contract::{Grain, Metric, Series, Stored, Value};
use foulee_store::{Scan, SeriesReadings, SeriesScan, Store, epoch_day};

use super::counters::Counters;
use super::person::Person;
use super::readings::{CONTEXT_MS, Readings};
use crate::ApiError;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// A source that says nothing for longer begins anew, days. [D] A year.
const MOST_SILENT_DAYS: i32 = 366;

/// An hour of one of a person's sources.
#[derive(Clone, Debug)]
pub struct HourOfSource {
    /// The local day that it is of.
    pub date: NaiveDate,
    /// The place of the source among the person's.
    pub place: usize,
    /// What was expected and what came.
    pub hour: SourceHour,
    /// When the last of what came was received, ms UTC.
    pub arrived_ms: Option<i64>,
}

/// From when on each source of a person is known and until when, as of an instant.
#[derive(Clone, Debug)]
pub struct Heard {
    as_of_ms: i64,
    known_at_ms: Option<i64>,
    by_place: BTreeMap<usize, Expected>,
}

impl Heard {
    /// As it was known at an instant, or is known now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn load(
        store: &dyn Store,
        person: &Person,
        known_at_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<Self, ApiError> {
        let as_of_ms = known_at_ms.unwrap_or(now_ms).min(now_ms);
        let mut heard = Self { as_of_ms, known_at_ms, by_place: BTreeMap::new() };
        let series = store.series_of(person.id).await?;
        for (place, known) in person.sources.iter().enumerate() {
            let of_source = || series.iter().filter(|series| series.source == known.source);
            let mut from_ms: Option<i64> = None;
            for series in of_source().filter(|series| is_data(series)) {
                let first = heard.first(store, series).await?;
                from_ms = [from_ms, first].into_iter().flatten().min();
            }
            let Some(from_ms) = from_ms else { continue };
            let mut heard_ms = from_ms;
            for series in of_source().filter(|series| is_data(series) || is_sign(series)) {
                heard_ms = heard_ms.max(heard.last(store, series).await?.unwrap_or(from_ms));
            }
            heard.by_place.insert(place, Expected { from_ms, to_ms: as_of_ms, heard_ms });
        }
        Ok(heard)
    }

    async fn day(&self, store: &dyn Store, series: &Series, day: i32) -> Result<Vec<Stored>, ApiError> {
        let from_ms = i64::from(day) * DAY_MS;
        let scan = SeriesScan {
            series: series.clone(),
            from_ms,
            to_ms: from_ms + DAY_MS,
            reaching: false,
            known_at_ms: self.known_at_ms,
        };
        let mut found = store.scan_series(scan).await?;
        found.retain(|stored| matches!(stored.tuple.value, Value::Present(_)));
        Ok(found)
    }

    async fn first(&self, store: &dyn Store, series: &Series) -> Result<Option<i64>, ApiError> {
        let days = store.series_days(series.clone(), 0, epoch_day(self.as_of_ms)).await?;
        // A clock that stood at its factory's date is no reason to expect decades.
        let anew =
            days.windows(2).rposition(|pair| pair[1] - pair[0] > MOST_SILENT_DAYS).map_or(0, |at| at + 1);
        for day in days[anew..].iter().copied() {
            let found = self.day(store, series, day).await?;
            if let Some(first) = found.iter().map(|stored| stored.tuple.start_ms).min() {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    async fn last(&self, store: &dyn Store, series: &Series) -> Result<Option<i64>, ApiError> {
        for day in store.series_days(series.clone(), 0, epoch_day(self.as_of_ms)).await?.into_iter().rev() {
            let found = self.day(store, series, day).await?;
            if let Some(last) = found.iter().map(|stored| stored.tuple.end_ms).max() {
                return Ok(Some(last));
            }
        }
        Ok(None)
    }
}

/// Whether a series is what a device is there to record, and not a sum or a remark.
fn is_data(series: &Series) -> bool {
    series.grain != Grain::Total
        && matches!(
            series.metric,
            Metric::Steps | Metric::StepCounter | Metric::HeartRate | Metric::RrInterval | Metric::Contact
        )
}

/// Whether it shows that a device was heard of without any data.
fn is_sign(series: &Series) -> bool {
    matches!(series.metric, Metric::Sync | Metric::Battery)
}

/// The hours of some days in which something was expected of a person's sources, by day, then by source.
///
/// The days are held in memory together: ask for a week at most.
///
/// # Errors
/// When the store fails or analytics refuses a reading.
pub async fn completeness(
    store: &dyn Store,
    person: &Person,
    heard: &Heard,
    dates: &[NaiveDate],
) -> Result<Vec<HourOfSource>, ApiError> {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(Vec::new()) };
    let (from_ms, to_ms) = (person.zones.bounds(*first)?.start, person.zones.bounds(*last)?.end);
    let (from_ms, to_ms) = (from_ms - CONTEXT_MS, to_ms + CONTEXT_MS);
    let known_at_ms = heard.known_at_ms;
    let scan = Scan { participant: person.id, metrics: Vec::new(), from_ms, to_ms, known_at_ms };
    let found = store.scan(scan).await?;
    let arrivals = arrivals(person, &found);
    let counters = Counters::load(store, person, from_ms, to_ms, known_at_ms).await?;
    let readings = Readings::new(person, found, &counters)?;
    let wear: ValidWearParams = WearParams::default().check()?;
    let mut hours = Vec::new();
    for date in dates {
        let bounds = person.zones.bounds(*date)?;
        let sources = readings.of_day(&bounds);
        for (place, expected) in &heard.by_place {
            // A source that says nothing of these days is expected all the same.
            let silent;
            let source = match readings.places().position(|known| known == *place) {
                Some(at) => &sources[at],
                None => {
                    silent = Readings::silent(&person.sources[*place]);
                    &silent
                }
            };
            for hour in source_hours(&bounds, source, expected, &wear)? {
                let arrived_ms = arrivals.of(*place, hour.start_ms);
                hours.push(HourOfSource { date: *date, place: *place, hour, arrived_ms });
            }
        }
    }
    Ok(hours)
}

/// When the last of what was recorded in a minute was received, by source and minute.
struct Arrivals(BTreeMap<usize, BTreeMap<i64, i64>>);

fn arrivals(person: &Person, found: &[SeriesReadings]) -> Arrivals {
    let mut arrivals: BTreeMap<usize, BTreeMap<i64, i64>> = BTreeMap::new();
    for SeriesReadings { series, tuples } in found.iter().filter(|found| is_data(&found.series)) {
        let Some(place) = person.sources.iter().position(|known| known.source == series.source) else {
            continue;
        };
        let by_quarter = arrivals.entry(place).or_default();
        for stored in tuples {
            // Zones differ by whole quarters of an hour.
            let quarter = |ms: i64| ms.div_euclid(HOUR_MS / 4);
            let (start_ms, end_ms) = (stored.tuple.start_ms, stored.tuple.end_ms);
            let last = quarter((end_ms - 1).max(start_ms)).min(quarter(start_ms + DAY_MS));
            for quarter in quarter(start_ms)..=last {
                let latest = by_quarter.entry(quarter).or_insert(stored.received_ms);
                *latest = (*latest).max(stored.received_ms);
            }
        }
    }
    Arrivals(arrivals)
}

impl Arrivals {
    fn of(&self, place: usize, hour_ms: i64) -> Option<i64> {
        let (from, to) = (hour_ms.div_euclid(HOUR_MS / 4), (hour_ms + HOUR_MS).div_euclid(HOUR_MS / 4));
        self.0.get(&place)?.range(from..to).map(|(_, latest)| *latest).max()
    }
}
