//! What each figure says, as a word and its numbers. Whoever speaks to people has the sentences, in every language.

use chrono::NaiveDate;

use crate::adherence::estimate::AdherenceStatus;
use crate::adherence::interval::{Interval, Span};
use crate::adherence::week::{WeekOutcome, WeekRow};
use crate::adherence::{Adherence, MetDose};
use crate::programme::{Band, QuotaKind};

/// What a figure says. Shares are from 0 to 1 unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statement {
    /// Nothing was prescribed in the period.
    NothingPrescribed,
    /// The share of prescribed days attained is estimated.
    Estimate {
        /// Expected share.
        estimate: f64,
        /// 90 % interval.
        interval: Interval,
        /// Days it rests on.
        valid: u32,
        /// Days prescribed.
        prescribed: u32,
    },
    /// Too few valid days for an estimate.
    TooFewDays {
        /// 90 % interval.
        interval: Interval,
        /// Valid days.
        valid: u32,
        /// Valid days that an estimate needs.
        needed: u32,
        /// Days prescribed.
        prescribed: u32,
    },
    /// No valid day: bounds and nothing else.
    BoundsOnly {
        /// Hard bounds.
        bounds: Interval,
        /// Days prescribed.
        prescribed: u32,
    },
    /// Days attained for certain, missed for certain, and open; with what they bound.
    Days {
        /// Attained for certain.
        attained: u32,
        /// Missed for certain.
        missed: u32,
        /// Neither.
        open: u32,
        /// Hard bounds of the share attained.
        bounds: Interval,
    },
    /// What would follow if unseen days had been worse: no correction.
    IfUnseenWorse {
        /// The estimate under the lesser shift.
        lesser: f64,
        /// Under the greater.
        greater: f64,
    },
    /// How much of the prescribed days is known by a sensor: a share of their minutes.
    KnownMinutes {
        /// Share.
        share: f64,
    },
    /// How much of the prescribed days is known by answers: a share of the days.
    AnsweredDays {
        /// Share.
        share: f64,
    },
    /// How much of the prescribed days is known by the attendance sheet: a share of the days.
    SheetDays {
        /// Share.
        share: f64,
    },
    /// Frequency: days attained / days planned; above 1 when more was done.
    Frequency {
        /// The ratio.
        ratio: Interval,
    },
    /// Intensity: share of walking minutes in a cadence band.
    CadenceShare {
        /// Share.
        share: Interval,
        /// The quota's own band in steps/min; `None` for moderate and above.
        band: Option<Band>,
    },
    /// Intensity: share of walking minutes in the quota's band of heart-rate reserve.
    ReserveShare {
        /// Share.
        share: Interval,
        /// The band in percent.
        band: Band,
    },
    /// Intensity: share of sessions with an effort in the quota's band.
    EffortShare {
        /// Share.
        share: Interval,
        /// The band on Borg's scale.
        band: Band,
    },
    /// Time: minutes (workshops) done, capped at the target, / planned.
    Time {
        /// Share.
        share: Interval,
    },
    /// Relative dose of the kind.
    Dose {
        /// Capped: 0 to 1.
        capped: Interval,
        /// Uncapped.
        uncapped: Span,
    },
    /// Relative dose over all kinds, by MET hours.
    DoseOverKinds {
        /// MET hours planned.
        planned_met_hours: f64,
        /// Capped: 0 to 1.
        capped: Interval,
        /// Uncapped.
        uncapped: Span,
    },
    /// No interruption.
    NotInterrupted,
    /// So many interruptions; from least to greatest, at least one of them possible.
    Interruptions {
        /// Their number.
        number: Interval,
    },
    /// Sessions done and shorter than asked.
    ReducedDays {
        /// Their number of days.
        days: Interval,
    },
    /// Sessions that ended early.
    EarlyStops {
        /// Their number of days.
        days: Interval,
    },
    /// Workshop days missed with an excuse.
    ExcusedDays {
        /// Their number.
        days: u32,
    },
    /// Nothing was done in the last 28 days.
    Stopped,
    /// The plan of a week was met.
    WeekMet {
        /// First day of the week.
        from: NaiveDate,
        /// Days attained.
        done: Interval,
        /// Days asked.
        asked: u32,
    },
    /// It was met in part.
    WeekPartial {
        /// First day of the week.
        from: NaiveDate,
        /// Days attained.
        done: Interval,
        /// Days asked.
        asked: u32,
    },
    /// It was not met.
    WeekNotMet {
        /// First day of the week.
        from: NaiveDate,
        /// Days attained.
        done: Interval,
        /// Days asked.
        asked: u32,
    },
    /// It cannot be said of the week: too few days are known.
    WeekUnknown {
        /// First day of the week.
        from: NaiveDate,
        /// Days attained.
        done: Interval,
        /// Days asked.
        asked: u32,
    },
    /// The week is not over.
    WeekRunning {
        /// First day of the week.
        from: NaiveDate,
        /// Days attained so far.
        done: Interval,
        /// Days asked.
        asked: u32,
    },
    /// No week of the period is over.
    NoWholeWeek,
    /// The share of weeks whose plan was met is estimated.
    WeeksEstimate {
        /// Expected share.
        estimate: f64,
        /// 90 % interval.
        interval: Interval,
        /// Weeks.
        weeks: u32,
        /// Met for certain.
        met: u32,
        /// Not met for certain.
        not_met: u32,
    },
    /// Too few valid days for an estimate of the weeks.
    WeeksTooFewDays {
        /// 90 % interval.
        interval: Interval,
        /// Weeks.
        weeks: u32,
    },
    /// Bounds of the weeks and nothing else.
    WeeksBoundsOnly {
        /// Hard bounds.
        bounds: Interval,
        /// Weeks.
        weeks: u32,
    },
    /// The score of EARS, which stands beside.
    Ears {
        /// 0 to 24.
        score: u8,
    },
    /// EXAS, which stands beside, 0 to 100.
    Exas {
        /// The score.
        score: Interval,
    },
}

