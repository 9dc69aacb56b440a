//! A person, and every reading that their device makes: the fleet's emitted set.

use std::ops::Range;

use chrono::{Days, NaiveDate};
use foulee_contract::{Grain, How, Metric, Provenance, Tuple, Value};
use foulee_person::{MINUTES_PER_DAY, Person, Share as WearShare, WearPattern, seen, wear};

use super::chance::{Chance, Purpose};
use crate::error::SimError;

pub(super) const MINUTE_MS: i64 = 60_000;
pub(super) const DAY_MS: i64 = 1_440 * MINUTE_MS;
/// All devices' own, and the home zone that has it in winter.
const OFFSET_MINUTES: i16 = 60;
pub(super) const HOME_ZONE: &str = "Europe/Paris";
/// The source of all readings: each participant has a device of their own.
pub(super) const SOURCE: &str = "watch/foulee-sim/simulated/fleet";
/// Share of days worn in part. [D]
const PARTLY_WORN: f64 = 0.3;
/// One minute of so many is corrected later, and one of so many deleted. [D]
const CORRECTED_ONE_IN: usize = 400;
const DELETED_ONE_IN: usize = 1_500;
/// Beats in one notification, told apart by `seq`.
const BEATS: u64 = 3;

/// A reading that a device made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Emitted {
    pub(super) metric: Metric,
    pub(super) grain: Grain,
    pub(super) tuple: Tuple,
}

/// Where and how all of them are recorded.
pub(super) const PROVENANCE: Provenance =
    Provenance { offset_minutes: Some(OFFSET_MINUTES), how: How::Automatic };

/// A person with a device. Readings are numbered through all days, in the order of time.
pub(super) struct Wearer {
    seed: u64,
    number: u32,
    person: Person,
    pattern: WearPattern,
    first_date: NaiveDate,
    /// The number of the first reading of each day, and of the one behind the last.
    begins: Vec<usize>,
}

impl Wearer {
    /// The `number`th of a fleet.
    pub(super) fn new(seed: u64, number: u32, first_date: NaiveDate, days: u32) -> Result<Self, SimError> {
        let person = Person::new(Chance::new(seed, Purpose::Person, number, 0).word());
        let share =
            WearShare::new(PARTLY_WORN).map_err(|_| SimError::ShareOutOfRange { share: PARTLY_WORN })?;
        let pattern = WearPattern::PartlyWorn { share };
        let mut wearer = Self { seed, number, person, pattern, first_date, begins: vec![0] };
        let mut readings = 0;
        for day in 0..days {
            readings += wearer.day(day).len();
            wearer.begins.push(readings);
        }
        Ok(wearer)
    }

    /// How many days.
    pub(super) fn days(&self) -> u32 {
        (self.begins.len() - 1) as u32
    }

    /// How many readings.
    pub(super) fn readings(&self) -> usize {
        self.begins.last().copied().unwrap_or(0)
    }

    /// The numbers of the readings of some days.
    pub(super) fn of_days(&self, days: Range<u32>) -> Range<usize> {
        self.begins[days.start as usize]..self.begins[days.end as usize]
    }

    /// When a day begins, ms UTC.
    pub(super) fn day_start_ms(&self, day: u32) -> i64 {
        let date = self.first_date + Days::new(u64::from(day));
        let since = date.signed_duration_since(NaiveDate::default()).num_days();
        since * DAY_MS - i64::from(OFFSET_MINUTES) * MINUTE_MS
    }

