use crate::{Stored, Value};

/// The current readings of one series, and how often two origins disagreed at the same `rev`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// One reading a key, deleted ones left out, in the order of the tuples.
    pub current: Vec<Stored>,
    /// Keys whose highest `rev` came with more than one value; the greatest value is kept.
    pub conflicts: usize,
}

/// The current value of each key among `tuples` of one series: the highest `rev`, ties to the greater value.
///
/// `growing` says that the source's records grow, so that `end` is no part of the key. The result depends on the set
/// of tuples alone, never on their order.
#[must_use]
pub fn resolve(mut tuples: Vec<Stored>, growing: bool) -> Resolved {
    let key = |s: &Stored| (s.tuple.start_ms, if growing { 0 } else { s.tuple.end_ms }, s.tuple.seq);
    tuples.sort_unstable_by_key(|s| (key(s), s.tuple.rev, s.tuple.value, s.tuple.end_ms));
    let mut resolved = Resolved { current: Vec::with_capacity(tuples.len()), conflicts: 0 };
    for group in tuples.chunk_by(|a, b| key(a) == key(b)) {
        let Some(winner) = group.last() else { continue };
        let same_rev = group.iter().rev().take_while(|s| s.tuple.rev == winner.tuple.rev);
        if same_rev.into_iter().any(|s| s.tuple != winner.tuple) {
            resolved.conflicts += 1;
        }
        if winner.tuple.value != Value::Deleted {
            resolved.current.push(*winner);
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Provenance, Tuple};
    use proptest::prelude::*;

    fn stored(start_ms: i64, end_ms: i64, rev: u64, value: Value) -> Stored {
        let tuple = Tuple { start_ms, end_ms, seq: 0, rev, value };
        Stored { tuple, provenance: Provenance::default(), received_ms: 0 }
    }

    #[test]
    fn a_correction_wins_and_a_tombstone_hides() {
        let first = stored(0, 60, 0, Value::Present(7));
        let corrected = stored(0, 60, 1, Value::Present(9));
        let deleted = stored(0, 60, 2, Value::Deleted);
        assert_eq!(resolve(vec![corrected, first], false).current, vec![corrected]);
        assert_eq!(resolve(vec![deleted, corrected, first], false).current, vec![]);
    }

    #[test]
    fn a_tie_goes_to_the_greater_value_and_is_counted() {
        let (low, high) = (stored(0, 60, 3, Value::Present(1)), stored(0, 60, 3, Value::Present(2)));
        assert_eq!(resolve(vec![high, low], false), Resolved { current: vec![high], conflicts: 1 });
        assert_eq!(resolve(vec![low, stored(0, 60, 3, Value::Deleted)], false).current, vec![]);
    }

    #[test]
    fn a_growing_record_keeps_its_latest_extent() {
        let (morning, evening) =
            (stored(0, 1_000, 1, Value::Present(10)), stored(0, 5_000, 2, Value::Present(80)));
        assert_eq!(resolve(vec![evening, morning], true).current, vec![evening]);
        assert_eq!(resolve(vec![evening, morning], false).current, vec![morning, evening]);
    }

    proptest! {
        #[test]
        fn order_never_matters(rows in prop::collection::vec((0..4i64, 0..3u64, 0..3i64), 0..12), seed in 0..24usize) {
            let tuples: Vec<Stored> = rows.iter().map(|(s, r, v)| stored(*s, *s, *r, if *v == 2 { Value::Deleted } else { Value::Present(*v) })).collect();
            let mut other = tuples.clone();
            let turn = seed % other.len().max(1);
            other.rotate_left(turn);
            if seed % 2 == 0 { other.reverse(); }
            prop_assert_eq!(resolve(tuples, false), resolve(other, false));
        }
    }
}
