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
}
