use super::open::next_number;
use super::{NameKind, Registry, RegistryError, Result, StudyId};

/// A study: people who are looked at together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Study {
    /// Its number.
    pub id: StudyId,
    /// Its name, unique.
    pub name: String,
    /// When it was first named here, ms UTC.
    pub recorded_ms: i64,
}

type Row = (i64, String, i64);

fn study((id, name, recorded_ms): Row) -> Study {
    Study { id: StudyId::new(id), name, recorded_ms }
}

impl Registry {
    /// The study of this name, created when there is none.
    ///
    /// # Errors
    /// The name is not admitted, or the database failed.
    pub async fn study_of(&self, name: &str, now_ms: i64) -> Result<StudyId> {
        NameKind::Study.check(name)?;
        if let Some(study) = self.study_by_name(name).await? {
            return Ok(study.id);
        }
        let mut tx = self.begin().await?;
        let found: Option<i64> = sqlx::query_scalar("SELECT id FROM study WHERE name = $1")
            .bind(name)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(id) = found {
            return Ok(StudyId::new(id));
        }
        let id = next_number(&mut tx, "study", now_ms).await?;
        sqlx::query("INSERT INTO study (id, name, recorded_ms) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(name)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(StudyId::new(id))
    }

    /// The study of this name, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn study_by_name(&self, name: &str) -> Result<Option<Study>> {
        let sql = "SELECT id, name, recorded_ms FROM study WHERE name = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(name).fetch_optional(self.reader()).await?;
        Ok(row.map(study))
    }

    /// The study of this number, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn study(&self, id: StudyId) -> Result<Option<Study>> {
        let sql = "SELECT id, name, recorded_ms FROM study WHERE id = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(id.get()).fetch_optional(self.reader()).await?;
        Ok(row.map(study))
    }

    /// All studies, by name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn studies(&self) -> Result<Vec<Study>> {
        let sql = "SELECT id, name, recorded_ms FROM study ORDER BY name";
        let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(self.reader()).await?;
        Ok(rows.into_iter().map(study).collect())
    }
}

/// Fails unless the study exists.
pub(super) async fn require_study(tx: &mut super::open::Tx, id: StudyId) -> Result<()> {
    let found: Option<i64> = sqlx::query_scalar("SELECT id FROM study WHERE id = $1")
        .bind(id.get())
        .fetch_optional(&mut **tx)
        .await?;
    found.map(drop).ok_or(RegistryError::StudyUnknown)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, opened};
    use super::*;

    #[tokio::test]
    async fn a_study_is_found_again_by_its_name() {
        let (_folder, registry) = opened().await;
        let dos = registry.study_of("dos", NOW).await.unwrap();
        let other = registry.study_of("Autre", NOW + 1).await.unwrap();
        assert_ne!(dos, other);
        assert_eq!(registry.study_of("dos", NOW + 2).await.unwrap(), dos);
        let names: Vec<_> = registry.studies().await.unwrap().into_iter().map(|s| s.name).collect();
        assert_eq!(names, ["Autre", "dos"]);
        assert_eq!(registry.study(dos).await.unwrap().unwrap().recorded_ms, NOW);
        assert!(registry.study_by_name("nobody's").await.unwrap().is_none());
        assert!(matches!(registry.study_of("a/b", NOW).await, Err(RegistryError::Name { .. })));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_who_name_a_study_at_once_get_the_same() {
        let (folder, registry) = opened().await;
        // A second handle stands for a second process: the two do not share the queue of writers.
        let second = Registry::open(folder.path()).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|n| if n % 2 == 0 { registry.clone() } else { second.clone() })
            .map(|handle| tokio::spawn(async move { handle.study_of("new", NOW).await.unwrap() }))
            .collect();
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }
}
