use std::ops::Range;

use crate::Position;
use crate::header::Header;

/// Records of one or more commits that are next to each other, as they were appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first commit in it.
    pub first: Position,
    /// The last commit in it.
    pub last: Position,
    /// Earliest `first_ms` of its records, ms UTC (of the whole block, where only its later commits were asked for).
    pub first_ms: i64,
    /// Latest `last_ms` of its records, ms UTC.
    pub last_ms: i64,
    plain: Vec<u8>,
    records: Vec<Range<usize>>,
}

impl Block {
    /// The records, in the order in which they were appended.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.records.iter().map(|range| &self.plain[range.clone()])
    }

    /// How many records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds no record (any more: see [`crate::Journal::purge`]).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Takes apart what was sealed, leaving out the commits before `from`. `None` when it does not have the form.
    pub(crate) fn parse(header: &Header, plain: Vec<u8>, from: u64) -> Option<Self> {
        let mut records = Vec::with_capacity(header.records.unwrap_or(0).min(header.plain_bytes) as usize);
        walk(&plain, header.first, header.last, |number, range| {
            if number >= from {
                records.push(range);
            }
        })?;
        Some(Self {
            first: Position(header.first.max(from)),
            last: Position(header.last),
            first_ms: header.first_ms.unwrap_or(i64::MIN),
            last_ms: header.last_ms.unwrap_or(i64::MIN),
            plain,
            records,
        })
    }
}

/// Visits each record with the number of its commit. `None` when `plain` does not have the form: for each commit the
/// number of its records, for each record its length and its bytes.
pub(crate) fn walk(
    plain: &[u8],
    first: u64,
    last: u64,
    mut visit: impl FnMut(u64, Range<usize>),
) -> Option<()> {
    let mut at = 0;
    for number in first..=last {
        for _ in 0..get_varint(plain, &mut at)? {
            let len = usize::try_from(get_varint(plain, &mut at)?).ok()?;
            let end = at.checked_add(len).filter(|end| *end <= plain.len())?;
            visit(number, at..end);
            at = end;
        }
    }
    (at == plain.len()).then_some(())
}

/// The same commits without the records that `unwanted` names, and how many were kept and left out.
pub(crate) fn without(
    plain: &[u8],
    first: u64,
    last: u64,
    unwanted: &mut dyn FnMut(&[u8]) -> bool,
) -> Option<(Vec<u8>, u32, u64)> {
    let mut kept: Vec<(u64, Range<usize>)> = Vec::new();
    let mut removed = 0;
    walk(plain, first, last, |number, range| {
        if unwanted(&plain[range.clone()]) {
            removed += 1;
        } else {
            kept.push((number, range));
        }
    })?;
    let count = u32::try_from(kept.len()).ok()?;
    let mut out = Vec::with_capacity(plain.len());
    let mut rest = kept.as_slice();
    for number in first..=last {
        let (own, later) = rest.split_at(rest.partition_point(|(of, _)| *of == number));
        put_varint(&mut out, own.len() as u64);
        for (_, range) in own {
            put_record(&mut out, &plain[range.clone()]);
        }
        rest = later;
    }
    Some((out, count, removed))
}

pub(crate) fn put_record(out: &mut Vec<u8>, record: &[u8]) {
    put_varint(out, record.len() as u64);
    out.extend_from_slice(record);
}

/// Seven bits a byte, the lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn get_varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn commits() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
        let record = prop::collection::vec(any::<u8>(), 0..200);
        prop::collection::vec(prop::collection::vec(record, 0..5), 1..6)
    }

    fn plain_of(commits: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let mut plain = Vec::new();
        for records in commits {
            put_varint(&mut plain, records.len() as u64);
            for record in records {
                put_record(&mut plain, record);
            }
        }
        plain
    }

    proptest! {
        #[test]
        fn what_was_put_is_walked(commits in commits()) {
            let plain = plain_of(&commits);
            let last = 6 + commits.len() as u64;
            let mut found = vec![Vec::new(); commits.len()];
            let whole = walk(&plain, 7, last, |number, range| {
                found[(number - 7) as usize].push(plain[range].to_vec());
            });
            prop_assert_eq!(whole, Some(()));
            prop_assert_eq!(&found, &commits);
            prop_assert_eq!(walk(&plain, 7, last + 1, |_, _| {}), None);
        }

        #[test]
        fn only_the_unwanted_goes(commits in commits()) {
            let plain = plain_of(&commits);
            let last = commits.len() as u64 - 1;
            let mut odd = |record: &[u8]| record.len() % 2 == 1;
            let (out, kept, removed) = without(&plain, 0, last, &mut odd).expect("well formed");
            let mut left = commits.clone();
            left.iter_mut().for_each(|records| records.retain(|record| record.len() % 2 == 0));
            prop_assert_eq!(out, plain_of(&left));
            prop_assert_eq!(kept as usize, left.iter().map(Vec::len).sum::<usize>());
            prop_assert_eq!(removed as usize + kept as usize, commits.iter().map(Vec::len).sum::<usize>());
        }

        #[test]
        fn nonsense_is_refused_and_never_a_panic(plain in prop::collection::vec(any::<u8>(), 0..80), last in 0..9_u64) {
            let _ = walk(&plain, 0, last, |_, range| drop(plain[range].to_vec()));
        }
    }
}
