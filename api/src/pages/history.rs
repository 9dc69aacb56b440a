//! Past weeks, as a plot and as a table.

use askama::Template;

use super::error::PagesError;
use super::markup::{Legend, Markup};
use super::model::{Href, WeekOutcome, WeekRow};
use super::svg_weeks;
use super::text::Text;
use super::week::quota_in_words;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card" aria-labelledby="weeks">
<h2 id="weeks">{{ t.get("weeks_heading") }}</h2>
{% if rows.is_empty() %}<p>{{ t.get("weeks_none") }}</p>{% else %}
<figure>{{ plot }}{{ legend }}</figure>
<details><summary>{{ t.get("show_figures") }}</summary>
<div class="scroll" role="region" aria-labelledby="weeks-caption" tabindex="0"><table>
<caption id="weeks-caption">{{ t.get("weeks_caption") }}</caption>
<thead><tr><th scope="col">{{ t.get("column_week") }}</th><th scope="col">{{ t.get("column_attained") }}</th><th scope="col">{{ t.get("column_outcome") }}</th><th scope="col">{{ t.get("column_known") }}</th><th scope="col">{{ t.get("column_quota") }}</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr><th scope="row">{% if let Some(href) = row.href %}<a href="{{ href.as_str() }}">{{ row.week }}</a>{% else %}{{ row.week }}{% endif %}</th><td>{{ row.attained }}</td><td>{{ row.outcome }}</td><td>{{ row.known }}</td><td class="words">{{ row.quota }}</td></tr>
{%- endfor %}
</tbody></table></div></details>{% endif %}
</section>"##
)]
struct Section<'a> {
    t: &'a Text,
    plot: Markup,
    legend: Markup,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    week: String,
    href: Option<&'a Href>,
    attained: String,
    outcome: &'static str,
    known: String,
    quota: String,
}

/// The section of past weeks; the table has the newest first.
pub(crate) fn section(t: &Text, weeks: &[WeekRow]) -> Result<Markup, PagesError> {
    if weeks.iter().any(|week| week.done.lo > week.done.hi) {
        return Err(PagesError::Reversed { what: "a week's count of days" });
    }
    let rows: Vec<Row<'_>> = weeks.iter().rev().map(|week| row(t, week)).collect();
    let drawn = rows.iter().take(svg_weeks::DRAWN).rev();
    let words: Vec<String> = drawn
        .map(|row| {
            let values = [("done", row.attained.as_str()), ("outcome", row.outcome)];
            t.fill("day_in_words", &[("day", &row.week), ("what", &t.fill("done_and_outcome", &values))])
        })
        .collect();
    Markup::of(&Section {
        t,
        plot: svg_weeks::plot(t, weeks, words.join(t.get("list_separator")))?,
        legend: Markup::of(&Legend { pattern: svg_weeks::PATTERN, lines: svg_weeks::legend(t) })?,
        rows,
    })
}

fn row<'a>(t: &Text, week: &'a WeekRow) -> Row<'a> {
    let outcome = match week.outcome {
        WeekOutcome::Attained => "week_outcome_attained",
        WeekOutcome::Missed => "week_outcome_missed",
        WeekOutcome::Undetermined => "week_outcome_undetermined",
        WeekOutcome::InProgress => "week_outcome_in_progress",
    };
    let known = [("n", &*t.number(week.known_days.into())), ("of", &t.number(week.of_days.into()))];
    Row {
        week: t.date_brief(week.from),
        href: week.href.as_ref(),
        attained: t.range(week.done),
        outcome: t.get(outcome),
        known: t.fill("of", &known),
        quota: week.quota.map_or_else(|| t.get("none_asked").to_owned(), |quota| quota_in_words(t, quota)),
    }
}
