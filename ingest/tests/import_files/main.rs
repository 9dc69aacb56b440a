//! Importers, from files to the set of readings that a store would hold.

mod apple;
mod faults;
mod fit;
mod fit_real;
mod formats;
mod gadgetbridge;
mod google_health;
mod health_connect;
mod local_time;
mod memory;
mod open_mhealth;
mod real;
mod shuffles;
mod variants;

#[path = "../samples/mod.rs"]
mod samples;
