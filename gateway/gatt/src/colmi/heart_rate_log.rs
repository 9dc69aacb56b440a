use super::Assembly;
use crate::error::{GattError, check_range};

const EMPTY: u8 = 0xff;
/// Heart rates in the packet that also carries the time.
const IN_FIRST: usize = 9;
/// Heart rates in each packet after it.
const IN_NEXT: usize = 13;
const DAY_MINUTES: usize = 1440;

/// One packet of a heart-rate log: the command's answer comes as a header, then packets 1, 2, … or as
/// [`HeartRateLogPacket::Empty`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeartRateLogPacket {
    /// There is no log of that day.
    Empty,
    /// What is to come.
    Header {
        /// Packets of the log, this one included; 24 in every recording known.
        packets: u8,
        /// Minutes from one heart rate to the next; 5 in every recording known.
        interval_minutes: u8,
    },
    /// Packet 1.
    First {
        /// Start of the log, s since the ring's clock showed the start of 1970: what was asked for.
        start_s: u32,
        /// Heart rates, /min, 0 is no reading.
        bpm: [u8; IN_FIRST],
    },
    /// Packets 2 to 254.
    Next {
        /// The packet's number.
        index: u8,
        /// Heart rates, /min, 0 is no reading.
        bpm: [u8; IN_NEXT],
    },
}

impl HeartRateLogPacket {
    pub(super) fn from_payload(payload: &[u8; 14]) -> Result<Self, GattError> {
        let [index, rest @ ..] = *payload;
        match index {
            EMPTY => Ok(Self::Empty),
            0 => {
                let [packets, interval_minutes, ..] = rest;
                check_range("packets", packets.into(), 2, 255)?;
                check_range("interval", interval_minutes.into(), 1, 255)?;
                Ok(Self::Header { packets, interval_minutes })
            }
            1 => {
                let [a, b, c, d, bpm @ ..] = rest;
                Ok(Self::First { start_s: u32::from_le_bytes([a, b, c, d]), bpm })
            }
            index => Ok(Self::Next { index, bpm: rest }),
        }
    }

    pub(super) fn payload(self) -> [u8; 14] {
        let mut payload = [0; 14];
        match self {
            Self::Empty => payload[0] = EMPTY,
            Self::Header { packets, interval_minutes } => {
                payload[1..3].copy_from_slice(&[packets, interval_minutes])
            }
            Self::First { start_s, bpm } => {
                payload[0] = 1;
                payload[1..5].copy_from_slice(&start_s.to_le_bytes());
                payload[5..].copy_from_slice(&bpm);
            }
            Self::Next { index, bpm } => {
                payload[0] = index;
                payload[1..].copy_from_slice(&bpm);
            }
        }
        payload
    }
}

/// The heart rates of a day at a fixed interval.
///
/// The client drops what today's log holds for times yet to come, as leftovers of the ring's memory: so should whoever
/// knows the ring's time. Whether rings keep another interval than 5 minutes in this form is unverified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeartRateLog {
    start_s: u32,
    interval_minutes: u8,
    bpm: Vec<u8>,
}

impl HeartRateLog {
    /// From its start (s since the ring's clock showed the start of 1970), its interval and its heart rates (/min, 0 is
    /// no reading).
    ///
    /// # Errors
    /// [`GattError::OutOfRange`] for an interval of 0, and for none or more heart rates than the day has intervals.
    pub fn new(start_s: u32, interval_minutes: u8, bpm: Vec<u8>) -> Result<Self, GattError> {
        check_range("interval", interval_minutes.into(), 1, 255)?;
        check_range("heart rates", bpm.len() as i64, 1, slots(interval_minutes) as i64)?;
        Ok(Self { start_s, interval_minutes, bpm })
    }

    /// Start, s since the ring's clock showed the start of 1970.
    #[must_use]
    pub fn start_s(&self) -> u32 {
        self.start_s
    }

