//! How readings lie in the spool: a frame is what one commit took, series by series, as varints.
//!
//! `2`, base time (ms UTC, zigzag); then for each series: its number, a byte of flags and how it was recorded, where
//! flagged the UTC offset and the clock's stretch, the number of readings, and for each reading start (zigzag, from the one
//! before; the first from the base), then where flagged the duration, `seq`, `rev`, and always the value (zigzag).
//! Format `1` has no stretches and is read too.

use foulee_contract::{How, Provenance, Tuple, Value};

/// Readings of one series that share their provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The number of the series in the spool's own table.
    pub series: u32,
    /// Where and how they were recorded.
    pub provenance: Provenance,
    /// The stretch of the gateway's clock that stamped them; 0 where a device's did.
    pub stretch: u32,
    /// The readings.
    pub tuples: Vec<Tuple>,
}

/// Bytes that are no frame: the sealed block was whole, so this is a defect or a newer gateway's spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a frame that this gateway can read")]
pub struct FrameError;

const FORMAT: u8 = 2;
const FIRST_FORMAT: u8 = 1;
const HAS_OFFSET: u8 = 1;
const HAS_DURATION: u8 = 2;
const HAS_SEQ: u8 = 4;
const HAS_REV: u8 = 8;
const HOW_SHIFT: u8 = 4;
const HOW_MASK: u8 = 3;
const HAS_STRETCH: u8 = 64;

/// The bytes of a frame. A gateway never makes tombstones; they are left out.
#[must_use]
pub fn encode(groups: &[Group]) -> Vec<u8> {
    let base = groups.iter().flat_map(|group| &group.tuples).map(|tuple| tuple.start_ms).min().unwrap_or(0);
    let mut out = vec![FORMAT];
    put_signed(&mut out, base);
    for group in groups {
        let Group { series, provenance, stretch, tuples } = group;
        let flag = |any: bool, bit| if any { bit } else { 0 };
        let flags = flag(provenance.offset_minutes.is_some(), HAS_OFFSET)
            | flag(tuples.iter().any(|t| t.end_ms != t.start_ms), HAS_DURATION)
            | flag(tuples.iter().any(|t| t.seq != 0), HAS_SEQ)
            | flag(tuples.iter().any(|t| t.rev != 0), HAS_REV)
            | flag(*stretch != 0, HAS_STRETCH)
            | (provenance.how as u8) << HOW_SHIFT;
        put(&mut out, u64::from(*series));
        out.push(flags);
        if let Some(offset) = provenance.offset_minutes {
            put_signed(&mut out, i64::from(offset));
        }
        if *stretch != 0 {
            put(&mut out, u64::from(*stretch));
        }
        let present = tuples.iter().filter_map(|tuple| Some((tuple, tuple.value.present()?)));
        put(&mut out, present.clone().count() as u64);
        let mut before = base;
        for (tuple, value) in present {
            put_signed(&mut out, tuple.start_ms.wrapping_sub(before));
            before = tuple.start_ms;
            if flags & HAS_DURATION != 0 {
                put_signed(&mut out, tuple.end_ms.wrapping_sub(tuple.start_ms));
            }
            if flags & HAS_SEQ != 0 {
                put(&mut out, tuple.seq);
            }
            if flags & HAS_REV != 0 {
                put(&mut out, tuple.rev);
            }
            put_signed(&mut out, value);
        }
    }
    out
}

/// The groups of a frame.
///
/// # Errors
/// [`FrameError`] for anything that [`encode`] did not write.
pub fn decode(bytes: &[u8]) -> Result<Vec<Group>, FrameError> {
    let mut input = Input(bytes);
    if !matches!(input.byte()?, FIRST_FORMAT | FORMAT) {
        return Err(FrameError);
    }
    let base = input.signed()?;
    let mut groups = Vec::new();
    while !input.0.is_empty() {
        let series = u32::try_from(input.number()?).map_err(|_| FrameError)?;
        let flags = input.byte()?;
        let how = How::from_code(flags >> HOW_SHIFT & HOW_MASK).ok_or(FrameError)?;
        let offset_minutes = match flags & HAS_OFFSET {
            0 => None,
            _ => Some(i16::try_from(input.signed()?).map_err(|_| FrameError)?),
        };
        let stretch = match flags & HAS_STRETCH {
            0 => 0,
            _ => u32::try_from(input.number()?).map_err(|_| FrameError)?,
        };
        let count = input.number()?;
        // A reading takes two bytes at least: no more memory is set aside than the frame can fill.
        if count > input.0.len() as u64 / 2 {
            return Err(FrameError);
        }
        let mut tuples = Vec::with_capacity(count as usize);
        let mut before = base;
        for _ in 0..count {
            let start_ms = before.wrapping_add(input.signed()?);
            before = start_ms;
            let duration = if flags & HAS_DURATION != 0 { input.signed()? } else { 0 };
            let seq = if flags & HAS_SEQ != 0 { input.number()? } else { 0 };
            let rev = if flags & HAS_REV != 0 { input.number()? } else { 0 };
            let value = Value::Present(input.signed()?);
            tuples.push(Tuple { start_ms, end_ms: start_ms.wrapping_add(duration), seq, rev, value });
        }
        groups.push(Group { series, provenance: Provenance { offset_minutes, how }, stretch, tuples });
    }
    Ok(groups)
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, FrameError> {
        let (first, rest) = self.0.split_first().ok_or(FrameError)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, FrameError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(FrameError);
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(FrameError)
    }

    fn signed(&mut self) -> Result<i64, FrameError> {
        let number = self.number()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tuples() -> impl Strategy<Value = Vec<Tuple>> {
        let tuple = (any::<i64>(), any::<i64>(), any::<u64>(), any::<u64>(), any::<i64>());
        let tuple = tuple.prop_map(|(start_ms, end_ms, seq, rev, value)| Tuple {
            start_ms,
            end_ms,
            seq,
            rev,
            value: Value::Present(value),
        });
        prop::collection::vec(tuple, 0..8)
    }

    proptest! {
        #[test]
        fn a_frame_comes_back(groups in prop::collection::vec((any::<u32>(), tuples(), any::<Option<i16>>(), 0..4u8, any::<u32>()), 0..5)) {
            let groups: Vec<Group> = groups.into_iter().map(|(series, tuples, offset_minutes, how, stretch)| {
                let provenance = Provenance { offset_minutes, how: How::from_code(how).unwrap() };
                Group { series, provenance, stretch, tuples }
            }).collect();
            prop_assert_eq!(decode(&encode(&groups)), Ok(groups));
        }

        #[test]
        fn anything_else_is_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn a_second_of_four_sources_is_small() {
        let start_ms = 1_767_571_200_000;
        let groups: Vec<Group> = (0..4)
            .map(|series| Group {
                series,
                provenance: Provenance { offset_minutes: Some(60), how: How::Automatic },
                stretch: 1,
                tuples: vec![Tuple {
                    start_ms,
                    end_ms: start_ms,
                    seq: 0,
                    rev: 0,
                    value: Value::Present(720),
                }],
            })
            .collect();
        assert!(encode(&groups).len() <= 44, "{}", encode(&groups).len());
    }
}
