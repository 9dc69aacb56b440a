//! Copying one store into another, whatever their engines.

use std::collections::BTreeMap;
use std::time::Duration;

use foulee_contract::{Series, Stored};
use foulee_store::{DayDigest, Digest, Group, SeriesScan, Store, StoreError, WriteBatch};

/// What a copy did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Readings handed over.
    pub readings: u64,
    /// Readings of days that were the same on both sides already.
    pub already: u64,
}

/// Readings handed over at a time.
const AT_ONCE: usize = 100_000;
/// Between tries while the other side can take no more.
const PAUSE: Duration = Duration::from_millis(100);
const DAY_MS: i64 = 86_400_000;

/// Writes everything of `from` into `to`, when each reading was received kept; days that are the same on both sides are
/// left out. `tell` is told of readings as they are done with.
///
/// # Errors
/// A store failed. What was copied by then stays: the next copy goes on from there.
pub async fn copy(
    from: &dyn Store,
    to: &dyn Store,
    tell: &(dyn Fn(u64) + Sync),
) -> Result<Copied, StoreError> {
    let mut copied = Copied::default();
    let mut waiting = Waiting::default();
    for participant in from.participants().await? {
        let there = to.day_digests(participant, i32::MIN, i32::MAX).await?;
        let there: BTreeMap<i32, Digest> = there.iter().map(|day| (day.epoch_day, day.digest)).collect();
        let mut days: BTreeMap<i32, bool> = BTreeMap::new();
        for DayDigest { epoch_day, digest } in from.day_digests(participant, i32::MIN, i32::MAX).await? {
            days.insert(epoch_day, there.get(&epoch_day) == Some(&digest));
        }
        for series in from.series_of(participant).await? {
            one_series(from, to, &series, &days, &mut waiting, &mut copied, tell).await?;
        }
    }
    waiting.flush(to).await?;
    Ok(copied)
}

async fn one_series(
    from: &dyn Store,
    to: &dyn Store,
    series: &Series,
    days: &BTreeMap<i32, bool>,
    waiting: &mut Waiting,
    copied: &mut Copied,
    tell: &(dyn Fn(u64) + Sync),
) -> Result<(), StoreError> {
    let held = from.series_days(series.clone(), i32::MIN, i32::MAX).await?;
    // Runs of days that are not the same: a scan of many days costs hardly more than one of a single day.
    let same = |day: &i32| days.get(day).copied().unwrap_or(false);
    for run in held.chunk_by(|a, b| same(a) == same(b) && b - a < 32) {
        for part in run.chunks(32) {
            let (first, last) = (part[0], part[part.len() - 1]);
            let scan = SeriesScan {
                series: series.clone(),
                from_ms: i64::from(first) * DAY_MS,
                to_ms: (i64::from(last) + 1) * DAY_MS,
                reaching: false,
                known_at_ms: None,
            };
            let found = from.scan_series(scan).await?;
            let readings = found.len() as u64;
            if same(&first) {
                copied.already += readings;
            } else {
                copied.readings += readings;
                waiting.add(series, &found);
                if waiting.rows >= AT_ONCE {
                    waiting.flush(to).await?;
                }
            }
            tell(readings);
        }
    }
    Ok(())
}

/// Readings by when they were received, as a batch has to be.
#[derive(Default)]
struct Waiting {
    by_receipt: BTreeMap<i64, Vec<Group>>,
    rows: usize,
}

impl Waiting {
    fn add(&mut self, series: &Series, found: &[Stored]) {
        self.rows += found.len();
        for stored in found {
            let groups = self.by_receipt.entry(stored.received_ms).or_default();
            let row = (stored.tuple, stored.provenance);
            match groups.last_mut() {
                Some(group) if group.series == *series => group.rows.push(row),
                _ => groups.push(Group { series: series.clone(), rows: vec![row] }),
            }
        }
    }

    async fn flush(&mut self, to: &dyn Store) -> Result<(), StoreError> {
        self.rows = 0;
        for (received_ms, groups) in std::mem::take(&mut self.by_receipt) {
            let batch = WriteBatch { received_ms, groups };
            loop {
                match to.write(batch.clone()).await {
                    Ok(_) => break,
                    // A full journal empties as its store takes over.
                    Err(StoreError::Busy | StoreError::JournalRefuses(_)) => tokio::time::sleep(PAUSE).await,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use foulee_contract::{Grain, How, Metric, ParticipantId, Provenance, Tuple, Value};
    use foulee_store::MemoryStore;

    fn batch(who: u8, received_ms: i64, days: std::ops::Range<i64>) -> WriteBatch {
        let series = Series {
            participant: ParticipantId::from_parts(1, [who; 10]),
            source: "watch".parse().unwrap(),
            metric: Metric::Steps,
            grain: Grain::Epoch,
        };
        let rows = days.flat_map(|day| {
            (0..10).map(move |minute| {
                let start_ms = (19_000 + day) * DAY_MS + minute * 60_000;
                let value = Value::Present(minute);
                let tuple = Tuple { start_ms, end_ms: start_ms + 60_000, seq: 0, rev: 0, value };
                (tuple, Provenance { offset_minutes: Some(60), how: How::Automatic })
            })
        });
        WriteBatch { received_ms, groups: vec![Group { series, rows: rows.collect() }] }
    }

    #[tokio::test]
    async fn a_copy_goes_on_where_it_stopped_and_keeps_when_it_was_received() {
        let (from, to) = (MemoryStore::new(), MemoryStore::new());
        for (who, received_ms, days) in [(1, 7, 0..40), (1, 9, 40..41), (2, 8, 100..103)] {
            from.write(batch(who, received_ms, days)).await.unwrap();
        }
        // Of an earlier try.
        to.write(batch(1, 7, 0..5)).await.unwrap();
        let told = AtomicU64::new(0);
        let tell = |readings| {
            told.fetch_add(readings, Ordering::Relaxed);
        };
        let copied = copy(&from, &to, &tell).await.unwrap();
        assert_eq!(copied, Copied { readings: 390, already: 50 });
        assert_eq!(told.into_inner(), 440);
        assert_eq!(from.digest().await.unwrap(), to.digest().await.unwrap());
        for participant in from.participants().await.unwrap() {
            for series in from.series_of(participant).await.unwrap() {
                let scan =
                    SeriesScan { series, from_ms: 0, to_ms: i64::MAX, reaching: true, known_at_ms: None };
                assert_eq!(
                    from.scan_series(scan.clone()).await.unwrap(),
                    to.scan_series(scan).await.unwrap()
                );
            }
        }
        let again = copy(&from, &to, &tell_nobody).await.unwrap();
        assert_eq!(again, Copied { readings: 0, already: 440 });
    }

    fn tell_nobody(_: u64) {}
}
