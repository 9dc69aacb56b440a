use foulee_analytics::HomeZones;
use foulee_contract::Metric;

use super::{local, person};
use crate::ApiError;
use crate::live::State;
use crate::pages::model as p;
use crate::pages::{Lang, PagesError, RATE_HOLDS_S};
use crate::registry::Participant;

/// A participant's live page, from what is newest.
///
/// # Errors
/// When the time is out of the calendar.
pub fn live_page(
    participant: &Participant,
    zones: &HomeZones,
    state: &State,
    lang: Lang,
    now_ms: i64,
) -> Result<p::LivePage, ApiError> {
    let id = participant.id;
    let today = zones.date_of(now_ms)?;
    let href = |path: String| p::Href::new(path).map_err(|error: PagesError| ApiError::from(error));
    Ok(p::LivePage {
        frame: p::Frame {
            safety: None,
            synthetic: None,
            storing: false,
            other_language: p::Href::new(format!("?lang={}", lang.other().code())).ok(),
            index: p::Href::new(format!("/?lang={}", lang.code())).ok(),
        },
        participant: person::short(participant),
        person: href(format!("/p/{id}?lang={}", lang.code()))?,
        stream: href(format!("/v1/participants/{id}/live"))?,
        home_zone: zones.zone_at(now_ms).name().to_owned(),
        now_ms,
        now: local(zones, now_ms).unwrap_or_else(|| today.and_time(chrono::NaiveTime::MIN)),
        heart_rate: state.heart_rate.as_ref().and_then(|rate| {
            Some(p::LiveRate {
                bpm: Metric::HeartRate.to_unit(rate.deci_bpm).round() as u32,
                at: local(zones, rate.at_ms)?,
                is_now: now_ms - rate.at_ms < RATE_HOLDS_S * 1_000,
            })
        }),
        today,
        // What was made before midnight is not of today.
        steps: state.steps.filter(|_| state.today == today),
        last_reading: state
            .last
            .and_then(|last| Some((local(zones, last.at_ms)?, local(zones, last.received_ms))))
            .map(|(at, received_at)| p::LastReading { at, received_at }),
    })
}
