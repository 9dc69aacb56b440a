use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use foulee_contract::{ParticipantId, Series, Stored, Tuple};

use super::InfluxStore;
use super::bodies::Block;
use super::index::{Day, Entry, Settled};
use super::rows::{Origin, Row};
use super::sum::Sum;
use super::write::unite;
use crate::{StoreError, epoch_day};

/// A day of a series that InfluxDB does not hold as it was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The series.
    pub series: Series,
    /// Days since 1970-01-01, UTC.
    pub epoch_day: i32,
    /// Readings acknowledged; 0 where the day is only in doubt.
    pub expected: u64,
    /// Readings there.
    pub found: u64,
}

/// Days of one series.
type EntryDays = (Arc<Entry>, Vec<Day>);

/// How closely a check looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// How many readings a day has: finds what is gone, at a fraction of the work.
    Counts,
    /// Each reading.
    Digests,
}

/// What a check looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Days of series looked at.
    pub days: u64,
    /// Readings read back.
    pub readings: u64,
    /// What is not as it was acknowledged.
    pub faults: Vec<Fault>,
}

/// What a repair did to one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Readings put back.
    pub put_back: u64,
    /// Readings that are gone: the journal does not hold them either.
    pub lost: u64,
    /// Points that Foulée had not written, and that were taken out. Only where the journal still tells all that it had.
    pub foreign: u64,
}

