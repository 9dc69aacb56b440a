use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use foulee_analytics::HomeZones;
use foulee_contract::{ParticipantId, Problem, ProblemKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Service;
use super::access::{COOKIE, Caller};
use super::audit::About;
use super::fault::{Fault, Path, Query};
use super::feeds::place_among_readers;
use super::participants::visible;
use crate::live::Shown;
use crate::pages::model::{ErrorKind, ErrorPage, Frame, SafetyNotice, Synthetic};
use crate::pages::{
    Asset, CONTENT_SECURITY_POLICY, LIVE_CONTENT_SECURITY_POLICY, LIVE_SCRIPT, Lang, STYLESHEET, render,
    render_error, render_index, render_live, render_received,
};
use crate::registry::{Participant, Reach, Right, Role, Scope};
use crate::view::{self, PageQuery, ReceivedQuery};

/// How long the live page waits for what is newest.
const LONGEST_LOOK: Duration = Duration::from_secs(5);
const LONGEST_LOOK_WHEN_STOPPED: Duration = Duration::from_millis(500);
/// People on the list's page: what a clinician follows.
const LIST: u32 = 200;

pub(super) fn lang_of(query: Option<&str>, headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Lang::choose(query, accepted)
}

pub(super) fn html(status: StatusCode, text: String) -> Response {
    html_under(CONTENT_SECURITY_POLICY, status, text)
}

fn html_under(policy: &'static str, status: StatusCode, text: String) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    let policy = HeaderValue::from_static(policy);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Received so long ago and not in the store: then it is worth a word.
const LATE_MS: i64 = 2_000;

/// What the service knows that a view does not.
pub(super) fn frame(service: &Service, frame: &mut Frame) {
    frame.synthetic = service.synthetic.then_some(Synthetic::MadeOf);
    let since_ms = service.store.backlog().and_then(|backlog| backlog.waiting_since_ms);
    frame.storing = since_ms.is_some_and(|since_ms| (service.clock)().saturating_sub(since_ms) >= LATE_MS);
}

/// A problem as a page.
pub(super) fn fault_page(fault: &Fault, lang: Lang) -> Response {
    fault_page_within(Frame::default(), fault, lang)
}

fn fault_page_within(frame: Frame, fault: &Fault, lang: Lang) -> Response {
    let problem = fault.problem();
    let kind = match problem.kind {
        ProblemKind::Unauthorized | ProblemKind::Forbidden => ErrorKind::NotAllowed,
        ProblemKind::NotFound => ErrorKind::NotFound,
        ProblemKind::TooManyRequests => ErrorKind::TooMany,
        ProblemKind::Unavailable => ErrorKind::Unavailable,
        ProblemKind::Internal => ErrorKind::Internal,
        _ => ErrorKind::BadRequest,
    };
    let page = ErrorPage { frame, kind, request_id: problem.instance.clone() };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    html(status, render_error(&page, lang).unwrap_or_else(|_| problem.title.clone()))
}

pub(super) async fn index(
    State(service): State<Service>,
    headers: HeaderMap,
    Query(query): Query<PageQuery>,
) -> Response {
    let lang = lang_of(query.lang.as_deref(), &headers);
    match index_html(&service, &headers, lang).await {
        Ok(Some((text, about))) => (Extension(about), html(StatusCode::OK, text)).into_response(),
        Ok(None) => to_enter(lang),
        Err(fault) => fault_page(&fault, lang),
    }
}

async fn index_html(
    service: &Service,
    headers: &HeaderMap,
    lang: Lang,
) -> Result<Option<(String, About)>, Fault> {
    let Some(caller) = Caller::of_headers(service, headers).await? else { return Ok(None) };
    let people = visible(service, caller, None, None, LIST).await?;
    let mut page = view::index_page(&service.registry, &people, lang, (service.clock)()).await?;
    frame(service, &mut page.frame);
    let about = About { caller, people: people.iter().map(|one| one.id).collect() };
    Ok(Some((render_index(&page, lang).map_err(crate::ApiError::from)?, about)))
}

/// What a page's address asks for, whatever else it does.
pub(super) trait InLanguage {
    /// `fr` or `en`, where it names one.
    fn lang(&self) -> Option<&str>;
}

impl InLanguage for PageQuery {
    fn lang(&self) -> Option<&str> {
        self.lang.as_deref()
    }
}

impl InLanguage for ReceivedQuery {
    fn lang(&self) -> Option<&str> {
        self.lang.as_deref()
    }
}

/// A request for a page about somebody. A browser is told by a page, also where the address itself is wrong.
pub(super) struct OfPerson<Q> {
    pub(super) headers: HeaderMap,
    /// Whom the path names, if anybody.
    pub(super) id: Option<ParticipantId>,
    pub(super) query: Q,
    pub(super) lang: Lang,
}

impl<Q: DeserializeOwned + InLanguage + Send> FromRequestParts<Service> for OfPerson<Q> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Service) -> Result<Self, Response> {
        let headers = parts.headers.clone();
        let id = Path::from_request_parts(parts, service).await.ok().map(|Path(id)| id);
        match Query::<Q>::from_request_parts(parts, service).await {
            Ok(Query(query)) => {
                let lang = lang_of(query.lang(), &headers);
                Ok(Self { headers, id, query, lang })
            }
            Err(fault) => Err(fault_page(&fault, lang_of(None, &headers))),
        }
    }
}

