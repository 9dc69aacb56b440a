//! One day: steps and heart rate, in words, as plots, and hour by hour.

use askama::Template;

use super::clock::{self, Gathered, Hour};
use super::error::PagesError;
use super::markup::{Legend, LegendLine, Mark, Markup};
use super::model::{DayView, MinuteState, PersonLinks, QuotaKind};
use super::svg_day;
use super::text::Text;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<section class="card wide" aria-labelledby="day">
<h2 id="day">{{ heading }}</h2>
{%- for sentence in sentences %}
<p>{{ sentence }}</p>
{%- endfor %}
<div class="pair">
<div><h3>{{ t.get("steps_heading") }}</h3>
{%- for sentence in steps_words %}
<p>{{ sentence }}</p>
{%- endfor %}
{% if let Some(plot) = steps_plot %}<figure>{{ plot }}{{ steps_legend }}</figure>{% endif %}</div>
<div><h3>{{ t.get("heart_heading") }}</h3>
<p>{{ heart_words }}</p>
{% if let Some(plot) = heart_plot %}<figure>{{ plot }}{{ heart_legend }}</figure>{% endif %}</div>
</div>
{% if !rows.is_empty() %}<details><summary>{{ t.get("show_figures") }}</summary>
<div class="scroll" role="region" aria-labelledby="hours-caption" tabindex="0"><table>
<caption id="hours-caption">{{ t.get("hours_caption") }}</caption>
<thead><tr><th scope="col">{{ t.get("column_hour") }}</th><th scope="col">{{ t.get("column_steps") }}</th><th scope="col">{{ t.get("column_heart") }}</th><th scope="col">{{ t.get("column_unknown") }}</th></tr></thead>
<tbody>
{%- for row in rows %}
<tr><th scope="row">{{ row.hour }}</th><td>{{ row.steps }}</td><td>{{ row.heart }}</td><td>{{ row.unknown }}</td></tr>
{%- endfor %}
</tbody></table></div></details>{% endif %}
{% if links.previous_day.is_some() || links.next_day.is_some() %}<nav class="pager" aria-label="{{ t.get("nav_days") }}">
{% if let Some(href) = links.previous_day %}<a rel="prev" href="{{ href.as_str() }}"><span aria-hidden="true">← </span>{{ t.get("previous_day") }}</a>{% endif %}
{% if let Some(href) = links.next_day %}<a rel="next" href="{{ href.as_str() }}">{{ t.get("next_day") }}<span aria-hidden="true"> →</span></a>{% endif %}
</nav>{% endif %}
</section>"##
)]
struct Section<'a> {
    t: &'a Text,
    links: &'a PersonLinks,
    heading: String,
    sentences: Vec<String>,
    steps_words: Vec<String>,
    steps_plot: Option<Markup>,
    steps_legend: Markup,
    heart_words: String,
    heart_plot: Option<Markup>,
    heart_legend: Markup,
    rows: Vec<Row>,
}

struct Row {
    hour: String,
    steps: String,
    heart: String,
    unknown: String,
}

/// The section of the day that was asked for.
pub(crate) fn section(t: &Text, day: &DayView, links: &PersonLinks) -> Result<Markup, PagesError> {
    let cells = clock::elapsed(day)?;
    let quarters = clock::quarters(cells);
    let steps_words = steps_words(t, day, &clock::whole(cells), &quarters);
    let heart_words = heart_words(t, &quarters);
    let unknown = LegendLine::new(Mark::Hatch, t.get("legend_unknown_time"));
    let steps = LegendLine::new(Mark::Solid, t.get("legend_steps"));
    let heart = LegendLine::new(Mark::Line, t.get("legend_heart"));
    Markup::of(&Section {
        t,
        links,
        heading: t.fill("day_heading", &[("date", &t.date_full(day.date))]),
        sentences: sentences(t, day, cells),
        steps_plot: svg_day::steps(t, day, cells, &quarters, steps_words.join(t.get("sentence_separator")))?,
        steps_words,
        steps_legend: Markup::of(&Legend {
            pattern: svg_day::STEPS_PATTERN,
            lines: vec![steps, unknown.clone()],
        })?,
        heart_plot: svg_day::heart(t, day, &quarters, heart_words.clone())?,
        heart_words,
        heart_legend: Markup::of(&Legend { pattern: svg_day::HEART_PATTERN, lines: vec![heart, unknown] })?,
        rows: clock::hours(day, cells).iter().map(|hour| row(t, hour)).collect(),
    })
}

