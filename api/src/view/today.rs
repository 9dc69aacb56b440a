use chrono::{DateTime, NaiveDate};
use foulee_analytics::HomeZones;
use foulee_analytics::programme::QuotaKind;
use foulee_contract::{Edge, PainMoment, ParticipantId, ReportAnswer, ResponseState};

use super::{person, safety_notice};
use crate::ApiError;
use crate::adherence::{Period, Plan, load_rows};
use crate::pages::Lang;
use crate::pages::model as p;
use crate::profile;
use crate::programme::{kind_of, quotas_on};
use crate::registry::{ContextEntry, Participant, Registry, StoredReport};
use crate::reports;

/// Who looks at a participant's day, and what they may do there.
#[derive(Clone, Copy, Debug)]
pub struct Looking {
    /// Whether they may say something for the participant.
    pub may_say: bool,
    /// Whether they may lift a stop as a professional.
    pub may_clear: bool,
}

/// A participant's day: what is prescribed, what was said, what can be said. From the registry alone.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn today_page(
    registry: &Registry,
    participant: &Participant,
    zones: &HomeZones,
    looking: Looking,
    received: Option<p::Received>,
    lang: Lang,
    now_ms: i64,
) -> Result<p::TodayPage, ApiError> {
    let id = participant.id;
    let today = zones.date_of(now_ms)?;
    let stop = crate::safety::stop_of(registry, id).await?;
    let plan = if stop.is_some() { Plan::default() } else { Plan::load(registry, id).await? };
    let all = registry.reports(id, None).await?;
    let said = reports::holding(&all);
    let row = load_rows(registry, id, Period { from: today, to: today }).await?.remove(&today);
    let documented = plan.on(today).map(|(doc, start)| quotas_on(doc, start, today)).unwrap_or_default();
    let mut quotas = Vec::new();
    for kind in QuotaKind::ALL {
        let Some(planned) = plan.days(today, today, kind)?.pop() else { continue };
        let quota = planned.day.quota;
        let done = if kind.is_sensed() {
            row.as_ref().and_then(|row| row.observation(today, quota.min_cadence).done(kind))
        } else {
            minutes_said(&said, zones, today, kind)?
        };
        let names = documented.iter().filter(|doc| kind_of(doc.kind) == kind);
        quotas.push(p::TodayQuota {
            exercises: names
                .flat_map(|doc| doc.exercises.iter().flatten())
                .map(|name| match lang {
                    Lang::Fr => name.fr.clone(),
                    Lang::En => name.en.clone(),
                })
                .collect(),
            kind: person::kind_of(kind),
            target: quota.target,
            per_week: quota.per_week.into(),
            done,
        });
    }
    let new_id = || reports::new_id(now_ms).map(|id| id.to_string());
    let sessions = quotas.iter().map(|_| new_id()).collect::<Result<_, _>>()?;
    let href = |path: String| p::Href::new(path).map_err(ApiError::from);
    Ok(p::TodayPage {
        frame: frame(stop.as_ref().map(|stop| safety_notice(stop, id, lang)), "day", id, lang),
        participant: person::short(participant),
        person: href(format!("/p/{id}?lang={}", lang.code()))?,
        action: href(format!("/p/{id}/day?lang={}", lang.code()))?,
        today,
        quotas,
        withheld: stop.is_some(),
        may_say: looking.may_say,
        said: said_today(&said, zones, today)?,
        ids: p::FormIds { pain: new_id()?, felt: new_id()?, flare: new_id()?, signs: new_id()?, sessions },
        preferences: preferences(&registry.context(id, None).await?, now_ms)?,
        received,
    })
}

fn frame(safety: Option<p::SafetyNotice>, page: &str, id: ParticipantId, lang: Lang) -> p::Frame {
    p::Frame {
        safety,
        synthetic: None,
        storing: false,
        other_language: p::Href::new(format!("/p/{id}/{page}?lang={}", lang.other().code())).ok(),
        index: p::Href::new(format!("/?lang={}", lang.code())).ok(),
    }
}

/// Minutes of a kind that were reported of a day; `None` where nothing was said of it.
fn minutes_said(
    said: &[&StoredReport],
    zones: &HomeZones,
    date: NaiveDate,
    kind: QuotaKind,
) -> Result<Option<u32>, ApiError> {
    let mut all = None;
    for stored in said {
        if let Some(ReportAnswer::Session { activity, minutes }) = &stored.report.answer
            && activity.as_str() == kind.as_str()
            && zones.date_of(stored.report.effective_at.timestamp_millis())? == date
        {
            all = Some(all.unwrap_or(0) + u32::from(*minutes));
        }
    }
    Ok(all)
}

fn said_today(said: &[&StoredReport], zones: &HomeZones, today: NaiveDate) -> Result<p::Said, ApiError> {
    let mut told = p::Said::default();
    let mut flare_at: Option<DateTime<chrono::Utc>> = None;
    for stored in said {
        let report = &stored.report;
        let is_today = zones.date_of(report.effective_at.timestamp_millis())? == today;
        match &report.answer {
            Some(ReportAnswer::Pain { moment: PainMoment::Now, nrs }) if is_today => told.pain = Some(*nrs),
            Some(ReportAnswer::Difficulty { felt }) if is_today => told.felt = Some(felt.as_str()),
            Some(ReportAnswer::Flare { edge }) if flare_at.is_none_or(|at| at <= report.effective_at) => {
                flare_at = Some(report.effective_at);
                told.flare = *edge == Edge::Start;
            }
            _ => {}
        }
    }
    Ok(told)
}

fn preferences(all: &[ContextEntry], now_ms: i64) -> Result<p::Preferences, ApiError> {
    let mut told = p::Preferences::default();
    for entry in profile::holding(all, now_ms) {
        let (Some(value), ResponseState::Answered) = (&entry.value, entry.state) else { continue };
        let words = match entry.item.as_str() {
            "likes" => &mut told.likes,
            "avoids" => &mut told.avoids,
            "impossible_days" => &mut told.impossible_days,
            _ => continue,
        };
        *words = serde_json::from_str(value)?;
    }
    Ok(told)
}

/// What is stopped for a participant's safety, and how it is lifted. From the registry alone.
///
/// # Errors
/// When the registry fails.
pub async fn safety_page(
    registry: &Registry,
    participant: &Participant,
    zones: &HomeZones,
    looking: Looking,
    code: Option<(String, i64)>,
    lang: Lang,
) -> Result<p::SafetyPage, ApiError> {
    let id = participant.id;
    let stop = crate::safety::stop_of(registry, id).await?;
    let href = |path: String| p::Href::new(path).map_err(ApiError::from);
    // The notice links here: on the page itself there is nowhere to go.
    let notice = stop.as_ref().map(|stop| p::SafetyNotice { href: None, ..safety_notice(stop, id, lang) });
    let code =
        code.map(|(code, until_ms)| Ok::<_, ApiError>((code, zones.date_of(until_ms)?))).transpose()?;
    Ok(p::SafetyPage {
        frame: frame(notice, "safety", id, lang),
        participant: person::short(participant),
        person: href(format!("/p/{id}/day?lang={}", lang.code()))?,
        action: href(format!("/p/{id}/safety?lang={}", lang.code()))?,
        codes: stop.iter().flat_map(|stop| &stop.codes).map(|code| code.as_str()).collect(),
        since: stop.as_ref().and_then(|stop| super::local(zones, stop.since_ms)),
        code,
        may_say: looking.may_say,
        may_clear: looking.may_clear,
    })
}
