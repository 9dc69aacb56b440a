//! One participant's page, put together from its sections.

use askama::Template;

use super::error::PagesError;
use super::markup::Markup;
use super::model::{Href, LastReading, PersonPage};
use super::text::Text;
use super::{adherence, day, days, history, week};

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("person_heading") }}</h1>
<dl class="facts about">
{%- for (term, value) in first %}
<div><dt>{{ term }}</dt><dd>{{ value }}</dd></div>
{%- endfor %}
</dl>
{% if let Some(href) = day_of %}<p><a href="{{ href.as_str() }}">{{ t.get("today_link") }}</a></p>{% endif %}
{% if let Some(href) = live %}<p><a href="{{ href.as_str() }}">{{ t.get("live_link") }}</a></p>{% endif %}
{% if let Some(href) = received %}<p><a href="{{ href.as_str() }}">{{ t.get("received_link") }}</a></p>{% endif %}
{% if empty %}<div class="card"><p class="lead">{{ t.get("empty_lead") }}</p><p>{{ t.get("empty_help") }}</p></div>{% endif %}
<div class="cards">
{% if let Some(week) = week %}{{ week }}{% endif %}
{{ adherence }}
{% if let Some(day) = day %}{{ day }}{% endif %}
{{ history }}
<section class="card" aria-labelledby="about">
<h2 id="about">{{ t.get("about_heading") }}</h2>
<dl class="facts">
{%- for (term, value) in about %}
<div><dt>{{ term }}</dt><dd>{{ value }}</dd></div>
{%- endfor %}
</dl>
</section>
{{ days }}
</div>"##
)]
struct Body<'a> {
    t: &'a Text,
    first: Vec<(&'static str, String)>,
    about: Vec<(&'static str, String)>,
    day_of: Option<&'a Href>,
    live: Option<&'a Href>,
    received: Option<&'a Href>,
    empty: bool,
    week: Option<Markup>,
    adherence: Markup,
    day: Option<Markup>,
    history: Markup,
    days: Markup,
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &PersonPage) -> Result<Markup, PagesError> {
    Markup::of(&Body {
        t,
        first: facts(
            t,
            [
                ("fact_participant", Some(page.participant.clone())),
                ("fact_last_reading", page.last_reading.map(|reading| last_reading(t, reading))),
            ],
        ),
        about: facts(
            t,
            [
                ("fact_study", page.study.clone()),
                ("fact_programme", page.programme.clone()),
                ("fact_zone", Some(page.home_zone.clone()).filter(|zone| !zone.is_empty())),
            ],
        ),
        day_of: page.links.day_of.as_ref(),
        live: page.links.live.as_ref(),
        received: page.links.received.as_ref(),
        empty: page.last_reading.is_none(),
        week: page.this_week.as_ref().map(|w| week::section(t, w, &page.links, page.withheld)).transpose()?,
        adherence: if page.withheld {
            withheld(t, "adherence", "adherence_heading", "withheld_adherence")?
        } else {
            adherence::section(t, page.adherence.as_ref(), page.period)?
        },
        day: page.day.as_ref().map(|d| day::section(t, d, &page.links)).transpose()?,
        history: if page.withheld {
            withheld(t, "weeks", "weeks_heading", "withheld_history")?
        } else {
            history::section(t, &page.weeks)?
        },
        days: days::section(t, &page.days)?,
    })
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card" aria-labelledby="{{ id }}">
<h2 id="{{ id }}">{{ heading }}</h2>
<p>{{ text }}</p>
</section>"##
)]
struct Withheld {
    id: &'static str,
    heading: &'static str,
    text: &'static str,
}

/// A section whose figures are withheld.
fn withheld(t: &Text, id: &'static str, heading: &str, text: &str) -> Result<Markup, PagesError> {
    Markup::of(&Withheld { id, heading: t.get(heading), text: t.get(text) })
}

/// The facts that are known, each with its name.
fn facts<const N: usize>(
    t: &Text,
    facts: [(&'static str, Option<String>); N],
) -> Vec<(&'static str, String)> {
    facts.into_iter().filter_map(|(key, value)| Some((t.get(key), value?))).collect()
}

/// When the newest reading was measured, and when it came here: the two differ after days offline.
fn last_reading(t: &Text, reading: LastReading) -> String {
    let at = t.moment(reading.at);
    match reading.received_at {
        Some(received) => t.fill("last_reading_received", &[("at", &at), ("received", &t.moment(received))]),
        None => at,
    }
}
