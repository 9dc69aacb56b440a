//! Heart Rate Service (0x180D): chest straps, watches that broadcast, InfiniTime.
//!
//! Sources: Heart Rate Service 1.0 (2011-07-12) and GATT Specification Supplement (GSS), 2A37 and 2A38.

use crate::bytes::{Reader, when};
use crate::error::GattError;

const WIDE: u8 = 1 << 0;
const CONTACT_DETECTED: u8 = 1 << 1;
const CONTACT_SUPPORTED: u8 = 1 << 2;
const ENERGY_PRESENT: u8 = 1 << 3;
const RR_PRESENT: u8 = 1 << 4;

/// What a sensor says of its contact with the skin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contact {
    /// It cannot tell. Not the same as no contact.
    NotSupported,
    /// It can tell, and there is none.
    NotDetected,
    /// There is contact.
    Detected,
}

/// Heart Rate Measurement (2A37).
///
/// Flags: bit 0 the rate has 16 bits, bit 1 contact detected (only with bit 2), bit 2 contact supported, bit 3 energy,
/// bit 4 RR intervals; bits 5 to 7 are reserved and ignored. RR intervals fill what is left. The flag without any
/// interval is taken as none, so that the rate is not lost; encode leaves the flag off then.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeartRateMeasurement {
    /// Heart rate, /min. InfiniTime sends 0 for "no reading": see [`HeartRateMeasurement::known_bpm`].
    pub bpm: u16,
    /// Whether the rate travels in 16 bits. Above 255 it does, whatever this says.
    pub wide: bool,
    /// Contact with the skin.
    pub contact: Contact,
    /// Energy expended since it was reset, in kJ; stays at 65535 when reached. HRS 1.0, 3.1.1.3 says kilojoule, as does
    /// BlueZ (doc/heartrate-api.txt); the unit "joule" in the GSS contradicts both and is not followed.
    pub energy_kj: Option<u16>,
    /// Times between beats, 1/1024 s, oldest first.
    pub rr_1024: Vec<u16>,
}

impl HeartRateMeasurement {
    const WHAT: &'static str = "heart rate measurement";

    /// A rate in /min and nothing else, in its shortest form: what InfiniTime notifies.
    #[must_use]
    pub fn of_bpm(bpm: u16) -> Self {
        let wide = bpm > u8::MAX.into();
        Self { bpm, wide, contact: Contact::NotSupported, energy_kj: None, rr_1024: Vec::new() }
    }

    /// Heart rate, /min, if it is one: 0 is how a device says that it has none.
    #[must_use]
    pub fn known_bpm(&self) -> Option<u16> {
        (self.bpm > 0).then_some(self.bpm)
    }

    /// Times between beats in 0.1 ms, oldest first, rounded half away from zero.
    pub fn rr_deci_ms(&self) -> impl Iterator<Item = u32> + '_ {
        self.rr_1024.iter().map(|&rr| (u32::from(rr) * 10_000 + 512) / 1024)
    }

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] when the flags announce another length.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new(Self::WHAT, bytes);
        let flags = reader.u8()?;
        let wide = flags & WIDE != 0;
        let bpm = if wide { reader.u16()? } else { reader.u8()?.into() };
        let energy_kj = when(flags & ENERGY_PRESENT != 0, || reader.u16())?;
        let mut rr_1024 = Vec::new();
        while flags & RR_PRESENT != 0 && !reader.is_empty() {
            rr_1024.push(reader.u16()?);
        }
        reader.finish()?;
        let contact = match (flags & CONTACT_SUPPORTED != 0, flags & CONTACT_DETECTED != 0) {
            (false, _) => Contact::NotSupported,
            (true, false) => Contact::NotDetected,
            (true, true) => Contact::Detected,
        };
        Ok(Self { bpm, wide, contact, energy_kj, rr_1024 })
    }

    /// To the value of the characteristic. Of 20 bytes (the smallest MTU) at most 9 intervals fit; the caller minds.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let narrow = u8::try_from(self.bpm).ok().filter(|_| !self.wide);
        let mut flags = match self.contact {
            Contact::NotSupported => 0,
            Contact::NotDetected => CONTACT_SUPPORTED,
            Contact::Detected => CONTACT_SUPPORTED | CONTACT_DETECTED,
        };
        flags |= if narrow.is_none() { WIDE } else { 0 };
        flags |= if self.energy_kj.is_some() { ENERGY_PRESENT } else { 0 };
        flags |= if self.rr_1024.is_empty() { 0 } else { RR_PRESENT };
        let mut bytes = vec![flags];
        match narrow {
            Some(bpm) => bytes.push(bpm),
            None => bytes.extend(self.bpm.to_le_bytes()),
        }
        bytes.extend(self.energy_kj.iter().chain(&self.rr_1024).flat_map(|value| value.to_le_bytes()));
        bytes
    }
}

/// Body Sensor Location (2A38).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodySensorLocation {
    /// Somewhere else.
    Other,
    /// Chest.
    Chest,
    /// Wrist.
    Wrist,
    /// Finger.
    Finger,
    /// Hand.
    Hand,
    /// Ear lobe.
    EarLobe,
    /// Foot.
    Foot,
}

impl BodySensorLocation {
    /// In the order of their numbers.
    const ALL: [Self; 7] =
        [Self::Other, Self::Chest, Self::Wrist, Self::Finger, Self::Hand, Self::EarLobe, Self::Foot];

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is one byte, [`GattError::NoMeaning`] for a reserved number.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("body sensor location", bytes);
        let value = reader.u8()?;
        reader.finish()?;
        let known = Self::ALL.get(usize::from(value)).copied();
        known.ok_or(GattError::NoMeaning { field: "body sensor location", value })
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        vec![*self as u8]
    }
}
