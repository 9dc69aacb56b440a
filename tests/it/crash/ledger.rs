//! The oracle: what was sent and what was acknowledged, kept outside the process that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use foulee_contract::{Series, Tuple};

use super::found::Found;
use super::traffic::Row;

/// What is known of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Sent: it may be there or not.
    Sent,
    /// Acknowledged, or seen after an earlier kill: it must be there.
    Owed,
}

/// A batch that was sent and of whose fate nothing was heard: the readings that no batch before it held.
#[derive(Debug)]
struct Open {
    ticket: u64,
    fresh: Vec<Row>,
}

/// Everything that was sent.
#[derive(Debug)]
pub(crate) struct Ledger {
    series: Vec<Series>,
    fates: Vec<BTreeMap<Tuple, Fate>>,
    open: Vec<Open>,
    tickets: u64,
    /// Readings acknowledged, each sending counted.
    pub(crate) acknowledged: u64,
    /// Batches acknowledged.
    pub(crate) batches: u64,
    /// Answers that no client should get.
    pub(crate) odd_answers: Vec<String>,
}

/// What does not agree with the ledger.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Acknowledged and not there.
    pub(crate) lost: Vec<Row>,
    /// There and never sent.
    pub(crate) foreign: Vec<Tuple>,
    /// Batches of which a part is there.
    pub(crate) torn: u64,
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.lost.is_empty() && self.foreign.is_empty() && self.torn == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} acknowledged readings lost (such as {:?}), {} readings that nobody sent (such as {:?}), {} batches torn",
            self.lost.len(),
            self.lost.first(),
            self.foreign.len(),
            self.foreign.first(),
            self.torn
        )
    }
}

impl Ledger {
    pub(crate) fn new(series: &[Series]) -> Self {
        Self {
            series: series.to_vec(),
            fates: vec![BTreeMap::new(); series.len()],
            open: Vec::new(),
            tickets: 0,
            acknowledged: 0,
            batches: 0,
            odd_answers: Vec::new(),
        }
    }

    /// A batch is about to be sent; the ticket is for [`Ledger::acknowledge`].
    pub(crate) fn send(&mut self, rows: &[Row]) -> u64 {
        let mut fresh = Vec::new();
        for (at, tuple) in rows {
            self.fates[*at].entry(*tuple).or_insert_with(|| {
                fresh.push((*at, *tuple));
                Fate::Sent
            });
        }
        self.tickets += 1;
        self.open.push(Open { ticket: self.tickets, fresh });
        self.tickets
    }

    /// The batch was acknowledged.
    pub(crate) fn acknowledge(&mut self, ticket: u64, rows: &[Row]) {
        self.open.retain(|open| open.ticket != ticket);
        for (at, tuple) in rows {
            self.fates[*at].insert(*tuple, Fate::Owed);
        }
        self.acknowledged += rows.len() as u64;
        self.batches += 1;
    }

    /// Distinct readings that must be there.
    pub(crate) fn owed(&self) -> u64 {
        let owed = |fates: &BTreeMap<Tuple, Fate>| fates.values().filter(|fate| **fate == Fate::Owed).count();
        self.fates.iter().map(owed).sum::<usize>() as u64
    }

    /// Holds what was found after a kill against what was sent. What is there now must be there from now on; what was
    /// lost is counted once.
    pub(crate) fn settle(&mut self, found: &Found) -> Verdict {
        let mut verdict = Verdict::default();
        let nothing = BTreeSet::new();
        for series in found.series.keys().filter(|series| !self.series.contains(series)) {
            verdict.foreign.extend(&found.series[series]);
        }
        for (at, series) in self.series.iter().enumerate() {
            let there = found.series.get(series).unwrap_or(&nothing);
            let fates = &mut self.fates[at];
            verdict.foreign.extend(there.iter().filter(|tuple| !fates.contains_key(tuple)));
            for (tuple, fate) in fates {
                match (there.contains(tuple), *fate) {
                    (true, _) => *fate = Fate::Owed,
                    (false, Fate::Owed) => {
                        verdict.lost.push((at, *tuple));
                        *fate = Fate::Sent;
                    }
                    (false, Fate::Sent) => {}
                }
            }
        }
        for open in std::mem::take(&mut self.open) {
            let kept = open.fresh.iter().filter(|(at, tuple)| self.fates[*at][tuple] == Fate::Owed).count();
            verdict.torn += u64::from(kept != 0 && kept != open.fresh.len());
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use foulee_contract::{ParticipantId, Value};

    use super::*;
    use crate::traffic::series_of;

    fn tuple(n: i64) -> Tuple {
        Tuple { start_ms: n, end_ms: n, seq: 0, rev: 0, value: Value::Present(50) }
    }

    /// A ledger with an acknowledged batch of 1 and 2 and an open one of 3 and 4, and what is found of them.
    fn case(there: &[i64]) -> Verdict {
        let series = series_of(&[ParticipantId::from_parts(1, [1; 10])]);
        let mut ledger = Ledger::new(&series);
        let first = [(1, tuple(1)), (1, tuple(2))];
        let ticket = ledger.send(&first);
        ledger.acknowledge(ticket, &first);
        ledger.send(&[(1, tuple(2)), (1, tuple(3)), (1, tuple(4))]);
        let there = there.iter().map(|n| tuple(*n)).collect();
        ledger.settle(&Found { series: [(series[1].clone(), there)].into(), ..Found::default() })
    }

    #[test]
    fn the_ledger_tells_lost_foreign_and_torn_from_good() {
        let counts = |there: &[i64]| {
            let verdict = case(there);
            (verdict.lost.len(), verdict.foreign.len(), verdict.torn)
        };
        assert_eq!(counts(&[1, 2]), (0, 0, 0));
        assert_eq!(counts(&[1, 2, 3, 4]), (0, 0, 0));
        assert_eq!(counts(&[2]), (1, 0, 0));
        assert_eq!(counts(&[1, 2, 5]), (0, 1, 0));
        assert_eq!(counts(&[1, 2, 4]), (0, 0, 1));
        assert_eq!(counts(&[4, 9]), (2, 1, 1));
    }

    #[test]
    fn what_was_seen_once_is_owed() {
        let series = series_of(&[ParticipantId::from_parts(1, [1; 10])]);
        let mut ledger = Ledger::new(&series);
        ledger.send(&[(0, tuple(1))]);
        let seen = Found { series: [(series[0].clone(), [tuple(1)].into())].into(), ..Found::default() };
        assert!(ledger.settle(&seen).is_good());
        assert_eq!((ledger.owed(), ledger.settle(&Found::default()).lost.len()), (1, 1));
    }
}
