//! What is sent: readings of made-up people, in the shapes that take different ways through the store.

use foulee_contract::{
    Batch, CONTRACT_VERSION, Grain, Grid, Metric, ParticipantId, Points, Series, SeriesBlock, Source, Tuple,
    Value,
};

use super::chance::Chance;

pub(crate) const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// 2026-01-05, the Monday on which everything begins.
pub(crate) const FIRST_DAY: i64 = 20_458;
/// The readings of a block that spans a day and a third.
const BLOCK: usize = 2_000;

/// A reading on its way: the number of its series among those of the run, and itself.
pub(crate) type Row = (usize, Tuple);

/// The series of some people: a watch, a strap and a phone each.
pub(crate) fn series_of(people: &[ParticipantId]) -> Vec<Series> {
    let kinds = [
        ("watch////w", Metric::Steps, Grain::Epoch),
        ("watch////w", Metric::HeartRate, Grain::Sample),
        ("strap////s", Metric::RrInterval, Grain::Sample),
        ("phone////p", Metric::Steps, Grain::Sample),
        ("phone////p", Metric::Battery, Grain::Sample),
    ];
    let series = |participant: &ParticipantId| {
        kinds.map(|(source, metric, grain)| {
            let source: Source = source.parse().expect("a source");
            Series { participant: *participant, source, metric, grain }
        })
    };
    people.iter().flat_map(series).collect()
}

/// The days on which readings fall: from `first` on, `length` of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Days {
    pub(crate) first: i64,
    pub(crate) length: i64,
}

/// A batch as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) rows: Vec<Row>,
    /// Whether it goes as grids; then its rows follow each other without a gap.
    grid: bool,
}

/// Makes batches, each writer its own.
#[derive(Debug)]
pub(crate) struct Traffic {
    series: Vec<Series>,
    chance: Chance,
    /// Versions are never given twice: no two writers have the same.
    next_rev: u64,
    step: u64,
    history: Vec<Sent>,
    /// Of ten batches, how many are single readings spread over everything.
    spread: usize,
}

impl Traffic {
    /// Of writer `number` of `writers`.
    pub(crate) fn new(
        series: &[Series],
        chance: Chance,
        (number, writers): (usize, usize),
        spread: usize,
    ) -> Self {
        let (next_rev, step) = (number as u64 + 1, writers as u64);
        Self { series: series.to_vec(), chance, next_rev, step, history: Vec::new(), spread }
    }

    pub(crate) fn next(&mut self, days: Days) -> Sent {
        let sent = if self.chance.below(10) < self.spread {
            self.scattered(400, 2_000, days)
        } else {
            match self.chance.below(16) {
                0..=2 => self.scattered(1, 1, days),
                3..=5 => self.scattered(20, 200, days),
                6..=9 => self.together(10, 40, days),
                10 => self.block(days),
                // Whatever became of the first sending.
                11..=12 => self.earlier().unwrap_or_else(|| self.together(10, 40, days)),
                13..=14 => self.changed(false).unwrap_or_else(|| self.together(10, 40, days)),
                _ => self.changed(true).unwrap_or_else(|| self.block(days)),
            }
        };
        if self.history.len() < 64 {
            self.history.push(sent.clone());
        } else {
            let at = self.chance.below(64);
            self.history[at] = sent.clone();
        }
        sent
    }

    /// One new reading of each series.
    pub(crate) fn first_of_all(&mut self) -> Sent {
        let rows = (0..self.series.len()).map(|at| (at, self.fresh(at, FIRST_DAY))).collect();
        Sent { rows, grid: false }
    }

    /// New readings over everything.
    pub(crate) fn all_over(&mut self, days: Days) -> Sent {
        self.scattered(2_000, 2_000, days)
    }

    fn rev(&mut self) -> u64 {
        self.next_rev += self.step;
        self.next_rev
    }

    fn day(&mut self, days: Days) -> i64 {
        days.first + self.chance.between(0, days.length - 1)
    }

    /// Single readings over many series and days: the log.
    fn scattered(&mut self, least: i64, most: i64, days: Days) -> Sent {
        let count = self.chance.between(least, most);
        let rows = (0..count).map(|_| {
            let (at, day) = (self.chance.below(self.series.len()), self.day(days));
            (at, self.fresh(at, day))
        });
        Sent { rows: rows.collect(), grid: false }
    }

    /// Some readings of one series and day: the log or its block, and the step from one to the other.
    fn together(&mut self, least: i64, most: i64, days: Days) -> Sent {
        let (at, day) = (self.chance.below(self.series.len()), self.day(days));
        let count = self.chance.between(least, most);
        Sent { rows: (0..count).map(|_| (at, self.fresh(at, day))).collect(), grid: false }
    }

