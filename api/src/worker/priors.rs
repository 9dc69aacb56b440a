use foulee_analytics::adherence::{PersonDays, Prior};
use foulee_analytics::programme::QuotaKind;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ApiError;
use crate::adherence::{Period, Plan, assess, load_rows, reference_date};
use crate::registry::{MAX_PAGE, Registry};

/// How long a prior of the cohort holds before it is taken anew, ms: a day.
const HOLDS_MS: i64 = 86_400_000;

/// A prior as stored: versioned, so that what was judged with it can be judged again.
#[derive(Serialize, Deserialize)]
struct PriorPayload {
    a: f64,
    b: f64,
    people: usize,
}

fn kind_of(kind: QuotaKind) -> String {
    format!("adherence-prior-{}", kind.as_str())
}

/// The cohort's prior for a kind of quota as last stored, else the default.
///
/// # Errors
/// When the registry fails.
pub async fn prior_of(registry: &Registry, kind: QuotaKind) -> Result<Prior, ApiError> {
    prior_as_of(registry, kind, None).await
}

/// The same as it was stored at an instant, ms UTC.
///
/// # Errors
/// When the registry fails.
pub async fn prior_as_of(
    registry: &Registry,
    kind: QuotaKind,
    known_at_ms: Option<i64>,
) -> Result<Prior, ApiError> {
    let mut snapshot = registry.latest_snapshot(&kind_of(kind)).await?;
    while let Some(later) =
        snapshot.as_ref().filter(|found| known_at_ms.is_some_and(|at| found.recorded_ms > at))
    {
        let before = later.version.saturating_sub(1);
        snapshot = registry.snapshot(&kind_of(kind), before).await?;
    }
    match snapshot {
        Some(snapshot) => {
            let payload: PriorPayload = serde_json::from_str(&snapshot.payload)?;
            Ok(Prior::new(payload.a, payload.b)?)
        }
        None => Ok(Prior::default()),
    }
}

/// Takes the cohort's priors anew where they are older than a day.
///
/// # Errors
/// When the registry fails.
pub(super) async fn refresh_priors(registry: &Registry, now_ms: i64) -> Result<(), ApiError> {
    for kind in QuotaKind::SENSED {
        let last = registry.latest_snapshot(&kind_of(kind)).await?;
        if last.is_some_and(|last| now_ms - last.recorded_ms < HOLDS_MS) {
            continue;
        }
        let people = people(registry, kind, now_ms).await?;
        // Fewer than 30 people give the default prior, which needs no snapshot.
        if people.len() < foulee_analytics::adherence::LEAST_PEOPLE {
            continue;
        }
        let prior = Prior::from_people(&people)?;
        let payload = PriorPayload { a: prior.a(), b: prior.b(), people: people.len() };
        let json = serde_json::to_string(&payload)?;
        registry.put_snapshot(&kind_of(kind), &json, &Sha256::digest(&json), now_ms).await?;
    }
    Ok(())
}

