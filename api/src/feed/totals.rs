use foulee_analytics::grains::GrainCheck;
use foulee_contract::ParticipantId;
use serde::Serialize;

use crate::ApiError;
use crate::adherence::Period;
use crate::registry::Registry;
use crate::worker::DayPayload;

/// A source's own total of a day beside its minutes and the day's steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TotalRow {
    /// The local day.
    pub date: String,
    /// The source's key.
    pub source: String,
    /// Steps of its own total.
    pub total: u32,
    /// Steps of its minutes; null without any.
    pub minutes: Option<u32>,
    /// Minutes of the day without a step record of it.
    pub missing_minutes: u32,
    /// Steps of the day once all sources are merged; null where they are unknown.
    pub steps: Option<u32>,
    /// How total and minutes stand to each other.
    pub check: String,
    /// `agree`, `explained` or `flagged`.
    pub verdict: &'static str,
}

/// The totals that a participant's devices gave of a period, by day, then by source.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn total_rows(
    registry: &Registry,
    participant: ParticipantId,
    period: Period,
) -> Result<Vec<TotalRow>, ApiError> {
    let mut rows = Vec::new();
    for day in registry.day_rows(participant, period.from, period.to).await? {
        let payload: DayPayload = serde_json::from_str(&day.computed.payload)?;
        for total in payload.totals {
            let check = GrainCheck::ALL.into_iter().find(|check| check.as_str() == total.check);
            rows.push(TotalRow {
                date: day.date.to_string(),
                source: total.source,
                total: total.total,
                minutes: total.minutes,
                missing_minutes: total.missing_minutes,
                steps: payload.steps,
                verdict: check.ok_or(ApiError::RowDamaged)?.verdict().as_str(),
                check: total.check,
            });
        }
    }
    Ok(rows)
}
