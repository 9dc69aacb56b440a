//! The hours of a device's days: what became of each, as a grid.

use askama::Template;

use super::error::PagesError;
use super::markup::{Hatch, Label, LegendLine, Mark, Markup, Px, Rect};
use super::model::{ReceivedDay, ReceivedMinutes};
use super::text::Text;

const LEFT: f64 = 58.0;
const TOP: f64 = 20.0;
const CELL: f64 = 12.0;
const ROW: f64 = 16.0;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<svg class="plot" viewBox="0 0 364 {{ height }}" role="img" aria-labelledby="{{ id }}-title {{ id }}-desc">
<title id="{{ id }}-title">{{ title }}</title>
<desc id="{{ id }}-desc">{{ desc }}</desc>
{{ hatch }}
{%- for label in labels %}<text x="{{ label.x }}" y="{{ label.y }}">{{ label.text }}</text>{% endfor %}
{%- for cell in cells %}
{%- let r = cell.rect %}
{%- if cell.mark == Mark::Hatch %}<rect class="mark-hatch" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}" fill="url(#{{ id }}-hatch)"/>
{%- else %}<rect class="{{ cell.mark.class() }} small" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}"/>{% endif %}
{%- endfor %}
</svg>"##
)]
struct Plot<'a> {
    id: &'a str,
    title: &'static str,
    desc: String,
    hatch: Markup,
    height: Px,
    labels: Vec<Label>,
    cells: Vec<Cell>,
}

struct Cell {
    rect: Rect,
    mark: Mark,
}

/// The id of a plot's hatch.
pub(crate) fn pattern(id: &str) -> String {
    format!("{id}-hatch")
}

/// Draws the days, newest first; `desc` is the same in words.
pub(crate) fn plot(t: &Text, id: &str, days: &[ReceivedDay], desc: String) -> Result<Markup, PagesError> {
    let top = |row: usize| TOP + row as f64 * ROW;
    let mut labels: Vec<Label> = [0, 6, 12, 18]
        .iter()
        .map(|&hour| Label::new(LEFT + f64::from(hour) * CELL, TOP - 6.0, t.clock_hour(hour)))
        .collect();
    let mut cells = Vec::new();
    for (row, day) in days.iter().enumerate() {
        labels.push(Label::new(2.0, top(row) + ROW - 5.0, t.date_brief(day.date)));
        for (hour, minutes) in day.hours.iter().enumerate() {
            let Some(minutes) = minutes else { continue };
            let rect = Rect::new(LEFT + hour as f64 * CELL + 1.0, top(row) + 1.0, CELL - 2.0, ROW - 4.0);
            cells.push(Cell { rect, mark: mark(minutes) });
        }
    }
    Markup::of(&Plot {
        id,
        title: t.get("received_plot_title"),
        desc,
        hatch: Markup::of(&Hatch { id: &pattern(id) })?,
        height: Px(top(days.len()) + 4.0),
        labels,
        cells,
    })
}

/// What most of an hour's minutes are; of two that are as many, the first.
fn mark(minutes: &ReceivedMinutes) -> Mark {
    let known = minutes.battery + minutes.link + minutes.permission + minutes.lost;
    let kinds = [
        (minutes.received, Mark::Solid),
        (minutes.received_not_worn + minutes.not_worn, Mark::Outline),
        (minutes.not_synced, Mark::Hatch),
        (known, Mark::Partial),
        (minutes.silent + minutes.unknown, Mark::Dotted),
    ];
    kinds.into_iter().rev().max_by_key(|(count, _)| *count).map_or(Mark::Dotted, |(_, mark)| mark)
}

/// The marks that these days use, in words.
pub(crate) fn legend(t: &Text, days: &[ReceivedDay]) -> Vec<LegendLine> {
    let used =
        |wanted: Mark| days.iter().flat_map(|day| &day.hours).flatten().any(|hour| mark(hour) == wanted);
    let words = [
        (Mark::Solid, "received_received"),
        (Mark::Outline, "received_not_worn"),
        (Mark::Hatch, "received_not_synced"),
        (Mark::Partial, "received_cause_known"),
        (Mark::Dotted, "received_unknown"),
    ];
    words
        .into_iter()
        .filter(|(mark, _)| used(*mark))
        .map(|(mark, key)| LegendLine::new(mark, t.get(key)))
        .collect()
}
