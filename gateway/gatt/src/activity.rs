//! Physical Activity Monitor Service (0x183E): steps of a session. No product is known to have it; the simulator does.
//!
//! Sources: `StepCounterActivitySummaryFlags` of bluetooth-sig 0.6.0 (PyPI) for the flags and the first 14 bytes; two
//! published samples for the 24-bit fields and their order (Cypress firmware `pamScasd.c`, Philips
//! `HBPhysicalActivityMonitorScasd.java`). Metre and second are those of Activity Goal (GSS), of the same service.

use crate::bytes::{Reader, when};
use crate::error::{GattError, check_range};

/// An unsigned number of 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct U24(u32);

impl U24 {
    /// The greatest.
    pub const MAX: u32 = 0xff_ffff;

    /// From a number that fits.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] above [`U24::MAX`].
    pub fn new(value: u32) -> Result<Self, GattError> {
        check_range("24-bit number", value.into(), 0, Self::MAX.into())?;
        Ok(Self(value))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// Step Counter Activity Summary Data (2B40).
///
/// Flags: bits 0 to 4 announce the optional fields in their order here; bits 5 to 7 are reserved and ignored. A record
/// is 14 to 29 bytes and is sent in pieces below an MTU of 32; what the header's bits say of pieces is unverified, so
/// the header is kept as it is and pieces are not joined here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepSummary {
    /// Segmentation header. The Cypress sample puts 0x80 + pieces that follow in the first piece.
    pub header: u8,
    /// Session.
    pub session: u16,
    /// Part of the session.
    pub subsession: u16,
    /// Seconds since the session's start.
    pub relative_s: u32,
    /// Number of the record.
    pub sequence: u32,
    /// Steps at a normal walk.
    pub walking_steps: Option<U24>,
    /// Steps at intensity.
    pub intense_steps: Option<U24>,
    /// Steps up and down floors.
    pub floor_steps: Option<U24>,
    /// Distance, m.
    pub distance_m: Option<U24>,
    /// Time worn, s.
    pub worn_s: Option<U24>,
}

impl StepSummary {
    /// Header of a record in one piece: the first, and none follows.
    pub const WHOLE: u8 = 0x80;

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] when the flags announce another length, as a piece of a record does.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("step summary", bytes);
        let header = reader.u8()?;
        let flags = reader.u8()?;
        let (session, subsession) = (reader.u16()?, reader.u16()?);
        let (relative_s, sequence) = (reader.u32()?, reader.u32()?);
        let mut field = |bit: u8| when(flags & (1 << bit) != 0, || reader.u24().map(U24));
        let value = Self {
            header,
            session,
            subsession,
            relative_s,
            sequence,
            walking_steps: field(0)?,
            intense_steps: field(1)?,
            floor_steps: field(2)?,
            distance_m: field(3)?,
            worn_s: field(4)?,
        };
        reader.finish()?;
        Ok(value)
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let fields = [self.walking_steps, self.intense_steps, self.floor_steps, self.distance_m, self.worn_s];
        let flags = (0..).zip(fields).map(|(bit, field)| u8::from(field.is_some()) << bit).sum();
        let mut bytes = vec![self.header, flags];
        bytes.extend(self.session.to_le_bytes());
        bytes.extend(self.subsession.to_le_bytes());
        bytes.extend(self.relative_s.to_le_bytes());
        bytes.extend(self.sequence.to_le_bytes());
        for field in fields.into_iter().flatten() {
            bytes.extend(&field.0.to_le_bytes()[..3]);
        }
        bytes
    }
}