/// The valid days of everybody who has a programme, over their own last 28 days.
async fn people(registry: &Registry, kind: QuotaKind, now_ms: i64) -> Result<Vec<PersonDays>, ApiError> {
    let today =
        chrono::DateTime::from_timestamp_millis(now_ms).map_or(chrono::NaiveDate::MIN, |at| at.date_naive());
    let consents = registry.research_consents().await?;
    let mut people = Vec::new();
    let mut after = None;
    loop {
        let page = registry.participants(None, after, MAX_PAGE).await?;
        let Some(last) = page.last() else { return Ok(people) };
        after = Some(last.id);
        for participant in page {
            // Who does not agree to research is in no prior that is taken from then on.
            if !consents.admits(&participant) {
                continue;
            }
            let plan = Plan::load(registry, participant.id).await?;
            if plan.is_empty() || !plan.kinds().contains(&kind) {
                continue;
            }
            let last_day = registry.day_row_digests(participant.id).await?.iter().map(|day| day.date).max();
            let period = Period::choose(None, None, reference_date(today, last_day))?;
            let rows = load_rows(registry, participant.id, period).await?;
            let days = assess(&plan, &rows, period, kind, &Prior::default())?.adherence.days;
            if days.valid >= foulee_analytics::adherence::LEAST_VALID_DAYS {
                people.push(PersonDays { valid: days.valid, attained: days.valid_attained });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};
    use foulee_contract::ParticipantId;

    use super::*;
    use crate::ask;
    use crate::programme::graded_walking_doc;
    use crate::registry::{Computed, ConsentState, DayRow, NewParticipant, Purpose, RowWrite, StudyId};
    use crate::worker::DayPayload;

    /// 2026-03-30T12:00:00Z.
    const NOW_MS: i64 = 1_774_872_000_000;

    /// Somebody with a programme and 28 valid days before now.
    async fn walker(registry: &Registry, study: StudyId, number: u8) -> ParticipantId {
        let id = ParticipantId::from_parts(1, [number; 10]);
        let new = NewParticipant { id, external_id: None, study: Some(study) };
        registry.add_participant(new, NOW_MS).await.unwrap();
        let start = NaiveDate::from_ymd_opt(2026, 2, 2).unwrap();
        ask::assign(registry, id, &graded_walking_doc(5_000).unwrap(), start, NOW_MS).await.unwrap();
        let first = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let rows: Vec<RowWrite> = (0..28)
            .map(|at| {
                let steps = if (at + u64::from(number)) % 3 == 0 { 1_000 } else { 9_000 };
                let payload = DayPayload {
                    start_ms: 0,
                    minutes: 1_440,
                    steps: Some(steps),
                    wear_minutes: 900,
                    unknown_minutes: 540,
                    valid: true,
                    cadence_valid: true,
                    phone_only: false,
                    cadence_known: false,
                    quality: "good".to_owned(),
                    flags: Vec::new(),
                    cadence: Vec::new(),
                    causes: Default::default(),
                    counters: Default::default(),
                    totals: Vec::new(),
                    conflicts: 0,
                    last_reading_ms: None,
                    measures: Default::default(),
                };
                let payload = serde_json::to_string(&payload).unwrap();
                let computed = Computed {
                    input_digest: vec![1],
                    versions: "v".to_owned(),
                    computed_ms: NOW_MS,
                    payload,
                };
                RowWrite::Day(DayRow { participant: id, date: first + Days::new(at), computed })
            })
            .collect();
        registry.write_rows(&rows).await.unwrap();
        id
    }

    #[tokio::test]
    async fn who_does_not_agree_to_research_is_in_no_prior() {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::open(folder.path()).await.unwrap();
        let study = registry.study_of("s", NOW_MS).await.unwrap();
        let mut ids = Vec::new();
        for number in 1..=31 {
            ids.push(walker(&registry, study, number).await);
        }
        let counted = async || people(&registry, QuotaKind::Steps, NOW_MS).await.unwrap().len();
        let say = |id, state| registry.say_consent(id, Purpose::Research, state, NOW_MS, NOW_MS);
        assert_eq!(counted().await, 31, "a study that does not ask is as before");
        say(ids[0], ConsentState::Refused).await.unwrap();
        assert_eq!(counted().await, 0, "a study that asks takes a yes");
        for id in &ids[1..] {
            say(*id, ConsentState::Given).await.unwrap();
        }
        assert_eq!(counted().await, 30);
        refresh_priors(&registry, NOW_MS).await.unwrap();
        let snapshot = async || registry.latest_snapshot(&kind_of(QuotaKind::Steps)).await.unwrap();
        let taken = snapshot().await.unwrap();
        assert!(taken.payload.contains("\"people\":30"), "{}", taken.payload);
        // One more who withdraws, and there are too few: what is taken a day later is no prior of theirs.
        say(ids[1], ConsentState::Withdrawn).await.unwrap();
        assert_eq!(counted().await, 29);
        refresh_priors(&registry, NOW_MS + HOLDS_MS).await.unwrap();
        assert_eq!(
            snapshot().await.unwrap(),
            taken,
            "29 people make no prior; the one before stands, an aggregate"
        );
    }
}
