use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use foulee_analytics::adherence::{ADHERENCE_VERSION, Prior};
use foulee_analytics::programme::QuotaKind;
use foulee_contract::ParticipantId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ApiError;
use crate::adherence::{Period, Plan, assess, load_rows};
use crate::registry::{Computed, Registry, ResultRow, RowWrite};

/// The kind of the rows that hold a programme week, by `KIND/FIRST-DAY`.
pub const WEEK_KIND: &str = "adherence_week";

/// A programme week as judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeekPayload {
    /// Its first day.
    pub from: NaiveDate,
    /// Kind of quota.
    pub kind: String,
    /// The day's amount.
    pub target: u32,
    /// Days a week.
    pub per_week: u8,
    /// Days attained, least and most.
    pub done: (u32, u32),
    /// Valid days.
    pub valid: u32,
    /// Eligible days.
    pub eligible: u32,
    /// What it came to.
    pub outcome: String,
}

/// Judges anew the programme weeks that hold a day whose row changed.
pub(super) async fn recompute(
    registry: &Registry,
    participant: ParticipantId,
    touched: &BTreeSet<NaiveDate>,
    now_ms: i64,
) -> Result<(), ApiError> {
    let plan = Plan::load(registry, participant).await?;
    let mut weeks: BTreeSet<NaiveDate> = BTreeSet::new();
    for date in touched {
        if let Some((_, start)) = plan.on(*date) {
            let week = foulee_analytics::programme::week_of(start, *date).unwrap_or(0);
            weeks.extend(start.checked_add_days(Days::new(7 * week)));
        }
    }
    let mut writes = Vec::new();
    for from in weeks {
        writes.extend(week_rows(registry, participant, &plan, from, now_ms).await?);
    }
    registry.write_rows(&writes).await?;
    Ok(())
}

async fn week_rows(
    registry: &Registry,
    participant: ParticipantId,
    plan: &Plan,
    from: NaiveDate,
    now_ms: i64,
) -> Result<Vec<RowWrite>, ApiError> {
    let period = Period { from, to: from.checked_add_days(Days::new(6)).unwrap_or(from) };
    let rows = load_rows(registry, participant, period).await?;
    let mut writes = Vec::new();
    for kind in plan.kinds() {
        if let Some(payload) = judge(plan, &rows, period, kind)? {
            let json = serde_json::to_string(&payload)?;
            let computed = Computed {
                // The payload is all that was looked at, judged: equal judgement, nothing to write.
                input_digest: Sha256::digest(&json).to_vec(),
                versions: ADHERENCE_VERSION.to_owned(),
                computed_ms: now_ms,
                payload: json,
            };
            let key = format!("{}/{from}", kind.as_str());
            writes.push(RowWrite::Result(ResultRow {
                participant,
                kind: WEEK_KIND.to_owned(),
                key,
                computed,
            }));
        }
    }
    Ok(writes)
}

fn judge(
    plan: &Plan,
    rows: &crate::adherence::DayRows,
    period: Period,
    kind: QuotaKind,
) -> Result<Option<WeekPayload>, ApiError> {
    let assessed = assess(plan, rows, period, kind, &Prior::default())?;
    let days = assessed.adherence.days;
    Ok(assessed.adherence.weeks.iter().find(|week| week.from == period.from).map(|week| WeekPayload {
        from: period.from,
        kind: kind.as_str().to_owned(),
        target: week.quota.target,
        per_week: week.quota.per_week,
        done: (week.done.lo as u32, week.done.hi as u32),
        valid: days.valid,
        eligible: days.prescribed,
        outcome: week.outcome.as_str().to_owned(),
    }))
}
