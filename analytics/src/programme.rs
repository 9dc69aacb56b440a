//! Programmes as data: Programme -> Stage -> Quota, and what they prescribe on a date.
//!
//! Weeks are blocks of seven days from the participant's start date, not calendar weeks.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use crate::error::{AnalyticsError, check_range};

/// Share of the target that attains a day's quota. [D] 0.9 (docs/methods.md, Adherence).
pub const DEFAULT_TOLERANCE: f64 = 0.9;

/// Least cadence of a walking minute in steps/min. [D] 60 (docs/methods.md, Adherence); moderate from 100.
pub const DEFAULT_WALKING_CADENCE: u16 = 60;

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuotaKind {
    /// Steps of a day.
    Steps,
    /// Minutes of a day at the quota's own cadence or more.
    WalkMinutes,
    /// Minutes of stretching that the person reports.
    Stretching,
    /// Minutes of strengthening that the person reports.
    Strengthening,
    /// Minutes of relaxation that the person reports.
    Relaxation,
    /// Workshops of the school, by its attendance sheet.
    Workshop,
}

impl QuotaKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Steps,
        Self::WalkMinutes,
        Self::Stretching,
        Self::Strengthening,
        Self::Relaxation,
        Self::Workshop,
    ];

    /// The kinds that a sensor judges; the others are known from reports or attendance alone.
    pub const SENSED: [Self; 2] = [Self::Steps, Self::WalkMinutes];

    /// Whether a sensor judges it.
    #[must_use]
    pub fn is_sensed(self) -> bool {
        Self::SENSED.contains(&self)
    }

    /// Greatest target of a day: steps, minutes, or workshops.
    #[must_use]
    pub fn most_a_day(self) -> u32 {
        match self {
            Self::Steps => 100_000,
            Self::WalkMinutes => 1440,
            // [D] A session of more than four hours is a slip of the pen.
            Self::Stretching | Self::Strengthening | Self::Relaxation => 240,
            Self::Workshop => 12,
        }
    }

    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::WalkMinutes => "walk_minutes",
            Self::Stretching => "stretching",
            Self::Strengthening => "strengthening",
            Self::Relaxation => "relaxation",
            Self::Workshop => "workshop",
        }
    }
}

/// The days of the week on which a quota can be attained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EligibleWeekdays(u8);

impl EligibleWeekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// These days; repeated days count once.
    #[must_use]
    pub fn of(days: &[Weekday]) -> Self {
        Self(days.iter().fold(0, |bits, day| bits | 1 << day.num_days_from_monday()))
    }

    /// Whether a weekday is among them.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.num_days_from_monday()) != 0
    }

    /// Those of them that are not among the others.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// How many they are, 0 to 7.
    #[must_use]
    pub fn count(self) -> u8 {
        self.0.count_ones() as u8
    }
}

/// From the least to the greatest value, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Least.
    pub lo: u16,
    /// Greatest.
    pub hi: u16,
}

/// How hard, in one or several of three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Intensity {
    /// Cadence in steps/min, within 1 to 250.
    pub cadence: Option<Band>,
    /// Heart-rate reserve in percent, within 0 to 100.
    pub heart_rate_reserve: Option<Band>,
    /// Perceived exertion on Borg's scale, within 6 to 20.
    pub effort: Option<Band>,
}

/// How much, on how many days a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quota {
    /// What is counted.
    pub kind: QuotaKind,
    /// Days a week on which the target is to be attained, 1 to 7.
    pub per_week: u8,
    /// Steps, minutes or workshops per day.
    pub target: u32,
    /// Days that can count.
    pub weekdays: EligibleWeekdays,
    /// Least cadence of a walking minute in steps/min.
    pub min_cadence: u16,
    /// Share of the target that attains it, above 0 to 1.
    pub tolerance: f64,
    /// How hard; nothing where it is left to the person.
    pub intensity: Intensity,
}

