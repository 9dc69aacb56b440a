use std::collections::BTreeMap;

use foulee_contract::{Batch, Points, Provenance, Rejection, Series, SeriesBlock, Tuple, Value};
use serde::{Deserialize, Serialize};

use crate::frame;
use crate::normalise::Taken;

/// Most readings of one record: enough for columns to be short, few enough that a commit holds several.
const MOST_READINGS: usize = 1_000;

/// Refused readings as they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Why they were refused.
    pub code: String,
    /// What to do about it.
    pub fix: String,
    /// The readings; null where a whole frame was refused, and where the gateway itself could not take one for true.
    pub batch: Option<Batch>,
    /// The frame, where the whole of it was refused.
    pub frame: Option<Vec<u8>>,
}

impl Aside {
    /// What a service refused of a batch, those of one reason together.
    pub(super) fn of_rejected(batch: &Batch, rejected: &[Rejection]) -> Vec<Self> {
        let mut reasons: BTreeMap<(&str, &str), Vec<&Rejection>> = BTreeMap::new();
        for rejection in rejected {
            reasons.entry((rejection.code.as_str(), &rejection.fix)).or_default().push(rejection);
        }
        let mut asides = Vec::new();
        for ((code, fix), rejections) in reasons {
            asides.extend(rejections.chunks(MOST_READINGS).map(|part| Self {
                code: code.to_owned(),
                fix: fix.to_owned(),
                batch: Some(some_of(batch, part)),
                frame: None,
            }));
        }
        asides
    }

    /// Whether there is something to offer again, and not only the word that there was something.
    pub(super) fn can_be_sent(&self) -> bool {
        self.batch.is_some() || self.frame.is_some()
    }

    /// How many readings there are; what cannot be read, or was not kept, counts as one.
    #[must_use]
    pub fn readings(&self) -> u64 {
        if !self.can_be_sent() {
            return 1;
        }
        let frame = self.frame.as_ref().map_or(0, |bytes| {
            let groups = frame::decode(bytes);
            groups.map_or(1, |groups| groups.iter().map(|group| group.tuples.len()).sum())
        });
        let blocks = self.batch.iter().flat_map(|batch| &batch.series);
        (frame + blocks.map(SeriesBlock::len).sum::<usize>()) as u64
    }

    /// The readings, to be sent once more; those of a frame are in the frame.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.batch.iter().flat_map(|batch| &batch.series).flat_map(taken_of).collect()
    }
}

/// The readings that rejections name, as a batch of their own.
fn some_of(batch: &Batch, rejections: &[&Rejection]) -> Batch {
    let mut places: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for rejection in rejections {
        places.entry(rejection.series).or_default().push(rejection.index as usize);
    }
    let series = places.into_iter().filter_map(|(series, at)| {
        let block = batch.series.get(series as usize)?;
        let points = block.points.as_ref().map(|points| Points {
            start: pick(&points.start, &at),
            end: points.end.as_ref().map(|column| pick(column, &at)),
            seq: points.seq.as_ref().map(|column| pick(column, &at)),
            rev: points.rev.as_ref().map(|column| pick(column, &at)),
            value: pick(&points.value, &at),
            deleted: None,
        });
        Some(SeriesBlock { points, ..block.clone() })
    });
    Batch { contract: batch.contract, series: series.collect() }
}

fn pick<T: Copy>(column: &[T], at: &[usize]) -> Vec<T> {
    at.iter().filter_map(|at| column.get(*at).copied()).collect()
}

fn taken_of(block: &SeriesBlock) -> Vec<Taken> {
    let Some(points) = &block.points else { return Vec::new() };
    let series = Series {
        participant: block.participant,
        source: block.source.clone(),
        metric: block.metric,
        grain: block.grain,
    };
    // Of all readings of a block the same: a gateway makes a block of each.
    let provenance = Provenance {
        offset_minutes: block.offset.as_ref().and_then(|offset| offset.get(0)),
        how: block.how.as_ref().and_then(|how| how.get(0)).unwrap_or_default(),
    };
    let taken = points.start.iter().zip(&points.value).enumerate().filter_map(|(at, (start, value))| {
        let number = |column: &Option<Vec<u64>>| column.as_ref().and_then(|column| column.get(at).copied());
        let end_ms = points.end.as_ref().and_then(|end| end.get(at).copied()).unwrap_or(*start);
        let (seq, rev) = (number(&points.seq).unwrap_or(0), number(&points.rev).unwrap_or(0));
        let tuple = Tuple { start_ms: *start, end_ms, seq, rev, value: Value::Present((*value)?) };
        // What was sent once has its time: its stretch is done with.
        Some(Taken { series: series.clone(), tuple, provenance, stretch: 0 })
    });
    taken.collect()
}
