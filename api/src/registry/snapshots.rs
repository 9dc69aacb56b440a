use super::programmes::version_of;
use super::{Registry, Result};

/// What was known of many people together at some time, such as a cohort's prior: an input of its own to a computed
/// row. It outlives an erasure, so it holds aggregates alone, never a pseudonym.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is of.
    pub kind: String,
    /// From 1 on, one more at each change.
    pub version: u32,
    /// A digest of the payload, part of the key of what is computed from it.
    pub digest: Vec<u8>,
    /// When it was put, ms UTC.
    pub recorded_ms: i64,
    /// The content, JSON, opaque here.
    pub payload: String,
}

type Row = (String, i64, Vec<u8>, i64, String);

fn snapshot((kind, version, digest, recorded_ms, payload): Row) -> Result<Snapshot> {
    Ok(Snapshot { kind, version: version_of(version, "snapshot")?, digest, recorded_ms, payload })
}

impl Registry {
    /// Puts a snapshot and returns its version: the latest one's where the digest did not change, else the next.
    ///
    /// # Errors
    /// The database failed.
    pub async fn put_snapshot(&self, kind: &str, payload: &str, digest: &[u8], now_ms: i64) -> Result<u32> {
        let mut tx = self.begin().await?;
        let sql = "SELECT version, digest FROM snapshot WHERE kind = $1 ORDER BY version DESC LIMIT 1";
        let latest: Option<(i64, Vec<u8>)> = sqlx::query_as(sql).bind(kind).fetch_optional(&mut *tx).await?;
        let version = match latest {
            Some((version, before)) if before == digest => return version_of(version, "snapshot"),
            Some((version, _)) => version + 1,
            None => 1,
        };
        let sql =
            "INSERT INTO snapshot (kind, version, digest, recorded_ms, payload) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(kind)
            .bind(version)
            .bind(digest)
            .bind(now_ms)
            .bind(payload)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        version_of(version, "snapshot")
    }

    /// One version of a kind of snapshot, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn snapshot(&self, kind: &str, version: u32) -> Result<Option<Snapshot>> {
        let sql = "SELECT kind, version, digest, recorded_ms, payload FROM snapshot
            WHERE kind = $1 AND version = $2";
        let query = sqlx::query_as::<_, Row>(sql).bind(kind).bind(i64::from(version));
        query.fetch_optional(self.reader()).await?.map(snapshot).transpose()
    }

    /// The latest snapshot of a kind, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn latest_snapshot(&self, kind: &str) -> Result<Option<Snapshot>> {
        let sql = "SELECT kind, version, digest, recorded_ms, payload FROM snapshot
            WHERE kind = $1 ORDER BY version DESC LIMIT 1";
        let query = sqlx::query_as::<_, Row>(sql).bind(kind);
        query.fetch_optional(self.reader()).await?.map(snapshot).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, opened};

    #[tokio::test]
    async fn a_version_is_made_only_by_a_change() {
        let (_folder, registry) = opened().await;
        let mut versions = Vec::new();
        // Back to an earlier content is a change like any other.
        for (later, digest) in [b"a", b"a", b"b", b"a"].into_iter().enumerate() {
            let now_ms = NOW + later as i64;
            versions.push(registry.put_snapshot("prior", "{}", digest, now_ms).await.unwrap());
        }
        assert_eq!(versions, [1, 1, 2, 3]);
        assert_eq!(registry.put_snapshot("other", "{}", b"b", NOW).await.unwrap(), 1);
        let latest = registry.latest_snapshot("prior").await.unwrap().unwrap();
        assert_eq!((latest.version, latest.digest, latest.recorded_ms), (3, b"a".to_vec(), NOW + 3));
        assert_eq!(registry.snapshot("prior", 1).await.unwrap().unwrap().recorded_ms, NOW);
        assert!(registry.latest_snapshot("none").await.unwrap().is_none());
    }
}
