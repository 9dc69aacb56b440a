//! What the fields of a document say together.

use std::collections::BTreeSet;

use foulee_analytics::programme::{DEFAULT_WALKING_CADENCE, QuotaKind};
use foulee_contract::{BaselineDoc, Contingency, ProgrammeDoc, Progression, QuotaDoc, StageDoc};

use super::fault::{Field, Wrong};
use super::follow::{eligible, kind_of};
use super::read::MOST_PERCENT;

/// Last week of a programme: ten years, as analytics follows it.
const MOST_WEEKS: u32 = 520;
/// Minutes of a day.
const DAY_MINUTES: u32 = 1440;
/// Greatest share of a run-in, percent: what the adjuster never exceeds either (clinical design, §C1). [D]
const MOST_RUN_IN_PERCENT: u16 = 150;

/// Every contradiction of a document whose fields are sound, in the order of the stages.
pub(super) fn contradictions(doc: &ProgrammeDoc, root: &Field) -> Vec<(Field, Wrong)> {
    let mut found = Vec::new();
    if doc.contingency == Some(Contingency::PainModulated) && doc.progression != Some(Progression::Adjuster) {
        found.push((root.key("contingency"), Wrong::CalendarCannotWait));
    }
    let mut free_from = 1;
    let mut tried = None;
    for (index, stage) in doc.stages.iter().enumerate() {
        let field = root.key("stages").index(index);
        let from_week = stage.from_week.map_or(free_from, u32::from);
        if from_week < free_from {
            found.push((field.key("from_week"), Wrong::StagesOverlap { from_week, free_from }));
        }
        let before = free_from;
        free_from = from_week.max(free_from) + u32::from(stage.weeks);
        if before <= MOST_WEEKS + 1 && free_from > MOST_WEEKS + 1 {
            let wrong = Wrong::TooManyWeeks { found: free_from - 1, most: MOST_WEEKS };
            found.push((field.key("weeks"), wrong));
        }
        in_stage(stage, &field, &mut tried, &mut found);
    }
    found
}

fn in_stage(stage: &StageDoc, field: &Field, tried: &mut Option<QuotaKind>, found: &mut Vec<(Field, Wrong)>) {
    let before = found.len();
    for (index, quota) in stage.quotas.iter().enumerate() {
        let field = field.key("quotas").index(index);
        let kind = kind_of(quota.kind);
        if stage.quotas[..index].iter().any(|other| other.kind == quota.kind) {
            found.push((field.key("kind"), Wrong::KindTwice { kind }));
        }
        let eligible = eligible(stage, quota).count();
        if quota.per_week > eligible {
            let wrong = Wrong::BeyondEligibleDays { per_week: quota.per_week, eligible };
            found.push((field.key("per_week"), wrong));
        }
        amount(quota, kind, &field, tried, found);
        intensity(quota, kind, &field, found);
    }
    if found.len() == before && !has_room(stage) {
        found.push((field.key("quotas"), Wrong::NoRoomInTheDays));
    }
}

fn amount(
    quota: &QuotaDoc,
    kind: QuotaKind,
    field: &Field,
    tried: &mut Option<QuotaKind>,
    found: &mut Vec<(Field, Wrong)>,
) {
    match (quota.target, quota.baseline) {
        (None, None) => found.push((field.key("target"), Wrong::TargetMissing)),
        (Some(_), Some(_)) => found.push((field.key("baseline"), Wrong::TargetAndBaseline)),
        (Some(target), None) if !(1..=kind.most_a_day()).contains(&target) => {
            let wrong = Wrong::OutOfRange { least: 1, most: kind.most_a_day(), found: target.into() };
            found.push((field.key("target"), wrong));
        }
        (None, Some(BaselineDoc::RunIn)) if kind != QuotaKind::Steps => {
            found.push((field.key("baseline"), Wrong::RunInOfOther { kind }));
        }
        (None, Some(BaselineDoc::Trials)) => {
            let first = *tried.get_or_insert(kind);
            if first != kind {
                found.push((field.key("baseline"), Wrong::TrialsOfTwoKinds { first }));
            }
        }
        _ => {}
    }
    let most = match quota.baseline {
        None if quota.percent.is_some() => {
            return found.push((field.key("percent"), Wrong::PercentOfNothing));
        }
        Some(BaselineDoc::RunIn) => MOST_RUN_IN_PERCENT.into(),
        _ => MOST_PERCENT,
    };
    if let Some(percent) = quota.percent.filter(|percent| u32::from(*percent) > most) {
        let wrong = Wrong::OutOfRange { least: 1, most, found: percent.into() };
        found.push((field.key("percent"), wrong));
    }
}

