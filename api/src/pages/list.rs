//! The list of participants.

use askama::Template;

use super::adherence::sentence;
use super::error::PagesError;
use super::format::Round;
use super::markup::Markup;
use super::model::{IndexPage, IndexRow, Stopped};
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<h1>{{ t.get("index_heading") }}</h1>
{% if rows.is_empty() %}<p class="lead">{{ t.get("index_empty") }}</p>{% else %}
<p class="lead">{{ lead }}</p>
{% if let Some(period) = period %}<p>{{ period }}</p>{% endif %}
<div class="scroll card" role="region" aria-labelledby="index-caption" tabindex="0"><table>
<caption id="index-caption">{{ t.get("index_caption") }}</caption>
<thead><tr><th scope="col">{{ t.get("column_participant") }}</th><th scope="col">{{ t.get("column_status") }}</th><th scope="col">{{ t.get("column_completeness") }}</th><th scope="col">{{ t.get("column_last_reading") }}</th><th scope="col">{{ t.get("column_study") }}</th><th scope="col">{{ t.get("column_programme") }}</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr><th scope="row"><a href="{{ row.href }}">{{ row.participant }}</a></th><td class="words">{{ row.adherence }}</td><td>{{ row.completeness }}</td><td>{{ row.last_reading }}</td><td>{{ row.study }}</td><td>{{ row.programme }}</td></tr>
{%- endfor %}
</tbody></table></div>{% endif %}"##
)]
struct Body<'a> {
    t: &'a Text,
    lead: String,
    period: Option<String>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    participant: &'a str,
    href: &'a str,
    adherence: String,
    completeness: String,
    last_reading: String,
    study: &'a str,
    programme: &'a str,
}

/// Everything inside `main`.
pub(crate) fn body(t: &Text, page: &IndexPage) -> Result<Markup, PagesError> {
    let n = page.rows.len() as u64;
    let rows = page.rows.iter().map(|r| row(t, r)).collect::<Result<Vec<_>, _>>()?;
    let period = page.period.map(|period| t.period_sentence(period));
    Markup::of(&Body { t, lead: t.count("index_lead", n, &[("n", &t.number(n))]), period, rows })
}

fn row<'a>(t: &Text, row: &'a IndexRow) -> Result<Row<'a>, PagesError> {
    Ok(Row {
        participant: &row.participant,
        href: row.href.as_str(),
        adherence: match (row.stopped, &row.adherence) {
            (Some(Stopped::Urgent), _) => t.get("safety_list_urgent").to_owned(),
            (Some(Stopped::Review), _) => t.get("safety_list_review").to_owned(),
            (None, Some(adherence)) => sentence(t, adherence)?,
            (None, None) => t.get("status_none").to_owned(),
        },
        completeness: match row.adherence.as_ref().and_then(|adherence| adherence.completeness) {
            Some(share) => t.percent("completeness", share, Round::Down)?,
            None => t.get("unknown").to_owned(),
        },
        last_reading: match row.last_reading {
            Some(reading) => t.moment_short(reading.at),
            None => t.get("none_received").to_owned(),
        },
        study: row.study.as_deref().unwrap_or_else(|| t.get("none_given")),
        programme: row.programme.as_deref().unwrap_or_else(|| t.get("none_given")),
    })
}
