//! Readings as a batch, with what each of its places stands for, so that an answer can be held against what was sent.

use std::collections::BTreeMap;
use std::io::Write as _;

use foulee_contract::{
    Batch, CONTRACT_VERSION, Column, Grain, Grid, Metric, ParticipantId, Points, SeriesBlock, Source, Value,
};

use super::chance::Chance;
use super::wearer::{DAY_MS, Emitted, MINUTE_MS, PROVENANCE};
use crate::error::SimError;

/// 2100-01-01: where readings stand that are not yet to be.
pub(super) const FUTURE_MS: i64 = 4_102_444_800_000;
/// The version of every reading that nobody may accept: no emitted one has it.
pub(super) const SPOILT_REV: u64 = 1 << 40;

/// What a place of a batch stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The emitted reading with this number.
    Good(usize),
    /// A reading that must be refused.
    Bad,
    /// A grid's place without a reading.
    Nothing,
}

/// A reading as it is written, which need not be one that can be true.
#[derive(Clone, Copy, Debug)]
struct Point {
    place: Place,
    start_ms: i64,
    end_ms: i64,
    seq: u64,
    rev: u64,
    value: Option<i64>,
    deleted: bool,
}

#[derive(Debug, Default)]
struct Block {
    points: Vec<Point>,
    grid: Option<Regular>,
}

/// Readings a minute apart.
#[derive(Debug)]
struct Regular {
    start_ms: i64,
    values: Vec<(Place, Option<i64>)>,
}

/// A batch and what its places stand for.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) batch: Batch,
    places: Vec<Vec<Place>>,
}

/// How readings are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Form {
    /// Regular ones as a grid.
    pub(super) grid: bool,
    /// So many that cannot be true among them.
    pub(super) bad_readings: usize,
}

impl Parcel {
    /// These readings, in their order, each with its number.
    pub(super) fn new(
        participant: ParticipantId,
        source: &Source,
        readings: &[(usize, Emitted)],
        form: Form,
        chance: &mut Chance,
    ) -> Self {
        let mut blocks: BTreeMap<(Metric, Grain), Block> = BTreeMap::new();
        for &(number, emitted) in readings {
            let block = blocks.entry((emitted.metric, emitted.grain)).or_default();
            block.add(number, emitted, form.grid);
        }
        let mut blocks: Vec<((Metric, Grain), Block)> = blocks.into_iter().collect();
        if !blocks.is_empty() {
            for _ in 0..form.bad_readings {
                let chosen = chance.below(blocks.len());
                let ((metric, _), block) = &mut blocks[chosen];
                let start_ms = readings[chance.below(readings.len())].1.tuple.start_ms;
                let at = chance.below(block.points.len() + 1);
                block.points.insert(at, bad_point(*metric, start_ms, chance));
            }
        }
        let (mut series, mut places) = (Vec::new(), Vec::new());
        for ((metric, grain), block) in blocks {
            places.push(block.places());
            series.push(block.write(participant, source.clone(), metric, grain));
        }
        Self { batch: Batch { contract: CONTRACT_VERSION, series }, places }
    }

    /// What a place stands for; nothing where there is none.
    pub(super) fn place(&self, series: u32, index: u32) -> Place {
        let block = self.places.get(series as usize);
        block.and_then(|places| places.get(index as usize)).copied().unwrap_or(Place::Nothing)
    }

    /// Every place.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        self.places.iter().flatten().copied()
    }
}

