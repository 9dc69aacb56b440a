//! Step climbers: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::fitness_machine::StepClimberData;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = StepClimberData::decode(bytes) {
        assert_eq!(StepClimberData::decode(&value.encode()), Ok(value));
    }
});
