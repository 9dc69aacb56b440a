//! A programme week judged by its attained days against the days a week that its quota asks for.

use chrono::NaiveDate;

use crate::adherence::estimate::DayCounts;
use crate::adherence::interval::Interval;
use crate::adherence::outcome::{DayOutcome, DayRow};
use crate::programme::Quota;

/// What a week came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeekOutcome {
    /// Enough days attained for certain.
    Met,
    /// For certain some days attained, and too few.
    Partial,
    /// For certain no day attained, and none that still could be.
    NotMet,
    /// It cannot be said, or not yet.
    Unknown,
}

impl WeekOutcome {
    /// Stable snake_case word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Partial => "partial",
            Self::NotMet => "not_met",
            Self::Unknown => "unknown",
        }
    }
}

/// One programme week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeekRow {
    /// First day of the week, counted from the programme's start.
    pub from: NaiveDate,
    /// The quota of its first judged day.
    pub quota: Quota,
    /// Days attained: for certain, and with every censored day. More than `per_week` is possible.
    pub done: Interval,
    /// What its judged days came to.
    pub days: DayCounts,
    /// Its eligible days that were not judged: not yet lived, or another programme's.
    pub open: u32,
    /// What it came to.
    pub outcome: WeekOutcome,
}

/// Judges the weeks of `days`, which are sorted by date.
///
/// Eligible days of a week that are not among `days` (not yet lived, or before the period) are open: they can still
/// make a week, never break it.
#[must_use]
pub(crate) fn judge_weeks(days: &[DayRow]) -> Vec<WeekRow> {
    days.chunk_by(|a, b| a.week_start == b.week_start).map(judge_week).collect()
}

fn judge_week(rows: &[DayRow]) -> WeekRow {
    let quota = rows[0].quota;
    let days = count_days(rows);
    let (done, censored) = (days.attained(), days.censored());
    let open = u32::from(quota.weekdays.count()).saturating_sub(days.prescribed);
    let asked = u32::from(quota.per_week);
    let could = done + censored + open;
    let outcome = if done >= asked {
        WeekOutcome::Met
    } else if could >= asked || (done == 0 && could > 0) {
        WeekOutcome::Unknown
    } else if done > 0 {
        WeekOutcome::Partial
    } else {
        WeekOutcome::NotMet
    };
    WeekRow {
        from: rows[0].week_start,
        quota,
        done: Interval { lo: done.into(), hi: (done + censored).into() },
        days,
        open,
        outcome,
    }
}

/// What days came to.
pub(crate) fn count_days(rows: &[DayRow]) -> DayCounts {
    let mut counts = DayCounts { prescribed: rows.len() as u32, ..DayCounts::default() };
    for row in rows {
        counts.valid += u32::from(row.valid);
        counts.valid_attained += u32::from(row.outcome == DayOutcome::Attained);
        counts.known_attained += u32::from(row.outcome == DayOutcome::KnownAttained);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adherence::outcome::judge_day;
    use crate::programme::PrescribedDay;

    /// A week as letters: a attained, m missed, c censored.
    fn week(letters: &str, per_week: u8) -> WeekRow {
        let start = NaiveDate::from_ymd_opt(2026, 3, 4).unwrap();
        let rows: Vec<DayRow> = letters
            .chars()
            .zip(start.iter_days())
            .map(|(letter, date)| {
                let quota = Quota::steps(per_week, 5_000);
                let outcome = match letter {
                    'a' => DayOutcome::Attained,
                    'm' => DayOutcome::Missed,
                    _ => DayOutcome::Censored,
                };
                let unseen = judge_day(&PrescribedDay { date, week_start: start, quota }, None);
                DayRow { outcome, valid: outcome != DayOutcome::Censored, ..unseen }
            })
            .collect();
        judge_weeks(&rows)[0]
    }

    #[test]
    fn the_bounds_decide() {
        assert_eq!(week("aaaaamm", 5).outcome, WeekOutcome::Met);
        assert_eq!(week("aaaaaaa", 5).done, Interval { lo: 7.0, hi: 7.0 });
        assert_eq!(week("aaammmm", 5).outcome, WeekOutcome::Partial);
        assert_eq!(week("aaammmc", 5).outcome, WeekOutcome::Partial);
        assert_eq!(week("aaammcc", 5).outcome, WeekOutcome::Unknown);
        assert_eq!(week("mmmmmmm", 5).outcome, WeekOutcome::NotMet);
        // Short for certain, but whether partly or not at all cannot be said.
        assert_eq!(week("mmmmmcc", 5).outcome, WeekOutcome::Unknown);
        assert_eq!(week("mmmmmcc", 5).done, Interval { lo: 0.0, hi: 2.0 });
    }

    #[test]
    fn days_to_come_keep_a_week_open() {
        assert_eq!(week("mm", 5).outcome, WeekOutcome::Unknown);
        assert_eq!(week("ammm", 5).outcome, WeekOutcome::Partial);
        assert_eq!(week("aaaaa", 5).outcome, WeekOutcome::Met);
    }
}
