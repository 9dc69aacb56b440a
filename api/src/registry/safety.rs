use foulee_contract::{ParticipantId, RedFlag, ReportId};

use super::codes::OneTimeCode;
use super::error::unreadable;
use super::ids::participant_of;
use super::open::{Tx, next_number};
use super::people::require_participant;
use super::{Registry, Result};

/// Who lifts a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clearer {
    /// Somebody of the care team.
    Professional,
    /// The general practitioner, by the code on the printed summary.
    GeneralPractitioner,
    /// The person, who says that a doctor was seen.
    OwnStatement,
}

impl Clearer {
    const ALL: [Self; 3] = [Self::Professional, Self::GeneralPractitioner, Self::OwnStatement];

    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Professional => "professional",
            Self::GeneralPractitioner => "general_practitioner",
            Self::OwnStatement => "own_statement",
        }
    }
}

/// What changed about somebody's safety.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafetyChange {
    /// A red flag was raised.
    Raised {
        /// Which.
        code: RedFlag,
        /// By which report.
        report: Option<ReportId>,
    },
    /// What had been raised before was cleared.
    Cleared {
        /// By whom.
        by: Clearer,
    },
}

/// A change of somebody's safety, as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyEntry {
    /// Its number: a greater one came later.
    pub number: i64,
    /// What changed.
    pub change: SafetyChange,
    /// When it was so, ms UTC.
    pub effective_ms: i64,
    /// When it was recorded, ms UTC: from then on it acts.
    pub recorded_ms: i64,
}

type Row = (i64, String, Option<String>, Option<String>, Option<String>, i64, i64);

fn entry((number, event, code, clearer, report, effective_ms, recorded_ms): Row) -> Result<SafetyEntry> {
    let wrong = |column| unreadable("safety_event", column)(());
    let change = match (event.as_str(), code, clearer) {
        ("raised", Some(code), None) => SafetyChange::Raised {
            code: RedFlag::of(&code).ok_or_else(|| wrong("code"))?,
            report: report.map(|id| id.parse()).transpose().map_err(unreadable("safety_event", "report"))?,
        },
        ("cleared", None, Some(word)) => {
            let by = Clearer::ALL.into_iter().find(|one| one.as_str() == word);
            SafetyChange::Cleared { by: by.ok_or_else(|| wrong("clearer"))? }
        }
        _ => return Err(wrong("event")),
    };
    Ok(SafetyEntry { number, change, effective_ms, recorded_ms })
}

