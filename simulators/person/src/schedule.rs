//! When a person gets up and goes to sleep on one day.

use chrono::{Datelike, NaiveDate, Weekday};
use rand::Rng;

use crate::draw::below;
use crate::traits::Traits;

/// Minutes by which a day's times may differ from the usual, either way (D).
const DAY_JITTER_MINUTES: u32 = 30;
/// Later rising on Sundays, in minutes (D).
const SUNDAY_LATER_MINUTES: i32 = 35;
/// Earliest and latest rising, earliest and latest falling asleep, in minutes after midnight (D).
const WAKE_LIMITS: (i32, i32) = (270, 600);
const BED_LIMITS: (i32, i32) = (1260, 1439);

/// The waking part of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// First minute awake.
    pub(crate) wake_minute: u16,
    /// First minute asleep again.
    pub(crate) bed_minute: u16,
}

impl Schedule {
    pub(crate) fn draw(traits: &Traits, date: NaiveDate, rng: &mut impl Rng) -> Self {
        let jitter =
            |word| below(word, 2 * DAY_JITTER_MINUTES + 1).cast_signed() - DAY_JITTER_MINUTES.cast_signed();
        let later = if date.weekday() == Weekday::Sun { SUNDAY_LATER_MINUTES } else { 0 };
        #[expect(clippy::cast_possible_truncation, reason = "drawn within a day")]
        let usual = |minute: f64| minute.round() as i32;
        let wake = usual(traits.wake_minute) + later + jitter(rng.next_u32());
        let bed = usual(traits.bed_minute) + jitter(rng.next_u32());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped within a day")]
        let within = |minute: i32, (low, high): (i32, i32)| minute.clamp(low, high) as u16;
        Self { wake_minute: within(wake, WAKE_LIMITS), bed_minute: within(bed, BED_LIMITS) }
    }
}