impl Statement {
    /// Every key, once.
    pub const KEYS: [&'static str; 34] = [
        "nothing_prescribed",
        "estimate",
        "too_few_days",
        "bounds_only",
        "days",
        "if_unseen_worse",
        "known_minutes",
        "answered_days",
        "sheet_days",
        "frequency",
        "cadence_share",
        "cadence_share_moderate",
        "reserve_share",
        "effort_share",
        "time",
        "dose",
        "dose_over_kinds",
        "not_interrupted",
        "interruptions",
        "reduced_days",
        "early_stops",
        "excused_days",
        "stopped",
        "week_met",
        "week_partial",
        "week_not_met",
        "week_unknown",
        "week_running",
        "no_whole_week",
        "weeks_estimate",
        "weeks_too_few_days",
        "weeks_bounds_only",
        "ears",
        "exas",
    ];

    /// Stable snake_case word, by which the sentence is found.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NothingPrescribed => "nothing_prescribed",
            Self::Estimate { .. } => "estimate",
            Self::TooFewDays { .. } => "too_few_days",
            Self::BoundsOnly { .. } => "bounds_only",
            Self::Days { .. } => "days",
            Self::IfUnseenWorse { .. } => "if_unseen_worse",
            Self::KnownMinutes { .. } => "known_minutes",
            Self::AnsweredDays { .. } => "answered_days",
            Self::SheetDays { .. } => "sheet_days",
            Self::Frequency { .. } => "frequency",
            Self::CadenceShare { band: Some(_), .. } => "cadence_share",
            Self::CadenceShare { band: None, .. } => "cadence_share_moderate",
            Self::ReserveShare { .. } => "reserve_share",
            Self::EffortShare { .. } => "effort_share",
            Self::Time { .. } => "time",
            Self::Dose { .. } => "dose",
            Self::DoseOverKinds { .. } => "dose_over_kinds",
            Self::NotInterrupted => "not_interrupted",
            Self::Interruptions { .. } => "interruptions",
            Self::ReducedDays { .. } => "reduced_days",
            Self::EarlyStops { .. } => "early_stops",
            Self::ExcusedDays { .. } => "excused_days",
            Self::Stopped => "stopped",
            Self::WeekMet { .. } => "week_met",
            Self::WeekPartial { .. } => "week_partial",
            Self::WeekNotMet { .. } => "week_not_met",
            Self::WeekUnknown { .. } => "week_unknown",
            Self::WeekRunning { .. } => "week_running",
            Self::NoWholeWeek => "no_whole_week",
            Self::WeeksEstimate { .. } => "weeks_estimate",
            Self::WeeksTooFewDays { .. } => "weeks_too_few_days",
            Self::WeeksBoundsOnly { .. } => "weeks_bounds_only",
            Self::Ears { .. } => "ears",
            Self::Exas { .. } => "exas",
        }
    }
}

impl From<MetDose> for Statement {
    fn from(dose: MetDose) -> Self {
        let MetDose { planned_met_hours, capped, uncapped } = dose;
        Self::DoseOverKinds { planned_met_hours, capped, uncapped }
    }
}

