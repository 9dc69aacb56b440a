//! Open mHealth's data points: no bytes panic, and what is said of them is true.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| foulee_ingest_fuzz::any_file("open_mhealth", bytes));
