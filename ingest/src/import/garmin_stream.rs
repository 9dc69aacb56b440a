//! The live stream that Garmin's SDK writes: `time;KIND;value` without a header, times with offsets.

use foulee_contract::Metric;

use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer};
use super::minute_table::{Columns, TimedTable, Values, Words};
use super::{ColumnMap, ImportError};

/// The importer.
pub(super) struct GarminStream;

const NAME: &str = "garmin-stream";

/// Its kinds, folded. STEPS is the count since local midnight, so a counter; HEART_RATE_VARIABILITY is one
/// beat-to-beat interval in ms. The others (stress, calories, ascent, intensity minutes) are not kept.
const KINDS: [(&str, Metric); 3] = [
    ("steps", Metric::StepCounter),
    ("heartrate", Metric::HeartRate),
    ("heartratevariability", Metric::RrInterval),
];

impl Importer for GarminStream {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        vec![FormatInfo {
            importer: NAME,
            name: NAME,
            what: "Garmin's live stream (time;KIND;value, no header): heart rate, beat-to-beat intervals, step counter",
        }]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let Ok(table) = &head.table else { return Ok(Detection::Unknown(None)) };
        if table.header || table.columns.len() != 3 {
            return Ok(Detection::Unknown(None));
        }
        let is_kind =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        if !table.sample.iter().all(|cells| is_kind(&cells[1]) && cells[2].parse::<f64>().is_ok()) {
            return Ok(Detection::Unknown(None));
        }
        let words = KINDS.iter().map(|(word, metric)| ((*word).to_owned(), *metric)).collect();
        let columns = Columns {
            time: 0,
            date: None,
            end: None,
            offset: None,
            person: None,
            values: Values::Long { kind: 1, value: 2, words: Words::Named(words) },
        };
        Ok(match TimedTable::new(NAME, "garmin", columns, table, head)? {
            Ok(table) => Detection::Known(Box::new(table)),
            Err(why) => Detection::Unknown(Some(why)),
        })
    }
}
