//! What stays the same about a person.

use crate::draw::{Stream, log_normal, normal, normal_within, stream, unit};
use crate::portable_math::{exp, ln};
use rand::Rng;

/// Sex as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

/// The course that a person's pain takes over months (Dunn, Kongsted; shares shifted to chronic pain (F)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PainClass {
    /// Recovering: a quarter of people.
    Recovering,
    /// Persistent and mild: 38 %.
    PersistentMild,
    /// Fluctuating: 12 %.
    Fluctuating,
    /// Severe: a quarter.
    Severe,
}

impl PainClass {
    /// Chance of a flare's onset on a day of no stress and no overload (F).
    pub(crate) fn flare_onset_per_day(self) -> f64 {
        match self {
            Self::Recovering => 0.010,
            Self::PersistentMild => 0.012,
            Self::Fluctuating => 0.050,
            Self::Severe => 0.030,
        }
    }

    /// Change of log daily steps against the whole cohort (D), a part of the covariates' share in (F).
    fn log_step_change(self) -> f64 {
        match self {
            Self::Recovering => 0.10,
            Self::PersistentMild => 0.02,
            Self::Fluctuating => -0.02,
            Self::Severe => -0.12,
        }
    }
}

/// What stays the same about a person, drawn once from the seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traits {
    /// Age in years.
    pub age_years: u8,
    /// Sex as recorded.
    pub sex: Sex,
    /// Years since the pain began.
    pub pain_duration_years: f64,
    /// The course that the pain takes.
    pub pain_class: PainClass,
    /// Median steps of an ordinary day: no Sunday, no flare.
    pub median_daily_steps: f64,
    /// Steps a day that the person can sustain; days above it make a flare likelier.
    pub capacity_daily_steps: f64,
    /// Heart rate towards which the person settles asleep, in beats per minute.
    pub resting_heart_rate_bpm: f64,
    /// Highest heart rate, in beats per minute: 208 − 0.7 × age (Tanaka 2001).
    pub max_heart_rate_bpm: f64,
    /// Preferred walking cadence, in steps per minute.
    pub walking_cadence_per_minute: f64,
    /// Share of an ordinary day's steps that are made in walking bouts.
    pub bout_step_share: f64,
    /// Heart-rate reserve that a given cadence takes, relative to the cohort: above 1 is less fit.
    pub effort_ratio: f64,
    /// Usual waking time, in local minutes after midnight.
    pub wake_minute: f64,
    /// Usual time of falling asleep, in local minutes after midnight.
    pub bed_minute: f64,
}

/// Age: mean and SD in years (F); the limits keep adults.
const AGE_YEARS: (f64, f64) = (47.0, 12.0);
const AGE_LIMITS_YEARS: (f64, f64) = (18.0, 85.0);
/// Share of women (F).
const FEMALE_SHARE: f64 = 0.64;
/// Pain duration: median in years and SD of its logarithm (F).
const PAIN_DURATION_YEARS: (f64, f64) = (6.0, 0.95);
/// Median daily steps of the cohort (F).
const COHORT_MEDIAN_DAILY_STEPS: f64 = 5600.0;
/// SD between people of log daily steps, apart from the covariates (F).
const BETWEEN_PEOPLE_LOG_SD: f64 = 0.36;
/// Change of log daily steps for each SD of age (D); with the pain class it brings the ICC near .42 (F).
const LOG_STEP_CHANGE_PER_AGE_SD: f64 = -0.10;
/// Capacity over habitual steps: uniform between these (F).
const CAPACITY_RATIO: (f64, f64) = (1.05, 1.45);
/// Sleeping heart rate, mean for men and women and SD, per minute (D), so that still waking minutes lie at 61 to 75 as
/// in four Fitbit users (median 61 to 70, 5th centile 55 to 61).
const RESTING_MALE_BPM: f64 = 61.0;
const RESTING_FEMALE_BPM: f64 = 64.0;
const RESTING_SD_BPM: f64 = 6.0;
const RESTING_LIMITS_BPM: (f64, f64) = (46.0, 84.0);
/// Walking cadence: mean, SD and limits in steps per minute (D), around the 100 that CADENCE-Adults calls moderate.
const CADENCE_PER_MINUTE: (f64, f64) = (102.0, 4.5);
const CADENCE_LIMITS_PER_MINUTE: (f64, f64) = (94.0, 111.0);
/// Share of steps in bouts: mean, SD and limits (D).
const BOUT_STEP_SHARE: (f64, f64) = (0.50, 0.08);
const BOUT_STEP_SHARE_LIMITS: (f64, f64) = (0.30, 0.70);
/// Effort at a cadence, relative: mean, SD and limits (D).
const EFFORT_RATIO: (f64, f64) = (1.0, 0.12);
const EFFORT_RATIO_LIMITS: (f64, f64) = (0.7, 1.35);
/// Waking: mean, SD and limits in minutes after midnight (D).
const WAKE_MINUTE: (f64, f64) = (415.0, 45.0);
const WAKE_LIMITS_MINUTES: (f64, f64) = (320.0, 540.0);
/// Falling asleep: mean, SD and limits in minutes after midnight (D).
const BED_MINUTE: (f64, f64) = (1375.0, 35.0);
const BED_LIMITS_MINUTES: (f64, f64) = (1290.0, 1425.0);

