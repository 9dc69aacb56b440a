use super::packet::{Packet, from_bcd, to_bcd};
use crate::civil::DateTime;
use crate::error::{GattError, check_range};

pub(super) const SET_TIME: u8 = 0x01;
pub(super) const BATTERY: u8 = 0x03;
pub(super) const HEART_RATE_LOG: u8 = 0x15;
pub(super) const STEP_LOG: u8 = 0x43;
pub(super) const LIVE_START: u8 = 0x69;
pub(super) const LIVE_STOP: u8 = 0x6a;
/// Heart rate among what the ring can measure live.
pub(super) const LIVE_HEART_RATE: u8 = 1;
const ACTION_START: u8 = 1;
const ACTION_CONTINUE: u8 = 3;
/// What follows the day in a request for steps. The client calls them constant; they look like the first and last
/// quarter hour wanted, 0 to 95, within markers.
const STEP_LOG_REST: [u8; 4] = [0x0f, 0x00, 0x5f, 0x01];

/// The language that setting the time also sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English: what the client always sets.
    English,
}

/// A time that the ring's clock can be set to: years 2000 to 2099.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RingTime(DateTime);

impl RingTime {
    /// From what the clock should show.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] or [`GattError::NotKnown`] naming the field that cannot be.
    pub fn new(at: DateTime) -> Result<Self, GattError> {
        at.check()?;
        check_range("year", at.year.into(), 2000, 2099)?;
        Ok(Self(at))
    }

    /// What a clock `utc_offset_minutes` ahead of UTC shows at `unix_ms` (ms since 1970 UTC), to the second below.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] for a year outside 2000 to 2099.
    pub fn from_unix_ms(unix_ms: i64, utc_offset_minutes: i16) -> Result<Self, GattError> {
        Self::new(DateTime::from_wall_s(unix_ms.div_euclid(1000) + i64::from(utc_offset_minutes) * 60)?)
    }

    /// What the clock shows.
    #[must_use]
    pub fn at(self) -> DateTime {
        self.0
    }
}

/// What a client asks of the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    /// Set the clock. Answered by [`Response::TimeSet`](super::Response::TimeSet).
    SetTime {
        /// The time.
        time: RingTime,
        /// The language.
        language: Language,
    },
    /// Battery level.
    Battery,
    /// The heart-rate log of a day.
    HeartRateLog {
        /// Midnight of that day on the ring's clock, s since that clock showed the start of 1970.
        day_start_s: u32,
    },
    /// The steps of a day.
    StepLog {
        /// Days before today, by the ring's clock.
        days_ago: u8,
    },
    /// Measure heart rate now and notify it, about once a second. 0x69 with action 1; action 0 (of an older client) is
    /// read as the same.
    StartHeartRate,
    /// Go on measuring.
    ContinueHeartRate,
    /// Stop measuring.
    StopHeartRate,
}

impl Request {
    /// From what was written, for whoever plays the ring. Bytes that the client calls constant are not looked at.
    ///
    /// # Errors
    /// Those of [`Packet::decode`]; [`GattError::NoMeaning`] for a command, measure, action or language that is not
    /// covered here; [`GattError::NotDecimal`], [`GattError::OutOfRange`] or [`GattError::NotKnown`] for a time that
    /// cannot be.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let Packet { command, payload } = Packet::decode(bytes)?;
        let [first, second, third, fourth, ..] = payload;
        match command {
            SET_TIME => decode_set_time(&payload),
            BATTERY => Ok(Self::Battery),
            HEART_RATE_LOG => {
                Ok(Self::HeartRateLog { day_start_s: u32::from_le_bytes([first, second, third, fourth]) })
            }
            STEP_LOG => Ok(Self::StepLog { days_ago: first }),
            LIVE_START | LIVE_STOP if first != LIVE_HEART_RATE => {
                Err(GattError::NoMeaning { field: "measure", value: first })
            }
            LIVE_START => match second {
                0 | ACTION_START => Ok(Self::StartHeartRate),
                ACTION_CONTINUE => Ok(Self::ContinueHeartRate),
                value => Err(GattError::NoMeaning { field: "action", value }),
            },
            LIVE_STOP => Ok(Self::StopHeartRate),
            value => Err(GattError::NoMeaning { field: "command", value }),
        }
    }

    /// To what is written.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let packet = match *self {
            Self::SetTime { time: RingTime(at), language } => {
                let year = (at.year % 100) as u8;
                let mut payload = [year, at.month, at.day, at.hour, at.minute, at.second, 0].map(to_bcd);
                payload[6] = u8::from(language == Language::English);
                Packet::with(SET_TIME, &payload)
            }
            Self::Battery => Packet::with(BATTERY, &[]),
            Self::HeartRateLog { day_start_s } => Packet::with(HEART_RATE_LOG, &day_start_s.to_le_bytes()),
            Self::StepLog { days_ago } => {
                let [a, b, c, d] = STEP_LOG_REST;
                Packet::with(STEP_LOG, &[days_ago, a, b, c, d])
            }
            Self::StartHeartRate => Packet::with(LIVE_START, &[LIVE_HEART_RATE, ACTION_START]),
            Self::ContinueHeartRate => Packet::with(LIVE_START, &[LIVE_HEART_RATE, ACTION_CONTINUE]),
            Self::StopHeartRate => Packet::with(LIVE_STOP, &[LIVE_HEART_RATE]),
        };
        packet.encode()
    }
}

fn decode_set_time(payload: &[u8; 14]) -> Result<Request, GattError> {
    let [year, month, day, hour, minute, second, language, ..] = *payload;
    let time = RingTime::new(DateTime {
        year: 2000 + u16::from(from_bcd("year", year)?),
        month: from_bcd("month", month)?,
        day: from_bcd("day", day)?,
        hour: from_bcd("hour", hour)?,
        minute: from_bcd("minute", minute)?,
        second: from_bcd("second", second)?,
    })?;
    let language = match language {
        0 => Language::Chinese,
        1 => Language::English,
        value => return Err(GattError::NoMeaning { field: "language", value }),
    };
    Ok(Request::SetTime { time, language })
}
