//! A day's steps as bars and its heart rate as a line, over the same hours, with unknown time hatched.

use askama::Template;

use super::clock::{Gathered, QUARTER, known_steps, runs, wall_minute};
use super::error::PagesError;
use super::markup::{Hatch, Label, Markup, Px, Rect};
use super::model::{DayView, MinuteCell};
use super::text::Text;

/// The id of the hatch in the plot of steps.
pub(crate) const STEPS_PATTERN: &str = "hatch-steps";
/// The id of the hatch in the plot of heart rate.
pub(crate) const HEART_PATTERN: &str = "hatch-heart";

const LEFT: f64 = 46.0;
const RIGHT: f64 = 344.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 134.0;

#[derive(Template)]
#[template(
    ext = "html",
    source = r##"<svg class="plot" viewBox="0 0 364 156" role="img" aria-labelledby="{{ id }}-title {{ id }}-desc">
<title id="{{ id }}-title">{{ title }}</title>
<desc id="{{ id }}-desc">{{ desc }}</desc>
{{ hatch }}
{%- for l in grid %}<line class="grid" x1="46" x2="344" y1="{{ l.y }}" y2="{{ l.y }}"/><text x="41" y="{{ l.y }}" dy="4" text-anchor="end">{{ l.text }}</text>{% endfor %}
{%- for r in unknown %}<rect class="mark-hatch" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}" fill="url(#{{ pattern }})"/>{% endfor %}
{%- for r in bars %}<rect class="mark-bar" x="{{ r.x }}" y="{{ r.y }}" width="{{ r.width }}" height="{{ r.height }}"/>{% endfor %}
{%- if !line.is_empty() %}<path class="halo-line" d="{{ line }}"/><path class="mark-line" d="{{ line }}"/>{% endif %}
<line class="axis" x1="46" x2="344" y1="134" y2="134"/>
{%- for h in hours %}<line class="axis" x1="{{ h.x }}" x2="{{ h.x }}" y1="134" y2="138"/><text x="{{ h.x }}" y="{{ h.y }}" text-anchor="middle">{{ h.text }}</text>{% endfor %}
</svg>"##
)]
struct Plot {
    id: &'static str,
    pattern: &'static str,
    title: &'static str,
    desc: String,
    hatch: Markup,
    grid: Vec<Label>,
    unknown: Vec<Rect>,
    bars: Vec<Rect>,
    line: String,
    hours: Vec<Label>,
}

/// Where a minute stands on the time axis of one day.
struct Axis {
    minutes: f64,
}

impl Axis {
    fn x(&self, minute: usize) -> f64 {
        LEFT + minute as f64 / self.minutes * (RIGHT - LEFT)
    }

    fn block(&self, from: usize, minutes: usize, top: f64) -> Rect {
        Rect::new(self.x(from), top, self.x(from + minutes) - self.x(from), BOTTOM - top)
    }
}

/// Draws the steps, or nothing when none are known.
pub(crate) fn steps(
    t: &Text,
    day: &DayView,
    cells: &[MinuteCell],
    quarters: &[Gathered],
    desc: String,
) -> Result<Option<Markup>, PagesError> {
    let Some(most) = quarters.iter().filter_map(|q| q.steps).max() else { return Ok(None) };
    let axis = Axis { minutes: day.minutes.len() as f64 };
    let top_value = rounded_up(most);
    let y = |value: u32| BOTTOM - f64::from(value) / f64::from(top_value) * (BOTTOM - TOP);
    let bars = quarters.iter().filter_map(|q| {
        let steps = q.steps.filter(|steps| *steps > 0)?;
        Some(axis.block(q.from, q.minutes, y(steps)))
    });
    let unknown = runs(cells, |cell| known_steps(cell).is_none());
    let grid =
        [0, top_value / 2, top_value].map(|value| Label::new(0.0, y(value), t.number(value.into()))).to_vec();
    let plot = Plot {
        id: "steps-plot",
        pattern: STEPS_PATTERN,
        title: t.get("steps_plot_title"),
        desc,
        hatch: Markup::of(&Hatch { id: STEPS_PATTERN })?,
        grid,
        unknown: unknown.into_iter().map(|(from, n)| axis.block(from, n, TOP)).collect(),
        bars: bars.collect(),
        line: String::new(),
        hours: hour_labels(t, day, &axis),
    };
    Markup::of(&plot).map(Some)
}

