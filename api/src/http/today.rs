//! The pages on which a participant says something: their day, a stop for their safety, and the practitioner's page.

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use foulee_contract::{
    Edge, Felt, PainMoment, ParticipantId, RedFlag, Report, ReportAnswer, ResponseState, SessionActivity,
};
use serde::Deserialize;

use super::Service;
use super::access::Caller;
use super::fault::{Fault, Query};
use super::pages::{InLanguage, OfPerson, fault_page, frame, html, lang_of, to_enter};
use crate::pages::model::Received;
use crate::pages::{CONTENT_SECURITY_POLICY, CodeTold, Lang, render_clear, render_safety, render_today};
use crate::profile::{self, Answer};
use crate::registry::{Clearer, Right, Taken};
use crate::view::{self, Looking, PageQuery};
use crate::{reports, safety};

#[derive(Deserialize)]
pub(super) struct DayQuery {
    lang: Option<String>,
    /// What was just received.
    said: Option<String>,
}

impl InLanguage for DayQuery {
    fn lang(&self) -> Option<&str> {
        self.lang.as_deref()
    }
}

/// What who looks may do on a participant's page.
async fn looking(service: &Service, caller: Caller, id: ParticipantId) -> Result<Looking, Fault> {
    let may = async |right| service.registry.may(caller.scope, right, id).await;
    Ok(Looking { may_say: may(Right::Report).await?, may_clear: may(Right::ClearSafety).await? })
}

/// `GET /p/{id}/day`.
pub(super) async fn day(State(service): State<Service>, asked: OfPerson<DayQuery>) -> Response {
    let made = day_html(&service, &asked).await;
    asked.answer(&service, CONTENT_SECURITY_POLICY, made).await
}

async fn day_html(service: &Service, asked: &OfPerson<DayQuery>) -> Result<Option<String>, Fault> {
    let Some((caller, participant, zones)) = asked.visible(service).await? else { return Ok(None) };
    let looking = looking(service, caller, participant.id).await?;
    let received = asked.query.said.as_deref().map(|said| match said {
        "preferences" => Received::Preferences,
        _ => Received::Said,
    });
    let (lang, now_ms) = (asked.lang, (service.clock)());
    let page = view::today_page(&service.registry, &participant, &zones, looking, received, lang, now_ms);
    let mut page = page.await?;
    frame(service, &mut page.frame);
    Ok(Some(render_today(&page, lang).map_err(crate::ApiError::from)?))
}

/// What a form of the day says. Fields that may come several times are read by [`DayForm::of`].
#[derive(Debug, Default)]
struct DayForm {
    what: String,
    id: String,
    value: String,
    minutes: Option<u16>,
    /// Every pair, for what can be ticked.
    pairs: Vec<(String, String)>,
}

impl DayForm {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let text = |name: &str| {
            pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        Self {
            what: text("what"),
            id: text("id"),
            value: text("value"),
            minutes: text("minutes").trim().parse().ok(),
            pairs,
        }
    }

    /// All that was ticked under a name.
    fn ticked(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    fn answer(&self) -> Result<ReportAnswer, Fault> {
        let unknown = |field: &str| Fault::field(field, "as the page offers it");
        Ok(match self.what.as_str() {
            "pain" => ReportAnswer::Pain {
                moment: PainMoment::Now,
                nrs: self.value.parse().map_err(|_| unknown("value"))?,
            },
            "felt" => {
                ReportAnswer::Difficulty { felt: Felt::of(&self.value).ok_or_else(|| unknown("value"))? }
            }
            "flare" => ReportAnswer::Flare { edge: Edge::of(&self.value).ok_or_else(|| unknown("value"))? },
            "session" => ReportAnswer::Session {
                activity: SessionActivity::of(&self.value).ok_or_else(|| unknown("value"))?,
                minutes: self.minutes.ok_or_else(|| unknown("minutes"))?,
            },
            "signs" => {
                let codes = self.ticked("signs").into_iter().map(RedFlag::of).collect::<Option<Vec<_>>>();
                ReportAnswer::RedFlag { codes: codes.ok_or_else(|| unknown("signs"))? }
            }
            _ => return Err(unknown("what")),
        })
    }
}

/// `POST /p/{id}/day`: one thing that the person says.
pub(super) async fn say(
    State(service): State<Service>,
    asked: OfPerson<DayQuery>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    match take(&service, &asked, DayForm::of(pairs)).await {
        // What was said is kept, and loading the page again must not say it again.
        Ok(Some((id, what))) => {
            Redirect::to(&format!("/p/{id}/day?lang={}&said={what}", asked.lang.code())).into_response()
        }
        Ok(None) => to_enter(asked.lang),
        Err(fault) => asked.fault(&service, &fault).await,
    }
}

async fn take(
    service: &Service,
    asked: &OfPerson<DayQuery>,
    form: DayForm,
) -> Result<Option<(ParticipantId, &'static str)>, Fault> {
    let Some((caller, participant, _)) = asked.visible(service).await? else { return Ok(None) };
    let (id, now_ms) = (participant.id, (service.clock)());
    caller.may_say(service, id).await?;
    let _open = service.gate.read().await;
    if form.what == "preferences" {
        let answers: Vec<(String, Answer)> = ["likes", "avoids", "impossible_days"]
            .into_iter()
            .map(|item| (item.to_owned(), Answer::Given(form.ticked(item).into())))
            .collect();
        profile::set(&service.registry, id, &answers, now_ms, caller.origin(), now_ms).await?;
        return Ok(Some((id, "preferences")));
    }
    let answer = form.answer()?;
    let report = Report {
        id: form.id.parse().map_err(|_| Fault::field("id", "the one of the form"))?,
        participant: id,
        question: answer.question(),
        state: ResponseState::Answered,
        answer: Some(answer),
        effective_at: effective_at(&form.id, now_ms),
        corrects: None,
    };
    match reports::say(&service.registry, &report, caller.origin(), now_ms).await? {
        Taken::New | Taken::Duplicate => {}
        // The form was sent before with another answer, by a tap that came to be slow: the later tap holds too.
        Taken::IdTaken | Taken::CorrectedUnknown => {
            let again = Report { id: reports::new_id(now_ms)?, ..report };
            reports::say(&service.registry, &again, caller.origin(), now_ms).await?;
        }
    }
    service.live.said(&[id]);
    Ok(Some((id, "yes")))
}

/// When a form was made, which its id holds: sent twice, it says the same. Where that is not so, now.
fn effective_at(id: &str, now_ms: i64) -> DateTime<Utc> {
    let now = DateTime::from_timestamp_millis(now_ms).unwrap_or_default();
    let made_ms = id.parse::<uuid::Uuid>().ok().and_then(|id| id.get_timestamp()).map(|at| {
        let (seconds, nanos) = at.to_unix();
        i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000) + i64::from(nanos) / 1_000_000
    });
    let made = made_ms.filter(|made| (0..=86_400_000).contains(&(now_ms - made)));
    made.and_then(DateTime::from_timestamp_millis).unwrap_or(now)
}

