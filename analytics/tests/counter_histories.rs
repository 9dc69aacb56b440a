//! Many made-up lives of a counter, of which the truth is known.

use foulee_analytics::StepInterval;
use foulee_analytics::counters::{CounterParams, CounterReading, counter_steps};

const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1_440;

/// A generator of numbers that is the same everywhere (SplitMix64, Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: i64) -> i64 {
        (self.next() % most.unsigned_abs()) as i64
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }
}

/// A life: what was walked, what the device showed, and which days its readings determine.
struct Life {
    params: CounterParams,
    readings: Vec<CounterReading>,
    /// Steps of each day.
    truth: Vec<u64>,
    /// Whether the readings say all of a day, and nothing that can be read two ways.
    told: Vec<bool>,
    /// Whether a restart left no sign: the value behind it is no lower than the one before.
    masked: Vec<bool>,
    /// Whether the day ends behind the last reading.
    unread: Vec<bool>,
}

fn life(dice: &mut Dice) -> Life {
    let days = 1 + dice.below(4);
    let minutes = days * DAY_MINUTES;
    let params = match dice.below(5) {
        0 => CounterParams { width_bits: Some(16), ..CounterParams::default() },
        1 => CounterParams { width_bits: Some(24), ..CounterParams::default() },
        2 => CounterParams { width_bits: Some(32), ..CounterParams::default() },
        3 => CounterParams { resets_daily: true, resets_on_reboot: true, width_bits: None },
        _ => CounterParams { resets_on_reboot: true, ..CounterParams::default() },
    };
    // Up to two steps a second, in walks of some minutes.
    let mut walked = vec![0_u64; minutes as usize];
    let mut at = dice.below(200);
    while at < minutes {
        let until = (at + 1 + dice.below(30)).min(minutes);
        let cadence = 1 + dice.below(119) as u64;
        walked[at as usize..until as usize].fill(cadence);
        at = until + 1 + dice.below(300);
    }
    // What the device shows at the end of each minute, and what it forgot since the reading before.
    let reboots: Vec<i64> = (0..dice.below(3)).map(|_| dice.below(minutes)).collect();
    let most = params.width_bits.map_or(u64::MAX, |bits| 1 << bits);
    let mut shown = if params.resets_daily {
        0
    } else {
        most.min(1 << 20).saturating_sub(1 + dice.below(20_000) as u64) % most
    };
    let period = 1 + dice.below(12);
    let hole = dice.below(minutes)..0;
    let hole = hole.start..if dice.one_in(2) { hole.start + dice.below(2 * DAY_MINUTES) } else { 0 };

    let mut life = Life {
        params,
        readings: Vec::new(),
        truth: walked.chunks(DAY_MINUTES as usize).map(|day| day.iter().sum()).collect(),
        told: vec![true; days as usize],
        masked: vec![false; days as usize],
        unread: vec![false; days as usize],
    };
    let day_of = |minute: i64| ((minute - 1).max(0) / DAY_MINUTES).min(days - 1) as usize;
    let mut before: Option<(i64, u64)> = None;
    // Since the reading before: steps, those forgotten, and whether it restarted at a time that nobody tells.
    let (mut since, mut forgotten, mut restarted) = (0, 0, false);
    // Minute 0 is the instant at which the first day begins.
    for minute in 0..=minutes {
        if minute > 0 {
            let steps = walked[minute as usize - 1];
            since += steps;
            shown = (shown + steps) % most;
        }
        let midnight = minute % DAY_MINUTES == 0 && minute > 0;
        if reboots.contains(&minute) && params.resets_on_reboot {
            (forgotten, shown, restarted) = (since, 0, true);
        }
        let is_read = minute % period == 0 || minute == minutes;
        if midnight && params.resets_daily && minute < minutes {
            // The last value of a day is read before it is gone, if it is read at all.
            if is_read && !hole.contains(&minute) && dice.one_in(2) {
                let at_ms = minute * MINUTE_MS - 1;
                life.see(at_ms, shown, day_of(minute), before, (since, forgotten, restarted));
                before = Some((at_ms, shown));
                (since, restarted) = (0, false);
            }
            forgotten = since;
            shown = 0;
        }
        if is_read && !hole.contains(&minute) {
            let at_ms = minute * MINUTE_MS;
            life.see(at_ms, shown, day_of(minute), before, (since, forgotten, restarted));
            before = Some((at_ms, shown));
            (since, forgotten, restarted) = (0, 0, false);
        }
    }
    // What lies before the first reading or behind the last has not arrived: that is no matter of counting.
    let first_ms = life.readings.first().map_or(i64::MAX, |reading| reading.at_ms);
    let last_ms = before.map_or(0, |(at_ms, _)| at_ms);
    for day in (last_ms / (DAY_MINUTES * MINUTE_MS)).min(days - 1)..days {
        life.unread[day as usize] = last_ms < minutes * MINUTE_MS;
    }
    for day in 0..days {
        life.unread[day as usize] |= (day + 1) * DAY_MINUTES * MINUTE_MS <= first_ms;
    }
    // Replays, in any order.
    let replays = if life.readings.is_empty() { 0 } else { dice.below(20) };
    for _ in 0..replays {
        let again = life.readings[dice.below(life.readings.len() as i64) as usize];
        let place = dice.below(life.readings.len() as i64) as usize;
        life.readings.insert(place, again);
    }
    life
}

