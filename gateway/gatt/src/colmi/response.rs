use super::heart_rate_log::HeartRateLogPacket;
use super::packet::{Packet, REFUSED};
use super::request::{BATTERY, HEART_RATE_LOG, LIVE_HEART_RATE, LIVE_START, LIVE_STOP, SET_TIME, STEP_LOG};
use super::step_log::StepLogPacket;
use crate::battery::BatteryLevel;
use crate::error::GattError;

/// A heart rate measured on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiveHeartRate {
    /// Heart rate, /min; 0 until the sensor has found one.
    Bpm(u8),
    /// It failed, with the ring's code. Never 0. By Gadgetbridge 1 is worn wrongly, 2 passes.
    Failed(std::num::NonZeroU8),
}

/// What the ring answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Response {
    /// The clock was set. The bytes name what the firmware can do; their meaning is only guessed at, so they are kept
    /// as they are.
    TimeSet([u8; 14]),
    /// Battery level.
    Battery {
        /// Level.
        level: BatteryLevel,
        /// Whether it is being charged.
        charging: bool,
    },
    /// One packet of a heart-rate log.
    HeartRateLog(HeartRateLogPacket),
    /// One packet of a step log.
    StepLog(StepLogPacket),
    /// A heart rate measured on request.
    HeartRate(LiveHeartRate),
    /// Measuring has stopped.
    HeartRateStopped,
    /// The ring refuses the command (the highest bit of the command is set).
    Refused {
        /// The command, 0 to 127.
        command: u8,
    },
}

impl Response {
    /// From what was notified.
    ///
    /// # Errors
    /// Those of [`Packet::decode`]; [`GattError::NoMeaning`] for a command or measure that is not covered here; those
    /// of a field that cannot be.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let Packet { command, payload } = Packet::decode(bytes)?;
        let [first, second, third, ..] = payload;
        match command {
            SET_TIME => Ok(Self::TimeSet(payload)),
            BATTERY => Ok(Self::Battery { level: BatteryLevel::new(first)?, charging: second != 0 }),
            HEART_RATE_LOG => Ok(Self::HeartRateLog(HeartRateLogPacket::from_payload(&payload)?)),
            STEP_LOG => Ok(Self::StepLog(StepLogPacket::from_payload(&payload)?)),
            LIVE_START if first == LIVE_HEART_RATE => Ok(Self::HeartRate(
                std::num::NonZeroU8::new(second).map_or(LiveHeartRate::Bpm(third), LiveHeartRate::Failed),
            )),
            LIVE_START => Err(GattError::NoMeaning { field: "measure", value: first }),
            LIVE_STOP => Ok(Self::HeartRateStopped),
            _ if command & REFUSED != 0 => Ok(Self::Refused { command: command & !REFUSED }),
            value => Err(GattError::NoMeaning { field: "command", value }),
        }
    }

    /// To what is notified, for whoever plays the ring.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let packet = match *self {
            Self::TimeSet(payload) => Packet { command: SET_TIME, payload },
            Self::Battery { level, charging } => {
                Packet::with(BATTERY, &[level.percent(), u8::from(charging)])
            }
            Self::HeartRateLog(log) => Packet { command: HEART_RATE_LOG, payload: log.payload() },
            Self::StepLog(log) => Packet { command: STEP_LOG, payload: log.payload() },
            Self::HeartRate(LiveHeartRate::Bpm(bpm)) => Packet::with(LIVE_START, &[LIVE_HEART_RATE, 0, bpm]),
            Self::HeartRate(LiveHeartRate::Failed(code)) => {
                Packet::with(LIVE_START, &[LIVE_HEART_RATE, code.get()])
            }
            Self::HeartRateStopped => Packet::with(LIVE_STOP, &[LIVE_HEART_RATE]),
            Self::Refused { command } => Packet::with(command | REFUSED, &[]),
        };
        packet.encode()
    }
}
