use serde::{Deserialize, Serialize};

/// What ingest says to a batch. `accepted` readings are durable when it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Readings that are durable now, whether new or known before.
    pub accepted: u64,
    /// Those that were not known before; null where the store cannot tell.
    pub new: Option<u64>,
    /// Those that were; null where the store cannot tell.
    pub duplicate: Option<u64>,
    /// Those that were refused, each with its reason. Nothing of a refused reading is kept.
    pub rejected: Vec<Rejection>,
}

/// Why one reading was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Which series block of the batch, from 0.
    pub series: u32,
    /// Which reading of that block, from 0; a grid's go on behind the points.
    pub index: u32,
    /// The reason, stable for programs.
    pub code: RejectCode,
    /// The field at fault.
    pub field: String,
    /// What to do about it.
    pub fix: String,
}

/// The published reasons for refusing a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// Starts more than a day after the server's clock.
    StartInFuture,
    /// Ends more than a day after the server's clock.
    EndInFuture,
    /// Starts before the year 2000.
    StartTooEarly,
    /// Ends before it starts.
    EndBeforeStart,
    /// The metric is a sum or state over an interval, and the interval is empty.
    IntervalRequired,
    /// The metric is read at an instant, and the reading has an extent.
    InstantRequired,
    /// Longer than its grain admits.
    IntervalTooLong,
    /// No value, and not marked as deleted.
    ValueMissing,
    /// A value, and marked as deleted.
    ValueOfDeleted,
    /// Outside what any device can mean.
    ValueOutOfRange,
    /// `seq` or `rev` above 2^63 - 1.
    NumberTooLarge,
    /// An offset beyond 18 hours.
    OffsetOutOfRange,
    /// The participant is not one that this token may write for.
    ParticipantUnknown,
    /// A file's text is no number, time or known word (importers).
    Unreadable,
    /// A local time that a clock change left out (importers).
    TimeDoesNotExist,
    /// The export's own id cannot be a pseudonym (importers).
    IdNotAdmitted,
}

impl RejectCode {
    /// The code as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartInFuture => "start_in_future",
            Self::EndInFuture => "end_in_future",
            Self::StartTooEarly => "start_too_early",
            Self::EndBeforeStart => "end_before_start",
            Self::IntervalRequired => "interval_required",
            Self::InstantRequired => "instant_required",
            Self::IntervalTooLong => "interval_too_long",
            Self::ValueMissing => "value_missing",
            Self::ValueOfDeleted => "value_of_deleted",
            Self::ValueOutOfRange => "value_out_of_range",
            Self::NumberTooLarge => "number_too_large",
            Self::OffsetOutOfRange => "offset_out_of_range",
            Self::ParticipantUnknown => "participant_unknown",
            Self::Unreadable => "unreadable",
            Self::TimeDoesNotExist => "time_does_not_exist",
            Self::IdNotAdmitted => "id_not_admitted",
        }
    }
}
