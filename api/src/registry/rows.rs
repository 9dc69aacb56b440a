use std::collections::HashMap;

use chrono::NaiveDate;
use foulee_contract::ParticipantId;

use super::ids::{date_of, date_text};
use super::open::Tx;
use super::people::is_known;
use super::{Registry, Result};

/// What the worker computed, and from what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    /// A digest of the inputs.
    pub input_digest: Vec<u8>,
    /// The versions of the algorithms and policies.
    pub versions: String,
    /// When it was computed, ms UTC.
    pub computed_ms: i64,
    /// The outcome, JSON, opaque here.
    pub payload: String,
}

/// One local day of a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRow {
    /// Whose day.
    pub participant: ParticipantId,
    /// Which local day.
    pub date: NaiveDate,
    /// What came out.
    pub computed: Computed,
}

/// Something computed of a participant that is no day, such as adherence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// Of whom.
    pub participant: ParticipantId,
    /// What it is.
    pub kind: String,
    /// Which one of its kind, such as a prescription and a period.
    pub key: String,
    /// What came out.
    pub computed: Computed,
}

/// What a day row was computed from: enough to know whether it is to be computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayDigest {
    /// Which local day.
    pub date: NaiveDate,
    /// A digest of the inputs.
    pub input_digest: Vec<u8>,
    /// The versions of the algorithms and policies.
    pub versions: String,
}

/// One change of [`Registry::write_rows`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowWrite {
    /// Write a day.
    Day(DayRow),
    /// Write a result.
    Result(ResultRow),
    /// Delete a day.
    DropDay {
        /// Whose day.
        participant: ParticipantId,
        /// Which local day.
        date: NaiveDate,
    },
    /// Delete a result.
    DropResult {
        /// Of whom.
        participant: ParticipantId,
        /// What it is.
        kind: String,
        /// Which one of its kind.
        key: String,
    },
}

/// What [`Registry::write_rows`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Rows that were written or deleted.
    pub changed: u64,
    /// Rows left as they were: same inputs and versions, or nothing to delete.
    pub unchanged: u64,
    /// Rows of people who are unknown, such as those erased while their rows were computed. Nothing of them is kept.
    pub unknown: u64,
}

impl RowWrite {
    fn participant(&self) -> ParticipantId {
        match self {
            Self::Day(row) => row.participant,
            Self::Result(row) => row.participant,
            Self::DropDay { participant, .. } | Self::DropResult { participant, .. } => *participant,
        }
    }
}

impl Registry {
    /// Writes rows of any number of people in one transaction: all or nothing. A row is rewritten only when its
    /// inputs or versions changed.
    ///
    /// # Errors
    /// A date is out of range, or the database failed; nothing is written then.
    pub async fn write_rows(&self, rows: &[RowWrite]) -> Result<Written> {
        let mut written = Written::default();
        if rows.is_empty() {
            return Ok(written);
        }
        let mut tx = self.begin().await?;
        let mut known: HashMap<ParticipantId, bool> = HashMap::new();
        for row in rows {
            let id = row.participant();
            let is_known = match known.get(&id) {
                Some(is_known) => *is_known,
                None => *known.entry(id).or_insert(is_known(&mut tx, id).await?),
            };
            if !is_known {
                written.unknown += 1;
            } else if write(&mut tx, row).await? > 0 {
                written.changed += 1;
            } else {
                written.unchanged += 1;
            }
        }
        tx.commit().await?;
        Ok(written)
    }