    /// The readings of a day, in order.
    pub(super) fn day(&self, day: u32) -> Vec<Emitted> {
        let truth = self.person.day(self.first_date + Days::new(u64::from(day)));
        let mask = wear(&self.person, &truth, self.pattern, &mut self.person.wear_rng(truth.date));
        let seen = seen(&truth, &mask);
        let mut chance = Chance::new(self.seed, Purpose::Origin, self.number, day);
        let midnight_ms = self.day_start_ms(day);
        let mut made = Vec::with_capacity(2 * MINUTES_PER_DAY + 256);
        let mut make = |metric, grain, start_ms, length_ms, seq, rev, value| {
            let tuple = Tuple { start_ms, end_ms: start_ms + length_ms, seq, rev, value };
            made.push(Emitted { metric, grain, tuple });
        };
        for minute in 0..MINUTES_PER_DAY {
            let at_ms = midnight_ms + minute as i64 * MINUTE_MS;
            let steps = i64::from(seen.steps[minute]);
            if let Some(heart) = seen.heart_rate_deci_bpm[minute] {
                let heart = Value::Present(i64::from(heart));
                make(Metric::HeartRate, Grain::Epoch, at_ms, MINUTE_MS, 0, 0, heart);
                make(Metric::Steps, Grain::Epoch, at_ms, MINUTE_MS, 0, 0, Value::Present(steps));
                if chance.below(CORRECTED_ONE_IN) == 0 {
                    make(Metric::Steps, Grain::Epoch, at_ms, MINUTE_MS, 0, 1, Value::Present(steps + 1));
                }
                if chance.below(DELETED_ONE_IN) == 0 {
                    make(Metric::Steps, Grain::Epoch, at_ms, MINUTE_MS, 0, 2, Value::Deleted);
                }
            }
            if minute % 60 == 0 {
                let hour = seen.steps[minute..minute + 60].iter().map(|&steps| i64::from(steps)).sum();
                make(Metric::Steps, Grain::Total, at_ms, 60 * MINUTE_MS, 0, 0, Value::Present(hour));
                let charge = Value::Present(100 - minute as i64 / 60);
                make(Metric::Battery, Grain::Sample, at_ms, 0, 0, 0, charge);
                for beat in 0..BEATS {
                    let interval = Value::Present(7_000 + chance.below(4_000) as i64);
                    make(Metric::RrInterval, Grain::Sample, at_ms, 0, beat, 0, interval);
                }
            }
        }
        made
    }

    /// The readings of these numbers, each with its number.
    pub(super) fn readings_of(&self, numbers: &Range<usize>) -> Vec<(usize, Emitted)> {
        let mut found = Vec::with_capacity(numbers.len());
        let first = self.begins.partition_point(|&begin| begin <= numbers.start).saturating_sub(1);
        for day in first as u32..self.days() {
            let of_day = self.of_days(day..day + 1);
            if of_day.start >= numbers.end {
                break;
            }
            let all = of_day.clone().zip(self.day(day));
            found.extend(all.filter(|(number, _)| numbers.contains(number)));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn wearer(number: u32) -> Wearer {
        Wearer::new(7, number, NaiveDate::from_ymd_opt(2026, 1, 5).unwrap(), 4).unwrap()
    }

    #[test]
    fn no_reading_is_emitted_twice_and_all_are_admissible() {
        let wearer = wearer(3);
        let all = wearer.readings_of(&(0..wearer.readings()));
        assert_eq!(all.len(), wearer.readings());
        let distinct: HashSet<_> = all.iter().map(|(_, emitted)| emitted).collect();
        assert_eq!(distinct.len(), all.len());
        for (_, Emitted { metric, grain, tuple }) in &all {
            let length_ms = tuple.end_ms - tuple.start_ms;
            let (least, most) = metric.range(length_ms);
            assert!(tuple.value.present().is_none_or(|value| (least..=most).contains(&value)), "{tuple:?}");
            assert!(length_ms <= grain.max_duration_ms());
        }
        for (metric, grain) in [(Metric::Steps, Grain::Total), (Metric::RrInterval, Grain::Sample)] {
            assert!(all.iter().any(|(_, emitted)| (emitted.metric, emitted.grain) == (metric, grain)));
        }
        assert!(all.iter().any(|(_, emitted)| emitted.tuple.rev == 1));
        assert!(all.iter().any(|(_, emitted)| emitted.tuple.value == Value::Deleted));
    }

    #[test]
    fn the_same_seed_is_the_same_readings_and_another_number_is_somebody_else() {
        let (first, again) = (wearer(1), wearer(1));
        // Asked in another order, the same: no day draws from another's chance.
        let _ = again.day(3);
        assert_eq!(first.day(2), again.day(2));
        assert_ne!(wearer(1).day(2), wearer(2).day(2));
        let one = wearer(1);
        let across = one.of_days(1..2).end - 5..one.of_days(1..2).end + 5;
        assert_eq!(one.readings_of(&across).len(), 10);
        assert_eq!(one.readings_of(&across)[5].1, one.day(2)[0]);
    }
}
