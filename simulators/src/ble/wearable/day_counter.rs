//! A step counter that begins anew at midnight of the device's own clock, as those of watches do.

use super::{Epoch, EpochCause, Now};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

#[derive(Debug)]
pub(crate) struct DayCounter {
    /// Since when steps are counted.
    since_ms: i64,
    last_tick_ms: i64,
    /// Whether midnight was noticed, remembered through the hour after it.
    midnight_noticed: bool,
    epochs: Vec<Epoch>,
}

impl DayCounter {
    /// Counts since the wearer's midnight.
    pub(crate) fn new(now: &mut Now<'_>) -> Self {
        let date = now.body.date(now.at_ms);
        let since_ms = now.body.midnight_ms(date);
        Self {
            since_ms,
            last_tick_ms: now.at_ms,
            midnight_noticed: hour(now) == 0,
            epochs: vec![Epoch { from_ms: since_ms, cause: EpochCause::Start }],
        }
    }

    /// Looks at the clock. A new day begins when it is in the hour after midnight for the first time, as InfiniTime has
    /// it: a clock that is set in between notices no midnight.
    pub(crate) fn tick(&mut self, now: &Now<'_>) {
        if hour(now) != 0 {
            self.midnight_noticed = false;
        } else if !self.midnight_noticed {
            self.midnight_noticed = true;
            let shown_ms = now.clock.shown_ms(now.at_ms);
            let midnight_ms = now.clock.instant_ms(shown_ms - shown_ms.rem_euclid(DAY_MS));
            // Where the clock jumped, midnight never was: the new day begins now.
            let from_ms = if midnight_ms > self.last_tick_ms { midnight_ms } else { now.at_ms };
            self.begin(from_ms, EpochCause::Midnight);
        }
        self.last_tick_ms = now.at_ms;
    }

    /// What was counted is lost.
    pub(crate) fn restart(&mut self, now: &Now<'_>) {
        self.begin(now.at_ms, EpochCause::Restart);
    }

    /// Steps since the day, or the device, began.
    pub(crate) fn steps(&self, now: &mut Now<'_>) -> u32 {
        u32::try_from(now.body.steps_between(self.since_ms, now.at_ms)).unwrap_or(u32::MAX)
    }

    /// For how long it has been counting, in seconds.
    pub(crate) fn seconds(&self, now: &Now<'_>) -> u32 {
        u32::try_from((now.at_ms - self.since_ms) / 1000).unwrap_or_default()
    }

    pub(crate) fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    fn begin(&mut self, from_ms: i64, cause: EpochCause) {
        self.since_ms = from_ms;
        self.epochs.push(Epoch { from_ms, cause });
    }
}

fn hour(now: &Now<'_>) -> i64 {
    now.clock.shown_ms(now.at_ms).rem_euclid(DAY_MS) / HOUR_MS
}

#[cfg(test)]
mod tests {
    use super::DayCounter;
    use crate::ble::body::Body;
    use crate::ble::clock::DeviceClock;
    use crate::ble::plan::Plan;
    use crate::ble::wearable::{EpochCause, Now};

    /// 2026-01-05 23:59:57 in Paris.
    const EVENING_MS: i64 = 1_767_653_997_000;

    #[test]
    fn a_day_ends_with_all_its_steps_and_begins_with_none() {
        let plan: Plan = "walking = true".parse().unwrap();
        let (mut body, mut clock) =
            (Body::new(1, &plan, EVENING_MS), DeviceClock::new(EVENING_MS + 3_600_000, EVENING_MS, 0));
        let mut at = |at_ms, counter: Option<&mut DayCounter>| {
            let now =
                &mut Now { at_ms, body: &mut body, clock: &mut clock, contact: true, battery_percent: 50 };
            match counter {
                Some(counter) => {
                    counter.tick(now);
                    (None, counter.steps(now))
                }
                None => (Some(DayCounter::new(now)), 0),
            }
        };
        let mut counter = at(EVENING_MS, None).0.unwrap();
        let before = at(EVENING_MS + 2_900, Some(&mut counter)).1;
        let after = at(EVENING_MS + 3_900, Some(&mut counter)).1;
        assert!(before > 100_000 && after < 5, "{before} {after}");
        assert_eq!(counter.epochs()[1].cause, EpochCause::Midnight);
        assert_eq!(counter.epochs()[1].from_ms, EVENING_MS + 3_000);
        assert!(at(EVENING_MS + 63_900, Some(&mut counter)).1 > 80);
        assert_eq!(counter.epochs().len(), 2);
    }
}
