use foulee_contract::ParticipantId;

use super::{local, person, stopped};
use crate::ApiError;
use crate::adherence::{Period, Plan, assess, load_rows, reference_date};
use crate::pages::Lang;
use crate::pages::model as p;
use crate::registry::{Participant, Registry};
use crate::worker::prior_of;

/// The list of the participants whom somebody may see.
///
/// # Errors
/// When the registry fails or a row is damaged.
pub async fn index_page(
    registry: &Registry,
    participants: &[Participant],
    lang: Lang,
    now_ms: i64,
) -> Result<p::IndexPage, ApiError> {
    let mut rows = Vec::with_capacity(participants.len());
    for participant in participants {
        rows.push(row(registry, participant, lang, now_ms).await?);
    }
    let other_language = p::Href::new(format!("/?lang={}", lang.other().code())).ok();
    Ok(p::IndexPage { frame: p::Frame { other_language, ..p::Frame::default() }, period: None, rows })
}

async fn row(
    registry: &Registry,
    participant: &Participant,
    lang: Lang,
    now_ms: i64,
) -> Result<p::IndexRow, ApiError> {
    let id: ParticipantId = participant.id;
    let zones = crate::zones::home_zones(registry, id).await?;
    let last_day = registry.day_row_digests(id).await?.iter().map(|day| day.date).max();
    let period = Period::choose(None, None, reference_date(zones.date_of(now_ms)?, last_day))?;
    // Today is not over and no part of the period, but it has the last reading.
    let to = last_day
        .filter(|last| *last <= zones.date_of(now_ms).unwrap_or(*last))
        .map_or(period.to, |last| last.max(period.to));
    let rows = load_rows(registry, id, Period { from: period.from, to }).await?;
    let stop = crate::safety::stop_of(registry, id).await?;
    let plan = if stop.is_some() { Plan::default() } else { Plan::load(registry, id).await? };
    let mut adherence = None;
    if let (false, Some(kind)) = (plan.is_empty(), plan.all_kinds().first()) {
        let prior = prior_of(registry, *kind).await?;
        let assessed = assess(&plan, &rows, period, *kind, &prior)?;
        adherence = Some(person::adherence_view(&assessed.adherence, &rows));
    }
    let study = match participant.study {
        Some(study) => registry.study(study).await?.map(|study| study.name),
        None => None,
    };
    let programme = plan.on(period.to).map(|(doc, _)| match lang {
        Lang::Fr => doc.title.fr.clone(),
        Lang::En => doc.title.en.clone(),
    });
    Ok(p::IndexRow {
        participant: person::short(participant),
        study,
        programme,
        stopped: stop.as_ref().map(stopped),
        adherence,
        last_reading: rows
            .values()
            .rev()
            .find_map(|row| row.last_reading_ms)
            .and_then(|ms| local(&zones, ms))
            .map(|at| p::LastReading { at, received_at: None }),
        href: p::Href::new(format!("/p/{id}?lang={}", lang.code()))?,
    })
}
