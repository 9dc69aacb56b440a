//! The week against its quota: in words, as a plot, as a table.

use askama::Template;

use super::error::PagesError;
use super::markup::{Legend, Markup};
use super::model::{DayCell, DayOutcome, PersonLinks, Quota, QuotaKind, Week, WeekOutcome};
use super::svg_week;
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card" aria-labelledby="week">
<h2 id="week">{{ heading }}</h2>
<p>{{ quota }}</p>
{% if let Some(lead) = lead %}<p class="lead">{{ lead }}</p>{% endif %}
{% if let Some(outcome) = outcome %}<p>{{ outcome }}</p>{% endif %}
<figure>{{ plot }}{{ legend }}</figure>
<details><summary>{{ t.get("show_figures") }}</summary>
<div class="scroll" role="region" aria-labelledby="week-caption" tabindex="0"><table>
<caption id="week-caption">{{ t.get("week_table_caption") }}</caption>
<thead><tr><th scope="col">{{ t.get("column_day") }}</th><th scope="col">{{ done_column }}</th><th scope="col">{{ t.get("column_quota") }}</th><th scope="col">{{ t.get("column_outcome") }}</th><th scope="col">{{ t.get("column_wear") }}</th><th scope="col">{{ t.get("column_unknown") }}</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr><th scope="row">{{ row.day }}</th><td>{{ row.done }}</td><td>{{ row.quota }}</td><td>{{ row.outcome }}</td><td>{{ row.wear }}</td><td>{{ row.unknown }}</td></tr>
{%- endfor %}
</tbody></table></div></details>
{% if links.previous_week.is_some() || links.next_week.is_some() %}<nav class="pager" aria-label="{{ t.get("nav_weeks") }}">
{% if let Some(href) = links.previous_week %}<a rel="prev" href="{{ href.as_str() }}"><span aria-hidden="true">← </span>{{ t.get("previous_week") }}</a>{% endif %}
{% if let Some(href) = links.next_week %}<a rel="next" href="{{ href.as_str() }}">{{ t.get("next_week") }}<span aria-hidden="true"> →</span></a>{% endif %}
</nav>{% endif %}
</section>"##
)]
struct Section<'a> {
    t: &'a Text,
    links: &'a PersonLinks,
    heading: String,
    quota: String,
    done_column: &'static str,
    lead: Option<String>,
    outcome: Option<&'static str>,
    plot: Markup,
    legend: Markup,
    rows: Vec<Row>,
}

struct Row {
    day: String,
    /// In the table, under a column that names the unit.
    done: String,
    /// In a sentence.
    done_in_words: String,
    quota: String,
    outcome: &'static str,
    wear: String,
    unknown: String,
}

/// The section of the week that was asked for.
pub(crate) fn section(
    t: &Text,
    week: &Week,
    links: &PersonLinks,
    is_withheld: bool,
) -> Result<Markup, PagesError> {
    if week.done.lo > week.done.hi {
        return Err(PagesError::Reversed { what: "the week's count of days" });
    }
    let lead = match week.quota {
        Some(_) => {
            Some(t.fill("week_lead", &[("done", &done_in_words(t, week)), ("known", &known(t, week))]))
        }
        // Of how many days it tells is counted by those on which something was asked for.
        None if is_withheld => None,
        None => Some(t.fill("week_known", &[("known", &known(t, week))])),
    };
    let rows: Vec<Row> = week.days.iter().map(|day| row(t, week, day)).collect();
    let days = rows.iter().map(|row| {
        let what = t.fill("done_and_outcome", &[("done", &row.done_in_words), ("outcome", row.outcome)]);
        t.fill("day_in_words", &[("day", &row.day), ("what", &what)])
    });
    let days: Vec<String> = days.collect();
    let plot = svg_week::plot(t, week, days.join(t.get("list_separator")))?;
    let legend = Markup::of(&Legend { pattern: svg_week::PATTERN, lines: svg_week::legend(t, week) })?;
    Markup::of(&Section {
        t,
        links,
        heading: t.fill("week_heading", &[("date", &t.date_full(week.from))]),
        quota: match week.quota {
            Some(quota) => t.fill("week_quota", &[("quota", &quota_in_words(t, quota))]),
            None if is_withheld => t.get("withheld_week").to_owned(),
            None => t.get("week_no_quota").to_owned(),
        },
        done_column: t.get(done_column(week)),
        lead,
        outcome: week.quota.map(|_| outcome_sentence(t, week.outcome)),
        plot,
        legend,
        rows,
    })
}

