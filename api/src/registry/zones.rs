use chrono_tz::Tz;
use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::open::next_number;
use super::people::require_participant;
use super::studies::require_study;
use super::{Registry, RegistryError, Result, StudyId};

/// The `from_ms` of a zone that holds since ever: a participant's default.
pub const SINCE_EVER: i64 = i64::MIN;

/// The zone in which a participant lives from an instant on, until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HomeZone {
    /// First instant, ms UTC; [`SINCE_EVER`] for a default.
    pub from_ms: i64,
    /// The zone.
    pub zone: Tz,
}

impl Registry {
    /// Says in which IANA zone a participant lives from an instant on, and whether that was news. What was said before
    /// stays recorded; what is said last for the same `from_ms` wins.
    ///
    /// # Errors
    /// The zone or the participant is unknown.
    pub async fn set_home_zone(
        &self,
        participant: ParticipantId,
        from_ms: i64,
        zone_name: &str,
        now_ms: i64,
    ) -> Result<bool> {
        let zone = known(zone_name)?;
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        let sql = "SELECT zone FROM home_zone WHERE participant = $1 AND from_ms = $2
            ORDER BY recorded_ms DESC, id DESC LIMIT 1";
        let before: Option<String> = sqlx::query_scalar(sql)
            .bind(participant.to_string())
            .bind(from_ms)
            .fetch_optional(&mut *tx)
            .await?;
        if before.as_deref() == Some(zone.name()) {
            return Ok(false);
        }
        let id = next_number(&mut tx, "home_zone", now_ms).await?;
        let sql =
            "INSERT INTO home_zone (id, participant, from_ms, zone, recorded_ms) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(id)
            .bind(participant.to_string())
            .bind(from_ms)
            .bind(zone.name())
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Says which IANA zone holds for the people of a study who have none of their own, and whether that was news.
    ///
    /// # Errors
    /// The zone or the study is unknown.
    pub async fn set_study_zone(&self, study: StudyId, zone_name: &str, now_ms: i64) -> Result<bool> {
        let zone = known(zone_name)?;
        let mut tx = self.begin().await?;
        require_study(&mut tx, study).await?;
        let sql = "SELECT zone FROM study_zone WHERE study = $1 ORDER BY recorded_ms DESC, id DESC LIMIT 1";
        let before: Option<String> =
            sqlx::query_scalar(sql).bind(study.get()).fetch_optional(&mut *tx).await?;
        if before.as_deref() == Some(zone.name()) {
            return Ok(false);
        }
        let id = next_number(&mut tx, "study_zone", now_ms).await?;
        sqlx::query("INSERT INTO study_zone (id, study, zone, recorded_ms) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(study.get())
            .bind(zone.name())
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The zone of a study's people who have none of their own, if one was said.
    ///
    /// # Errors
    /// The database failed.
    pub async fn study_zone(&self, study: StudyId) -> Result<Option<Tz>> {
        let sql = "SELECT zone FROM study_zone WHERE study = $1 ORDER BY recorded_ms DESC, id DESC LIMIT 1";
        let text: Option<String> =
            sqlx::query_scalar(sql).bind(study.get()).fetch_optional(self.reader()).await?;
        text.map(|text| text.parse().map_err(unreadable("study_zone", "zone"))).transpose()
    }

    /// A participant's zones in the order of time. The default (the person's own, else the study's) comes first, at
    /// [`SINCE_EVER`]; without one the time before the first entry has no zone.
    ///
    /// # Errors
    /// The database failed.
    pub async fn home_zones(&self, participant: ParticipantId) -> Result<Vec<HomeZone>> {
        let mut zones = Vec::new();
        let sql = "SELECT zone FROM study_zone WHERE study = (SELECT study FROM participant WHERE id = $1)
            ORDER BY recorded_ms DESC, id DESC LIMIT 1";
        let of_study: Option<String> =
            sqlx::query_scalar(sql).bind(participant.to_string()).fetch_optional(self.reader()).await?;
        if let Some(text) = of_study {
            let zone = text.parse().map_err(unreadable("study_zone", "zone"))?;
            zones.push(HomeZone { from_ms: SINCE_EVER, zone });
        }
        let sql =
            "SELECT from_ms, zone FROM home_zone WHERE participant = $1 ORDER BY from_ms, recorded_ms, id";
        let own: Vec<(i64, String)> =
            sqlx::query_as(sql).bind(participant.to_string()).fetch_all(self.reader()).await?;
        for (from_ms, text) in own {
            let zone = text.parse().map_err(unreadable("home_zone", "zone"))?;
            // What was said last for the same instant stands.
            zones.pop_if(|before| before.from_ms == from_ms);
            zones.push(HomeZone { from_ms, zone });
        }
        Ok(zones)
    }
}

fn known(zone_name: &str) -> Result<Tz> {
    zone_name.parse().map_err(|_| RegistryError::ZoneUnknown)
}

#[cfg(test)]
mod tests {
    use super::super::NewParticipant;
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;
    use chrono_tz::{Africa::Tunis, America::Montreal, Europe::Paris};

    #[tokio::test]
    async fn the_last_word_on_an_instant_stands_and_the_study_fills_the_beginning() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        let id = person(1);
        let new = NewParticipant { id, external_id: None, study: Some(study) };
        registry.add_participant(new, NOW).await.unwrap();
        assert_eq!(registry.home_zones(id).await.unwrap(), []);

        assert!(registry.set_study_zone(study, "Europe/Paris", NOW).await.unwrap());
        assert!(!registry.set_study_zone(study, "Europe/Paris", NOW + 1).await.unwrap());
        assert!(registry.set_home_zone(id, 2_000, "America/Montreal", NOW).await.unwrap());
        assert!(registry.set_home_zone(id, 1_000, "Europe/Paris", NOW + 1).await.unwrap());
        // Said twice within one millisecond: the second time counts.
        assert!(registry.set_home_zone(id, 1_000, "Africa/Tunis", NOW + 1).await.unwrap());
        assert!(!registry.set_home_zone(id, 1_000, "Africa/Tunis", NOW + 2).await.unwrap());
        let zone = |from_ms, zone| HomeZone { from_ms, zone };
        let later = [zone(1_000, Tunis), zone(2_000, Montreal)];
        assert_eq!(
            registry.home_zones(id).await.unwrap(),
            [&[zone(SINCE_EVER, Paris)][..], &later[..]].concat()
        );

        registry.set_home_zone(id, SINCE_EVER, "America/Montreal", NOW).await.unwrap();
        assert_eq!(registry.home_zones(id).await.unwrap()[0], zone(SINCE_EVER, Montreal));
        assert_eq!(registry.study_zone(study).await.unwrap(), Some(Paris));
    }

    #[tokio::test]
    async fn unknown_zones_people_and_studies_are_refused() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let zone = registry.set_home_zone(id, 0, "Europe/Atlantis", NOW).await;
        assert!(matches!(zone, Err(RegistryError::ZoneUnknown)));
        let nobody = registry.set_home_zone(person(2), 0, "Europe/Paris", NOW).await;
        assert!(matches!(nobody, Err(RegistryError::ParticipantUnknown)));
        let nowhere = registry.set_study_zone(StudyId::new(9), "Europe/Paris", NOW).await;
        assert!(matches!(nowhere, Err(RegistryError::StudyUnknown)));
        assert_eq!(registry.home_zones(person(2)).await.unwrap(), []);
    }
}
