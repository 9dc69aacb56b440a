use std::collections::{BTreeMap, HashMap, HashSet};

use foulee_contract::{Batch, CONTRACT_VERSION, Grain, ParticipantId, Problem, Rejection, Source};

use super::answer::Counts;
use super::body::{Document, Reading};
use super::origin::Origin;
use super::record::Refusal;
use crate::budget::Share;
use crate::http::{REJECTION_BYTES, ROW_BYTES, busy, on_thread, write_to};
use crate::import::blocks::{SeriesKey, Taken, blocks_of};
use crate::import::collector::Device;
use crate::{Accepted, IngestState, WriteGrant, accept};

/// Readings in one batch: what is held of a body twice.
const BATCH_READINGS: usize = 20_000;
/// Devices and apps of one batch. A body may have more; it then takes more batches.
const BATCH_ORIGINS: usize = 1_000;
/// Fewer are looked through at once, more on a thread of their own.
const INLINE_READINGS: usize = 500;

/// Stores the readings of a body, batch by batch, and counts what became of them. A batch that fails ends it: what was
/// stored before is known again when the body is sent again.
pub(super) async fn keep(
    state: &IngestState,
    participant: ParticipantId,
    document: Document,
    share: &mut Share,
) -> Result<Counts, Box<Problem>> {
    let Document { provider, origins, readings, mut counts } = document;
    let most = readings.len().min(BATCH_READINGS);
    // As points of the contract, as rows of the store, and as rejections in the worst of cases.
    if !share.grow(most * (2 * ROW_BYTES + REJECTION_BYTES)) {
        return Err(busy());
    }
    counts.new = Some(0);
    let mut rest = readings.as_slice();
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(first_part(rest));
        rest = behind;
        let now_ms = (state.clock)();
        let source = |origin: &Origin| origin.source(participant, &provider);
        let (batch, taken) = batch_of(participant, &origins, source, part);
        let large = part.len() > INLINE_READINGS;
        let grant = WriteGrant::One(participant);
        let accepted = on_thread(large, move || accept(&batch, &grant, now_ms)).await?;
        let Accepted { write, rejected } = accepted;
        let accepted = write.len() as u64;
        let written = if accepted == 0 { Some(0) } else { write_to(state, write).await?.new };
        counts.accepted += accepted;
        counts.new = counts.new.zip(written).map(|(before, new)| before + new);
        for rejection in rejected {
            let (series, index) = (rejection.series as usize, rejection.index as usize);
            let record = taken.get(series).and_then(|block| block.get(index)).map_or(0, |taken| taken.line);
            counts.refuse(record, refusal(rejection));
        }
    }
    Ok(counts)
}

/// How many of these make the next batch; at least one of them.
fn first_part(readings: &[Reading]) -> usize {
    let mut origins = HashSet::new();
    let fits = |reading: &&Reading| {
        origins.insert(reading.origin);
        origins.len() <= BATCH_ORIGINS
    };
    readings.iter().take(BATCH_READINGS).take_while(fits).count()
}

/// The batch that an importer would make of these, and its readings in the order of its indexes.
fn batch_of(
    participant: ParticipantId,
    origins: &[Origin],
    source: impl Fn(&Origin) -> Source,
    part: &[Reading],
) -> (Batch, Vec<Vec<Taken>>) {
    let mut of_series: BTreeMap<SeriesKey, Vec<Taken>> = BTreeMap::new();
    let (mut sources, mut devices) = (Vec::new(), HashMap::new());
    for reading in part {
        let device = *devices.entry(reading.origin).or_insert_with(|| {
            sources.push(source(&origins[reading.origin as usize]));
            // Fewer than BATCH_ORIGINS.
            Device::at(sources.len() as u16 - 1)
        });
        // A record has the extent that its origin gave it, an hour of Samsung's too: the SDK sends nothing finer of it.
        let key = SeriesKey { participant, device, metric: reading.metric, grain: Grain::Sample };
        of_series.entry(key).or_default().push(reading.taken);
    }
    let (series, taken) = of_series
        .into_iter()
        .flat_map(|(key, taken)| blocks_of(key, &sources[key.device.index()], taken))
        .unzip();
    (Batch { contract: CONTRACT_VERSION, series }, taken)
}

/// A rejection by the names that the SDK's own records have.
fn refusal(rejection: Rejection) -> Refusal {
    let field = match rejection.field.as_str() {
        "start" => "startDate",
        "end" => "endDate",
        "offset" => "zoneOffset",
        "value" => "value",
        _ => "metadata",
    };
    Refusal::new(rejection.code, field, rejection.fix)
}

#[cfg(test)]
mod tests {
    use foulee_contract::Metric;

    use super::*;
    use crate::import::local_clock::Instant;

    /// What is kept of so many origins whose readings come in an order, as (source, start).
    fn kept(order: &[u32]) -> Vec<(Source, i64)> {
        let participant: ParticipantId = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        let mut origins = Vec::new();
        let mut readings = Vec::new();
        for (at, number) in (0..).zip(order) {
            origins.push(Origin { app: format!("app {number}"), ..Origin::default() });
            let start = Instant { utc_ms: i64::from(*number) * 60_000, offset_minutes: None };
            let taken = Taken::new(start, start.utc_ms + 60_000, 5, at);
            readings.push(Reading { origin: u32::try_from(at).unwrap(), metric: Metric::Steps, taken });
        }
        let mut found = Vec::new();
        let mut rest = readings.as_slice();
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(first_part(rest));
            rest = behind;
            let (batch, _) = batch_of(participant, &origins, |origin| origin.source(participant, ""), part);
            for block in batch.series {
                let starts = block.points.unwrap().start;
                found.extend(starts.into_iter().map(|start| (block.source.clone(), start)));
            }
        }
        found.sort();
        found
    }

    #[test]
    fn of_many_origins_each_is_its_own_in_any_order() {
        let forth: Vec<u32> = (0..2_500).collect();
        let mut other = forth.clone();
        other.sort_by_key(|number| number * 7919 % 2_500);
        let found = kept(&forth);
        assert_eq!(found, kept(&other));
        let sources: HashSet<&Source> = found.iter().map(|(source, _)| source).collect();
        assert_eq!(sources.len(), 2_500);
    }
}
