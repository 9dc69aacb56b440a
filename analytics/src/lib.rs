//! Pure signal processing for activity tracking: from what sources reported to minutes, day measures, programmes and
//! adherence.
//!
//! The way of a day: [`HomeZones`] decides its bounds, [`merge_day`] makes its minutes (moved, still, unknown) from
//! every source, [`measure_day`] its measures, [`adherence`] compares days with a [`programme`].
//!
//! Architecture invariants:
//!
//! - Zero is never invented: a minute is still only when a device is known to have been worn, and a measure that
//!   cannot be known is `None`.
//! - No number stands alone: measures carry coverage and quality, adherence carries interval, bounds and completeness.
//! - Parameters are checked once (`Params::check() -> ValidParams`); what is out of range is rejected, never clamped.
//! - The same input gives the same output, whatever the order of readings, observations or people.
//! - Every rule has a name and a version; [`ALGORITHM_VERSION`] changes when any row could change.
//!
//! This crate never reads a clock, a file or the network, never spawns a thread, never draws random numbers, and knows
//! no participant, no wire format and no store.

#![forbid(unsafe_code)]

mod error;

pub mod counters;
mod local_day;
mod sources;

mod merge;
mod minutes;
mod source_minutes;
mod step_grid;
pub mod wear;

pub mod bouts;
pub mod cadence;
pub mod heart;
pub mod inactivity;

mod day;
mod measures;

pub mod completeness;
pub mod grains;

pub mod baseline;
pub mod programme;

pub mod adherence;

pub mod questionnaire;
pub mod waves;
pub mod work;

pub use day::{DAY_MEASURES_VERSION, DayContext, DayMeasure, DayQuality, measure_day};
pub use error::AnalyticsError;
pub use local_day::{HomeZones, LOCAL_DAY_VERSION};
pub use measures::{Measure, REGISTRY, measure};
pub use merge::{
    Adrift, Explanation, MERGE_POLICY, MergePolicy, Slice, SliceSource, explain_day, merge_day, merge_day_by,
};
pub use minutes::{DayFlags, DayMinutes, MAX_DAY_MINUTES, MINUTE_MS, MinuteState};
pub use source_minutes::HEART_RATE_GATE_DECI_BPM;
pub use sources::{Contact, Gap, GapCause, HeartRate, SourceDay, StepInterval, WornInterval};
pub use step_grid::{MAX_STEPS_PER_MINUTE, STEP_GRID_VERSION};

/// Version of everything that turns readings into minutes and day measures: the versions of its parts, in order. Rows
/// are keyed by it: raise a part's version whenever any of its values could change.
///
/// Adherence rows are keyed by [`adherence::ADHERENCE_VERSION`], [`adherence::PRIOR_VERSION`] and
/// [`adherence::PACING_VERSION`] as well.
pub const ALGORITHM_VERSION: &str = "day-measures-v2 counter-delta-v6 local-day-v1 step-grid-v5 priority-fill-v1 \
     grain-check-v1 wear-hr-contact-choi2011steps-v1 cadence-tudor-locke-v1 bout-ggir-getbout-v1 fragmentation-skdh-v1 \
     heart-anomalydetect-rhr-v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_joins_its_parts() {
        let parts = [
            day::DAY_MEASURES_VERSION,
            counters::COUNTER_VERSION,
            LOCAL_DAY_VERSION,
            step_grid::STEP_GRID_VERSION,
            MERGE_POLICY,
            grains::GRAIN_VERSION,
            wear::WEAR_VERSION,
            cadence::CADENCE_VERSION,
            bouts::BOUT_VERSION,
            inactivity::INACTIVITY_VERSION,
            heart::HEART_VERSION,
        ];
        assert_eq!(ALGORITHM_VERSION, parts.join(" "));
    }
}
