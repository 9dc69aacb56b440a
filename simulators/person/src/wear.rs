//! In which minutes of a day the wearable was worn, or the phone carried.

use std::ops::Range;

use rand::Rng;

use crate::draw::{below, beta, unit};
use crate::person::Person;
use crate::truth::{MINUTES_PER_DAY, TruthDay};
use crate::wear_pattern::WearPattern;

/// Share of the waking day that a wearable is worn: shapes of the beta distribution (F).
const DAILY_WEAR_SHAPES: (f64, f64) = (7.0, 2.4);
/// Wear in a flare over wear without (F).
const FLARE_WEAR_RATIO: f64 = 0.85;
/// Wear on a day below the person's own median steps over wear on other days (D).
const LOW_STEP_WEAR_RATIO: f64 = 0.80;
/// Wear on a short day, in minutes: uniform within (D), below the 600 that make a day valid.
const SHORT_DAY_WEAR_MINUTES: Range<u32> = 120..570;
/// Stretches that a phone is carried and put down, in minutes: uniform within (D); carried 60 % of the waking day.
const PHONE_CARRIED_MINUTES: Range<u32> = 20..101;
const PHONE_DOWN_MINUTES: Range<u32> = 10..71;

/// What a person has on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sensor {
    /// A wearable that counts steps and measures heart rate.
    Wearable,
    /// A phone that counts steps.
    Phone,
}

/// In which minutes of a day a sensor was on the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WearMask {
    /// What the person had on them.
    pub sensor: Sensor,
    /// Whether it was worn, or carried, in each local minute.
    pub worn: [bool; MINUTES_PER_DAY],
}

impl WearMask {
    /// Minutes worn.
    #[must_use]
    pub fn worn_minutes(&self) -> u16 {
        self.worn.iter().map(|&worn| u16::from(worn)).sum()
    }
}

/// Draws when the sensor was worn on this day. [`Person::wear_rng`] gives a generator that depends on seed and date
/// alone; any other will do as well.
#[must_use]
pub fn wear(person: &Person, day: &TruthDay, pattern: WearPattern, rng: &mut impl Rng) -> WearMask {
    let all = [true; MINUTES_PER_DAY];
    let worn = match pattern {
        WearPattern::Always => all,
        WearPattern::WholeDaysOff { share } => [unit(rng.next_u64()) >= share.get(); MINUTES_PER_DAY],
        WearPattern::PartlyWorn { share } if unit(rng.next_u64()) < share.get() => {
            let minutes = daily_wear_minutes(day, 1.0, rng);
            worn_for(minutes, day, rng)
        }
        WearPattern::ShortDays { share } if unit(rng.next_u64()) < share.get() => {
            let minutes = within(&SHORT_DAY_WEAR_MINUTES, rng.next_u32());
            worn_for(minutes, day, rng)
        }
        WearPattern::PartlyWorn { .. } | WearPattern::ShortDays { .. } => all,
        WearPattern::LessInFlares => {
            let minutes = daily_wear_minutes(day, if day.flare { FLARE_WEAR_RATIO } else { 1.0 }, rng);
            worn_for(minutes, day, rng)
        }
        WearPattern::LessOnLowStepDays => {
            let low = f64::from(day.total_steps()) < person.traits().median_daily_steps;
            let minutes = daily_wear_minutes(day, if low { LOW_STEP_WEAR_RATIO } else { 1.0 }, rng);
            worn_for(minutes, day, rng)
        }
        WearPattern::PhoneOnly => carried(day, rng),
    };
    WearMask { sensor: pattern.sensor(), worn }
}

/// Minutes of wear: a share of the waking day.
fn daily_wear_minutes(day: &TruthDay, ratio: f64, rng: &mut impl Rng) -> u32 {
    let share = beta(rng, DAILY_WEAR_SHAPES.0, DAILY_WEAR_SHAPES.1) * ratio;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a day")]
    let minutes = (f64::from(day.waking_minutes()) * share).round() as u32;
    minutes
}

/// Worn for this many waking minutes, with one stretch off: before, after or between.
fn worn_for(minutes: u32, day: &TruthDay, rng: &mut impl Rng) -> [bool; MINUTES_PER_DAY] {
    let (wake, bed) = (usize::from(day.wake_minute), usize::from(day.bed_minute));
    let minutes = (minutes as usize).min(bed - wake);
    let mut worn = [false; MINUTES_PER_DAY];
    match below(rng.next_u32(), 3) {
        0 => worn[bed - minutes..bed].fill(true),
        1 => worn[wake..wake + minutes].fill(true),
        _ => {
            #[expect(clippy::cast_possible_truncation, reason = "minutes of a day")]
            let before_hole = below(rng.next_u32(), minutes as u32 + 1) as usize;
            worn[wake..wake + before_hole].fill(true);
            worn[bed - (minutes - before_hole)..bed].fill(true);
        }
    }
    worn
}

/// Stretches of the waking day with the phone in a pocket.
fn carried(day: &TruthDay, rng: &mut impl Rng) -> [bool; MINUTES_PER_DAY] {
    let (mut from, bed) = (usize::from(day.wake_minute), usize::from(day.bed_minute));
    let mut worn = [false; MINUTES_PER_DAY];
    let mut carrying = rng.next_u32() & 1 == 1;
    while from < bed {
        let stretch = if carrying { &PHONE_CARRIED_MINUTES } else { &PHONE_DOWN_MINUTES };
        let to = (from + within(stretch, rng.next_u32()) as usize).min(bed);
        worn[from..to].fill(carrying);
        carrying = !carrying;
        from = to;
    }
    worn
}

fn within(range: &Range<u32>, word: u32) -> u32 {
    range.start + below(word, range.end - range.start)
}