/// What an assessment of one kind says, in the order in which it is told: days, weeks, FITT, dose, course, beside.
#[must_use]
pub fn statements(of: &Adherence) -> Vec<Statement> {
    let mut said = Vec::new();
    let Some(quota) = of.by_day.last().map(|day| day.quota) else {
        return vec![Statement::NothingPrescribed];
    };
    said.extend(of_days(of));
    said.extend(of.weeks.iter().map(of_week));
    said.push(of_weeks(of));
    said.extend(of.fitt.frequency.map(|ratio| Statement::Frequency { ratio }));
    let band = quota.intensity.cadence;
    said.extend(of.fitt.intensity.map(|share| Statement::CadenceShare { share, band }));
    let reserve = of.fitt.reserve.zip(quota.intensity.heart_rate_reserve);
    said.extend(reserve.map(|(share, band)| Statement::ReserveShare { share, band }));
    let effort = of.fitt.effort.zip(quota.intensity.effort);
    said.extend(effort.map(|(share, band)| Statement::EffortShare { share, band }));
    said.extend(of.fitt.time.map(|share| Statement::Time { share }));
    let dose = of.relative_dose;
    said.extend(dose.map(|dose| Statement::Dose { capped: dose.capped, uncapped: dose.uncapped }));
    let number = of.course.interruptions;
    said.push(if number.hi > 0.0 { Statement::Interruptions { number } } else { Statement::NotInterrupted });
    said.extend(of.course.reduced_days.map(|days| Statement::ReducedDays { days }));
    said.extend(of.course.early_stops.map(|days| Statement::EarlyStops { days }));
    if of.course.excused_days > 0 {
        said.push(Statement::ExcusedDays { days: of.course.excused_days });
    }
    said.extend((of.course.stopped == Some(true)).then_some(Statement::Stopped));
    said.extend(of.ears.map(|ears| Statement::Ears { score: ears.score() }));
    said
}

fn of_days(of: &Adherence) -> Vec<Statement> {
    let (found, days) = (&of.estimate, &of.days);
    let (prescribed, valid) = (days.prescribed, days.valid);
    let mut said = Vec::new();
    let Some(bounds) = found.bounds else { return said };
    said.push(match (found.estimate, found.interval) {
        (Some(estimate), Some(interval)) => Statement::Estimate { estimate, interval, valid, prescribed },
        (None, Some(interval)) => {
            let needed = (prescribed * 2).div_ceil(7);
            Statement::TooFewDays { interval, valid, needed, prescribed }
        }
        _ => Statement::BoundsOnly { bounds, prescribed },
    });
    said.push(Statement::Days {
        attained: days.attained(),
        missed: days.missed(),
        open: days.censored(),
        bounds,
    });
    let shifted: Vec<f64> = found.sensitivity.iter().filter_map(|shifted| shifted.estimate).collect();
    if let ([lesser, greater], true) = (shifted.as_slice(), days.censored() > 0) {
        said.push(Statement::IfUnseenWorse { lesser: *lesser, greater: *greater });
    }
    said.extend(of.completeness.map(|share| match of.kind {
        QuotaKind::Workshop => Statement::SheetDays { share },
        kind if kind.is_sensed() => Statement::KnownMinutes { share },
        _ => Statement::AnsweredDays { share },
    }));
    said
}

fn of_week(week: &WeekRow) -> Statement {
    let (from, done, asked) = (week.from, week.done, u32::from(week.quota.per_week));
    match week.outcome {
        WeekOutcome::Met => Statement::WeekMet { from, done, asked },
        WeekOutcome::Partial => Statement::WeekPartial { from, done, asked },
        WeekOutcome::NotMet => Statement::WeekNotMet { from, done, asked },
        WeekOutcome::Unknown if week.open > 0 => Statement::WeekRunning { from, done, asked },
        WeekOutcome::Unknown => Statement::WeekUnknown { from, done, asked },
    }
}

fn of_weeks(of: &Adherence) -> Statement {
    let found = &of.weeks_met;
    let weeks = found.weeks;
    let Some(bounds) = found.bounds else { return Statement::NoWholeWeek };
    match (found.status, found.estimate, found.interval) {
        (AdherenceStatus::Ok, Some(estimate), Some(interval)) => {
            Statement::WeeksEstimate { estimate, interval, weeks, met: found.met, not_met: found.not_met }
        }
        (_, None, Some(interval)) => Statement::WeeksTooFewDays { interval, weeks },
        _ => Statement::WeeksBoundsOnly { bounds, weeks },
    }
}