/// "5 400 steps a day, 5 days a week".
pub(crate) fn quota_in_words(t: &Text, quota: Quota) -> String {
    let values =
        [("amount", &*t.amount(quota.kind, quota.target)), ("per_week", &t.number(quota.per_week.into()))];
    t.count("quota_per_week", quota.per_week.into(), &values)
}

/// The word for a day's outcome. A day of which nothing is known is called just that.
pub(crate) fn outcome_word(t: &Text, outcome: DayOutcome, anything_known: bool) -> &'static str {
    t.get(match outcome {
        DayOutcome::Attained => "outcome_attained",
        DayOutcome::Missed => "outcome_missed",
        DayOutcome::Censored if anything_known => "outcome_censored",
        DayOutcome::Censored => "outcome_unmeasured",
        DayOutcome::Rest => "outcome_rest",
        DayOutcome::NotYet => "outcome_not_yet",
    })
}

/// "from 5 of 7 days".
pub(crate) fn known(t: &Text, week: &Week) -> String {
    let values = [("known", &*t.number(week.known_days.into())), ("of", &t.number(week.of_days.into()))];
    t.count("known_days", week.known_days.into(), &values)
}

fn done_in_words(t: &Text, week: &Week) -> String {
    let (lo, hi) = (week.done.lo, week.done.hi);
    let values = [("lo", &*t.number(lo.into())), ("hi", &t.number(hi.into()))];
    match (lo, hi) {
        (0, 0) => t.get("week_done_none").to_owned(),
        _ if lo == hi => t.count("week_done_exact", hi.into(), &values),
        _ => t.count("week_done_range", hi.into(), &values),
    }
}

/// The column of what was done names its unit, so that the cells stay short.
fn done_column(week: &Week) -> &'static str {
    match week.quota.map(|quota| quota.kind) {
        None => "column_done",
        Some(QuotaKind::Steps) => "column_steps",
        Some(QuotaKind::WalkMinutes) => "column_walk_minutes",
        Some(
            QuotaKind::Relaxation | QuotaKind::Stretching | QuotaKind::Strengthening | QuotaKind::Workshop,
        ) => "column_sessions",
    }
}

fn outcome_sentence(t: &Text, outcome: WeekOutcome) -> &'static str {
    t.get(match outcome {
        WeekOutcome::Attained => "week_attained",
        WeekOutcome::Missed => "week_missed",
        WeekOutcome::Undetermined => "week_undetermined",
        WeekOutcome::InProgress => "week_in_progress",
    })
}

fn row(t: &Text, week: &Week, day: &DayCell) -> Row {
    let to_come = day.outcome == DayOutcome::NotYet;
    let amount = |n| match week.quota {
        Some(quota) => t.amount(quota.kind, n),
        None => t.number(n.into()),
    };
    let number = |n: u32| t.number(n.into());
    let (done, done_in_words) = match day.done {
        Some(n) if day.valid => (number(n), amount(n)),
        Some(n) => {
            let short = t.fill("at_least_short", &[("n", &number(n))]);
            (short, t.fill("at_least", &[("amount", &amount(n))]))
        }
        None => {
            let word = t.get(if to_come { "outcome_not_yet" } else { "unknown" });
            (word.to_owned(), word.to_owned())
        }
    };
    let nothing_yet = to_come && day.done.is_none();
    Row {
        day: t.date_short(day.date),
        done,
        done_in_words,
        quota: day.quota.map_or_else(|| t.get("none_asked").to_owned(), |q| t.number(q.into())),
        outcome: outcome_word(t, day.outcome, day.done.is_some()),
        wear: match day.wear_minutes {
            _ if nothing_yet => t.get("outcome_not_yet").to_owned(),
            Some(0) => t.get("no_reading").to_owned(),
            Some(minutes) => t.duration(minutes),
            None => t.get("not_told").to_owned(),
        },
        unknown: if nothing_yet {
            t.get("outcome_not_yet").to_owned()
        } else {
            t.duration(day.unknown_minutes)
        },
    }
}
