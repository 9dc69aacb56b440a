//! Bytes written out by hand from the specifications, with what they mean.

use foulee_gatt::GattError;
use foulee_gatt::activity::{StepSummary, U24};
use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::civil::DateTime;
use foulee_gatt::current_time::{AdjustReason, CurrentTime, DstOffset, LocalTimeInformation};
use foulee_gatt::device_information::DeviceText;
use foulee_gatt::fitness_machine::{Climbed, Energy, StepClimberData};
use foulee_gatt::heart_rate::{BodySensorLocation, Contact, HeartRateMeasurement};
use foulee_gatt::infinitime::{RawMotion, StepCount};
use foulee_gatt::running::RscMeasurement;

/// The bytes mean the value, and the value is written so.
macro_rules! same {
    ($type:ty, $bytes:expr, $value:expr) => {
        let value: $type = $value;
        assert_eq!(<$type>::decode(&$bytes), Ok(value.clone()));
        assert_eq!(value.encode(), $bytes);
    };
}

#[test]
fn heart_rate() {
    // InfiniTime (HeartRateService.cpp): no flags, one byte.
    same!(HeartRateMeasurement, [0x00, 72], HeartRateMeasurement::of_bpm(72));
    same!(HeartRateMeasurement, [0x01, 0x2c, 0x01], HeartRateMeasurement::of_bpm(300));
    // A chest strap in contact with two beats: 1024/1024 s and 512/1024 s.
    let strap = HeartRateMeasurement {
        bpm: 60,
        wide: false,
        contact: Contact::Detected,
        energy_kj: None,
        rr_1024: vec![1024, 512],
    };
    same!(HeartRateMeasurement, [0x16, 60, 0x00, 0x04, 0x00, 0x02], strap.clone());
    assert_eq!(strap.rr_deci_ms().collect::<Vec<_>>(), [10_000, 5_000]);
    // Everything: 16 bits, supported but no contact, 500 kJ, one beat of 853/1024 s.
    let all = HeartRateMeasurement {
        bpm: 70,
        wide: true,
        contact: Contact::NotDetected,
        energy_kj: Some(500),
        rr_1024: vec![853],
    };
    same!(HeartRateMeasurement, [0x1d, 70, 0, 0xf4, 0x01, 0x55, 0x03], all.clone());
    assert_eq!(all.rr_deci_ms().collect::<Vec<_>>(), [8330]);
    // 16/1024 s is 156.25 and 48/1024 s 468.75 tenths of ms; 32/1024 s lies half-way.
    let halves = HeartRateMeasurement { rr_1024: vec![16, 32, 48, u16::MAX], ..all };
    assert_eq!(halves.rr_deci_ms().collect::<Vec<_>>(), [156, 313, 469, 639_990]);
}

#[test]
fn heart_rate_that_is_not_canonical() {
    let plain = HeartRateMeasurement::of_bpm(72);
    // Contact detected without being supported, reserved bits, and the flag of RR intervals without any.
    for flags in [0x02, 0x20, 0xe0, 0x10] {
        assert_eq!(HeartRateMeasurement::decode(&[flags, 72]), Ok(plain.clone()));
    }
    assert_eq!(HeartRateMeasurement::of_bpm(0).known_bpm(), None);
    assert_eq!(plain.known_bpm(), Some(72));
    let wide = HeartRateMeasurement { bpm: 256, wide: false, ..plain };
    assert_eq!(wide.encode(), [0x01, 0x00, 0x01]);
    let error = GattError::WrongLength { what: "heart rate measurement", expected: 4, got: 3 };
    assert_eq!(HeartRateMeasurement::decode(&[0x10, 72, 1]), Err(error));
    assert_eq!(error.to_string(), "heart rate measurement: 3 bytes where 4 were expected");
}

#[test]
fn where_the_sensor_sits() {
    same!(BodySensorLocation, [1], BodySensorLocation::Chest);
    same!(BodySensorLocation, [2], BodySensorLocation::Wrist);
    same!(BodySensorLocation, [6], BodySensorLocation::Foot);
    let error = GattError::NoMeaning { field: "body sensor location", value: 7 };
    assert_eq!(BodySensorLocation::decode(&[7]), Err(error));
}

