//! Doses of several kinds on one scale: MET hours.

use crate::adherence::dose::RelativeDose;
use crate::adherence::interval::{Interval, Span};
use crate::programme::QuotaKind;

/// Walking, MET: 3.0, level at 2.5 mph (Compendium 2011, code 17170), as at the moderate cadence of 100 steps/min
/// (CADENCE-Adults). The Compendium of 2024 was not seen for this pace.
pub const WALKING_MET: f64 = 3.0;

/// Steps of a walking minute when steps alone are prescribed, steps/min: 100, the cadence of about 3 MET
/// (CADENCE-Adults). [D] that every step counts as one of these.
pub const WALKING_STEPS_A_MINUTE: f64 = 100.0;

/// Stretching, MET: 2.3, mild (Compendium 2011 and 2024, code 02101).
pub const STRETCHING_MET: f64 = 2.3;

/// Strengthening, MET: 3.5, light or moderate home calisthenics such as back exercises (Compendium 2011 and 2024, code
/// 02030). [D] that the programme's exercises are of this kind.
pub const STRENGTHENING_MET: f64 = 3.5;

/// Relaxation, MET: 1.3, lying quietly awake (Compendium 2011, code 07011). [D] that relaxation is as quiet.
pub const RELAXATION_MET: f64 = 1.3;

/// MET hours of one unit (step or minute) of a kind; `None` for workshops, which are no dose of activity [D].
#[must_use]
pub fn met_hours_per_unit(kind: QuotaKind) -> Option<f64> {
    const MINUTES_AN_HOUR: f64 = 60.0;
    match kind {
        QuotaKind::Steps => Some(WALKING_MET / WALKING_STEPS_A_MINUTE / MINUTES_AN_HOUR),
        QuotaKind::WalkMinutes => Some(WALKING_MET / MINUTES_AN_HOUR),
        QuotaKind::Stretching => Some(STRETCHING_MET / MINUTES_AN_HOUR),
        QuotaKind::Strengthening => Some(STRENGTHENING_MET / MINUTES_AN_HOUR),
        QuotaKind::Relaxation => Some(RELAXATION_MET / MINUTES_AN_HOUR),
        QuotaKind::Workshop => None,
    }
}

/// Relative dose intensity over kinds: completed / planned MET hours (Nilsen 2018).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetDose {
    /// MET hours planned.
    pub planned_met_hours: f64,
    /// No day above its target, no week above its plan, no kind in another's place: 0 to 1.
    pub capped: Interval,
    /// Everything done; open above when any kind is.
    pub uncapped: Span,
}

/// Weighs the doses of several kinds by their MET hours. Walking minutes are among the steps: where both are prescribed,
/// steps alone count [D]. `None` where no kind that weighs anything was planned.
#[must_use]
pub fn dose_over_kinds(parts: &[(QuotaKind, RelativeDose)]) -> Option<MetDose> {
    let has_steps = parts.iter().any(|(kind, _)| *kind == QuotaKind::Steps);
    let (mut planned, mut capped_lo, mut capped_hi) = (0.0, 0.0, 0.0);
    let (mut uncapped_lo, mut uncapped_hi) = (0.0, Some(0.0));
    for (kind, dose) in parts {
        let Some(weight) = met_hours_per_unit(*kind) else { continue };
        if has_steps && *kind == QuotaKind::WalkMinutes {
            continue;
        }
        let hours = weight * dose.planned;
        planned += hours;
        capped_lo += hours * dose.capped.lo;
        capped_hi += hours * dose.capped.hi;
        uncapped_lo += hours * dose.uncapped.lo;
        uncapped_hi = uncapped_hi.zip(dose.uncapped.hi).map(|(sum, hi)| sum + hours * hi);
    }
    (planned > 0.0).then(|| MetDose {
        planned_met_hours: planned,
        capped: Interval { lo: capped_lo / planned, hi: capped_hi / planned },
        uncapped: Span { lo: uncapped_lo / planned, hi: uncapped_hi.map(|hi| hi / planned) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dose(planned: f64, capped: (f64, f64), uncapped: (f64, Option<f64>)) -> RelativeDose {
        RelativeDose {
            planned,
            capped: Interval { lo: capped.0, hi: capped.1 },
            uncapped: Span { lo: uncapped.0, hi: uncapped.1 },
            longest_interruption_days: Interval::point(0.0),
            interrupted: Some(false),
        }
    }

    #[test]
    fn two_kinds_by_hand() {
        // 100 000 steps are 1 000 min at 3 MET, 50 MET h; 600 min of stretching are 10 h at 2.3, 23 MET h.
        let steps = dose(100_000.0, (0.5, 0.8), (0.6, None));
        let stretching = dose(600.0, (1.0, 1.0), (1.2, Some(1.2)));
        let found =
            dose_over_kinds(&[(QuotaKind::Steps, steps), (QuotaKind::Stretching, stretching)]).unwrap();
        assert!((found.planned_met_hours - 73.0).abs() < 1e-9);
        assert!((found.capped.lo - (25.0 + 23.0) / 73.0).abs() < 1e-12);
        assert!((found.capped.hi - (40.0 + 23.0) / 73.0).abs() < 1e-12);
        assert!((found.uncapped.lo - (30.0 + 27.6) / 73.0).abs() < 1e-12);
        assert_eq!(found.uncapped.hi, None);
    }

    #[test]
    fn walking_minutes_count_once_and_workshops_not_at_all() {
        let part = dose(100.0, (0.5, 0.5), (0.5, Some(0.5)));
        let steps = dose(6_000.0, (1.0, 1.0), (1.0, Some(1.0)));
        let both = [(QuotaKind::Steps, steps), (QuotaKind::WalkMinutes, part)];
        assert_eq!(dose_over_kinds(&both).unwrap().capped, Interval::point(1.0));
        assert_eq!(dose_over_kinds(&both[1..]).unwrap().capped, Interval::point(0.5));
        assert_eq!(dose_over_kinds(&[(QuotaKind::Workshop, part)]), None);
        assert_eq!(dose_over_kinds(&[]), None);
    }
}
