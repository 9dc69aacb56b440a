//! The estimator against people whose true attainment is known, by a fixed pseudo-random sequence.
//!
//! In the manner of the design's table, with numbers of our own: 28 days, log-normal steps around a level that differs
//! between people (so that they attain about 70 % of days), off days, and partly worn days of which a uniform share is
//! seen. Wear does not depend on steps and valid days are worn whole, which is kinder than life: this shows that the
//! arithmetic covers and that partly worn successes do not bias, and validates nothing else.

use foulee_analytics::adherence::{DayCounts, Prior, estimate};

const DAYS: u32 = 28;
const PEOPLE: u32 = 3_000;

/// A linear congruential sequence (Knuth's MMIX constants): tests may not draw at random.
struct Sequence(u64);

impl Sequence {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

struct Outcome {
    bias: f64,
    mean_error: f64,
    coverage: f64,
    outside_bounds: f64,
}

/// `off`: share of days not worn; `partly`: share of days worn only in part.
fn simulate(off: f64, partly: f64) -> Outcome {
    let mut draw = Sequence(20_260_304);
    let (mut people, mut bias, mut error, mut covered, mut outside) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for _ in 0..PEOPLE {
        let level = 0.35 + 0.4 * draw.normal();
        let (mut counts, mut attained) = (DayCounts { prescribed: DAYS, ..DayCounts::default() }, 0_u32);
        for _ in 0..DAYS {
            // Steps / quota; the tolerance is 0.9.
            let ratio = (level + 0.45 * draw.normal()).exp();
            let hit = ratio >= 0.9;
            attained += u32::from(hit);
            let wear = draw.uniform();
            if wear < off {
                continue;
            }
            if wear < off + partly {
                let seen = ratio * draw.uniform();
                counts.known_attained += u32::from(seen >= 0.9);
            } else {
                counts.valid += 1;
                counts.valid_attained += u32::from(hit);
            }
        }
        let found = estimate(&counts, &Prior::default()).expect("counts are consistent");
        let truth = f64::from(attained) / f64::from(DAYS);
        let bounds = found.bounds.expect("days are prescribed");
        outside += f64::from(u8::from(!bounds.contains(truth)));
        if let (Some(estimate), Some(interval)) = (found.estimate, found.interval) {
            people += 1.0;
            bias += estimate - truth;
            error += (estimate - truth).abs();
            covered += f64::from(u8::from(interval.contains(truth)));
        }
    }
    Outcome {
        bias: bias / people,
        mean_error: error / people,
        coverage: covered / people,
        outside_bounds: outside / f64::from(PEOPLE),
    }
}

#[test]
fn intervals_cover_and_partly_worn_days_do_not_bias() {
    for (off, partly) in [(0.2, 0.0), (0.1, 0.3), (0.05, 0.5)] {
        let found = simulate(off, partly);
        eprintln!(
            "off {off}, partly {partly}: bias {:+.3}, mean error {:.3}, coverage {:.3}, outside bounds {:.3}",
            found.bias, found.mean_error, found.coverage, found.outside_bounds
        );
        assert!(found.bias.abs() < 0.02);
        assert!(found.coverage > 0.9);
        // Here a valid day is worn whole, so the bounds always hold.
        assert_eq!(found.outside_bounds, 0.0);
    }
}