impl<Q> OfPerson<Q> {
    /// Whose page it is, for somebody who may see it; `None` for who has no token.
    pub(super) async fn visible(
        &self,
        service: &Service,
    ) -> Result<Option<(Caller, Participant, HomeZones)>, Fault> {
        let Some(caller) = Caller::of_headers(service, &self.headers).await? else { return Ok(None) };
        let id = self.id.ok_or_else(Fault::not_found)?;
        caller.may_read(service, id).await?;
        let mut participant = service.registry.participant(id).await?.ok_or_else(Fault::not_found)?;
        participant.external_id = participant.external_id.filter(|_| !caller.is_researcher());
        Ok(Some((caller, participant, crate::zones::home_zones(&service.registry, id).await?)))
    }

    /// What the page came to: itself, the way to a token, or what is wrong.
    pub(super) async fn answer(
        &self,
        service: &Service,
        policy: &'static str,
        made: Result<Option<String>, Fault>,
    ) -> Response {
        match made {
            Ok(Some(text)) => html_under(policy, StatusCode::OK, text),
            Ok(None) => to_enter(self.lang),
            Err(fault) => self.fault(service, &fault).await,
        }
    }

    /// What is stopped for the person's safety, as who may see them is told.
    async fn safety(&self, service: &Service, id: ParticipantId) -> Result<Option<SafetyNotice>, Fault> {
        let stop = crate::safety::stop_of(&service.registry, id).await?;
        Ok(stop.map(|stop| view::safety_notice(&stop, id, self.lang)))
    }

    /// What is wrong, as a page: what is stopped for the person's safety is said there too, to who may see them.
    pub(super) async fn fault(&self, service: &Service, fault: &Fault) -> Response {
        let safety = match self.visible(service).await {
            Ok(Some((_, participant, _))) => self.safety(service, participant.id).await.unwrap_or_default(),
            _ => None,
        };
        fault_page_within(Frame { safety, ..Frame::default() }, fault, self.lang)
    }
}

/// Where a token is asked for.
pub(super) fn to_enter(lang: Lang) -> Response {
    Redirect::to(&format!("/enter?lang={}", lang.code())).into_response()
}

pub(super) async fn person(State(service): State<Service>, asked: OfPerson<PageQuery>) -> Response {
    let made = person_html(&service, &asked).await;
    asked.answer(&service, CONTENT_SECURITY_POLICY, made).await
}

async fn person_html(service: &Service, asked: &OfPerson<PageQuery>) -> Result<Option<String>, Fault> {
    let Some((_, participant, zones)) = asked.visible(service).await? else { return Ok(None) };
    let (query, lang, now_ms) = (&asked.query, asked.lang, (service.clock)());
    let mut page = view::person_page(&service.registry, &participant, &zones, query, lang, now_ms).await?;
    frame(service, &mut page.frame);
    Ok(Some(render(&page, lang).map_err(crate::ApiError::from)?))
}

/// What is newest, and the one script that goes on from there.
pub(super) async fn live(State(service): State<Service>, asked: OfPerson<PageQuery>) -> Response {
    let made = live_html(&service, &asked).await;
    asked.answer(&service, LIVE_CONTENT_SECURITY_POLICY, made).await
}

async fn live_html(service: &Service, asked: &OfPerson<PageQuery>) -> Result<Option<String>, Fault> {
    let Some((_, participant, zones)) = asked.visible(service).await? else { return Ok(None) };
    let safety = asked.safety(service, participant.id).await?;
    // What is stopped is not to wait for what is newest.
    let longest = if safety.is_some() { LONGEST_LOOK_WHEN_STOPPED } else { LONGEST_LOOK };
    let told = match tokio::time::timeout(longest, service.live.now(participant.id)).await {
        Ok(Shown::Told(told)) => told,
        Ok(Shown::Gone) => return Err(Fault::not_found()),
        Ok(Shown::NotYet) | Err(_) => return Err(Problem::new(ProblemKind::Unavailable).into()),
    };
    let mut page = view::live_page(&participant, &zones, &told.state, asked.lang, (service.clock)())?;
    page.frame.safety = safety;
    frame(service, &mut page.frame);
    Ok(Some(render_live(&page, asked.lang).map_err(crate::ApiError::from)?))
}

