//! What Foulée itself keeps of a store in InfluxDB, in `influx.db` beside the registry: the participants' random keys, the
//! series, how much of each day was acknowledged and its digest, which days wait to be computed, what was set aside.
//!
//! It is what InfluxDB is held against, and never depends on it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use foulee_contract::{Grain, How, Metric, ParticipantId, Provenance, Series, Source};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::RandomSource;
use super::aside::Aside;
use super::error::InfluxError;
use super::rows::Origin;
use super::sum::Sum;
use crate::record::{self, Record};
use crate::sqlite::{BUSY_TIMEOUT, check_library, make_private, participant_of};
use crate::{DayDigest, Digest, DirtyDay, SeriesHasher, StoreError};

const SCHEMA_VERSION: i64 = 1;

/// `participant.key` is the tag that stands for somebody in InfluxDB, and goes with them. `day.open` is 1 from before
/// something of the day is sent to InfluxDB until it is known to be there. `tail_*` is the origin of a day's last point.
/// `gone` holds keys of erased people whose points InfluxDB has still to delete: random, they name nobody. `lost` counts
/// what could not be put back. `fact` holds what is known of the server.
const SCHEMA: &str = "
CREATE TABLE participant(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE);
CREATE TABLE series(
    no INTEGER PRIMARY KEY, participant INTEGER NOT NULL REFERENCES participant(no), source TEXT NOT NULL,
    metric INTEGER NOT NULL, grain INTEGER NOT NULL, max_span_ms INTEGER NOT NULL,
    UNIQUE(participant, source, metric, grain));
CREATE TABLE day(
    series INTEGER NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL, digest BLOB NOT NULL, origins BLOB NOT NULL,
    last_ms INTEGER NOT NULL, open INTEGER NOT NULL, changed_ms INTEGER NOT NULL,
    tail_received INTEGER, tail_offset INTEGER, tail_how INTEGER,
    PRIMARY KEY(series, day)) WITHOUT ROWID;
CREATE INDEX day_open ON day(series, day) WHERE open = 1;
CREATE TABLE dirty(
    generation INTEGER PRIMARY KEY AUTOINCREMENT, participant INTEGER NOT NULL, day INTEGER NOT NULL,
    UNIQUE(participant, day));
CREATE TABLE aside(
    no INTEGER PRIMARY KEY AUTOINCREMENT, series INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    row BLOB NOT NULL UNIQUE, reason TEXT NOT NULL);
CREATE TABLE gone(key TEXT PRIMARY KEY, since_ms INTEGER NOT NULL, done INTEGER NOT NULL);
CREATE TABLE lost(series INTEGER NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(series, day));
CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE owed(one INTEGER PRIMARY KEY CHECK (one = 1), scrub INTEGER NOT NULL);
INSERT INTO owed VALUES (1, 0);
";

/// A key whose points have to go.
#[derive(Debug)]
pub(super) struct Gone {
    pub(super) key: String,
    /// When its person was erased, ms UTC.
    pub(super) since_ms: i64,
    /// Whether InfluxDB has counted none.
    pub(super) done: bool,
}

/// A series and what is needed to write and find it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) no: u32,
    pub(super) participant_no: i64,
    pub(super) series: Series,
    pub(super) key: Arc<str>,
    pub(super) hasher: SeriesHasher,
    pub(super) max_span_ms: i64,
}

/// What was acknowledged of a series' day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) epoch_day: i32,
    pub(super) sum: Sum,
    pub(super) last_ms: i64,
    /// Something of it was sent and is not known to have arrived.
    pub(super) open: bool,
    pub(super) tail: Option<Origin>,
}

/// A day as it stands after a write.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) series_no: u32,
    pub(super) day: Day,
    /// The longest interval written.
    pub(super) span_ms: i64,
    /// The last UTC day into which something that was written reaches.
    pub(super) reaches: i32,
    /// Whether anything of it changed, so that it has to be computed.
    pub(super) dirty: bool,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) conn: Connection,
    entries: BTreeMap<Series, Arc<Entry>>,
    by_no: HashMap<u32, Arc<Entry>>,
    people: HashMap<ParticipantId, (i64, Arc<str>)>,
    erasures: u64,
}

