use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use foulee_contract::ParticipantId;
use sha2::{Digest, Sha256};
use sqlx::Connection as _;

use super::error::unreadable;
use super::open::{BUSY_TIMEOUT, next_number};
use super::people::is_known;
use super::{Registry, Result};

/// What stays of an erased participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// SHA-256 of the caller's salt and the id. The salt is not kept, so nobody can try ids against it; whoever was
    /// given the salt as a receipt can show that this erasure was theirs.
    pub commitment: [u8; 32],
    /// How many rows were deleted, by table.
    pub counts: BTreeMap<String, u64>,
    /// Whether the file was rewritten since, so that no byte stays. If not, somebody was reading all the while:
    /// [`Registry::scrub`] tries again, as the service does in the background, and so does opening.
    pub scrubbed: bool,
    /// When, ms UTC.
    pub recorded_ms: i64,
}

/// How long a try after the first waits for readers: nobody else writes meanwhile.
const AGAIN: Duration = Duration::from_millis(250);

/// Every table with rows of people, those that others refer to last.
const TABLES: [(&str, &str); 18] = [
    ("day_row", "DELETE FROM day_row WHERE participant = $1"),
    ("result_row", "DELETE FROM result_row WHERE participant = $1"),
    ("token", "DELETE FROM token WHERE participant = $1"),
    ("phone", "DELETE FROM phone WHERE participant = $1"),
    ("enrolment", "DELETE FROM enrolment WHERE participant = $1"),
    ("clearing_code", "DELETE FROM clearing_code WHERE participant = $1"),
    ("safety_event", "DELETE FROM safety_event WHERE participant = $1"),
    ("report", "DELETE FROM report WHERE participant = $1"),
    ("context", "DELETE FROM context WHERE participant = $1"),
    ("prescription", "DELETE FROM prescription WHERE participant = $1"),
    ("source_priority", "DELETE FROM source_priority WHERE participant = $1"),
    ("home_zone", "DELETE FROM home_zone WHERE participant = $1"),
    ("consent", "DELETE FROM consent WHERE participant = $1"),
    ("attendance", "DELETE FROM attendance WHERE participant = $1"),
    ("group_member", "DELETE FROM group_member WHERE participant = $1"),
    ("allocation", "DELETE FROM allocation WHERE participant = $1"),
    ("audit", "DELETE FROM audit WHERE participant = $1"),
    ("participant", "DELETE FROM participant WHERE id = $1"),
];

