use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foulee_contract::{Provenance, Series, Stored, Tuple};
use foulee_journal::JournalError;
use foulee_store::influx::{Depth, Probed};
use foulee_store::{Group, StoreError, WriteBatch, epoch_day, record};

use super::forward::why;
use super::state::Side;
use super::{Repair, Shared};

const TICK: Duration = Duration::from_secs(1);
/// Between probes, ms: while all is well, and while it is not.
const PROBE_MS: i64 = 30_000;
const PROBE_AGAIN_MS: i64 = 2_000;
/// Between looks whether the server was started again, ms.
const ASK_MS: i64 = 5_000;
/// How far the clock may run from the time that passes, ms.
const STEADY_MS: u64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Bytes of the journal, decompressed, that are looked through at a time.
const LOOK_BYTES: usize = 4 << 20;
/// Days of series that are repaired by one look through the journal.
const DAYS_A_LOOK: usize = 1_000;
/// Readings that one look takes, but for a single day that has more: some 150 MB.
const READINGS_A_LOOK: usize = 1_500_000;

/// In a command: puts right what is in doubt, so that what follows can read it.
pub(super) async fn mend(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = shared.repair.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        let mended = async {
            let doubtful = shared.store.doubtful().await?;
            if doubtful.is_empty() { Ok(Repair::default()) } else { repair(&shared, doubtful).await }
        };
        if let Err(error) = mended.await {
            shared.state.failed(Side::Probe, why(&error));
        }
    }
}

/// Probes InfluxDB, checks it after a restart, after trouble and once a day, repairs, and lets the journal forget what is
/// older than it has to keep.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut probed_ms = i64::MIN;
    let (mut began, mut began_ms) = (Instant::now(), (shared.clock)());
    let mut expired_ms = i64::MIN;
    let mut asked_ms = i64::MIN;
    let mut ask = false;
    loop {
        tokio::select! {
            () = shared.repair.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        let now_ms = (shared.clock)();
        let pause = if shared.state.is_working() { PROBE_MS } else { PROBE_AGAIN_MS };
        if now_ms.saturating_sub(probed_ms) >= pause {
            probed_ms = now_ms;
            probe(&shared).await;
        }
        if now_ms.saturating_sub(asked_ms) >= ASK_MS {
            (asked_ms, ask) = (now_ms, true);
        }
        if shared.state.answers()
            && let Err(error) = keep(&shared, now_ms, std::mem::take(&mut ask)).await
        {
            if shared.trouble(Side::Probe, &error) {
                tracing::warn!(error = why(&error), "InfluxDB could not be checked");
            }
            continue;
        }
        // A clock that jumped, or was wrong at the start, must not empty the journal.
        let (wall_ms, real_ms) =
            (now_ms - began_ms, i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX));
        if wall_ms.abs_diff(real_ms) > STEADY_MS {
            (began, began_ms) = (Instant::now(), now_ms);
        } else if real_ms >= HOUR_MS && now_ms.saturating_sub(expired_ms) >= HOUR_MS {
            expired_ms = now_ms;
            shared.expire(now_ms).await;
        }
    }
}

async fn probe(shared: &Shared) {
    match shared.store.probe().await {
        Ok(Probed { kept }) => {
            if !kept {
                tracing::warn!("the point of the probe before is gone: all that InfluxDB holds is checked");
                shared.state.set_unchecked();
            }
            // Where nothing waits, nobody else would find out that writing works.
            let writes = shared.state.is_drained() && shared.state.works(Side::Write);
            if shared.state.works(Side::Probe) || writes {
                tracing::info!("InfluxDB works again");
            }
        }
        Err(error) => {
            if shared.trouble(Side::Probe, &error) {
                tracing::warn!(error = why(&error), "InfluxDB fails the probe");
            }
        }
    }
}

/// What is due of checking and repairing.
async fn keep(shared: &Arc<Shared>, now_ms: i64, asked: bool) -> Result<(), StoreError> {
    let started = if asked { shared.store.started().await? } else { None };
    let restarted = started.is_some_and(|started| started.again);
    let troubled = shared.state.take_unchecked();
    let is_due = shared.store.checked_ms().await?.is_none_or(|at| at > now_ms || now_ms - at >= DAY_MS);
    let since_ms = Some(now_ms.saturating_sub(shared.keep_ms));
    let checked = if is_due {
        Some(shared.store.check(since_ms, Depth::Digests).await)
    } else if troubled || restarted {
        Some(shared.store.check(since_ms, Depth::Counts).await)
    } else {
        None
    };
    match checked {
        Some(Ok(checked)) => {
            shared.state.checked();
            shared.state.faults(checked.faults.iter().filter(|fault| fault.expected > 0).count() as u64);
            if is_due {
                offer_again(shared).await?;
                shared.store.set_checked_ms(now_ms).await?;
            }
            tracing::info!(
                days = checked.days,
                readings = checked.readings,
                faults = checked.faults.len(),
                restarted,
                "what InfluxDB holds was checked"
            );
        }
        Some(Err(error)) => {
            shared.state.set_unchecked();
            return Err(error);
        }
        None => {}
    }
    let doubtful = shared.store.doubtful().await?;
    if !doubtful.is_empty() {
        repair(shared, doubtful).await?;
    }
    // The start that was seen before the check, not one that came meanwhile.
    if let Some(started) = started.filter(|started| started.again || started.first) {
        shared.store.start_is_checked(started).await?;
    }
    let lost = shared.store.lost().await?;
    let set_aside = shared.store.aside_count().await?;
    shared.state.known(lost, set_aside);
    Ok(())
}

