//! Questionnaires in TOML: no bytes panic, and what is accepted can be scored.
#![no_main]

use foulee_api::programme::DocFormat;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| foulee_api_fuzz::any_questionnaire(bytes, DocFormat::Toml));