impl InfluxStore {
    /// Something is wrong with this day; the next check looks at it.
    pub(super) fn suspect(&self, series_no: u32, day: i32) {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).insert((series_no, day));
    }

    /// Days of series that are in doubt: sent and not known to have arrived, or found not to be whole.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn doubtful(&self) -> Result<Vec<(Series, i32)>, StoreError> {
        let days = self.suspects.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.on_index(move |index| {
            let named = days
                .into_iter()
                .filter_map(|(no, day)| index.entry_by_no(no).map(|entry| (entry.series.clone(), day)));
            Ok(named.collect())
        })
        .await
    }

    /// Holds what InfluxDB has against what was acknowledged, day by day of each series: days written since `since_ms`
    /// (ms UTC), or all. Days in doubt are named too.
    ///
    /// # Errors
    /// InfluxDB does not answer, or the index cannot be read.
    pub async fn check(&self, since_ms: Option<i64>, depth: Depth) -> Result<Checked, StoreError> {
        let by_person = self
            .on_index(move |index| {
                let days = index.days_changed(since_ms.unwrap_or(i64::MIN))?;
                let mut people: BTreeMap<ParticipantId, Vec<EntryDays>> = BTreeMap::new();
                for of_one in days.chunk_by(|a, b| a.0 == b.0) {
                    let Some(entry) = index.entry_by_no(of_one[0].0) else { continue };
                    let wanted: BTreeSet<i32> = of_one.iter().map(|(_, day)| *day).collect();
                    let (from, to) = (of_one[0].1, of_one[of_one.len() - 1].1);
                    let mut days = index.days(entry.no, from, to)?;
                    days.retain(|day| wanted.contains(&day.epoch_day));
                    people.entry(entry.series.participant).or_default().push((entry, days));
                }
                Ok(people)
            })
            .await?;
        let mut checked = Checked::default();
        for series in by_person.into_values() {
            for window in self.windows(&series) {
                let inside =
                    |day: &&Day| (window.from_day..=window.to_day).contains(&day.epoch_day) && !day.open;
                match depth {
                    Depth::Counts => {
                        let counts = self.count(&window).await?;
                        for ((entry, days), (_, counts)) in series.iter().zip(counts) {
                            for day in days.iter().filter(inside) {
                                let found = counts.get(&day.epoch_day).copied().unwrap_or(0);
                                let found = Sum { n: found, ..day.sum };
                                self.take_note(entry, day, found, &mut checked).await?;
                            }
                        }
                    }
                    Depth::Digests => {
                        let found = self.read(&window).await?;
                        for ((entry, days), (_, rows)) in series.iter().zip(&found) {
                            for day in days.iter().filter(inside) {
                                let rows = of_day(rows, day.epoch_day);
                                let found = Sum::of(entry, rows);
                                self.take_note(entry, day, found, &mut checked).await?;
                            }
                        }
                    }
                }
            }
        }
        for (series, epoch_day) in self.doubtful().await? {
            let known = checked.faults.iter().any(|f| f.series == series && f.epoch_day == epoch_day);
            if !known {
                checked.faults.push(Fault { series, epoch_day, expected: 0, found: 0 });
            }
        }
        Ok(checked)
    }

    async fn take_note(
        &self,
        entry: &Arc<Entry>,
        day: &Day,
        found: Sum,
        checked: &mut Checked,
    ) -> Result<(), StoreError> {
        checked.days += 1;
        checked.readings += found.n;
        if found == day.sum {
            return Ok(());
        }
        // Something may have been written between the two looks.
        let _turn = self.turn.lock().await;
        let (no, epoch_day) = (entry.no, day.epoch_day);
        let known = self.on_index(move |index| index.day(no, epoch_day)).await?;
        let Some(known) = known.filter(|known| !known.open) else { return Ok(()) };
        let rows = self.read_day(entry, epoch_day).await?;
        let found = Sum::of(entry, &rows);
        if found != known.sum {
            self.suspect(no, epoch_day);
            let series = entry.series.clone();
            checked.faults.push(Fault { series, epoch_day, expected: known.sum.n, found: found.n });
        }
        Ok(())
    }

    /// Brings a day of a series to what was acknowledged: what InfluxDB has, with `kept` (what the journal holds of that
    /// day). What is missing after that is lost, counted as such, and expected no more.
    ///
    /// # Errors
    /// InfluxDB does not answer; then nothing is settled.
    pub async fn repair(&self, series: &Series, day: i32, kept: &[Stored]) -> Result<Repaired, StoreError> {
        let _turn = self.turn.lock().await;
        // On another server nothing is lost: it is only not there.
        self.check_mark().await?;
        let wanted = series.clone();
        let found = self
            .on_index(move |index| {
                let Some(entry) = index.entry(&wanted) else { return Ok(None) };
                let known = index.day(entry.no, day)?;
                Ok(Some((entry, known)))
            })
            .await?;
        // Erased meanwhile.
        let Some((entry, known)) = found else { return Ok(Repaired::default()) };
        let before = self.read_day(&entry, day).await?;
        let there: BTreeSet<Tuple> = before.iter().map(|row| row.stored.tuple).collect();
        let mut rows: Vec<(Tuple, Origin)> = kept
            .iter()
            .filter(|stored| epoch_day(stored.tuple.start_ms) == day)
            .map(|stored| {
                let origin = Origin { received_ms: stored.received_ms, provenance: stored.provenance };
                (stored.tuple, origin)
            })
            .collect();
        unite(&mut rows);
        // Where the journal tells all that was acknowledged, whatever else is there was written by somebody else.
        let told = rows.iter().fold(Sum::default(), |sum, (tuple, origin)| sum.with(&entry, tuple, *origin));
        let is_told = known
            .is_some_and(|known| !known.open && (known.sum.n, known.sum.digest) == (told.n, told.digest));
        let mut foreign = Vec::new();
        if is_told {
            let ours: BTreeSet<Tuple> = rows.iter().map(|(tuple, _)| *tuple).collect();
            foreign.extend(before.iter().filter(|row| !ours.contains(&row.stored.tuple)).map(Row::time_ns));
        }
        let missing = rows.iter().filter(|(tuple, _)| !there.contains(tuple)).count() as u64;
        // What was in doubt had not been acknowledged by InfluxDB: it only arrives late.
        let expected = known.map_or(0, |known| known.sum.n);
        let had_lost = expected.saturating_sub((there.len() as u64).saturating_sub(foreign.len() as u64));
        // Also where all are there, and something of when and how they were recorded is not.
        let is_whole =
            missing == 0 && known.is_some_and(|known| !known.open && known.sum == Sum::of(&entry, &before));
        let mut repaired =
            Repaired { put_back: missing.min(had_lost), lost: 0, foreign: foreign.len() as u64 };
        let no = entry.no;
        self.on_index(move |index| index.unsettle(&[(no, day)])).await?;
        for time_ns in foreign {
            self.server.delete_point(&entry, time_ns).await?;
        }
        if !is_whole && !rows.is_empty() {
            // What was lost may have said when and how the rest was recorded: all that is kept says it again.
            let entry = Arc::clone(&entry);
            self.add(vec![Block { entry, day, rows }], true).await?;
        }
        let after = self.read_day(&entry, day).await?;
        let settled = settled_by(&entry, day, &after);
        repaired.lost = expected.saturating_sub(settled.day.sum.n);
        let now_ms = (self.clock)();
        let (lost, regained) = (repaired.lost, settled.day.sum.n.saturating_sub(expected));
        self.on_index(move |index| {
            if lost > 0 {
                index.add_lost(no, day, lost)?;
            }
            if regained > 0 {
                index.regain(no, day, regained)?;
            }
            index.settle(&[settled], now_ms)
        })
        .await?;
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner).remove(&(no, day));
        Ok(repaired)
    }

    /// Readings that were acknowledged by InfluxDB, lost by it, and could not be put back.
    ///
    /// # Errors
    /// The index cannot be read.
    pub async fn lost(&self) -> Result<u64, StoreError> {
        self.on_index(|index| index.lost()).await
    }
}

fn of_day(rows: &[Row], day: i32) -> &[Row] {
    let at = |day: i32| rows.partition_point(|row| epoch_day(row.stored.tuple.start_ms) < day);
    &rows[at(day)..at(day + 1)]
}

/// A day as it stands, whatever was known of it.
fn settled_by(entry: &Entry, day: i32, rows: &[Row]) -> Settled {
    let tuples = rows.iter().map(|row| row.stored.tuple);
    let last = rows.last().map(|row| row.stored);
    let tail = last.map(|stored| Origin { received_ms: stored.received_ms, provenance: stored.provenance });
    let ends = tuples.clone().map(|tuple| tuple.end_ms.max(tuple.start_ms + 1) - 1);
    Settled {
        series_no: entry.no,
        day: Day {
            epoch_day: day,
            sum: Sum::of(entry, rows),
            last_ms: last.map_or(i64::MIN, |stored| stored.tuple.start_ms),
            open: false,
            tail,
        },
        span_ms: tuples.map(|tuple| tuple.end_ms - tuple.start_ms).max().unwrap_or(0),
        reaches: ends.max().map_or(day, epoch_day),
        dirty: true,
    }
}
