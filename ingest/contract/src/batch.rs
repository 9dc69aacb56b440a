use serde::{Deserialize, Serialize};

use crate::object::{objects, optional_object};
use crate::{Column, Grain, How, Metric, ParticipantId, Source};

/// Readings on their way to ingest (`POST /v1/readings`), by series, in columns. Read it as [`crate::Object`]: a batch is no
/// array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// [`crate::CONTRACT_VERSION`].
    pub contract: u32,
    /// The series, at most [`crate::MAX_SERIES`].
    #[serde(deserialize_with = "objects")]
    pub series: Vec<SeriesBlock>,
}

/// The readings of one series, as `points`, as a `grid`, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesBlock {
    /// Whose readings these are.
    pub participant: ParticipantId,
    /// What recorded them.
    pub source: Source,
    /// What was measured.
    pub metric: Metric,
    /// How fine they are.
    pub grain: Grain,
    /// The metric's UCUM unit, said again so that a mistaken unit is refused and never rescaled by guess.
    pub unit: String,
    /// The values times ten to this power are in `unit`; 0 when left out. Never finer than the metric's own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exponent: i8,
    /// Minutes that local time was ahead of UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Column<i16>>,
    /// How they were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<Column<How>>,
    /// Readings with a time each.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub points: Option<Points>,
    /// Readings at regular times. Their indexes go on where those of `points` end.
    #[serde(default, deserialize_with = "optional_object", skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
}

/// Readings with a time each; all columns have the length of `start`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// First instants, ms UTC.
    pub start: Vec<i64>,
    /// Last instants, ms UTC; left out for instants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Vec<i64>>,
    /// The origin's numbers, 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<Vec<u64>>,
    /// The origin's versions, 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Vec<u64>>,
    /// What was read; null where `deleted` is true.
    pub value: Vec<Option<i64>>,
    /// True where the origin deleted the reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Vec<bool>>,
}

/// Readings at `start`, `start + step`, …; each lasts one step, or no time where the grain is `sample`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// First instant, ms UTC.
    pub start: i64,
    /// Time from one reading to the next, ms, at least 1.
    pub step: i64,
    /// The origin's version of all of them, 0 when left out.
    #[serde(default, skip_serializing_if = "is_zero_u64")]
    pub rev: u64,
    /// What was read; null where there is no reading.
    pub value: Vec<Option<i64>>,
}

impl SeriesBlock {
    /// The number of readings, absent ones of a grid counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.as_ref().map_or(0, |p| p.start.len()) + self.grid.as_ref().map_or(0, |g| g.value.len())
    }

    /// Whether it holds no reading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(value: &i8) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero_u64(value: &u64) -> bool {
    *value == 0
}
