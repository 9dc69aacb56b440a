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
