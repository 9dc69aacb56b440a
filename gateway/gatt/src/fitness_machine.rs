//! Fitness Machine Service (0x1826): machines for training. Of its machines only the step climber counts steps.
//!
//! Source: Fitness Machine Service 1.0, 4.7 (Step Climber Data), compared with Stair Climber Data of the GATT Specification
//! Supplement, which shares its fields.

use crate::bytes::{Reader, when};
use crate::error::GattError;

/// The one flag that is turned round: the counts are there where it is 0.
const MORE_DATA: u16 = 1 << 0;
const RATE_PRESENT: u16 = 1 << 1;
const AVERAGE_RATE_PRESENT: u16 = 1 << 2;
const CLIMBED_PRESENT: u16 = 1 << 3;
const ENERGY_PRESENT: u16 = 1 << 4;
const HEART_RATE_PRESENT: u16 = 1 << 5;
const MET_PRESENT: u16 = 1 << 6;
const ELAPSED_PRESENT: u16 = 1 << 7;
const REMAINING_PRESENT: u16 = 1 << 8;

/// What a step climber has counted since the training session began. Both roll over at 65,536.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Climbed {
    /// Floors.
    pub floors: u16,
    /// Steps.
    pub steps: u16,
}

/// Energy that a machine thinks was spent; the greatest number of each field means that it cannot tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Energy {
    /// Since the training session began, kcal.
    pub total_kcal: u16,
    /// kcal in an hour.
    pub per_hour_kcal: u16,
    /// kcal in a minute.
    pub per_minute_kcal: u8,
}

/// Step Climber Data (2ACF).
///
/// Flags: bit 0 set says that the counts follow in another notification; bits 1 to 8 announce the optional fields in
/// their order here; bits 9 to 15 are reserved and ignored. A record that is longer than the MTU admits comes as several
/// notifications, each of them whole by its own flags; they are not joined here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct StepClimberData {
    /// Floors and steps of the session: counters.
    pub climbed: Option<Climbed>,
    /// Steps per minute, now.
    pub steps_per_min: Option<u16>,
    /// Steps per minute, over the session.
    pub average_steps_per_min: Option<u16>,
    /// Height climbed in the session, m.
    pub climbed_m: Option<u16>,
    /// Energy.
    pub energy: Option<Energy>,
    /// Heart rate, /min; 0 is no reading.
    pub bpm: Option<u8>,
    /// Metabolic equivalent, 0.1.
    pub deci_met: Option<u8>,
    /// Time since the session began, s.
    pub elapsed_s: Option<u16>,
    /// Time until the session ends, s.
    pub remaining_s: Option<u16>,
}

impl StepClimberData {
    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] when the flags announce another length.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("step climber data", bytes);
        let flags = reader.u16()?;
        let has = |flag: u16| flags & flag != 0;
        let value = Self {
            climbed: when(!has(MORE_DATA), || Ok(Climbed { floors: reader.u16()?, steps: reader.u16()? }))?,
            steps_per_min: when(has(RATE_PRESENT), || reader.u16())?,
            average_steps_per_min: when(has(AVERAGE_RATE_PRESENT), || reader.u16())?,
            climbed_m: when(has(CLIMBED_PRESENT), || reader.u16())?,
            energy: when(has(ENERGY_PRESENT), || {
                Ok(Energy {
                    total_kcal: reader.u16()?,
                    per_hour_kcal: reader.u16()?,
                    per_minute_kcal: reader.u8()?,
                })
            })?,
            bpm: when(has(HEART_RATE_PRESENT), || reader.u8())?,
            deci_met: when(has(MET_PRESENT), || reader.u8())?,
            elapsed_s: when(has(ELAPSED_PRESENT), || reader.u16())?,
            remaining_s: when(has(REMAINING_PRESENT), || reader.u16())?,
        };
        reader.finish()?;
        Ok(value)
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let flags = [
            (MORE_DATA, self.climbed.is_none()),
            (RATE_PRESENT, self.steps_per_min.is_some()),
            (AVERAGE_RATE_PRESENT, self.average_steps_per_min.is_some()),
            (CLIMBED_PRESENT, self.climbed_m.is_some()),
            (ENERGY_PRESENT, self.energy.is_some()),
            (HEART_RATE_PRESENT, self.bpm.is_some()),
            (MET_PRESENT, self.deci_met.is_some()),
            (ELAPSED_PRESENT, self.elapsed_s.is_some()),
            (REMAINING_PRESENT, self.remaining_s.is_some()),
        ];
        let flags: u16 = flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).sum();
        let mut bytes = flags.to_le_bytes().to_vec();
        let counts = self.climbed.map(|climbed| [climbed.floors, climbed.steps]);
        let rates = [self.steps_per_min, self.average_steps_per_min, self.climbed_m];
        for field in counts.into_iter().flatten().chain(rates.into_iter().flatten()) {
            bytes.extend(field.to_le_bytes());
        }
        if let Some(Energy { total_kcal, per_hour_kcal, per_minute_kcal }) = self.energy {
            bytes.extend(total_kcal.to_le_bytes());
            bytes.extend(per_hour_kcal.to_le_bytes());
            bytes.push(per_minute_kcal);
        }
        bytes.extend([self.bpm, self.deci_met].into_iter().flatten());
        bytes.extend([self.elapsed_s, self.remaining_s].into_iter().flatten().flat_map(u16::to_le_bytes));
        bytes
    }

    /// Heart rate, unless there is none.
    #[must_use]
    pub fn known_bpm(&self) -> Option<u8> {
        self.bpm.filter(|bpm| *bpm != 0)
    }
}