impl Block {
    fn add(&mut self, number: usize, emitted: Emitted, as_grid: bool) {
        let tuple = emitted.tuple;
        let place = Place::Good(number);
        if let (true, Grain::Epoch, 0, Value::Present(value)) =
            (as_grid, emitted.grain, tuple.rev, tuple.value)
        {
            let Regular { start_ms, values } =
                self.grid.get_or_insert_with(|| Regular { start_ms: tuple.start_ms, values: Vec::new() });
            let since_ms = tuple.start_ms - *start_ms;
            // One that comes before the first, as in a shuffled batch, is written as a point.
            if (0..31 * DAY_MS).contains(&since_ms) && since_ms % MINUTE_MS == 0 {
                let at = (since_ms / MINUTE_MS) as usize;
                values.resize(values.len().max(at + 1), (Place::Nothing, None));
                values[at] = (place, Some(value));
                return;
            }
        }
        self.points.push(Point {
            place,
            start_ms: tuple.start_ms,
            end_ms: tuple.end_ms,
            seq: tuple.seq,
            rev: tuple.rev,
            value: tuple.value.present(),
            deleted: tuple.value == Value::Deleted,
        });
    }

    fn places(&self) -> Vec<Place> {
        let points = self.points.iter().map(|point| point.place);
        let grid = self.grid.iter().flat_map(|grid| grid.values.iter().map(|(place, _)| *place));
        points.chain(grid).collect()
    }

    fn write(self, participant: ParticipantId, source: Source, metric: Metric, grain: Grain) -> SeriesBlock {
        let Self { points, grid } = self;
        let column = |any: &dyn Fn(&Point) -> bool| points.iter().any(any);
        let written = Points {
            start: points.iter().map(|point| point.start_ms).collect(),
            end: column(&|point| point.end_ms != point.start_ms)
                .then(|| points.iter().map(|point| point.end_ms).collect()),
            seq: column(&|point| point.seq != 0).then(|| points.iter().map(|point| point.seq).collect()),
            rev: column(&|point| point.rev != 0).then(|| points.iter().map(|point| point.rev).collect()),
            value: points.iter().map(|point| point.value).collect(),
            deleted: column(&|point| point.deleted)
                .then(|| points.iter().map(|point| point.deleted).collect()),
        };
        SeriesBlock {
            participant,
            source,
            metric,
            grain,
            unit: metric.unit().to_owned(),
            exponent: metric.exponent(),
            offset: PROVENANCE.offset_minutes.map(Column::One),
            how: Some(Column::One(PROVENANCE.how)),
            points: (!points.is_empty()).then_some(written),
            grid: grid.map(|Regular { start_ms, values }| Grid {
                start: start_ms,
                step: MINUTE_MS,
                rev: 0,
                value: values.into_iter().map(|(_, value)| value).collect(),
            }),
        }
    }
}

/// A reading that cannot be true, near a time.
fn bad_point(metric: Metric, start_ms: i64, chance: &mut Chance) -> Point {
    let mut point = Point {
        place: Place::Bad,
        start_ms,
        end_ms: start_ms,
        seq: 0,
        rev: SPOILT_REV,
        value: Some(metric.range(0).0),
        deleted: false,
    };
    match chance.below(4) {
        0 => {
            point.start_ms = FUTURE_MS + chance.below(1_440) as i64 * MINUTE_MS;
            point.end_ms = point.start_ms;
        }
        1 => point.end_ms -= MINUTE_MS,
        2 => point.value = Some(-1_000_000_000),
        _ => point.value = None,
    }
    if metric == Metric::Steps && point.end_ms == point.start_ms {
        point.end_ms += MINUTE_MS;
    }
    point
}

/// A zstd frame with a checksum, so that damage can be seen.
pub(super) fn packed(bytes: &[u8]) -> Result<Vec<u8>, SimError> {
    let mut frame = zstd::stream::Encoder::new(Vec::new(), 1).map_err(SimError::Pack)?;
    frame.include_checksum(true).map_err(SimError::Pack)?;
    frame.write_all(bytes).map_err(SimError::Pack)?;
    frame.finish().map_err(SimError::Pack)
}

/// A batch as JSON.
pub(super) fn json(batch: &Batch) -> Result<Vec<u8>, SimError> {
    serde_json::to_vec(batch)
        .map_err(|source| SimError::Json { path: std::path::PathBuf::from("a batch"), source })
}
