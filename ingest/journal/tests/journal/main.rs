//! The journal under power cuts, flipped bits, full and failing disks, and thirty days of readings.
//!
//! `FOULEE_TEST_SCALE`: `ci` is short (5,000 power cuts, one day of readings), `full` is long (100,000 power cuts), else in
//! between (20,000; thirty days). `FOULEE_TEST_SEED` repeats a run.

mod chance;
mod crash;
mod disk;
mod faults;
mod flips;
mod kept;
mod keys;
mod month;
mod oracle;
mod retained;
mod sim;
mod swallow;
