//! Adherence: an interval, never one number.

/// How much may be said about adherence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdherenceStatus {
    /// Estimate, interval and bounds.
    Ok,
    /// No valid day: bounds only.
    Bounded,
    /// Too few valid days: interval and bounds, no estimate.
    Insufficient,
}

/// Two shares of 1, the lower first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lo: f64,
    /// Upper end.
    pub hi: f64,
}

/// Prescribed days by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayCounts {
    /// All of them.
    pub prescribed: u32,
    /// Attained.
    pub attained: u32,
    /// Below.
    pub missed: u32,
    /// Known in part or not at all.
    pub censored: u32,
}

/// What the estimate would be if unknown days were less active than known ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftedEstimate {
    /// By how much the log-odds of attaining are shifted on days not known (negative: less active).
    pub logit_shift: f64,
    /// The estimate under that assumption, as a share of 1.
    pub estimate: f64,
    /// Its interval, at the same level.
    pub interval: Interval,
}

/// Adherence to the programme over the period: an interval, never one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Adherence {
    /// How much may be said.
    pub status: AdherenceStatus,
    /// Share of prescribed days attained; shown only under [`AdherenceStatus::Ok`].
    pub estimate: Option<f64>,
    /// Interval of the estimate.
    pub interval: Option<Interval>,
    /// Level of that interval, as a share of 1.
    pub level: f64,
    /// Hard bounds: none, or all, of the unknown days attained.
    pub bounds: Interval,
    /// Known minutes as a share of the minutes of the prescribed days; `None` without such days.
    pub completeness: Option<f64>,
    /// Share of prescribed days measured long enough to judge.
    pub measured: f64,
    /// Prescribed days by outcome.
    pub days: DayCounts,
    /// Sensitivity, mildest first.
    pub shifted: Vec<ShiftedEstimate>,
    /// A phone without a watch: no day can be valid, and that is not the person's doing.
    pub phone_only: bool,
}
