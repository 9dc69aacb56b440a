use crate::bytes::Reader;
use crate::error::GattError;

/// Bytes of every packet, in both directions.
pub const PACKET_BYTES: usize = 16;
/// Set in the command of an answer that refuses.
pub(super) const REFUSED: u8 = 0x80;

/// A packet whose checksum fits: a command and 14 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Packet {
    /// What it is about.
    pub command: u8,
    /// What it says; bytes without a meaning are 0.
    pub payload: [u8; 14],
}

impl Packet {
    /// A command with the first bytes of its payload; the others are 0. At most 14 are taken.
    pub(super) fn with(command: u8, start: &[u8]) -> Self {
        let mut payload = [0; 14];
        payload.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
        Self { command, payload }
    }

    /// From what was written or notified.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is 16 bytes, [`GattError::Checksum`] when the last is not the sum of the
    /// others.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("Colmi packet", bytes);
        let packet = Self { command: reader.u8()?, payload: reader.array()? };
        let found = reader.u8()?;
        reader.finish()?;
        let computed = packet.checksum();
        if found == computed { Ok(packet) } else { Err(GattError::Checksum { computed, found }) }
    }

    /// To what is written or notified.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![self.command];
        bytes.extend(self.payload);
        bytes.push(self.checksum());
        bytes
    }

    fn checksum(&self) -> u8 {
        self.payload.iter().fold(self.command, |sum, byte| sum.wrapping_add(*byte))
    }
}

/// A number below 100 as two decimal digits of four bits each.
pub(super) fn to_bcd(number: u8) -> u8 {
    number / 10 % 10 * 16 + number % 10
}

/// The number that two decimal digits of four bits each write.
pub(super) fn from_bcd(field: &'static str, value: u8) -> Result<u8, GattError> {
    let (tens, ones) = (value >> 4, value & 15);
    if tens < 10 && ones < 10 { Ok(tens * 10 + ones) } else { Err(GattError::NotDecimal { field, value }) }
}