#[test]
fn running() {
    let pod = RscMeasurement {
        speed_256: 640, // 2.5 m/s
        cadence_per_min: 170,
        stride_cm: Some(88),
        distance_dm: Some(12_345),
        running: true,
    };
    same!(RscMeasurement, [0x07, 0x80, 0x02, 170, 88, 0, 0x39, 0x30, 0, 0], pod);
    let plain = RscMeasurement { stride_cm: None, distance_dm: None, running: false, ..pod };
    same!(RscMeasurement, [0x00, 0x80, 0x02, 170], plain);
}

#[test]
fn step_climber() {
    // Half a minute: 3 floors, 48 steps, 96 a minute, 9 m, 4 kcal, 118 beats a minute, 6.5 MET.
    let all = StepClimberData {
        climbed: Some(Climbed { floors: 3, steps: 48 }),
        steps_per_min: Some(96),
        average_steps_per_min: Some(94),
        climbed_m: Some(9),
        energy: Some(Energy { total_kcal: 4, per_hour_kcal: 480, per_minute_kcal: 8 }),
        bpm: Some(118),
        deci_met: Some(65),
        elapsed_s: Some(30),
        remaining_s: Some(570),
    };
    let bytes = [
        0xfe, 0x01, 3, 0, 48, 0, 96, 0, 94, 0, 9, 0, // flags, counts, rates, height
        4, 0, 0xe0, 0x01, 8, 118, 65, 30, 0, 0x3a, 0x02,
    ];
    same!(StepClimberData, bytes, all);
    // Flags of 0 announce the counts; the flag that says "more data" leaves them out.
    let counts =
        StepClimberData { climbed: Some(Climbed { floors: 3, steps: 0x1234 }), ..Default::default() };
    same!(StepClimberData, [0, 0, 3, 0, 0x34, 0x12], counts);
    same!(StepClimberData, [0x21, 0, 0], StepClimberData { bpm: Some(0), ..Default::default() });
    same!(StepClimberData, [1, 0], StepClimberData::default());
    assert_eq!(StepClimberData { bpm: Some(0), ..counts }.known_bpm(), None);
}

#[test]
fn steps_of_a_session() {
    let steps = |count| Some(U24::new(count).unwrap());
    let summary = StepSummary {
        header: StepSummary::WHOLE,
        session: 7,
        subsession: 1,
        relative_s: 3600,
        sequence: 5,
        walking_steps: steps(0x01_0203),
        intense_steps: None,
        floor_steps: None,
        distance_m: steps(1500),
        worn_s: None,
    };
    let bytes = [
        0x80, 0x09, 7, 0, 1, 0, 0x10, 0x0e, 0, 0, 5, 0, 0, 0, // always there
        0x03, 0x02, 0x01, 0xdc, 0x05, 0x00,
    ];
    same!(StepSummary, bytes, summary);
    assert!(U24::new(U24::MAX + 1).is_err());
}

#[test]
fn battery_and_texts() {
    same!(BatteryLevel, [87], BatteryLevel::new(87).unwrap());
    let error = GattError::OutOfRange { field: "battery level", value: 101, min: 0, max: 100 };
    assert_eq!(BatteryLevel::decode(&[101]), Err(error));
    same!(DeviceText, *b"InfiniTime", DeviceText::new("InfiniTime"));
    assert_eq!(DeviceText::decode(b" H10 \0\0").unwrap().as_str(), "H10");
    assert_eq!(DeviceText::decode(b"caf\xe9").unwrap().as_str(), "caf\u{fffd}");
    assert_eq!(DeviceText::decode(b"").unwrap().as_str(), "");
}

