//! Clocks: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::current_time::{CurrentTime, LocalTimeInformation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = CurrentTime::decode(bytes) {
        assert_eq!(CurrentTime::decode(&value.encode()), Ok(value));
    }
    if let Ok(value) = LocalTimeInformation::decode(bytes) {
        assert_eq!(LocalTimeInformation::decode(&value.encode()), Ok(value));
    }
});
