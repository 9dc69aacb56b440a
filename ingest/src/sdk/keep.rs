use std::collections::BTreeMap;

use foulee_contract::{Batch, CONTRACT_VERSION, Grain, ParticipantId, Problem, Rejection, Source};

use super::answer::Counts;
use super::body::{Document, Reading};
use super::record::Refusal;
use crate::budget::Share;
use crate::http::{REJECTION_BYTES, ROW_BYTES, busy, on_thread, write_to};
use crate::import::blocks::{SeriesKey, Taken, blocks_of};
use crate::{Accepted, IngestState, WriteGrant, accept};

/// Readings in one batch: what is held of a body twice.
const BATCH_READINGS: usize = 20_000;
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
    let sources: Vec<Source> = origins.iter().map(|origin| origin.source(participant, &provider)).collect();
    let most = readings.len().min(BATCH_READINGS);
    // As points of the contract, as rows of the store, and as rejections in the worst of cases.
    if !share.grow(most * (2 * ROW_BYTES + REJECTION_BYTES)) {
        return Err(busy());
    }
    counts.new = Some(0);
    for part in readings.chunks(BATCH_READINGS) {
        let now_ms = (state.clock)();
        let (batch, taken) = batch_of(participant, &sources, part);
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

/// The batch that an importer would make of these, and its readings in the order of its indexes.
fn batch_of(participant: ParticipantId, sources: &[Source], part: &[Reading]) -> (Batch, Vec<Vec<Taken>>) {
    let mut of_series: BTreeMap<SeriesKey, Vec<Taken>> = BTreeMap::new();
    for reading in part {
        // A record has the extent that its origin gave it, an hour of Samsung's too: the SDK sends nothing finer of it.
        let key =
            SeriesKey { participant, device: reading.origin, metric: reading.metric, grain: Grain::Sample };
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
