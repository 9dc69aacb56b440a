use std::sync::Arc;
use std::time::Duration;

use foulee_journal::Position;
use foulee_store::influx::Aside;
use foulee_store::record::{self, Record};
use foulee_store::{Group, StoreError, WriteBatch};

use super::Shared;
use super::state::Side;

/// Bytes of the journal, decompressed, that are read at a time, without whoever appends.
const READ_BYTES: usize = 64 << 10;
/// Readings that are handed on together, or a block of the journal more: bytes would not bound them, a reading takes ten or
/// half a one. Each is some 200 bytes while it is under way.
const PART_READINGS: usize = 200_000;
/// The first wait after a failure and the longest, ms.
const FIRST_WAIT_MS: u64 = 100;
const LONGEST_WAIT_MS: u64 = 10_000;
/// How long nothing is done when there is nothing to do and nobody says otherwise.
const IDLE: Duration = Duration::from_secs(1);

/// What was read from the journal.
struct Round {
    /// Each at most a record more than is handed on together.
    parts: Vec<Arc<[WriteBatch]>>,
    readings: u64,
    records: u64,
    next: Position,
    /// Who was erased after that is still in it.
    erasures: u64,
}

/// Hands on what is in the journal, for as long as the store is open.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut read = None;
    loop {
        let round = match read.take() {
            Some(round) => round,
            None => next_round(&shared).await,
        };
        let Some(round) = round else {
            tokio::select! {
                () = shared.more.notified() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
            continue;
        };
        // The next is read while this one is under way.
        let (ahead, delivered) = tokio::join!(next_after(&shared, round.next), deliver(&shared, &round));
        if delivered {
            shared.released(round.next, round.readings, round.records).await;
            read = Some(ahead);
        }
        // Else somebody was erased: what was read may be theirs, and is read again without them.
    }
}

async fn next_round(shared: &Arc<Shared>) -> Option<Round> {
    let from = shared.journal().released();
    next_after(shared, from).await
}

async fn next_after(shared: &Arc<Shared>, from: Position) -> Option<Round> {
    let shared = Arc::clone(shared);
    let read = tokio::task::spawn_blocking(move || {
        let erasures = shared.store.erasures();
        let (mut next, mut parts, mut records) = (from, Parts::default(), 0);
        while parts.readings < PART_READINGS as u64 {
            // Taken apart without the lock: whoever appends waits no longer than the disk takes.
            let read = {
                let mut journal = shared.journal();
                if journal.next_position() <= next {
                    break;
                }
                journal.read(next, READ_BYTES)
            };
            let read = match read {
                Ok(read) => read,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the journal cannot be read");
                    break;
                }
            };
            shared.state.journal_lost(&read.lost);
            for bytes in read.blocks.iter().flat_map(|block| block.records()) {
                records += 1;
                match record::decode(bytes) {
                    Some(record) => parts.add(record),
                    None => tracing::error!("a record of the journal has no known form"),
                }
            }
            if read.next <= next {
                break;
            }
            next = read.next;
        }
        let Parts { done, readings, .. } = parts.done();
        (next > from).then_some(Round { parts: done, readings, records, next, erasures })
    });
    read.await.ok().flatten()
}

/// Records on their way to being handed on together.
#[derive(Default)]
struct Parts {
    done: Vec<Arc<[WriteBatch]>>,
    part: Vec<WriteBatch>,
    part_readings: usize,
    readings: u64,
}

impl Parts {
    fn add(&mut self, Record { received_ms, group }: Record) {
        self.part_readings += group.rows.len();
        self.readings += group.rows.len() as u64;
        match self.part.last_mut() {
            Some(batch) if batch.received_ms == received_ms => batch.groups.push(group),
            _ => self.part.push(WriteBatch { received_ms, groups: vec![group] }),
        }
        if self.part_readings >= PART_READINGS {
            self.close();
        }
    }

    fn close(&mut self) {
        self.part_readings = 0;
        self.done.push(std::mem::take(&mut self.part).into());
    }

    fn done(mut self) -> Self {
        if !self.part.is_empty() {
            self.close();
        }
        self
    }
}

/// Until all of it is in InfluxDB, or set aside reading by reading; not where somebody was erased meanwhile.
async fn deliver(shared: &Shared, round: &Round) -> bool {
    // The first is the last, so that it is taken first.
    let mut parts: Vec<Arc<[WriteBatch]>> = round.parts.iter().rev().cloned().collect();
    let mut failures = 0;
    while let Some(part) = parts.pop() {
        match shared.store.write_all(Arc::clone(&part), Some(round.erasures)).await {
            Ok(_) => {
                failures = 0;
                if shared.state.works(Side::Write) {
                    tracing::info!("InfluxDB takes readings again");
                }
            }
            Err(StoreError::Superseded) => return false,
            // A server that refuses everything refuses the probe as well: then it is not the reading's fault.
            Err(error) if is_refusal(&error) => match shared.store.probe().await {
                Err(probe) => {
                    if shared.state.failed(Side::Write, why(&probe)) {
                        tracing::warn!(
                            error = why(&error),
                            "InfluxDB refuses all; readings wait in the journal"
                        );
                    }
                    parts.push(part);
                    shared.pause(&mut failures).await;
                }
                Ok(_) => match halves(&part) {
                    Some(halves) => parts.extend(halves),
                    None => {
                        match set_aside(shared, &part, &error, round.erasures).await {
                            Ok(()) => {}
                            Err(StoreError::Superseded) => return false,
                            // Nowhere to keep it: it stays in the journal.
                            Err(failed) => {
                                shared.trouble(Side::Write, &failed);
                                parts.push(part);
                                shared.pause(&mut failures).await;
                            }
                        }
                    }
                },
            },
            Err(error) => {
                if matches!(&error, StoreError::Influx(error) if error.is_loss()) {
                    // It answers. Put back first what is missing: else nobody could tell what is new. What else is missing is
                    // looked for at once, not day by day as the next readings meet it.
                    shared.state.works(Side::Write);
                    shared.state.lost_something();
                    shared.repair.notify_one();
                    failures = 0;
                } else if shared.trouble(Side::Write, &error) {
                    tracing::warn!(
                        error = why(&error),
                        "InfluxDB does not take readings; they wait in the journal"
                    );
                }
                parts.push(part);
                shared.pause(&mut failures).await;
            }
        }
    }
    true
}