/// How much of the day is known, whether it is over, and how long it was.
fn sentences(t: &Text, day: &DayView, cells: &[super::model::MinuteCell]) -> Vec<String> {
    let mut out = Vec::new();
    let unknown = cells.iter().filter(|cell| cell.state == MinuteState::Unknown).count();
    if unknown == cells.len() && !cells.is_empty() {
        out.push(t.get("day_unknown_all").to_owned());
    } else {
        let (known, unknown) =
            (t.duration((cells.len() - unknown) as u32), t.duration(unknown.try_into().unwrap_or(u32::MAX)));
        out.push(t.fill("day_known", &[("known", &known), ("unknown", &unknown)]));
    }
    let left = day.minutes.len() - cells.len();
    if left > 0 {
        out.push(t.fill("day_to_come", &[("left", &t.duration(left as u32))]));
    }
    if !day.clock_shifts.is_empty() {
        let length = t.duration(day.minutes.len() as u32);
        out.push(t.fill("day_clock_change", &[("length", &length)]));
    }
    out
}

fn steps_words(t: &Text, day: &DayView, whole: &Gathered, quarters: &[Gathered]) -> Vec<String> {
    let Some(total) = whole.steps.max(day.steps) else { return vec![t.get("steps_none").to_owned()] };
    let amount = at_least_if(t, whole.unknown > 0, t.amount(QuotaKind::Steps, total));
    let mut out = vec![t.fill("day_steps_total", &[("amount", &amount)])];
    let adrift = total - whole.steps.unwrap_or(0);
    if adrift > 0 {
        out.push(t.fill("day_steps_adrift", &[("amount", &t.amount(QuotaKind::Steps, adrift))]));
    }
    let busiest = quarters.iter().filter(|q| q.steps.is_some_and(|n| n > 0)).max_by_key(|q| q.steps);
    if let Some((q, steps)) = busiest.and_then(|q| q.steps.map(|steps| (q, steps))) {
        let clock = t.clock(clock::wall_minute(day, q.from));
        let amount = at_least_if(t, q.unknown > 0, t.amount(QuotaKind::Steps, steps));
        out.push(t.fill("day_steps_busiest", &[("clock", &clock), ("amount", &amount)]));
    }
    out
}

fn heart_words(t: &Text, quarters: &[Gathered]) -> String {
    match svg_day::range(quarters) {
        Some((lo, hi)) => {
            let (lo, hi) = (t.decimal(lo.round()), t.decimal(hi.round()));
            t.fill("day_heart_range", &[("lo", &lo), ("hi", &hi)])
        }
        None => t.get("heart_none").to_owned(),
    }
}

fn at_least_if(t: &Text, open: bool, amount: String) -> String {
    if open { t.fill("at_least", &[("amount", &amount)]) } else { amount }
}

fn row(t: &Text, hour: &Hour) -> Row {
    let clock = t.clock_hour(hour.hour);
    let unknown = || t.get("unknown").to_owned();
    Row {
        hour: if hour.again { t.fill("hour_again", &[("clock", &clock)]) } else { clock },
        steps: match hour.known.steps {
            Some(n) if hour.known.unknown > 0 => t.fill("at_least_short", &[("n", &t.number(n.into()))]),
            Some(n) => t.number(n.into()),
            None => unknown(),
        },
        heart: hour.known.heart_rate_bpm.map_or_else(unknown, |bpm| t.decimal(bpm.round())),
        unknown: t.duration(hour.known.unknown),
    }
}
