//! Tables of answers: no bytes panic, and every row that is kept is one that its questionnaire admits.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| foulee_api_fuzz::any_table(bytes));
