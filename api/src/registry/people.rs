use foulee_contract::ParticipantId;

use super::ids::participant_of;
use super::open::Tx;
use super::studies::require_study;
use super::{ConsentState, NameKind, Purpose, Registry, RegistryError, Result, StudyId};

/// The most people on one page of [`Registry::participants`].
pub const MAX_PAGE: u32 = 1000;

/// A participant as the registry knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The pseudonym.
    pub id: ParticipantId,
    /// The id that an export uses for them, unique in their study.
    pub external_id: Option<String>,
    /// Their study.
    pub study: Option<StudyId>,
    /// The year of birth, for heart rate zones; a full date is never kept.
    pub birth_year: Option<i64>,
    /// When they were added, ms UTC.
    pub recorded_ms: i64,
}

/// A participant to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewParticipant<'a> {
    /// The pseudonym.
    pub id: ParticipantId,
    /// The id that an export uses for them.
    pub external_id: Option<&'a str>,
    /// Their study.
    pub study: Option<StudyId>,
}

type Row = (String, Option<String>, Option<i64>, Option<i64>, i64);

fn participant((id, external_id, study, birth_year, recorded_ms): Row) -> Result<Participant> {
    let id = participant_of(&id, "participant")?;
    Ok(Participant { id, external_id, study: study.map(StudyId::new), birth_year, recorded_ms })
}

impl Registry {
    /// Adds a participant.
    ///
    /// # Errors
    /// The id, or the external id in this study, is taken; the study is unknown; the external id is not admitted.
    pub async fn add_participant(&self, new: NewParticipant<'_>, now_ms: i64) -> Result<()> {
        if let Some(external_id) = new.external_id {
            NameKind::ExternalId.check(external_id)?;
        }
        let mut tx = self.begin().await?;
        insert(&mut tx, new, now_ms).await?;
        Ok(tx.commit().await?)
    }

    /// The participant with this external id in a study, and whether they were added now, as `new_id`.
    ///
    /// # Errors
    /// The study is unknown; the external id is not admitted; `new_id` is somebody else's.
    pub async fn participant_of_external(
        &self,
        study: StudyId,
        external_id: &str,
        new_id: ParticipantId,
        now_ms: i64,
    ) -> Result<(ParticipantId, bool)> {
        NameKind::ExternalId.check(external_id)?;
        let query = || sqlx::query_scalar::<_, String>(OF_EXTERNAL).bind(study.get()).bind(external_id);
        if let Some(text) = query().fetch_optional(self.reader()).await? {
            return Ok((participant_of(&text, "participant")?, false));
        }
        let mut tx = self.begin().await?;
        if let Some(text) = query().fetch_optional(&mut *tx).await? {
            return Ok((participant_of(&text, "participant")?, false));
        }
        let new = NewParticipant { id: new_id, external_id: Some(external_id), study: Some(study) };
        insert(&mut tx, new, now_ms).await?;
        tx.commit().await?;
        Ok((new_id, true))
    }

