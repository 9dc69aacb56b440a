use foulee_contract::{Metric, RejectCode};

/// What a cell says of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing was read.
    Absent,
    /// A stored integer of the metric.
    Value(i64),
    /// No number, or one that does not fit.
    Bad(RejectCode),
}

/// Reads a cell that holds `factor` of a metric's unit.
pub(crate) fn cell_of(metric: Metric, text: &str, factor: u16, decimal_comma: bool) -> Cell {
    if is_absent(text) {
        return Cell::Absent;
    }
    if counts_steps(metric) && may_be_grouped(text) {
        return Cell::Bad(RejectCode::Unreadable);
    }
    let stored = match whole(text) {
        Some(number) => {
            number.checked_mul(i64::from(factor)).map_or(Err(RejectCode::ValueOutOfRange), |number| {
                metric.scale_integer(number, 0).map_err(|_| RejectCode::ValueOutOfRange)
            })
        }
        None => decimal(text, decimal_comma).and_then(|number| {
            metric.scale_decimal(number * f64::from(factor)).map_err(|_| RejectCode::ValueOutOfRange)
        }),
    };
    cell(metric, stored)
}

/// What a number says of a metric, where its format says what its digits mean: nothing can be grouped in it.
pub(crate) fn cell_of_number(metric: Metric, number: f64) -> Cell {
    cell(metric, metric.scale_decimal(number).map_err(|_| RejectCode::ValueOutOfRange))
}

/// What a cell that is bad is refused for, in words that go on behind what it holds; empty where its text says it all.
pub(crate) fn why_bad(metric: Metric, text: &str) -> &'static str {
    if counts_steps(metric) && may_be_grouped(text) { GROUPED } else { "" }
}

/// What to do about a number that can be read two ways.
pub(crate) const GROUPED: &str = "thousands or a fraction? write it without separators";

fn counts_steps(metric: Metric) -> bool {
    matches!(metric, Metric::Steps | Metric::StepCounter)
}

/// Whether a text may be a whole number whose thousands are set apart: `1,234`, `1.234` and `1,234,567`. As steps of a
/// fraction it would be another number by a factor of a thousand, so it is not guessed. Other fractions are steps too,
/// rounded to the next whole one (`0.4` is 0): HealthKit has them where it divides a record.
fn may_be_grouped(text: &str) -> bool {
    let mut groups = text.trim_start_matches(['+', '-']).split([',', '.']);
    let is_number = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let leads = groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()) && is_number(first) && !first.starts_with('0'));
    let mut behind = groups.peekable();
    leads && behind.peek().is_some() && behind.all(|group| group.len() == 3 && is_number(group))
}

fn cell(metric: Metric, stored: Result<i64, RejectCode>) -> Cell {
    match stored {
        // Devices write 0 or -1 for "no heart rate"; nobody's heart rate is either.
        Ok(value) if value <= 0 && metric == Metric::HeartRate => Cell::Absent,
        Ok(value) => Cell::Value(value),
        Err(code) => Cell::Bad(code),
    }
}

fn is_absent(text: &str) -> bool {
    text.is_empty()
        || ["na", "n/a", "nan", "null", "none", "-"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn whole(text: &str) -> Option<i64> {
    let digits = text.as_bytes();
    if digits.len() > 15 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

fn decimal(text: &str, decimal_comma: bool) -> Result<f64, RejectCode> {
    let read = if decimal_comma { text.replacen(',', ".", 1).parse() } else { text.parse() };
    read.map_err(|_| RejectCode::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_metrics_own_exponent() {
        let heart = |text| cell_of(Metric::HeartRate, text, 1, true);
        assert_eq!(["72", "72.0", "72.46", "72,5"].map(heart), [720, 720, 725, 725].map(Cell::Value));
        assert_eq!(["", "NaN", "0", "0.0", "-1.0", "NULL"].map(heart), [Cell::Absent; 6]);
        assert_eq!(cell_of(Metric::Steps, "0", 1, false), Cell::Value(0));
        assert_eq!(cell_of(Metric::Steps, "-3", 1, false), Cell::Value(-3));
        assert_eq!(cell_of(Metric::Worn, "1440", 60, false), Cell::Value(86_400));
    }

    #[test]
    fn what_is_no_number_says_so() {
        let steps = |text| cell_of(Metric::Steps, text, 1, false);
        assert_eq!(["7x", "7,5", "é"].map(steps), [Cell::Bad(RejectCode::Unreadable); 3]);
        assert_eq!(["inf", "1e30"].map(steps), [Cell::Bad(RejectCode::ValueOutOfRange); 2]);
    }

    #[test]
    fn steps_that_may_be_grouped_are_not_guessed() {
        for decimal_comma in [false, true] {
            let steps = |text| cell_of(Metric::Steps, text, 1, decimal_comma);
            let grouped = ["1,234", "1.234", "-1.234", "12,000", "1,234,567", "1.234.567", "100.000"];
            assert_eq!(grouped.map(steps), [Cell::Bad(RejectCode::Unreadable); 7]);
            assert!(grouped.iter().all(|text| why_bad(Metric::Steps, text) == GROUPED));
            let told = ["12", "12.0", "17.3333", "0.4", "0.123", "1234.567", "1234"];
            assert_eq!(told.map(steps), [12, 12, 17, 0, 0, 1235, 1234].map(Cell::Value));
            assert!(told.iter().all(|text| why_bad(Metric::Steps, text).is_empty()));
        }
        assert_eq!(cell_of(Metric::HeartRate, "72.125", 1, false), Cell::Value(721), "rates have fractions");
        assert_eq!(cell_of_number(Metric::Steps, 1.234), Cell::Value(1), "JSON says what a point means");
    }
}
