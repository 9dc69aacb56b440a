//! The page that says to a participant how their phone is let in.

use askama::Template;

use super::error::PagesError;
use super::markup::Markup;
use super::text::Text;

/// What there is to do, in order.
const STEPS: [&str; 4] = ["enrol_step_app", "enrol_step_server", "enrol_step_code", "enrol_step_allow"];

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("enrol_heading") }}</h1>
<div class="card"><p class="lead">{{ t.get("enrol_text") }}</p>
<ol>{% for step in steps %}<li>{{ t.get(step) }}</li>{% endfor %}</ol>
<p>{{ t.get("enrol_what") }}</p>
<p>{{ t.get("enrol_end") }}</p></div>"##
)]
struct Body<'a> {
    t: &'a Text,
    steps: [&'static str; 4],
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text) -> Result<Markup, PagesError> {
    Markup::of(&Body { t, steps: STEPS })
}
