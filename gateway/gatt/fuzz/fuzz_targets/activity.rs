//! Steps of a session: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::activity::StepSummary;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = StepSummary::decode(bytes) {
        assert_eq!(StepSummary::decode(&value.encode()), Ok(value));
    }
});