    /// Minutes without a gap, over one midnight or two.
    fn block(&mut self, days: Days) -> Sent {
        let minutes: Vec<usize> =
            (0..self.series.len()).filter(|at| self.series[*at].grain == Grain::Epoch).collect();
        let at = minutes[self.chance.below(minutes.len())];
        let start = self.day(days) * DAY_MS + self.chance.between(0, 1_439) * MINUTE_MS;
        let rev = self.rev();
        let rows = (0..BLOCK as i64).map(|minute| {
            let start_ms = start + minute * MINUTE_MS;
            let value = Value::Present(self.chance.between(0, 180));
            (at, Tuple { start_ms, end_ms: start_ms + MINUTE_MS, seq: 0, rev, value })
        });
        Sent { rows: rows.collect(), grid: true }
    }

    /// An earlier batch as it was.
    fn earlier(&mut self) -> Option<Sent> {
        let at = self.chance.below(self.history.len());
        self.history.get(at).cloned()
    }

    /// An earlier batch with other values, or with none.
    fn changed(&mut self, deleted: bool) -> Option<Sent> {
        let mut sent = self.earlier()?;
        sent.grid = false;
        let rev = self.rev();
        for (at, tuple) in &mut sent.rows {
            tuple.rev = rev;
            tuple.value =
                if deleted { Value::Deleted } else { value_of(&self.series[*at], &mut self.chance) };
        }
        // The same key twice in one batch, with the same version, would be a contradiction of the origin's own.
        sent.rows.sort_by_key(|(at, t)| (*at, t.start_ms, t.end_ms, t.seq));
        sent.rows.dedup_by_key(|(at, t)| (*at, t.start_ms, t.end_ms, t.seq));
        Some(sent)
    }

    fn fresh(&mut self, at: usize, day: i64) -> Tuple {
        let series = &self.series[at];
        let value = value_of(series, &mut self.chance);
        let (start_ms, length, seq) = match (series.metric, series.grain) {
            (_, Grain::Epoch) => (self.chance.between(0, 1_439) * MINUTE_MS, MINUTE_MS, 0),
            // Some reach into the next day, which is then another day to compute.
            (Metric::Steps, _) => (self.chance.between(0, DAY_MS - 1), 10 * MINUTE_MS, 0),
            (Metric::RrInterval, _) => (self.chance.between(0, DAY_MS - 1), 0, self.chance.below(4) as u64),
            _ => (self.chance.between(0, DAY_MS - 1), 0, 0),
        };
        let start_ms = day * DAY_MS + start_ms;
        Tuple { start_ms, end_ms: start_ms + length, seq, rev: self.rev(), value }
    }

    /// A batch as it goes over the wire.
    pub(crate) fn wire(&self, sent: &Sent) -> Batch {
        let mut rows = sent.rows.clone();
        // Stable: within a series they stay as they are.
        rows.sort_by_key(|(at, _)| *at);
        let series = rows.chunk_by(|a, b| a.0 == b.0).map(|rows| {
            let series = &self.series[rows[0].0];
            let (points, grid) =
                if sent.grid { (None, Some(grid_of(rows))) } else { (Some(points_of(rows)), None) };
            SeriesBlock {
                participant: series.participant,
                source: series.source.clone(),
                metric: series.metric,
                grain: series.grain,
                unit: series.metric.unit().to_owned(),
                exponent: series.metric.exponent(),
                offset: None,
                how: None,
                points,
                grid,
            }
        });
        Batch { contract: CONTRACT_VERSION, series: series.collect() }
    }
}

fn value_of(series: &Series, chance: &mut Chance) -> Value {
    Value::Present(match series.metric {
        Metric::Steps => chance.between(0, 180),
        Metric::HeartRate => chance.between(450, 1_900),
        Metric::RrInterval => chance.between(3_000, 14_000),
        _ => chance.between(0, 100),
    })
}

fn points_of(rows: &[Row]) -> Points {
    let tuples = || rows.iter().map(|(_, tuple)| tuple);
    Points {
        start: tuples().map(|t| t.start_ms).collect(),
        end: Some(tuples().map(|t| t.end_ms).collect()),
        seq: Some(tuples().map(|t| t.seq).collect()),
        rev: Some(tuples().map(|t| t.rev).collect()),
        value: tuples().map(|t| t.value.present()).collect(),
        deleted: Some(tuples().map(|t| t.value == Value::Deleted).collect()),
    }
}

fn grid_of(rows: &[Row]) -> Grid {
    let first = rows[0].1;
    let value = rows.iter().map(|(_, tuple)| tuple.value.present()).collect();
    Grid { start: first.start_ms, step: first.end_ms - first.start_ms, rev: first.rev, value }
}
