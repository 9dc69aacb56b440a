use chrono::NaiveDate;
use foulee_contract::{Metric, ParticipantId, SafetyTier, resolve};
use foulee_store::{Scan, Store};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::newest::{HeartRate, Last, Newest};
use crate::ApiError;
use crate::feed::rfc3339;
use crate::registry::Registry;
use crate::worker::DayPayload;

/// How far back the last heart rate is looked for when somebody begins to watch, ms.
const RATES_BACK_MS: i64 = 86_400_000;
/// How far around the newest reading of the rows its receipt is looked for, ms.
const AROUND_MS: i64 = 60_000;

/// What is newest of a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The newest heart rate of the last 24 hours or since; its age is the reader's to judge.
    pub heart_rate: Option<HeartRate>,
    /// The local day that it is.
    pub today: NaiveDate,
    /// Steps of that day so far, a lower bound; `None` while no minute of it is known.
    pub steps: Option<u32>,
    /// The newest reading of any kind.
    pub last: Option<Last>,
    /// When the next local day begins, ms UTC.
    pub next_day_ms: i64,
    /// What is stopped for their safety.
    pub stopped: Option<SafetyTier>,
}

/// A state as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// A digest of the text.
    pub id: String,
    /// The JSON document.
    pub text: String,
    /// What it says.
    pub state: State,
}

#[derive(Serialize)]
struct Doc<'a> {
    heart_rate: Option<RateDoc<'a>>,
    steps: StepsDoc,
    last_reading: Option<LastDoc>,
    safety: Option<SafetyTier>,
}

#[derive(Serialize)]
struct RateDoc<'a> {
    value: f64,
    at: String,
    source: &'a str,
}

#[derive(Serialize)]
struct StepsDoc {
    date: NaiveDate,
    value: Option<u32>,
}

#[derive(Serialize)]
struct LastDoc {
    at: String,
    received_at: String,
}

impl State {
    /// As it is told.
    ///
    /// # Errors
    /// When it cannot be written, which only memory can prevent.
    pub(super) fn told(self) -> Result<Told, ApiError> {
        let doc = Doc {
            heart_rate: self.heart_rate.as_ref().map(|rate| RateDoc {
                value: Metric::HeartRate.to_unit(rate.deci_bpm),
                at: rfc3339(rate.at_ms),
                source: &rate.source,
            }),
            steps: StepsDoc { date: self.today, value: self.steps },
            last_reading: self
                .last
                .map(|last| LastDoc { at: rfc3339(last.at_ms), received_at: rfc3339(last.received_ms) }),
            safety: self.stopped,
        };
        let text = serde_json::to_string(&doc)?;
        let id = Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Told { id, text, state: self })
    }
}

/// The newest that the store holds: asked once when somebody begins to watch, and when something was corrected.
pub(super) async fn newest(
    store: &dyn Store,
    registry: &Registry,
    id: ParticipantId,
    now_ms: i64,
) -> Result<Newest, ApiError> {
    let mut newest = Newest::default();
    let scan = |metrics, from_ms, to_ms| Scan { participant: id, metrics, from_ms, to_ms, known_at_ms: None };
    let mut scans = vec![scan(vec![Metric::HeartRate], now_ms - RATES_BACK_MS, now_ms + AROUND_MS)];
    if let Some(at_ms) = last_of_rows(registry, id).await? {
        scans.push(scan(Vec::new(), at_ms - AROUND_MS, at_ms + AROUND_MS));
    }
    for scan in scans {
        let from_ms = scan.from_ms;
        for found in store.scan(scan).await? {
            let current = resolve(found.tuples, found.series.source.is_growing()).current;
            for stored in current.iter().filter(|stored| stored.tuple.start_ms >= from_ms) {
                newest.take(&found.series, &stored.tuple, stored.received_ms);
            }
        }
    }
    newest.corrected = false;
    Ok(newest)
}

/// When the newest reading of the newest day with one began.
async fn last_of_rows(registry: &Registry, id: ParticipantId) -> Result<Option<i64>, ApiError> {
    let Some(date) = registry.day_row_digests(id).await?.iter().map(|day| day.date).max() else {
        return Ok(None);
    };
    let Some(row) = registry.day_row(id, date).await? else { return Ok(None) };
    let day: DayPayload = serde_json::from_str(&row.computed.payload)?;
    Ok(day.last_reading_ms)
}

/// What is to be told now; `None` when there is no such participant.
pub(super) async fn state(
    registry: &Registry,
    id: ParticipantId,
    newest: Newest,
    now_ms: i64,
) -> Result<Option<State>, ApiError> {
    if registry.participant(id).await?.is_none() {
        return Ok(None);
    }
    let zones = crate::zones::home_zones(registry, id).await?;
    let today = zones.date_of(now_ms)?;
    let steps = match registry.day_row(id, today).await? {
        Some(row) => serde_json::from_str::<DayPayload>(&row.computed.payload)?.steps,
        None => None,
    };
    let next_day_ms = zones.bounds(today)?.end;
    let stopped = crate::safety::stop_of(registry, id).await?.map(|stop| stop.tier);
    let Newest { heart_rate, last, .. } = newest;
    Ok(Some(State { heart_rate, today, steps, last, next_day_ms, stopped }))
}
