//! Running Speed and Cadence Service (0x1814): foot pods.
//!
//! Source: GATT Specification Supplement (GSS), 2A53. There is no step count: steps come of cadence over time.

use crate::bytes::{Reader, when};
use crate::error::GattError;

const STRIDE_PRESENT: u8 = 1 << 0;
const DISTANCE_PRESENT: u8 = 1 << 1;
const RUNNING: u8 = 1 << 2;

/// RSC Measurement (2A53).
///
/// Flags: bit 0 stride length, bit 1 distance, bit 2 running; bits 3 to 7 are reserved and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RscMeasurement {
    /// Speed, 1/256 m/s.
    pub speed_256: u16,
    /// Cadence, /min. The GSS does not say of what; collectors take it for steps of both feet.
    pub cadence_per_min: u8,
    /// Length of a stride, cm.
    pub stride_cm: Option<u16>,
    /// Distance since the sensor's own start, 0.1 m: a counter.
    pub distance_dm: Option<u32>,
    /// Whether the sensor takes it for running rather than walking. A sensor that cannot tell says walking.
    pub running: bool,
}

impl RscMeasurement {
    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] when the flags announce another length.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("RSC measurement", bytes);
        let flags = reader.u8()?;
        let value = Self {
            speed_256: reader.u16()?,
            cadence_per_min: reader.u8()?,
            stride_cm: when(flags & STRIDE_PRESENT != 0, || reader.u16())?,
            distance_dm: when(flags & DISTANCE_PRESENT != 0, || reader.u32())?,
            running: flags & RUNNING != 0,
        };
        reader.finish()?;
        Ok(value)
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut flags = 0;
        flags |= if self.stride_cm.is_some() { STRIDE_PRESENT } else { 0 };
        flags |= if self.distance_dm.is_some() { DISTANCE_PRESENT } else { 0 };
        flags |= if self.running { RUNNING } else { 0 };
        let mut bytes = vec![flags];
        bytes.extend(self.speed_256.to_le_bytes());
        bytes.push(self.cadence_per_min);
        bytes.extend(self.stride_cm.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(self.distance_dm.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }
}
