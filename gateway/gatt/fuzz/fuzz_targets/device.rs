//! Battery and device texts: no bytes panic, and what decodes comes back from its own bytes.
#![no_main]

use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::device_information::DeviceText;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = BatteryLevel::decode(bytes) {
        assert_eq!(BatteryLevel::decode(&value.encode()), Ok(value));
    }
    if let Ok(value) = DeviceText::decode(bytes) {
        assert_eq!(DeviceText::decode(&value.encode()), Ok(value));
    }
});
