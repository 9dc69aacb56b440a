use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use foulee_analytics::adherence::{
    Adherence, AdherenceInput, DayObs, PacingParams, Prior, assess as judge, share_of_kinds,
};
use foulee_analytics::programme::{DEFAULT_WALKING_CADENCE, PrescribedDay, QuotaKind};
use foulee_contract::ParticipantId;

use super::{Period, Plan};
use crate::ApiError;
use crate::registry::Registry;
use crate::worker::DayPayload;

/// Day rows by date.
pub type DayRows = BTreeMap<NaiveDate, DayPayload>;

/// Adherence to one kind of quota, with the programme that it is to.
#[derive(Clone, Debug)]
pub struct Assessed {
    /// The judgement.
    pub adherence: Adherence,
    /// The programme in force at the end of the period, else the last before: its name and version.
    pub programme: Option<(String, u32)>,
    /// The share of the prescribed kinds that were done, over all kinds.
    pub kinds: Option<foulee_analytics::adherence::Interval>,
}

/// Days before a period that its first week and pacing look at.
pub(crate) const LOOK_BACK_DAYS: u64 = 27;

/// Judges a period from day rows. The rows reach [`LOOK_BACK_DAYS`] further back than the period.
///
/// # Errors
/// [`ApiError::NothingAssigned`] where no programme ever was.
pub fn assess(
    plan: &Plan,
    rows: &DayRows,
    period: Period,
    kind: QuotaKind,
    prior: &Prior,
) -> Result<Assessed, ApiError> {
    if plan.is_empty() {
        return Err(ApiError::NothingAssigned);
    }
    let adherence = one_kind(plan, rows, period, kind, prior)?;
    let mut parts = vec![adherence.fitt];
    for other in plan.all_kinds().into_iter().filter(|other| *other != kind) {
        parts.push(one_kind(plan, rows, period, other, prior)?.fitt);
    }
    let kinds = share_of_kinds(&parts);
    let programme =
        plan.on(period.to).or_else(|| plan.on(period.from)).map(|(doc, _)| (doc.name.clone(), doc.version));
    Ok(Assessed { adherence, programme, kinds })
}

fn one_kind(
    plan: &Plan,
    rows: &DayRows,
    period: Period,
    kind: QuotaKind,
    prior: &Prior,
) -> Result<Adherence, ApiError> {
    let back = period.from.checked_sub_days(Days::new(LOOK_BACK_DAYS)).unwrap_or(period.from);
    let prescribed: Vec<PrescribedDay> =
        plan.days(back, period.to, kind)?.into_iter().map(|plan| plan.day).collect();
    let observed: Vec<DayObs> = rows
        .iter()
        .map(|(date, row)| {
            let quota =
                prescribed.binary_search_by_key(date, |day| day.date).ok().map(|at| prescribed[at].quota);
            match quota {
                Some(quota) => row.observation_for(*date, &quota),
                None => row.observation(*date, DEFAULT_WALKING_CADENCE),
            }
        })
        .collect();
    let pacing = PacingParams::default().check()?;
    let input = AdherenceInput {
        from: period.from,
        to: period.to,
        kind,
        prescribed: &prescribed,
        observed: &observed,
        reported: plan.reported(kind),
        ears: None,
        prior,
        pacing: &pacing,
    };
    Ok(judge(&input)?)
}

/// The day rows of a period and of what it looks back at.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn load_rows(
    registry: &Registry,
    participant: ParticipantId,
    period: Period,
) -> Result<DayRows, ApiError> {
    let from = period.from.checked_sub_days(Days::new(LOOK_BACK_DAYS)).unwrap_or(period.from);
    let rows = registry.day_rows(participant, from, period.to).await?;
    rows.into_iter().map(|row| Ok((row.date, serde_json::from_str(&row.computed.payload)?))).collect()
}
