//! The error page: what a reader may know and do, nothing about the inside.

use askama::Template;

use super::error::PagesError;
use super::markup::Markup;
use super::model::{ErrorKind, ErrorPage};
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ heading }}</h1>
<div class="card"><p class="lead">{{ what_to_do }}</p>
{% if let Some(request) = request %}<p>{{ request }}</p>{% endif %}</div>"##
)]
struct Body {
    heading: &'static str,
    what_to_do: &'static str,
    request: Option<String>,
}

/// The heading, which also names the tab.
pub(crate) fn heading(t: &Text, kind: ErrorKind) -> &'static str {
    t.get(match kind {
        ErrorKind::BadRequest => "error_heading_bad_request",
        ErrorKind::NotAllowed => "error_heading_not_allowed",
        ErrorKind::NotFound => "error_heading_not_found",
        ErrorKind::TooMany => "error_heading_too_many",
        ErrorKind::Internal => "error_heading_internal",
        ErrorKind::Unavailable => "error_heading_unavailable",
    })
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &ErrorPage) -> Result<Markup, PagesError> {
    let what_to_do = t.get(match page.kind {
        ErrorKind::BadRequest => "error_text_bad_request",
        ErrorKind::NotAllowed => "error_text_not_allowed",
        ErrorKind::NotFound => "error_text_not_found",
        ErrorKind::TooMany => "error_text_too_many",
        ErrorKind::Internal => "error_text_internal",
        ErrorKind::Unavailable => "error_text_unavailable",
    });
    let request = page.request_id.as_deref().map(|id| t.fill("error_request", &[("id", id)]));
    Markup::of(&Body { heading: heading(t, page.kind), what_to_do, request })
}
