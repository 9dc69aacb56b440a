//! InfiniTime: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::infinitime::{RawMotion, StepCount};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = StepCount::decode(bytes) {
        assert_eq!(StepCount::decode(&value.encode()), Ok(value));
    }
    if let Ok(value) = RawMotion::decode(bytes) {
        assert_eq!(RawMotion::decode(&value.encode()), Ok(value));
    }
});
