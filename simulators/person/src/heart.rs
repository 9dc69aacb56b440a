//! The heart rate that goes with a day's steps.
//!
//! Each minute the heart rate moves a share of the way towards what sleep, stillness or the minute's cadence ask for,
//! and slow noise is added. Whole numbers throughout (thousandths of a beat per minute), for speed and equal bytes.

use rand::Rng;

use crate::schedule::Schedule;
use crate::traits::Traits;
use crate::truth::MINUTES_PER_DAY;

/// Share of heart-rate reserve that being awake and still takes (D).
const AWAKE_RESERVE_SHARE: f64 = 0.06;
/// Share of heart-rate reserve added by each step per minute, so that 118 steps a minute take 40 % of it: CADENCE-Adults
/// puts relative moderate (40 % of reserve) at 113 to 123 steps a minute for 41 to 60 years.
const RESERVE_SHARE_PER_CADENCE: f64 = (0.40 - AWAKE_RESERVE_SHARE) / 118.0;
/// Share of the way covered within a minute, in 256ths, when rising and when falling (D): half-times of about 0.8 and
/// 1.4 minutes.
const RISE_256THS: i32 = 150;
const FALL_256THS: i32 = 100;
/// Noise: what is kept from one minute to the next, in 256ths, and the widest that is added awake and asleep, in
/// thousandths of a beat per minute (D). The SD comes to 2.5 beats per minute awake and 1.2 asleep.
const NOISE_KEPT_256THS: i32 = 205;
const NOISE_AWAKE_MILLI_BPM: i32 = 2600;
const NOISE_ASLEEP_MILLI_BPM: i32 = 1250;
/// Lowest heart rate, in thousandths of a beat per minute (D).
const LOWEST_MILLI_BPM: i32 = 38_000;

/// Heart rate in tenths of a beat per minute for each minute of the day.
pub(crate) fn heart_rate_deci_bpm(
    steps: &[u16; MINUTES_PER_DAY],
    traits: &Traits,
    schedule: Schedule,
    rng: &mut impl Rng,
) -> [u16; MINUTES_PER_DAY] {
    let reserve_bpm = traits.max_heart_rate_bpm - traits.resting_heart_rate_bpm;
    let resting = milli(traits.resting_heart_rate_bpm);
    let highest = milli(traits.max_heart_rate_bpm);
    let awake = resting + milli(reserve_bpm * AWAKE_RESERVE_SHARE);
    let per_step = milli(reserve_bpm * RESERVE_SHARE_PER_CADENCE * traits.effort_ratio);

    let mut random = [0; 2 * MINUTES_PER_DAY];
    rng.fill_bytes(&mut random);
    let (wake, bed) = (usize::from(schedule.wake_minute), usize::from(schedule.bed_minute));
    let parts = [
        (0..wake, resting, NOISE_ASLEEP_MILLI_BPM),
        (wake..bed, awake, NOISE_AWAKE_MILLI_BPM),
        (bed..MINUTES_PER_DAY, resting, NOISE_ASLEEP_MILLI_BPM),
    ];
    let mut rate = resting;
    let mut noise = 0;
    let mut out = [0; MINUTES_PER_DAY];
    for (minutes, still, widest) in parts {
        // An index and not zipped iterators: with overflow checks on, those take twice the time.
        for minute in minutes {
            let target = still + per_step * i32::from(steps[minute]);
            let share = if target > rate { RISE_256THS } else { FALL_256THS };
            rate += ((target - rate) * share) >> 8;
            let drawn = i32::from(i16::from_le_bytes([random[2 * minute], random[2 * minute + 1]]));
            noise = ((noise * NOISE_KEPT_256THS) >> 8) + ((drawn * widest) >> 15);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "38 to 200 beats per minute"
            )]
            let deci = (((rate + noise).clamp(LOWEST_MILLI_BPM, highest) + 50) / 100) as u16;
            out[minute] = deci;
        }
    }
    out
}

#[expect(clippy::cast_possible_truncation, reason = "heart rates in thousandths are below 300,000")]
fn milli(bpm: f64) -> i32 {
    (bpm * 1000.0).round() as i32
}
