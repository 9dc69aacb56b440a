//! Fitbit's and Google Health's data: the folders of Google Takeout and of Fitbit's own archive before it, answers of
//! Fitbit's Web API, and those of the Google Health API that follows it. Not yet tried on a real export.
//!
//! What is Fitbit's own has the one source that Fitabase's files have, so that a minute which both hold is there once.

mod api;
mod intraday;
mod names;
mod signs;
mod takeout;
mod takeout_table;

use super::head::Head;
use super::importer::{Detection, FormatInfo, Importer};
use super::{ColumnMap, ImportError};
use api::Api;
use intraday::Intraday;
use names::Name;
use signs::Signs;
use takeout::{Measure, Takeout};
use takeout_table::TakeoutTable;

/// The importer.
pub(super) struct GoogleHealth;

const NAME: &str = "google-health";

/// The device of a Fitbit account, by the name that it has in every format.
const FITBIT: &str = "fitbit";

impl Importer for GoogleHealth {
    fn name(&self) -> &'static str {
        NAME
    }

    fn formats(&self) -> Vec<FormatInfo> {
        let format = |name, what| FormatInfo { importer: NAME, name, what };
        vec![
            format(
                Measure::Steps.format(),
                "steps-*.json of Google Takeout or Fitbit's archive: steps a minute",
            ),
            format(Measure::HeartRate.format(), "heart_rate-*.json of the same: heart rate at instants"),
            format(
                takeout_table::STEPS,
                "steps_*.csv of Google Takeout (timestamp, steps, data source): steps a minute",
            ),
            format(
                takeout_table::HEART_RATE,
                "heart_rate_*.csv of Google Takeout (timestamp, beats per minute, data source): heart rate at instants",
            ),
            format(
                intraday::FORMAT,
                "Fitbit Web API answers (activities-steps, activities-heart and their intraday): minutes, seconds, days",
            ),
            format(
                api::FORMAT,
                "Google Health API v4 answers (dataPoints): steps and heart rate of each device",
            ),
        ]
    }

    fn detect(&self, head: &Head, _map: &ColumnMap) -> Result<Detection, ImportError> {
        let name = Name::of(&head.path);
        if head.text().starts_with(b"[") || head.text().starts_with(b"{") {
            let signs = Signs::of(head)?;
            if signs.beats || (name.is("heart_rate") && signs.nothing) {
                return Ok(Detection::Known(Box::new(Takeout(Measure::HeartRate))));
            }
            // Steps, calories and floors look alike: the file's name has to say which they are.
            if name.is("steps") && (signs.dated || signs.nothing) {
                return Ok(Detection::Known(Box::new(Takeout(Measure::Steps))));
            }
            if signs.intraday {
                return Ok(Detection::Known(Box::new(Intraday)));
            }
            if signs.points {
                return Ok(Detection::Known(Box::new(Api)));
            }
            if signs.rollups {
                return Ok(Detection::NotKept(
                    "roll-ups of the Google Health API: the data points that they sum up are read".to_owned(),
                ));
            }
        } else if let Some(table) = TakeoutTable::find(head, &name) {
            return Ok(Detection::Known(Box::new(table)));
        }
        Ok(name.not_kept())
    }
}