    /// The participant with this external id in a study, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn participant_by_external(
        &self,
        study: StudyId,
        external_id: &str,
    ) -> Result<Option<Participant>> {
        let query = sqlx::query_scalar::<_, String>(OF_EXTERNAL).bind(study.get()).bind(external_id);
        match query.fetch_optional(self.reader()).await? {
            Some(text) => self.participant(participant_of(&text, "participant")?).await,
            None => Ok(None),
        }
    }

    /// The participant of this id, if there is one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn participant(&self, id: ParticipantId) -> Result<Option<Participant>> {
        let sql = "SELECT id, external_id, study, birth_year, recorded_ms FROM participant WHERE id = $1";
        let row: Option<Row> = sqlx::query_as(sql).bind(id.to_string()).fetch_optional(self.reader()).await?;
        row.map(participant).transpose()
    }

    /// People in the order of their ids, of one study or of all, after the last one of the page before.
    ///
    /// # Errors
    /// `limit` is 0 or above [`MAX_PAGE`], or the database failed.
    pub async fn participants(
        &self,
        study: Option<StudyId>,
        after: Option<ParticipantId>,
        limit: u32,
    ) -> Result<Vec<Participant>> {
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(RegistryError::LimitOutOfRange);
        }
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let query = match study {
            Some(study) => sqlx::query_as(
                "SELECT id, external_id, study, birth_year, recorded_ms FROM participant
                WHERE id > $1 AND study = $3 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(i64::from(limit))
            .bind(study.get()),
            None => sqlx::query_as(
                "SELECT id, external_id, study, birth_year, recorded_ms FROM participant
                WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(i64::from(limit)),
        };
        let rows: Vec<Row> = query.fetch_all(self.reader()).await?;
        rows.into_iter().map(participant).collect()
    }

    /// People of a study who agree to a purpose now, as [`Registry::participants`].
    ///
    /// # Errors
    /// As [`Registry::participants`].
    pub async fn consenting(
        &self,
        study: StudyId,
        purpose: Purpose,
        after: Option<ParticipantId>,
        limit: u32,
    ) -> Result<Vec<Participant>> {
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(RegistryError::LimitOutOfRange);
        }
        let sql = "SELECT id, external_id, study, birth_year, recorded_ms FROM participant p
            WHERE id > $1 AND study = $2 AND (
                SELECT state FROM consent c WHERE c.participant = p.id AND c.purpose = $3
                ORDER BY c.effective_ms DESC, c.id DESC LIMIT 1
            ) = $4 ORDER BY id LIMIT $5";
        let query = sqlx::query_as::<_, Row>(sql)
            .bind(after.map(|id| id.to_string()).unwrap_or_default())
            .bind(study.get())
            .bind(purpose.as_str())
            .bind(ConsentState::Given.as_str())
            .bind(i64::from(limit));
        query.fetch_all(self.reader()).await?.into_iter().map(participant).collect()
    }

    /// Sets the year of birth, or takes it back with `None`.
    ///
    /// # Errors
    /// The year is not from 1900 to 2100, or the participant is unknown.
    pub async fn set_birth_year(&self, id: ParticipantId, year: Option<i64>, now_ms: i64) -> Result<()> {
        if year.is_some_and(|year| !(1900..=2100).contains(&year)) {
            return Err(RegistryError::BirthYearOutOfRange);
        }
        let sql = "UPDATE participant SET birth_year = $2, birth_year_recorded_ms = $3 WHERE id = $1";
        let query = sqlx::query(sql).bind(id.to_string()).bind(year).bind(now_ms);
        match query.execute(self.writer()?).await?.rows_affected() {
            0 => Err(RegistryError::ParticipantUnknown),
            _ => Ok(()),
        }
    }
}

