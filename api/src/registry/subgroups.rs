use super::programmes::version_of;
use super::studies::require_study;
use super::{NameKind, Registry, RegistryError, Result, StudyId};

/// A subgroup's definition as it is stored; its document is opaque here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSubgroup {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The document, JSON.
    pub doc_json: String,
    /// When it was put, ms UTC.
    pub recorded_ms: i64,
}

type Row = (String, i64, String, i64);

fn stored((name, version, doc_json, recorded_ms): Row) -> Result<StoredSubgroup> {
    Ok(StoredSubgroup { name, version: version_of(version, "subgroup")?, doc_json, recorded_ms })
}

impl Registry {
    /// Puts a subgroup's definition; the same again changes nothing.
    ///
    /// # Errors
    /// The study is unknown; the name is not admitted; the version is there with other content.
    pub async fn put_subgroup(
        &self,
        study: StudyId,
        name: &str,
        version: u32,
        doc_json: &str,
        now_ms: i64,
    ) -> Result<()> {
        NameKind::Subgroup.check(name)?;
        let mut tx = self.begin().await?;
        require_study(&mut tx, study).await?;
        let sql = "SELECT doc FROM subgroup WHERE study = $1 AND name = $2 AND version = $3";
        let query = sqlx::query_scalar::<_, String>(sql).bind(study.get()).bind(name);
        match query.bind(i64::from(version)).fetch_optional(&mut *tx).await? {
            Some(known) if known == doc_json => return Ok(()),
            Some(_) => return Err(RegistryError::SubgroupConflict),
            None => {}
        }
        let sql = "INSERT INTO subgroup (study, name, version, doc, recorded_ms) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(study.get())
            .bind(name)
            .bind(i64::from(version))
            .bind(doc_json)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// All definitions of a study, by name and version.
    ///
    /// # Errors
    /// The database failed.
    pub async fn subgroups(&self, study: StudyId) -> Result<Vec<StoredSubgroup>> {
        let sql = "SELECT name, version, doc, recorded_ms FROM subgroup WHERE study = $1
            ORDER BY name, version";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(study.get()).fetch_all(self.reader()).await?;
        rows.into_iter().map(stored).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, opened};
    use super::*;

    #[tokio::test]
    async fn a_version_never_changes() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        let put = |version, doc| registry.put_subgroup(study, "fear", version, doc, NOW);
        put(1, "{}").await.unwrap();
        put(1, "{}").await.unwrap();
        assert!(matches!(put(1, "{ }").await, Err(RegistryError::SubgroupConflict)));
        put(2, "{ }").await.unwrap();
        let versions: Vec<u32> =
            registry.subgroups(study).await.unwrap().into_iter().map(|one| one.version).collect();
        assert_eq!(versions, [1, 2]);
    }
}
