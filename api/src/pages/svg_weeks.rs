//! Past weeks as bars: days attained, days unknown above them, and how many were planned.

use askama::Template;

use super::error::PagesError;
use super::markup::{Hatch, Label, LegendLine, Level, Mark, Markup, Px, Rect};
use super::model::WeekRow;
use super::text::Text;

/// The id of this plot's hatch.
pub(crate) const PATTERN: &str = "hatch-weeks";

/// Weeks drawn: as many as keep their labels apart on a phone. The table has them all.
pub(crate) const DRAWN: usize = 13;

const LEFT: f64 = 26.0;
const RIGHT: f64 = 350.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 120.0;
/// Days in a week, the top of the axis.
const DAYS: f64 = 7.0;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<svg class="plot" viewBox="0 0 364 142" role="img" aria-labelledby="weeks-title weeks-desc">
<title id="weeks-title">{{ title }}</title>
<desc id="weeks-desc">{{ desc }}</desc>
{{ hatch }}
{%- for l in grid %}<line class="grid" x1="26" x2="350" y1="{{ l.y }}" y2="{{ l.y }}"/><text x="20" y="{{ l.y }}" dy="4" text-anchor="end">{{ l.text }}</text>{% endfor %}
{%- for r in unknown %}<rect class="mark-hatch" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}" fill="url(#{{ PATTERN }})"/>{% endfor %}
{%- for r in attained %}<rect class="mark-solid" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}"/>{% endfor %}
<line class="axis" x1="26" x2="350" y1="120" y2="120"/>
{%- for q in quota %}<line class="halo-line" x1="{{ q.x1 }}" x2="{{ q.x2 }}" y1="{{ q.y }}" y2="{{ q.y }}"/><line class="mark-dash" x1="{{ q.x1 }}" x2="{{ q.x2 }}" y1="{{ q.y }}" y2="{{ q.y }}"/>{% endfor %}
{%- for l in labels %}<text x="{{ l.x }}" y="{{ l.y }}" text-anchor="middle">{{ l.text }}</text>{% endfor %}
</svg>"##
)]
struct Plot {
    title: &'static str,
    desc: String,
    hatch: Markup,
    grid: Vec<Label>,
    unknown: Vec<Rect>,
    attained: Vec<Rect>,
    quota: Vec<Level>,
    labels: Vec<Label>,
}

/// Draws the last weeks of `weeks`, oldest first; `desc` is the same in words.
pub(crate) fn plot(t: &Text, weeks: &[WeekRow], desc: String) -> Result<Markup, PagesError> {
    let weeks = &weeks[weeks.len().saturating_sub(DRAWN)..];
    let column = (RIGHT - LEFT) / weeks.len().max(4) as f64;
    let width = column * 0.6;
    let x = |i: usize| LEFT + i as f64 * column;
    let y = |days: u32| BOTTOM - f64::from(days).min(DAYS) / DAYS * (BOTTOM - TOP);
    let block = |i: usize, lo: u32, hi: u32| Rect::new(x(i) + column * 0.2, y(hi), width, y(lo) - y(hi));
    let each = || weeks.iter().enumerate();
    // On a phone a label is about 56 wide; the newest week always has one.
    let step = (56.0 / column).ceil().max(1.0) as usize;
    let labelled = |i: &usize| (weeks.len() - 1 - i).is_multiple_of(step);
    Markup::of(&Plot {
        title: t.get("weeks_plot_title"),
        desc,
        hatch: Markup::of(&Hatch { id: PATTERN })?,
        grid: [0, 7].map(|days| Label::new(0.0, y(days), t.number(days.into()))).to_vec(),
        unknown: each()
            .filter(|(_, w)| w.done.hi > w.done.lo)
            .map(|(i, w)| block(i, w.done.lo, w.done.hi))
            .collect(),
        attained: each().filter(|(_, w)| w.done.lo > 0).map(|(i, w)| block(i, 0, w.done.lo)).collect(),
        quota: each()
            .filter_map(|(i, w)| {
                let q = w.quota?;
                Some(Level { x1: Px(x(i) + 1.0), x2: Px(x(i) + column - 1.0), y: Px(y(q.per_week)) })
            })
            .collect(),
        labels: each()
            .filter(|(i, _)| labelled(i))
            .map(|(i, w)| Label::new(x(i) + column / 2.0, 136.0, t.date_brief(w.from)))
            .collect(),
    })
}

/// The marks in words.
pub(crate) fn legend(t: &Text) -> Vec<LegendLine> {
    vec![
        LegendLine::new(Mark::Solid, t.get("legend_days_attained")),
        LegendLine::new(Mark::Hatch, t.get("legend_days_unknown")),
        LegendLine::new(Mark::Dash, t.get("legend_days_quota")),
    ]
}
