//! Integer columns: constant, plain or run-length, of the values or of their differences, over a common divisor.
//!
//! Layout of one column: `tag` byte, then for a constant its value; else `divisor`, and the entries. Bit 0 of the tag:
//! run-length; bit 1: differences; bit 2: constant. Every number is a zigzag varint.

const RUNS: u8 = 1;
const DIFFERENCES: u8 = 2;
const CONSTANT: u8 = 4;

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends `values` (not empty) to `out`.
pub(super) fn put_column(out: &mut Vec<u8>, values: &[i64], scratch: &mut Vec<i64>) {
    let first = values[0];
    if values.iter().all(|value| *value == first) {
        out.push(CONSTANT);
        put_signed(out, first);
        return;
    }
    // Divisors known when compiled become multiplications; a true common divisor would cost a division a value.
    match divisor_of(values) {
        60_000 => put_scaled::<60_000>(out, values, scratch),
        1_000 => put_scaled::<1_000>(out, values, scratch),
        10 => put_scaled::<10>(out, values, scratch),
        _ => put_scaled::<1>(out, values, scratch),
    }
}

/// The greatest of 60,000 (minutes in ms), 1,000 (seconds), 10 (tenths that are whole) and 1 that divides all values.
fn divisor_of(values: &[i64]) -> i64 {
    fn divides<const N: i64>(values: &[i64]) -> bool {
        values.iter().all(|value| value % N == 0)
    }
    if !divides::<10>(values) {
        1
    } else if !divides::<1_000>(values) {
        10
    } else if !divides::<60_000>(values) {
        1_000
    } else {
        60_000
    }
}

fn put_scaled<const DIVISOR: i64>(out: &mut Vec<u8>, values: &[i64], scratch: &mut Vec<i64>) {
    // Differences pay for what drifts (time, heart rate); the values themselves for what starts and stops (steps).
    let plain_cost: u64 = values.iter().map(|value| bits(value / DIVISOR)).sum();
    let mut previous = 0_i64;
    let mut difference_cost = 0;
    for value in values {
        let scaled = value / DIVISOR;
        difference_cost += bits(scaled.wrapping_sub(previous));
        previous = scaled;
    }
    let differences = difference_cost < plain_cost;
    scratch.clear();
    let mut previous = 0_i64;
    for value in values {
        let scaled = value / DIVISOR;
        scratch.push(if differences { scaled.wrapping_sub(previous) } else { scaled });
        previous = scaled;
    }
    let runs = 1 + scratch.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let run_length = runs * 2 < scratch.len();
    out.push(if run_length { RUNS } else { 0 } | if differences { DIFFERENCES } else { 0 });
    put_signed(out, DIVISOR);
    if run_length {
        for run in scratch.chunk_by(|a, b| a == b) {
            put_signed(out, run[0]);
            put_varint(out, run.len() as u64);
        }
    } else {
        for value in scratch.iter() {
            put_signed(out, *value);
        }
    }
}

fn bits(value: i64) -> u64 {
    u64::from(64 - value.unsigned_abs().leading_zeros())
}

/// Reads what [`put_column`] wrote; every step is checked, since files rot.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A column of `count` numbers.
    pub(super) fn column(&mut self, count: usize) -> Option<Vec<i64>> {
        let tag = self.byte()?;
        if tag & !(RUNS | DIFFERENCES | CONSTANT) != 0 {
            return None;
        }
        if tag & CONSTANT != 0 {
            return Some(vec![self.signed()?; count]);
        }
        let divisor = self.signed()?;
        let mut values = Vec::with_capacity(count);
        if tag & RUNS != 0 {
            while values.len() < count {
                let value = self.signed()?;
                let run = usize::try_from(self.varint()?).ok()?;
                if run == 0 || run > count - values.len() {
                    return None;
                }
                values.resize(values.len() + run, value);
            }
        } else {
            for _ in 0..count {
                values.push(self.signed()?);
            }
        }
        let mut sum = 0_i64;
        for value in &mut values {
            if tag & DIFFERENCES != 0 {
                sum = sum.wrapping_add(*value);
                *value = sum;
            }
            *value = value.wrapping_mul(divisor);
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round(values: &[i64]) -> Vec<i64> {
        let mut out = Vec::new();
        put_column(&mut out, values, &mut Vec::new());
        let mut cursor = Cursor::new(&out);
        let back = cursor.column(values.len()).expect("reads back");
        assert!(cursor.is_at_end());
        back
    }

    #[test]
    fn a_regular_grid_costs_a_few_bytes() {
        let grid: Vec<i64> = (0..1_440).map(|minute| 1_700_000_000_000 + minute * 60_000).collect();
        let mut out = Vec::new();
        put_column(&mut out, &grid, &mut Vec::new());
        assert!(out.len() < 24, "{}", out.len());
        assert_eq!(round(&grid), grid);
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let values: Vec<i64> = (0..300).map(|i| i * i % 97).collect();
        let mut out = Vec::new();
        put_column(&mut out, &values, &mut Vec::new());
        for cut in 0..out.len() {
            let _ = Cursor::new(&out[..cut]).column(values.len());
            let mut flipped = out.clone();
            flipped[cut] ^= 0x55;
            let _ = Cursor::new(&flipped).column(values.len());
        }
        assert_eq!(Cursor::new(&out[..out.len() - 1]).column(values.len()), None);
    }

    proptest! {
        #[test]
        fn every_column_comes_back(values in prop::collection::vec(any::<i64>(), 1..200)) {
            prop_assert_eq!(round(&values), values);
        }

        #[test]
        fn so_do_runs_and_small_steps(values in prop::collection::vec((-3..3i64, 1..40usize), 1..20), factor in 1..50i64) {
            let values: Vec<i64> = values.iter().flat_map(|(v, n)| std::iter::repeat_n(v * factor, *n)).collect();
            prop_assert_eq!(round(&values), values);
        }
    }
}
