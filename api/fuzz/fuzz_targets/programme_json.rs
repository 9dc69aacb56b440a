//! Programme documents in JSON: no text panics, and what is taken can be followed.
#![no_main]

use foulee_api::programme::DocFormat;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| foulee_api_fuzz::any_programme(bytes, DocFormat::Json));
