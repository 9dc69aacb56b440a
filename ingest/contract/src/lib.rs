//! What crosses a wire between Foulée's programs, and nothing else: ids, units, readings, batches, answers,
//! self-reports, safety events, programme and questionnaire documents, problems.
//!
//! Invariants:
//! - A [`Tuple`] together with its [`Series`] is the identity of a reading. Writing is set union: the same tuple
//!   sent again, split, shuffled or by another path changes nothing.
//! - Values are integers in the metric's unit and decimal exponent; times are integer milliseconds UTC.
//! - No type here can hold a name, a full birth date, an address, an e-mail or a position.
//!
//! It never reads a clock, a file or a network, and never decides what a reading means.
#![forbid(unsafe_code)]

mod answer;
mod batch;
mod column;
mod id;
mod metric;
mod object;
mod problem;
mod programme;
mod questionnaire;
mod reading;
mod report;
mod safety;
mod source;
mod version;

pub use answer::{Answer, RejectCode, Rejection};
pub use batch::{Batch, Grid, Points, SeriesBlock};
pub use column::Column;
pub use id::{IdError, ParticipantId, ReportId};
pub use metric::{GapCause, Grain, How, Metric, ScaleError, Shape};
pub use object::Object;
pub use problem::{FieldError, Problem, ProblemKind};
pub use programme::{
    BaselineDoc, Contingency, IntensityDoc, ProgrammeDoc, Progression, QuotaDoc, QuotaKindDoc, StageDoc,
    TextDoc, WeekdayDoc,
};
pub use questionnaire::{
    BandDoc, BandsDoc, ChoiceDoc, DomainDoc, HigherDoc, ItemDoc, MissingDoc, MissingRuleDoc,
    QuestionnaireDoc, RuleDoc, ScaleDoc, StatusDoc, TwiceDoc, WordingDoc,
};
pub use reading::{Provenance, Reading, Series, Stored, Tuple, Value};
pub use report::{
    DayKind, Edge, Felt, MAX_REPORTS, PainMoment, Report, ReportAnswer, ReportBatch, ReportError,
    ReportQuestion, ReportRejectCode, ReportRejection, ReportsAnswer, ResponseState, SessionActivity,
};
pub use safety::{RedFlag, SafetyEvent, SafetyTier};
pub use source::{Source, SourceError, SourceKind};
pub use version::{Resolved, resolve};

/// Version of this contract; a batch or document that names another one is refused.
pub const CONTRACT_VERSION: u32 = 1;
/// Most readings in one batch.
pub const MAX_READINGS: usize = 100_000;
/// Most series blocks in one batch.
pub const MAX_SERIES: usize = 20_000;
/// Most bytes of one batch on the wire, after content encoding.
pub const MAX_WIRE_BYTES: usize = 8 << 20;
/// Most bytes of one batch once decoded.
pub const MAX_DECODED_BYTES: usize = 32 << 20;
/// Largest zstd window accepted, as a power of two (8 MiB).
pub const MAX_ZSTD_WINDOW_LOG: u32 = 23;
