//! The table of recent days.

use askama::Template;

use super::error::PagesError;
use super::markup::Markup;
use super::model::{DayRow, Href};
use super::text::Text;
use super::week::outcome_word;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card wide" aria-labelledby="days">
<h2 id="days">{{ t.get("days_heading") }}</h2>
{% if rows.is_empty() %}<p>{{ t.get("days_none") }}</p>{% else %}
<details><summary>{{ show }}</summary>
<p class="note" id="days-note">{{ t.get("days_note") }}</p>
<div class="scroll" role="region" aria-labelledby="days-caption" tabindex="0"><table aria-describedby="days-note">
<caption id="days-caption">{{ t.get("days_caption") }}</caption>
<thead><tr><th scope="col">{{ t.get("column_day") }}</th><th scope="col">{{ t.get("column_steps") }}</th><th scope="col">{{ t.get("column_outcome") }}</th><th scope="col">{{ t.get("column_wear") }}</th><th scope="col">{{ t.get("column_mvpa") }}</th><th scope="col">{{ t.get("column_peak30") }}</th><th scope="col">{{ t.get("column_resting") }}</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr><th scope="row">{% if let Some(href) = row.href %}<a href="{{ href.as_str() }}">{{ row.day }}</a>{% else %}{{ row.day }}{% endif %}</th><td>{{ row.steps }}</td><td>{{ row.outcome }}</td><td>{{ row.wear }}</td><td>{{ row.mvpa }}</td><td>{{ row.peak30 }}</td><td>{{ row.resting }}</td></tr>
{%- endfor %}
</tbody></table></div></details>{% endif %}
</section>"##
)]
struct Section<'a> {
    t: &'a Text,
    show: String,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    day: String,
    href: Option<&'a Href>,
    steps: String,
    outcome: &'static str,
    wear: String,
    mvpa: String,
    peak30: String,
    resting: String,
}

/// The section of recent days.
pub(crate) fn section(t: &Text, days: &[DayRow]) -> Result<Markup, PagesError> {
    let n = days.len() as u64;
    Markup::of(&Section {
        t,
        show: t.count("days_show", n, &[("n", &t.number(n))]),
        rows: days.iter().map(|day| row(t, day)).collect(),
    })
}

fn row<'a>(t: &Text, day: &'a DayRow) -> Row<'a> {
    let unknown = || t.get("unknown").to_owned();
    // What was counted on a day not worn long enough is a lower bound, and says so.
    let counted = |n: Option<u32>| match n {
        Some(n) if day.valid => t.number(n.into()),
        Some(n) => t.fill("at_least_short", &[("n", &t.number(n.into()))]),
        None => unknown(),
    };
    Row {
        day: t.date_short(day.date),
        href: day.href.as_ref(),
        steps: counted(day.steps),
        outcome: day.outcome.map_or(t.get("none_asked"), |o| outcome_word(t, o, day.steps.is_some())),
        wear: match day.wear_minutes {
            Some(0) => t.get("no_reading").to_owned(),
            Some(minutes) => t.duration(minutes),
            None => t.get("not_told").to_owned(),
        },
        mvpa: counted(day.mvpa_minutes),
        peak30: day.peak30_cadence.map_or_else(unknown, |cadence| t.decimal(cadence.round())),
        resting: day.resting_heart_rate_bpm.map_or_else(unknown, |bpm| t.decimal(bpm)),
    }
}
