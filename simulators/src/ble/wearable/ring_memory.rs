//! What a ring remembers: steps by the quarter hour and heart rate every five minutes, both by its own clock.

use std::collections::BTreeMap;

use foulee_gatt::civil::DateTime;
use foulee_gatt::colmi::{HeartRateLog, StepLog, StepSlot};

use super::Now;

const DAY_S: i64 = 86_400;
/// Length of a step slot, in seconds.
const SLOT_S: i64 = 900;
/// Minutes from one heart rate to the next.
const INTERVAL_MINUTES: u8 = 5;
const INTERVAL_S: i64 = INTERVAL_MINUTES as i64 * 60;
/// How many days it remembers, today not counted.
const DAYS: i64 = 7;
/// Energy of a step in small calories, and its length in decimetres, the same for everybody (D).
const STEP_CAL: u32 = 53;
const STEP_DM: u32 = 7;

/// Keys are seconds since the ring's clock showed the start of 1970.
#[derive(Debug, Default)]
pub(crate) struct RingMemory {
    steps: BTreeMap<i64, u32>,
    bpm: BTreeMap<i64, u8>,
    last_tick_ms: i64,
}

impl RingMemory {
    /// What a ring knows that was worn for the last week.
    pub(crate) fn of_the_last_week(now: &mut Now<'_>) -> Self {
        let mut memory = Self { last_tick_ms: now.at_ms, ..Self::default() };
        let end_ms = now.at_ms;
        let shown_s = now.clock.shown_ms(end_ms).div_euclid(1000);
        let start_s = shown_s - shown_s.rem_euclid(DAY_S) - DAYS * DAY_S;
        for slot_s in (start_s..=shown_s).step_by(SLOT_S as usize) {
            let from_ms = now.clock.instant_ms(slot_s * 1000);
            let to_ms = now.clock.instant_ms((slot_s + SLOT_S) * 1000).min(end_ms);
            memory.count(slot_s, now.body.steps_between(from_ms, to_ms));
        }
        for at_s in (start_s..=shown_s).step_by(INTERVAL_S as usize) {
            now.at_ms = now.clock.instant_ms(at_s * 1000);
            memory.bpm.extend(now.heart_bpm().map(|bpm| (at_s, bpm)));
        }
        now.at_ms = end_ms;
        memory
    }

    /// Counts what was walked since the last tick, into the slot that the clock shows.
    pub(crate) fn tick(&mut self, now: &mut Now<'_>) {
        let shown_s = now.clock.shown_ms(now.at_ms).div_euclid(1000);
        let slot_s = shown_s - shown_s.rem_euclid(SLOT_S);
        let slot_ms = now.clock.instant_ms(slot_s * 1000);
        let last_ms = self.last_tick_ms;
        // Where a slot began since, its steps are divided. Where the clock jumped, all go into the new one.
        let split_ms = if slot_ms > last_ms && slot_ms <= now.at_ms { slot_ms } else { last_ms };
        self.count(slot_s - SLOT_S, now.body.steps_between(last_ms, split_ms));
        self.count(slot_s, now.body.steps_between(split_ms, now.at_ms));
        self.last_tick_ms = now.at_ms;
        let at_s = shown_s - shown_s.rem_euclid(INTERVAL_S);
        if !self.bpm.contains_key(&at_s) {
            self.bpm.extend(now.heart_bpm().map(|bpm| (at_s, bpm)));
        }
        let oldest_s = shown_s - (DAYS + 1) * DAY_S;
        self.steps.retain(|at_s, _| *at_s >= oldest_s);
        self.bpm.retain(|at_s, _| *at_s >= oldest_s);
    }

    /// The steps of the day that begins then; nothing where there are none.
    pub(crate) fn step_log(&self, day_start_s: i64) -> Option<StepLog> {
        let slots = self.steps.range(day_start_s..day_start_s + DAY_S).filter_map(|(&at_s, &steps)| {
            let DateTime { year, month, day, .. } = DateTime::from_wall_s(at_s).ok()?;
            let number = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
            Some(StepSlot {
                year,
                month,
                day,
                quarter: u8::try_from(at_s.rem_euclid(DAY_S) / SLOT_S).ok()?,
                energy: number(steps * STEP_CAL / 10),
                steps: number(steps),
                distance_m: number(steps * STEP_DM / 10),
            })
        });
        StepLog::new(true, slots.collect()).ok()
    }

    /// The heart rates of the day that begins then; nothing where there are none.
    pub(crate) fn heart_rate_log(&self, day_start_s: u32) -> Option<HeartRateLog> {
        let start_s = i64::from(day_start_s);
        let known = self.bpm.range(start_s..start_s + DAY_S);
        let mut bpm = vec![0; usize::try_from(DAY_S / INTERVAL_S).ok()?];
        let mut any = false;
        for (at_s, rate) in known {
            *bpm.get_mut(usize::try_from((at_s - start_s) / INTERVAL_S).ok()?)? = *rate;
            any = true;
        }
        if any { HeartRateLog::new(day_start_s, INTERVAL_MINUTES, bpm).ok() } else { None }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.steps.clear();
        self.bpm.clear();
    }

    fn count(&mut self, slot_s: i64, steps: u64) {
        if steps > 0 {
            let counted = self.steps.entry(slot_s).or_default();
            *counted = counted.saturating_add(u32::try_from(steps).unwrap_or(u32::MAX));
        }
    }
}
