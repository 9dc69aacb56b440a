//! From what a driver observed to readings of the contract, losing nothing.
//!
//! A reading's `start` is frozen here, before it is spooled: the instant of receipt for what is live, the device's own
//! time for what it had stored, so that the same stored record fetched twice is the same reading. What a live device's clock
//! is off by is a `clock_skew` reading of its own, and moves nothing: its values are stamped here. A device that stores is
//! believed while its clock is ours; what it stored under another one is set aside. Where our own clock is wrong: [`crate::clock`].

use std::collections::HashMap;

use foulee_contract::{GapCause, Grain, How, Metric, Provenance, Series, Source, Tuple, Value};

use crate::config::DeviceConfig;
use crate::driver::{Moment, Observation, When};

/// A reading on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The stream that it belongs to.
    pub series: Series,
    /// The reading.
    pub tuple: Tuple,
    /// Where and how it was recorded.
    pub provenance: Provenance,
    /// The stretch of the gateway's clock that stamped it; 0 where the device's did.
    pub stretch: u32,
}

/// Why an observation was not taken. It is counted and written down, never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quarantine {
    /// The device's clock was never set: its times are before the gateway could have met it.
    ClockNotSet,
    /// The device's clock showed another day than it was: nobody knows when this was.
    ClockOff,
    /// The device's clock runs ahead: its record lies in the future.
    InTheFuture,
    /// No device can mean that value.
    OutOfRange,
    /// It ends before it starts.
    Reversed,
}

impl Quarantine {
    /// The word for it in logs and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ClockNotSet => "clock_not_set",
            Self::ClockOff => "clock_off",
            Self::InTheFuture => "in_the_future",
            Self::OutOfRange => "out_of_range",
            Self::Reversed => "reversed",
        }
    }
}

/// Oldest record of a device that is taken for true: no supported device stores more than 30 days. [D]
const OLDEST_STORED_MS: i64 = 31 * 86_400_000;
/// How far a device's record may lie ahead of the gateway's clock: two minutes, the drift of a day and a coarse stamp. [D]
const AHEAD_MS: i64 = 120_000;
/// A contact that does not change is said again this often, so that each minute has its evidence.
const CONTACT_AGAIN_MS: i64 = 60_000;

/// Makes the readings of one device.
#[derive(Debug)]
pub struct Normaliser {
    device: DeviceConfig,
    maker: String,
    model: String,
    /// Of each live series the latest start, so that two values within a millisecond stay two.
    latest: HashMap<(Metric, u64), i64>,
    contact: Option<(i64, i64)>,
}

impl Normaliser {
    /// For a device of the configuration.
    #[must_use]
    pub fn new(device: DeviceConfig) -> Self {
        Self { device, maker: String::new(), model: String::new(), latest: HashMap::new(), contact: None }
    }

    /// The source of its readings: found again by kind, family and the name that the configuration gives it. `epoch`
    /// counts the resets that somebody or the device itself declared.
    #[must_use]
    pub fn source(&self, epoch: u32) -> Source {
        let epoch = match (self.device.epoch, epoch) {
            (0, 0) => String::new(),
            (given, 0) => given.to_string(),
            (given, own) => format!("{given}.{own}"),
        };
        let family = self.device.family.name();
        Source::new(self.device.family.kind(), ["gateway", "", family, &self.device.name, &epoch])
    }

    /// The series of a metric.
    #[must_use]
    pub fn series(&self, metric: Metric, grain: Grain, epoch: u32) -> Series {
        Series { participant: self.device.participant, source: self.source(epoch), metric, grain }
    }

    /// The reading that an observation makes; `None` where it only repeats what is known.
    ///
    /// # Errors
    /// With the reason where it cannot be taken.
    pub fn take(&mut self, seen: &Observation, now: Moment) -> Result<Option<Taken>, Quarantine> {
        let mut stretch = now.stretch;
        let (start_ms, end_ms) = match seen.when {
            When::Now => {
                if seen.metric == Metric::Contact && self.contact_is_known(seen.value, now.utc_ms) {
                    return Ok(None);
                }
                let at = self.instant(seen, now.utc_ms);
                (at, at)
            }
            When::Since(start_ms) => (start_ms, now.utc_ms),
            When::Device { start_ms, .. }
                if self.device.since.is_some_and(|since| start_ms < since.timestamp_millis()) =>
            {
                return Ok(None);
            }
            When::Device { start_ms, end_ms } => {
                if start_ms > now.utc_ms + AHEAD_MS {
                    return Err(Quarantine::InTheFuture);
                }
                if start_ms < now.utc_ms - OLDEST_STORED_MS {
                    return Err(Quarantine::ClockNotSet);
                }
                stretch = 0;
                (start_ms, end_ms)
            }
        };
        if end_ms < start_ms {
            return Err(Quarantine::Reversed);
        }
        let (least, most) = seen.metric.range(end_ms - start_ms);
        if !(least..=most).contains(&seen.value) {
            return Err(Quarantine::OutOfRange);
        }
        let tuple =
            Tuple { start_ms, end_ms, seq: seen.seq, rev: seen.rev, value: Value::Present(seen.value) };
        Ok(Some(Taken {
            series: self.series(seen.metric, seen.grain, seen.epoch),
            tuple,
            provenance: provenance(now),
            stretch,
        }))
    }

