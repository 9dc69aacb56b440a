//! `exp` and `ln` with the same bits on every platform.
//!
//! [`f64::exp`] and [`f64::ln`] call the platform's library, whose last bit differs between systems. These use only
//! `+ - * /` and bit patterns, which IEEE 754 pins, and agree with the library within a few units in the last place.

/// ln 2 in two parts: the first has zeros at its end, so that multiplying it by a small whole number is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// 1 / 0!, 1 / 1!, … 1 / 14!
const INVERSE_FACTORIALS: [f64; 15] = {
    let mut terms = [1.0; 15];
    let mut factorial = 1.0;
    let mut n = 1;
    while n < terms.len() {
        factorial *= n as f64;
        terms[n] = 1.0 / factorial;
        n += 1;
    }
    terms
};

/// e to the power of `x`, for the small arguments of this crate.
///
/// `x` must lie within ±700, where the result is a normal number.
pub(crate) fn exp(x: f64) -> f64 {
    debug_assert!(x.abs() <= 700.0, "outside the range that a person needs");
    let halvings = (x * std::f64::consts::LOG2_E).round();
    let rest = (x - halvings * LN_2_HIGH) - halvings * LN_2_LOW;
    // Taylor series; |rest| <= ln 2 / 2, so that the first term left out is below 1e-17.
    let sum = INVERSE_FACTORIALS.iter().rev().fold(0.0, |sum, term| sum * rest + term);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 1023 ± 1010, see the range"
    )]
    let exponent_bits = (halvings as i64 + 1023) as u64;
    sum * f64::from_bits(exponent_bits << 52)
}

/// The natural logarithm of `x`, which must be a positive normal number.
pub(crate) fn ln(x: f64) -> f64 {
    debug_assert!(x.is_normal() && x > 0.0, "no logarithm");
    let bits = x.to_bits();
    #[expect(clippy::cast_possible_wrap, reason = "eleven bits")]
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)); |s| <= 0.1716, so that the first term left out is below 1e-17.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    for odd in (1..=21_u8).rev().step_by(2) {
        sum = sum * square + 1.0 / f64::from(odd);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 1024 in size")]
    let exponent = exponent as f64;
    exponent * LN_2_HIGH + (2.0 * s * sum + exponent * LN_2_LOW)
}

#[cfg(test)]
mod tests {
    use super::{exp, ln};

    #[test]
    fn agrees_with_the_platform_within_rounding() {
        for step in -4000..4000 {
            let x = f64::from(step) / 250.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-14, "exp({x})");
            let positive = x.exp();
            assert!((ln(positive) - positive.ln()).abs() < 1e-14, "ln({positive})");
        }
    }

    #[test]
    fn bits_are_pinned() {
        assert_eq!(exp(0.0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(ln(1.0).to_bits(), 0.0_f64.to_bits());
        assert_eq!(exp(0.45).to_bits(), EXP_0_45);
        assert_eq!(ln(5600.0).to_bits(), LN_5600);
    }

    /// Both are the lower neighbour of the exact value rounded to 53 bits (…b5 and …b3).
    const EXP_0_45: u64 = 0x3ff9_17ce_84a9_93b4;
    const LN_5600: u64 = 0x4021_42d3_c36f_e0b2;
}
