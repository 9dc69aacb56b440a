use super::Assembly;
use super::packet::{from_bcd, to_bcd};
use crate::civil::{self, DateTime};
use crate::error::{GattError, check_range};

const EMPTY: u8 = 0xff;
const HEADER: u8 = 0xf0;
/// Quarter hours of a day.
const SLOTS: u8 = 96;

/// What was counted within a quarter hour. Rings that count by the hour give its first quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepSlot {
    /// Year, 2000 to 2099.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Quarter hour of the day, 0 to 95, by the ring's clock.
    pub quarter: u8,
    /// Energy in the log's unit: see [`StepLog::energy_cal`].
    pub energy: u16,
    /// Steps.
    pub steps: u16,
    /// Distance, m.
    pub distance_m: u16,
}

impl StepSlot {
    /// Checks that the ring could say it.
    ///
    /// # Errors
    /// [`GattError::NotKnown`] or [`GattError::OutOfRange`] naming the field.
    pub fn check(&self) -> Result<(), GattError> {
        civil::check_date(self.year, self.month, self.day)?;
        check_range("year", self.year.into(), 2000, 2099)?;
        check_range("quarter hour", self.quarter.into(), 0, i64::from(SLOTS) - 1)
    }

    /// Start of the quarter hour, s since the ring's clock showed the start of 1970.
    #[must_use]
    pub fn start_s(&self) -> i64 {
        let Self { year, month, day, quarter, .. } = *self;
        let midnight = DateTime { year, month, day, hour: 0, minute: 0, second: 0 };
        midnight.wall_s() + i64::from(quarter) * 900
    }
}

/// One packet of a step log: the command's answer comes as a header and slots, or as [`StepLogPacket::Empty`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepLogPacket {
    /// There are no steps of that day.
    Empty,
    /// What is to come.
    Header {
        /// Slots that follow.
        slots: u8,
        /// Whether energy is in tens ("new calorie protocol").
        energy_in_tens: bool,
    },
    /// A slot.
    Slot {
        /// Its number in the log, from 0.
        index: u8,
        /// Slots of the log.
        slots: u8,
        /// What was counted.
        slot: StepSlot,
    },
}

impl StepLogPacket {
    pub(super) fn from_payload(payload: &[u8; 14]) -> Result<Self, GattError> {
        match *payload {
            [EMPTY, ..] => Ok(Self::Empty),
            [HEADER, slots, tens, ..] => Ok(Self::Header { slots, energy_in_tens: tens == 1 }),
            [year, month, day, quarter, index, slots, e0, e1, s0, s1, d0, d1, _, _] => {
                let slot = StepSlot {
                    year: 2000 + u16::from(from_bcd("year", year)?),
                    month: from_bcd("month", month)?,
                    day: from_bcd("day", day)?,
                    quarter,
                    energy: u16::from_le_bytes([e0, e1]),
                    steps: u16::from_le_bytes([s0, s1]),
                    distance_m: u16::from_le_bytes([d0, d1]),
                };
                slot.check()?;
                check_range("slots", slots.into(), i64::from(index) + 1, 255)?;
                Ok(Self::Slot { index, slots, slot })
            }
        }
    }

    pub(super) fn payload(self) -> [u8; 14] {
        let mut payload = [0; 14];
        match self {
            Self::Empty => payload[0] = EMPTY,
            Self::Header { slots, energy_in_tens } => {
                payload[..3].copy_from_slice(&[HEADER, slots, u8::from(energy_in_tens)]);
            }
            Self::Slot { index, slots, slot } => {
                let date = [(slot.year % 100) as u8, slot.month, slot.day].map(to_bcd);
                payload[..3].copy_from_slice(&date);
                payload[3..6].copy_from_slice(&[slot.quarter, index, slots]);
                let numbers = [slot.energy, slot.steps, slot.distance_m];
                let bytes = numbers.into_iter().flat_map(u16::to_le_bytes);
                payload[6..12].iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            }
        }
        payload
    }
}

/// The quarter hours of a day in which the ring counted anything. Those that are not there are not known to be 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StepLog {
    energy_in_tens: bool,
    slots: Vec<StepSlot>,
}

impl StepLog {
    /// From its slots.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] for none or more than 255 slots; that of [`StepSlot::check`].
    pub fn new(energy_in_tens: bool, slots: Vec<StepSlot>) -> Result<Self, GattError> {
        check_range("slots", slots.len() as i64, 1, 255)?;
        slots.iter().try_for_each(StepSlot::check)?;
        Ok(Self { energy_in_tens, slots })
    }

    /// The slots, in the ring's order.
    #[must_use]
    pub fn slots(&self) -> &[StepSlot] {
        &self.slots
    }

    /// Energy of one of its slots. The client names no unit; small calories fit the recordings (53 cal a step).
    #[must_use]
    pub fn energy_cal(&self, slot: &StepSlot) -> u32 {
        u32::from(slot.energy) * if self.energy_in_tens { 10 } else { 1 }
    }

    /// The packets that carry it.
    #[must_use]
    pub fn packets(&self) -> Vec<StepLogPacket> {
        let count = self.slots.len() as u8;
        let header = StepLogPacket::Header { slots: count, energy_in_tens: self.energy_in_tens };
        let slots = (0..).zip(&self.slots);
        let slots = slots.map(|(index, &slot)| StepLogPacket::Slot { index, slots: count, slot });
        std::iter::once(header).chain(slots).collect()
    }
}

/// Joins the packets of a step log, in their order.
///
/// A header starts a log anew, whatever came before. After an error the log is forgotten: ask for it again.
#[derive(Debug, Clone, Default)]
pub struct StepLogAssembler {
    log: Option<StepLog>,
}

impl StepLogAssembler {
    /// Without any packet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next packet. The log's length is the one that its slots say; a header that announces none is an empty
    /// log.
    ///
    /// # Errors
    /// [`GattError::LogNotStarted`] without a header, [`GattError::LogOutOfOrder`] for a slot out of its turn.
    pub fn push(&mut self, packet: &StepLogPacket) -> Result<Assembly<StepLog>, GattError> {
        let (index, slots, slot) = match *packet {
            StepLogPacket::Empty | StepLogPacket::Header { slots: 0, .. } => {
                self.log = None;
                return Ok(Assembly::Empty);
            }
            StepLogPacket::Header { energy_in_tens, .. } => {
                self.log = Some(StepLog { energy_in_tens, slots: Vec::new() });
                return Ok(Assembly::Unfinished);
            }
            StepLogPacket::Slot { index, slots, slot } => (index, slots, slot),
        };
        let mut log = self.log.take().ok_or(GattError::LogNotStarted { index })?;
        if usize::from(index) != log.slots.len() {
            // At most 254 slots are held: the one numbered 254 is always the last.
            return Err(GattError::LogOutOfOrder { expected: log.slots.len() as u8, got: index });
        }
        log.slots.push(slot);
        if index < slots.saturating_sub(1) {
            self.log = Some(log);
            return Ok(Assembly::Unfinished);
        }
        Ok(Assembly::Finished(log))
    }
}
