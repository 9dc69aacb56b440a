//! Running speed and cadence: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::running::RscMeasurement;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = RscMeasurement::decode(bytes) {
        assert_eq!(RscMeasurement::decode(&value.encode()), Ok(value));
    }
});
