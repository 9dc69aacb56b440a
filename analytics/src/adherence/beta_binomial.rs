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
///
/// By the ratio of neighbours, (n - k)/(k + 1) (k + a)/(n - k - 1 + b), in logarithms, so that no n is too great.
#[must_use]
pub fn beta_binomial_pmf(n: u32, a: f64, b: f64) -> Vec<f64> {
    let mut ln_pmf = Vec::with_capacity(n as usize + 1);
    let mut ln_probability = 0.0;
    ln_pmf.push(ln_probability);
    for k in 0..n {
        let (hits, left) = (f64::from(k), f64::from(n - k));
        ln_probability += (left / (hits + 1.0) * (hits + a) / (left - 1.0 + b)).ln();
        ln_pmf.push(ln_probability);
    }
    let greatest = ln_pmf.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    normalised(ln_pmf.into_iter().map(|ln_probability| (ln_probability - greatest).exp()).collect())
}

/// Probabilities of 0..=n successes when the rate is expit(logit p - shift) with p ~ Beta(a, b).
///
/// The integral over p is taken on the logit scale, where the density has no pole and exponential tails, by the
/// trapezoid rule after x = centre + scale sinh(u): it converges exponentially, and at shift 0 equals
/// [`beta_binomial_pmf`] to 1e-10.
#[must_use]
pub fn shifted_beta_binomial_pmf(n: u32, a: f64, b: f64, shift: f64) -> Vec<f64> {
    /// Step in u, up to the number of days for which it is fine enough; for more the binomial narrows with their root.
    const STEP: f64 = 0.05;
    const STEP_DAYS: f64 = 60.0;
    /// Reach on either side: so many units of the slower exponential tail (e^-45 is below rounding), and so many
    /// standard deviations of the bell that large a and b make.
    const TAIL: f64 = 45.0;
    const DEVIATIONS: f64 = 10.0;
    let centre = (a / b).ln();
    let scale = (1.0 / a + 1.0 / b).sqrt();
    let reach = (TAIL / a.min(b) / scale + DEVIATIONS).asinh();
    let step = STEP / (f64::from(n) / STEP_DAYS).sqrt().max(1.0);
    let half = (reach / step).ceil() as i32;
    let ln_peak = ln_rate_density(centre, a, b);
    let ways = Ways::of(n);

    let mut pmf = vec![0.0; n as usize + 1];
    for index in -half..=half {
        let u = f64::from(index) * step;
        let x = centre + scale * u.sinh();
        let weight = (ln_rate_density(x, a, b) - ln_peak).exp() * u.cosh();
        if weight < 1e-18 {
            continue;
        }
        ways.add_binomial(&mut pmf, weight, -softplus(shift - x), -softplus(x - shift));
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

/// Binomial coefficients of n.
enum Ways {
    /// As they are, where neither they nor powers of the greater chance can leave the range of a number.
    Plain(Vec<f64>),
    /// Their logarithms.
    Ln(Vec<f64>),
}

impl Ways {
    fn of(n: u32) -> Self {
        /// Greatest n whose coefficients (below 2^n) and powers of at least 1/2 stay within 2^-900 and 2^900.
        const MOST_PLAIN: u32 = 900;
        let ln_factorial = |m: u32| ln_gamma(f64::from(m) + 1.0);
        let ln_choose = |k| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
        if n > MOST_PLAIN {
            return Self::Ln((0..=n).map(ln_choose).collect());
        }
        let mut choose = vec![1.0];
        for k in 0..n {
            choose.push(choose[k as usize] * f64::from(n - k) / f64::from(k + 1));
        }
        Self::Plain(choose)
    }

    /// Adds the binomial probabilities of 0..=n, so many times over, from the logarithms of both chances.
    fn add_binomial(&self, pmf: &mut [f64], weight: f64, ln_success: f64, ln_failure: f64) {
        match self {
            Self::Ln(choose) => {
                let n = (choose.len() - 1) as f64;
                for (k, (probability, ln_ways)) in pmf.iter_mut().zip(choose).enumerate() {
                    let hits = k as f64;
                    *probability += weight * (ln_ways + hits * ln_success + (n - hits) * ln_failure).exp();
                }
            }
            Self::Plain(choose) => {
                let n = (choose.len() - 1) as f64;
                // From the end where the greater chance has its nth power, so that nothing underflows too early.
                let (mut power, ratio) = (
                    (n * ln_success.max(ln_failure)).exp() * weight,
                    (-(ln_success - ln_failure).abs()).exp(),
                );
                let mut add = |probability: &mut f64, ways: &f64| {
                    *probability += ways * power;
                    power *= ratio;
                };
                if ln_success >= ln_failure {
                    pmf.iter_mut().zip(choose).rev().for_each(|(p, ways)| add(p, ways));
                } else {
                    pmf.iter_mut().zip(choose).for_each(|(p, ways)| add(p, ways));
                }
            }
        }
    }
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
    fn the_pmf_is_that_of_the_beta_function() {
        for (n, a, b) in [(28_u32, 2.1, 0.9), (180, 90.0, 110.0), (1_095, 0.7, 4.0)] {
            let ln_beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
            let ln_ways =
                |k: u32| -ln_beta(f64::from(k) + 1.0, f64::from(n - k) + 1.0) - (f64::from(n) + 1.0).ln();
            for (k, found) in (0_u32..).zip(beta_binomial_pmf(n, a, b)) {
                let ln_tail = ln_beta(f64::from(k) + a, f64::from(n - k) + b) - ln_beta(a, b);
                close(found, (ln_ways(k) + ln_tail).exp(), 1e-10);
            }
        }
    }

    #[test]
    fn without_a_shift_the_quadrature_is_the_exact_distribution() {
        let cases = [(20, 2.1, 0.9), (28, 0.9, 8.1), (10, 25.0, 0.3), (5, 0.05, 1.4), (180, 90.0, 110.0)];
        // Where coefficients go over into logarithms.
        let many = [(900, 2.1, 0.9), (901, 2.1, 0.9), (1_100, 2.1, 0.9)];
        for (n, a, b) in cases.into_iter().chain(many) {
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
