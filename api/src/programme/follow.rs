//! From a document to what analytics follows.

use chrono::Weekday;
use foulee_analytics::programme::{
    Band, DEFAULT_TOLERANCE, DEFAULT_WALKING_CADENCE, EligibleWeekdays, Intensity, Programme, ProgrammeSpec,
    Quota, QuotaKind, Stage,
};
use foulee_contract::{
    CONTRACT_VERSION, IntensityDoc, ProgrammeDoc, QuotaDoc, QuotaKindDoc, StageDoc, WeekdayDoc,
};

use super::fault::{DocFault, Field, Wrong};
use crate::ApiError;

/// A week's days.
pub(super) const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// What analytics follows.
///
/// It asks less of a document than [`super::parse_doc`]: what was stored once is followed for ever.
///
/// # Errors
/// Names the field of a document that cannot be followed; one that starts from a baseline cannot until it was started.
pub fn programme_of(doc: &ProgrammeDoc) -> Result<Programme, ApiError> {
    followed(doc, None).map_err(|fault| ApiError::ProgrammeInvalid { faults: vec![fault] })
}

/// The same with an amount for each share of a baseline.
pub(super) fn followed(doc: &ProgrammeDoc, stand_in: Option<u32>) -> Result<Programme, DocFault> {
    let invalid = |field: Field, wrong| DocFault { line: None, field, wrong };
    let root = Field::default();
    if doc.contract != CONTRACT_VERSION {
        let (found, only) = (doc.contract.into(), CONTRACT_VERSION);
        return Err(invalid(root.key("contract"), Wrong::OutOfRange { least: only, most: only, found }));
    }
    if doc.version == 0 {
        return Err(invalid(root.key("version"), Wrong::OutOfRange { least: 1, most: u32::MAX, found: 0 }));
    }
    let stages = doc.stages.iter().enumerate().map(|(index, stage)| {
        let field = root.key("stages").index(index).key("quotas");
        let quotas = stage.quotas.iter().enumerate().map(|(index, quota)| {
            let target = quota.target.or(stand_in);
            target
                .map(|target| quota_of(stage, quota, target))
                .ok_or_else(|| invalid(field.index(index).key("target"), Wrong::NotStarted))
        });
        Ok(Stage {
            from_week: stage.from_week,
            weeks: stage.weeks,
            quotas: quotas.collect::<Result<_, _>>()?,
        })
    });
    let spec = ProgrammeSpec {
        name: doc.name.clone(),
        version: doc.version.to_string(),
        title_key: doc.name.clone(),
        stages: stages.collect::<Result<_, _>>()?,
    };
    spec.check().map_err(|error| invalid(root.key("stages"), error.into()))
}

fn quota_of(stage: &StageDoc, quota: &QuotaDoc, target: u32) -> Quota {
    Quota {
        kind: kind_of(quota.kind),
        per_week: quota.per_week,
        target,
        weekdays: eligible(stage, quota),
        min_cadence: quota.min_cadence.unwrap_or(DEFAULT_WALKING_CADENCE),
        tolerance: DEFAULT_TOLERANCE,
        intensity: quota.intensity.map_or_else(Intensity::default, intensity_of),
    }
}

fn intensity_of(doc: IntensityDoc) -> Intensity {
    let band = |ends: Option<[u16; 2]>| ends.map(|[lo, hi]| Band { lo, hi });
    Intensity {
        cadence: band(doc.cadence),
        heart_rate_reserve: band(doc.heart_rate_reserve),
        effort: band(doc.effort),
    }
}

/// The days on which a quota can be attained: its own, without the stage's rest days.
pub(super) fn eligible(stage: &StageDoc, quota: &QuotaDoc) -> EligibleWeekdays {
    let of = |days: &Vec<WeekdayDoc>| {
        let days: Vec<Weekday> = days.iter().map(|day| weekday_of(*day)).collect();
        EligibleWeekdays::of(&days)
    };
    let days = quota.days.as_ref().map_or(EligibleWeekdays::ALL, of);
    stage.rest_days.as_ref().map_or(days, |rest| days.without(of(rest)))
}

pub(crate) fn kind_of(kind: QuotaKindDoc) -> QuotaKind {
    match kind {
        QuotaKindDoc::Steps => QuotaKind::Steps,
        QuotaKindDoc::WalkMinutes => QuotaKind::WalkMinutes,
        QuotaKindDoc::Stretching => QuotaKind::Stretching,
        QuotaKindDoc::Strengthening => QuotaKind::Strengthening,
        QuotaKindDoc::Relaxation => QuotaKind::Relaxation,
        QuotaKindDoc::Workshop => QuotaKind::Workshop,
    }
}

pub(super) fn kind_doc(kind: QuotaKind) -> QuotaKindDoc {
    match kind {
        QuotaKind::Steps => QuotaKindDoc::Steps,
        QuotaKind::WalkMinutes => QuotaKindDoc::WalkMinutes,
        QuotaKind::Stretching => QuotaKindDoc::Stretching,
        QuotaKind::Strengthening => QuotaKindDoc::Strengthening,
        QuotaKind::Relaxation => QuotaKindDoc::Relaxation,
        QuotaKind::Workshop => QuotaKindDoc::Workshop,
    }
}

fn weekday_of(day: WeekdayDoc) -> Weekday {
    match day {
        WeekdayDoc::Mon => Weekday::Mon,
        WeekdayDoc::Tue => Weekday::Tue,
        WeekdayDoc::Wed => Weekday::Wed,
        WeekdayDoc::Thu => Weekday::Thu,
        WeekdayDoc::Fri => Weekday::Fri,
        WeekdayDoc::Sat => Weekday::Sat,
        WeekdayDoc::Sun => Weekday::Sun,
    }
}
