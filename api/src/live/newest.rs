use foulee_contract::{Grain, Metric, Series, Tuple, Value};

/// A reading from later than this after its receipt, ms, is of a clock that is wrong: it is not what happens now. `[D]`
const AHEAD_MS: i64 = 60_000;

/// A heart rate and when it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeartRate {
    /// The instant, or the end of the interval, ms UTC.
    pub at_ms: i64,
    /// 0.1 /min.
    pub deci_bpm: i64,
    /// The key of the source.
    pub source: String,
}

/// The newest reading of any kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its start, ms UTC.
    pub at_ms: i64,
    /// When it was received, ms UTC.
    pub received_ms: i64,
}

/// The newest that is known of a participant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Newest {
    pub(super) heart_rate: Option<HeartRate>,
    pub(super) last: Option<Last>,
    /// A version or a deletion was among it: what is current is for the store to say.
    pub(super) corrected: bool,
}

impl Newest {
    /// Takes a reading in.
    pub(super) fn take(&mut self, series: &Series, tuple: &Tuple, received_ms: i64) {
        if matches!(series.metric, Metric::Gap | Metric::ClockSkew) || series.grain == Grain::Total {
            return;
        }
        let is_rate = series.metric == Metric::HeartRate;
        self.corrected |= is_rate && tuple.rev > 0;
        let Value::Present(value) = tuple.value else {
            self.corrected |= is_rate;
            return;
        };
        if tuple.end_ms > received_ms.saturating_add(AHEAD_MS) {
            return;
        }
        self.take_last(Some(Last { at_ms: tuple.start_ms, received_ms }));
        if is_rate && self.heart_rate.as_ref().is_none_or(|known| known.at_ms <= tuple.end_ms) {
            let source = series.source.key().to_owned();
            let rate = HeartRate { at_ms: tuple.end_ms, deci_bpm: value, source };
            self.heart_rate = self.heart_rate.take().max(Some(rate));
        }
    }

    /// Takes in what is known from elsewhere.
    pub(super) fn join(&mut self, other: Self) {
        self.heart_rate = self.heart_rate.take().max(other.heart_rate);
        self.take_last(other.last);
        self.corrected |= other.corrected;
    }

    /// Of two receipts of one time the earlier is kept, as in the store: what is sent again is not newer.
    fn take_last(&mut self, other: Option<Last>) {
        let rank = |last: &Last| (last.at_ms, std::cmp::Reverse(last.received_ms));
        self.last = self.last.into_iter().chain(other).max_by_key(rank);
    }
}

#[cfg(test)]
mod tests {
    use foulee_contract::ParticipantId;

    use super::*;

    fn series(metric: Metric, grain: Grain) -> Series {
        let participant = ParticipantId::from_parts(1, [1; 10]);
        Series { participant, source: "watch".parse().unwrap(), metric, grain }
    }

    fn tuple(start_ms: i64, end_ms: i64, rev: u64, value: Value) -> Tuple {
        Tuple { start_ms, end_ms, seq: 0, rev, value }
    }

    #[test]
    fn the_latest_wins_whatever_the_order() {
        let rates = series(Metric::HeartRate, Grain::Sample);
        let tuples: Vec<Tuple> =
            [(3, 700), (1, 900), (2, 800)].map(|(at, value)| tuple(at, at, 0, Value::Present(value))).into();
        for turn in 0..3 {
            let mut newest = Newest::default();
            tuples.iter().cycle().skip(turn).take(3).for_each(|tuple| newest.take(&rates, tuple, 10));
            let rate = newest.heart_rate.unwrap();
            assert_eq!((rate.at_ms, rate.deci_bpm), (3, 700));
            assert_eq!(newest.last, Some(Last { at_ms: 3, received_ms: 10 }));
            assert!(!newest.corrected);
        }
    }

    #[test]
    fn totals_gaps_and_the_future_are_not_now() {
        let mut newest = Newest::default();
        newest.take(&series(Metric::HeartRate, Grain::Total), &tuple(0, 9, 0, Value::Present(600)), 10);
        newest.take(&series(Metric::Gap, Grain::Sample), &tuple(0, 9, 0, Value::Present(4)), 10);
        let ahead = 10 + AHEAD_MS + 1;
        newest.take(
            &series(Metric::HeartRate, Grain::Sample),
            &tuple(ahead, ahead, 0, Value::Present(600)),
            10,
        );
        assert_eq!(newest, Newest::default());
    }

    #[test]
    fn a_correction_or_a_deletion_asks_the_store() {
        let rates = series(Metric::HeartRate, Grain::Sample);
        for (rev, value) in [(1, Value::Present(600)), (0, Value::Deleted)] {
            let mut newest = Newest::default();
            newest.take(&rates, &tuple(1, 1, rev, value), 10);
            assert!(newest.corrected);
        }
        let mut steps = Newest::default();
        steps.take(&series(Metric::Steps, Grain::Epoch), &tuple(0, 5, 7, Value::Present(3)), 10);
        assert!(!steps.corrected && steps.heart_rate.is_none());
    }
}
