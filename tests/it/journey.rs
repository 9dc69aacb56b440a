//! A reading's journey through the real program: files in, rows out, days measured, people erased.
//!
//! Every test works on the real `foulee` binary over a folder of its own and prints its figures. Recordings are read from
//! `FOULEE_TEST_DATA` (`../shared/data` when unset); without them a test says that it is left out, or fails where
//! `FOULEE_TEST_REQUIRE_DATA=1`. `FOULEE_TEST_SCALE=full` cuts and shuffles more often. `FOULEE_BLESS=1` writes the
//! frozen table anew.

#[path = "support/chance.rs"]
mod chance;
#[path = "support/data.rs"]
mod data;
#[path = "support/foulee.rs"]
mod foulee;
#[path = "support/people.rs"]
mod people;
#[path = "support/served.rs"]
mod served;

#[path = "journey/as_of.rs"]
mod as_of;
#[path = "journey/beside.rs"]
mod beside;
#[path = "journey/clock_changes.rs"]
mod clock_changes;
#[path = "journey/completeness.rs"]
mod completeness;
#[path = "journey/days_of_recordings.rs"]
mod days_of_recordings;
#[path = "journey/demo.rs"]
mod demo;
#[path = "journey/differences.rs"]
mod differences;
#[path = "journey/engines.rs"]
mod engines;
#[path = "journey/erasure.rs"]
mod erasure;
#[path = "journey/figures.rs"]
mod figures;
#[path = "journey/fitabase.rs"]
mod fitabase;
#[path = "journey/homes.rs"]
mod homes;
#[path = "journey/looks.rs"]
mod looks;
#[path = "journey/phone.rs"]
mod phone;
#[path = "journey/pieces.rs"]
mod pieces;
#[path = "journey/programmes.rs"]
mod programmes;
#[path = "journey/said.rs"]
mod said;
#[path = "journey/scrubbing.rs"]
mod scrubbing;
#[path = "journey/studies.rs"]
mod studies;
