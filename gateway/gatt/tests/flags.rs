//! Every flag byte, or pair of them, with every length: no panic, taken exactly when the length is the specification's, and canonical
//! bytes come back as they were.

use std::ops::Range;

use foulee_gatt::GattError;
use foulee_gatt::activity::StepSummary;
use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::current_time::{CurrentTime, LocalTimeInformation};
use foulee_gatt::device_information::DeviceText;
use foulee_gatt::fitness_machine::StepClimberData;
use foulee_gatt::heart_rate::{BodySensorLocation, HeartRateMeasurement};
use foulee_gatt::infinitime::{RawMotion, StepCount};
use foulee_gatt::running::RscMeasurement;

const LENGTHS: std::ops::RangeInclusive<usize> = 0..=32;

/// Bytes that differ from one place to the next, with the flags in their place (if there is one).
fn filled(flags: u16, at: Range<usize>, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (1..).map(|place: u8| place.wrapping_mul(37)).take(length).collect();
    for (place, flags) in at.zip(flags.to_le_bytes()) {
        if let Some(byte) = bytes.get_mut(place) {
            *byte = flags;
        }
    }
    bytes
}

fn has(flags: u16, bit: u8) -> bool {
    flags & (1 << bit) != 0
}

/// Walks all flags and lengths, where the flags are one byte or two; `right` says which lengths fit some flags, `canonical`
/// which flags come back.
fn exhaust<T>(
    at: Range<usize>,
    decode: impl Fn(&[u8]) -> Result<T, GattError>,
    encode: impl Fn(&T) -> Vec<u8>,
    right: impl Fn(u16, usize) -> bool,
    canonical: impl Fn(u16, usize) -> bool,
) {
    let mut taken = 0;
    for flags in 0..=u16::MAX >> (16 - 8 * at.len()) {
        for length in LENGTHS {
            let bytes = filled(flags, at.clone(), length);
            let value = decode(&bytes);
            assert_eq!(value.is_ok(), right(flags, length), "flags {flags:#04x}, {length} bytes");
            match value {
                Ok(value) => {
                    taken += 1;
                    let back = encode(&value);
                    if canonical(flags, length) {
                        assert_eq!(back, bytes, "flags {flags:#04x}, {length} bytes");
                    }
                    let again = decode(&back).map(|again| encode(&again));
                    assert_eq!(again, Ok(back), "what was encoded is canonical");
                }
                Err(error) => {
                    let GattError::WrongLength { got, expected, .. } = error else { panic!("{error}") };
                    assert_eq!(got, length);
                    assert_ne!(expected, length);
                }
            }
        }
    }
    assert!(taken >= 256);
}

#[test]
fn heart_rate_measurement() {
    let before_rr = |flags| 2 + usize::from(has(flags, 0)) + 2 * usize::from(has(flags, 3));
    exhaust(
        0..1,
        HeartRateMeasurement::decode,
        HeartRateMeasurement::encode,
        |flags, length| match length.checked_sub(before_rr(flags)) {
            None => false,
            Some(left) if has(flags, 4) => left % 2 == 0,
            Some(left) => left == 0,
        },
        |flags, length| {
            let contact = has(flags, 2) || !has(flags, 1);
            flags < 0x20 && contact && has(flags, 4) == (length > before_rr(flags))
        },
    );
}

#[test]
fn rsc_measurement() {
    exhaust(
        0..1,
        RscMeasurement::decode,
        RscMeasurement::encode,
        |flags, length| length == 4 + 2 * usize::from(has(flags, 0)) + 4 * usize::from(has(flags, 1)),
        |flags, _| flags < 0x08,
    );
}

#[test]
fn step_summary() {
    exhaust(
        1..2,
        StepSummary::decode,
        StepSummary::encode,
        |flags, length| length == 14 + 3 * (flags & 0x1f).count_ones() as usize,
        |flags, _| flags < 0x20,
    );
}

#[test]
fn step_climber_data() {
    // Bytes that each of the bits 1 to 8 announces.
    let fields = [2, 2, 2, 5, 1, 1, 2, 2];
    exhaust(
        0..2,
        StepClimberData::decode,
        StepClimberData::encode,
        |flags, length| {
            let counts = if has(flags, 0) { 0 } else { 4 };
            let announced = (1..).zip(fields).filter(|(bit, _)| has(flags, *bit)).map(|(_, bytes)| bytes);
            length == 2 + counts + announced.sum::<usize>()
        },
        |flags, _| flags < 0x200,
    );
}

#[test]
fn fixed_lengths() {
    for length in LENGTHS {
        let bytes = vec![1; length];
        assert_eq!(StepCount::decode(&bytes).is_ok(), length == 4);
        assert_eq!(RawMotion::decode(&bytes).is_ok(), length == 6);
        assert_eq!(BatteryLevel::decode(&bytes).is_ok(), length == 1);
        assert_eq!(BodySensorLocation::decode(&bytes).is_ok(), length == 1);
        assert_eq!(DeviceText::decode(&bytes).map(|text| text.encode()), Ok(bytes));
        // A year of 0x0707, quarter hours of 4 and one hour of daylight saving.
        let bytes = vec![7; length];
        assert_eq!(CurrentTime::decode(&bytes).is_ok(), length == 10);
        let bytes = vec![4; length];
        assert_eq!(LocalTimeInformation::decode(&bytes).is_ok(), length == 2);
    }
}

#[test]
fn every_byte_of_one_byte_values() {
    for byte in 0..=u8::MAX {
        let level = BatteryLevel::decode(&[byte]);
        assert_eq!(level.is_ok(), byte <= 100);
        assert!(level.is_err() || level.map(|level| level.encode()) == Ok(vec![byte]));
        let location = BodySensorLocation::decode(&[byte]);
        assert_eq!(location.is_ok(), byte <= 6);
        assert!(location.is_err() || location.map(|location| location.encode()) == Ok(vec![byte]));
    }
}

#[test]
fn every_local_time_information() {
    let mut known = 0;
    for zone in 0..=u8::MAX {
        for dst in 0..=u8::MAX {
            let value = LocalTimeInformation::decode(&[zone, dst]);
            let right = matches!(zone as i8, -48..=56 | -128) && matches!(dst, 0 | 2 | 4 | 8 | 255);
            assert_eq!(value.is_ok(), right, "{zone} {dst}");
            let Ok(value) = value else { continue };
            assert_eq!(value.encode(), [zone, dst]);
            if let Some(offset) = value.utc_offset_minutes() {
                assert_eq!(LocalTimeInformation::of_offset(offset, value.dst), Ok(value));
                known += 1;
            }
        }
    }
    assert_eq!(known, 105 * 4);
}
