//! Simulated people, their programme, and what their sensors let the pipeline see of it.

use chrono::{Days, NaiveDate};
use foulee_analytics::adherence::{DayObs, judge_day};
use foulee_analytics::programme::{DEFAULT_WALKING_CADENCE, PrescribedDay, QuotaKind, graded_walking};
use foulee_analytics::wear::{ValidDayParams, ValidDayRule, ValidWearParams};
use foulee_analytics::{HeartRate, HomeZones, MINUTE_MS, SourceDay, StepInterval, merge_day};
use foulee_person::{Person, SeenDay, Sensor, TruthDay, WearMask, WearPattern, seen, wear};

/// Days of the run-in, in which the own baseline is taken.
const RUN_IN_DAYS: usize = 14;
/// Days of the programme that are judged: D.
pub(crate) const JUDGED_DAYS: u32 = 28;
/// Quota at the programme's start over the own baseline, from easy to hard, evenly over people.
const AMBITION: (f64, f64) = (0.6, 1.4);

/// Most draws of a day's wear in search of a valid one. A waking day too short to be valid under its pattern counts as
/// worn throughout (10 of 56,000 days, all under `less-on-low-step-days`).
const MOST_WEAR_DRAWS: usize = 1_000;

/// One person, day by day: the truth of the run-in and of the judged days.
pub(crate) struct Life {
    person: Person,
    ambition: f64,
    run_in: Vec<TruthDay>,
    judged: Vec<TruthDay>,
}

/// One person under one pattern of wear.
pub(crate) struct Case {
    /// The judged days with their quotas, by date.
    pub(crate) prescribed: Vec<PrescribedDay>,
    /// What the pipeline made of what the sensor reported, by date.
    pub(crate) observed: Vec<DayObs>,
    /// Whether the steps of the whole day attained the quota, worn or not, by date.
    pub(crate) attained: Vec<bool>,
    /// Whether the pipeline judges the day attained once it is worn enough to be valid, by date: a valid day as it was
    /// worn, any other with its wear drawn again from the same pattern until it is valid. With a phone no day ever is,
    /// and the whole day decides.
    pub(crate) judged_if_valid: Vec<bool>,
}

/// First day of the run-in, a Monday.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date of the calendar")
}

/// First day of the programme.
pub(crate) fn programme_start() -> NaiveDate {
    first_day() + Days::new(RUN_IN_DAYS as u64)
}

/// Last judged day.
pub(crate) fn last_day() -> NaiveDate {
    programme_start() + Days::new(u64::from(JUDGED_DAYS) - 1)
}

impl Life {
    /// The life of the person with this seed.
    pub(crate) fn new(seed: u64) -> Self {
        /// Golden ratio: its multiples modulo 1 cover an interval evenly for any number of people.
        const GOLDEN: f64 = 0.618_033_988_749_894_9;
        let person = Person::new(seed);
        let place = (seed as f64 * GOLDEN).fract();
        Self {
            ambition: AMBITION.0 + (AMBITION.1 - AMBITION.0) * place,
            run_in: person.days(first_day(), RUN_IN_DAYS).collect(),
            judged: person.days(programme_start(), JUDGED_DAYS as usize).collect(),
            person,
        }
    }

    /// The judged days as the pipeline sees them under a pattern of wear.
    ///
    /// The run-in is worn throughout, so that one quota and one truth hold under every pattern of a wearable; with a
    /// phone alone it is the phone's own, and the quota is in phone steps (docs/methods.md, Adherence).
    pub(crate) fn under(&self, pattern: WearPattern) -> Case {
        let run_in = if pattern.sensor() == Sensor::Phone { pattern } else { WearPattern::Always };
        let mut baseline: Vec<u32> = self
            .run_in
            .iter()
            .filter_map(|day| {
                observe(day, &wear(&self.person, day, run_in, &mut self.person.wear_rng(day.date))).steps
            })
            .collect();
        baseline.sort_unstable();
        let prescribed = prescribe(f64::from(baseline[baseline.len() / 2]) * self.ambition);

        let (mut observed, mut attained, mut judged_if_valid) = (vec![], vec![], vec![]);
        for (day, truth) in prescribed.iter().zip(&self.judged) {
            let mut rng = self.person.wear_rng(truth.date);
            let obs = observe(truth, &wear(&self.person, truth, pattern, &mut rng));
            observed.push(obs);
            // The tolerance of 0.9, written out again in whole numbers.
            let whole = 10 * truth.total_steps() >= 9 * day.quota.target;
            attained.push(whole);
            judged_if_valid.push(match pattern.sensor() {
                Sensor::Phone => whole,
                Sensor::Wearable if obs.valid => judge_day(day, Some(&obs)).outcome.is_attained(),
                Sensor::Wearable => {
                    let again = std::iter::repeat_with(|| wear(&self.person, truth, pattern, &mut rng))
                        .take(MOST_WEAR_DRAWS)
                        .find(|mask| mask.worn_minutes() >= ValidDayParams::default().least_wear_minutes)
                        .unwrap_or_else(|| wear(&self.person, truth, WearPattern::Always, &mut rng));
                    judge_day(day, Some(&observe(truth, &again))).outcome.is_attained()
                }
            });
        }
        Case { prescribed, observed, attained, judged_if_valid }
    }
}

/// What the pipeline makes of a day: readings, minutes, observation.
fn observe(truth: &TruthDay, mask: &WearMask) -> DayObs {
    let zone = HomeZones::fixed("UTC".parse().expect("a zone"));
    let bounds = zone.bounds(truth.date).expect("a date of the calendar");
    let source = source_day(&seen(truth, mask), mask.sensor, bounds.start);
    let minutes =
        merge_day(truth.date, bounds, &[source], &ValidWearParams::default()).expect("readings are sound");
    DayObs::from_minutes(&minutes, &ValidDayRule::default(), DEFAULT_WALKING_CADENCE)
}

/// The steps that the graded-walking template asks for, day by day: two weeks at the start, two at 10 % more.
fn prescribe(start_steps: f64) -> Vec<PrescribedDay> {
    let programme =
        graded_walking((start_steps.round() as u32).clamp(500, 20_000)).expect("within its range");
    let days = programme
        .prescribed_days(programme_start(), programme_start(), last_day(), QuotaKind::Steps)
        .expect("the period runs forward");
    assert_eq!(days.len(), JUDGED_DAYS as usize, "every day of the week is eligible");
    days
}

/// What the sensor reported: steps of every minute, 0 while it was off, and heart rate while a wearable was worn.
fn source_day(seen: &SeenDay, sensor: Sensor, midnight_ms: i64) -> SourceDay {
    let wearable = sensor == Sensor::Wearable;
    let starts = || (midnight_ms..).step_by(MINUTE_MS as usize);
    SourceDay {
        wearable,
        has_heart_rate: wearable,
        steps: starts()
            .zip(seen.steps)
            .map(|(start_ms, count)| StepInterval {
                start_ms,
                end_ms: start_ms + MINUTE_MS,
                count: count.into(),
            })
            .collect(),
        heart_rate: starts()
            .zip(seen.heart_rate_deci_bpm)
            .filter_map(|(start_ms, rate)| {
                rate.map(|deci_bpm| HeartRate { start_ms, end_ms: start_ms, deci_bpm: deci_bpm.into() })
            })
            .collect(),
        ..SourceDay::default()
    }
}
