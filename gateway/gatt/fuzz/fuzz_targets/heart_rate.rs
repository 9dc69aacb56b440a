//! Heart rate: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::heart_rate::{BodySensorLocation, HeartRateMeasurement};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = HeartRateMeasurement::decode(bytes) {
        assert_eq!(HeartRateMeasurement::decode(&value.encode()), Ok(value));
    }
    if let Ok(value) = BodySensorLocation::decode(bytes) {
        assert_eq!(BodySensorLocation::decode(&value.encode()), Ok(value));
    }
});
