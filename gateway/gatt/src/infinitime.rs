//! InfiniTime's motion service, on the PineTime watch.
//!
//! Source: InfiniTime, doc/MotionService.md. Its heart rate is the standard
//! [`HeartRateMeasurement`](crate::heart_rate::HeartRateMeasurement), notified only when it changes; 0 is no reading.

use crate::bytes::Reader;
use crate::error::GattError;

/// Steps of the day. A counter: it starts again at midnight (and notifies 0) and may be lost at a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepCount {
    /// Steps since the watch's own midnight.
    pub steps: u32,
}

impl StepCount {
    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is 4 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("InfiniTime steps", bytes);
        let steps = reader.u32()?;
        reader.finish()?;
        Ok(Self { steps })
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.steps.to_le_bytes().to_vec()
    }
}

/// Acceleration in three axes, [`RawMotion::PER_G`] to 1 g. Sampled at about 10 Hz, notified when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RawMotion {
    /// Along x, 1/1024 g.
    pub x: i16,
    /// Along y, 1/1024 g.
    pub y: i16,
    /// Along z, 1/1024 g.
    pub z: i16,
}

impl RawMotion {
    /// What 1 g reads, on the PineTime.
    pub const PER_G: i16 = 1024;

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is 6 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("InfiniTime motion", bytes);
        let value = Self { x: reader.i16()?, y: reader.i16()?, z: reader.i16()? };
        reader.finish()?;
        Ok(value)
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.x, self.y, self.z].into_iter().flat_map(i16::to_le_bytes).collect()
    }
}
