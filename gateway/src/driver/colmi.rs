//! Colmi R02 and its kin: rings that store a week of steps by the quarter hour and of heart rate by the five minutes.
//!
//! On each link, and every ten minutes on a lasting one, the logs of the days since the last link are fetched and the
//! clock is set, one request at a time. A record fetched twice is the same reading: its times are the ring's own, and of a
//! quarter hour that still grows the greater count is the later version.
//!
//! The ring knows no zone. It is set to local time as it was when it was first met, and kept at that offset through every
//! change to and from summer time: so no hour of its log is there twice or missing, and a record means the same instant
//! whenever it is fetched.
//!
//! Its clock cannot be read, but the answer for "so many days ago" names a date. Where that is not the day that it was, the
//! clock was off (another app, an empty battery), and nobody knows by how much: what it stored is set aside until its clock
//! has passed what it had stored under the other one.

use std::collections::VecDeque;

use foulee_contract::Metric;
use foulee_gatt::colmi::{
    Assembly, HeartRateLogAssembler, Language, Request, Response, RingTime, StepLogAssembler, StepSlot,
};
use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::{Action, Driver, Memory, Moment, Observation, Stream, When};

/// Days that the ring stores.
const STORED_DAYS: i64 = 7;
/// Minutes between two fetches on a lasting link.
const FETCH_EVERY: u32 = 10;
/// A request without an answer for so many minutes is given up.
const PATIENCE: u32 = 1;
/// Around midnight the ring may be on another day than we are.
const MIDNIGHT_MS: i64 = 600_000;
const DAY_MS: i64 = 86_400_000;
const QUARTER_MS: i64 = 900_000;

#[derive(Debug)]
pub(super) struct ColmiRing {
    heart: bool,
    steps: bool,
    battery: bool,
    minutes: u32,
    waiting: VecDeque<Request>,
    /// The request under way, and for how many minutes.
    asked: Option<(Request, u32)>,
    heart_log: HeartRateLogAssembler,
    step_log: StepLogAssembler,
    fetched_ms: Option<i64>,
    memory: Memory,
    /// Whether a fetch was begun on this link.
    planned: bool,
    /// End of the day that the ring's clock showed, where that was another one.
    off_until_ms: Option<i64>,
}

impl ColmiRing {
    pub(super) fn new(wants: impl Fn(Stream) -> bool, memory: Memory) -> Self {
        Self {
            heart: wants(Stream::HeartRate),
            steps: wants(Stream::Steps),
            battery: wants(Stream::Battery),
            minutes: 0,
            waiting: VecDeque::new(),
            asked: None,
            heart_log: HeartRateLogAssembler::new(),
            step_log: StepLogAssembler::new(),
            fetched_ms: None,
            memory,
            planned: false,
            off_until_ms: None,
        }
    }

    /// Minutes that the ring's clock is ahead of UTC.
    fn offset(&self, now: Moment) -> i16 {
        self.memory.clock_offset_minutes.unwrap_or(now.offset_minutes)
    }

    /// Which day it is for the ring, days since 1970.
    fn day(&self, utc_ms: i64, now: Moment) -> i64 {
        (utc_ms + i64::from(self.offset(now)) * 60_000).div_euclid(DAY_MS)
    }

    /// A stored record: taken, or set aside where its time is in doubt.
    fn stored(&self, seen: Observation, start_ms: i64, end_ms: i64) -> Action {
        let seen = Observation { when: When::Device { start_ms, end_ms }, ..seen };
        let doubted = self.memory.doubt_ms.is_some_and(|(from, until)| (from..until).contains(&start_ms));
        if doubted || self.off_until_ms.is_some() { Action::Doubt(seen) } else { Action::Take(seen) }
    }

    /// The clock was off: from the last that was believed until it has passed what it stored meanwhile, all is in doubt.
    fn doubt(&mut self, now: Moment) {
        let Some(off_until_ms) = self.off_until_ms.take() else { return };
        let (from, until) = (self.fetched_ms.unwrap_or(i64::MIN), off_until_ms.max(now.utc_ms));
        self.memory.doubt_ms = Some(match self.memory.doubt_ms {
            Some((first, last)) => (first.min(from), last.max(until)),
            None => (from, until),
        });
    }

    fn plan(&mut self, now: Moment) {
        self.waiting.clear();
        self.asked = None;
        self.planned = now.sure;
        if now.sure {
            let today = self.day(now.utc_ms, now);
            let since = self.fetched_ms.map_or(STORED_DAYS - 1, |then| today - self.day(then, now));
            let days = 0..=since.clamp(0, STORED_DAYS - 1);
            // Steps first: their log names its date, which tells whether the ring's clock is right.
            let step_days = days.clone().take_while(|days_ago| self.steps || *days_ago == 0);
            self.waiting.extend(step_days.map(|days_ago| Request::StepLog { days_ago: days_ago as u8 }));
            let starts =
                days.filter_map(|days_ago| u32::try_from((today - days_ago) * (DAY_MS / 1_000)).ok());
            let logs = starts.map(|day_start_s| Request::HeartRateLog { day_start_s });
            self.waiting.extend(logs.filter(|_| self.heart));
            // The clock behind the logs: they are stamped, and asked for by day, by the clock as it was.
            if let Ok(time) = RingTime::from_unix_ms(now.utc_ms, self.offset(now)) {
                self.waiting.push_back(Request::SetTime { time, language: Language::English });
            }
        }
        if self.battery {
            self.waiting.push_back(Request::Battery);
        }
    }

