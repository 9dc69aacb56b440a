//! The worker: changed days to day rows to week rows.
//!
//! A day row is keyed by the digest of everything it was made from: the day's readings, what is known of the person, and
//! the versions of the code. The same key is never computed again, so the worker can be stopped anywhere and asked any
//! number of times. A dirty mark is cleared only after the rows that it asked for are committed.

mod completeness;
mod counters;
mod day;
mod explain;
mod person;
mod priors;
mod readings;
mod recompute;
mod rows;
mod run;
mod weeks;

pub use completeness::{Heard, HourOfSource, completeness};
pub use day::{CLOCK_ELSEWHERE, ComputedDay, compute_day};
pub use explain::{
    Explained, ExplainedAdrift, ExplainedReading, ExplainedShare, ExplainedSlice, ExplainedSource, explain,
};
pub(crate) use person::default_priority;
pub use person::{Person, PersonSource};
pub use priors::{prior_as_of, prior_of};
pub use readings::{CONTEXT_MS, Readings};
pub use recompute::{Worker, days_as_of};
pub use rows::{DayPayload, MeasureCell, MinutesPayload, TotalCell, cause_word};
pub use run::run;
pub use weeks::{WEEK_KIND, WeekPayload};

/// The kind of the rows that hold a day's minutes, by date.
pub const MINUTES_KIND: &str = "minutes";
