//! Importers, from files to the set of readings that a store would hold.

mod apple;
mod faults;
mod formats;
mod google_health;
mod local_time;
mod memory;
mod open_mhealth;
mod real;
mod shuffles;
