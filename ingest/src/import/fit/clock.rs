use super::message::{MONITORING, Message};
use crate::import::local_clock::Instant;

/// Garmin's year zero, 1989-12-31T00:00:00Z, in seconds since 1970. [FIT profile, date_time]
const EPOCH_S: i64 = 631_065_600;
/// Least time that is one, s since then; less is counted from when a device was switched on. [FIT profile, date_time]
const LEAST_TIME_S: u32 = 0x1000_0000;

/// The time of most messages. [FIT profile, common fields]
const TIMESTAMP: u8 = 253;
/// The low 16 bits of a time, which go on from the last. [FIT profile, monitoring]
const TIMESTAMP_16: u8 = 26;

// Where messages have the local time that goes with theirs. [FIT profile]
pub(super) const OF_MONITORING_INFO: u8 = 0;
pub(super) const OF_CORRELATION: u8 = 3;
pub(super) const OF_ACTIVITY: u8 = 5;

/// Knows when messages were, as far as the messages before them say.
#[derive(Default)]
pub(super) struct Clock {
    /// The last time, s since Garmin's year zero.
    last_s: Option<u32>,
    offset_minutes: Option<i16>,
}

impl Clock {
    /// When a message was, and where the next ones go on from; none if it does not say, or if the device did not know.
    pub(super) fn time_of(&mut self, message: &Message) -> Option<Instant> {
        let whole = |field| message.whole(field).and_then(|value| u32::try_from(value).ok());
        let seconds = if let Some(full) = whole(TIMESTAMP) {
            full
        } else if let Some(low) = message.time_offset {
            // Five bits: see the FIT protocol's compressed timestamp header.
            forward(self.last_s?, u32::from(low), 0x1f)?
        } else if message.kind == MONITORING {
            forward(self.last_s?, whole(TIMESTAMP_16)?, 0xffff)?
        } else {
            return None;
        };
        self.last_s = Some(seconds);
        let utc_ms = (EPOCH_S + i64::from(seconds)) * 1000;
        (seconds >= LEAST_TIME_S).then_some(Instant { utc_ms, offset_minutes: self.offset_minutes })
    }

    /// Notes the local time that a message has beside its own.
    pub(super) fn note_local_time(&mut self, message: &Message, field: u8) {
        let (local, utc) = (message.whole(field), message.whole(TIMESTAMP));
        if let Some((local, utc)) = local.zip(utc) {
            self.offset_minutes = offset_minutes(local - utc);
        }
    }

    /// Notes how far the device's clock showed local time from UTC: what an activity says at its end only, its device
    /// settings say before. Seen to be the same on a fenix 5 and an Edge 530.
    pub(super) fn note_settings(&mut self, message: &Message) {
        // [FIT profile, device_settings]: which of the offsets, the clock's own distance from UTC, the offsets.
        const ACTIVE: u8 = 0;
        const UTC_OFFSET: u8 = 1;
        const TIME_OFFSET: u8 = 2;
        let active = message.whole(ACTIVE).and_then(|place| usize::try_from(place).ok());
        let offset = active.and_then(|place| message.whole_at(TIME_OFFSET, place));
        if let Some((offset, 0)) = offset.zip(message.whole(UTC_OFFSET)) {
            // The profile calls it unsigned, and west of Greenwich it is written as if it were signed.
            let signed = u32::try_from(offset).map_or(offset, |bits| i64::from(bits.cast_signed()));
            self.offset_minutes = offset_minutes(signed);
        }
    }
}

/// The first time at or after `last` whose bits under `mask` are `low`.
fn forward(last: u32, low: u32, mask: u32) -> Option<u32> {
    last.checked_add(low.wrapping_sub(last) & mask)
}

/// An offset that a zone may have: each since 1972 is at a quarter of an hour.
fn offset_minutes(seconds: i64) -> Option<i16> {
    const QUARTER_S: i64 = 900;
    const MOST_S: i64 = 18 * 3600;
    let is_zone = seconds % QUARTER_S == 0 && seconds.abs() <= MOST_S;
    if is_zone { i16::try_from(seconds / 60).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bits_go_on_from_the_last_time() {
        assert_eq!(forward(0x2f00_fffe, 0xffff, 0xffff), Some(0x2f00_ffff));
        assert_eq!(forward(0x2f00_fffe, 0x0003, 0xffff), Some(0x2f01_0003));
        assert_eq!(forward(0x2f00_fffe, 0xfffe, 0xffff), Some(0x2f00_fffe));
        assert_eq!(forward(0x2f00_003d, 2, 0x1f), Some(0x2f00_0042));
        assert_eq!(forward(u32::MAX - 1, 0, 0xffff), None);
    }

    #[test]
    fn an_offset_is_that_of_a_zone_or_none() {
        assert_eq!([-21_600, 19_800, 0, 20_700].map(offset_minutes), [-360, 330, 0, 345].map(Some));
        assert_eq!([1, -25_199, 68_400].map(offset_minutes), [None; 3]);
    }
}