impl Quota {
    /// A quota of steps on any day of the week, with the default tolerance.
    #[must_use]
    pub fn steps(per_week: u8, target: u32) -> Self {
        Self { kind: QuotaKind::Steps, target, ..Self::walk_minutes(per_week, target) }
    }

    /// A quota of walking minutes on any day of the week, with the default cadence and tolerance.
    #[must_use]
    pub fn walk_minutes(per_week: u8, target: u32) -> Self {
        Self::of(QuotaKind::WalkMinutes, per_week, target)
    }

    /// A quota of any kind on any day of the week, with the default cadence and tolerance.
    #[must_use]
    pub fn of(kind: QuotaKind, per_week: u8, target: u32) -> Self {
        Self {
            kind,
            per_week,
            target,
            weekdays: EligibleWeekdays::ALL,
            min_cadence: DEFAULT_WALKING_CADENCE,
            tolerance: DEFAULT_TOLERANCE,
            intensity: Intensity::default(),
        }
    }
}

/// Weeks with the same quotas.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its first week, from 1, where it does not follow the stage before at once: the weeks between are a pause.
    pub from_week: Option<u16>,
    /// Length in weeks, 1 to 104.
    pub weeks: u16,
    /// At most one per kind.
    pub quotas: Vec<Quota>,
}

/// A programme as written, before it is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgrammeSpec {
    /// Stable name.
    pub name: String,
    /// Version of this programme.
    pub version: String,
    /// Key of the title in the page texts.
    pub title_key: String,
    /// In order.
    pub stages: Vec<Stage>,
}

/// A programme that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Programme {
    spec: ProgrammeSpec,
    /// The first week of each stage, from 0.
    first_weeks: Vec<u32>,
}

/// Longest programme, weeks: ten years.
const MOST_WEEKS: f64 = 520.0;

impl ProgrammeSpec {
    /// Checks the whole programme once.
    ///
    /// # Errors
    /// Empty name, version or title key; no stage; a stage that begins before the one before it ended; a stage of 0 or more than 104 weeks, without quota, or with two of a
    /// kind; a quota with per_week outside 1 to 7 or above its eligible days, a target outside 1 to 100 000 steps or 1
    /// to 1440 minutes, a cadence outside 1 to 250 steps/min, a tolerance outside (0, 1].
    pub fn check(self) -> Result<Programme, AnalyticsError> {
        for (field, text) in
            [("name", &self.name), ("version", &self.version), ("title_key", &self.title_key)]
        {
            if text.trim().is_empty() {
                return Err(AnalyticsError::ProgrammeFieldEmpty { field });
            }
        }
        if self.stages.is_empty() {
            return Err(AnalyticsError::NoStage);
        }
        let mut first_weeks = Vec::with_capacity(self.stages.len());
        let mut next = 1;
        for (index, stage) in self.stages.iter().enumerate() {
            check_stage(index, stage)?;
            let first = stage.from_week.map_or(next, u32::from);
            if first < next {
                return Err(AnalyticsError::StagesOverlap {
                    stage: index,
                    from_week: first,
                    free_from: next,
                });
            }
            first_weeks.push(first - 1);
            next = first + u32::from(stage.weeks);
        }
        check_range("weeks in all", (next - 1).into(), 1.0, MOST_WEEKS)?;
        Ok(Programme { spec: self, first_weeks })
    }
}