/// `GET /p/{id}/safety`.
pub(super) async fn stop(State(service): State<Service>, asked: OfPerson<PageQuery>) -> Response {
    let made = stop_html(&service, &asked, None).await;
    asked.answer(&service, CONTENT_SECURITY_POLICY, made).await
}

async fn stop_html(
    service: &Service,
    asked: &OfPerson<PageQuery>,
    code: Option<(String, i64)>,
) -> Result<Option<String>, Fault> {
    let Some((caller, participant, zones)) = asked.visible(service).await? else { return Ok(None) };
    let looking = looking(service, caller, participant.id).await?;
    let page = view::safety_page(&service.registry, &participant, &zones, looking, code, asked.lang);
    let mut page = page.await?;
    frame(service, &mut page.frame);
    Ok(Some(render_safety(&page, asked.lang).map_err(crate::ApiError::from)?))
}

#[derive(Deserialize)]
pub(super) struct StopForm {
    what: String,
}

/// `POST /p/{id}/safety`: a sheet with a code, the person's own statement, or a professional's word.
pub(super) async fn lift(
    State(service): State<Service>,
    asked: OfPerson<PageQuery>,
    Form(form): Form<StopForm>,
) -> Response {
    match lifted(&service, &asked, &form.what).await {
        Ok(response) => response,
        Err(fault) => asked.fault(&service, &fault).await,
    }
}

async fn lifted(service: &Service, asked: &OfPerson<PageQuery>, what: &str) -> Result<Response, Fault> {
    let Some((caller, participant, _)) = asked.visible(service).await? else {
        return Ok(to_enter(asked.lang));
    };
    let (id, now_ms) = (participant.id, (service.clock)());
    let by = match what {
        "code" => {
            caller.may_say(service, id).await?;
            let made = safety::clearing_code(&service.registry, id, safety::CODE_DAYS, now_ms);
            let (code, until_ms) = made.await?;
            let made = stop_html(service, asked, Some((code.reveal().to_owned(), until_ms))).await;
            return Ok(asked.answer(service, CONTENT_SECURITY_POLICY, made).await);
        }
        "own" => {
            caller.may_say(service, id).await?;
            Clearer::OwnStatement
        }
        "professional" => {
            caller.may(service, Right::ClearSafety, id).await?;
            Clearer::Professional
        }
        _ => return Err(Fault::field("what", "as the page offers it")),
    };
    safety::clear(&service.registry, id, by, now_ms).await?;
    service.live.said(&[id]);
    Ok(Redirect::to(&format!("/p/{id}/safety?lang={}", asked.lang.code())).into_response())
}

/// `GET /clear`: for the practitioner, who has a sheet and no account.
pub(super) async fn clear_form(headers: HeaderMap, Query(query): Query<PageQuery>) -> Response {
    let lang = lang_of(query.lang.as_deref(), &headers);
    clear_page(CodeTold::NotYet, StatusCode::OK, lang)
}

#[derive(Deserialize)]
pub(super) struct ClearForm {
    code: String,
    /// Ticked: who enters it is a doctor.
    doctor: Option<String>,
}

/// `POST /clear`.
pub(super) async fn clear(
    State(service): State<Service>,
    headers: HeaderMap,
    Query(query): Query<PageQuery>,
    Form(form): Form<ClearForm>,
) -> Response {
    let lang = lang_of(query.lang.as_deref(), &headers);
    if form.doctor.as_deref() != Some("yes") {
        return clear_page(CodeTold::NotYet, StatusCode::BAD_REQUEST, lang);
    }
    match super::said::redeem(&service, &form.code).await {
        Ok(true) => clear_page(CodeTold::Cleared, StatusCode::OK, lang),
        Ok(false) => clear_page(CodeTold::Refused, StatusCode::NOT_FOUND, lang),
        Err(fault) => fault_page(&fault, lang),
    }
}

fn clear_page(told: CodeTold, status: StatusCode, lang: Lang) -> Response {
    match render_clear(told, lang) {
        Ok(text) => html(status, text),
        Err(error) => fault_page(&crate::ApiError::from(error).into(), lang),
    }
}
