use std::collections::BTreeMap;

use foulee_contract::{Batch, CONTRACT_VERSION, Column, Points, Provenance, Series, SeriesBlock, Tuple};

/// Readings by series and provenance: one block each.
#[derive(Debug, Default)]
pub(super) struct BatchBuilder {
    blocks: BTreeMap<(Series, Provenance), Vec<Tuple>>,
    readings: usize,
}

impl BatchBuilder {
    pub(super) fn add(&mut self, series: &Series, provenance: Provenance, tuples: &[Tuple]) {
        self.readings += tuples.len();
        self.blocks.entry((series.clone(), provenance)).or_default().extend_from_slice(tuples);
    }

    pub(super) fn readings(&self) -> usize {
        self.readings
    }

    pub(super) fn build(self) -> Batch {
        let series = self.blocks.into_iter().map(|((series, provenance), tuples)| {
            let column = |any: &dyn Fn(&Tuple) -> bool| tuples.iter().any(any);
            let points = Points {
                start: tuples.iter().map(|t| t.start_ms).collect(),
                end: column(&|t| t.end_ms != t.start_ms).then(|| tuples.iter().map(|t| t.end_ms).collect()),
                seq: column(&|t| t.seq != 0).then(|| tuples.iter().map(|t| t.seq).collect()),
                rev: column(&|t| t.rev != 0).then(|| tuples.iter().map(|t| t.rev).collect()),
                value: tuples.iter().map(|t| t.value.present()).collect(),
                deleted: None,
            };
            SeriesBlock {
                participant: series.participant,
                source: series.source,
                metric: series.metric,
                grain: series.grain,
                unit: series.metric.unit().to_owned(),
                exponent: series.metric.exponent(),
                offset: provenance.offset_minutes.map(Column::One),
                how: Some(Column::One(provenance.how)),
                points: Some(points),
                grid: None,
            }
        });
        Batch { contract: CONTRACT_VERSION, series: series.collect() }
    }
}
