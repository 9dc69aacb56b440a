//! Two ends instead of a number.

/// A closed interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

impl Interval {
    /// An interval of one point: what is known exactly, as judged from what was worn.
    #[must_use]
    pub fn point(value: f64) -> Self {
        Self { lo: value, hi: value }
    }

    /// Whether a value lies in it, ends included, with a tolerance for rounding.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.lo - 1e-9 <= value && value <= self.hi + 1e-9
    }
}

/// An interval that may be open above: what was seen is a lower bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Lower end.
    pub lo: f64,
    /// Upper end; `None` when nothing bounds it.
    pub hi: Option<f64>,
}