impl Traits {
    /// Draws the traits of the person with this seed. The order of the draws is part of the format.
    pub(crate) fn draw(seed: u64) -> Self {
        let rng = &mut stream(seed, Stream::Traits);
        let age = normal_within(rng, AGE_YEARS.0, AGE_YEARS.1, AGE_LIMITS_YEARS.0, AGE_LIMITS_YEARS.1);
        let sex = if unit(rng.next_u64()) < FEMALE_SHARE { Sex::Female } else { Sex::Male };
        let pain_duration_years = log_normal(rng, ln(PAIN_DURATION_YEARS.0), PAIN_DURATION_YEARS.1);
        let pain_class = match unit(rng.next_u64()) {
            p if p < 0.25 => PainClass::Recovering,
            p if p < 0.63 => PainClass::PersistentMild,
            p if p < 0.75 => PainClass::Fluctuating,
            _ => PainClass::Severe,
        };
        let log_steps = ln(COHORT_MEDIAN_DAILY_STEPS)
            + BETWEEN_PEOPLE_LOG_SD * normal(rng.next_u64())
            + LOG_STEP_CHANGE_PER_AGE_SD * (age - AGE_YEARS.0) / AGE_YEARS.1
            + pain_class.log_step_change();
        let median_daily_steps = exp(log_steps);
        let capacity_ratio = CAPACITY_RATIO.0 + (CAPACITY_RATIO.1 - CAPACITY_RATIO.0) * unit(rng.next_u64());
        let resting_mean = if sex == Sex::Male { RESTING_MALE_BPM } else { RESTING_FEMALE_BPM };
        let mut within =
            |(mean, sd): (f64, f64), (low, high): (f64, f64)| normal_within(rng, mean, sd, low, high);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "18 to 85")]
        let age_years = age as u8;
        Self {
            age_years,
            sex,
            pain_duration_years,
            pain_class,
            median_daily_steps,
            capacity_daily_steps: median_daily_steps * capacity_ratio,
            resting_heart_rate_bpm: within((resting_mean, RESTING_SD_BPM), RESTING_LIMITS_BPM),
            max_heart_rate_bpm: 208.0 - 0.7 * f64::from(age_years),
            walking_cadence_per_minute: within(CADENCE_PER_MINUTE, CADENCE_LIMITS_PER_MINUTE),
            bout_step_share: within(BOUT_STEP_SHARE, BOUT_STEP_SHARE_LIMITS),
            effort_ratio: within(EFFORT_RATIO, EFFORT_RATIO_LIMITS),
            wake_minute: within(WAKE_MINUTE, WAKE_LIMITS_MINUTES),
            bed_minute: within(BED_MINUTE, BED_LIMITS_MINUTES),
        }
    }
}
