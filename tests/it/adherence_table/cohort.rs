//! Simulated people, their programme, and what their sensors let the pipeline see of it.

use chrono::{Days, NaiveDate};
use foulee_analytics::adherence::{DayObs, judge_day};
use foulee_analytics::cadence::MODERATE_CADENCE;
use foulee_analytics::programme::{
    DEFAULT_WALKING_CADENCE, PrescribedDay, ProgrammeSpec, Quota, QuotaKind, Stage, graded_walking,
};
use foulee_analytics::wear::{ValidDayParams, ValidDayRule, ValidWearParams};
use foulee_analytics::{HeartRate, HomeZones, MINUTE_MS, SourceDay, StepInterval, merge_day};
use foulee_person::{MINUTES_PER_DAY, Person, SeenDay, Sensor, TruthDay, WearMask, WearPattern, seen, wear};

/// Days of the run-in, in which the own baseline is taken.
pub(crate) const RUN_IN_DAYS: usize = 14;
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
    /// The run-in as a wearable sees it that is never off.
    run_in_worn: Vec<DayObs>,
    judged: Vec<TruthDay>,
}

/// One person under one pattern of wear, judged by one kind of quota.
pub(crate) struct Case {
    /// The judged days with their quotas, by date.
    pub(crate) prescribed: Vec<PrescribedDay>,
    /// What the pipeline made of what the sensor reported, by date.
    pub(crate) observed: Vec<DayObs>,
    /// Whether the whole day attained the quota, worn or not, by date.
    pub(crate) attained: Vec<bool>,
    /// Whether the pipeline judges the day attained once it is worn enough to be valid, by date: a valid day as it was
    /// worn, any other with its wear drawn again from the same pattern until it is valid. With a phone no day ever is,
    /// and the whole day decides.
    pub(crate) judged_if_valid: Vec<bool>,
}

