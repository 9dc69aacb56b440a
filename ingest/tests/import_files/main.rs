//! Importers, from files to the set of readings that a store would hold.

mod apple;
mod faults;
mod formats;
mod google_health;
mod local_time;
mod memory;
mod real;
mod shuffles;
