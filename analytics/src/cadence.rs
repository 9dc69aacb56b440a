//! Cadence: bands, peaks, and minutes at moderate or vigorous cadence.

/// Name and version of the cadence measures.
pub const CADENCE_VERSION: &str = "cadence-tudor-locke-v1";

/// Lower ends of the cadence bands in steps/min: 0, 1-19, 20-39, 40-59, 60-79, 80-99, 100-119, 120 and more.
/// Tudor-Locke's bands (docs/methods.md), any step counter with a one-minute epoch.
pub const BAND_FLOORS: [u16; 8] = [0, 1, 20, 40, 60, 80, 100, 120];

/// Moderate cadence in steps/min: 100, about 3 METs in adults of 21 to 60 years (CADENCE-Adults).
pub const MODERATE_CADENCE: u16 = 100;

/// Vigorous cadence in steps/min: 130, about 6 METs in adults of 21 to 60 years (CADENCE-Adults).
pub const VIGOROUS_CADENCE: u16 = 130;

/// A day's known cadences, sorted once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CadenceProfile {
    /// Cadences above zero in steps/min, falling.
    moving: Vec<u16>,
    zero_minutes: u32,
}

impl CadenceProfile {
    /// From one cadence per minute in steps/min; `None` where it is not known.
    pub fn new(cadences: impl IntoIterator<Item = Option<u16>>) -> Self {
        let (mut moving, mut zero_minutes) = (Vec::new(), 0);
        for cadence in cadences.into_iter().flatten() {
            if cadence == 0 {
                zero_minutes += 1;
            } else {
                moving.push(cadence);
            }
        }
        moving.sort_unstable_by(|a, b| b.cmp(a));
        Self { moving, zero_minutes }
    }

    /// Minutes whose cadence is known.
    #[must_use]
    pub fn known_minutes(&self) -> u32 {
        self.zero_minutes + self.moving.len() as u32
    }

    /// Minutes at `floor` steps/min or more.
    #[must_use]
    pub fn minutes_at_least(&self, floor: u16) -> u32 {
        if floor == 0 {
            return self.known_minutes();
        }
        self.moving.partition_point(|&cadence| cadence >= floor) as u32
    }

    /// Minutes in each band of [`BAND_FLOORS`].
    #[must_use]
    pub fn band_minutes(&self) -> [u32; 8] {
        let at_least = BAND_FLOORS.map(|floor| self.minutes_at_least(floor));
        std::array::from_fn(|band| at_least[band] - at_least.get(band + 1).copied().unwrap_or(0))
    }

    /// Mean of the `top` highest minutes in steps/min, not necessarily consecutive (peak-1, -30, -60 cadence of
    /// Tudor-Locke). `None` when fewer minutes are known or `top` is 0.
    #[must_use]
    pub fn peak(&self, top: usize) -> Option<f64> {
        if top == 0 || self.known_minutes() < top as u32 {
            return None;
        }
        let sum: u32 = self.moving.iter().take(top).map(|&cadence| u32::from(cadence)).sum();
        Some(f64::from(sum) / top as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_and_peaks_of_a_short_walk() {
        let profile =
            CadenceProfile::new([Some(0), Some(19), None, Some(100), Some(119), Some(120), Some(131)]);
        assert_eq!(profile.band_minutes(), [1, 1, 0, 0, 0, 0, 2, 2]);
        assert_eq!(profile.known_minutes(), 6);
        assert_eq!(profile.peak(1), Some(131.0));
        assert_eq!(profile.peak(2), Some(125.5));
        assert_eq!(profile.peak(6), Some((131 + 120 + 119 + 100 + 19) as f64 / 6.0));
        assert_eq!(profile.peak(7), None);
        assert_eq!(profile.minutes_at_least(MODERATE_CADENCE), 4);
        assert_eq!(profile.minutes_at_least(VIGOROUS_CADENCE), 1);
    }

    #[test]
    fn nothing_known_has_no_peak() {
        let profile = CadenceProfile::new([None, None]);
        assert_eq!(profile.peak(1), None);
        assert_eq!(profile.band_minutes(), [0; 8]);
    }
}