impl Registry {
    /// Erases a participant: every row in every table, then every byte in the files. `None` when nobody has this id.
    ///
    /// `salt` is 32 random bytes, kept nowhere. Afterwards the id is unknown, as if it had never been: nothing
    /// remembers it, so nothing stops somebody from adding it again.
    ///
    /// # Errors
    /// The database failed; nothing is erased then.
    pub async fn erase_participant(
        &self,
        id: ParticipantId,
        salt: [u8; 32],
        now_ms: i64,
    ) -> Result<Option<Erasure>> {
        let mut tx = self.begin().await?;
        if !is_known(&mut tx, id).await? {
            return Ok(None);
        }
        let mut counts = BTreeMap::new();
        for (table, sql) in TABLES {
            let deleted = sqlx::query(sql).bind(id.to_string()).execute(&mut *tx).await?.rows_affected();
            counts.insert(table.to_owned(), deleted);
        }
        let commitment: [u8; 32] =
            Sha256::new().chain_update(salt).chain_update(id.as_bytes()).finalize().into();
        let number = next_number(&mut tx, "erasure", now_ms).await?;
        let sql =
            "INSERT INTO erasure (id, commitment, counts, scrubbed, recorded_ms) VALUES ($1, $2, $3, 0, $4)";
        sqlx::query(sql)
            .bind(number)
            .bind(commitment.to_vec())
            .bind(serde_json::to_string(&counts).map_err(unreadable("erasure", "counts"))?)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        // The rows are gone for good: that the file could not be rewritten now is no reason to say they are not.
        let scrubbed = self.scrub_within(BUSY_TIMEOUT).await.unwrap_or_else(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "erased; the file will be scrubbed later"
            );
            false
        });
        Ok(Some(Erasure { commitment, counts, scrubbed, recorded_ms: now_ms }))
    }

    /// What stays of all who were erased, in order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn erasures(&self) -> Result<Vec<Erasure>> {
        let sql = "SELECT commitment, counts, scrubbed, recorded_ms FROM erasure ORDER BY id";
        let rows: Vec<(Vec<u8>, String, i64, i64)> = sqlx::query_as(sql).fetch_all(self.reader()).await?;
        let erasure = |(commitment, counts, scrubbed, recorded_ms): (Vec<u8>, String, i64, i64)| {
            let commitment = commitment.try_into().map_err(unreadable("erasure", "commitment"))?;
            let counts = serde_json::from_str(&counts).map_err(unreadable("erasure", "counts"))?;
            Ok(Erasure { commitment, counts, scrubbed: scrubbed != 0, recorded_ms })
        };
        rows.into_iter().map(erasure).collect()
    }

    /// Rewrites the file and empties the write-ahead log where an erasure is not scrubbed yet, so that nothing of deleted
    /// rows stays in them; whether all is scrubbed now, or somebody is reading.
    ///
    /// `secure_delete` alone is not enough: SQLite moves cells between pages when it balances a tree, and what it
    /// leaves behind in a page's free space is never overwritten (one row in some thousands, as measured).
    ///
    /// # Errors
    /// The database failed, or another process wrote all the while.
    pub async fn scrub(&self) -> Result<bool> {
        self.scrub_within(AGAIN).await
    }

    /// Whether nothing of anybody erased is left in the files; changes nothing.
    ///
    /// # Errors
    /// The database failed.
    pub async fn is_scrubbed(&self) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM erasure WHERE scrubbed = 0";
        let owed: i64 = sqlx::query_scalar(sql).fetch_one(self.reader()).await?;
        Ok(owed == 0)
    }

    async fn scrub_within(&self, patience: Duration) -> Result<bool> {
        // Held all the while: this process's writers wait their turn here, instead of polling SQLite's lock.
        let mut writer = self.writer()?.acquire().await?;
        let sql = "SELECT MAX(id) FROM erasure WHERE scrubbed = 0";
        let Some(last) = sqlx::query_scalar::<_, Option<i64>>(sql).fetch_one(&mut *writer).await? else {
            return Ok(true);
        };
        // Once, however often the log has to be tried: each rewriting goes through that same log.
        if self.rewritten.load(Ordering::Acquire) < last {
            sqlx::query("VACUUM").execute(&mut *writer).await?;
            self.rewritten.store(last, Ordering::Release);
        }
        // A connection of its own: the patience of one that is shared would stay changed if this were cut off.
        let mut brief = self.connect_with_patience(patience).await?;
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut brief).await?;
        brief.close().await?;
        if busy != 0 {
            return Ok(false);
        }
        // Not those that another process added meanwhile.
        sqlx::query("UPDATE erasure SET scrubbed = 1 WHERE scrubbed = 0 AND id <= $1")
            .bind(last)
            .execute(&mut *writer)
            .await?;
        Ok(true)
    }

    /// Scrubs if an erasure was not scrubbed yet, as after one that was cut off between its commit and its scrub.
    pub(super) async fn finish_erasures(&self) -> Result<()> {
        if !self.is_scrubbed().await? && !self.scrub().await? {
            tracing::warn!(
                "an erased participant's bytes may still be in the registry's files: they are in use"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use chrono::{DateTime, Days, NaiveDate};
    use foulee_contract::{RedFlag, Report, ReportAnswer, ReportId, ResponseState};

    use super::super::fixture::{NOW, added, opened, person};
    use super::super::{
        Act, AttendanceState, Computed, ConsentState, DayRow, FILE_NAME, Looked, Membership, NewArms,
        NewContext, NewParticipant, NewProgramme, Origin, Purpose, ResultRow, RowWrite, Scope,
    };
    use super::*;
    use crate::study::{Arm, BlockPlan};

    /// How often any of the needles stands in any file of the folder.
    fn found(folder: &Path, needles: &[&[u8]]) -> usize {
        let mut found = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for needle in needles {
                found += bytes.windows(needle.len()).filter(|window| window == needle).count();
            }
        }
        found
    }

    /// Rows of one person in all tables that have such.
    async fn fill(registry: &Registry, id: ParticipantId, external_id: &str) {
        let study = registry.study_of("s", NOW).await.unwrap();
        let new = NewParticipant { id, external_id: Some(external_id), study: Some(study) };
        registry.add_participant(new, NOW).await.unwrap();
        registry.set_home_zone(id, 0, "Europe/Paris", NOW).await.unwrap();
        registry.set_source_priority(id, &"phone".parse().unwrap(), 1, NOW).await.unwrap();
        let programme = NewProgramme { name: "walk", version: 1, digest: b"1", doc_json: "{}" };
        registry.put_programme(programme, NOW).await.unwrap();
        registry.assign(id, "walk", 1, "2026-01-01".parse().unwrap(), NOW).await.unwrap();
        registry.issue_token(Scope::WriteParticipant(id), "watch", [3; 32], NOW, None).await.unwrap();
        // A code of their own each, from the bytes of their id.
        let random = std::array::from_fn(|at| id.as_bytes()[15 - at / 2] >> (4 * (at % 2)));
        let code = registry.add_enrolment(id, random, NOW, NOW + 10).await.unwrap();
        registry.redeem(code.reveal(), [[5; 32], [6; 32]], NOW).await.unwrap().unwrap();
        let said = NewContext {
            item: "goal",
            state: ResponseState::Answered,
            value: Some("\"walk\""),
            effective_ms: NOW,
        };
        registry.add_context(id, &[said], Origin::Participant, NOW).await.unwrap();
        let answer = ReportAnswer::RedFlag { codes: vec![RedFlag::Fever] };
        let report = Report {
            id: ReportId::from_parts(NOW as u64, [1; 10]),
            participant: id,
            question: answer.question(),
            state: ResponseState::Answered,
            answer: Some(answer),
            effective_at: DateTime::from_timestamp_millis(NOW).unwrap(),
            corrects: None,
        };
        registry.add_reports(&[report], Origin::Participant, NOW).await.unwrap();
        registry.add_clearing_code(id, random, NOW, NOW + 10).await.unwrap();
        registry.say_consent(id, Purpose::Research, ConsentState::Given, NOW, NOW).await.unwrap();
        let looked =
            Looked { token: None, role: "physician", act: Act::Read, route: "/p/{id}", status: Some(200) };
        registry.note_access(&[id], looked, NOW).await.unwrap();
        let name = format!("g{}", registry.groups(study).await.unwrap().len());
        let group = registry.add_group(study, &name, 6, NOW).await.unwrap();
        let day = "2026-03-02".parse().unwrap();
        registry.add_group_days(group, &[day], NOW).await.unwrap();
        let member = Membership { participant: id, from: day, to: None };
        registry.join_group(group, member, NOW).await.unwrap();
        registry.note_attendance(group, id, day, AttendanceState::Present, NOW).await.unwrap();
        if registry.arms(study).await.unwrap().is_none() {
            let arm = |name: &str| Arm { name: name.to_owned(), share: 1 };
            let plan = BlockPlan::new(vec![arm("usual"), arm("coached")], 4).unwrap();
            let new = NewArms { plan: &plan, stratified: false, seed: [8; 32] };
            registry.set_arms(study, new, NOW).await.unwrap();
        }
        registry.allocate(study, id, None, "coordinator", NOW).await.unwrap();
    }

    /// A day whose payload of this many bytes holds the id, as the worst of workers would write it.
    fn day(id: ParticipantId, at: u64, version: &str, fill: usize) -> RowWrite {
        let date = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(at);
        let payload = format!("{{\"of\":\"{id}\",\"fill\":\"{}\"}}", "x".repeat(fill));
        let input_digest = id.as_bytes().to_vec();
        let computed = Computed { input_digest, versions: version.to_owned(), computed_ms: NOW, payload };
        RowWrite::Day(DayRow { participant: id, date, computed })
    }

    #[tokio::test]
    async fn not_a_byte_of_an_erased_person_stays() {
        const PEOPLE: usize = 40;
        const DAYS: usize = 60;
        let (folder, registry) = opened().await;
        // A service reads while the command erases.
        let reader = Registry::open_read_only(folder.path()).await.unwrap();
        let people: Vec<_> = (1..=PEOPLE as u16).map(person).collect();
        for (number, id) in people.iter().enumerate() {
            fill(&registry, *id, &format!("external-{number}-end")).await;
        }
        // Short rows that grow, each time in another order: pages overflow and cells move from one to another, which
        // is what leaves bytes behind that `secure_delete` does not find.
        for (version, stride, least, spread) in [("v1", 1_009, 0, 20), ("v2", 1_499, 100, 1_900)] {
            let rows: Vec<_> = (0..PEOPLE * DAYS)
                .map(|index| index * stride % (PEOPLE * DAYS))
                .map(|at| day(people[at / DAYS], (at % DAYS) as u64, version, least + at * 7_919 % spread))
                .collect();
            assert_eq!(registry.write_rows(&rows).await.unwrap().changed, rows.len() as u64);
        }
        for (number, victim) in people[..10].iter().copied().enumerate() {
            let RowWrite::Day(DayRow { computed, .. }) = day(victim, 0, "v", 0) else { unreachable!() };
            let result = ResultRow { participant: victim, kind: "k".into(), key: "k".into(), computed };
            registry.write_rows(&[RowWrite::Result(result)]).await.unwrap();
            let (text, external) = (victim.to_string(), format!("external-{number}-end"));
            let needles = [text.as_bytes(), victim.as_bytes(), external.as_bytes()];
            for needle in needles {
                assert!(found(folder.path(), &[needle]) > 0, "the search finds what is there");
            }
            assert_eq!(reader.day_row_digests(victim).await.unwrap().len(), DAYS);

            let erasure = registry.erase_participant(victim, [9; 32], NOW + 1).await.unwrap().unwrap();
            assert!(erasure.scrubbed);
            assert!(erasure.counts.values().all(|count| *count > 0), "{:?}", erasure.counts);
            assert_eq!(erasure.counts["day_row"], DAYS as u64);
            assert_eq!(found(folder.path(), &needles), 0);
            assert_eq!(registry.erasures().await.unwrap()[number], erasure);
            assert!(registry.participant(victim).await.unwrap().is_none());
            assert!(reader.day_row_digests(victim).await.unwrap().is_empty());
        }
        // Everybody else is whole, also for who was reading all the while.
        assert_eq!(reader.day_row_digests(people[10]).await.unwrap().len(), DAYS);
        assert_eq!(reader.participants(None, None, 100).await.unwrap().len(), PEOPLE - 10);
    }

    #[tokio::test]
    async fn an_erased_id_is_unknown_and_its_tokens_fail() {
        let (_folder, registry) = opened().await;
        let id = person(1);
        fill(&registry, id, "x").await;
        let scope = Scope::ReadParticipant(id);
        let (_, token) = registry.issue_token(scope, "a", [4; 32], NOW, None).await.unwrap();
        assert!(registry.erase_participant(id, [9; 32], NOW).await.unwrap().is_some());
        assert!(registry.erase_participant(id, [9; 32], NOW).await.unwrap().is_none());
        assert!(registry.authenticate(token.reveal(), NOW).await.unwrap().is_none());
        assert!(!registry.may_write(Scope::Admin, id).await.unwrap());
        assert_eq!(registry.write_rows(&[day(id, 0, "v", 0)]).await.unwrap().unknown, 1);
    }

    #[tokio::test]
    async fn the_commitment_shows_an_erasure_to_who_holds_the_salt_alone() {
        let (folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let salt = *b"thirty-two bytes of good random.";
        let erasure = registry.erase_participant(id, salt, NOW).await.unwrap().unwrap();
        let expected: [u8; 32] = Sha256::digest([&salt[..], &id.as_bytes()[..]].concat()).into();
        assert_eq!(erasure.commitment, expected);
        assert_eq!(found(folder.path(), &[&salt]), 0);
    }

    #[tokio::test]
    async fn an_erasure_under_a_long_reader_is_scrubbed_once_the_reader_is_done() {
        let (folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let mut long = registry.reader().begin().await.unwrap();
        assert!(is_known(&mut long, id).await.unwrap());
        let erasure = registry.erase_participant(id, [9; 32], NOW).await.unwrap().unwrap();
        assert!(!erasure.scrubbed);
        assert!(!registry.scrub().await.unwrap());
        // Tried again and again, it does not rewrite the file through the log each time.
        let log = || std::fs::metadata(folder.path().join("registry.db-wal")).unwrap().len();
        let before = log();
        assert!(!registry.scrub().await.unwrap() && !registry.is_scrubbed().await.unwrap());
        assert_eq!(log(), before);
        long.rollback().await.unwrap();
        assert!(registry.scrub().await.unwrap());
        assert!(registry.erasures().await.unwrap()[0].scrubbed);
    }

    #[tokio::test]
    async fn an_erasure_that_was_cut_off_is_finished_by_the_next_opening() {
        let (folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        registry.erase_participant(id, [9; 32], NOW).await.unwrap();
        sqlx::query("UPDATE erasure SET scrubbed = 0").execute(registry.writer().unwrap()).await.unwrap();
        registry.close().await;
        let registry = Registry::open(folder.path()).await.unwrap();
        assert!(registry.erasures().await.unwrap()[0].scrubbed);
    }

    #[tokio::test]
    async fn no_table_with_people_is_forgotten() {
        let (folder, registry) = opened().await;
        let sql = "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND c.name LIKE '%participant%' ORDER BY m.name";
        let mut with_people: Vec<String> =
            sqlx::query_scalar(sql).fetch_all(registry.reader()).await.unwrap();
        with_people.push("participant".to_owned());
        with_people.sort();
        let mut erased = TABLES.map(|(table, _)| table);
        erased.sort_unstable();
        assert_eq!(with_people, erased);
        assert!(folder.path().join(FILE_NAME).exists());
    }
}
