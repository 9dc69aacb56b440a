//! The course over days: how many steps each day takes and when flares come.
//!
//! Each date owns one block of 16 random words, so that any date can be worked out from the block of its own and of
//! the few dates before, without walking through a history. For that, the autoregression of log steps is cut after
//! [`MEMORY_DAYS`] (what is left out is below 1e-7 of it), a flare lasts at most [`LONGEST_FLARE_DAYS`], and stress is
//! drawn by week.

use chrono::{Datelike, NaiveDate, Weekday};
use rand::Rng;

use crate::draw::{Stream, normal, stream, unit};
use crate::portable_math::exp;
use crate::traits::Traits;

/// SD within a person of log daily steps (F).
const WITHIN_PERSON_LOG_SD: f64 = 0.45;
/// Correlation of log steps from one day to the next (F).
const DAY_TO_DAY_CORRELATION: f64 = 0.25;
/// Days of the autoregression that are kept.
const MEMORY_DAYS: usize = 12;
/// Sunday over other days (F).
const SUNDAY_STEP_RATIO: f64 = 0.84;
/// Steps of a day in flare over those without it (D): (F) gives no figure.
const FLARE_STEP_RATIO: f64 = 0.85;
/// Log hazard of a flare for each SD of weekly stress (F).
const STRESS_LOG_HAZARD: f64 = 0.45;
/// Log hazard of a flare for each unit of overload (F).
const OVERLOAD_LOG_HAZARD: f64 = 2.0;
/// Overload is the mean of this many days before over capacity, less 1, at least 0 (D).
const OVERLOAD_DAYS: usize = 3;
/// Chance that a flare lasts at most 1, 2 … 7 days: mean 3.5, for "about 3 to 4 days" (F).
const FLARE_LASTS_AT_MOST: [f64; LONGEST_FLARE_DAYS] = [0.15, 0.35, 0.55, 0.72, 0.84, 0.92, 1.0];
/// Longest flare, in days (D).
const LONGEST_FLARE_DAYS: usize = 7;
/// Most and fewest steps of a day (D): five hours' walking, and moving about at home.
const MOST_DAILY_STEPS: f64 = 30_000.0;
const FEWEST_DAILY_STEPS: f64 = 150.0;

/// The dates looked at for one day: those on which a flare still going on may have begun, those whose load may have
/// brought it on, and those that the load remembers.
const WINDOW_DAYS: usize = LONGEST_FLARE_DAYS - 1 + OVERLOAD_DAYS + MEMORY_DAYS;

/// What is settled about a day before its minutes are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CourseDay {
    pub(crate) total_steps: u32,
    pub(crate) flare: bool,
    /// Stress of the week, a standard normal number.
    pub(crate) stress: f64,
}

/// The random words of one date.
#[derive(Clone, Copy, Default)]
struct DateDraws {
    steps: f64,
    onset: f64,
    duration: f64,
}

/// A number for each date, one apart for dates that follow each other.
pub(crate) fn date_number(date: NaiveDate) -> u32 {
    // chrono's dates end ±262,000 years from ours, which is ±96 million days.
    date.num_days_from_ce().cast_unsigned().wrapping_add(1 << 31)
}

/// Works out one date.
pub(crate) fn course_day(seed: u64, traits: &Traits, date: NaiveDate) -> CourseDay {
    let draws = draw_window(seed, date);
    // intended[i] belongs to the date of draws[MEMORY_DAYS - 1 + i]; the last one is the date asked for.
    let mut intended_steps = [0.0; WINDOW_DAYS - MEMORY_DAYS + 1];
    for (index, steps) in intended_steps.iter_mut().enumerate() {
        let last = MEMORY_DAYS - 1 + index;
        let on = before(date, WINDOW_DAYS - 1 - last);
        *steps = traits.median_daily_steps * step_ratio(&draws[index..=last], on);
    }

    let stress = weekly_stress(seed, date);
    let this_week = stress[0];
    let mut flare = false;
    for days_ago in 0..LONGEST_FLARE_DAYS {
        let draws = &draws[WINDOW_DAYS - 1 - days_ago];
        if days_ago >= flare_days(draws.duration) {
            continue;
        }
        let at = intended_steps.len() - 1 - days_ago;
        let load = intended_steps[at - OVERLOAD_DAYS..at].iter().sum::<f64>() / OVERLOAD_DAYS as f64;
        let overload = (load / traits.capacity_daily_steps - 1.0).max(0.0);
        let stress = stress[weeks_between(before(date, days_ago), date)];
        let log_hazard = STRESS_LOG_HAZARD * stress + OVERLOAD_LOG_HAZARD * overload;
        let chance = traits.pain_class.flare_onset_per_day() * exp(log_hazard);
        flare |= draws.onset < chance;
    }

    let intended = intended_steps[intended_steps.len() - 1];
    let steps = if flare { intended * FLARE_STEP_RATIO } else { intended };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just here")]
    let total_steps = steps.clamp(FEWEST_DAILY_STEPS, MOST_DAILY_STEPS).round() as u32;
    CourseDay { total_steps, flare, stress: this_week }
}

