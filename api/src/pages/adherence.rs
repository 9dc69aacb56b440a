//! Adherence in words: what may be said, why no more, and what would help. Never a number on its own.

use askama::Template;

use super::error::PagesError;
use super::format::Round;
use super::markup::{Legend, Markup};
use super::model::{Adherence, AdherenceStatus, Period};
use super::svg_adherence;
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card" aria-labelledby="adherence">
<h2 id="adherence">{{ t.get("adherence_heading") }}</h2>
{% if let Some(period) = period %}<p class="note">{{ period }}</p>{% endif %}
{%- for sentence in gently %}
<p>{{ sentence }}</p>
{%- endfor %}
<figure>{{ plot }}{{ legend }}</figure>
<dl class="facts">
{%- for fact in facts %}
<div><dt>{{ fact.term }}</dt>{% for line in fact.lines %}<dd>{{ line }}</dd>{% endfor %}</div>
{%- endfor %}
</dl>
</section>"##
)]
struct Section<'a> {
    t: &'a Text,
    period: Option<String>,
    gently: Vec<&'static str>,
    plot: Markup,
    legend: Markup,
    facts: Vec<Fact>,
}

struct Fact {
    term: &'static str,
    lines: Vec<String>,
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card" aria-labelledby="adherence">
<h2 id="adherence">{{ t.get("adherence_heading") }}</h2>
<p>{{ t.get("adherence_none") }}</p>
</section>"##
)]
struct NoProgramme<'a> {
    t: &'a Text,
}

/// The section on adherence.
pub(crate) fn section(
    t: &Text,
    adherence: Option<&Adherence>,
    period: Option<Period>,
) -> Result<Markup, PagesError> {
    let Some(adherence) = adherence else { return Markup::of(&NoProgramme { t }) };
    let level = t.percent("the level of the interval", adherence.level, Round::Nearest)?;
    let facts = facts(t, adherence, &level)?;
    let said: Vec<&str> = facts.iter().flat_map(|fact| &fact.lines).map(String::as_str).collect();
    let desc = said.join(t.get("sentence_separator"));
    let lines = svg_adherence::legend(t, adherence, &level);
    Markup::of(&Section {
        t,
        period: period.map(|period| t.period_sentence(period)),
        gently: gently(t, adherence),
        plot: svg_adherence::plot(t, adherence, desc)?,
        legend: Markup::of(&Legend { pattern: svg_adherence::PATTERN, lines })?,
        facts,
    })
}

/// Where no estimate can be given: thanks first, then why, then what would help.
fn gently(t: &Text, adherence: &Adherence) -> Vec<&'static str> {
    if adherence.status == AdherenceStatus::Ok {
        return Vec::new();
    }
    let why = match adherence.status {
        _ if adherence.phone_only => "adherence_why_phone",
        AdherenceStatus::Bounded => "adherence_why_bounded",
        _ => "adherence_why_insufficient",
    };
    let help = if adherence.phone_only { "adherence_help_phone" } else { "adherence_help_wear" };
    vec![t.get("adherence_thanks"), t.get(why), t.get(help)]
}

fn facts(t: &Text, adherence: &Adherence, level: &str) -> Result<Vec<Fact>, PagesError> {
    let mut facts = Vec::new();
    if adherence.status == AdherenceStatus::Ok {
        let estimate = adherence.estimate.ok_or(PagesError::BareNumber { what: "an estimate" })?;
        let estimate = t.percent("the estimate", estimate, Round::Nearest)?;
        let lines = vec![
            t.fill("adherence_estimate", &[("estimate", &estimate)]),
            interval(t, adherence, "adherence_interval", level)?,
        ];
        facts.push(Fact { term: t.get("term_estimate"), lines });
    } else if adherence.status == AdherenceStatus::Insufficient {
        let lines = vec![interval(t, adherence, "adherence_insufficient_interval", level)?];
        facts.push(Fact { term: t.get("term_interval"), lines });
    }
    if let Some(share) = adherence.completeness {
        let share = t.percent("completeness", share, Round::Down)?;
        let lines = vec![t.fill("adherence_completeness", &[("share", &share)])];
        facts.push(Fact { term: t.get("term_completeness"), lines });
    }
    let (lo, hi) = t.percents("the hard bounds", adherence.bounds)?;
    let lines = vec![t.fill("adherence_bounds", &[("lo", &lo), ("hi", &hi)])];
    facts.push(Fact { term: t.get("term_bounds"), lines });
    let share = t.percent("the share of days measured long enough", adherence.measured, Round::Down)?;
    let lines = vec![days(t, adherence), t.fill("adherence_measured", &[("share", &share)])];
    facts.push(Fact { term: t.get("term_days"), lines });
    if adherence.status == AdherenceStatus::Ok && !adherence.shifted.is_empty() {
        let mut lines = vec![t.get("adherence_shifted_intro").to_owned()];
        for shifted in &adherence.shifted {
            let estimate = t.percent("a shifted estimate", shifted.estimate, Round::Nearest)?;
            let (lo, hi) = t.percents("a shifted interval", shifted.interval)?;
            lines.push(t.fill("adherence_shifted", &[("estimate", &estimate), ("lo", &lo), ("hi", &hi)]));
        }
        facts.push(Fact { term: t.get("term_sensitivity"), lines });
    }
    Ok(facts)
}

/// Adherence in one sentence, for a list: an estimate with its interval, or why there is none with what is certain.
pub(crate) fn sentence(t: &Text, adherence: &Adherence) -> Result<String, PagesError> {
    let level = t.percent("the level of the interval", adherence.level, Round::Nearest)?;
    if adherence.days.prescribed == 0 {
        return Ok(t.get("index_no_day").to_owned());
    }
    match adherence.status {
        AdherenceStatus::Ok => {
            let estimate = adherence.estimate.ok_or(PagesError::BareNumber { what: "an estimate" })?;
            let estimate = t.percent("the estimate", estimate, Round::Nearest)?;
            let likely = interval(t, adherence, "index_interval", &level)?;
            Ok(t.fill("index_estimate", &[("estimate", &estimate), ("likely", &likely)]))
        }
        AdherenceStatus::Insufficient => {
            let likely = interval(t, adherence, "index_interval", &level)?;
            Ok(t.fill("index_insufficient", &[("likely", &likely)]))
        }
        AdherenceStatus::Bounded => {
            let (lo, hi) = t.percents("the hard bounds", adherence.bounds)?;
            Ok(t.fill("index_bounded", &[("lo", &lo), ("hi", &hi)]))
        }
    }
}

fn interval(t: &Text, adherence: &Adherence, key: &str, level: &str) -> Result<String, PagesError> {
    let interval = adherence.interval.ok_or(PagesError::BareNumber { what: "an interval" })?;
    let (lo, hi) = t.percents("the interval", interval)?;
    Ok(t.fill(key, &[("lo", &lo), ("hi", &hi), ("level", level)]))
}

/// "28 prescribed days: 15 attained, 5 below, 8 not known well enough."
fn days(t: &Text, adherence: &Adherence) -> String {
    let days = adherence.days;
    let count = |key, n: u32| t.count(key, n.into(), &[("n", &t.number(n.into()))]);
    let prescribed = t.number(days.prescribed.into());
    let values = [
        ("prescribed", &*t.count("adherence_days", days.prescribed.into(), &[("prescribed", &prescribed)])),
        ("attained", &count("adherence_attained", days.attained)),
        ("missed", &count("adherence_missed", days.missed)),
        ("censored", &count("adherence_censored", days.censored)),
    ];
    t.fill("adherence_days_all", &values)
}