    /// Holds the date of a step log against the day that was asked for.
    fn look_at_date(&mut self, slots: &[StepSlot], now: Moment) {
        let Some((Request::StepLog { days_ago }, _)) = self.asked else { return };
        let Some(slot) = slots.first() else { return };
        let its_day = slot.start_s().div_euclid(DAY_MS / 1_000) + i64::from(days_ago);
        let near = [-MIDNIGHT_MS, 0, MIDNIGHT_MS];
        if !near.iter().any(|ms| self.day(now.utc_ms + ms, now) == its_day) {
            let until_ms = (its_day + 1) * DAY_MS - i64::from(self.offset(now)) * 60_000;
            self.off_until_ms = self.off_until_ms.max(Some(until_ms));
        }
    }

    fn ask(&mut self, now: Moment) -> Option<Action> {
        let request = self.waiting.pop_front();
        self.asked = request.map(|request| (request, 0));
        self.heart_log = HeartRateLogAssembler::new();
        self.step_log = StepLogAssembler::new();
        let Some(request) = request else {
            if self.planned {
                self.fetched_ms = Some(now.utc_ms);
            }
            return None;
        };
        let characteristic = uuids::COLMI_WRITE;
        Some(Action::Write { characteristic, bytes: request.encode(), confirmed: false })
    }
}

impl Driver for ColmiRing {
    fn on_link(&mut self, now: Moment) -> Vec<Action> {
        self.minutes = 0;
        self.off_until_ms = None;
        self.plan(now);
        let subscribe = Action::Subscribe(uuids::COLMI_NOTIFY);
        std::iter::once(subscribe).chain(self.ask(now)).collect()
    }

    fn on_value(
        &mut self,
        characteristic: Uuid,
        bytes: &[u8],
        now: Moment,
    ) -> Result<Vec<Action>, GattError> {
        if characteristic != uuids::COLMI_NOTIFY {
            return Ok(Vec::new());
        }
        let offset = self.offset(now);
        let to_utc = |ring_s: i64| (ring_s - i64::from(offset) * 60) * 1_000;
        let mut actions = Vec::new();
        let done = match Response::decode(bytes)? {
            Response::TimeSet(_) => {
                let before = self.memory;
                self.doubt(now);
                self.memory.clock_offset_minutes = Some(offset);
                if self.memory != before {
                    actions.push(Action::Remember(self.memory));
                }
                true
            }
            Response::Refused { .. } | Response::HeartRateStopped => true,
            Response::Battery { level, .. } => {
                actions.push(Action::Take(Observation::now(Metric::Battery, i64::from(level.percent()))));
                true
            }
            Response::HeartRate(_) => false,
            Response::HeartRateLog(packet) => match self.heart_log.push(&packet)? {
                Assembly::Unfinished => false,
                Assembly::Empty => true,
                Assembly::Finished(log) => {
                    for (ring_s, bpm) in log.readings() {
                        let at = to_utc(ring_s);
                        // A log is filled up to the end of its day: what lies ahead was not measured.
                        if at <= now.utc_ms {
                            let seen = Observation::now(Metric::HeartRate, i64::from(bpm) * 10);
                            actions.push(self.stored(seen, at, at));
                        }
                    }
                    true
                }
            },
            Response::StepLog(packet) => match self.step_log.push(&packet)? {
                Assembly::Unfinished => false,
                Assembly::Empty => true,
                Assembly::Finished(log) => {
                    self.look_at_date(log.slots(), now);
                    for slot in log.slots().iter().filter(|_| self.steps) {
                        let start_ms = to_utc(slot.start_s());
                        let rev = u64::from(slot.steps);
                        let seen = Observation::now(Metric::Steps, i64::from(slot.steps));
                        actions.push(self.stored(
                            Observation { rev, ..seen },
                            start_ms,
                            start_ms + QUARTER_MS,
                        ));
                    }
                    true
                }
            },
        };
        if done {
            actions.extend(self.ask(now));
        }
        Ok(actions)
    }

    fn on_minute(&mut self, now: Moment) -> Vec<Action> {
        self.minutes += 1;
        if let Some((_, minutes)) = &mut self.asked {
            *minutes += 1;
            if *minutes > PATIENCE {
                return self.ask(now).into_iter().collect();
            }
        } else if (!self.planned && now.sure) || self.minutes.is_multiple_of(FETCH_EVERY) {
            self.plan(now);
            return self.ask(now).into_iter().collect();
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