    /// One day of a participant, if it was computed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn day_row(&self, participant: ParticipantId, date: NaiveDate) -> Result<Option<DayRow>> {
        Ok(self.day_rows(participant, date, date).await?.pop())
    }

    /// The computed days of a participant from one local day to another, both counted, in order.
    ///
    /// # Errors
    /// A date is out of range, or the database failed.
    pub async fn day_rows(
        &self,
        participant: ParticipantId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<DayRow>> {
        let sql = "SELECT day, input_digest, versions, recorded_ms, payload FROM day_row
            WHERE participant = $1 AND day >= $2 AND day <= $3 ORDER BY day";
        let rows: Vec<(String, Vec<u8>, String, i64, String)> = sqlx::query_as(sql)
            .bind(participant.to_string())
            .bind(date_text(from)?)
            .bind(date_text(to)?)
            .fetch_all(self.reader())
            .await?;
        let row = |(day, input_digest, versions, computed_ms, payload): (String, _, _, _, _)| {
            let date = date_of(&day, "day_row", "day")?;
            Ok(DayRow {
                participant,
                date,
                computed: Computed { input_digest, versions, computed_ms, payload },
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// What each computed day of a participant was computed from, in order, without the outcomes.
    ///
    /// # Errors
    /// The database failed.
    pub async fn day_row_digests(&self, participant: ParticipantId) -> Result<Vec<DayDigest>> {
        let sql = "SELECT day, input_digest, versions FROM day_row WHERE participant = $1 ORDER BY day";
        let rows: Vec<(String, Vec<u8>, String)> =
            sqlx::query_as(sql).bind(participant.to_string()).fetch_all(self.reader()).await?;
        let digest = |(day, input_digest, versions): (String, _, _)| {
            Ok(DayDigest { date: date_of(&day, "day_row", "day")?, input_digest, versions })
        };
        rows.into_iter().map(digest).collect()
    }

    /// One result of a participant, if it was computed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn result_row(
        &self,
        participant: ParticipantId,
        kind: &str,
        key: &str,
    ) -> Result<Option<ResultRow>> {
        let sql = "SELECT key, input_digest, versions, recorded_ms, payload FROM result_row
            WHERE participant = $1 AND kind = $2 AND key = $3";
        let row: Option<ResultTuple> = sqlx::query_as(sql)
            .bind(participant.to_string())
            .bind(kind)
            .bind(key)
            .fetch_optional(self.reader())
            .await?;
        Ok(row.map(|row| result_of(participant, kind, row)))
    }

    /// All results of one kind of a participant, by key.
    ///
    /// # Errors
    /// The database failed.
    pub async fn results(&self, participant: ParticipantId, kind: &str) -> Result<Vec<ResultRow>> {
        let sql = "SELECT key, input_digest, versions, recorded_ms, payload FROM result_row
            WHERE participant = $1 AND kind = $2 ORDER BY key";
        let rows: Vec<ResultTuple> =
            sqlx::query_as(sql).bind(participant.to_string()).bind(kind).fetch_all(self.reader()).await?;
        Ok(rows.into_iter().map(|row| result_of(participant, kind, row)).collect())
    }
}

type ResultTuple = (String, Vec<u8>, String, i64, String);

fn result_of(participant: ParticipantId, kind: &str, row: ResultTuple) -> ResultRow {
    let (key, input_digest, versions, computed_ms, payload) = row;
    let computed = Computed { input_digest, versions, computed_ms, payload };
    ResultRow { participant, kind: kind.to_owned(), key, computed }
}

const WRITE_DAY: &str = "INSERT INTO day_row (participant, day, input_digest, versions, recorded_ms, payload)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (participant, day) DO UPDATE SET input_digest = excluded.input_digest,
        versions = excluded.versions, recorded_ms = excluded.recorded_ms, payload = excluded.payload
    WHERE day_row.input_digest <> excluded.input_digest OR day_row.versions <> excluded.versions";

const WRITE_RESULT: &str =
    "INSERT INTO result_row (participant, kind, key, input_digest, versions, recorded_ms, payload)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (participant, kind, key) DO UPDATE SET input_digest = excluded.input_digest,
        versions = excluded.versions, recorded_ms = excluded.recorded_ms, payload = excluded.payload
    WHERE result_row.input_digest <> excluded.input_digest OR result_row.versions <> excluded.versions";

/// Makes one change; the number of rows that it changed, 0 or 1.
async fn write(tx: &mut Tx, row: &RowWrite) -> Result<u64> {
    let participant = row.participant().to_string();
    let query = match row {
        RowWrite::Day(DayRow { date, computed, .. }) => {
            let query = sqlx::query(WRITE_DAY).bind(participant).bind(date_text(*date)?);
            bind_computed(query, computed)
        }
        RowWrite::Result(ResultRow { kind, key, computed, .. }) => {
            bind_computed(sqlx::query(WRITE_RESULT).bind(participant).bind(kind).bind(key), computed)
        }
        RowWrite::DropDay { date, .. } => {
            sqlx::query("DELETE FROM day_row WHERE participant = $1 AND day = $2")
                .bind(participant)
                .bind(date_text(*date)?)
        }
        RowWrite::DropResult { kind, key, .. } => {
            sqlx::query("DELETE FROM result_row WHERE participant = $1 AND kind = $2 AND key = $3")
                .bind(participant)
                .bind(kind)
                .bind(key)
        }
    };
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

fn bind_computed<'q>(query: Query<'q>, computed: &Computed) -> Query<'q> {
    query
        .bind(computed.input_digest.clone())
        .bind(computed.versions.clone())
        .bind(computed.computed_ms)
        .bind(computed.payload.clone())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{added, opened, person};
    use super::*;

    fn computed(digest: &[u8], versions: &str, payload: &str, computed_ms: i64) -> Computed {
        let (versions, payload) = (versions.to_owned(), payload.to_owned());
        Computed { input_digest: digest.to_vec(), versions, computed_ms, payload }
    }

    fn date(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new(u64::from(day))
    }

    fn day(participant: ParticipantId, at: u32, computed: Computed) -> RowWrite {
        RowWrite::Day(DayRow { participant, date: date(at), computed })
    }

    fn result(participant: ParticipantId, key: &str, computed: Computed) -> RowWrite {
        RowWrite::Result(ResultRow { participant, kind: "adherence".into(), key: key.into(), computed })
    }

    #[tokio::test]
    async fn a_row_is_rewritten_only_when_its_inputs_or_versions_changed() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let steps = [
            (computed(b"1", "v1", "a", 1), 1, "a"),
            (computed(b"1", "v1", "b", 2), 0, "a"),
            (computed(b"2", "v1", "c", 3), 1, "c"),
            (computed(b"2", "v2", "d", 4), 1, "d"),
        ];
        for (computed, changed, payload) in steps {
            let rows = [day(id, 0, computed.clone()), result(id, "k", computed)];
            let written = registry.write_rows(&rows).await.unwrap();
            assert_eq!(written, Written { changed: 2 * changed, unchanged: 2 - 2 * changed, unknown: 0 });
            assert_eq!(registry.day_row(id, date(0)).await.unwrap().unwrap().computed.payload, payload);
            let read = registry.result_row(id, "adherence", "k").await.unwrap().unwrap();
            assert_eq!(read.computed.payload, payload);
        }
        assert_eq!(registry.day_row(id, date(0)).await.unwrap().unwrap().computed.computed_ms, 4);
    }

    #[tokio::test]
    async fn days_and_results_are_found_by_period_and_kind() {
        let (_folder, registry) = opened().await;
        let (one, two) = (added(&registry, 1).await, added(&registry, 2).await);
        let mut rows = Vec::new();
        for at in (0..40).rev() {
            rows.push(day(one, at, computed(&[at as u8], "v", "one", 1)));
            rows.push(day(two, at, computed(&[at as u8], "v", "two", 1)));
        }
        rows.push(result(one, "b", computed(b"1", "v", "{}", 1)));
        rows.push(result(one, "a", computed(b"1", "v", "{}", 1)));
        registry.write_rows(&rows).await.unwrap();

        let days = registry.day_rows(one, date(10), date(12)).await.unwrap();
        assert_eq!(days.iter().map(|row| row.date).collect::<Vec<_>>(), [date(10), date(11), date(12)]);
        assert!(days.iter().all(|row| row.computed.payload == "one"));
        let digests = registry.day_row_digests(two).await.unwrap();
        assert_eq!(digests.len(), 40);
        assert_eq!((digests[7].date, digests[7].input_digest.as_slice()), (date(7), &[7][..]));
        let keys: Vec<_> =
            registry.results(one, "adherence").await.unwrap().into_iter().map(|r| r.key).collect();
        assert_eq!(keys, ["a", "b"]);
        assert!(registry.results(one, "risk").await.unwrap().is_empty());

        let drops = [
            RowWrite::DropDay { participant: one, date: date(11) },
            RowWrite::DropResult { participant: one, kind: "adherence".into(), key: "a".into() },
            RowWrite::DropDay { participant: one, date: date(400) },
        ];
        let written = registry.write_rows(&drops).await.unwrap();
        assert_eq!(written, Written { changed: 2, unchanged: 1, unknown: 0 });
        assert!(registry.day_row(one, date(11)).await.unwrap().is_none());
        assert_eq!(registry.results(one, "adherence").await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn rows_of_unknown_people_are_left_out_and_the_rest_is_written() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let rows = [person(2), id, person(2)].map(|id| day(id, 0, computed(b"1", "v", "{}", 1)));
        let written = registry.write_rows(&rows).await.unwrap();
        assert_eq!(written, Written { changed: 1, unchanged: 0, unknown: 2 });
        assert!(registry.day_row(person(2), date(0)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_batch_is_written_whole_or_not_at_all() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let bad = RowWrite::DropDay { participant: id, date: NaiveDate::MAX };
        let rows = [day(id, 0, computed(b"1", "v", "{}", 1)), bad];
        assert!(registry.write_rows(&rows).await.is_err());
        assert!(registry.day_row(id, date(0)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn ninety_days_of_one_of_many_are_found_by_an_index() {
        let (_folder, registry) = opened().await;
        for (sql, expected) in [
            (
                "EXPLAIN QUERY PLAN SELECT payload FROM day_row
                WHERE participant = $1 AND day >= $2 AND day <= $3 ORDER BY day",
                "SEARCH day_row USING INDEX sqlite_autoindex_day_row_1 (participant=? AND day>? AND day<?)",
            ),
            (
                "EXPLAIN QUERY PLAN SELECT payload FROM result_row WHERE participant = $1 AND kind = $2 ORDER BY key",
                "SEARCH result_row USING INDEX sqlite_autoindex_result_row_1 (participant=? AND kind=?)",
            ),
        ] {
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(sql).fetch_all(registry.reader()).await.unwrap();
            assert_eq!(plan.iter().map(|step| step.3.as_str()).collect::<Vec<_>>(), [expected]);
        }
    }
}
