use serde::Deserialize;

use super::api::Point;
use super::takeout::{Beats, Dated, takeout_time};
use crate::import::ImportError;
use crate::import::head::Head;
use crate::import::json::{Document, Part, Text, walk};

/// What the first bytes of a JSON file show of it.
pub(super) struct Signs {
    /// Dated values with beats per minute.
    pub(super) beats: bool,
    /// Dated values.
    pub(super) dated: bool,
    /// A day of Fitbit's Web API.
    pub(super) intraday: bool,
    /// Data points of the Google Health API.
    pub(super) points: bool,
    /// Sums of such.
    pub(super) rollups: bool,
    /// An empty list.
    pub(super) nothing: bool,
    /// Whether what stands in a list is opened: answers, which may be longer than what is looked at.
    opens_items: bool,
}

#[derive(Deserialize)]
struct Day<'a> {
    #[serde(borrow, rename = "dateTime")]
    date_time: Text<'a>,
}

impl Signs {
    /// Looks at a file's first bytes, which may end in its midst.
    pub(super) fn of(head: &Head) -> Result<Self, ImportError> {
        let signs = Self::found(head, false)?;
        if signs.beats || signs.dated || signs.intraday || signs.points {
            return Ok(signs);
        }
        let deeper = Self::found(head, true)?;
        Ok(Self { intraday: deeper.intraday, ..signs })
    }

    fn found(head: &Head, opens_items: bool) -> Result<Self, ImportError> {
        let nothing = head.text().starts_with(b"[");
        let (beats, dated, intraday, points, rollups) = (false, false, false, false, false);
        let mut signs = Self { beats, dated, intraday, points, rollups, nothing, opens_items };
        walk(head.bytes.as_slice(), &mut signs)?;
        Ok(signs)
    }
}

impl Document for Signs {
    fn opens(&mut self, path: &str, is_list: bool) -> bool {
        self.rollups |= path == "rollupDataPoints";
        match path.strip_prefix("*/").unwrap_or(path) {
            "" => true,
            "dataPoints" | "activities-steps" | "activities-heart" => is_list,
            "*" => self.opens_items && !is_list,
            _ => false,
        }
    }

    fn part(&mut self, part: Part<'_>) -> Result<(), ImportError> {
        self.nothing = false;
        match part.path.strip_prefix("*/").unwrap_or(part.path) {
            "*" => {
                self.beats |= part.read::<Beats<'_>>().is_ok_and(|beats| !beats.value.bpm.is_empty());
                self.dated |=
                    part.read::<Dated<'_>>().is_ok_and(|dated| takeout_time(&dated.date_time).is_some());
                self.points |= part.read::<Point<'_>>().is_ok_and(|point| point.is_one());
            }
            "dataPoints/*" => self.points |= part.read::<Point<'_>>().is_ok_and(|point| point.is_one()),
            "activities-steps/*" | "activities-heart/*" => {
                self.intraday |= part.read::<Day<'_>>().is_ok_and(|day| !day.date_time.is_empty());
            }
            _ => {}
        }
        Ok(())
    }
}