    /// Nothing was recorded from one instant to another.
    #[must_use]
    pub fn gap(&self, from_ms: i64, to_ms: i64, cause: GapCause, now: Moment) -> Option<Taken> {
        (to_ms > from_ms).then(|| Taken {
            series: self.series(Metric::Gap, Grain::Sample, 0),
            tuple: Tuple {
                start_ms: from_ms,
                end_ms: to_ms,
                seq: 0,
                rev: 0,
                value: Value::Present(cause as i64),
            },
            provenance: provenance(now),
            stretch: now.stretch,
        })
    }

    /// What the device says of itself, for the log.
    pub fn describe(&mut self, maker: Option<String>, model: Option<String>) {
        self.maker = maker.unwrap_or_default();
        self.model = model.unwrap_or_default();
    }

    fn instant(&mut self, seen: &Observation, now_ms: i64) -> i64 {
        let latest = self.latest.entry((seen.metric, seen.seq)).or_insert(i64::MIN);
        // A clock that was set back is no reason to lose a value; one that stands still is none to merge two.
        let at = if *latest == now_ms { now_ms + 1 } else { now_ms };
        *latest = at;
        at
    }

    fn contact_is_known(&mut self, value: i64, now_ms: i64) -> bool {
        let known = self
            .contact
            .is_some_and(|(known, at)| known == value && (0..CONTACT_AGAIN_MS).contains(&(now_ms - at)));
        if !known {
            self.contact = Some((value, now_ms));
        }
        known
    }
}

fn provenance(now: Moment) -> Provenance {
    Provenance { offset_minutes: Some(now.offset_minutes), how: How::Automatic }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Family;
    use foulee_contract::ParticipantId;

    const NOW: Moment = Moment { stretch: 3, ..Moment::sure(1_767_571_200_000, 60) };
    const DAY_MS: i64 = 86_400_000;

    fn normaliser(since: Option<&str>) -> Normaliser {
        Normaliser::new(DeviceConfig {
            name: "ring-1".into(),
            address: "C0:FF:EE:00:00:01".into(),
            family: Family::ColmiRing,
            participant: ParticipantId::from_parts(1, [1; 10]),
            streams: None,
            bond: false,
            out_of_range_s: 900,
            since: since.map(|since| since.parse().unwrap()),
            epoch: 0,
        })
    }

    fn stored(start_ms: i64) -> Observation {
        let when = When::Device { start_ms, end_ms: start_ms + 900_000 };
        Observation { when, ..Observation::now(Metric::Steps, 40) }
    }

    #[test]
    fn what_a_device_stored_has_its_own_time_and_what_is_live_has_ours() {
        let mut normaliser = normaliser(None);
        let live = normaliser.take(&Observation::now(Metric::HeartRate, 720), NOW).unwrap().unwrap();
        assert_eq!((live.tuple.start_ms, live.stretch), (NOW.utc_ms, 3));
        let stored = normaliser.take(&stored(NOW.utc_ms - DAY_MS), NOW).unwrap().unwrap();
        assert_eq!((stored.tuple.start_ms, stored.stretch), (NOW.utc_ms - DAY_MS, 0));
    }

    #[test]
    fn what_cannot_be_when_it_says_is_set_aside_with_the_reason() {
        let mut normaliser = normaliser(None);
        let mut why = |start_ms| normaliser.take(&stored(start_ms), NOW).err();
        assert_eq!(why(NOW.utc_ms + 180_000), Some(Quarantine::InTheFuture));
        assert_eq!(why(946_684_800_000), Some(Quarantine::ClockNotSet));
        assert_eq!(why(NOW.utc_ms + 60_000), None);
    }

    #[test]
    fn what_somebody_else_wore_is_not_taken() {
        let mut normaliser = normaliser(Some("2026-01-05T01:00:00+01:00"));
        assert_eq!(NOW.utc_ms, 1_767_571_200_000);
        assert_eq!(normaliser.take(&stored(NOW.utc_ms - 1), NOW), Ok(None));
        assert!(normaliser.take(&stored(NOW.utc_ms), NOW).unwrap().is_some());
    }
}
