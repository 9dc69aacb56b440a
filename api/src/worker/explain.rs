use chrono::{DateTime, FixedOffset, NaiveDate, Offset as _, TimeZone as _, Utc};
use foulee_analytics::wear::{ValidWearParams, WearParams};
use foulee_analytics::{Explanation, MINUTE_MS, MergePolicy, explain_day, merge_day_by};
use foulee_store::{Scan, Store};
use serde::Serialize;

use super::counters::Counters;
use super::day::checked_totals;
use super::person::Person;
use super::readings::{CONTEXT_MS, Readings};
use crate::ApiError;
use crate::feed::offset_minutes;

/// How a day's steps came about.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The local day.
    pub date: NaiveDate,
    /// How sources were merged, by name and version.
    pub policy: &'static str,
    /// Steps of the day; null when no minute is known.
    pub steps: Option<u32>,
    /// Those of them that were walked within some hours, and nobody knows when.
    pub adrift: u32,
    /// Whether devices' own clocks showed another zone than home's: somebody may have travelled.
    pub clock_elsewhere: bool,
    /// The sources that say something of the day, the first by priority first.
    pub sources: Vec<ExplainedSource>,
    /// The day's steps slice by slice, steps adrift apart.
    pub slices: Vec<ExplainedSlice>,
    /// The day's steps of which nobody knows in which minutes they were, record by record: of more than a quarter hour, or a
    /// counter that was not heard.
    pub adrift_records: Vec<ExplainedAdrift>,
    /// What had to be decided about the readings of counters.
    pub counters: Vec<ExplainedReading>,
}

/// One source of a day.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedSource {
    /// Its key.
    pub source: String,
    /// Lower is asked first.
    pub priority: u8,
    /// Steps that it counted, by itself.
    pub own: Option<u32>,
    /// Those of them that the slices count, without steps adrift.
    pub counted: u32,
    /// The device's own total of the day: as it gave it, else what its counter came to.
    pub day_total: Option<u32>,
    /// How that stands to its minutes (docs/methods.md, Totals).
    pub check: Option<String>,
}

/// Neighbouring minutes in which the same sources were present and the same ones counted.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedSlice {
    /// First instant.
    pub from: DateTime<FixedOffset>,
    /// The instant behind it.
    pub to: DateTime<FixedOffset>,
    /// Steps that the day counts.
    pub steps: u32,
    /// Each source that was present.
    pub sources: Vec<ExplainedShare>,
}

/// What one source says of a slice.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedShare {
    /// Its key.
    pub source: String,
    /// Steps that it counted.
    pub own: u32,
    /// Those of them that the day counts.
    pub counted: u32,
}

/// A record of which nobody knows in which of its minutes its steps were.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedAdrift {
    /// Its source's key.
    pub source: String,
    /// First instant, within the day.
    pub from: DateTime<FixedOffset>,
    /// The instant behind it.
    pub to: DateTime<FixedOffset>,
    /// Steps that it counted.
    pub own: u32,
    /// Those of them that the day counts: what others counted in its time is part of it.
    pub counted: u32,
}

/// A decision about a reading of a counter.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedReading {
    /// The counter's source.
    pub source: String,
    /// When it was read.
    pub at: DateTime<FixedOffset>,
    /// What was decided.
    pub decision: &'static str,
    /// What it stood at before.
    pub before: Option<u64>,
    /// What it stood at.
    pub value: u64,
    /// Steps that it gives; null where nothing can be said.
    pub steps: Option<u64>,
}

/// Explains one day from the readings themselves, as they were known at an instant or are now.
///
/// # Errors
/// When the store fails or analytics refuses a reading.
pub async fn explain(
    store: &dyn Store,
    person: &Person,
    date: NaiveDate,
    policy: MergePolicy,
    known_at_ms: Option<i64>,
) -> Result<Explained, ApiError> {
    let bounds = person.zones.bounds(date)?;
    let (from_ms, to_ms) = (bounds.start - CONTEXT_MS, bounds.end + CONTEXT_MS);
    let scan = Scan { participant: person.id, metrics: Vec::new(), from_ms, to_ms, known_at_ms };
    let found = store.scan(scan).await?;
    let counters = Counters::load(store, person, from_ms, to_ms, known_at_ms).await?;
    let readings = Readings::new(person, found, &counters)?;
    let wear: ValidWearParams = WearParams::default().check()?;
    let days = readings.of_day(&bounds);
    let keys: Vec<String> =
        readings.places().map(|place| person.sources[place].source.key().to_owned()).collect();
    let day = merge_day_by(policy, date, bounds.clone(), &days, &wear)?;
    let Explanation { slices, adrift } = explain_day(policy, bounds.clone(), &days, &wear)?;
    let at = |ms: i64| local(person, ms);

    let totals = checked_totals(person, &readings, &days, &bounds, &wear)?;
    let mut sources = Vec::new();
    for (place, source) in days.iter().enumerate() {
        let alone = merge_day_by(policy, date, bounds.clone(), std::slice::from_ref(source), &wear)?;
        let shares = slices.iter().flat_map(|slice| &slice.sources).filter(|share| share.source == place);
        let own = alone.steps_seen();
        let total = totals.iter().find(|total| total.source == keys[place]);
        if own.is_some() || total.is_some() {
            sources.push(ExplainedSource {
                source: keys[place].clone(),
                priority: source.priority,
                own,
                counted: shares.map(|share| share.counted).sum(),
                day_total: total.map(|total| total.total),
                check: total.map(|total| total.check.clone()),
            });
        }
    }
    sources.sort_by_key(|source| source.priority);
    let slices = slices.iter().map(|slice| ExplainedSlice {
        from: at(day.start_ms + slice.minutes.start as i64 * MINUTE_MS),
        to: at(day.start_ms + slice.minutes.end as i64 * MINUTE_MS),
        steps: slice.counted(),
        sources: slice
            .sources
            .iter()
            .map(|share| ExplainedShare {
                source: keys[share.source].clone(),
                own: share.own,
                counted: share.counted,
            })
            .collect(),
    });
    let adrift = adrift.iter().map(|record| ExplainedAdrift {
        source: keys[record.source].clone(),
        from: at(day.start_ms + record.minutes.start as i64 * MINUTE_MS),
        to: at(day.start_ms + record.minutes.end as i64 * MINUTE_MS),
        own: record.own,
        counted: record.counted,
    });
    let notes = readings.notes_in(&bounds).map(|(place, note)| ExplainedReading {
        source: person.sources[place].source.key().to_owned(),
        at: at(note.at_ms),
        decision: note.decision.as_str(),
        before: note.before,
        value: note.value,
        steps: note.steps,
    });
    Ok(Explained {
        date,
        policy: policy.as_str(),
        steps: day.steps_seen(),
        clock_elsewhere: readings.is_elsewhere(&bounds, |ms| offset_minutes(&person.zones, ms)),
        adrift: day.adrift.iter().map(|&steps| u32::from(steps)).sum(),
        sources,
        slices: slices.collect(),
        adrift_records: adrift.collect(),
        counters: notes.collect(),
    })
}

/// An instant on the home clock.
fn local(person: &Person, ms: i64) -> DateTime<FixedOffset> {
    let utc = DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default();
    let offset = person.zones.zone_at(ms).offset_from_utc_datetime(&utc.naive_utc()).fix();
    utc.with_timezone(&offset)
}