fn intensity(quota: &QuotaDoc, kind: QuotaKind, field: &Field, found: &mut Vec<(Field, Wrong)>) {
    if quota.min_cadence.is_some() && kind != QuotaKind::WalkMinutes {
        found.push((field.key("min_cadence"), Wrong::NotOfKind { kind }));
    }
    let Some(intensity) = quota.intensity else { return };
    let field = field.key("intensity");
    if kind == QuotaKind::Workshop {
        return found.push((field, Wrong::NotOfKind { kind }));
    }
    let bands = [
        ("cadence", intensity.cadence),
        ("heart_rate_reserve", intensity.heart_rate_reserve),
        ("effort", intensity.effort),
    ];
    if bands.iter().all(|(_, band)| band.is_none()) {
        found.push((field.clone(), Wrong::IntensityEmpty));
    }
    for (name, band) in bands {
        if let Some([lo, hi]) = band.filter(|[lo, hi]| lo > hi) {
            found.push((field.key(name), Wrong::BandReversed { lo, hi }));
        }
    }
    let Some([_, hi]) = intensity.cadence else { return };
    let min_cadence = quota.min_cadence.unwrap_or(DEFAULT_WALKING_CADENCE);
    if !kind.is_sensed() {
        found.push((field.key("cadence"), Wrong::NotOfKind { kind }));
    } else if kind == QuotaKind::WalkMinutes && hi < min_cadence {
        found.push((field.key("cadence"), Wrong::BandBelowWalking { min_cadence, hi }));
    }
}

/// Whether the minutes of a stage can be laid out over a week so that no day has more than it lasts. Steps are left out:
/// they are made while walking.
fn has_room(stage: &StageDoc) -> bool {
    let kinds =
        [QuotaKind::WalkMinutes, QuotaKind::Stretching, QuotaKind::Strengthening, QuotaKind::Relaxation];
    let quotas: Vec<&QuotaDoc> =
        stage.quotas.iter().filter(|quota| kinds.contains(&kind_of(quota.kind))).collect();
    // What is a share of a baseline is checked again when it is an amount.
    let minutes = |quota: &QuotaDoc| quota.target.unwrap_or(0);
    if quotas.iter().map(|quota| minutes(quota)).sum::<u32>() <= DAY_MINUTES {
        return true;
    }
    // The days that each quota still needs, in every way that the days so far could have been used.
    let mut left: BTreeSet<Vec<u8>> = [quotas.iter().map(|quota| quota.per_week).collect()].into();
    for day in super::follow::WEEK {
        let mut then = BTreeSet::new();
        for needs in &left {
            for chosen in 0_u32..1 << quotas.len() {
                let is_chosen = |at: &usize| chosen & (1 << *at) != 0;
                let done: Vec<usize> = (0..quotas.len()).filter(is_chosen).collect();
                let may = done.iter().all(|&at| needs[at] > 0 && eligible(stage, quotas[at]).contains(day));
                if may && done.iter().map(|&at| minutes(quotas[at])).sum::<u32>() <= DAY_MINUTES {
                    let mut needs = needs.clone();
                    done.iter().for_each(|&at| needs[at] -= 1);
                    then.insert(needs);
                }
            }
        }
        left = then;
    }
    left.iter().any(|needs| needs.iter().all(|days| *days == 0))
}