fn before(date: NaiveDate, days: usize) -> NaiveDate {
    date.checked_sub_days(chrono::Days::new(days as u64)).unwrap_or(NaiveDate::MIN)
}

/// Steps of a day over the person's median, from the draws of that day (last) and the days before.
fn step_ratio(draws: &[DateDraws], on: NaiveDate) -> f64 {
    let innovation_sd = WITHIN_PERSON_LOG_SD * (1.0 - DAY_TO_DAY_CORRELATION * DAY_TO_DAY_CORRELATION).sqrt();
    let deviation = draws.iter().fold(0.0, |sum, draws| sum * DAY_TO_DAY_CORRELATION + draws.steps);
    let ratio = exp(innovation_sd * deviation);
    if on.weekday() == Weekday::Sun { ratio * SUNDAY_STEP_RATIO } else { ratio }
}

fn flare_days(duration: f64) -> usize {
    1 + FLARE_LASTS_AT_MOST.iter().filter(|&&at_most| duration >= at_most).count()
}

/// The draws of the dates up to `date`, which comes last.
fn draw_window(seed: u64, date: NaiveDate) -> [DateDraws; WINDOW_DAYS] {
    let mut rng = stream(seed, Stream::Course);
    let first = date_number(date).wrapping_sub(WINDOW_DAYS as u32 - 1);
    rng.set_word_pos(u128::from(first) * 16);
    let mut window = [DateDraws::default(); WINDOW_DAYS];
    for draws in &mut window {
        let words: [u64; 8] = std::array::from_fn(|_| rng.next_u64());
        *draws = DateDraws { steps: normal(words[0]), onset: unit(words[1]), duration: unit(words[2]) };
    }
    window
}

/// Stress of the week of `date` and of the week before, as standard normal numbers.
fn weekly_stress(seed: u64, date: NaiveDate) -> [f64; 2] {
    let mut rng = stream(seed, Stream::Stress);
    rng.set_word_pos(u128::from(week_number(date).wrapping_sub(1)) * 16);
    let [before, this] = std::array::from_fn(|_| {
        let words: [u64; 8] = std::array::from_fn(|_| rng.next_u64());
        normal(words[0])
    });
    [this, before]
}

/// A number for each week from Monday to Sunday.
fn week_number(date: NaiveDate) -> u32 {
    let monday = date.num_days_from_ce() - date.weekday().num_days_from_monday().cast_signed();
    monday.div_euclid(7).cast_unsigned().wrapping_add(1 << 31)
}

fn weeks_between(earlier: NaiveDate, later: NaiveDate) -> usize {
    week_number(later).wrapping_sub(week_number(earlier)) as usize
}

#[cfg(test)]
mod tests {
    use super::{course_day, flare_days, week_number, weeks_between};
    use crate::traits::Traits;
    use chrono::NaiveDate;

    #[test]
    fn weeks_run_from_monday_to_sunday() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
        assert_eq!(week_number(date(5)), week_number(date(11)));
        assert_eq!(week_number(date(12)), week_number(date(11)) + 1);
        assert_eq!(weeks_between(date(11), date(12)), 1);
    }

    #[test]
    fn flares_last_one_to_seven_days() {
        assert_eq!(flare_days(0.0), 1);
        assert_eq!(flare_days(0.2), 2);
        assert_eq!(flare_days(0.999), 7);
    }

    #[test]
    fn the_ends_of_the_calendar_do_no_harm() {
        let traits = Traits::draw(1);
        for date in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(course_day(1, &traits, date).total_steps > 0);
        }
    }
}
