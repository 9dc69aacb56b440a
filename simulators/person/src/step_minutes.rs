//! Spreads a day's steps over its waking minutes: walking bouts first, then moving about.

use rand::Rng;

use crate::draw::below;
use crate::schedule::Schedule;
use crate::traits::Traits;
use crate::truth::MINUTES_PER_DAY;

/// Steps up to which a day is ordinary; of those above, [`EXTRA_BOUT_PER_CENT`] are walked in bouts (D).
const ORDINARY_DAILY_STEPS: u32 = 8000;
const EXTRA_BOUT_PER_CENT: u32 = 90;
/// Lengths of walking bouts in minutes, each as likely (D): mean 8.5.
const BOUT_MINUTES: [u8; 16] = [2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 12, 15, 20, 30];
/// A bout of fewer steps than this is moving about, not walking (D).
const LEAST_BOUT_STEPS: u32 = 180;
/// Slowest and fastest minute inside a bout, in steps (D).
const BOUT_CADENCE: (u32, u32) = (88, 117);
/// Cadence differs by up to this between bouts, and by up to the second between minutes, either way (D).
const BOUT_JITTER: u32 = 4;
const MINUTE_JITTER: u32 = 3;
/// Moving about: fewest steps in such a minute, and the range above it (D).
const INCIDENTAL_LEAST: u32 = 3;
const INCIDENTAL_RANGE: u32 = 42;
/// Moving about comes in spells of 1 to this many minutes (D).
const INCIDENTAL_SPELL_MINUTES: u32 = 5;
/// Minutes after rising and before sleep in which no walk begins or ends (D).
const QUIET_MINUTES: u16 = 10;
/// Where sixteenths of the day's activity begin, in thousandths of the waking day (D): busiest late in the morning and
/// in the afternoon, quiet at both ends.
const DIURNAL_PER_MILLE: [u32; 17] =
    [0, 75, 130, 178, 222, 264, 306, 352, 404, 456, 504, 550, 596, 645, 705, 795, 1000];
/// How often a free place is looked for before giving up.
const BOUT_TRIES: u32 = 8;
const INCIDENTAL_TRIES: u32 = 600;
/// Fullest minutes, in steps, once no place was left for moving about.
const FILL_STEPS: [u16; 2] = [60, 120];

/// Spreads exactly `total_steps` over the waking minutes.
pub(crate) fn spread_steps(
    total_steps: u32,
    traits: &Traits,
    schedule: Schedule,
    rng: &mut impl Rng,
) -> [u16; MINUTES_PER_DAY] {
    let mut day = Placing { steps: [0; MINUTES_PER_DAY], schedule };
    let ordinary = f64::from(total_steps.min(ORDINARY_DAILY_STEPS)) * traits.bout_step_share;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 8000")]
    let in_bouts =
        ordinary as u32 + total_steps.saturating_sub(ORDINARY_DAILY_STEPS) * EXTRA_BOUT_PER_CENT / 100;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "94 to 111")]
    let cadence = traits.walking_cadence_per_minute.round() as u32;
    let mut left = total_steps - day.walk(in_bouts, cadence, rng);
    left -= day.move_about(left, rng);
    left -= day.fill(left);
    debug_assert_eq!(left, 0, "12 waking hours hold more than the most daily steps");
    day.steps
}

struct Placing {
    steps: [u16; MINUTES_PER_DAY],
    schedule: Schedule,
}

impl Placing {
    /// Places walking bouts of up to `budget` steps together; gives how many it placed.
    fn walk(&mut self, budget: u32, person_cadence: u32, rng: &mut impl Rng) -> u32 {
        let mut left = budget;
        let mut tries = 0;
        while left >= LEAST_BOUT_STEPS && tries < BOUT_TRIES {
            let word = rng.next_u32();
            let minutes = usize::from(BOUT_MINUTES[(word & 15) as usize]);
            let start = self.active_minute(rng.next_u32());
            let end = start + minutes;
            let latest = usize::from(self.schedule.bed_minute - QUIET_MINUTES);
            let earliest = usize::from(self.schedule.wake_minute + QUIET_MINUTES);
            // One still minute stays between two bouts.
            if start < earliest || end > latest || self.steps[start - 1..=end].iter().any(|&steps| steps > 0)
            {
                tries += 1;
                continue;
            }
            tries = 0;
            let cadence = person_cadence + below(word, 2 * BOUT_JITTER + 1) - BOUT_JITTER;
            for minute in start..end {
                let word = rng.next_u32();
                let ends = minute == start || minute + 1 == end;
                let whole = (cadence + below(word, 2 * MINUTE_JITTER + 1)).saturating_sub(MINUTE_JITTER);
                let whole = whole.clamp(BOUT_CADENCE.0, BOUT_CADENCE.1);
                // A bout begins and ends somewhere inside a minute.
                let share = if ends { 128 + (word & 127) } else { 256 };
                let steps = (whole * share / 256).min(left);
                self.steps[minute] = small(steps);
                left -= steps;
                if left == 0 {
                    break;
                }
            }
        }
        budget - left
    }

