//! Adherence as a strip from 0 to 100 %: bounds, interval, estimate.

use askama::Template;

use super::error::PagesError;
use super::format::Round;
use super::markup::{Hatch, Label, LegendLine, Mark, Markup, Px, Rect};
use super::model::{Adherence, AdherenceStatus, Interval};
use super::text::Text;

/// The id of this plot's hatch.
pub(crate) const PATTERN: &str = "hatch-adherence";

const LEFT: f64 = 18.0;
const SPAN: f64 = 324.0;
const MIDDLE: f64 = 26.0;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<svg class="plot" viewBox="0 0 364 68" role="img" aria-labelledby="adherence-title adherence-desc">
<title id="adherence-title">{{ title }}</title>
<desc id="adherence-desc">{{ desc }}</desc>
{{ hatch }}
{%- for tick in ticks %}<line class="grid" x1="{{ tick.x }}" x2="{{ tick.x }}" y1="6" y2="48"/><text x="{{ tick.x }}" y="{{ tick.y }}" text-anchor="middle">{{ tick.text }}</text>{% endfor %}
<rect class="mark-hatch" x="{{ bounds.x }}" y="{{ bounds.y }}" width="{{ bounds.width }}" height="{{ bounds.height }}" fill="url(#{{ PATTERN }})"/>
{%- if let Some(r) = interval %}<rect class="mark-solid" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}"/>{% endif %}
{%- if let Some(x) = estimate %}<path class="mark-lozenge" d="M{{ x }} 10l9 16-9 16-9-16z"/>{% endif %}
<line class="axis" x1="18" x2="342" y1="48" y2="48"/>
</svg>"##
)]
struct Plot {
    title: String,
    desc: String,
    hatch: Markup,
    ticks: Vec<Label>,
    bounds: Rect,
    interval: Option<Rect>,
    estimate: Option<Px>,
}

/// Draws the strip; shares were checked by whoever wrote `desc`, which is the same in words.
pub(crate) fn plot(t: &Text, adherence: &Adherence, desc: String) -> Result<Markup, PagesError> {
    let x = |share: f64| LEFT + share * SPAN;
    let strip =
        |i: Interval, height: f64| Rect::new(x(i.lo), MIDDLE - height / 2.0, (i.hi - i.lo) * SPAN, height);
    let mut ticks = Vec::new();
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        ticks.push(Label::new(x(share), 63.0, t.percent("a tick", share, Round::Nearest)?));
    }
    let full = t.percent("a tick", 1.0, Round::Nearest)?;
    Markup::of(&Plot {
        title: t.fill("adherence_plot_title", &[("full", &full)]),
        desc,
        hatch: Markup::of(&Hatch { id: PATTERN })?,
        ticks,
        bounds: strip(adherence.bounds, 32.0),
        interval: shown_interval(adherence).map(|i| strip(i, 14.0)),
        estimate: shown_estimate(adherence).map(|share| Px(x(share))),
    })
}

/// The interval, where the status lets it be shown.
pub(crate) fn shown_interval(adherence: &Adherence) -> Option<Interval> {
    adherence.interval.filter(|_| adherence.status != AdherenceStatus::Bounded)
}

/// The estimate, where the status lets it be shown.
pub(crate) fn shown_estimate(adherence: &Adherence) -> Option<f64> {
    adherence.estimate.filter(|_| adherence.status == AdherenceStatus::Ok)
}

/// The marks that this strip uses, in words.
pub(crate) fn legend(t: &Text, adherence: &Adherence, level: &str) -> Vec<LegendLine> {
    let mut lines = Vec::new();
    if shown_estimate(adherence).is_some() {
        lines.push(LegendLine::new(Mark::Lozenge, t.get("legend_estimate")));
    }
    if shown_interval(adherence).is_some() {
        lines.push(LegendLine::new(Mark::Solid, t.fill("legend_interval", &[("level", level)])));
    }
    lines.push(LegendLine::new(Mark::Hatch, t.get("legend_bounds")));
    lines
}
