//! Bouts: sustained activity.

use crate::error::{AnalyticsError, check_range};

/// Name and version of the bout rules.
pub const BOUT_VERSION: &str = "bout-ggir-getbout-v1";

/// Parameters of a bout.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoutParams {
    /// Length of the rolling window, in minutes. 10, as in most guidelines since 1995 [D].
    pub window_minutes: u16,
    /// Least active share of the window. GGIR's boutcriter: 0.8.
    pub criterion: f64,
    /// Longest break inside a bout, in minutes. GGIR `g.getbout`: 1.
    pub longest_break_minutes: u16,
}

impl Default for BoutParams {
    fn default() -> Self {
        Self { window_minutes: 10, criterion: 0.8, longest_break_minutes: 1 }
    }
}

/// [`BoutParams`] that were checked.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ValidBoutParams(BoutParams);

impl BoutParams {
    /// Checks every field once.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`]: window 1 to 1440 min, criterion above 0 to 1, break 0 to 60 min.
    pub fn check(self) -> Result<ValidBoutParams, AnalyticsError> {
        check_range("window_minutes", self.window_minutes.into(), 1.0, 1440.0)?;
        check_range("criterion", self.criterion, f64::MIN_POSITIVE, 1.0)?;
        check_range("longest_break_minutes", self.longest_break_minutes.into(), 0.0, 60.0)?;
        Ok(ValidBoutParams(self))
    }
}

/// A bout, in minutes from the start of the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bout {
    /// First minute.
    pub start: usize,
    /// Length in minutes, breaks included.
    pub minutes: usize,
}

/// Bouts by GGIR's `g.getbout` (GGIR 3.3): where windows of `window_minutes` are active for at least `criterion` of
/// their length and hold no break longer than allowed, adjoining windows make one bout, trimmed so that it starts and
/// ends on an active minute. Trimming can leave a bout shorter than its window, as in GGIR.
///
/// `active[i]` says that minute `i` is at or above the threshold; an unknown minute is not.
#[must_use]
pub fn bouts(active: &[bool], params: &ValidBoutParams) -> Vec<Bout> {
    let BoutParams { window_minutes, criterion, longest_break_minutes } = params.0;
    let window = usize::from(window_minutes);
    // The tolerance keeps 0.8 x 10 at 8 whatever the rounding of the product.
    let needed = (criterion * f64::from(window_minutes) - 1e-9).ceil() as usize;
    let breaking = usize::from(longest_break_minutes) + 1;

    let mut found: Vec<Bout> = Vec::new();
    let mut group: Option<(usize, usize)> = None;
    let (mut in_window, mut idle, mut last_break_start) = (0, 0, None);
    for end in 0..active.len() {
        in_window += usize::from(active[end]);
        idle = if active[end] { 0 } else { idle + 1 };
        if idle >= breaking {
            last_break_start = Some(end + 1 - breaking);
        }
        if end + 1 < window {
            continue;
        }
        let start = end + 1 - window;
        let unbroken = last_break_start.is_none_or(|at| at < start);
        if in_window >= needed && unbroken {
            group = Some((group.map_or(start, |(from, _)| from), end + 1));
        } else if let Some(span) = group.take() {
            push_trimmed(active, span, &mut found);
        }
        in_window -= usize::from(active[start]);
    }
    if let Some(span) = group {
        push_trimmed(active, span, &mut found);
    }
    found
}

/// Runs of active minutes without any break, of `least_minutes` or more.
#[must_use]
pub fn strict_bouts(active: &[bool], least_minutes: usize) -> Vec<Bout> {
    let mut found = Vec::new();
    let mut start = 0;
    for run in active.chunk_by(|a, b| a == b) {
        if run[0] && run.len() >= least_minutes {
            found.push(Bout { start, minutes: run.len() });
        }
        start += run.len();
    }
    found
}

/// Minutes covered by bouts that do not overlap.
#[must_use]
pub fn bout_minutes(bouts: &[Bout]) -> u32 {
    bouts.iter().map(|bout| bout.minutes as u32).sum()
}

fn push_trimmed(active: &[bool], (from, past): (usize, usize), found: &mut Vec<Bout>) {
    let Some(first) = (from..past).find(|&i| active[i]) else { return };
    let last = (first..past).rfind(|&i| active[i]).unwrap_or(first);
    if let Some(previous) = found.last_mut()
        && first < previous.start + previous.minutes
    {
        previous.minutes = last + 1 - previous.start;
        return;
    }
    found.push(Bout { start: first, minutes: last + 1 - first });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(text: &str) -> Vec<bool> {
        text.bytes().map(|byte| byte == b'1').collect()
    }

    fn found(text: &str) -> Vec<(usize, usize)> {
        bouts(&minutes(text), &ValidBoutParams::default()).iter().map(|b| (b.start, b.minutes)).collect()
    }

    #[test]
    fn a_bout_bears_one_minute_of_rest_and_not_two() {
        assert_eq!(found("0001111011110110000"), [(3, 12)]);
        assert_eq!(found("00011110011111000"), []);
        assert_eq!(found("111111111"), []);
        assert_eq!(found("1111111111"), [(0, 10)]);
    }

    #[test]
    fn windows_before_and_after_a_break_stay_two_bouts() {
        assert_eq!(found("1111111111001111111111"), [(0, 10), (12, 10)]);
    }

    #[test]
    fn strict_bouts_have_no_break() {
        let active = minutes("0111101111110");
        assert_eq!(strict_bouts(&active, 5), [Bout { start: 6, minutes: 6 }]);
        assert_eq!(bout_minutes(&strict_bouts(&active, 4)), 10);
    }

    #[test]
    fn parameters_are_rejected() {
        assert!(BoutParams { criterion: 0.0, ..BoutParams::default() }.check().is_err());
        assert!(BoutParams { criterion: f64::NAN, ..BoutParams::default() }.check().is_err());
        assert!(BoutParams { window_minutes: 0, ..BoutParams::default() }.check().is_err());
    }
}
