//! What every engine must do, as one suite. An engine's test calls [`run`] with a way to open a store in a folder.
//!
//! Cases panic with what differed; they compare whole sets, digests and day digests, never counts alone.

mod arrival;
mod cases;
mod erasure;
mod fixture;

use std::path::Path;
use std::sync::Arc;

use crate::{BoxFuture, Store};

/// Opens the engine's store in a folder; the same folder again must give the same store back.
pub type Open<'a> = &'a (dyn Fn(&Path) -> BoxFuture<'static, Arc<dyn Store>> + Sync);

/// The engine under test.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// Opens it.
    pub open: Open<'a>,
    /// Whether readings outlive the store object.
    pub durable: bool,
}

impl std::fmt::Debug for Engine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("durable", &self.durable).finish_non_exhaustive()
    }
}

/// Runs every case, each in a folder of its own below `folder`.
///
/// # Panics
/// When the engine breaks a promise.
pub async fn run(engine: Engine<'_>, folder: &Path) {
    let at = |name: &str| {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("the test folder can be made");
        folder
    };
    arrival::order_splits_and_repeats_change_nothing(engine, &at("arrival")).await;
    arrival::single_readings_and_blocks_meet(engine, &at("single")).await;
    cases::a_repeat_is_known(engine, &at("repeat")).await;
    cases::corrections_and_tombstones_in_any_order(engine, &at("corrections")).await;
    cases::growing_records_keep_their_latest(engine, &at("growing")).await;
    cases::several_readings_at_one_instant(engine, &at("instant")).await;
    cases::intervals_across_midnight(engine, &at("midnight")).await;
    cases::a_series_in_parts_is_the_whole(engine, &at("parts")).await;
    cases::two_sources_at_one_time(engine, &at("sources")).await;
    cases::what_was_known_then(engine, &at("as-of")).await;
    cases::the_greatest_provenance_is_kept(engine, &at("provenance")).await;
    cases::dirty_days_are_never_forgotten(engine, &at("dirty")).await;
    cases::a_cohort_scan_sees_each_series_once(engine, &at("cohort")).await;
    cases::a_time_out_of_range_keeps_nothing(engine, &at("range")).await;
    erasure::nothing_of_the_erased_stays(engine, &at("erasure")).await;
    if engine.durable {
        arrival::reopening_changes_nothing(engine, &at("reopen")).await;
    }
}
