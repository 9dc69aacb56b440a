use foulee_analytics::{Measure, REGISTRY};
use foulee_contract::ParticipantId;
use serde::Serialize;

use crate::ApiError;
use crate::adherence::Period;
use crate::registry::Registry;
use crate::worker::DayPayload;

/// One measure of one day, tidy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureRow {
    /// Whose day.
    pub participant: ParticipantId,
    /// Which local day.
    pub date: String,
    /// Which measure.
    pub measure: &'static str,
    /// Its value in `unit`; null when it cannot be known, never 0.
    pub value: Option<f64>,
    /// UCUM.
    pub unit: &'static str,
    /// Share of the day that it rests on, 0 to 1.
    pub coverage: f64,
    /// How far it can be trusted.
    pub quality: String,
    /// Of the measure.
    pub version: String,
}

/// The day measures of a participant, by day and in the dictionary's order. A day without any reading has none.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn measure_rows(
    registry: &Registry,
    participant: ParticipantId,
    period: Period,
) -> Result<Vec<MeasureRow>, ApiError> {
    let mut rows = Vec::new();
    for day in registry.day_rows(participant, period.from, period.to).await? {
        let payload: DayPayload = serde_json::from_str(&day.computed.payload)?;
        for measure in REGISTRY {
            if let Some(cell) = payload.measures.get(measure.name) {
                rows.push(MeasureRow {
                    participant,
                    date: day.date.to_string(),
                    measure: measure.name,
                    value: cell.0,
                    unit: measure.unit,
                    coverage: cell.1,
                    quality: cell.2.clone(),
                    version: measure.version.to_string(),
                });
            }
        }
    }
    Ok(rows)
}

/// A line of the data dictionary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DictionaryRow {
    /// Name.
    pub measure: &'static str,
    /// UCUM.
    pub unit: &'static str,
    /// What it is.
    pub definition: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// LOINC code, where one exists.
    pub loinc: Option<&'static str>,
    /// Version.
    pub version: String,
}

/// The data dictionary, generated from the registry of measures.
#[must_use]
pub fn dictionary() -> Vec<DictionaryRow> {
    let row = |measure: &'static Measure| DictionaryRow {
        measure: measure.name,
        unit: measure.unit,
        definition: measure.definition,
        source: measure.source,
        loinc: measure.loinc,
        version: measure.version.to_string(),
    };
    REGISTRY.iter().map(row).collect()
}