/// Whether somebody has this id.
pub(super) async fn is_known(tx: &mut Tx, id: ParticipantId) -> Result<bool> {
    let found: Option<i64> = sqlx::query_scalar("SELECT recorded_ms FROM participant WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.is_some())
}

/// Fails unless somebody has this id.
pub(super) async fn require_participant(tx: &mut Tx, id: ParticipantId) -> Result<()> {
    if is_known(tx, id).await? { Ok(()) } else { Err(RegistryError::ParticipantUnknown) }
}

const OF_EXTERNAL: &str = "SELECT id FROM participant WHERE study = $1 AND external_id = $2";

async fn insert(tx: &mut Tx, new: NewParticipant<'_>, now_ms: i64) -> Result<()> {
    if let Some(study) = new.study {
        require_study(tx, study).await?;
    }
    if is_known(tx, new.id).await? {
        return Err(RegistryError::ParticipantExists);
    }
    let sql = "INSERT INTO participant (id, study, external_id, recorded_ms) VALUES ($1, $2, $3, $4)";
    let query = sqlx::query(sql)
        .bind(new.id.to_string())
        .bind(new.study.map(StudyId::get))
        .bind(new.external_id)
        .bind(now_ms);
    match query.execute(&mut **tx).await {
        Ok(_) => Ok(()),
        // The id was free a moment ago, under the same lock: it is the external id.
        Err(error) if error.as_database_error().is_some_and(|e| e.is_unique_violation()) => {
            Err(RegistryError::ExternalIdTaken)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    #[tokio::test]
    async fn a_taken_id_or_external_id_is_a_conflict() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        let other = registry.study_of("t", NOW).await.unwrap();
        let new = |number, external_id, study| NewParticipant { id: person(number), external_id, study };
        registry.add_participant(new(1, Some("a"), Some(study)), NOW).await.unwrap();
        registry.add_participant(new(2, Some("a"), Some(other)), NOW).await.unwrap();
        registry.add_participant(new(3, Some("a"), None), NOW).await.unwrap();
        let same_id = registry.add_participant(new(1, None, None), NOW).await;
        assert!(matches!(same_id, Err(RegistryError::ParticipantExists)));
        for study in [Some(study), None] {
            let taken = registry.add_participant(new(9, Some("a"), study), NOW).await;
            assert!(matches!(taken, Err(RegistryError::ExternalIdTaken)));
        }
        let nowhere = registry.add_participant(new(9, None, Some(StudyId::new(99))), NOW).await;
        assert!(matches!(nowhere, Err(RegistryError::StudyUnknown)));
        assert_eq!(registry.participants(None, None, 10).await.unwrap().len(), 3);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_who_bring_the_same_person_at_once_add_one() {
        let (folder, registry) = opened().await;
        let second = Registry::open(folder.path()).await.unwrap();
        let study = registry.study_of("s", NOW).await.unwrap();
        for round in 0..20_u16 {
            let external_id = format!("p{round}");
            let tasks: Vec<_> = [registry.clone(), second.clone()]
                .into_iter()
                .zip([round * 2 + 1, round * 2 + 2])
                .map(|(handle, number)| {
                    let external_id = external_id.clone();
                    tokio::spawn(async move {
                        handle
                            .participant_of_external(study, &external_id, person(number), NOW)
                            .await
                            .unwrap()
                    })
                })
                .collect();
            let mut found = Vec::new();
            for task in tasks {
                found.push(task.await.unwrap());
            }
            assert_eq!(found[0].0, found[1].0);
            assert_eq!(found.iter().filter(|(_, created)| *created).count(), 1);
        }
        assert_eq!(registry.participants(Some(study), None, 100).await.unwrap().len(), 20);
        let (taken, _) = registry.participant_of_external(study, "p0", person(99), NOW).await.unwrap();
        let somebody_else = registry.participant_of_external(study, "q", taken, NOW).await;
        assert!(matches!(somebody_else, Err(RegistryError::ParticipantExists)));
    }

    #[tokio::test]
    async fn pages_go_on_after_the_last_id() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        for number in 1..=7 {
            let study = (number % 2 == 1).then_some(study);
            let new = NewParticipant { id: person(number), external_id: None, study };
            registry.add_participant(new, NOW).await.unwrap();
        }
        let ids = |page: Vec<Participant>| page.into_iter().map(|p| p.id).collect::<Vec<_>>();
        let first = ids(registry.participants(None, None, 3).await.unwrap());
        assert_eq!(first, [person(1), person(2), person(3)]);
        let rest = ids(registry.participants(None, Some(first[2]), 1000).await.unwrap());
        assert_eq!(rest, [person(4), person(5), person(6), person(7)]);
        let of_study = ids(registry.participants(Some(study), Some(person(1)), 2).await.unwrap());
        assert_eq!(of_study, [person(3), person(5)]);
        for limit in [0, MAX_PAGE + 1] {
            let page = registry.participants(None, None, limit).await;
            assert!(matches!(page, Err(RegistryError::LimitOutOfRange)));
        }
    }

    #[tokio::test]
    async fn a_birth_year_is_set_and_taken_back() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        registry.set_birth_year(id, Some(1974), NOW).await.unwrap();
        assert_eq!(registry.participant(id).await.unwrap().unwrap().birth_year, Some(1974));
        registry.set_birth_year(id, None, NOW).await.unwrap();
        assert_eq!(registry.participant(id).await.unwrap().unwrap().birth_year, None);
        let odd = registry.set_birth_year(id, Some(74), NOW).await;
        assert!(matches!(odd, Err(RegistryError::BirthYearOutOfRange)));
        let nobody = registry.set_birth_year(person(2), Some(1974), NOW).await;
        assert!(matches!(nobody, Err(RegistryError::ParticipantUnknown)));
    }
}