impl Life {
    /// The device is looked at.
    fn see(
        &mut self,
        at_ms: i64,
        value: u64,
        day: usize,
        before: Option<(i64, u64)>,
        (since, forgotten, restarted): (u64, u64, bool),
    ) {
        self.readings.push(CounterReading { at_ms, epoch: 0, value });
        let from_ms = before.map_or(0, |(from_ms, _)| from_ms);
        let first = (from_ms / (DAY_MINUTES * MINUTE_MS)) as usize;
        let days = first.min(day)..day + 1;
        // Of a counter that restarts at midnight the new value is all of the new day's.
        let is_split =
            days.len() > 1 && since > 0 && !(self.params.resets_daily && since == forgotten + value);
        let is_untold =
            forgotten > 0 || is_split || (before.is_none() && since > 0 && !self.params.resets_daily);
        if is_untold {
            self.told[days.clone()].fill(false);
        }
        if restarted && before.is_some_and(|(_, before)| value >= before) {
            self.masked[days.clone()].fill(true);
            self.told[days].fill(false);
        }
    }
}

#[test]
fn each_day_that_is_told_is_recovered_and_the_others_are_flagged() {
    let lives = if cfg!(debug_assertions) { 3_000 } else { 100_000 };
    let (mut told, mut flagged, mut masked, mut days, mut notes) = (0_u64, 0_u64, 0_u64, 0_u64, 0_usize);
    for seed in 0..lives {
        let life = life(&mut Dice(seed));
        let midnights: Vec<i64> =
            (0..=life.truth.len() as i64).map(|day| day * DAY_MINUTES * MINUTE_MS).collect();
        let found = counter_steps(&life.readings, &midnights, &life.params.check().unwrap());
        notes += found.notes.len();
        for (day, truth) in life.truth.iter().enumerate() {
            if life.unread[day] {
                continue;
            }
            let bounds = midnights[day]..midnights[day + 1];
            let inside = |steps: &&StepInterval| steps.start_ms >= bounds.start && steps.end_ms <= bounds.end;
            let recovered: u64 = found.steps.iter().filter(inside).map(|steps| u64::from(steps.count)).sum();
            let is_flagged = found.notes.iter().any(|note| note.is_about(&bounds));
            days += 1;
            if life.told[day] {
                told += 1;
                assert_eq!(recovered, *truth, "life {seed}, day {day}: {:?}\n{:?}", life.params, found.notes);
            } else if is_flagged {
                flagged += 1;
            } else {
                assert!(
                    recovered == *truth || life.masked[day],
                    "life {seed}, day {day}: {recovered} of {truth}, and not flagged: {:?}\n{:?}",
                    life.params,
                    found.notes
                );
                masked += 1;
            }
        }
    }
    println!(
        "{lives} lives, {days} days: {told} told and recovered, {flagged} flagged, {masked} restarts without a sign; \
         {notes} decisions"
    );
    assert!(told * 3 > days && flagged * 20 > days, "most lives are of some use");
}
