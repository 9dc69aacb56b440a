//! What is stopped and how it is lifted, with a sheet for the general practitioner; and the page at which they lift it.

use askama::Template;
use foulee_contract::RedFlag;

use super::error::PagesError;
use super::markup::Markup;
use super::model::{SafetyPage, Stopped};
use super::text::Text;
use super::today::sign_text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("safety_heading") }}</h1>
{% if page.codes.is_empty() %}<div class="card"><p class="lead">{{ t.get("safety_clear") }}</p>
<p><a href="{{ page.person.as_str() }}">{{ t.get("today_person_link") }}</a></p></div>
{% else %}<section class="card" aria-labelledby="reported">
<h2 id="reported">{{ t.get("safety_reported") }}</h2>
<p>{{ who }}</p>
<ul>{% for sign in signs %}<li>{{ sign }}</li>{% endfor %}</ul>
{% if let Some(since) = since %}<p>{{ since }}</p>{% endif %}
{% if let Some(code) = code %}<p>{{ t.get("safety_sheet_text") }}</p>
<p class="code">{{ code.text }}</p>
<p>{{ code.until }}</p>
<p>{{ t.get("safety_sheet_where") }}</p>
<p>{{ t.get("safety_sheet_print") }}</p>{% endif %}
</section>
{% if page.may_say %}<section class="card" aria-labelledby="lift">
<h2 id="lift">{{ t.get("safety_lift_heading") }}</h2>
<form method="post" action="{{ page.action.as_str() }}"><input type="hidden" name="what" value="code">
<p>{{ t.get("safety_code_text") }}</p>
<p><button type="submit">{{ t.get("safety_code_button") }}</button></p></form>
{% if own %}<form method="post" action="{{ page.action.as_str() }}"><input type="hidden" name="what" value="own">
<p>{{ t.get("safety_own_text") }}</p>
<p><button type="submit">{{ t.get("safety_own_button") }}</button></p></form>{% endif %}
</section>{% endif %}
{% if page.may_clear %}<section class="card" aria-labelledby="professional">
<h2 id="professional">{{ t.get("safety_professional_heading") }}</h2>
<form method="post" action="{{ page.action.as_str() }}"><input type="hidden" name="what" value="professional">
<p>{{ t.get("safety_professional_text") }}</p>
<p><button type="submit">{{ t.get("safety_professional_button") }}</button></p></form>
</section>{% endif %}{% endif %}"##
)]
struct Body<'a> {
    t: &'a Text,
    page: &'a SafetyPage,
    who: String,
    signs: Vec<&'static str>,
    since: Option<String>,
    code: Option<Code<'a>>,
    own: bool,
}

struct Code<'a> {
    text: &'a str,
    until: String,
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &SafetyPage) -> Result<Markup, PagesError> {
    let stopped = page.frame.safety.as_ref().map(|notice| notice.stopped);
    Markup::of(&Body {
        t,
        page,
        who: t.fill("term_and_value", &[("term", t.get("fact_participant")), ("value", &page.participant)]),
        signs: page
            .codes
            .iter()
            .filter_map(|word| RedFlag::of(word))
            .map(|code| sign_text(t, code))
            .collect(),
        since: page.since.map(|since| t.fill("safety_since", &[("at", &t.moment(since))])),
        code: page.code.as_ref().map(|(text, until)| Code {
            text,
            until: t.fill("safety_sheet_until", &[("date", &t.date_full(*until))]),
        }),
        own: stopped == Some(Stopped::Review),
    })
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTold {
    /// None was given so far.
    NotYet,
    /// The stop is lifted.
    Cleared,
    /// It is none, is spent, has ended, or is older than what was reported since.
    Refused,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("clear_heading") }}</h1>
<div class="card">{% if told == CodeTold::Cleared %}<p class="lead" role="status">{{ t.get("clear_done") }}</p>
{% else %}<p class="lead">{{ t.get("clear_text") }}</p>
<form method="post" action="/clear?lang={{ t.lang().code() }}">
<p><label for="code">{{ t.get("clear_label") }}</label></p>
<p><input id="code" name="code" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" required{% if told == CodeTold::Refused %} aria-invalid="true" aria-describedby="refused"{% endif %}></p>
{% if told == CodeTold::Refused %}<p id="refused" role="alert">{{ t.get("clear_refused") }}</p>{% endif %}
<p class="choice"><input type="checkbox" id="doctor" name="doctor" value="yes" required> <label for="doctor">{{ t.get("clear_doctor") }}</label></p>
<p><button type="submit">{{ t.get("clear_button") }}</button></p>
</form>{% endif %}</div>"##
)]
struct Clear<'a> {
    t: &'a Text,
    told: CodeTold,
}

/// Everything inside `main` of the page for the practitioner.
pub(crate) fn clear(t: &Text, told: CodeTold) -> Result<Markup, PagesError> {
    Markup::of(&Clear { t, told })
}