/// Draws the heart rate, or nothing when none is known.
pub(crate) fn heart(
    t: &Text,
    day: &DayView,
    quarters: &[Gathered],
    desc: String,
) -> Result<Option<Markup>, PagesError> {
    let Some((low, high)) = range(quarters) else { return Ok(None) };
    let axis = Axis { minutes: day.minutes.len() as f64 };
    let (floor, step, steps) = even_steps(low, high);
    let ceiling = floor + step * f32::from(steps);
    let y = |bpm: f32| BOTTOM - f64::from((bpm - floor) / (ceiling - floor)) * (BOTTOM - TOP);
    let unknown = quarters.iter().filter(|q| q.heart_rate_bpm.is_none());
    let lines = (0..=steps).map(|line| floor + step * f32::from(line));
    let grid = lines.map(|bpm| Label::new(0.0, y(bpm), t.decimal(bpm))).collect();
    let plot = Plot {
        id: "heart-plot",
        pattern: HEART_PATTERN,
        title: t.get("heart_plot_title"),
        desc,
        hatch: Markup::of(&Hatch { id: HEART_PATTERN })?,
        grid,
        unknown: merged(unknown).into_iter().map(|(from, n)| axis.block(from, n, TOP)).collect(),
        bars: Vec::new(),
        line: line(quarters, &axis, &y),
        hours: hour_labels(t, day, &axis),
    };
    Markup::of(&plot).map(Some)
}

/// Where an axis of beats begins, how far its lines are apart, and how many steps reach beyond `high`: at most four, all
/// of one size.
fn even_steps(low: f32, high: f32) -> (f32, f32, u8) {
    let floor = (low / 10.0).floor() * 10.0;
    let steps = |step: f32| ((high - floor) / step).floor() + 1.0;
    let step = [10.0, 20.0, 50.0].into_iter().find(|step| steps(*step) <= 4.0).unwrap_or(100.0);
    (floor, step, steps(step) as u8)
}

/// The lowest and highest quarter-hour mean.
pub(crate) fn range(quarters: &[Gathered]) -> Option<(f32, f32)> {
    let means = || quarters.iter().filter_map(|q| q.heart_rate_bpm);
    Some((means().reduce(f32::min)?, means().reduce(f32::max)?))
}

/// Quarter hours that touch become one block, so that the hatch has no seams.
fn merged<'a>(quarters: impl Iterator<Item = &'a Gathered>) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for q in quarters {
        match out.last_mut() {
            Some((from, n)) if *from + *n == q.from => *n += q.minutes,
            _ => out.push((q.from, q.minutes)),
        }
    }
    out
}

/// The path of the known means: lifted where a quarter hour is unknown, a dot where one stands alone.
fn line(quarters: &[Gathered], axis: &Axis, y: &impl Fn(f32) -> f64) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for q in quarters {
        let Some(bpm) = q.heart_rate_bpm else {
            drawing = false;
            continue;
        };
        let (x, y) = (Px((axis.x(q.from) + axis.x(q.from + QUARTER.min(q.minutes))) / 2.0), Px(y(bpm)));
        // "h0" makes a dot of a lone point, since the line has round ends.
        path.push_str(&if drawing { format!("L{x} {y}") } else { format!("M{x} {y}h0") });
        drawing = true;
    }
    path
}

/// Labels at 0, 6, 12, 18 and 24 on the wall clock, wherever those fall in real time.
fn hour_labels(t: &Text, day: &DayView, axis: &Axis) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for hour in [0, 6, 12, 18] {
        if let Some(minute) = (0..day.minutes.len()).find(|m| wall_minute(day, *m) == hour * 60) {
            labels.push(Label::new(axis.x(minute), 151.0, t.clock_hour(hour)));
        }
    }
    labels.push(Label::new(axis.x(day.minutes.len()), 151.0, t.clock_hour(24)));
    labels
}

/// The next round value, so that the axis ends on one: 1, 2 or 5 times a power of ten, and even.
fn rounded_up(most: u32) -> u32 {
    let mut unit = 10_u32;
    loop {
        for factor in [1, 2, 5] {
            let value = unit.saturating_mul(factor);
            if value >= most {
                return value;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::{even_steps, rounded_up};

    #[test]
    fn the_beats_are_divided_evenly() {
        assert_eq!(even_steps(58.0, 79.4), (50.0, 10.0, 3));
        assert_eq!(even_steps(60.0, 60.0), (60.0, 10.0, 1));
        assert_eq!(even_steps(52.0, 90.0), (50.0, 20.0, 3));
        assert_eq!(even_steps(48.0, 171.0), (40.0, 50.0, 3));
        for high in 40..=300_u16 {
            let (floor, step, steps) = even_steps(40.0, f32::from(high));
            assert!(floor + step * f32::from(steps) > f32::from(high) && steps <= 4, "{high}");
        }
    }

    #[test]
    fn the_axis_ends_on_a_round_value() {
        assert_eq!([0, 11, 200, 201, 1_400].map(rounded_up), [10, 20, 200, 500, 2_000]);
        assert_eq!(rounded_up(u32::MAX), u32::MAX);
    }
}
