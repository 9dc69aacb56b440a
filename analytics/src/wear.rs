//! Wear and non-wear from minutes.
//!
//! Three sources of evidence, by what the device offers: heart rate present, contact or worn time reported, or, where
//! there is no heart rate at all, Choi's rule on steps. The first two are applied in [`crate::minutes`].

use crate::error::{AnalyticsError, check_range};

/// Name and version of the wear rules; part of every row's key.
pub const WEAR_VERSION: &str = "wear-hr-contact-choi2011steps-v1";

/// Minutes on either side of a day that the rules look at: a non-wear run of 90 and its window of 30.
pub const CONTEXT_MINUTES: usize = 120;

/// Parameters of the wear rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WearParams {
    /// Least length of a run of zero minutes that is non-wear, in minutes. Choi 2011, Med Sci Sports Exerc
    /// 43(2):357: 90 (for ActiGraph counts; we apply it to the steps of consumer devices [D]).
    pub non_wear_minutes: u16,
    /// Longest interruption inside such a run that is an artefact, in minutes. Choi 2011: 2.
    pub artefact_minutes: u16,
    /// Zero minutes needed on either side of an interruption, in minutes. Choi 2011: 30 (the R package's default
    /// of 45 differs from its paper).
    pub stream_frame_minutes: u16,
    /// Longest run of minutes without heart rate, between two worn minutes, that still counts as worn, in minutes.
    /// [D] 5: optical sensors drop single minutes while worn; only minutes with a zero-step reading are bridged.
    pub bridge_minutes: u16,
    /// Longest interval whose mean heart rate speaks for each of its minutes, in minutes. [D] 5.
    pub heart_rate_interval_minutes: u16,
}

impl Default for WearParams {
    fn default() -> Self {
        Self {
            non_wear_minutes: 90,
            artefact_minutes: 2,
            stream_frame_minutes: 30,
            bridge_minutes: 5,
            heart_rate_interval_minutes: 5,
        }
    }
}

/// [`WearParams`] that were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ValidWearParams(WearParams);

impl WearParams {
    /// Checks every field once.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`]: run 1 to 90 min and stream frame 1 to 30 min (what the day's context
    /// of 120 min can judge), artefact 0 to 10, bridge 0 to 30, heart-rate interval 1 to 60.
    pub fn check(self) -> Result<ValidWearParams, AnalyticsError> {
        check_range("non_wear_minutes", self.non_wear_minutes.into(), 1.0, 90.0)?;
        check_range("artefact_minutes", self.artefact_minutes.into(), 0.0, 10.0)?;
        check_range("stream_frame_minutes", self.stream_frame_minutes.into(), 1.0, 30.0)?;
        check_range("bridge_minutes", self.bridge_minutes.into(), 0.0, 30.0)?;
        check_range("heart_rate_interval_minutes", self.heart_rate_interval_minutes.into(), 1.0, 60.0)?;
        Ok(ValidWearParams(self))
    }
}

impl ValidWearParams {
    /// The checked values.
    #[must_use]
    pub fn get(&self) -> &WearParams {
        &self.0
    }
}

/// Marks the minutes that Choi's rule calls non-wear.
///
/// `zero[i]` says that minute `i` has no count. A run of at least `non_wear_minutes` is non-wear; an interruption of
/// at most `artefact_minutes` does not end the run if the `stream_frame_minutes` before and after it are zero (cut at
/// the ends of the slice). Output has the length of the input. Runs start and end on zero minutes.
///
/// Source: Choi et al. 2011, Med Sci Sports Exerc 43(2):357-364.
#[must_use]
pub fn choi_non_wear(zero: &[bool], params: &ValidWearParams) -> Vec<bool> {
    let params = params.get();
    let frame = usize::from(params.stream_frame_minutes);
    let mut non_wear = vec![false; zero.len()];
    let runs = zero_runs(zero);
    let mut index = 0;
    while index < runs.len() {
        let (start, mut end) = runs[index];
        // Join runs over artefacts.
        while let Some(&(next_start, next_end)) = runs.get(index + 1) {
            let quiet_before = end - runs[index].0 >= frame || runs[index].0 == 0;
            let quiet_after = next_end - next_start >= frame || next_end == zero.len();
            if next_start - end > usize::from(params.artefact_minutes) || !quiet_before || !quiet_after {
                break;
            }
            end = next_end;
            index += 1;
        }
        if end - start >= usize::from(params.non_wear_minutes) {
            non_wear[start..end].fill(true);
        }
        index += 1;
    }
    non_wear
}