    /// Places spells of moving about in still minutes; gives how many steps it placed.
    fn move_about(&mut self, budget: u32, rng: &mut impl Rng) -> u32 {
        let mut left = budget;
        let bed = usize::from(self.schedule.bed_minute);
        for _ in 0..INCIDENTAL_TRIES {
            if left == 0 {
                break;
            }
            let start = self.active_minute(rng.next_u32());
            let mut word = rng.next_u32();
            let end = (start + 1 + below(word, INCIDENTAL_SPELL_MINUTES) as usize).min(bed);
            for steps in &mut self.steps[start..end] {
                if *steps == 0 {
                    // Weyl sequence: minutes of a spell differ without a word for each.
                    word = word.wrapping_mul(0x9E37_79B1).wrapping_add(0x7F4A_7C15);
                    let here = (INCIDENTAL_LEAST + below(word, INCIDENTAL_RANGE)).min(left);
                    *steps = small(here);
                    left -= here;
                }
            }
        }
        budget - left
    }

    /// Puts what found no place into the waking minutes from morning on; gives how many steps it placed.
    fn fill(&mut self, budget: u32) -> u32 {
        let mut left = budget;
        let waking = usize::from(self.schedule.wake_minute)..usize::from(self.schedule.bed_minute);
        for fullest in FILL_STEPS {
            for steps in &mut self.steps[waking.clone()] {
                if left == 0 {
                    return budget;
                }
                let more = u32::from(fullest.saturating_sub(*steps)).min(left);
                *steps += small(more);
                left -= more;
            }
        }
        budget - left
    }

    /// A waking minute, likelier when people are active.
    fn active_minute(&self, word: u32) -> usize {
        let sixteenth = (word >> 28) as usize;
        let (from, to) = (DIURNAL_PER_MILLE[sixteenth], DIURNAL_PER_MILLE[sixteenth + 1]);
        let waking = u32::from(self.schedule.bed_minute - self.schedule.wake_minute);
        let (from, to) = (from * waking / 1000, to * waking / 1000);
        usize::from(self.schedule.wake_minute) + (from + below(word << 4, to - from)) as usize
    }
}

fn small(steps: u32) -> u16 {
    debug_assert!(steps <= u32::from(u16::MAX), "steps of one minute");
    #[expect(clippy::cast_possible_truncation, reason = "steps of one minute")]
    let steps = steps as u16;
    steps
}

#[cfg(test)]
mod tests {
    use super::{MINUTES_PER_DAY, spread_steps};
    use crate::draw::{Stream, stream};
    use crate::schedule::Schedule;
    use crate::traits::Traits;

    #[test]
    fn any_total_is_spread_exactly_even_over_the_shortest_day() {
        let traits = Traits::draw(3);
        let schedule = Schedule { wake_minute: 600, bed_minute: 1260 };
        // 60,000 is more than a day ever takes: it leaves no still minute, so that the last resort is used too.
        for total in [0, 1, 150, 179, 180, 181, 5600, 8000, 8001, 15_000, 30_000, 60_000] {
            let steps = spread_steps(total, &traits, schedule, &mut stream(3, Stream::Minutes(total)));
            assert_eq!(steps.iter().map(|&s| u32::from(s)).sum::<u32>(), total);
            assert!((0..MINUTES_PER_DAY).all(|m| steps[m] == 0 || (600..1260).contains(&m)));
            assert!(steps.iter().all(|&s| s <= 120));
        }
    }
}
