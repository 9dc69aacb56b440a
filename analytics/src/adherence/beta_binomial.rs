//! The beta-binomial distribution, exact, and the same under a shift of its success rate.

/// Logarithm of the gamma function for x > 0, by Lanczos' approximation (g = 7, 9 terms), good to about 1e-14 relative.
///
/// Source: Lanczos 1964, SIAM J Numer Anal B 1:86; coefficients by Godfrey.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Reflection keeps the series in the range it was fitted for.
        let sine = (std::f64::consts::PI * x).sin();
        return (std::f64::consts::PI / sine).ln() - ln_gamma(1.0 - x);
    }
    let shifted = x - 1.0;
    let series = COEFFICIENTS
        .iter()
        .zip(1_u32..)
        .fold(FIRST, |sum, (coefficient, index)| sum + coefficient / (shifted + f64::from(index)));
    let t = shifted + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (shifted + 0.5) * t.ln() - t + series.ln()
}

/// Probabilities of 0..=n successes when the rate is Beta(a, b), a and b above 0.
#[must_use]
pub fn beta_binomial_pmf(n: u32, a: f64, b: f64) -> Vec<f64> {
    let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let base = ln_beta(a, b);
    let pmf = (0..=n)
        .map(|k| (ln_choose(n, k) + ln_beta(f64::from(k) + a, f64::from(n - k) + b) - base).exp())
        .collect();
    normalised(pmf)
}

/// Probabilities of 0..=n successes when the rate is expit(logit p - shift) with p ~ Beta(a, b).
///
/// The integral over p is taken on the logit scale, where the density has no pole and exponential tails, by the
/// trapezoid rule after x = centre + scale sinh(u): it converges exponentially, and at shift 0 equals
/// [`beta_binomial_pmf`] to 1e-10.
#[must_use]
pub fn shifted_beta_binomial_pmf(n: u32, a: f64, b: f64, shift: f64) -> Vec<f64> {
    /// Step in u.
    const STEP: f64 = 0.05;
    /// Reach on either side: so many units of the slower exponential tail (e^-45 is below rounding), and so many
    /// standard deviations of the bell that large a and b make.
    const TAIL: f64 = 45.0;
    const DEVIATIONS: f64 = 10.0;
    let centre = (a / b).ln();
    let scale = (1.0 / a + 1.0 / b).sqrt();
    let reach = (TAIL / a.min(b) / scale + DEVIATIONS).asinh();
    let half = (reach / STEP).ceil() as i32;
    let ln_peak = ln_rate_density(centre, a, b);
    let choose: Vec<f64> = (0..=n).map(|k| ln_choose(n, k)).collect();

    let mut pmf = vec![0.0; n as usize + 1];
    for index in -half..=half {
        let u = f64::from(index) * STEP;
        let x = centre + scale * u.sinh();
        let weight = (ln_rate_density(x, a, b) - ln_peak).exp() * u.cosh();
        if weight < 1e-18 {
            continue;
        }
        let (ln_success, ln_failure) = (-softplus(shift - x), -softplus(x - shift));
        for (k, probability) in pmf.iter_mut().enumerate() {
            let (hits, misses) = (k as f64, f64::from(n) - k as f64);
            *probability += weight * (choose[k] + hits * ln_success + misses * ln_failure).exp();
        }
    }
    normalised(pmf)
}

/// Log density of x = logit p for p ~ Beta(a, b), up to a constant.
fn ln_rate_density(x: f64, a: f64, b: f64) -> f64 {
    -a * softplus(-x) - b * softplus(x)
}

/// ln(1 + e^x) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn ln_choose(n: u32, k: u32) -> f64 {
    let ln_factorial = |m: u32| ln_gamma(f64::from(m) + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

fn normalised(mut pmf: Vec<f64>) -> Vec<f64> {
    let sum: f64 = pmf.iter().sum();
    pmf.iter_mut().for_each(|probability| *probability /= sum);
    pmf
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn ln_gamma_at_known_points() {
        close(ln_gamma(1.0), 0.0, 1e-14);
        close(ln_gamma(2.0), 0.0, 1e-14);
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-14);
        close(ln_gamma(5.0), 24.0_f64.ln(), 1e-13);
        close(ln_gamma(11.0), 3_628_800.0_f64.ln(), 1e-12);
        close(ln_gamma(0.1), 2.252_712_651_734_206, 1e-12);
        close(ln_gamma(100.0), 359.134_205_369_575_4, 1e-10);
        for x in [0.2, 0.9, 2.1, 3.7, 28.5] {
            close(ln_gamma(x + 1.0) - ln_gamma(x), f64::ln(x), 1e-12);
        }
    }

    #[test]
    fn pmf_by_hand() {
        // Beta(1, 1): uniform. Beta(2, 1), n = 2: 1/6, 2/6, 3/6. Beta(1, 2), n = 1: 2/3, 1/3.
        for probability in beta_binomial_pmf(4, 1.0, 1.0) {
            close(probability, 0.2, 1e-13);
        }
        for (found, expected) in beta_binomial_pmf(2, 2.0, 1.0).into_iter().zip([1.0, 2.0, 3.0]) {
            close(found, expected / 6.0, 1e-13);
        }
        close(beta_binomial_pmf(1, 1.0, 2.0)[0], 2.0 / 3.0, 1e-13);
        // Beta(2.1, 0.9), n = 2: a(a+1), 2ab, b(b+1) over (a+b)(a+b+1) = 12.
        for (found, expected) in beta_binomial_pmf(2, 2.1, 0.9).into_iter().zip([1.71, 3.78, 6.51]) {
            close(found, expected / 12.0, 1e-13);
        }
        assert_eq!(beta_binomial_pmf(0, 2.1, 0.9), [1.0]);
    }

    #[test]
    fn without_a_shift_the_quadrature_is_the_exact_distribution() {
        for (n, a, b) in [(20, 2.1, 0.9), (28, 0.9, 8.1), (10, 25.0, 0.3), (5, 0.05, 1.4), (180, 90.0, 110.0)]
        {
            let exact = beta_binomial_pmf(n, a, b);
            for (found, expected) in shifted_beta_binomial_pmf(n, a, b, 0.0).into_iter().zip(exact) {
                close(found, expected, 1e-10);
            }
        }
    }

    #[test]
    fn a_shift_of_a_certain_rate_is_the_shift_of_its_logit() {
        // Beta(4000, 4000) is all but the point 1/2; expit(-1.5) = 0.18242552.
        let pmf = shifted_beta_binomial_pmf(1, 4_000.0, 4_000.0, 1.5);
        close(pmf[1], 0.182_425_523_806_356_3, 1e-4);
    }
}