/// A red flag, in the transaction of the report that holds it.
pub(super) async fn raise(
    tx: &mut Tx,
    participant: ParticipantId,
    code: RedFlag,
    report: ReportId,
    effective_ms: i64,
    now_ms: i64,
) -> Result<()> {
    let id = next_number(tx, "safety_event", now_ms).await?;
    let sql = "INSERT INTO safety_event
        (id, participant, event, tier, code, report, effective_ms, recorded_ms)
        VALUES ($1, $2, 'raised', $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(id)
        .bind(participant.to_string())
        .bind(code.tier().as_str())
        .bind(code.as_str())
        .bind(report.to_string())
        .bind(effective_ms)
        .bind(now_ms)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn clear(tx: &mut Tx, participant: ParticipantId, by: Clearer, now_ms: i64) -> Result<()> {
    let id = next_number(tx, "safety_event", now_ms).await?;
    let sql = "INSERT INTO safety_event (id, participant, event, clearer, effective_ms, recorded_ms)
        VALUES ($1, $2, 'cleared', $3, $4, $4)";
    let query = sqlx::query(sql).bind(id).bind(participant.to_string()).bind(by.as_str()).bind(now_ms);
    query.execute(&mut **tx).await?;
    Ok(())
}

impl Registry {
    /// All that ever changed about a participant's safety, in the order in which it was recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn safety(&self, participant: ParticipantId) -> Result<Vec<SafetyEntry>> {
        let sql = "SELECT id, event, code, clearer, report, effective_ms, recorded_ms FROM safety_event
            WHERE participant = $1 ORDER BY id";
        let rows: Vec<Row> =
            sqlx::query_as(sql).bind(participant.to_string()).fetch_all(self.reader()).await?;
        rows.into_iter().map(entry).collect()
    }

    /// Records that what was raised so far is cleared. Whether this clearer may is for the caller to know.
    ///
    /// # Errors
    /// The participant is unknown, or the database failed.
    pub async fn clear_safety(&self, participant: ParticipantId, by: Clearer, now_ms: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        clear(&mut tx, participant, by, now_ms).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes a code from random bytes of the caller by which a general practitioner lifts a stop, once. It takes the place
    /// of those that were made before.
    ///
    /// # Errors
    /// The participant is unknown, or the database failed.
    pub async fn add_clearing_code(
        &self,
        participant: ParticipantId,
        random: [u8; 8],
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<OneTimeCode> {
        let code = OneTimeCode::of(random);
        let hash = code.hash();
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        let id = next_number(&mut tx, "clearing_code", now_ms).await?;
        let sql = "DELETE FROM clearing_code WHERE participant = $1 AND used_ms IS NULL";
        sqlx::query(sql).bind(participant.to_string()).execute(&mut *tx).await?;
        let sql = "INSERT INTO clearing_code (id, participant, code_hash, recorded_ms, expires_ms)
            VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(id)
            .bind(participant.to_string())
            .bind(hash.to_vec())
            .bind(now_ms)
            .bind(expires_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(code)
    }

    /// Lifts a stop by a code, which is spent by it: of whom. `None` where the code is none, is spent or has ended. What was
    /// raised after the code was made stays: the practitioner who was given it cannot have known.
    ///
    /// # Errors
    /// The database failed.
    pub async fn clear_by_code(&self, code: &str, now_ms: i64) -> Result<Option<ParticipantId>> {
        let Some(code) = OneTimeCode::read(code) else { return Ok(None) };
        let hash = code.hash();
        let mut tx = self.begin().await?;
        let sql = "UPDATE clearing_code SET used_ms = $2 WHERE code_hash = $1 AND used_ms IS NULL
            AND expires_ms > $2 AND NOT EXISTS (SELECT 1 FROM safety_event later
                WHERE later.participant = clearing_code.participant AND later.event = 'raised'
                AND later.recorded_ms > clearing_code.recorded_ms)
            RETURNING participant";
        let found: Option<String> =
            sqlx::query_scalar(sql).bind(hash.to_vec()).bind(now_ms).fetch_optional(&mut *tx).await?;
        let Some(participant) = found else { return Ok(None) };
        let participant = participant_of(&participant, "clearing_code")?;
        clear(&mut tx, participant, Clearer::GeneralPractitioner, now_ms).await?;
        tx.commit().await?;
        Ok(Some(participant))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, added, opened, person};
    use super::super::{Origin, RegistryError};
    use super::*;
    use foulee_contract::{Report, ReportAnswer, ReportQuestion, ResponseState};

    async fn raised(registry: &Registry, number: u8, code: RedFlag, now_ms: i64) {
        let report = Report {
            id: ReportId::from_parts(NOW as u64, [number; 10]),
            participant: person(1),
            question: ReportQuestion::RedFlag,
            state: ResponseState::Answered,
            answer: Some(ReportAnswer::RedFlag { codes: vec![code] }),
            effective_at: chrono::DateTime::from_timestamp_millis(NOW).unwrap(),
            corrects: None,
        };
        registry.add_reports(&[report], Origin::Participant, now_ms).await.unwrap();
    }

    #[tokio::test]
    async fn a_code_on_paper_clears_once_what_was_raised_before_it() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        raised(&registry, 1, RedFlag::Sphincter, NOW).await;
        let first = registry.add_clearing_code(id, *b"12345678", NOW + 1, NOW + 100).await.unwrap();
        let second = registry.add_clearing_code(id, *b"87654321", NOW + 2, NOW + 100).await.unwrap();
        for wrong in ["", "AAAAAAAA", first.reveal()] {
            assert_eq!(registry.clear_by_code(wrong, NOW + 3).await.unwrap(), None, "{wrong}");
        }
        assert_eq!(registry.clear_by_code(second.reveal(), NOW + 100).await.unwrap(), None, "it has ended");
        assert_eq!(registry.clear_by_code(second.reveal(), NOW + 4).await.unwrap(), Some(id));
        assert_eq!(registry.clear_by_code(second.reveal(), NOW + 5).await.unwrap(), None, "it is spent");
        let last = registry.safety(id).await.unwrap().pop().unwrap();
        assert_eq!(last.change, SafetyChange::Cleared { by: Clearer::GeneralPractitioner });
        let third = registry.add_clearing_code(id, *b"abcdefgh", NOW + 6, NOW + 100).await.unwrap();
        raised(&registry, 2, RedFlag::LegWeakness, NOW + 7).await;
        assert_eq!(registry.clear_by_code(third.reveal(), NOW + 8).await.unwrap(), None, "raised after it");
    }

    #[tokio::test]
    async fn nobody_is_cleared_who_is_not_there() {
        let (_folder, registry) = opened().await;
        let refused = registry.clear_safety(person(1), Clearer::Professional, NOW).await;
        assert!(matches!(refused, Err(RegistryError::ParticipantUnknown)));
        assert!(registry.add_clearing_code(person(1), [1; 8], NOW, NOW + 1).await.is_err());
    }
}
