//! Pieces of a page that are already markup, and the marks that plots and legends share.

use std::fmt;

use askama::Template;

use super::error::PagesError;

/// Markup that a template wrote, so that another template may place it without escaping it again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// The only way to make markup: from a template, which escapes what it is given.
    pub(crate) fn of(template: &impl Template) -> Result<Markup, PagesError> {
        Ok(Markup(template.render()?))
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// A coordinate or a length in a plot, written with one decimal.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Px(pub(crate) f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

impl askama::filters::HtmlSafe for Px {}

/// An upright or flat rectangle of a plot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: Px,
    pub(crate) y: Px,
    pub(crate) width: Px,
    pub(crate) height: Px,
}

impl Rect {
    pub(crate) fn new(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect { x: Px(x), y: Px(y), width: Px(width), height: Px(height) }
    }
}

/// A word or a number in a plot.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) x: Px,
    pub(crate) y: Px,
    pub(crate) text: String,
}

impl Label {
    pub(crate) fn new(x: f64, y: f64, text: impl Into<String>) -> Label {
        Label { x: Px(x), y: Px(y), text: text.into() }
    }
}

/// A piece of a line that runs level.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) x1: Px,
    pub(crate) x2: Px,
    pub(crate) y: Px,
}

/// How a plot draws a thing: never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Filled.
    Solid,
    /// Outlined.
    Outline,
    /// Thickly dashed outline: sure, but not all.
    Partial,
    /// Hatched: unknown.
    Hatch,
    /// Dotted outline.
    Dotted,
    /// A dashed line.
    Dash,
    /// A plain line.
    Line,
    /// A lozenge.
    Lozenge,
}

impl Mark {
    /// The class that the stylesheet draws.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Mark::Solid => "mark-solid",
            Mark::Outline => "mark-outline",
            Mark::Partial => "mark-partial",
            Mark::Hatch => "mark-hatch",
            Mark::Dotted => "mark-dotted",
            Mark::Dash => "mark-dash",
            Mark::Line => "mark-line",
            Mark::Lozenge => "mark-lozenge",
        }
    }
}

/// One line of a legend.
#[derive(Debug, Clone)]
pub(crate) struct LegendLine {
    pub(crate) mark: Mark,
    pub(crate) label: String,
}

impl LegendLine {
    pub(crate) fn new(mark: Mark, label: impl Into<String>) -> LegendLine {
        LegendLine { mark, label: label.into() }
    }
}

/// What the marks of one plot mean. `pattern` is the plot's own hatch.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r##"<ul class="legend">
{%- for line in lines %}
<li><svg class="swatch" viewBox="0 0 24 16" width="24" height="16" aria-hidden="true" focusable="false">
{%- match line.mark -%}
{%- when Mark::Dash | Mark::Line -%}<line class="{{ line.mark.class() }}" x1="1" x2="23" y1="8" y2="8"/>
{%- when Mark::Lozenge -%}<path class="mark-lozenge" d="M12 1l6 7-6 7-6-7z"/>
{%- when Mark::Hatch -%}<rect class="mark-hatch" x="1" y="1" width="22" height="14" fill="url(#{{ pattern }})"/>
{%- when _ -%}<rect class="{{ line.mark.class() }}" x="1" y="1" width="22" height="14"/>
{%- endmatch -%}
</svg>{{ line.label }}</li>
{%- endfor %}
</ul>"##
)]
pub(crate) struct Legend<'a> {
    pub(crate) pattern: &'a str,
    pub(crate) lines: Vec<LegendLine>,
}

/// The hatch that stands for "unknown"; each plot carries its own, since one may be shown without the others.
#[derive(Debug, Template)]
#[template(
    ext = "html",
    source = r##"<defs><pattern id="{{ id }}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch-line" x1="1" x2="1" y1="0" y2="6"/></pattern></defs>"##
)]
pub(crate) struct Hatch<'a> {
    pub(crate) id: &'a str,
}
