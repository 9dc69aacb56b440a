//! Device Information Service (0x180A): maker, model, serial number, firmware, hardware.
//!
//! Source: Device Information Service 1.1: UTF-8 texts. Some devices end or fill them with NUL or spaces.

use crate::error::GattError;

/// A text of the Device Information Service, without NUL and spaces at its ends.
///
/// A serial number names one device, and so its wearer: it is hashed before it is kept, and never logged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceText(String);

impl DeviceText {
    /// From a text, trimmed.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim_matches(['\0', ' ']).to_owned())
    }

    /// The text, possibly empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From the value of the characteristic. Bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// None today: any bytes are a text. The signature is that of every value.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        Ok(Self::new(&String::from_utf8_lossy(bytes)))
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }
}