fn check_stage(index: usize, stage: &Stage) -> Result<(), AnalyticsError> {
    check_range("weeks", stage.weeks.into(), 1.0, 104.0)?;
    if stage.quotas.is_empty() {
        return Err(AnalyticsError::StageWithoutQuota { stage: index });
    }
    for (position, quota) in stage.quotas.iter().enumerate() {
        if stage.quotas[..position].iter().any(|other| other.kind == quota.kind) {
            return Err(AnalyticsError::QuotaKindTwice { stage: index, kind: quota.kind });
        }
        check_range("per_week", quota.per_week.into(), 1.0, 7.0)?;
        check_range("target", quota.target.into(), 1.0, quota.kind.most_a_day().into())?;
        check_range("min_cadence", quota.min_cadence.into(), 1.0, 250.0)?;
        check_range("tolerance", quota.tolerance, f64::MIN_POSITIVE, 1.0)?;
        check_band("cadence", quota.intensity.cadence, 1, 250)?;
        check_band("heart_rate_reserve", quota.intensity.heart_rate_reserve, 0, 100)?;
        check_band("effort", quota.intensity.effort, 6, 20)?;
        let eligible = quota.weekdays.count();
        if quota.per_week > eligible {
            return Err(AnalyticsError::QuotaBeyondEligibleDays {
                stage: index,
                per_week: quota.per_week,
                eligible,
            });
        }
    }
    Ok(())
}

fn check_band(name: &'static str, band: Option<Band>, least: u16, most: u16) -> Result<(), AnalyticsError> {
    let Some(Band { lo, hi }) = band else { return Ok(()) };
    check_range(name, lo.into(), least.into(), most.into())?;
    check_range(name, hi.into(), lo.into(), most.into())
}

/// A day on which a quota can be attained, and the quota as prescribed for it.
///
/// A programme with fixed quotas yields these by [`Programme::prescribed_days`]; where a coach adjusts the target, the
/// caller puts the day's published target in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrescribedDay {
    /// The local day.
    pub date: NaiveDate,
    /// First day of its programme week.
    pub week_start: NaiveDate,
    /// The quota in force.
    pub quota: Quota,
}

impl Programme {
    /// Name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// Version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.spec.version
    }

    /// Key of the title in the page texts.
    #[must_use]
    pub fn title_key(&self) -> &str {
        &self.spec.title_key
    }

    /// Stages in order.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.spec.stages
    }

    /// Length of the whole programme in weeks, pauses included.
    #[must_use]
    pub fn weeks(&self) -> u32 {
        let last = self.first_weeks.last().zip(self.spec.stages.last());
        last.map_or(0, |(first, stage)| first + u32::from(stage.weeks))
    }

    /// Index and stage of a date; `None` before the start, in a pause, and after the end.
    #[must_use]
    pub fn stage_on(&self, start: NaiveDate, date: NaiveDate) -> Option<(usize, &Stage)> {
        let week = week_of(start, date)?;
        let stages = self.spec.stages.iter().enumerate();
        stages.zip(&self.first_weeks).map(|(stage, first)| (stage, u64::from(*first))).find_map(
            |((index, stage), first)| {
                (first..first + u64::from(stage.weeks)).contains(&week).then_some((index, stage))
            },
        )
    }

    /// The quota of a kind on a date, if the programme runs, has one, and the weekday is eligible.
    #[must_use]
    pub fn quota_on(&self, start: NaiveDate, date: NaiveDate, kind: QuotaKind) -> Option<&Quota> {
        let (_, stage) = self.stage_on(start, date)?;
        stage.quotas.iter().find(|quota| quota.kind == kind && quota.weekdays.contains(date.weekday()))
    }

    /// Eligible days of a kind from `from` to `to`, both included: the D of adherence. Days after today are the
    /// caller's to leave out, by `to`.
    ///
    /// # Errors
    /// [`AnalyticsError::PeriodReversed`]; [`AnalyticsError::DateOutOfRange`] at the end of the calendar.
    pub fn prescribed_days(
        &self,
        start: NaiveDate,
        from: NaiveDate,
        to: NaiveDate,
        kind: QuotaKind,
    ) -> Result<Vec<PrescribedDay>, AnalyticsError> {
        if to < from {
            return Err(AnalyticsError::PeriodReversed { from, to });
        }
        let mut days = Vec::new();
        let length = Days::new(7 * u64::from(self.weeks()));
        let past = start.checked_add_days(length).ok_or(AnalyticsError::DateOutOfRange { date: start })?;
        for date in from.max(start).iter_days().take_while(|&date| date <= to && date < past) {
            if let (Some(&quota), Some(week)) = (self.quota_on(start, date, kind), week_of(start, date)) {
                let week_start = start
                    .checked_add_days(Days::new(7 * week))
                    .ok_or(AnalyticsError::DateOutOfRange { date })?;
                days.push(PrescribedDay { date, week_start, quota });
            }
        }
        Ok(days)
    }
}

