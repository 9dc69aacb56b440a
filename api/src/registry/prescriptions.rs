use chrono::NaiveDate;
use foulee_contract::ParticipantId;

use super::ids::{date_of, date_text};
use super::open::next_number;
use super::people::require_participant;
use super::programmes::version_of;
use super::{PrescriptionId, Registry, RegistryError, Result};

/// A programme that was assigned to a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescription {
    /// Its number; a greater one was assigned later.
    pub id: PrescriptionId,
    /// The programme's name.
    pub programme: String,
    /// The programme's version.
    pub version: u32,
    /// Its first local day (effective time).
    pub start_date: NaiveDate,
    /// When it was assigned, ms UTC (recorded time).
    pub recorded_ms: i64,
}

/// What an assignment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The assignment.
    pub prescription: Prescription,
    /// Whether it was made now; else the last one before was the same, and nothing changed.
    pub is_new: bool,
}

impl Registry {
    /// Assigns a programme to a participant from a local day on. It supersedes, from that day, all that were assigned
    /// before. The same as the last one again is no further assignment.
    ///
    /// # Errors
    /// The participant, or this version of the programme, is unknown; the date is out of range.
    pub async fn assign(
        &self,
        participant: ParticipantId,
        programme: &str,
        version: u32,
        start_date: NaiveDate,
        now_ms: i64,
    ) -> Result<Assigned> {
        let start_text = date_text(start_date)?;
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        let known: Option<i64> =
            sqlx::query_scalar("SELECT version FROM programme WHERE name = $1 AND version = $2")
                .bind(programme)
                .bind(i64::from(version))
                .fetch_optional(&mut *tx)
                .await?;
        if known.is_none() {
            return Err(RegistryError::ProgrammeUnknown);
        }
        let sql = "SELECT id, programme, version, start_date, recorded_ms FROM prescription
            WHERE participant = $1 ORDER BY id DESC LIMIT 1";
        let last: Option<Row> =
            sqlx::query_as(sql).bind(participant.to_string()).fetch_optional(&mut *tx).await?;
        if let Some(last) = last.map(prescription).transpose()?
            && (last.programme.as_str(), last.version, last.start_date) == (programme, version, start_date)
        {
            return Ok(Assigned { prescription: last, is_new: false });
        }
        let id = next_number(&mut tx, "prescription", now_ms).await?;
        let sql = "INSERT INTO prescription (id, participant, programme, version, start_date, recorded_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(id)
            .bind(participant.to_string())
            .bind(programme)
            .bind(i64::from(version))
            .bind(start_text)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let (id, programme) = (PrescriptionId::new(id), programme.to_owned());
        let prescription = Prescription { id, programme, version, start_date, recorded_ms: now_ms };
        Ok(Assigned { prescription, is_new: true })
    }

    /// All that was ever assigned to a participant, in the order of assignment.
    ///
    /// # Errors
    /// The database failed.
    pub async fn prescriptions(&self, participant: ParticipantId) -> Result<Vec<Prescription>> {
        let sql = "SELECT id, programme, version, start_date, recorded_ms FROM prescription
            WHERE participant = $1 ORDER BY id";
        let rows: Vec<Row> =
            sqlx::query_as(sql).bind(participant.to_string()).fetch_all(self.reader()).await?;
        rows.into_iter().map(prescription).collect()
    }
}

type Row = (i64, String, i64, String, i64);

fn prescription((id, programme, version, start, recorded_ms): Row) -> Result<Prescription> {
    let version = version_of(version, "prescription")?;
    let start_date = date_of(&start, "prescription", "start_date")?;
    Ok(Prescription { id: PrescriptionId::new(id), programme, version, start_date, recorded_ms })
}

/// The prescription that holds on a local day: the last assigned among those that have started by then.
#[must_use]
pub fn prescription_on(prescriptions: &[Prescription], date: NaiveDate) -> Option<&Prescription> {
    prescriptions.iter().filter(|p| p.start_date <= date).max_by_key(|p| p.id)
}

#[cfg(test)]
mod tests {
    use super::super::NewProgramme;
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_later_assignment_supersedes_from_its_start() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        for version in 1..=3 {
            let new = NewProgramme { name: "walk", version, digest: &[version as u8], doc_json: "{}" };
            registry.put_programme(new, NOW).await.unwrap();
        }
        for (version, start) in [(1, "2026-03-01"), (2, "2026-05-01"), (3, "2026-04-01")] {
            registry.assign(id, "walk", version, day(start), NOW + i64::from(version)).await.unwrap();
        }
        let all = registry.prescriptions(id).await.unwrap();
        assert_eq!(all.iter().map(|p| p.version).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((all[1].start_date, all[1].recorded_ms), (day("2026-05-01"), NOW + 2));
        let on = |date| prescription_on(&all, day(date)).map(|p| p.version);
        assert_eq!(on("2026-02-28"), None);
        assert_eq!(on("2026-03-31"), Some(1));
        assert_eq!(on("2026-04-01"), Some(3));
        // The second was never reached: the third took over before it began.
        assert_eq!(on("2026-06-01"), Some(3));
    }

    #[tokio::test]
    async fn the_last_assignment_again_changes_nothing() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        for version in [1, 2] {
            let new = NewProgramme { name: "walk", version, digest: &[version as u8], doc_json: "{}" };
            registry.put_programme(new, NOW).await.unwrap();
        }
        let assign = |version, start, at| registry.assign(id, "walk", version, day(start), NOW + at);
        let first = assign(1, "2026-03-01", 0).await.unwrap();
        let again = assign(1, "2026-03-01", 9).await.unwrap();
        assert!(first.is_new && !again.is_new);
        assert_eq!(again.prescription, first.prescription);
        // Another start, another version, or what was superseded meanwhile: each is a change.
        for (version, start) in [(1, "2026-03-02"), (2, "2026-03-02"), (1, "2026-03-01")] {
            assert!(assign(version, start, 10).await.unwrap().is_new, "{version} {start}");
        }
        let all = registry.prescriptions(id).await.unwrap();
        assert_eq!(all.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 1, 2, 1]);
    }

    #[tokio::test]
    async fn only_what_exists_is_assigned_to_those_who_exist() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let new = NewProgramme { name: "walk", version: 1, digest: b"1", doc_json: "{}" };
        registry.put_programme(new, NOW).await.unwrap();
        let unknown = registry.assign(id, "walk", 2, day("2026-03-01"), NOW).await;
        assert!(matches!(unknown, Err(RegistryError::ProgrammeUnknown)));
        let nobody = registry.assign(person(2), "walk", 1, day("2026-03-01"), NOW).await;
        assert!(matches!(nobody, Err(RegistryError::ParticipantUnknown)));
        let odd = registry.assign(id, "walk", 1, NaiveDate::MAX, NOW).await;
        assert!(matches!(odd, Err(RegistryError::DateOutOfRange)));
    }
}
