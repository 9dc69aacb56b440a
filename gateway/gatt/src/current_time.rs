//! Current Time Service (0x1805): the clock of a device. InfiniTime takes writes, so that a gateway can set it.
//!
//! Sources: GATT Specification Supplement (GSS), 2A2B, 2A0C, 2A08, 2A0F, 2A0E, 2A0D; Current Time Service 1.1.

use crate::bytes::Reader;
use crate::civil::DateTime;
use crate::error::{GattError, check_range};

/// Why a clock was last changed. Bits 4 to 7 are reserved and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AdjustReason {
    /// By hand.
    pub manual: bool,
    /// By an outer reference.
    pub external_reference: bool,
    /// The time zone changed.
    pub time_zone: bool,
    /// Daylight saving time began or ended.
    pub daylight_saving: bool,
}

impl AdjustReason {
    fn from_bits(bits: u8) -> Self {
        let bit = |at: u8| bits & (1 << at) != 0;
        Self { manual: bit(0), external_reference: bit(1), time_zone: bit(2), daylight_saving: bit(3) }
    }

    fn bits(self) -> u8 {
        let bits = [self.manual, self.external_reference, self.time_zone, self.daylight_saving];
        (0..).zip(bits).map(|(at, bit)| u8::from(bit) << at).sum()
    }
}

/// Current Time (2A2B): what the device's clock shows, in its own local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CurrentTime {
    /// Date and time of day. A device that does not know its date is refused: it cannot be turned into an instant.
    pub at: DateTime,
    /// Day of the week, 1 (Monday) to 7 (Sunday), 0 not known. As the device says it, not checked against the date.
    pub day_of_week: u8,
    /// Fraction of the second, 1/256 s.
    pub fraction_256: u8,
    /// Why it was last changed.
    pub reason: AdjustReason,
}

impl CurrentTime {
    /// What a clock `utc_offset_minutes` ahead of UTC shows at `unix_ms` (ms since 1970 UTC). The fraction is rounded
    /// down to 1/256 s.
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] for a year outside 1582 to 9999.
    pub fn from_unix_ms(
        unix_ms: i64,
        utc_offset_minutes: i16,
        reason: AdjustReason,
    ) -> Result<Self, GattError> {
        let wall_s = unix_ms.div_euclid(1000) + i64::from(utc_offset_minutes) * 60;
        let at = DateTime::from_wall_s(wall_s)?;
        let fraction_256 = (unix_ms.rem_euclid(1000) * 256 / 1000) as u8;
        Ok(Self { at, day_of_week: at.day_of_week(), fraction_256, reason })
    }

    /// The instant, ms since 1970 UTC, of a clock `utc_offset_minutes` ahead of UTC. The fraction is rounded up to
    /// 1 ms, so that [`CurrentTime::from_unix_ms`] gives it back.
    #[must_use]
    pub fn to_unix_ms(&self, utc_offset_minutes: i16) -> i64 {
        let unix_s = self.at.wall_s() - i64::from(utc_offset_minutes) * 60;
        unix_s * 1000 + (i64::from(self.fraction_256) * 1000 + 255) / 256
    }

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is 10 bytes, [`GattError::NotKnown`] for year, month or day 0,
    /// [`GattError::OutOfRange`] naming the first field that cannot be.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("current time", bytes);
        let year = reader.u16()?;
        let [month, day, hour, minute, second, day_of_week, fraction_256, reason] = reader.array()?;
        reader.finish()?;
        let at = DateTime { year, month, day, hour, minute, second };
        at.check()?;
        check_range("day of week", day_of_week.into(), 0, 7)?;
        Ok(Self { at, day_of_week, fraction_256, reason: AdjustReason::from_bits(reason) })
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let DateTime { year, month, day, hour, minute, second } = self.at;
        let mut bytes = year.to_le_bytes().to_vec();
        bytes.extend([month, day, hour, minute, second, self.day_of_week, self.fraction_256]);
        bytes.push(self.reason.bits());
        bytes
    }
}

/// What daylight saving time adds to standard time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DstOffset {
    /// Nothing: standard time.
    Standard,
    /// Half an hour.
    HalfHour,
    /// One hour.
    Hour,
    /// Two hours.
    TwoHours,
    /// The device does not know.
    NotKnown,
}

impl DstOffset {
    const NUMBERS: [(Self, u8); 5] = [
        (Self::Standard, 0),
        (Self::HalfHour, 2),
        (Self::Hour, 4),
        (Self::TwoHours, 8),
        (Self::NotKnown, 255),
    ];

    /// Minutes added, if known.
    #[must_use]
    pub fn minutes(self) -> Option<i16> {
        match self {
            Self::Standard => Some(0),
            Self::HalfHour => Some(30),
            Self::Hour => Some(60),
            Self::TwoHours => Some(120),
            Self::NotKnown => None,
        }
    }
}

/// Local Time Information (2A0F): how far a device's local time is from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalTimeInformation {
    /// Standard time ahead of UTC, quarter hours, -48 to 56; `None` when the device does not know.
    pub zone_quarters: Option<i8>,
    /// What daylight saving time adds.
    pub dst: DstOffset,
}

impl LocalTimeInformation {
    const ZONE_NOT_KNOWN: i8 = -128;

    /// From minutes that local time is ahead of UTC, of which `dst` adds its part.
    ///
    /// # Errors
    /// [`GattError::NotKnown`] without a known `dst`; [`GattError::OutOfRange`] when what remains is no whole number of
    /// quarter hours (its remainder is named) or not within -12 to 14 hours.
    pub fn of_offset(utc_offset_minutes: i16, dst: DstOffset) -> Result<Self, GattError> {
        let added = dst.minutes().ok_or(GattError::NotKnown { field: "DST offset" })?;
        let standard = i32::from(utc_offset_minutes) - i32::from(added);
        check_range("minutes beyond a quarter hour", (standard % 15).into(), 0, 0)?;
        check_range("time zone", (standard / 15).into(), -48, 56)?;
        Ok(Self { zone_quarters: Some((standard / 15) as i8), dst })
    }

    /// Minutes that local time is ahead of UTC, if both parts are known.
    #[must_use]
    pub fn utc_offset_minutes(&self) -> Option<i16> {
        Some(i16::from(self.zone_quarters?) * 15 + self.dst.minutes()?)
    }

    /// From the value of the characteristic.
    ///
    /// # Errors
    /// [`GattError::WrongLength`] unless it is 2 bytes, [`GattError::OutOfRange`] for a time zone and
    /// [`GattError::NoMeaning`] for a DST offset that the specification reserves.
    pub fn decode(bytes: &[u8]) -> Result<Self, GattError> {
        let mut reader = Reader::new("local time information", bytes);
        let [zone, dst] = reader.array()?;
        reader.finish()?;
        let zone = i8::from_le_bytes([zone]);
        let zone_quarters = (zone != Self::ZONE_NOT_KNOWN).then_some(zone);
        check_range("time zone", zone_quarters.unwrap_or(0).into(), -48, 56)?;
        let known = DstOffset::NUMBERS.iter().find(|(_, number)| *number == dst);
        let (dst, _) = *known.ok_or(GattError::NoMeaning { field: "DST offset", value: dst })?;
        Ok(Self { zone_quarters, dst })
    }

    /// To the value of the characteristic.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let [zone] = self.zone_quarters.unwrap_or(Self::ZONE_NOT_KNOWN).to_le_bytes();
        let number =
            DstOffset::NUMBERS.iter().find(|(dst, _)| *dst == self.dst).map_or(255, |(_, number)| *number);
        vec![zone, number]
    }
}
