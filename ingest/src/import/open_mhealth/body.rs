use foulee_contract::{Metric, RejectCode};
use serde::Deserialize;

use crate::import::extent::instant_of;
use crate::import::json::Text;
use crate::import::local_clock::{Instant, LocalClock};
use crate::import::number::{Cell, cell_of};

/// A body, of those schemas that are kept: step-count, heart-rate and rr-interval of Open mHealth, physical-activity of
/// IEEE 1752.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    step_count: Option<Quantity<'a>>,
    #[serde(borrow)]
    base_movement_quantity: Option<Quantity<'a>>,
    #[serde(borrow)]
    heart_rate: Option<Quantity<'a>>,
    #[serde(borrow)]
    rr_interval: Option<Quantity<'a>>,
    #[serde(borrow, alias = "effective-time-frame")]
    effective_time_frame: Option<TimeFrame<'a>>,
    #[serde(
        borrow,
        alias = "descriptive-statistic",
        alias = "descriptive_statistics",
        alias = "descriptive-statistics"
    )]
    descriptive_statistic: Text<'a>,
}

/// A value with its unit, or the bare number that the first versions of a step count have.
#[derive(Deserialize)]
#[serde(untagged)]
enum Quantity<'a> {
    WithUnit {
        #[serde(borrow)]
        value: Text<'a>,
        #[serde(borrow, default)]
        unit: Text<'a>,
    },
    #[serde(borrow)]
    Bare(Text<'a>),
}

#[derive(Deserialize)]
struct TimeFrame<'a> {
    #[serde(borrow, default)]
    date_time: Text<'a>,
    #[serde(borrow)]
    time_interval: Option<TimeInterval<'a>>,
}

#[derive(Deserialize)]
struct TimeInterval<'a> {
    #[serde(borrow, default)]
    start_date_time: Text<'a>,
    #[serde(borrow, default)]
    end_date_time: Text<'a>,
    #[serde(borrow)]
    duration: Option<Duration<'a>>,
}

#[derive(Deserialize)]
struct Duration<'a> {
    #[serde(borrow)]
    value: Text<'a>,
    #[serde(borrow)]
    unit: Text<'a>,
}

/// What a body says.
pub(super) enum Said {
    /// A measurement that is kept.
    Reading { metric: Metric, start: Instant, end_ms: i64, value: i64 },
    /// Nothing was measured.
    Nothing,
    /// What is not kept of it, if it is not the whole schema.
    NotKept(Option<String>),
}

impl Body<'_> {
    /// Reads the one measurement of a body.
    pub(super) fn said(&self, clock: &mut LocalClock) -> Result<Said, RejectCode> {
        let kept = [
            (Metric::Steps, &self.step_count),
            (Metric::Steps, &self.base_movement_quantity),
            (Metric::HeartRate, &self.heart_rate),
            (Metric::RrInterval, &self.rr_interval),
        ];
        let Some((metric, quantity)) = kept.iter().find_map(|(m, quantity)| Some((*m, quantity.as_ref()?)))
        else {
            return Ok(Said::NotKept(None));
        };
        let statistic = &*self.descriptive_statistic;
        let is_kept = match metric {
            Metric::HeartRate => matches!(statistic, "" | "average" | "mean"),
            Metric::Steps => matches!(statistic, "" | "count" | "sum" | "total"),
            _ => statistic.is_empty(),
        };
        if !is_kept {
            return Ok(Said::NotKept(Some(statistic.to_owned())));
        }
        let (text, unit) = match quantity {
            Quantity::WithUnit { value, unit } => (value, &**unit),
            Quantity::Bare(value) => (value, ""),
        };
        let value = match (cell_of(metric, text, 1, false), unit) {
            (Cell::Absent, _) => return Ok(Said::Nothing),
            (Cell::Bad(code), _) => return Err(code),
            (Cell::Value(value), unit) if is_unit(metric, unit) => value,
            // What a movement is counted in may be strokes.
            (_, other) if metric == Metric::Steps => return Ok(Said::NotKept(Some(other.to_owned()))),
            _ => return Err(RejectCode::Unreadable),
        };
        let (start, end_ms) =
            self.effective_time_frame.as_ref().ok_or(RejectCode::Unreadable)?.read(clock)?;
        match (metric, end_ms - start.utc_ms) {
            (_, ..=-1) => Err(RejectCode::EndBeforeStart),
            (Metric::Steps, 0) => Err(RejectCode::IntervalRequired),
            (Metric::RrInterval, 1..) => Err(RejectCode::InstantRequired),
            _ => Ok(Said::Reading { metric, start, end_ms, value }),
        }
    }
}

fn is_unit(metric: Metric, unit: &str) -> bool {
    let known: &[&str] = match metric {
        Metric::Steps => &["", "steps", "step", "{steps}"],
        Metric::HeartRate => &["", "beats/min", "bpm", "/min", "beats per minute"],
        _ => &["", "ms"],
    };
    known.contains(&unit)
}

impl TimeFrame<'_> {
    fn read(&self, clock: &mut LocalClock) -> Result<(Instant, i64), RejectCode> {
        match &self.time_interval {
            Some(interval) => interval.read(clock),
            None => instant_of(&self.date_time, clock).map(|at| (at, at.utc_ms)),
        }
    }
}

impl TimeInterval<'_> {
    /// Two of a start, an end and a duration. A part of a day is no interval.
    fn read(&self, clock: &mut LocalClock) -> Result<(Instant, i64), RejectCode> {
        match (self.start_date_time.is_empty(), self.end_date_time.is_empty(), &self.duration) {
            (false, false, _) => {
                let end = instant_of(&self.end_date_time, clock)?;
                Ok((instant_of(&self.start_date_time, clock)?, end.utc_ms))
            }
            (false, true, Some(duration)) => {
                let (start, length_ms) =
                    (instant_of(&self.start_date_time, clock)?, duration.milliseconds()?);
                Ok((start, start.utc_ms.saturating_add(length_ms)))
            }
            (true, false, Some(duration)) => {
                let (end, length_ms) = (instant_of(&self.end_date_time, clock)?, duration.milliseconds()?);
                Ok((Instant { utc_ms: end.utc_ms.saturating_sub(length_ms), ..end }, end.utc_ms))
            }
            _ => Err(RejectCode::Unreadable),
        }
    }
}

impl Duration<'_> {
    /// A duration of a fixed length; a month or a year has none (duration-unit-value-1.0).
    fn milliseconds(&self) -> Result<i64, RejectCode> {
        let unit_ms = match &*self.unit {
            "ms" => 1.0,
            "sec" | "s" => 1_000.0,
            "min" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            "wk" => 604_800_000.0,
            _ => return Err(RejectCode::Unreadable),
        };
        let value: f64 = self.value.parse().map_err(|_| RejectCode::Unreadable)?;
        let milliseconds = (value * unit_ms).round();
        // A hundred years, ms: what is longer is no measurement's.
        if (0.0..3.2e12).contains(&milliseconds) {
            Ok(milliseconds as i64)
        } else {
            Err(RejectCode::ValueOutOfRange)
        }
    }
}
