use chrono::{NaiveDate, Offset as _, TimeZone as _};
use foulee_analytics::{HomeZones, MinuteState};
use foulee_contract::ParticipantId;
use serde::Serialize;

use super::rfc3339;
use crate::ApiError;
use crate::registry::Registry;
use crate::worker::{MINUTES_KIND, MinutesPayload};

/// One local minute after the merge of sources.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinuteRow {
    /// First instant.
    pub start: String,
    /// Minutes that the home clock is ahead of UTC.
    pub offset: i32,
    /// `moved`, `still` or `unknown`.
    pub state: &'static str,
    /// Steps; null is unknown, never 0.
    pub steps: Option<u16>,
    /// Mean heart rate, `/min`; null is unknown.
    pub heart_rate: Option<f64>,
}

/// The minutes of a local day; all unknown where it has no reading. A period is read day by day, so that its length does
/// not matter.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn minutes_of_day(
    registry: &Registry,
    participant: ParticipantId,
    zones: &HomeZones,
    date: NaiveDate,
) -> Result<Vec<MinuteRow>, ApiError> {
    let bounds = zones.bounds(date)?;
    let minutes = load_minutes(registry, participant, date).await?;
    let cells = minutes.as_ref().map(MinutesPayload::cells);
    let count = usize::try_from((bounds.end - bounds.start) / 60_000).unwrap_or(0);
    let mut rows = Vec::with_capacity(count);
    let mut start_ms = bounds.start;
    for minute in 0..count {
        let cell = cells.as_ref().and_then(|cells| cells.get(minute).copied());
        let (state, steps, heart_rate) = cell.unwrap_or((MinuteState::Unknown, None, None));
        rows.push(MinuteRow {
            start: rfc3339(start_ms),
            offset: offset_minutes(zones, start_ms),
            state: state_word(state),
            steps,
            heart_rate: heart_rate.map(|deci_bpm| f64::from(deci_bpm) / 10.0),
        });
        start_ms += 60_000;
    }
    Ok(rows)
}

/// The stored minutes of a day.
///
/// # Errors
/// When the registry fails or the row is damaged.
pub(crate) async fn load_minutes(
    registry: &Registry,
    participant: ParticipantId,
    date: NaiveDate,
) -> Result<Option<MinutesPayload>, ApiError> {
    let row = registry.result_row(participant, MINUTES_KIND, &date.to_string()).await?;
    row.map(|row| MinutesPayload::unpack(&row.computed.payload)).transpose()
}

/// Minutes that the home clock is ahead of UTC at an instant.
pub(crate) fn offset_minutes(zones: &HomeZones, utc_ms: i64) -> i32 {
    let zone = zones.zone_at(utc_ms);
    let offset = chrono::DateTime::from_timestamp_millis(utc_ms)
        .map_or(0, |at| zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc());
    offset.div_euclid(60)
}

fn state_word(state: MinuteState) -> &'static str {
    match state {
        MinuteState::Moved => "moved",
        MinuteState::Still => "still",
        MinuteState::Unknown => "unknown",
    }
}