    /// Minutes from one heart rate to the next.
    #[must_use]
    pub fn interval_minutes(&self) -> u8 {
        self.interval_minutes
    }

    /// Heart rates, /min, 0 is no reading.
    #[must_use]
    pub fn bpm(&self) -> &[u8] {
        &self.bpm
    }

    /// Each heart rate that was read: s since the ring's clock showed the start of 1970, and /min.
    pub fn readings(&self) -> impl Iterator<Item = (i64, u8)> + '_ {
        let (start_s, step_s) = (i64::from(self.start_s), i64::from(self.interval_minutes) * 60);
        (0..)
            .zip(&self.bpm)
            .filter(|(_, bpm)| **bpm > 0)
            .map(move |(slot, bpm)| (start_s + slot * step_s, *bpm))
    }

    /// The packets that carry it, the last one filled with 0.
    #[must_use]
    pub fn packets(&self) -> Vec<HeartRateLogPacket> {
        let (first, rest) = self.bpm.split_at(self.bpm.len().min(IN_FIRST));
        let next: Vec<_> = (2..)
            .zip(rest.chunks(IN_NEXT))
            .map(|(index, chunk)| HeartRateLogPacket::Next { index, bpm: filled(chunk) })
            .collect();
        // At most 1440 heart rates: 113 packets.
        let header = HeartRateLogPacket::Header {
            packets: (next.len() + 2) as u8,
            interval_minutes: self.interval_minutes,
        };
        let first = HeartRateLogPacket::First { start_s: self.start_s, bpm: filled(first) };
        [header, first].into_iter().chain(next).collect()
    }
}

/// Intervals of a day.
fn slots(interval_minutes: u8) -> usize {
    DAY_MINUTES / usize::from(interval_minutes).max(1)
}

fn filled<const N: usize>(start: &[u8]) -> [u8; N] {
    let mut all = [0; N];
    all.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
    all
}

/// Joins the packets of a heart-rate log, in their order.
///
/// A header starts a log anew, whatever came before. After an error the log is forgotten: ask for it again.
#[derive(Debug, Clone, Default)]
pub struct HeartRateLogAssembler {
    log: Option<Unfinished>,
}

#[derive(Debug, Clone)]
struct Unfinished {
    packets: u8,
    next: u8,
    start_s: u32,
    interval_minutes: u8,
    bpm: Vec<u8>,
}

impl HeartRateLogAssembler {
    /// Without any packet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next packet. A finished log ends with the day: what the last packet holds beyond it is filling.
    ///
    /// # Errors
    /// [`GattError::LogNotStarted`] without a header, [`GattError::LogOutOfOrder`] for a packet out of its turn.
    pub fn push(&mut self, packet: &HeartRateLogPacket) -> Result<Assembly<HeartRateLog>, GattError> {
        let (index, bpm) = match packet {
            HeartRateLogPacket::Empty => {
                self.log = None;
                return Ok(Assembly::Empty);
            }
            &HeartRateLogPacket::Header { packets, interval_minutes } => {
                self.log =
                    Some(Unfinished { packets, next: 1, start_s: 0, interval_minutes, bpm: Vec::new() });
                return Ok(Assembly::Unfinished);
            }
            HeartRateLogPacket::First { bpm, .. } => (1, &bpm[..]),
            HeartRateLogPacket::Next { index, bpm } => (*index, &bpm[..]),
        };
        let mut log = self.log.take().ok_or(GattError::LogNotStarted { index })?;
        if index != log.next {
            return Err(GattError::LogOutOfOrder { expected: log.next, got: index });
        }
        if let HeartRateLogPacket::First { start_s, .. } = packet {
            log.start_s = *start_s;
        }
        log.bpm.extend(bpm);
        log.next += 1;
        if log.next < log.packets {
            self.log = Some(log);
            return Ok(Assembly::Unfinished);
        }
        log.bpm.truncate(slots(log.interval_minutes));
        HeartRateLog::new(log.start_s, log.interval_minutes, log.bpm).map(Assembly::Finished)
    }
}