/// First day of the run-in, a Monday.
pub(crate) fn first_day() -> NaiveDate {
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

/// Quota at the programme's start over the own baseline.
pub(crate) fn ambition(seed: u64) -> f64 {
    /// Golden ratio: its multiples modulo 1 cover an interval evenly for any number of people.
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    AMBITION.0 + (AMBITION.1 - AMBITION.0) * (seed as f64 * GOLDEN).fract()
}

impl Life {
    /// The life of the person with this seed.
    pub(crate) fn new(seed: u64) -> Self {
        let person = Person::new(seed);
        let run_in: Vec<TruthDay> = person.days(first_day(), RUN_IN_DAYS).collect();
        Self {
            ambition: ambition(seed),
            run_in_worn: see(&person, &run_in, WearPattern::Always),
            run_in,
            judged: person.days(programme_start(), JUDGED_DAYS as usize).collect(),
            person,
        }
    }

    /// The judged days as the pipeline sees them under a pattern of wear, by a quota of steps and one of walking minutes.
    ///
    /// The run-in is worn throughout, so that one quota and one truth hold under every pattern of a wearable; with a
    /// phone alone it is the phone's own, and the quota is in phone steps (docs/methods.md, Adherence).
    pub(crate) fn under(&self, pattern: WearPattern) -> [Case; 2] {
        let baseline = match pattern.sensor() {
            Sensor::Phone => see(&self.person, &self.run_in, pattern),
            Sensor::Wearable => self.run_in_worn.clone(),
        };
        let mut cases = QuotaKind::SENSED.map(|kind| Case {
            prescribed: prescribe(kind, median(&baseline, kind) * self.ambition),
            observed: vec![],
            attained: vec![],
            judged_if_valid: vec![],
        });
        for (index, truth) in self.judged.iter().enumerate() {
            let mut rng = self.person.wear_rng(truth.date);
            let mask = wear(&self.person, truth, pattern, &mut rng);
            let obs = observe(truth, &mask);
            if pattern.sensor() == Sensor::Wearable {
                assert_eq!(look(truth, &mask), obs, "a glance at the mask sees what the pipeline sees");
            }
            let valid = match pattern.sensor() {
                Sensor::Phone => obs,
                Sensor::Wearable => valid_look(truth, obs, || wear(&self.person, truth, pattern, &mut rng)),
            };
            for case in &mut cases {
                let day = &case.prescribed[index];
                case.observed.push(obs);
                case.attained.push(attains(truth, day));
                case.judged_if_valid.push(match pattern.sensor() {
                    Sensor::Phone => attains(truth, day),
                    Sensor::Wearable => judge_day(day, Some(&valid)).outcome.is_attained(),
                });
            }
        }
        cases
    }
}

/// Days as the pipeline sees them under a pattern.
fn see(person: &Person, days: &[TruthDay], pattern: WearPattern) -> Vec<DayObs> {
    days.iter().map(|day| observe(day, &wear(person, day, pattern, &mut person.wear_rng(day.date)))).collect()
}

/// Median of a kind over the days of a run-in.
pub(crate) fn median(days: &[DayObs], kind: QuotaKind) -> f64 {
    let mut done: Vec<u32> = days.iter().filter_map(|obs| obs.done(kind)).collect();
    done.sort_unstable();
    f64::from(done[done.len() / 2])
}

/// Whether the whole day attained its quota, worn or not. The tolerance of 0.9, written out again in whole numbers.
pub(crate) fn attains(truth: &TruthDay, day: &PrescribedDay) -> bool {
    let done = match day.quota.kind {
        QuotaKind::WalkMinutes => {
            truth.steps.iter().filter(|&&steps| steps >= DEFAULT_WALKING_CADENCE).count() as u32
        }
        _ => truth.total_steps(),
    };
    10 * done >= 9 * day.quota.target
}

/// The day as the wearable sees it once it is worn enough to be valid: as it was, or worn again until it is.
pub(crate) fn valid_look(truth: &TruthDay, obs: DayObs, worn_again: impl FnMut() -> WearMask) -> DayObs {
    if obs.valid {
        return obs;
    }
    std::iter::repeat_with(worn_again)
        .take(MOST_WEAR_DRAWS)
        .map(|mask| look(truth, &mask))
        .find(|again| again.valid)
        .unwrap_or_else(|| look(truth, &WearMask { sensor: Sensor::Wearable, worn: [true; MINUTES_PER_DAY] }))
}

/// What the pipeline sees of a worn day, told straight from the mask: quicker by far, and checked against the pipeline on
/// every day of the table.
pub(crate) fn look(truth: &TruthDay, mask: &WearMask) -> DayObs {
    /// Short holes in the wear, in minutes, that the pipeline bridges.
    const BRIDGED_MINUTES: usize = 5;
    let mut worn = mask.worn;
    let mut last = None;
    for minute in 0..MINUTES_PER_DAY {
        if !mask.worn[minute] {
            continue;
        }
        if let Some(last) = last.filter(|last| minute - last - 1 <= BRIDGED_MINUTES) {
            worn[last..minute].fill(true);
        }
        last = Some(minute);
    }
    let known = worn.iter().filter(|&&worn| worn).count() as u32;
    let mut obs = DayObs {
        date: truth.date,
        steps: (known > 0).then_some(0),
        walk_minutes: (known > 0).then_some(0),
        moderate_minutes: (known > 0).then_some(0),
        in_cadence_band: None,
        in_reserve_band: None,
        day_minutes: MINUTES_PER_DAY as u32,
        wear_minutes: known,
        unknown_minutes: MINUTES_PER_DAY as u32 - known,
        valid: known >= ValidDayParams::default().least_wear_minutes.into(),
        cadence_valid: known >= ValidDayParams::default().least_wear_minutes.into(),
        phone_only: false,
    };
    for (&steps, _) in truth.steps.iter().zip(mask.worn).filter(|(_, worn)| *worn) {
        let at_least = |least| u32::from(steps >= least);
        obs.steps = obs.steps.map(|sum| sum + u32::from(steps));
        obs.walk_minutes = obs.walk_minutes.map(|sum| sum + at_least(DEFAULT_WALKING_CADENCE));
        obs.moderate_minutes = obs.moderate_minutes.map(|sum| sum + at_least(MODERATE_CADENCE));
    }
    obs
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

/// What is asked for, day by day, on five days a week: two weeks at the start, two at 10 % more. Steps are those of the
/// graded-walking template; its walking minutes are the same for everybody, so that these follow the same steps from the
/// person's own.
fn prescribe(kind: QuotaKind, start: f64) -> Vec<PrescribedDay> {
    let programme = match kind {
        QuotaKind::Steps => graded_walking((start.round() as u32).clamp(500, 20_000)),
        _ => {
            let stage = |rise: f64| Stage {
                from_week: None,
                weeks: 2,
                quotas: vec![Quota::of(kind, 5, ((start * rise).round() as u32).clamp(1, 1_440))],
            };
            let stages = vec![stage(1.0), stage(1.1)];
            let (name, version) = ("table".into(), "1".into());
            ProgrammeSpec { name, version, title_key: "table".into(), stages }.check()
        }
    };
    let days = programme
        .expect("within its range")
        .prescribed_days(programme_start(), programme_start(), last_day(), kind)
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
