//! A day's minutes gathered into quarter hours and hours of the wall clock, across clock changes.

use super::error::PagesError;
use super::model::{DayView, MinuteCell, MinuteState};

/// Minutes in a day whose clock is not changed.
const DAY_MINUTES: i64 = 1440;
/// The grain of the day's plots, in minutes: 96 bars still show on a phone.
pub(crate) const QUARTER: usize = 15;

/// What is known of a run of minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Gathered {
    /// Minutes after midnight, really elapsed.
    pub(crate) from: usize,
    /// How many minutes it holds.
    pub(crate) minutes: usize,
    /// Steps of the minutes whose steps are known; `None` when there are none such.
    pub(crate) steps: Option<u32>,
    /// Minutes whose steps are unknown.
    pub(crate) unknown: u32,
    /// Mean of the known heart rates.
    pub(crate) heart_rate_bpm: Option<f32>,
}

/// An hour of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hour {
    /// 0 to 23.
    pub(crate) hour: u32,
    /// Lived for the second time, after the clock was put back.
    pub(crate) again: bool,
    /// What is known of it.
    pub(crate) known: Gathered,
}

/// The minutes gone by. Fails where minutes and clock shifts do not add up to a day.
pub(crate) fn elapsed(day: &DayView) -> Result<&[MinuteCell], PagesError> {
    let expected = DAY_MINUTES - day.clock_shifts.iter().map(|s| i64::from(s.by_minutes)).sum::<i64>();
    if day.minutes.len() as i64 != expected {
        return Err(PagesError::DayLength { minutes: day.minutes.len(), expected });
    }
    let gone = day.elapsed.map_or(day.minutes.len(), usize::from).min(day.minutes.len());
    Ok(&day.minutes[..gone])
}

/// The minute of the wall clock's day at an elapsed minute.
pub(crate) fn wall_minute(day: &DayView, minute: usize) -> u32 {
    let shift: i64 = day
        .clock_shifts
        .iter()
        .filter(|s| usize::from(s.at_minute) <= minute)
        .map(|s| i64::from(s.by_minutes))
        .sum();
    (minute as i64 + shift).rem_euclid(DAY_MINUTES) as u32
}

/// The steps of a minute, where they are known. A minute that is unknown has no steps, whatever stands beside it.
pub(crate) fn known_steps(cell: &MinuteCell) -> Option<u16> {
    cell.steps.filter(|_| cell.state != MinuteState::Unknown)
}

/// Gathers `cells`, the first of which is minute `from`.
fn gather(from: usize, cells: &[MinuteCell]) -> Gathered {
    let steps = || cells.iter().filter_map(known_steps);
    let (sum, n) = cells
        .iter()
        .filter_map(|cell| cell.heart_rate_bpm)
        .fold((0.0_f32, 0_u16), |(sum, n), bpm| (sum + bpm, n + 1));
    Gathered {
        from,
        minutes: cells.len(),
        steps: steps().next().map(|_| steps().map(u32::from).sum()),
        unknown: cells.iter().filter(|cell| known_steps(cell).is_none()).count() as u32,
        heart_rate_bpm: (n > 0).then(|| sum / f32::from(n)),
    }
}

/// All of it at once.
pub(crate) fn whole(cells: &[MinuteCell]) -> Gathered {
    gather(0, cells)
}

/// Quarter hours from midnight; the last may be shorter while the day goes on.
pub(crate) fn quarters(cells: &[MinuteCell]) -> Vec<Gathered> {
    cells.chunks(QUARTER).enumerate().map(|(i, chunk)| gather(i * QUARTER, chunk)).collect()
}

/// Hours of the wall clock: 23 or 25 of them where it is changed.
pub(crate) fn hours(day: &DayView, cells: &[MinuteCell]) -> Vec<Hour> {
    let mut out: Vec<Hour> = Vec::with_capacity(25);
    let mut start = 0;
    for end in 1..=cells.len() {
        // A new hour begins at each full hour of the wall clock, and wherever the clock is changed.
        let shifted = day.clock_shifts.iter().any(|s| usize::from(s.at_minute) == end);
        if end < cells.len() && !shifted && !wall_minute(day, end).is_multiple_of(60) {
            continue;
        }
        let hour = wall_minute(day, start) / 60;
        let again = out.iter().any(|earlier| earlier.hour == hour);
        out.push(Hour { hour, again, known: gather(start, &cells[start..end]) });
        start = end;
    }
    out
}

/// Runs of consecutive minutes for which `test` holds, as (first, length).
pub(crate) fn runs(cells: &[MinuteCell], test: impl Fn(&MinuteCell) -> bool) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (i, _) in cells.iter().enumerate().filter(|(_, cell)| test(cell)) {
        match out.last_mut() {
            Some((first, length)) if *first + *length == i => *length += 1,
            _ => out.push((i, 1)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{elapsed, hours, wall_minute};
    use crate::pages::model::{ClockShift, DayView, MinuteCell, MinuteState};

    fn day(minutes: usize, clock_shifts: Vec<ClockShift>) -> DayView {
        let cell = MinuteCell { state: MinuteState::Moved, steps: Some(1), heart_rate_bpm: None };
        let date = NaiveDate::from_ymd_opt(2026, 10, 25).unwrap();
        DayView { date, minutes: vec![cell; minutes], steps: None, clock_shifts, elapsed: None }
    }

    #[test]
    fn the_hour_that_is_lived_twice_is_two_rows() {
        let day = day(1500, vec![ClockShift { at_minute: 180, by_minutes: -60 }]);
        let hours = hours(&day, elapsed(&day).unwrap());
        let clock: Vec<(u32, bool)> = hours.iter().map(|h| (h.hour, h.again)).collect();
        assert_eq!(hours.len(), 25);
        assert_eq!(&clock[1..5], [(1, false), (2, false), (2, true), (3, false)]);
        assert!(hours.iter().all(|h| h.known.steps == Some(60)));
    }

    #[test]
    fn the_hour_that_is_skipped_is_no_row() {
        let day = day(1380, vec![ClockShift { at_minute: 120, by_minutes: 60 }]);
        let hours = hours(&day, elapsed(&day).unwrap());
        assert_eq!(hours.len(), 23);
        assert!(hours.iter().all(|h| h.hour != 2));
        assert_eq!(wall_minute(&day, 120), 180);
    }

    #[test]
    fn minutes_that_do_not_add_up_are_refused() {
        assert!(elapsed(&day(1440, vec![ClockShift { at_minute: 120, by_minutes: 60 }])).is_err());
        assert!(elapsed(&day(1500, Vec::new())).is_err());
    }
}
