//! The live page: what is newest as it is loaded, and everything that its script needs to go on from there.

use askama::Template;
use chrono::{NaiveDateTime, Timelike as _};

use super::assets::LIVE_SCRIPT;
use super::error::PagesError;
use super::lang::Lang;
use super::markup::Markup;
use super::model::{LivePage, LiveRate, Stopped};
use super::text::Text;

/// A heart rate that is older, s, is no longer shown as the rate of now. `[D]`: a strap or watch tells one each second or
/// few seconds, and after two minutes nobody can say that it still holds.
pub(crate) const RATE_HOLDS_S: i64 = 120;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("live_heading") }}</h1>
<dl class="facts about">
<div><dt>{{ t.get("fact_participant") }}</dt><dd>{{ page.participant }}</dd></div>
</dl>
<section class="card" id="live" aria-label="{{ t.get("live_heading") }}" data-stream="{{ page.stream.as_str() }}" data-zone="{{ page.home_zone }}" data-now="{{ page.now_ms }}" data-holds="{{ RATE_HOLDS_S }}" data-hour-digits="{{ hour_digits }}" data-safety="{{ safety }}"
{%- for (name, text) in words %} data-{{ name }}="{{ text }}"{% endfor %}>
<dl class="newest">
<div><dt>{{ t.get("live_rate") }}</dt><dd id="rate">{{ rate }}</dd></div>
<div><dt>{{ t.get("live_steps") }}</dt><dd id="steps">{{ steps }}</dd></div>
<div><dt>{{ t.get("fact_last_reading") }}</dt><dd id="last">{{ last }}</dd></div>
</dl>
<p id="connection" role="status">{{ as_of }}</p>
<p><button type="button" id="pause" hidden>{{ t.get("live_pause") }}</button></p>
<p id="said" class="unseen" aria-live="polite"></p>
<noscript><p>{{ t.get("live_noscript") }}</p></noscript>
</section>
<p><a href="{{ page.person.as_str() }}">{{ t.get("live_back") }}</a></p>
<script src="{{ script }}" defer></script>"##
)]
struct Body<'a> {
    t: &'a Text,
    page: &'a LivePage,
    hour_digits: u8,
    safety: &'static str,
    /// What the script writes, by the name of the attribute that holds it.
    words: [(&'static str, &'static str); 15],
    rate: String,
    steps: String,
    last: String,
    as_of: String,
    script: String,
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &LivePage) -> Result<Markup, PagesError> {
    let words = [
        ("rate", t.get("live_rate_now")),
        ("since", t.get("live_rate_since")),
        ("since-day", t.get("live_rate_since_day")),
        ("never", t.get("live_rate_never")),
        ("steps-unknown", t.get("live_steps_unknown")),
        ("none", t.get("none_received")),
        ("clock", t.get("clock")),
        ("moment", t.get("moment_short")),
        ("pair", t.get("term_and_value")),
        ("connecting", t.get("live_connecting")),
        ("connected", t.get("live_connected")),
        ("lost", t.get("live_lost")),
        ("paused", t.get("live_paused")),
        ("pause", t.get("live_pause")),
        ("resume", t.get("live_resume")),
    ];
    let clock = |at: NaiveDateTime| t.clock(at.hour() * 60 + at.minute());
    Markup::of(&Body {
        t,
        page,
        hour_digits: match t.lang() {
            Lang::Fr => 1,
            Lang::En => 2,
        },
        safety: match page.frame.safety.as_ref().map(|notice| notice.stopped) {
            Some(Stopped::Urgent) => "urgent",
            Some(Stopped::Review) => "review",
            None => "",
        },
        words,
        rate: rate(t, page.heart_rate, page.now),
        steps: match page.steps {
            Some(steps) => t.number(steps.into()),
            None => t.get("live_steps_unknown").to_owned(),
        },
        last: match page.last_reading {
            Some(last) if last.at.date() == page.now.date() => clock(last.at),
            Some(last) => t.moment_short(last.at),
            None => t.get("none_received").to_owned(),
        },
        as_of: t.fill("live_as_of", &[("clock", &clock(page.now))]),
        script: LIVE_SCRIPT.href(),
    })
}

/// The rate of now, or since when it is not known.
fn rate(t: &Text, rate: Option<LiveRate>, now: NaiveDateTime) -> String {
    let Some(LiveRate { bpm, at, is_now }) = rate else { return t.get("live_rate_never").to_owned() };
    let clock = t.clock(at.hour() * 60 + at.minute());
    if is_now {
        t.fill("live_rate_now", &[("n", &t.number(bpm.into()))])
    } else if at.date() == now.date() {
        t.fill("live_rate_since", &[("clock", &clock)])
    } else {
        let date = t.date_full(at.date());
        t.fill("live_rate_since_day", &[("date", &date), ("clock", &clock)])
    }
}