/// Week of a date since the start, from 0; `None` before the start.
#[must_use]
pub fn week_of(start: NaiveDate, date: NaiveDate) -> Option<u64> {
    u64::try_from((date - start).num_days()).ok().map(|days| days / 7)
}

/// The template `graded-walking`: 12 weeks, five days a week, a fixed quota raised every two weeks.
///
/// Steps start at `start_steps` (the run-in baseline: daily steps are habitual, so 100 % of it, docs/methods.md, Adherence) and rise
/// by 10 % of it per stage, to 150 %: about 5 % a week, below the +59 % in 8 weeks of McDonough 2013. Walking minutes
/// start at 10 and rise by 4 to 30 a day: WalkBack builds up to 30 min on 5 days a week. All of it is [D]: a fixed,
/// time-contingent ladder for clinicians to confirm. Targets are rounded down to 50 steps.
///
/// # Errors
/// [`AnalyticsError::ParameterOutOfRange`] for a start outside 500 to 20 000 steps.
pub fn graded_walking(start_steps: u32) -> Result<Programme, AnalyticsError> {
    /// Stages of the template, and weeks, days per week of each.
    const STAGES: u32 = 6;
    const STAGE_WEEKS: u16 = 2;
    const DAYS_PER_WEEK: u8 = 5;
    /// Rise per stage in percent of the start.
    const RISE_PERCENT: u32 = 10;
    /// Walking minutes per day at the start and their rise per stage.
    const START_MINUTES: u32 = 10;
    const RISE_MINUTES: u32 = 4;
    check_range("start_steps", start_steps.into(), 500.0, 20_000.0)?;
    let stages = (0..STAGES)
        .map(|stage| {
            let steps = start_steps * (100 + RISE_PERCENT * stage) / 100;
            Stage {
                from_week: None,
                weeks: STAGE_WEEKS,
                quotas: vec![
                    Quota::steps(DAYS_PER_WEEK, steps - steps % 50),
                    Quota::walk_minutes(DAYS_PER_WEEK, START_MINUTES + RISE_MINUTES * stage),
                ],
            }
        })
        .collect();
    ProgrammeSpec {
        name: "graded-walking".into(),
        version: "1".into(),
        title_key: "programme.graded-walking.title".into(),
        stages,
    }
    .check()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_template_rises_stepwise() {
        let programme = graded_walking(4_020).unwrap();
        assert_eq!(programme.weeks(), 12);
        let start = day("2026-03-04");
        let target = |date: &str, kind| programme.quota_on(start, day(date), kind).map(|quota| quota.target);
        assert_eq!(target("2026-03-03", QuotaKind::Steps), None);
        assert_eq!(target("2026-03-04", QuotaKind::Steps), Some(4_000));
        assert_eq!(target("2026-03-17", QuotaKind::Steps), Some(4_000));
        assert_eq!(target("2026-03-18", QuotaKind::Steps), Some(4_400));
        assert_eq!(target("2026-05-26", QuotaKind::WalkMinutes), Some(30));
        assert_eq!(target("2026-05-27", QuotaKind::WalkMinutes), None);
        assert!(graded_walking(100).is_err());
    }

    #[test]
    fn only_eligible_weekdays_are_prescribed() {
        let quota = Quota {
            weekdays: EligibleWeekdays::of(&[Weekday::Mon, Weekday::Wed, Weekday::Fri]),
            ..Quota::steps(2, 5_000)
        };
        let spec = ProgrammeSpec {
            name: "p".into(),
            version: "1".into(),
            title_key: "t".into(),
            stages: vec![Stage { from_week: None, weeks: 1, quotas: vec![quota] }],
        };
        let programme = spec.clone().check().unwrap();
        let start = day("2026-03-05"); // a Thursday
        let days =
            programme.prescribed_days(start, day("2026-03-01"), day("2026-04-01"), QuotaKind::Steps).unwrap();
        let dates: Vec<_> = days.iter().map(|d| d.date.to_string()).collect();
        assert_eq!(dates, ["2026-03-06", "2026-03-09", "2026-03-11"]);
        assert!(days.iter().all(|d| d.week_start == start));

        let beyond = Quota { per_week: 4, ..quota };
        let wrong =
            ProgrammeSpec { stages: vec![Stage { from_week: None, weeks: 1, quotas: vec![beyond] }], ..spec };
        assert_eq!(
            wrong.check(),
            Err(AnalyticsError::QuotaBeyondEligibleDays { stage: 0, per_week: 4, eligible: 3 })
        );
    }

    #[test]
    fn a_stage_may_wait_and_never_overlap() {
        let stage = |from_week, weeks| Stage {
            from_week,
            weeks,
            quotas: vec![Quota::of(QuotaKind::Stretching, 3, 20)],
        };
        let spec =
            |stages| ProgrammeSpec { name: "p".into(), version: "1".into(), title_key: "t".into(), stages };
        let programme = spec(vec![stage(None, 2), stage(Some(5), 1), stage(None, 1)]).check().unwrap();
        assert_eq!(programme.weeks(), 6);
        let start = day("2026-03-02");
        let index =
            |week: u64| programme.stage_on(start, start + Days::new(7 * week)).map(|(index, _)| index);
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(index), [Some(0), Some(0), None, None, Some(1), Some(2), None]);
        assert_eq!(
            spec(vec![stage(None, 2), stage(Some(2), 1)]).check(),
            Err(AnalyticsError::StagesOverlap { stage: 1, from_week: 2, free_from: 3 })
        );
        assert!(spec(vec![stage(Some(0), 1)]).check().is_err());
        assert!(spec(vec![stage(Some(1), 104), stage(Some(500), 104)]).check().is_err());
        let hard = Intensity { effort: Some(Band { lo: 13, hi: 11 }), ..Intensity::default() };
        let quota = Quota { intensity: hard, ..Quota::of(QuotaKind::Strengthening, 3, 20) };
        assert!(spec(vec![Stage { from_week: None, weeks: 1, quotas: vec![quota] }]).check().is_err());
    }

    #[test]
    fn a_programme_is_checked() {
        let spec =
            |stages| ProgrammeSpec { name: "p".into(), version: "1".into(), title_key: "t".into(), stages };
        let stage = |quotas| vec![Stage { from_week: None, weeks: 1, quotas }];
        assert_eq!(spec(vec![]).check(), Err(AnalyticsError::NoStage));
        assert_eq!(spec(stage(vec![])).check(), Err(AnalyticsError::StageWithoutQuota { stage: 0 }));
        assert_eq!(
            spec(stage(vec![Quota::steps(1, 1), Quota::steps(2, 2)])).check(),
            Err(AnalyticsError::QuotaKindTwice { stage: 0, kind: QuotaKind::Steps })
        );
        assert!(spec(stage(vec![Quota { tolerance: 0.0, ..Quota::steps(1, 1) }])).check().is_err());
        assert!(spec(stage(vec![Quota::steps(8, 1)])).check().is_err());
        assert!(spec(stage(vec![Quota::steps(1, 0)])).check().is_err());
        let nameless = ProgrammeSpec { name: " ".into(), ..spec(stage(vec![Quota::steps(1, 1)])) };
        assert_eq!(nameless.check(), Err(AnalyticsError::ProgrammeFieldEmpty { field: "name" }));
    }
}
