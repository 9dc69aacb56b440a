//! `decode(encode(x)) == x` for every type, and no bytes at all make `decode` panic.

use foulee_gatt::activity::{StepSummary, U24};
use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::civil::DateTime;
use foulee_gatt::current_time::{AdjustReason, CurrentTime, DstOffset, LocalTimeInformation};
use foulee_gatt::device_information::DeviceText;
use foulee_gatt::fitness_machine::{Climbed, Energy, StepClimberData};
use foulee_gatt::heart_rate::{BodySensorLocation, Contact, HeartRateMeasurement};
use foulee_gatt::infinitime::{RawMotion, StepCount};
use foulee_gatt::running::RscMeasurement;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Any bytes either do not decode, or decode to a value whose bytes decode to the same value.
macro_rules! settles {
    ($bytes:expr, $($type:ty),+ $(,)?) => {$(
        if let Ok(value) = <$type>::decode($bytes) {
            prop_assert_eq!(<$type>::decode(&value.encode()), Ok(value));
        }
    )+};
}

fn u24() -> impl Strategy<Value = Option<U24>> {
    option::of((0..=U24::MAX).prop_map(|value| U24::new(value).expect("24 bits")))
}

fn date_time() -> impl Strategy<Value = DateTime> {
    // 1582-01-01 to 9999-12-31.
    (-12_243_916_800_i64..253_402_300_800).prop_map(|wall_s| DateTime::from_wall_s(wall_s).expect("in range"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn heart_rate(
        bpm: u16,
        wide: bool,
        contact in prop::sample::select(vec![Contact::NotSupported, Contact::NotDetected, Contact::Detected]),
        energy_kj in option::of(any::<u16>()),
        rr_1024 in vec(any::<u16>(), 0..10),
    ) {
        let value = HeartRateMeasurement { bpm, wide: wide || bpm > 255, contact, energy_kj, rr_1024 };
        prop_assert_eq!(HeartRateMeasurement::decode(&value.encode()), Ok(value));
        let plain = HeartRateMeasurement::of_bpm(bpm);
        prop_assert_eq!(HeartRateMeasurement::decode(&plain.encode()), Ok(plain));
    }

    #[test]
    fn rr_is_rounded_half_away_from_zero(rr: u16) {
        let value = HeartRateMeasurement { rr_1024: vec![rr], ..HeartRateMeasurement::of_bpm(60) };
        let exact = f64::from(rr) * 10_000.0 / 1024.0;
        prop_assert_eq!(value.rr_deci_ms().collect::<Vec<_>>(), vec![exact.round() as u32]);
    }

    #[test]
    fn running(
        speed_256: u16,
        cadence_per_min: u8,
        stride_cm in option::of(any::<u16>()),
        distance_dm in option::of(any::<u32>()),
        running: bool,
    ) {
        let value = RscMeasurement { speed_256, cadence_per_min, stride_cm, distance_dm, running };
        prop_assert_eq!(RscMeasurement::decode(&value.encode()), Ok(value));
    }

    #[test]
    fn activity(
        (header, session, subsession, relative_s, sequence) in any::<(u8, u16, u16, u32, u32)>(),
        (walking_steps, intense_steps, floor_steps, distance_m, worn_s) in (u24(), u24(), u24(), u24(), u24()),
    ) {
        let value = StepSummary {
            header, session, subsession, relative_s, sequence,
            walking_steps, intense_steps, floor_steps, distance_m, worn_s,
        };
        prop_assert_eq!(StepSummary::decode(&value.encode()), Ok(value));
    }

    #[test]
    fn step_climber(
        counts in option::of(any::<(u16, u16)>()),
        [steps_per_min, average_steps_per_min, climbed_m, elapsed_s, remaining_s] in any::<[Option<u16>; 5]>(),
        energy in option::of(any::<(u16, u16, u8)>()),
        [bpm, deci_met] in any::<[Option<u8>; 2]>(),
    ) {
        let climbed = counts.map(|(floors, steps)| Climbed { floors, steps });
        let energy = energy.map(|(total_kcal, per_hour_kcal, per_minute_kcal)| Energy {
            total_kcal, per_hour_kcal, per_minute_kcal,
        });
        let value = StepClimberData {
            climbed, steps_per_min, average_steps_per_min, climbed_m, energy, bpm, deci_met, elapsed_s, remaining_s,
        };
        prop_assert_eq!(StepClimberData::decode(&value.encode()), Ok(value));
    }

    #[test]
    fn small_ones(
        percent in 0..=100_u8, location in 0..=6_u8, text: String, steps: u32, (x, y, z) in any::<(i16, i16, i16)>(),
    ) {
        let level = BatteryLevel::new(percent).expect("a level");
        prop_assert_eq!(BatteryLevel::decode(&level.encode()), Ok(level));
        let location = BodySensorLocation::decode(&[location]).expect("a location");
        prop_assert_eq!(BodySensorLocation::decode(&location.encode()), Ok(location));
        let text = DeviceText::new(&text);
        prop_assert_eq!(DeviceText::decode(&text.encode()), Ok(text));
        let count = StepCount { steps };
        prop_assert_eq!(StepCount::decode(&count.encode()), Ok(count));
        let motion = RawMotion { x, y, z };
        prop_assert_eq!(RawMotion::decode(&motion.encode()), Ok(motion));
    }

    #[test]
    fn current_time(
        at in date_time(),
        day_of_week in 0..=7_u8,
        fraction_256: u8,
        [manual, external_reference, time_zone, daylight_saving] in any::<[bool; 4]>(),
        offset in -960..=960_i16,
    ) {
        let reason = AdjustReason { manual, external_reference, time_zone, daylight_saving };
        let value = CurrentTime { at, day_of_week, fraction_256, reason };
        prop_assert_eq!(CurrentTime::decode(&value.encode()), Ok(value));
        let with_day = CurrentTime { day_of_week: at.day_of_week(), ..value };
        let unix_ms = with_day.to_unix_ms(offset);
        prop_assert_eq!(CurrentTime::from_unix_ms(unix_ms, offset, reason), Ok(with_day));
    }

    #[test]
    fn instants_lose_less_than_a_256th(unix_ms in -12_000_000_000_000_i64..253_000_000_000_000, offset in -960..=960_i16) {
        let value = CurrentTime::from_unix_ms(unix_ms, offset, AdjustReason::default()).expect("in range");
        let lost = unix_ms - value.to_unix_ms(offset);
        prop_assert!((0..4).contains(&lost), "{} ms", lost);
    }

    #[test]
    fn local_offsets(
        quarters in -48..=56_i16,
        dst in prop::sample::select(vec![DstOffset::Standard, DstOffset::HalfHour, DstOffset::Hour, DstOffset::TwoHours]),
        beyond in 1..15_i16,
    ) {
        let minutes = quarters * 15 + dst.minutes().expect("known");
        let value = LocalTimeInformation::of_offset(minutes, dst).expect("a zone");
        prop_assert_eq!(value.utc_offset_minutes(), Some(minutes));
        prop_assert_eq!(LocalTimeInformation::decode(&value.encode()), Ok(value));
        prop_assert!(LocalTimeInformation::of_offset(minutes + beyond, dst).is_err());
        prop_assert!(LocalTimeInformation::of_offset(i16::MAX, dst).is_err());
    }

    #[test]
    fn any_bytes_settle(bytes in vec(any::<u8>(), 0..40)) {
        settles!(
            &bytes, HeartRateMeasurement, BodySensorLocation, RscMeasurement, StepSummary, StepClimberData,
            BatteryLevel, DeviceText, CurrentTime, LocalTimeInformation, StepCount, RawMotion,
        );
    }

    #[test]
    fn any_ten_bytes_settle_as_a_time(bytes: [u8; 10]) {
        settles!(&bytes, CurrentTime);
        // A year that a calendar holds, so that more of them pass.
        let mut bytes = bytes;
        bytes[..2].copy_from_slice(&2024_u16.to_le_bytes());
        settles!(&bytes, CurrentTime);
    }
}
