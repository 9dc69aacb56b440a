//! Random draws that are the same on every platform and for every version of the `rand` crates.
//!
//! Everything is built on whole random words; the distributions are written out here because those of `rand` may change
//! their values between versions.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::exercise::Exercise;
use crate::portable_math::{exp, ln};

/// Names this crate's way of using a seed; a change of it changes every person.
const KEY_DOMAIN: [u8; 16] = *b"foulee-person v1";

/// What a stream of random words is used for; each purpose has its own, so that none disturbs another.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// The traits of the person.
    Traits,
    /// One block of 16 words for each date.
    Course,
    /// One block of 16 words for each week.
    Stress,
    /// The minutes of one date.
    Minutes(u32),
    /// The wear of one date.
    Wear(u32),
    /// How readily the person exercises.
    Habit,
    /// The sessions of one kind of exercise on one date.
    Exercise(Exercise, u32),
    /// Whether the person came to the school on one date.
    School(u32),
    /// What the person says of one date.
    Report(u32),
}

/// A generator for one purpose of the person with this seed.
pub(crate) fn stream(seed: u64, stream: Stream) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..24].copy_from_slice(&KEY_DOMAIN);
    let mut rng = ChaCha8Rng::from_seed(key);
    let (purpose, date) = match stream {
        Stream::Traits => (0, 0),
        Stream::Course => (1, 0),
        Stream::Stress => (2, 0),
        Stream::Minutes(date) => (3, date),
        Stream::Wear(date) => (4, date),
        Stream::Habit => (5, 0),
        Stream::School(date) => (6, date),
        Stream::Report(date) => (7, date),
        Stream::Exercise(Exercise::Stretching, date) => (8, date),
        Stream::Exercise(Exercise::Strengthening, date) => (9, date),
        Stream::Exercise(Exercise::Relaxation, date) => (10, date),
    };
    rng.set_stream((purpose << 32) | u64::from(date));
    rng
}

/// A number in (0, 1), never 0 or 1, from one word of 64 bits.
pub(crate) fn unit(word: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "52 bits fit")]
    let high = (word >> 12) as f64;
    (high + 0.5) / 4_503_599_627_370_496.0
}

/// A whole number from 0 to `end - 1`, from one word of 32 bits. The bias is below one in 2³² / `end`.
pub(crate) fn below(word: u32, end: u32) -> u32 {
    ((u64::from(word) * u64::from(end)) >> 32) as u32
}

/// A standard normal number from one word of 64 bits.
///
/// Acklam's rational approximation of the inverse normal distribution (relative error below 1.2e-9).
pub(crate) fn normal(word: u64) -> f64 {
    const CENTRE_TOP: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_7,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const CENTRE_BOTTOM: [f64; 6] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_9,
        -155.698_979_859_886_6,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
        1.0,
    ];
    const TAIL_TOP: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const TAIL_BOTTOM: [f64; 5] = [
        0.007_784_695_709_041_462,
        0.322_467_129_070_039_8,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    const TAIL: f64 = 0.02425;

    fn polynomial(coefficients: &[f64], x: f64) -> f64 {
        coefficients.iter().fold(0.0, |sum, c| sum * x + c)
    }
    let p = unit(word);
    let (tail, sign) = if p < 0.5 { (p, 1.0) } else { (1.0 - p, -1.0) };
    if tail < TAIL {
        let q = (-2.0 * ln(tail)).sqrt();
        sign * polynomial(&TAIL_TOP, q) / polynomial(&TAIL_BOTTOM, q)
    } else {
        let q = p - 0.5;
        let r = q * q;
        q * polynomial(&CENTRE_TOP, r) / polynomial(&CENTRE_BOTTOM, r)
    }
}

/// A normal number, drawn again until it lies within the limits (a truncated normal, not a clamped one).
pub(crate) fn normal_within(rng: &mut impl Rng, mean: f64, sd: f64, low: f64, high: f64) -> f64 {
    debug_assert!(low <= mean && mean <= high, "draws would seldom lie within");
    loop {
        let x = mean + sd * normal(rng.next_u64());
        if (low..=high).contains(&x) {
            return x;
        }
    }
}

/// A number from the beta distribution with both shapes above 1.
pub(crate) fn beta(rng: &mut impl Rng, a: f64, b: f64) -> f64 {
    let x = gamma(rng, a);
    x / (x + gamma(rng, b))
}

/// A number from the gamma distribution with a shape above 1 and scale 1 (Marsaglia and Tsang 2000).
fn gamma(rng: &mut impl Rng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(rng.next_u64());
        let cube_root = 1.0 + c * x;
        let u = unit(rng.next_u64());
        if cube_root > 0.0 {
            let v = cube_root * cube_root * cube_root;
            if ln(u) < 0.5 * x * x + d - d * v + d * ln(v) {
                return d * v;
            }
        }
    }
}

/// A number whose logarithm is normal.
pub(crate) fn log_normal(rng: &mut impl Rng, log_mean: f64, log_sd: f64) -> f64 {
    exp(log_mean + log_sd * normal(rng.next_u64()))
}

#[cfg(test)]
mod tests {
    use super::{Stream, beta, normal, stream, unit};
    use rand::Rng;

    fn mean_and_sd(draws: &[f64]) -> (f64, f64) {
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        (mean, (draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt())
    }

    #[test]
    fn unit_never_touches_its_ends() {
        assert!(unit(0) > 0.0);
        assert!(unit(u64::MAX) < 1.0);
    }

    #[test]
    fn normal_has_mean_0_and_sd_1_and_known_quantiles() {
        let mut rng = stream(1, Stream::Traits);
        let draws: Vec<f64> = (0..100_000).map(|_| normal(rng.next_u64())).collect();
        let (mean, sd) = mean_and_sd(&draws);
        assert!(mean.abs() < 0.015 && (sd - 1.0).abs() < 0.01, "{mean} {sd}");
        let at = |p: f64| normal((p * 18_446_744_073_709_551_616.0) as u64);
        assert!((at(0.975) - 1.959_963_985).abs() < 1e-7);
        assert!((at(0.001) + 3.090_232_306).abs() < 1e-7);
    }

    #[test]
    fn beta_7_2_4_has_its_mean_and_sd() {
        let mut rng = stream(2, Stream::Traits);
        let draws: Vec<f64> = (0..50_000).map(|_| beta(&mut rng, 7.0, 2.4)).collect();
        let (mean, sd) = mean_and_sd(&draws);
        assert!((mean - 0.7447).abs() < 0.003 && (sd - 0.1352).abs() < 0.003, "{mean} {sd}");
    }
}
