use crate::{Grain, How, Metric, ParticipantId, Source};

/// The stream that a reading belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    /// Whose reading it is.
    pub participant: ParticipantId,
    /// What recorded it.
    pub source: Source,
    /// What was measured.
    pub metric: Metric,
    /// How fine it is.
    pub grain: Grain,
}

/// A reading's value, or the word that it was deleted. Deletion is the greater one, so that it wins a tie of `rev`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// A stored integer in the metric's unit and exponent.
    Present(i64),
    /// A tombstone.
    Deleted,
}

impl Value {
    /// The stored integer, if there is one.
    #[must_use]
    pub fn present(self) -> Option<i64> {
        match self {
            Value::Present(value) => Some(value),
            Value::Deleted => None,
        }
    }
}

/// A reading within its series. Two readings of a series are the same exactly when their tuples are equal.
///
/// The order (start, end, seq, rev, value) is the order of every scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tuple {
    /// First instant, ms UTC, frozen when first taken.
    pub start_ms: i64,
    /// Last instant, ms UTC; equal to `start_ms` for an instant.
    pub end_ms: i64,
    /// The origin's own number among readings with the same times, else 0.
    pub seq: u64,
    /// The origin's version (its modification time or number), else 0; never arrival time.
    pub rev: u64,
    /// What was read.
    pub value: Value,
}

/// What is kept beside a tuple and is no part of its identity. Of two, the greatest is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Provenance {
    /// Minutes that local time was ahead of UTC where it was recorded.
    pub offset_minutes: Option<i16>,
    /// How it was recorded.
    pub how: How,
}

/// A tuple as a store holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The reading.
    pub tuple: Tuple,
    /// Where and how it was recorded.
    pub provenance: Provenance,
    /// When it was first received, ms UTC.
    pub received_ms: i64,
}

/// A stored tuple with its series: the row that people see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The stream it belongs to.
    pub series: Series,
    /// The rest of it.
    pub stored: Stored,
}
