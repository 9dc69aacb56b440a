use foulee_contract::{ParticipantId, ResponseState};

use super::error::unreadable;
use super::open::next_number;
use super::people::require_participant;
use super::{Origin, Registry, Result};

/// An answer about somebody's life, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextEntry {
    /// Its number: a greater one came later.
    pub number: i64,
    /// Which item.
    pub item: String,
    /// What came of the question.
    pub state: ResponseState,
    /// The answer, or the reason for declining, as JSON.
    pub value: Option<String>,
    /// From when on it holds, ms UTC.
    pub effective_ms: i64,
    /// By whom it was said.
    pub origin: Origin,
    /// When it was recorded, ms UTC.
    pub recorded_ms: i64,
}

/// An answer to be kept, checked by the caller.
#[derive(Clone, Copy, Debug)]
pub struct NewContext<'a> {
    /// Which item.
    pub item: &'a str,
    /// What came of the question.
    pub state: ResponseState,
    /// The answer, or the reason for declining, as JSON.
    pub value: Option<&'a str>,
    /// From when on it holds, ms UTC.
    pub effective_ms: i64,
}

type Row = (i64, String, String, i64, String, i64, Option<String>);

fn entry((number, item, state, effective_ms, origin, recorded_ms, value): Row) -> Result<ContextEntry> {
    Ok(ContextEntry {
        number,
        item,
        state: ResponseState::of(&state).ok_or_else(|| unreadable("context", "state")(()))?,
        value,
        effective_ms,
        origin: Origin::of(&origin, "context")?,
        recorded_ms,
    })
}

impl Registry {
    /// Keeps answers about somebody's life, all in one transaction. What was said before stays.
    ///
    /// # Errors
    /// The participant is unknown, or the database failed.
    pub async fn add_context(
        &self,
        participant: ParticipantId,
        answers: &[NewContext<'_>],
        origin: Origin,
        now_ms: i64,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        for new in answers {
            let id = next_number(&mut tx, "context", now_ms).await?;
            let sql = "INSERT INTO context
                (id, participant, item, state, effective_ms, origin, recorded_ms, value)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
            sqlx::query(sql)
                .bind(id)
                .bind(participant.to_string())
                .bind(new.item)
                .bind(new.state.as_str())
                .bind(new.effective_ms)
                .bind(origin.as_str())
                .bind(now_ms)
                .bind(new.value)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// All that was ever said of a participant's life, in the order in which it was recorded; up to an instant of recording
    /// where one is given, ms UTC.
    ///
    /// # Errors
    /// The database failed.
    pub async fn context(
        &self,
        participant: ParticipantId,
        known_at_ms: Option<i64>,
    ) -> Result<Vec<ContextEntry>> {
        let sql = "SELECT id, item, state, effective_ms, origin, recorded_ms, value FROM context
            WHERE participant = $1 AND recorded_ms <= $2 ORDER BY id";
        let query = sqlx::query_as::<_, Row>(sql).bind(participant.to_string());
        let rows = query.bind(known_at_ms.unwrap_or(i64::MAX)).fetch_all(self.reader()).await?;
        rows.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    #[tokio::test]
    async fn what_was_said_before_stays_and_can_be_asked_for() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let answered = |value| NewContext {
            item: "weight_kg",
            state: ResponseState::Answered,
            value: Some(value),
            effective_ms: NOW - 9,
        };
        registry.add_context(id, &[answered("80")], Origin::Participant, NOW).await.unwrap();
        let declined = NewContext { state: ResponseState::Declined, value: None, ..answered("") };
        registry.add_context(id, &[answered("82"), declined], Origin::Participant, NOW + 5).await.unwrap();
        let values = |all: Vec<ContextEntry>| all.into_iter().map(|one| one.value).collect::<Vec<_>>();
        let now = values(registry.context(id, None).await.unwrap());
        assert_eq!(now, [Some("80".to_owned()), Some("82".to_owned()), None]);
        assert_eq!(values(registry.context(id, Some(NOW + 4)).await.unwrap()), [Some("80".to_owned())]);
        assert!(registry.add_context(person(2), &[answered("1")], Origin::Operator, NOW).await.is_err());
    }
}
