use super::error::unreadable;
use super::{NameKind, Registry, RegistryError, Result};

/// A version of a programme, as it will be for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The digest that came with the document.
    pub digest: Vec<u8>,
    /// When it was first put here, ms UTC.
    pub recorded_ms: i64,
    /// The document, a `contract::ProgrammeDoc` as JSON.
    pub doc_json: String,
}

/// A version of a programme to be put.
#[derive(Clone, Copy, Debug)]
pub struct NewProgramme<'a> {
    /// Its name, `a-z 0-9 -`.
    pub name: &'a str,
    /// Its version.
    pub version: u32,
    /// A digest of the document; what has the same is taken for the same.
    pub digest: &'a [u8],
    /// The document, opaque here.
    pub doc_json: &'a str,
}

type Row = (String, i64, Vec<u8>, i64, String);

fn programme((name, version, digest, recorded_ms, doc_json): Row) -> Result<Programme> {
    Ok(Programme { name, version: version_of(version, "programme")?, digest, recorded_ms, doc_json })
}

/// A stored version.
pub(super) fn version_of(stored: i64, table: &'static str) -> Result<u32> {
    stored.try_into().map_err(unreadable(table, "version"))
}

impl Registry {
    /// Puts a version of a programme, and says whether it is new. The same content again changes nothing.
    ///
    /// # Errors
    /// The version exists with another digest; the name is not admitted.
    pub async fn put_programme(&self, new: NewProgramme<'_>, now_ms: i64) -> Result<bool> {
        NameKind::Programme.check(new.name)?;
        let mut tx = self.begin().await?;
        let before: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT digest FROM programme WHERE name = $1 AND version = $2")
                .bind(new.name)
                .bind(i64::from(new.version))
                .fetch_optional(&mut *tx)
                .await?;
        match before {
            Some(digest) if digest == new.digest => return Ok(false),
            Some(_) => return Err(RegistryError::ProgrammeConflict),
            None => {}
        }
        let sql =
            "INSERT INTO programme (name, version, digest, recorded_ms, doc) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(new.name)
            .bind(i64::from(new.version))
            .bind(new.digest)
            .bind(now_ms)
            .bind(new.doc_json)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// One version of a programme, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn programme(&self, name: &str, version: u32) -> Result<Option<Programme>> {
        let sql = "SELECT name, version, digest, recorded_ms, doc FROM programme
            WHERE name = $1 AND version = $2";
        let query = sqlx::query_as::<_, Row>(sql).bind(name).bind(i64::from(version));
        query.fetch_optional(self.reader()).await?.map(programme).transpose()
    }

    /// The greatest version of a programme, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn latest_programme(&self, name: &str) -> Result<Option<Programme>> {
        let sql = "SELECT name, version, digest, recorded_ms, doc FROM programme
            WHERE name = $1 ORDER BY version DESC LIMIT 1";
        let query = sqlx::query_as::<_, Row>(sql).bind(name);
        query.fetch_optional(self.reader()).await?.map(programme).transpose()
    }

    /// All versions of all programmes, by name, then version.
    ///
    /// # Errors
    /// The database failed.
    pub async fn programmes(&self) -> Result<Vec<Programme>> {
        let sql = "SELECT name, version, digest, recorded_ms, doc FROM programme ORDER BY name, version";
        let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(self.reader()).await?;
        rows.into_iter().map(programme).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, opened};
    use super::*;

    #[tokio::test]
    async fn a_version_never_changes() {
        let (_folder, registry) = opened().await;
        let put = |version, digest: &'static [u8]| {
            let new = NewProgramme { name: "walk", version, digest, doc_json: "{}" };
            registry.put_programme(new, NOW + i64::from(version))
        };
        assert!(put(1, b"one").await.unwrap());
        assert!(!put(1, b"one").await.unwrap());
        assert!(matches!(put(1, b"other").await, Err(RegistryError::ProgrammeConflict)));
        assert!(put(10, b"ten").await.unwrap());
        assert!(put(2, b"two").await.unwrap());
        assert_eq!(registry.programme("walk", 1).await.unwrap().unwrap().digest, b"one");
        assert_eq!(registry.latest_programme("walk").await.unwrap().unwrap().version, 10);
        let versions: Vec<_> = registry.programmes().await.unwrap().iter().map(|p| p.version).collect();
        assert_eq!(versions, [1, 2, 10]);
        assert!(registry.programme("walk", 3).await.unwrap().is_none());
        assert!(registry.latest_programme("swim").await.unwrap().is_none());
    }
}
