use foulee_contract::{ParticipantId, Source};

use super::error::unreadable;
use super::open::next_number;
use super::people::require_participant;
use super::{Registry, Result};

/// How far a source is preferred where several recorded the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePriority {
    /// The source.
    pub source: Source,
    /// The greatest wins.
    pub priority: i64,
    /// When it was said, ms UTC.
    pub recorded_ms: i64,
}

impl Registry {
    /// Says how far a source of a participant is preferred, and whether that was news. What was said before stays
    /// recorded.
    ///
    /// # Errors
    /// The participant is unknown.
    pub async fn set_source_priority(
        &self,
        participant: ParticipantId,
        source: &Source,
        priority: i64,
        now_ms: i64,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        let sql = "SELECT priority FROM source_priority WHERE participant = $1 AND source_key = $2
            ORDER BY recorded_ms DESC, id DESC LIMIT 1";
        let before: Option<i64> = sqlx::query_scalar(sql)
            .bind(participant.to_string())
            .bind(source.key())
            .fetch_optional(&mut *tx)
            .await?;
        if before == Some(priority) {
            return Ok(false);
        }
        let id = next_number(&mut tx, "source_priority", now_ms).await?;
        let sql = "INSERT INTO source_priority (id, participant, source_key, priority, recorded_ms)
            VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(id)
            .bind(participant.to_string())
            .bind(source.key())
            .bind(priority)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What was said of a participant's sources, the most preferred first, equal ones by key.
    ///
    /// # Errors
    /// The database failed.
    pub async fn source_priorities(&self, participant: ParticipantId) -> Result<Vec<SourcePriority>> {
        let sql = "SELECT source_key, priority, recorded_ms FROM source_priority WHERE participant = $1
            ORDER BY source_key, recorded_ms, id";
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as(sql).bind(participant.to_string()).fetch_all(self.reader()).await?;
        let mut priorities: Vec<SourcePriority> = Vec::new();
        for (key, priority, recorded_ms) in rows {
            let source: Source = key.parse().map_err(unreadable("source_priority", "source_key"))?;
            // What was said last of the same source stands.
            priorities.pop_if(|before| before.source == source);
            priorities.push(SourcePriority { source, priority, recorded_ms });
        }
        priorities
            .sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.source.key().cmp(b.source.key())));
        Ok(priorities)
    }
}

#[cfg(test)]
mod tests {
    use super::super::RegistryError;
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    #[tokio::test]
    async fn the_last_word_on_a_source_stands() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let source = |key: &str| key.parse::<Source>().unwrap();
        let (watch, phone) = (source("watch/fitabase/fitbit"), source("phone"));
        assert!(registry.set_source_priority(id, &watch, 10, NOW).await.unwrap());
        assert!(registry.set_source_priority(id, &phone, 5, NOW).await.unwrap());
        assert!(!registry.set_source_priority(id, &phone, 5, NOW + 1).await.unwrap());
        assert!(registry.set_source_priority(id, &phone, 20, NOW + 2).await.unwrap());
        let read = registry.source_priorities(id).await.unwrap();
        let read: Vec<_> = read.into_iter().map(|p| (p.source, p.priority, p.recorded_ms)).collect();
        assert_eq!(read, [(phone.clone(), 20, NOW + 2), (watch, 10, NOW)]);
        let nobody = registry.set_source_priority(person(2), &phone, 1, NOW).await;
        assert!(matches!(nobody, Err(RegistryError::ParticipantUnknown)));
    }
}
