use chrono::NaiveDate;
use clap::Args;

use super::{Moment, day};

/// A period of local days, both ends included; what is not given is the caller's to choose.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayPeriod {
    /// First day, YYYY-MM-DD
    #[arg(long, value_name = "D", value_parser = day)]
    pub from: Option<NaiveDate>,
    /// Last day, YYYY-MM-DD
    #[arg(long, value_name = "D", value_parser = day)]
    pub to: Option<NaiveDate>,
}

impl DayPeriod {
    pub(in crate::cli) fn is_reversed(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if from > to)
    }
}

/// A period between two times; what is not given is the caller's to choose.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MomentPeriod {
    /// From this time on: RFC 3339, or a date for its beginning
    #[arg(long, value_name = "T")]
    pub from: Option<Moment>,
    /// Before this time: RFC 3339, or a date for its end
    #[arg(long, value_name = "T")]
    pub to: Option<Moment>,
}

impl MomentPeriod {
    /// A day and an instant are left to the caller, who knows the zone.
    pub(in crate::cli) fn is_reversed(&self) -> bool {
        match (self.from, self.to) {
            (Some(Moment::At(from)), Some(Moment::At(to))) => from > to,
            (Some(Moment::Day(from)), Some(Moment::Day(to))) => from > to,
            _ => false,
        }
    }
}
