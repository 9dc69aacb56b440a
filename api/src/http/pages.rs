use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use foulee_analytics::HomeZones;
use foulee_contract::{ParticipantId, Problem, ProblemKind};
use serde::Deserialize;

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
use crate::registry::{Participant, Reach, Right};
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

/// The same on the way to a page about somebody: what is stopped for their safety is said also where the page cannot be
/// made, to who may see them.
pub(super) async fn person_fault(
    service: &Service,
    headers: &HeaderMap,
    id: Option<ParticipantId>,
    fault: &Fault,
    lang: Lang,
) -> Response {
    let safety = match id {
        Some(id) => safety_of(service, headers, id, lang).await.unwrap_or_default(),
        None => None,
    };
    fault_page_within(Frame { safety, ..Frame::default() }, fault, lang)
}

async fn safety_of(
    service: &Service,
    headers: &HeaderMap,
    id: ParticipantId,
    lang: Lang,
) -> Result<Option<SafetyNotice>, Fault> {
    let Some(caller) = Caller::of_headers(service, headers).await? else { return Ok(None) };
    caller.may_read(service, id).await?;
    let stop = crate::safety::stop_of(&service.registry, id).await?;
    Ok(stop.map(|stop| view::safety_notice(&stop, id, lang)))
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
        Ok(None) => Redirect::to(&format!("/enter?lang={}", lang.code())).into_response(),
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

pub(super) async fn person(
    State(service): State<Service>,
    headers: HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
    query: Result<Query<PageQuery>, Fault>,
) -> Response {
    // A browser is told by a page, also where the address itself is wrong.
    let query = match query {
        Ok(Query(query)) => query,
        Err(fault) => return fault_page(&fault, lang_of(None, &headers)),
    };
    let lang = lang_of(query.lang.as_deref(), &headers);
    let named = id.as_ref().ok().map(|Path(id)| *id);
    match person_html(&service, &headers, id, &query, lang).await {
        Ok(Some(text)) => html(StatusCode::OK, text),
        Ok(None) => Redirect::to(&format!("/enter?lang={}", lang.code())).into_response(),
        Err(fault) => person_fault(&service, &headers, named, &fault, lang).await,
    }
}

/// Whose page it is, for somebody who may see it; `None` for who has no token.
pub(super) async fn visible_person(
    service: &Service,
    headers: &HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
) -> Result<Option<(Participant, HomeZones)>, Fault> {
    let Some(caller) = Caller::of_headers(service, headers).await? else { return Ok(None) };
    let Path(id) = id?;
    caller.may_read(service, id).await?;
    let mut participant = service.registry.participant(id).await?.ok_or_else(Fault::not_found)?;
    participant.external_id = participant.external_id.filter(|_| !caller.is_researcher());
    Ok(Some((participant, crate::zones::home_zones(&service.registry, id).await?)))
}

async fn person_html(
    service: &Service,
    headers: &HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
    query: &PageQuery,
    lang: Lang,
) -> Result<Option<String>, Fault> {
    let Some((participant, zones)) = visible_person(service, headers, id).await? else { return Ok(None) };
    let now_ms = (service.clock)();
    let mut page = view::person_page(&service.registry, &participant, &zones, query, lang, now_ms).await?;
    frame(service, &mut page.frame);
    Ok(Some(render(&page, lang).map_err(crate::ApiError::from)?))
}

/// What is newest, and the one script that goes on from there.
pub(super) async fn live(
    State(service): State<Service>,
    headers: HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
    query: Result<Query<PageQuery>, Fault>,
) -> Response {
    let query = match query {
        Ok(Query(query)) => query,
        Err(fault) => return fault_page(&fault, lang_of(None, &headers)),
    };
    let lang = lang_of(query.lang.as_deref(), &headers);
    let named = id.as_ref().ok().map(|Path(id)| *id);
    match live_html(&service, &headers, id, lang).await {
        Ok(Some(text)) => html_under(LIVE_CONTENT_SECURITY_POLICY, StatusCode::OK, text),
        Ok(None) => Redirect::to(&format!("/enter?lang={}", lang.code())).into_response(),
        Err(fault) => person_fault(&service, &headers, named, &fault, lang).await,
    }
}

async fn live_html(
    service: &Service,
    headers: &HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
    lang: Lang,
) -> Result<Option<String>, Fault> {
    let Some((participant, zones)) = visible_person(service, headers, id).await? else { return Ok(None) };
    let safety = safety_of(service, headers, participant.id, lang).await?;
    // What is stopped is not to wait for what is newest.
    let longest = if safety.is_some() { LONGEST_LOOK_WHEN_STOPPED } else { LONGEST_LOOK };
    let told = match tokio::time::timeout(longest, service.live.now(participant.id)).await {
        Ok(Shown::Told(told)) => told,
        Ok(Shown::Gone) => return Err(Fault::not_found()),
        Ok(Shown::NotYet) | Err(_) => return Err(Problem::new(ProblemKind::Unavailable).into()),
    };
    let mut page = view::live_page(&participant, &zones, &told.state, lang, (service.clock)())?;
    page.frame.safety = safety;
    frame(service, &mut page.frame);
    Ok(Some(render_live(&page, lang).map_err(crate::ApiError::from)?))
}

/// What has come of somebody's devices, and what has not.
pub(super) async fn received(
    State(service): State<Service>,
    headers: HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
    query: Result<Query<ReceivedQuery>, Fault>,
) -> Response {
    let query = match query {
        Ok(Query(query)) => query,
        Err(fault) => return fault_page(&fault, lang_of(None, &headers)),
    };
    let lang = lang_of(query.lang.as_deref(), &headers);
    let named = id.as_ref().ok().map(|Path(id)| *id);
    match received_html(&service, &headers, id, &query, lang).await {
        Ok(Some(text)) => html(StatusCode::OK, text),
        Ok(None) => Redirect::to(&format!("/enter?lang={}", lang.code())).into_response(),
        Err(fault) => person_fault(&service, &headers, named, &fault, lang).await,
    }
}

async fn received_html(
    service: &Service,
    headers: &HeaderMap,
    id: Result<Path<ParticipantId>, Fault>,
    query: &ReceivedQuery,
    lang: Lang,
) -> Result<Option<String>, Fault> {
    let Some((participant, zones)) = visible_person(service, headers, id).await? else { return Ok(None) };
    let _place = place_among_readers(service)?;
    let now_ms = (service.clock)();
    let (registry, store) = (&service.registry, &*service.store);
    let page = view::received_page(registry, store, &participant, &zones, query, lang, now_ms);
    let mut page = page.await?;
    page.frame.safety = safety_of(service, headers, participant.id, lang).await?;
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
    let (page, live) = match page.and_then(|page| page.strip_suffix("/live")) {
        Some(page) => (Some(page), "/live"),
        None => (page, ""),
    };
    let page = page.and_then(|id| id.parse::<ParticipantId>().ok());
    let to = match (page, scope.reach(Right::ReadPerson)) {
        (Some(id), _) | (None, Reach::One(id)) => {
            format!("/p/{id}{live}?lang={}", lang.code())
        }
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
