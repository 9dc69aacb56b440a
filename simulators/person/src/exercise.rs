//! What a person really does of the exercises and the school that were asked for.
//!
//! Every figure here is a design choice (D): no source was found for the day-to-day course of home exercise. What it
//! makes is people who differ, weeks that differ within a person, and less in flares.

use chrono::NaiveDate;
use rand::Rng;

use crate::course::CourseDay;
use crate::draw::{Stream, normal, stream, unit};
use crate::portable_math::exp;

/// Log odds that a session asked for is begun: mean and SD between people (D); 70 % of days for the median person who is
/// neither stressed nor in a flare.
const SESSION_LOG_ODDS: (f64, f64) = (0.85, 0.9);
/// Log odds of coming to a day of the school: mean and SD between people (D); nine in ten for the median person.
const SCHOOL_LOG_ODDS: (f64, f64) = (2.2, 0.8);
/// Change of the log odds for each SD of weekly stress (D).
const STRESS_LOG_ODDS: f64 = -0.5;
/// Change of the log odds in a flare (D).
const FLARE_LOG_ODDS: f64 = -1.0;
/// Share of sessions begun that are broken off (D).
const BROKEN_OFF_SHARE: f64 = 0.12;
/// Minutes of a whole and of a broken-off session over those asked for: uniform between these (D).
const WHOLE_RATIO: (f64, f64) = (0.95, 1.25);
const BROKEN_OFF_RATIO: (f64, f64) = (0.30, 0.85);
/// Share of days with exercise on which it is done in two sessions (D).
const TWO_SESSIONS_SHARE: f64 = 0.2;
/// Share of missed days of the school that are excused (D).
const EXCUSED_SHARE: f64 = 0.6;

/// A kind of exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exercise {
    /// Stretching.
    Stretching,
    /// Strengthening.
    Strengthening,
    /// Relaxation.
    Relaxation,
}

/// How readily a person does what is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habit {
    session_log_odds: f64,
    school_log_odds: f64,
}

impl Habit {
    /// Of the person with this seed. The order of the draws is part of the format.
    pub(crate) fn draw(seed: u64) -> Self {
        let rng = &mut stream(seed, Stream::Habit);
        let mut around = |(mean, sd): (f64, f64)| mean + sd * normal(rng.next_u64());
        Self { session_log_odds: around(SESSION_LOG_ODDS), school_log_odds: around(SCHOOL_LOG_ODDS) }
    }
}

/// Chance at these log odds on such a day.
fn chance(log_odds: f64, course: &CourseDay) -> f64 {
    let flare = if course.flare { FLARE_LOG_ODDS } else { 0.0 };
    1.0 / (1.0 + exp(-(log_odds + STRESS_LOG_ODDS * course.stress + flare)))
}

/// What was really done of one kind of exercise on one local day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    /// The local date.
    pub date: NaiveDate,
    /// Minutes of each session, none of 0.
    pub minutes: Vec<u16>,
    /// Whether the exercise was broken off.
    pub broken_off: bool,
    /// Whether a flare was going on.
    pub flare: bool,
}

impl Sessions {
    pub(crate) fn draw(
        habit: &Habit,
        course: &CourseDay,
        date: NaiveDate,
        asked_minutes: u16,
        rng: &mut impl Rng,
    ) -> Self {
        let [begun, broken, ratio, two] = std::array::from_fn(|_| unit(rng.next_u64()));
        let none = Self { date, minutes: vec![], broken_off: false, flare: course.flare };
        if begun >= chance(habit.session_log_odds, course) {
            return none;
        }
        let broken_off = broken < BROKEN_OFF_SHARE;
        let (low, high) = if broken_off { BROKEN_OFF_RATIO } else { WHOLE_RATIO };
        let minutes = f64::from(asked_minutes) * (low + (high - low) * ratio);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 82,000")]
        let minutes = (minutes.round() as u32).clamp(1, u32::from(u16::MAX)) as u16;
        let minutes = match minutes / 2 {
            half @ 1.. if two < TWO_SESSIONS_SHARE => vec![half, minutes - half],
            _ => vec![minutes],
        };
        Self { minutes, broken_off, ..none }
    }

    /// Minutes done.
    #[must_use]
    pub fn total_minutes(&self) -> u32 {
        self.minutes.iter().map(|&minutes| u32::from(minutes)).sum()
    }
}

/// Whether a person came to a day of the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// The local date.
    pub date: NaiveDate,
    /// Whether the person came.
    pub came: bool,
    /// Whether an absence was excused.
    pub excused: bool,
    /// Whether a flare was going on.
    pub flare: bool,
}

impl Attendance {
    pub(crate) fn draw(habit: &Habit, course: &CourseDay, date: NaiveDate, rng: &mut impl Rng) -> Self {
        let [came, excused] = std::array::from_fn(|_| unit(rng.next_u64()));
        let came = came < chance(habit.school_log_odds, course);
        Self { date, came, excused: !came && excused < EXCUSED_SHARE, flare: course.flare }
    }
}