/// Offers again what was set aside: the reason may be gone. How many were taken.
pub(super) async fn offer_again(shared: &Arc<Shared>) -> Result<u64, StoreError> {
    let mut taken = 0;
    'anew: loop {
        // Whoever is erased while these are offered is not among those that are read next.
        let as_of = shared.store.erasures();
        for aside in shared.store.asides(None).await? {
            let group = Group { series: aside.series.clone(), rows: vec![(aside.tuple, aside.provenance)] };
            let batch = WriteBatch { received_ms: aside.received_ms, groups: vec![group] };
            match shared.store.write_all(Arc::from([batch]), Some(as_of)).await {
                Ok(_) => {
                    shared.store.forget_aside(aside).await?;
                    taken += 1;
                }
                Err(StoreError::Superseded) => continue 'anew,
                Err(StoreError::Influx(error)) if error.is_refusal() => {}
                Err(StoreError::TimeOutOfRange) => {}
                Err(error) => return Err(error),
            }
        }
        return Ok(taken);
    }
}

/// Brings these days to what was acknowledged, from what the journal holds.
pub(super) async fn repair(shared: &Arc<Shared>, days: Vec<(Series, i32)>) -> Result<Repair, StoreError> {
    let mut done = Repair::default();
    let mut left: BTreeSet<(Series, i32)> = days.into_iter().collect();
    while !left.is_empty() {
        let part: BTreeSet<(Series, i32)> = left.iter().take(DAYS_A_LOOK).cloned().collect();
        for ((series, day), rows) in kept_of(shared, part).await? {
            left.remove(&(series.clone(), day));
            let stored = |(tuple, (received_ms, provenance))| Stored { tuple, provenance, received_ms };
            let mut rows: Vec<Stored> = rows.into_iter().map(stored).collect();
            let repaired = match shared.store.repair(&series, day, &rows).await {
                Err(StoreError::Influx(error)) if error.is_refusal() => {
                    // Without what is refused; what is set aside may have been taken since.
                    let refused: HashSet<Tuple> = shared
                        .store
                        .asides(Some(series.clone()))
                        .await?
                        .iter()
                        .map(|aside| aside.tuple)
                        .collect();
                    rows.retain(|stored| !refused.contains(&stored.tuple));
                    shared.store.repair(&series, day, &rows).await?
                }
                done => done?,
            };
            shared.state.put_back(repaired.put_back);
            done.days += 1;
            done.put_back += repaired.put_back;
            done.lost += repaired.lost;
            done.foreign += repaired.foreign;
        }
    }
    shared.state.faults(0);
    if done.put_back > 0 || done.lost > 0 {
        tracing::warn!(
            days = done.days,
            put_back = done.put_back,
            lost = done.lost,
            "InfluxDB had lost readings that it had acknowledged"
        );
    }
    if done.foreign > 0 {
        tracing::warn!(points = done.foreign, "somebody else had written to InfluxDB: that was taken out");
    }
    Ok(done)
}

/// Of each day the tuples with their earliest time of receipt and their greatest provenance: what comes again and again takes
/// no more room.
type Kept = BTreeMap<(Series, i32), BTreeMap<Tuple, (i64, Provenance)>>;

/// What the journal holds of these days, or of the first of them, if it is more than fits.
async fn kept_of(shared: &Arc<Shared>, days: BTreeSet<(Series, i32)>) -> Result<Vec<DayKept>, StoreError> {
    let shared = Arc::clone(shared);
    let look = move || -> Result<Vec<DayKept>, JournalError> {
        let mut wanted: Kept = days.into_iter().map(|day| (day, BTreeMap::new())).collect();
        let mut held = 0;
        let mut at = shared.journal().oldest();
        loop {
            // Let go of in between, so that uploads need not wait for the whole look.
            let read = shared.journal().read_kept(at, LOOK_BYTES)?;
            if read.blocks.is_empty() && read.next <= at {
                return Ok(wanted.into_iter().collect());
            }
            at = read.next;
            for bytes in read.blocks.iter().flat_map(|block| block.records()) {
                let is_wanted = |of: &Series| {
                    wanted.range((of.clone(), i32::MIN)..=(of.clone(), i32::MAX)).next().is_some()
                };
                if !record::series(bytes).is_some_and(|(of, _)| is_wanted(&of)) {
                    continue;
                }
                let Some(record) = record::decode(bytes) else { continue };
                for part in
                    record.group.rows.chunk_by(|a, b| epoch_day(a.0.start_ms) == epoch_day(b.0.start_ms))
                {
                    let key = (record.group.series.clone(), epoch_day(part[0].0.start_ms));
                    let Some(rows) = wanted.get_mut(&key) else { continue };
                    let before = rows.len();
                    for (tuple, provenance) in part {
                        let known = rows.entry(*tuple).or_insert((record.received_ms, *provenance));
                        *known = (known.0.min(record.received_ms), known.1.max(*provenance));
                    }
                    held += rows.len() - before;
                }
            }
            // The last give way to another look.
            while held > READINGS_A_LOOK && wanted.len() > 1 {
                held -= wanted.pop_last().map_or(0, |(_, rows)| rows.len());
            }
        }
    };
    let kept = tokio::task::spawn_blocking(look).await.map_err(|_| StoreError::Closed)?;
    kept.map_err(|error| StoreError::JournalRefuses(Arc::new(error)))
}

/// A day of a series, with what the journal holds of it.
type DayKept = ((Series, i32), BTreeMap<Tuple, (i64, Provenance)>);