impl Index {
    pub(super) fn open(file: &Path) -> Result<Self, StoreError> {
        check_library()?;
        make_private(file)?;
        let mut conn = Connection::open(file)?;
        conn.busy_timeout(BUSY_TIMEOUT)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "secure_delete", "ON")?;
        conn.pragma_update(None, "cache_size", -16_384)?;
        conn.set_prepared_statement_cache_capacity(32);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found = tx.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))?;
        if found > SCHEMA_VERSION {
            return Err(StoreError::SchemaTooNew { found, known: SCHEMA_VERSION });
        }
        if found < 1 {
            tx.execute_batch(SCHEMA)?;
            tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        tx.commit()?;
        Self::load(conn)
    }

    pub(super) fn open_read_only(file: &Path) -> Result<Self, StoreError> {
        check_library()?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(file, flags)?;
        conn.busy_timeout(BUSY_TIMEOUT)?;
        Self::load(conn)
    }

    fn load(conn: Connection) -> Result<Self, StoreError> {
        let mut people = HashMap::new();
        let mut names = HashMap::new();
        {
            let mut statement = conn.prepare("SELECT no, id, key FROM participant")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let no: i64 = row.get(0)?;
                let id = participant_of(row.get_ref(1)?.as_blob().unwrap_or_default());
                let id = id.ok_or(StoreError::Damaged { chunk: no, why: "participant id" })?;
                let key: Arc<str> = row.get::<_, String>(2)?.into();
                names.insert(no, id);
                people.insert(id, (no, key));
            }
        }
        let mut index = Self { conn, entries: BTreeMap::new(), by_no: HashMap::new(), people, erasures: 0 };
        let mut found = Vec::new();
        {
            let mut statement = index
                .conn
                .prepare("SELECT no, participant, source, metric, grain, max_span_ms FROM series")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let no: u32 = row.get(0)?;
                let damaged = |why| StoreError::Damaged { chunk: i64::from(no), why };
                let participant_no: i64 = row.get(1)?;
                let participant = *names.get(&participant_no).ok_or_else(|| damaged("participant"))?;
                let source: Source = row.get::<_, String>(2)?.parse().map_err(|_| damaged("source key"))?;
                let metric = Metric::from_code(row.get(3)?).ok_or_else(|| damaged("metric code"))?;
                let grain = Grain::from_code(row.get(4)?).ok_or_else(|| damaged("grain code"))?;
                let series = Series { participant, source, metric, grain };
                found.push((no, series, row.get::<_, i64>(5)?));
            }
        }
        for (no, series, max_span_ms) in found {
            index.remember(no, series, max_span_ms);
        }
        Ok(index)
    }

    fn remember(&mut self, no: u32, series: Series, max_span_ms: i64) {
        let Some((participant_no, key)) = self.people.get(&series.participant).cloned() else { return };
        let hasher = SeriesHasher::new(&series);
        let entry = Entry { no, participant_no, series: series.clone(), key, hasher, max_span_ms };
        let entry = Arc::new(entry);
        self.by_no.insert(no, Arc::clone(&entry));
        self.entries.insert(series, entry);
    }

    pub(super) fn entry(&self, series: &Series) -> Option<Arc<Entry>> {
        self.entries.get(series).cloned()
    }

    pub(super) fn entry_by_no(&self, no: u32) -> Option<Arc<Entry>> {
        self.by_no.get(&no).cloned()
    }

    /// The series of a participant, in series order.
    pub(super) fn of_participant(&self, id: ParticipantId) -> Vec<Arc<Entry>> {
        self.entries.values().filter(|entry| entry.series.participant == id).cloned().collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    /// How many were erased since this was opened.
    pub(super) fn erasures(&self) -> u64 {
        self.erasures
    }

    pub(super) fn participants(&self) -> Vec<ParticipantId> {
        let mut people: Vec<ParticipantId> = self.people.keys().copied().collect();
        people.sort_unstable();
        people
    }

    /// The entries of these series, made where they are not there.
    pub(super) fn entries_of(
        &mut self,
        series: &[&Series],
        random: RandomSource,
    ) -> Result<Vec<Arc<Entry>>, StoreError> {
        let missing: Vec<&Series> =
            series.iter().filter(|series| !self.entries.contains_key(**series)).copied().collect();
        if !missing.is_empty() {
            let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut people = HashMap::new();
            let mut made = HashMap::new();
            for series in missing {
                let id = series.participant;
                let no = match self.people.get(&id).or_else(|| people.get(&id)) {
                    Some((no, _)) => *no,
                    None => {
                        let key = new_key(random)?;
                        tx.execute(
                            "INSERT INTO participant(id, key) VALUES (?1, ?2)",
                            params![id.as_bytes(), key],
                        )?;
                        let no = tx.last_insert_rowid();
                        people.insert(id, (no, Arc::from(key)));
                        no
                    }
                };
                if !made.contains_key(series) {
                    tx.execute(
                        "INSERT INTO series(participant, source, metric, grain, max_span_ms) VALUES (?1, ?2, ?3, ?4, 0)",
                        params![no, series.source.key(), series.metric.code(), series.grain as u8],
                    )?;
                    let series_no = u32::try_from(tx.last_insert_rowid()).unwrap_or(u32::MAX);
                    made.insert(series.clone(), series_no);
                }
            }
            tx.commit()?;
            self.people.extend(people);
            for (series, no) in made {
                self.remember(no, series, 0);
            }
        }
        Ok(series.iter().filter_map(|series| self.entry(series)).collect())
    }

    pub(super) fn day(&self, series_no: u32, day: i32) -> Result<Option<Day>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT day, n, digest, last_ms, open, tail_received, tail_offset, tail_how, origins FROM day \
             WHERE series = ?1 AND day = ?2",
        )?;
        Ok(statement.query_row(params![series_no, day], day_of).optional()?)
    }

    /// The days of a series between two, both included, that hold something.
    pub(super) fn days(&self, series_no: u32, from: i32, to: i32) -> Result<Vec<Day>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT day, n, digest, last_ms, open, tail_received, tail_offset, tail_how, origins FROM day \
             WHERE series = ?1 AND day BETWEEN ?2 AND ?3 AND (n > 0 OR open = 1 OR EXISTS (SELECT 1 FROM lost \
             WHERE lost.series = day.series AND lost.day = day.day)) ORDER BY day",
        )?;
        let days = statement.query_map(params![series_no, from, to], day_of)?;
        Ok(days.collect::<Result<_, _>>()?)
    }

    /// Notes that something of these days is about to be sent.
    pub(super) fn unsettle(&mut self, days: &[(u32, i32)]) -> Result<(), StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut statement = tx.prepare_cached(
                "INSERT INTO day(series, day, n, digest, origins, last_ms, open, changed_ms) \
                 VALUES (?1, ?2, 0, ?3, ?3, ?4, 1, 0) ON CONFLICT(series, day) DO UPDATE SET open = 1",
            )?;
            // Of the erased nothing is noted any more.
            for (series_no, day) in days.iter().filter(|(series_no, _)| self.by_no.contains_key(series_no)) {
                statement.execute(params![series_no, day, Digest::default().to_bytes(), i64::MIN])?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Notes how these days stand, and which have to be computed.
    pub(super) fn settle(&mut self, settled: &[Settled], now_ms: i64) -> Result<(), StoreError> {
        let mut wider = Vec::new();
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut put = tx.prepare_cached(
                "INSERT OR REPLACE INTO day(series, day, n, digest, origins, last_ms, open, changed_ms, \
                 tail_received, tail_offset, tail_how) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            let mut mark =
                tx.prepare_cached("INSERT OR REPLACE INTO dirty(participant, day) VALUES (?1, ?2)")?;
            for Settled { series_no, day, span_ms, reaches, dirty } in settled {
                let Some(entry) = self.by_no.get(series_no) else { continue };
                let tail = day.tail;
                put.execute(params![
                    series_no,
                    day.epoch_day,
                    day.sum.n as i64,
                    day.sum.digest.to_bytes(),
                    day.sum.origins.to_bytes(),
                    day.last_ms,
                    day.open,
                    now_ms,
                    tail.map(|tail| tail.received_ms),
                    tail.and_then(|tail| tail.provenance.offset_minutes),
                    tail.map(|tail| tail.provenance.how as u8),
                ])?;
                if *span_ms > entry.max_span_ms {
                    tx.prepare_cached("UPDATE series SET max_span_ms = max(max_span_ms, ?2) WHERE no = ?1")?
                        .execute(params![series_no, span_ms])?;
                    wider.push((*series_no, *span_ms));
                }
                if *dirty {
                    for epoch_day in day.epoch_day..=*reaches {
                        mark.execute(params![entry.participant_no, epoch_day])?;
                    }
                }
            }
        }
        tx.commit()?;
        for (no, span_ms) in wider {
            if let Some(entry) = self.by_no.get(&no).filter(|entry| entry.max_span_ms < span_ms) {
                let series = entry.series.clone();
                self.remember(no, series, span_ms);
            }
        }
        Ok(())
    }

    /// Days of which something was sent and is not known to have arrived.
    pub(super) fn open_days(&self) -> Result<Vec<(u32, i32)>, StoreError> {
        let mut statement =
            self.conn.prepare_cached("SELECT series, day FROM day WHERE open = 1 ORDER BY series, day")?;
        let days = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(days.collect::<Result<_, _>>()?)
    }

    pub(super) fn day_digests(
        &self,
        id: ParticipantId,
        from: i32,
        to: i32,
    ) -> Result<Vec<DayDigest>, StoreError> {
        let mut days: BTreeMap<i32, Digest> = BTreeMap::new();
        for entry in self.of_participant(id) {
            for day in self.days(entry.no, from, to)?.into_iter().filter(|day| day.sum.n > 0) {
                let sum = days.entry(day.epoch_day).or_default();
                *sum = sum.plus(day.sum.digest);
            }
        }
        Ok(days.into_iter().map(|(epoch_day, digest)| DayDigest { epoch_day, digest }).collect())
    }

    pub(super) fn dirty_days(&self, limit: usize) -> Result<Vec<DirtyDay>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT dirty.generation, participant.id, dirty.day FROM dirty JOIN participant \
             ON participant.no = dirty.participant ORDER BY generation LIMIT ?1",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query([limit])?;
        let mut days = Vec::new();
        while let Some(row) = rows.next()? {
            let participant = participant_of(row.get_ref(1)?.as_blob().unwrap_or_default());
            let participant = participant.ok_or(StoreError::Damaged { chunk: 0, why: "participant id" })?;
            days.push(DirtyDay { generation: row.get(0)?, participant, epoch_day: row.get(2)? });
        }
        Ok(days)
    }

    pub(super) fn clear_dirty(&mut self, days: &[DirtyDay]) -> Result<(), StoreError> {
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut clear = tx.prepare_cached("DELETE FROM dirty WHERE generation = ?1")?;
            for day in days {
                clear.execute([day.generation])?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Readings, series that hold some, dirty days.
    pub(super) fn counts(&self) -> Result<(u64, u64, u64), StoreError> {
        let counts: (i64, i64, i64) = self.conn.query_row(
            "SELECT (SELECT coalesce(sum(n), 0) FROM day), \
             (SELECT count(DISTINCT series) FROM day WHERE n > 0), (SELECT count(*) FROM dirty)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        Ok((counts.0.unsigned_abs(), counts.1.unsigned_abs(), counts.2.unsigned_abs()))
    }

    /// Takes somebody out: their key is destroyed here and stands, naming nobody, among those to be deleted in InfluxDB.
    /// The readings and series that they had.
    pub(super) fn forget(
        &mut self,
        id: ParticipantId,
        now_ms: i64,
    ) -> Result<Option<(Arc<str>, u64, u64)>, StoreError> {
        let Some((no, key)) = self.people.get(&id).cloned() else { return Ok(None) };
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let of_theirs = "series IN (SELECT no FROM series WHERE participant = ?1)";
        let (readings, series): (i64, i64) = tx.query_row(
            &format!(
                "SELECT coalesce(sum(n), 0), count(DISTINCT series) FROM day WHERE n > 0 AND {of_theirs}"
            ),
            [no],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let aside: i64 =
            tx.query_row(&format!("SELECT count(*) FROM aside WHERE {of_theirs}"), [no], |row| row.get(0))?;
        let readings = readings + aside;
        for table in ["day", "aside", "lost"] {
            tx.execute(&format!("DELETE FROM {table} WHERE {of_theirs}"), [no])?;
        }
        tx.execute("DELETE FROM series WHERE participant = ?1", [no])?;
        tx.execute("DELETE FROM dirty WHERE participant = ?1", [no])?;
        tx.execute("DELETE FROM participant WHERE no = ?1", [no])?;
        tx.execute(
            "INSERT OR IGNORE INTO gone(key, since_ms, done) VALUES (?1, ?2, 0)",
            params![&*key, now_ms],
        )?;
        tx.execute("UPDATE owed SET scrub = 1", [])?;
        tx.commit()?;
        self.erasures += 1;
        self.people.remove(&id);
        self.entries.retain(|series, _| series.participant != id);
        self.by_no.retain(|_, entry| entry.series.participant != id);
        Ok(Some((key, readings.unsigned_abs(), series.unsigned_abs())))
    }

    /// Keys whose points InfluxDB has still to delete.
    pub(super) fn gone(&self) -> Result<Vec<Gone>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT key, since_ms, done FROM gone")?;
        let gone = statement
            .query_map([], |row| Ok(Gone { key: row.get(0)?, since_ms: row.get(1)?, done: row.get(2)? }))?;
        Ok(gone.collect::<Result<_, _>>()?)
    }

    /// InfluxDB counts none of it now; a request that is late may still bring some.
    pub(super) fn gone_for_now(&mut self, key: &str) -> Result<(), StoreError> {
        self.conn.execute("UPDATE gone SET done = 1 WHERE key = ?1", [key])?;
        Ok(())
    }

    pub(super) fn forget_gone(&mut self, key: &str) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM gone WHERE key = ?1", [key])?;
        self.conn.execute("UPDATE owed SET scrub = 1", [])?;
        Ok(())
    }

    /// Rewrites the file so that no byte of what was deleted is left in it; whether that is done.
    pub(super) fn scrub(&mut self) -> Result<bool, StoreError> {
        let owed: i64 = self.conn.query_row("SELECT scrub FROM owed", [], |row| row.get(0))?;
        if owed == 0 {
            return Ok(true);
        }
        self.conn.execute_batch("VACUUM")?;
        let busy: i64 = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 {
            self.conn.execute("UPDATE owed SET scrub = 0", [])?;
        }
        Ok(busy == 0)
    }

    pub(super) fn is_scrubbed(&self) -> Result<bool, StoreError> {
        let owed: i64 = self.conn.query_row("SELECT scrub FROM owed", [], |row| row.get(0))?;
        Ok(owed == 0 && self.gone()?.iter().all(|gone| gone.done))
    }

    pub(super) fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT value FROM fact WHERE name = ?1")?;
        Ok(statement.query_row([name], |row| row.get(0)).optional()?)
    }

    pub(super) fn set_fact(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.conn.execute("INSERT OR REPLACE INTO fact(name, value) VALUES (?1, ?2)", [name, value])?;
        Ok(())
    }

    pub(super) fn forget_fact(&mut self, name: &str) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM fact WHERE name = ?1", [name])?;
        Ok(())
    }

    /// Days that were written since `since_ms`.
    pub(super) fn days_changed(&self, since_ms: i64) -> Result<Vec<(u32, i32)>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT series, day FROM day WHERE changed_ms >= ?1 AND (n > 0 OR EXISTS (SELECT 1 FROM lost \
             WHERE lost.series = day.series AND lost.day = day.day)) ORDER BY series, day",
        )?;
        let days = statement.query_map([since_ms], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(days.collect::<Result<_, _>>()?)
    }

    pub(super) fn add_aside(
        &mut self,
        series_no: u32,
        received_ms: i64,
        row: &[u8],
        reason: &str,
    ) -> Result<bool, StoreError> {
        let added = self.conn.execute(
            "INSERT OR IGNORE INTO aside(series, received_ms, row, reason) VALUES (?1, ?2, ?3, ?4)",
            params![series_no, received_ms, row, reason],
        )?;
        Ok(added > 0)
    }

    pub(super) fn forget_aside(&mut self, row: &[u8]) -> Result<(), StoreError> {
        self.conn.execute("DELETE FROM aside WHERE row = ?1", [row])?;
        Ok(())
    }

    pub(super) fn aside_count(&self) -> Result<u64, StoreError> {
        let n: i64 = self.conn.query_row("SELECT count(*) FROM aside", [], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }

    pub(super) fn asides(&self, series_no: Option<u32>) -> Result<Vec<Aside>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT row, reason, received_ms FROM aside WHERE ?1 IS NULL OR series = ?1 ORDER BY no",
        )?;
        let mut rows = statement.query([series_no])?;
        let mut asides = Vec::new();
        while let Some(row) = rows.next()? {
            let record = record::decode(row.get_ref(0)?.as_blob().unwrap_or_default());
            let damaged = StoreError::Damaged { chunk: 0, why: "a reading set aside" };
            let Record { group, .. } = record.ok_or(damaged)?;
            let received_ms = row.get(2)?;
            for (tuple, provenance) in group.rows {
                let (series, reason) = (group.series.clone(), row.get(1)?);
                asides.push(Aside { series, tuple, provenance, received_ms, reason });
            }
        }
        Ok(asides)
    }

    pub(super) fn add_lost(&mut self, series_no: u32, day: i32, n: u64) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT INTO lost(series, day, n) VALUES (?1, ?2, ?3) ON CONFLICT(series, day) DO UPDATE SET n = n + ?3",
            params![series_no, day, n as i64],
        )?;
        Ok(())
    }

    /// What was lost of a day came back.
    pub(super) fn regain(&mut self, series_no: u32, day: i32, n: u64) -> Result<(), StoreError> {
        self.conn.execute(
            "UPDATE lost SET n = max(0, n - ?3) WHERE series = ?1 AND day = ?2",
            params![series_no, day, n as i64],
        )?;
        self.conn.execute("DELETE FROM lost WHERE n = 0", [])?;
        Ok(())
    }

    pub(super) fn lost(&self) -> Result<u64, StoreError> {
        let n: i64 = self.conn.query_row("SELECT coalesce(sum(n), 0) FROM lost", [], |row| row.get(0))?;
        Ok(n.unsigned_abs())
    }
}

/// 64 random bits: too many people for two to meet, and the table would say so.
pub(super) fn new_key(random: RandomSource) -> Result<String, StoreError> {
    let mut bytes = [0; 8];
    random(&mut bytes).map_err(InfluxError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn day_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Day> {
    let received: Option<i64> = row.get(5)?;
    let how: Option<u8> = row.get(7)?;
    let offset_minutes: Option<i16> = row.get(6)?;
    let tail = received.map(|received_ms| Origin {
        received_ms,
        provenance: Provenance { offset_minutes, how: how.and_then(How::from_code).unwrap_or_default() },
    });
    Ok(Day {
        epoch_day: row.get(0)?,
        sum: Sum {
            n: row.get::<_, i64>(1)?.unsigned_abs(),
            digest: Digest::from_bytes(row.get(2)?),
            origins: Digest::from_bytes(row.get(8)?),
        },
        last_ms: row.get(3)?,
        open: row.get(4)?,
        tail,
    })
}