impl Shared {
    /// Waits, longer with each failure.
    async fn pause(&self, failures: &mut u32) {
        tokio::time::sleep(self.backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS, *failures)).await;
        *failures += 1;
    }

    /// Something failed; whether that is news. Where the disk here is full, what the journal only keeps makes room.
    pub(super) fn trouble(&self, side: Side, error: &StoreError) -> bool {
        if error.is_disk_full() {
            self.give_way();
        }
        self.state.failed(side, why(error))
    }
}

/// The error with its causes: what an operator needs.
pub(super) fn why(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        // Some say what their cause says.
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        source = cause.source();
    }
    text
}

fn is_refusal(error: &StoreError) -> bool {
    match error {
        StoreError::Influx(error) => error.is_refusal(),
        StoreError::TimeOutOfRange => true,
        _ => false,
    }
}

/// The part in two, the first half last, so that it is taken first; `None` where there is only one reading.
fn halves(part: &[WriteBatch]) -> Option<[Arc<[WriteBatch]>; 2]> {
    let count: usize = part.iter().map(WriteBatch::len).sum();
    if count <= 1 {
        return None;
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut left = count / 2;
    for batch in part {
        let received_ms = batch.received_ms;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for group in &batch.groups {
            let (head, tail) = group.rows.split_at(left.min(group.rows.len()));
            left -= head.len();
            for (rows, into) in [(head, &mut before), (tail, &mut after)] {
                if !rows.is_empty() {
                    into.push(Group { series: group.series.clone(), rows: rows.to_vec() });
                }
            }
        }
        for (groups, into) in [(before, &mut first), (after, &mut second)] {
            if !groups.is_empty() {
                into.push(WriteBatch { received_ms, groups });
            }
        }
    }
    Some([second.into(), first.into()])
}

async fn set_aside(
    shared: &Shared,
    part: &[WriteBatch],
    error: &StoreError,
    as_of: u64,
) -> Result<(), StoreError> {
    for batch in part {
        for group in &batch.groups {
            for (tuple, provenance) in &group.rows {
                let aside = Aside {
                    series: group.series.clone(),
                    tuple: *tuple,
                    provenance: *provenance,
                    received_ms: batch.received_ms,
                    reason: why(error),
                };
                tracing::error!(
                    metric = %aside.series.metric,
                    start_ms = tuple.start_ms,
                    reason = %aside.reason,
                    "InfluxDB refuses a reading; it is set aside"
                );
                if shared.store.set_aside(aside, as_of).await? {
                    shared.state.one_set_aside();
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use foulee_contract::{Grain, Metric, ParticipantId, Provenance, Series, Tuple, Value};

    fn batch(received_ms: i64, groups: &[usize]) -> WriteBatch {
        let series = Series {
            participant: ParticipantId::from_parts(1, [1; 10]),
            source: "watch".parse().unwrap(),
            metric: Metric::Steps,
            grain: Grain::Epoch,
        };
        let row = |n: usize| {
            let start_ms = received_ms + n as i64;
            let tuple = Tuple { start_ms, end_ms: start_ms, seq: 0, rev: 0, value: Value::Present(1) };
            (tuple, Provenance::default())
        };
        let group = |n: &usize| Group { series: series.clone(), rows: (0..*n).map(row).collect() };
        WriteBatch { received_ms, groups: groups.iter().map(group).collect() }
    }

    fn starts(part: &[WriteBatch]) -> Vec<(i64, i64)> {
        let groups =
            part.iter().flat_map(|batch| batch.groups.iter().map(|group| (batch.received_ms, group)));
        groups.flat_map(|(at, group)| group.rows.iter().map(move |(tuple, _)| (at, tuple.start_ms))).collect()
    }

    #[test]
    fn halves_are_the_whole_down_to_one_reading() {
        let whole = [batch(0, &[3, 1]), batch(100, &[0, 2, 5]), batch(200, &[1])];
        let mut parts: Vec<Arc<[WriteBatch]>> = vec![Arc::from(whole.to_vec())];
        let mut ones = Vec::new();
        while let Some(part) = parts.pop() {
            match halves(&part) {
                Some(halves) => parts.extend(halves),
                None => ones.extend(starts(&part)),
            }
        }
        assert_eq!(ones, starts(&whole));
    }
}
