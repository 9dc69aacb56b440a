//! Battery Service (0x180F). Source: GATT Specification Supplement (GSS), 2A19.

use crate::bytes::Reader;
use crate::error::{GattError, check_range};

/// Battery Level (2A19), 0 to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatteryLevel(u8);

impl BatteryLevel {
    /// From a level in %.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] above 100, which the specification reserves.
    pub fn new(percent: u8) -> Result<Self, GattError> {
        check_range("battery level", percent.into(), 0, 100)?;
        Ok(Self(percent))
    }

    /// The level, %.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.0
    }

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is one byte, [`GattError::OutOfRange`] above 100.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("battery level", bytes);
        let percent = reader.u8()?;
        reader.finish()?;
        Self::new(percent)
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        vec![self.0]
    }
}