/// Runs of `true` as `(start, end)`.
fn zero_runs(zero: &[bool]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (index, &is_zero) in zero.iter().enumerate() {
        match (is_zero, start) {
            (true, None) => start = Some(index),
            (false, Some(from)) => {
                runs.push((from, index));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        runs.push((from, zero.len()));
    }
    runs
}

/// When a day's data suffice to judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidDayParams {
    /// Least wear in minutes. Ten hours, as usual for accelerometers (docs/methods.md, Wear) [D for consumer devices].
    pub least_wear_minutes: u16,
}

impl Default for ValidDayParams {
    fn default() -> Self {
        Self { least_wear_minutes: 600 }
    }
}

/// [`ValidDayParams`] that were checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ValidDayRule(ValidDayParams);

impl ValidDayParams {
    /// Checks the threshold: 1 to 1380 min, the length of the shortest ordinary day.
    ///
    /// # Errors
    /// [`AnalyticsError::ParameterOutOfRange`].
    pub fn check(self) -> Result<ValidDayRule, AnalyticsError> {
        check_range("least_wear_minutes", self.least_wear_minutes.into(), 1.0, 1380.0)?;
        Ok(ValidDayRule(self))
    }
}

impl ValidDayRule {
    /// Whether a day with so much wear is a valid day.
    #[must_use]
    pub fn is_valid(&self, wear_minutes: u32) -> bool {
        wear_minutes >= u32::from(self.0.least_wear_minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(parts: &[(bool, usize)]) -> Vec<bool> {
        parts.iter().flat_map(|&(zero, n)| std::iter::repeat_n(zero, n)).collect()
    }

    fn count(parts: &[(bool, usize)]) -> usize {
        choi_non_wear(&day(parts), &ValidWearParams::default()).iter().filter(|&&x| x).count()
    }

    #[test]
    fn ninety_zero_minutes_are_non_wear_and_eighty_nine_are_not() {
        assert_eq!(count(&[(false, 10), (true, 90), (false, 10)]), 90);
        assert_eq!(count(&[(false, 10), (true, 89), (false, 10)]), 0);
    }

    #[test]
    fn an_artefact_needs_quiet_on_both_sides() {
        assert_eq!(count(&[(false, 10), (true, 50), (false, 2), (true, 50), (false, 10)]), 102);
        assert_eq!(count(&[(false, 10), (true, 50), (false, 3), (true, 50), (false, 10)]), 0);
        assert_eq!(count(&[(false, 10), (true, 80), (false, 1), (true, 29), (false, 10)]), 0);
        assert_eq!(count(&[(false, 10), (true, 29), (false, 1), (true, 95), (false, 10)]), 95);
    }

    #[test]
    fn a_second_artefact_has_its_own_window() {
        assert_eq!(
            count(&[(false, 1), (true, 40), (false, 1), (true, 30), (false, 1), (true, 40), (false, 1)]),
            112
        );
        assert_eq!(
            count(&[(false, 1), (true, 60), (false, 1), (true, 20), (false, 1), (true, 60), (false, 1)]),
            0
        );
    }

    #[test]
    fn the_ends_of_the_recording_cut_the_window() {
        assert_eq!(count(&[(true, 85), (false, 2), (true, 10)]), 97);
        assert_eq!(count(&[]), 0);
    }

    #[test]
    fn parameters_are_rejected_not_clamped() {
        let error = WearParams { non_wear_minutes: 0, ..WearParams::default() }.check();
        assert!(matches!(
            error,
            Err(AnalyticsError::ParameterOutOfRange { parameter: "non_wear_minutes", .. })
        ));
        assert!(ValidDayParams { least_wear_minutes: 0 }.check().is_err());
        assert!(ValidDayParams { least_wear_minutes: 600 }.check().unwrap().is_valid(600));
        assert!(!ValidDayRule::default().is_valid(599));
    }
}
