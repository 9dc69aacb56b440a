//! Colmi R02 and its kin: rings that store a week of steps by the quarter hour and of heart rate by the five minutes.
//!
//! On each link, and every ten minutes on a lasting one, the logs of the days since the last link are fetched and the
//! clock is set, one request at a time. A record fetched twice is the same reading: its times are the ring's own, and of a
//! quarter hour that still grows the greater count is the later version. The ring keeps the time that it is set to: local
//! time, as its owner sees it; records are turned into UTC with the offset at the fetch.

use std::collections::VecDeque;

use foulee_contract::{Grain, Metric};
use foulee_gatt::colmi::{
    Assembly, HeartRateLogAssembler, Language, Request, Response, RingTime, StepLogAssembler,
};
use foulee_gatt::{GattError, uuids};
use uuid::Uuid;

use super::{Action, Driver, Moment, Observation, Stream, When};

/// Days that the ring stores.
const STORED_DAYS: i64 = 7;
/// Minutes between two fetches on a lasting link.
const FETCH_EVERY: u32 = 10;
/// A request without an answer for so many minutes is given up.
const PATIENCE: u32 = 1;
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
}

impl ColmiRing {
    pub(super) fn new(wants: impl Fn(Stream) -> bool) -> Self {
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
        }
    }

    fn plan(&mut self, now: Moment) {
        self.waiting.clear();
        self.asked = None;
        let since = self.fetched_ms.map_or(STORED_DAYS - 1, |then| {
            let days = now.local_ms().div_euclid(DAY_MS)
                - (then + i64::from(now.offset_minutes) * 60_000).div_euclid(DAY_MS);
            days.clamp(0, STORED_DAYS - 1)
        });
        for days_ago in 0..=since {
            if self.steps {
                self.waiting.push_back(Request::StepLog { days_ago: days_ago as u8 });
            }
            let day_start_s = (now.local_ms().div_euclid(DAY_MS) - days_ago) * (DAY_MS / 1_000);
            if let (true, Ok(day_start_s)) = (self.heart, u32::try_from(day_start_s)) {
                self.waiting.push_back(Request::HeartRateLog { day_start_s });
            }
        }
        // The clock behind the logs: they are stamped, and asked for by day, by the clock as it was.
        if let Ok(time) = RingTime::from_unix_ms(now.utc_ms, now.offset_minutes) {
            self.waiting.push_back(Request::SetTime { time, language: Language::English });
        }
        if self.battery {
            self.waiting.push_back(Request::Battery);
        }
    }

    fn ask(&mut self, now: Moment) -> Option<Action> {
        let request = self.waiting.pop_front();
        self.asked = request.map(|request| (request, 0));
        self.heart_log = HeartRateLogAssembler::new();
        self.step_log = StepLogAssembler::new();
        let Some(request) = request else {
            self.fetched_ms = Some(now.utc_ms);
            return None;
        };
        let characteristic = uuids::COLMI_WRITE;
        Some(Action::Write { characteristic, bytes: request.encode(), confirmed: false })
    }
}

impl Driver for ColmiRing {
    fn on_link(&mut self, now: Moment) -> Vec<Action> {
        self.minutes = 0;
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
        let to_utc = |ring_s: i64| (ring_s - i64::from(now.offset_minutes) * 60) * 1_000;
        let mut actions = Vec::new();
        let done = match Response::decode(bytes)? {
            Response::TimeSet(_) | Response::Refused { .. } | Response::HeartRateStopped => true,
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
                            let when = When::Device { start_ms: at, end_ms: at };
                            let seen = Observation::now(Metric::HeartRate, i64::from(bpm) * 10);
                            actions.push(Action::Take(Observation { when, ..seen }));
                        }
                    }
                    true
                }
            },
            Response::StepLog(packet) => match self.step_log.push(&packet)? {
                Assembly::Unfinished => false,
                Assembly::Empty => true,
                Assembly::Finished(log) => {
                    for slot in log.slots() {
                        let start_ms = to_utc(slot.start_s());
                        let when = When::Device { start_ms, end_ms: start_ms + QUARTER_MS };
                        let seen = Observation::now(Metric::Steps, i64::from(slot.steps));
                        let rev = u64::from(slot.steps);
                        actions.push(Action::Take(Observation { when, rev, grain: Grain::Sample, ..seen }));
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
        } else if self.minutes.is_multiple_of(FETCH_EVERY) {
            self.plan(now);
            return self.ask(now).into_iter().collect();
        }
        Vec::new()
    }
}
