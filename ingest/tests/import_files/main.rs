//! Importers, from files to the set of readings that a store would hold.

mod apple;
mod faults;
mod fit;
mod fit_real;
mod fit_writer;
mod formats;
mod gadgetbridge;
mod health_connect;
mod local_time;
mod memory;
mod real;
mod shuffles;