/// What has come of somebody's devices, and what has not.
pub(super) async fn received(State(service): State<Service>, asked: OfPerson<ReceivedQuery>) -> Response {
    let made = received_html(&service, &asked).await;
    asked.answer(&service, CONTENT_SECURITY_POLICY, made).await
}

async fn received_html(service: &Service, asked: &OfPerson<ReceivedQuery>) -> Result<Option<String>, Fault> {
    let Some((_, participant, zones)) = asked.visible(service).await? else { return Ok(None) };
    let _place = place_among_readers(service)?;
    let (query, lang, now_ms) = (&asked.query, asked.lang, (service.clock)());
    let (registry, store) = (&service.registry, &*service.store);
    let page = view::received_page(registry, store, &participant, &zones, query, lang, now_ms);
    let mut page = page.await?;
    page.frame.safety = asked.safety(service, participant.id).await?;
    frame(service, &mut page.frame);
    Ok(Some(render_received(&page, lang).map_err(crate::ApiError::from)?))
}

#[derive(Deserialize)]
pub(super) struct EnterQuery {
    lang: Option<String>,
    token: Option<String>,
    /// A page of this service to go on to.
    to: Option<String>,
}

/// The pages about somebody to which a link may lead through a token, behind their id.
const PAGES_OF_PERSON: [&str; 5] = ["", "/day", "/live", "/received", "/safety"];

#[derive(Deserialize)]
pub(super) struct EnterForm {
    token: String,
}

/// The page that asks for a token; with one in its address (the link that `demo` prints) it goes on at once.
pub(super) async fn enter_form(
    State(service): State<Service>,
    headers: HeaderMap,
    Query(query): Query<EnterQuery>,
) -> Response {
    let lang = lang_of(query.lang.as_deref(), &headers);
    match query.token {
        Some(token) => sign_in(&service, &token, query.to.as_deref(), lang).await,
        None => match crate::pages::render_enter(false, lang) {
            Ok(text) => html(StatusCode::OK, text),
            Err(error) => fault_page(&crate::ApiError::from(error).into(), lang),
        },
    }
}

pub(super) async fn enter(
    State(service): State<Service>,
    headers: HeaderMap,
    Query(query): Query<EnterQuery>,
    Form(form): Form<EnterForm>,
) -> Response {
    let lang = lang_of(query.lang.as_deref(), &headers);
    sign_in(&service, form.token.trim(), query.to.as_deref(), lang).await
}

async fn sign_in(service: &Service, token: &str, to: Option<&str>, lang: Lang) -> Response {
    let scope = match service.access.scope(token).await {
        Ok(scope) => scope,
        Err(error) => return fault_page(&error.into(), lang),
    };
    let Some((_, scope)) = scope else {
        return match crate::pages::render_enter(true, lang) {
            Ok(text) => html(StatusCode::UNAUTHORIZED, text),
            Err(error) => fault_page(&crate::ApiError::from(error).into(), lang),
        };
    };
    let page = to.and_then(|to| to.strip_prefix("/p/"));
    let page = page.map(|page| page.split_at(page.find('/').unwrap_or(page.len())));
    let page = page.filter(|(_, rest)| PAGES_OF_PERSON.contains(rest));
    let page = page.and_then(|(id, rest)| Some((id.parse::<ParticipantId>().ok()?, rest)));
    let to = match (page, scope, scope.reach(Right::ReadPerson)) {
        (Some((id, rest)), ..) => format!("/p/{id}{rest}?lang={}", lang.code()),
        // The person themself begins with their day.
        (None, Scope::Role(Role::Participant, _), Reach::One(id)) => {
            format!("/p/{id}/day?lang={}", lang.code())
        }
        (None, _, Reach::One(id)) => format!("/p/{id}?lang={}", lang.code()),
        _ => format!("/?lang={}", lang.code()),
    };
    let mut response = Redirect::to(&to).into_response();
    // A valid token holds nothing that a header could not.
    if let Ok(cookie) = HeaderValue::from_str(&format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"))
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// How a phone is let in: for everybody, since it says nothing of anybody.
pub(super) async fn enrol(headers: HeaderMap, Query(query): Query<PageQuery>) -> Response {
    let lang = lang_of(query.lang.as_deref(), &headers);
    match crate::pages::render_enrol(lang) {
        Ok(text) => html(StatusCode::OK, text),
        Err(error) => fault_page(&crate::ApiError::from(error).into(), lang),
    }
}

pub(super) async fn leave() -> Response {
    let mut response = Redirect::to("/enter").into_response();
    let cookie = HeaderValue::from_static("foulee_token=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

pub(super) async fn stylesheet() -> Response {
    asset(&STYLESHEET)
}

pub(super) async fn live_script() -> Response {
    asset(&LIVE_SCRIPT)
}

fn asset(asset: &'static Asset) -> Response {
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::ETAG, asset.hash()),
    ];
    (headers, asset.text).into_response()
}
