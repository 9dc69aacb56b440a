use foulee_contract::{Column, Grain, Grid, How, Metric, ParticipantId, Points, SeriesBlock, Source};

use super::collector::Device;

use super::local_clock::Instant;

/// One reading as an importer took it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) start: Instant,
    pub(crate) end_ms: i64,
    /// The origin's number among readings with the same times, else 0.
    pub(crate) seq: u64,
    /// The origin's version, else 0.
    pub(crate) rev: u64,
    pub(crate) how: How,
    /// A stored integer of the metric.
    pub(crate) value: i64,
    /// How many of the metric's units the file's own unit is.
    pub(crate) factor: u16,
    /// Where it stood in the file: its line or record, from 1.
    pub(crate) line: u64,
}

impl Taken {
    /// A reading in the metric's own unit, of which nothing more is known.
    pub(crate) fn new(start: Instant, end_ms: i64, value: i64, line: u64) -> Self {
        Self { start, end_ms, seq: 0, rev: 0, how: How::Unknown, value, factor: 1, line }
    }

    /// The value as the file had it.
    pub(super) fn written(&self, metric: Metric) -> f64 {
        metric.to_unit(self.value) / f64::from(self.factor)
    }
}

/// What readings have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeriesKey {
    pub(crate) participant: ParticipantId,
    /// Which of the file's devices.
    pub(crate) device: Device,
    pub(crate) metric: Metric,
    pub(crate) grain: Grain,
}

/// Fewest readings for which a grid of their own is shorter on the wire than points are.
const LEAST_OF_A_GRID: usize = 16;

/// The blocks of one series, and for each the readings in the order of their indexes.
pub(crate) fn blocks_of(
    key: SeriesKey,
    source: &Source,
    mut taken: Vec<Taken>,
) -> Vec<(SeriesBlock, Vec<Taken>)> {
    // Shuffled rows are runs again once they are in order.
    taken.sort_unstable_by_key(|t| (t.start.utc_ms, t.end_ms, t.seq, t.rev, t.value, t.line));
    let mut blocks = Vec::new();
    let mut loose = Vec::new();
    for run in taken.chunk_by(|a, b| goes_on(key.grain, a, b)) {
        if run.len() < LEAST_OF_A_GRID {
            loose.extend_from_slice(run);
        } else {
            let value = run.iter().map(|t| Some(t.value)).collect();
            let step = run[0].end_ms - run[0].start.utc_ms;
            let grid = Grid { start: run[0].start.utc_ms, step, rev: run[0].rev, value };
            blocks.push((SeriesBlock { grid: Some(grid), ..empty_block(key, source, run) }, run.to_vec()));
        }
    }
    if !loose.is_empty() {
        let points = Points {
            start: loose.iter().map(|t| t.start.utc_ms).collect(),
            end: loose
                .iter()
                .any(|t| t.end_ms != t.start.utc_ms)
                .then(|| loose.iter().map(|t| t.end_ms).collect()),
            seq: loose.iter().any(|t| t.seq > 0).then(|| loose.iter().map(|t| t.seq).collect()),
            rev: loose.iter().any(|t| t.rev > 0).then(|| loose.iter().map(|t| t.rev).collect()),
            value: loose.iter().map(|t| Some(t.value)).collect(),
            ..Points::default()
        };
        blocks.extend(by_knowledge_of_offset(key, source, points, loose));
    }
    blocks
}

/// Whether `b` is the next step of a grid that `a` is on. A grid of samples would be one of instants.
fn goes_on(grain: Grain, a: &Taken, b: &Taken) -> bool {
    let step = a.end_ms - a.start.utc_ms;
    grain != Grain::Sample
        && step > 0
        && b.start.utc_ms == a.end_ms
        && b.end_ms - b.start.utc_ms == step
        && b.start.offset_minutes == a.start.offset_minutes
        && (a.seq, b.seq) == (0, 0)
        && (b.rev, b.how) == (a.rev, a.how)
}

/// A column of offsets has one for each reading, so readings that have one and those that have none part ways.
fn by_knowledge_of_offset(
    key: SeriesKey,
    source: &Source,
    points: Points,
    loose: Vec<Taken>,
) -> Vec<(SeriesBlock, Vec<Taken>)> {
    let (with, without): (Vec<Taken>, Vec<Taken>) =
        loose.iter().partition(|t| t.start.offset_minutes.is_some());
    if with.is_empty() || without.is_empty() {
        let block = empty_block(key, source, &loose);
        return vec![(SeriesBlock { points: Some(points), ..block }, loose)];
    }
    [with, without].into_iter().flat_map(|part| blocks_of(key, source, part)).collect()
}

fn empty_block(key: SeriesKey, source: &Source, taken: &[Taken]) -> SeriesBlock {
    let offsets: Option<Vec<i16>> = taken.iter().map(|t| t.start.offset_minutes).collect();
    SeriesBlock {
        participant: key.participant,
        source: source.clone(),
        metric: key.metric,
        grain: key.grain,
        unit: key.metric.unit().to_owned(),
        exponent: key.metric.exponent(),
        offset: offsets.filter(|offsets| !offsets.is_empty()).map(|offsets| {
            if offsets.windows(2).all(|pair| pair[0] == pair[1]) {
                Column::One(offsets[0])
            } else {
                Column::Each(offsets)
            }
        }),
        how: taken.iter().any(|t| t.how != How::Unknown).then(|| {
            if taken.windows(2).all(|pair| pair[0].how == pair[1].how) {
                Column::One(taken[0].how)
            } else {
                Column::Each(taken.iter().map(|t| t.how).collect())
            }
        }),
        points: None,
        grid: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64, offset_minutes: Option<i16>) -> Taken {
        let utc_ms = n * 60_000;
        Taken::new(Instant { utc_ms, offset_minutes }, utc_ms + 60_000, n, 1)
    }

    fn key(grain: Grain) -> SeriesKey {
        let participant = ParticipantId::from_parts(1, [1; 10]);
        SeriesKey { participant, device: Device::FIRST, metric: Metric::Steps, grain }
    }

    #[test]
    fn a_run_is_a_grid_and_what_is_loose_are_points() {
        let source: Source = "watch".parse().unwrap();
        let mut taken: Vec<Taken> = (0..40).map(|n| minute(n, Some(60))).collect();
        taken.extend((40..60).map(|n| minute(n, Some(120))));
        taken.push(minute(99, Some(120)));
        taken.push(minute(3, Some(60)));
        taken.reverse();
        let blocks = blocks_of(key(Grain::Epoch), &source, taken.clone());
        let grids: Vec<usize> =
            blocks.iter().filter_map(|(b, _)| b.grid.as_ref()).map(|g| g.value.len()).collect();
        // The minute that came twice ends a run, since a grid has one value a step.
        assert_eq!((grids, blocks.iter().map(|(b, _)| b.len()).sum::<usize>()), (vec![37, 20], 62));
        assert!(blocks.iter().all(|(block, readings)| block.len() == readings.len()));
        let samples = blocks_of(key(Grain::Sample), &source, taken);
        assert!(samples.iter().all(|(block, _)| block.grid.is_none()));
    }

    #[test]
    fn an_offset_that_is_not_known_is_left_out() {
        let source: Source = "watch".parse().unwrap();
        let taken = vec![minute(1, None), minute(3, Some(0)), minute(5, None)];
        let blocks = blocks_of(key(Grain::Epoch), &source, taken);
        let offsets: Vec<_> = blocks.iter().map(|(block, _)| (block.len(), block.offset.clone())).collect();
        assert_eq!(offsets, [(1, Some(Column::One(0))), (2, None)]);
    }
}