#[test]
fn current_time() {
    let at = DateTime { year: 2024, month: 8, day: 10, hour: 14, minute: 30, second: 15 };
    let reason = AdjustReason { external_reference: true, daylight_saving: true, ..AdjustReason::default() };
    let time = CurrentTime { at, day_of_week: 6, fraction_256: 128, reason };
    let bytes = [0xe8, 0x07, 8, 10, 14, 30, 15, 6, 128, 0x0a];
    same!(CurrentTime, bytes, time);
    // Half past two in Paris is half past twelve UTC.
    assert_eq!(time.to_unix_ms(120), 1_723_293_015_500);
    assert_eq!(CurrentTime::from_unix_ms(1_723_293_015_500, 120, reason), Ok(time));
    // Before 1970, and west of Greenwich.
    let before = CurrentTime::from_unix_ms(-1, -300, AdjustReason::default()).unwrap();
    assert_eq!(before.at, DateTime { year: 1969, month: 12, day: 31, hour: 18, minute: 59, second: 59 });
    assert_eq!((before.day_of_week, before.fraction_256), (3, 255));
    // Reserved bits of the reason are ignored.
    let mut reserved = bytes;
    reserved[9] |= 0xf0;
    assert_eq!(CurrentTime::decode(&reserved), Ok(time));
    for unix_ms in [i64::MIN, i64::MAX] {
        assert!(CurrentTime::from_unix_ms(unix_ms, 0, reason).is_err());
    }
}

#[test]
fn a_time_that_cannot_be_names_its_field() {
    let good = [0xe8, 0x07, 8, 10, 14, 30, 15, 6, 128, 0];
    let with = |at: usize, byte: u8| {
        let mut bytes = good;
        bytes[at] = byte;
        CurrentTime::decode(&bytes)
    };
    let out = |field, value, min, max| Err(GattError::OutOfRange { field, value, min, max });
    assert_eq!(with(2, 0), Err(GattError::NotKnown { field: "month" }));
    assert_eq!(with(3, 0), Err(GattError::NotKnown { field: "day" }));
    assert_eq!(with(1, 0), out("year", 0xe8, 1582, 9999));
    assert_eq!(with(2, 13), out("month", 13, 1, 12));
    assert_eq!(with(3, 32), out("day", 32, 1, 31));
    assert_eq!(with(4, 24), out("hour", 24, 0, 23));
    assert_eq!(with(5, 60), out("minute", 60, 0, 59));
    assert_eq!(with(6, 60), out("second", 60, 0, 59));
    assert_eq!(with(7, 8), out("day of week", 8, 0, 7));
    assert_eq!(with(7, 0).unwrap().day_of_week, 0);
    let not_known = [0, 0, 8, 10, 14, 30, 15, 6, 128, 0];
    assert_eq!(CurrentTime::decode(&not_known), Err(GattError::NotKnown { field: "year" }));
}

#[test]
fn local_time() {
    // Paris in summer: one hour ahead, and one of daylight saving.
    let paris = LocalTimeInformation { zone_quarters: Some(4), dst: DstOffset::Hour };
    same!(LocalTimeInformation, [4, 4], paris);
    assert_eq!(LocalTimeInformation::of_offset(120, DstOffset::Hour), Ok(paris));
    assert_eq!(paris.utc_offset_minutes(), Some(120));
    // Nepal, Newfoundland.
    same!(LocalTimeInformation, [23, 0], LocalTimeInformation::of_offset(345, DstOffset::Standard).unwrap());
    same!(
        LocalTimeInformation,
        [0xf2, 0],
        LocalTimeInformation::of_offset(-210, DstOffset::Standard).unwrap()
    );
    let unknown = LocalTimeInformation { zone_quarters: None, dst: DstOffset::NotKnown };
    same!(LocalTimeInformation, [0x80, 0xff], unknown);
    assert_eq!(unknown.utc_offset_minutes(), None);
    let error = GattError::OutOfRange { field: "time zone", value: 57, min: -48, max: 56 };
    assert_eq!(LocalTimeInformation::decode(&[57, 0]), Err(error));
}

#[test]
fn infinitime() {
    same!(StepCount, [0x10, 0x27, 0, 0], StepCount { steps: 10_000 });
    same!(RawMotion, [0x00, 0x04, 0x00, 0xfc, 0, 0], RawMotion { x: RawMotion::PER_G, y: -1024, z: 0 });
}
