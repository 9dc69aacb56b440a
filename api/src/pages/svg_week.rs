//! The seven days of a week as bars, with the quota as a line and unknown time hatched.

use askama::Template;

use super::error::PagesError;
use super::markup::{Hatch, Label, LegendLine, Level, Mark, Markup, Px, Rect};
use super::model::{DayCell, DayOutcome, Week};
use super::text::Text;

/// The id of this plot's hatch.
pub(crate) const PATTERN: &str = "hatch-week";

const WIDTH: f64 = 364.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 172.0;
const BAR: f64 = 34.0;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<svg class="plot" viewBox="0 0 364 222" role="img" aria-labelledby="week-title week-desc">
<title id="week-title">{{ title }}</title>
<desc id="week-desc">{{ desc }}</desc>
{{ hatch }}
{%- for bar in bars %}
{%- if let Some(r) = bar.hatch %}<rect class="mark-hatch" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}" fill="url(#{{ PATTERN }})"/>{% endif %}
{%- if let Some(r) = bar.rect %}<rect class="{{ bar.mark.class() }}" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}"/>{% endif %}
{%- if bar.tick %}<path class="tick" d="M{{ bar.middle }} 211m-5 0l4 4 7-9"/>{% endif %}
{%- endfor %}
<line class="axis" x1="4" x2="360" y1="{{ floor }}" y2="{{ floor }}"/>
{%- for q in quota %}<line class="halo-line" x1="{{ q.x1 }}" x2="{{ q.x2 }}" y1="{{ q.y }}" y2="{{ q.y }}"/><line class="mark-dash" x1="{{ q.x1 }}" x2="{{ q.x2 }}" y1="{{ q.y }}" y2="{{ q.y }}"/>{% endfor %}
{%- for bar in bars %}
{%- if let Some(l) = bar.value %}<text class="value{% if bar.narrow %} narrow{% endif %}" x="{{ l.x }}" y="{{ l.y }}" text-anchor="middle">{{ l.text }}</text>{% endif %}
<text x="{{ bar.middle }}" y="187" text-anchor="middle">{{ bar.weekday }}</text>
<text x="{{ bar.middle }}" y="201" text-anchor="middle">{{ bar.day }}</text>
{%- endfor %}
</svg>"##
)]
struct Plot {
    title: &'static str,
    desc: String,
    hatch: Markup,
    floor: Px,
    bars: Vec<Bar>,
    quota: Vec<Level>,
}

struct Bar {
    middle: Px,
    rect: Option<Rect>,
    mark: Mark,
    hatch: Option<Rect>,
    tick: bool,
    narrow: bool,
    value: Option<Label>,
    weekday: &'static str,
    day: String,
}

/// Draws the week; `desc` is the same in words.
pub(crate) fn plot(t: &Text, week: &Week, desc: String) -> Result<Markup, PagesError> {
    let top_value = week.days.iter().flat_map(|d| [d.quota, d.done]).flatten().max().unwrap_or(0).max(1);
    let y = |value: u32| BOTTOM - f64::from(value) / f64::from(top_value) * (BOTTOM - TOP) * 0.86;
    let column = WIDTH / week.days.len().max(1) as f64;
    let bars =
        week.days.iter().enumerate().map(|(i, day)| bar(t, day, (i as f64 + 0.5) * column, &y)).collect();
    let quota = week.days.iter().enumerate().filter_map(|(i, day)| {
        let x = i as f64 * column;
        day.quota.map(|q| Level { x1: Px(x + 2.0), x2: Px(x + column - 2.0), y: Px(y(q)) })
    });
    Markup::of(&Plot {
        title: t.get("week_plot_title"),
        desc,
        hatch: Markup::of(&Hatch { id: PATTERN })?,
        floor: Px(BOTTOM),
        bars,
        quota: quota.collect(),
    })
}

fn bar(t: &Text, day: &DayCell, middle: f64, y: &impl Fn(u32) -> f64) -> Bar {
    let left = middle - BAR / 2.0;
    // Of a day not wholly known, the bar is what is sure and the hatch says that there may be more.
    let open = leaves_open(day);
    let foot = day.done.map_or(BOTTOM, y);
    let (value, value_y) = match (day.done, open) {
        (None, true) => (Some("?".to_owned()), (TOP + BOTTOM) / 2.0),
        (None, false) => (None, BOTTOM),
        (Some(n), true) => (Some(t.fill("at_least_short", &[("n", &t.number(n.into()))])), foot - 5.0),
        (Some(n), false) => (Some(t.number(n.into())), foot - 5.0),
    };
    // A label that the quota line would cross stands above it.
    let value_y = match day.quota.map(y) {
        Some(line) if (value_y - 12.0..value_y + 3.0).contains(&line) => line - 6.0,
        _ => value_y,
    };
    let narrow = value.as_ref().is_some_and(|text| text.chars().count() > 6);
    Bar {
        middle: Px(middle),
        rect: day.done.map(|_| Rect::new(left, foot, BAR, BOTTOM - foot)),
        mark: mark(day.outcome),
        hatch: open.then(|| Rect::new(left, TOP - 12.0, BAR, foot - TOP + 12.0)),
        tick: day.outcome == DayOutcome::Attained,
        narrow,
        value: value.map(|text| Label::new(middle, value_y, text)),
        weekday: t.weekday_short(day.date),
        day: day_number(day),
    }
}

fn day_number(day: &DayCell) -> String {
    use chrono::Datelike;
    day.date.day().to_string()
}

/// Whether more may have happened on this day than is known.
fn leaves_open(day: &DayCell) -> bool {
    match day.outcome {
        DayOutcome::Attained | DayOutcome::Missed | DayOutcome::Censored => !day.valid,
        DayOutcome::Rest => !day.valid && day.done.is_some(),
        DayOutcome::NotYet => false,
    }
}

fn mark(outcome: DayOutcome) -> Mark {
    match outcome {
        DayOutcome::Attained => Mark::Solid,
        DayOutcome::Missed => Mark::Outline,
        DayOutcome::Censored => Mark::Partial,
        DayOutcome::Rest | DayOutcome::NotYet => Mark::Dotted,
    }
}

/// The marks that this week uses, in words.
pub(crate) fn legend(t: &Text, week: &Week) -> Vec<LegendLine> {
    let any = |test: &dyn Fn(&DayCell) -> bool| week.days.iter().any(test);
    let drawn = |wanted: Mark| move |d: &DayCell| d.done.is_some() && mark(d.outcome) == wanted;
    let mut lines = Vec::new();
    if any(&|d| d.quota.is_some()) {
        lines.push(LegendLine::new(Mark::Dash, t.get("legend_quota_line")));
    }
    if any(&drawn(Mark::Solid)) {
        lines.push(LegendLine::new(Mark::Solid, t.get("legend_attained")));
    }
    if any(&drawn(Mark::Outline)) {
        lines.push(LegendLine::new(Mark::Outline, t.get("legend_missed")));
    }
    if any(&drawn(Mark::Partial)) {
        lines.push(LegendLine::new(Mark::Partial, t.get("legend_partial")));
    }
    if any(&leaves_open) {
        lines.push(LegendLine::new(Mark::Hatch, t.get("legend_unknown")));
    }
    if any(&drawn(Mark::Dotted)) {
        lines.push(LegendLine::new(Mark::Dotted, t.get("legend_rest")));
    }
    lines
}
