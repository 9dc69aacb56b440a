//! Services and characteristics by their UUID.
//!
//! 16-bit numbers are from the Bluetooth SIG's Assigned Numbers, the others from the source named beside them.

use uuid::Uuid;

/// The UUID of a 16-bit number that the Bluetooth SIG assigned (Core Specification, Vol 3, Part B, 2.5.1).
#[must_use]
pub const fn assigned(number: u16) -> Uuid {
    Uuid::from_u128(((number as u128) << 96) | 0x0000_0000_0000_1000_8000_0080_5f9b_34fb)
}

/// Heart Rate Service. The only service besides firmware update that InfiniTime advertises.
pub const HEART_RATE_SERVICE: Uuid = assigned(0x180d);
/// Heart Rate Measurement: [`HeartRateMeasurement`](crate::heart_rate::HeartRateMeasurement).
pub const HEART_RATE_MEASUREMENT: Uuid = assigned(0x2a37);
/// Body Sensor Location: [`BodySensorLocation`](crate::heart_rate::BodySensorLocation).
pub const BODY_SENSOR_LOCATION: Uuid = assigned(0x2a38);

/// Running Speed and Cadence Service.
pub const RUNNING_SERVICE: Uuid = assigned(0x1814);
/// RSC Measurement: [`RscMeasurement`](crate::running::RscMeasurement).
pub const RSC_MEASUREMENT: Uuid = assigned(0x2a53);

/// Physical Activity Monitor Service.
pub const ACTIVITY_SERVICE: Uuid = assigned(0x183e);
/// Step Counter Activity Summary Data: [`StepSummary`](crate::activity::StepSummary).
pub const STEP_SUMMARY: Uuid = assigned(0x2b40);

/// Fitness Machine Service. Treadmills, bikes and others have it too.
pub const FITNESS_MACHINE_SERVICE: Uuid = assigned(0x1826);
/// Step Climber Data: [`StepClimberData`](crate::fitness_machine::StepClimberData).
pub const STEP_CLIMBER_DATA: Uuid = assigned(0x2acf);

/// Battery Service.
pub const BATTERY_SERVICE: Uuid = assigned(0x180f);
/// Battery Level: [`BatteryLevel`](crate::battery::BatteryLevel).
pub const BATTERY_LEVEL: Uuid = assigned(0x2a19);

/// Device Information Service; its texts are [`DeviceText`](crate::device_information::DeviceText)s.
pub const DEVICE_INFORMATION_SERVICE: Uuid = assigned(0x180a);
/// Manufacturer Name String.
pub const MANUFACTURER_NAME: Uuid = assigned(0x2a29);
/// Model Number String.
pub const MODEL_NUMBER: Uuid = assigned(0x2a24);
/// Serial Number String. It names one device, and so its wearer: hash it before it is kept.
pub const SERIAL_NUMBER: Uuid = assigned(0x2a25);
/// Firmware Revision String.
pub const FIRMWARE_REVISION: Uuid = assigned(0x2a26);
/// Hardware Revision String.
pub const HARDWARE_REVISION: Uuid = assigned(0x2a27);

/// Current Time Service. InfiniTime takes writes to it.
pub const CURRENT_TIME_SERVICE: Uuid = assigned(0x1805);
/// Current Time: [`CurrentTime`](crate::current_time::CurrentTime).
pub const CURRENT_TIME: Uuid = assigned(0x2a2b);
/// Local Time Information: [`LocalTimeInformation`](crate::current_time::LocalTimeInformation).
pub const LOCAL_TIME_INFORMATION: Uuid = assigned(0x2a0f);

/// InfiniTime's motion service (InfiniTime, doc/MotionService.md). It is not advertised: scan for
/// [`HEART_RATE_SERVICE`].
pub const INFINITIME_MOTION_SERVICE: Uuid = Uuid::from_u128(0x00030000_78fc_48fe_8e23_433b3a1942d0);
/// Steps of the day: [`StepCount`](crate::infinitime::StepCount).
pub const INFINITIME_STEPS: Uuid = Uuid::from_u128(0x00030001_78fc_48fe_8e23_433b3a1942d0);
/// Acceleration: [`RawMotion`](crate::infinitime::RawMotion).
pub const INFINITIME_RAW_MOTION: Uuid = Uuid::from_u128(0x00030002_78fc_48fe_8e23_433b3a1942d0);

/// The Colmi ring's service (colmi_r02_client 0.1.0, `client.py`).
pub const COLMI_SERVICE: Uuid = Uuid::from_u128(0x6e40fff0_b5a3_f393_e0a9_e50e24dcca9e);
/// Where [`Request`](crate::colmi::Request)s are written, without response (same source, there "RX").
pub const COLMI_WRITE: Uuid = Uuid::from_u128(0x6e400002_b5a3_f393_e0a9_e50e24dcca9e);
/// Where [`Response`](crate::colmi::Response)s are notified (same source, there "TX").
pub const COLMI_NOTIFY: Uuid = Uuid::from_u128(0x6e400003_b5a3_f393_e0a9_e50e24dcca9e);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_out() {
        assert_eq!(HEART_RATE_SERVICE.to_string(), "0000180d-0000-1000-8000-00805f9b34fb");
        assert_eq!(LOCAL_TIME_INFORMATION.to_string(), "00002a0f-0000-1000-8000-00805f9b34fb");
        assert_eq!(INFINITIME_RAW_MOTION.to_string(), "00030002-78fc-48fe-8e23-433b3a1942d0");
        assert_eq!(COLMI_SERVICE.to_string(), "6e40fff0-b5a3-f393-e0a9-e50e24dcca9e");
    }
}
