use chrono::{DateTime, NaiveDate};

use super::error::unreadable;
use super::ids::{date_of, date_text};
use super::open::next_number;
use super::studies::require_study;
use super::{Registry, RegistryError, Result, StudyId};

/// How many people a study means to include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StudyPlan {
    /// People a year.
    pub per_year: u32,
    /// From this day on.
    pub from: NaiveDate,
    /// When it was recorded, ms UTC.
    pub recorded_ms: i64,
}

/// The most people that a plan may mean to include in a year.
const MAX_PER_YEAR: u32 = 1_000_000;

impl Registry {
    /// Plans a study's inclusion. A later plan is instead of an earlier one.
    ///
    /// # Errors
    /// The study is unknown; the number or the date is out of range.
    pub async fn plan_study(&self, id: StudyId, per_year: u32, from: NaiveDate, now_ms: i64) -> Result<()> {
        if !(1..=MAX_PER_YEAR).contains(&per_year) {
            return Err(RegistryError::PlanOutOfRange);
        }
        let from = date_text(from)?;
        let mut tx = self.begin().await?;
        require_study(&mut tx, id).await?;
        let number = next_number(&mut tx, "study_plan", now_ms).await?;
        let sql = "INSERT INTO study_plan (id, study, per_year, from_date, recorded_ms) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(sql)
            .bind(number)
            .bind(id.get())
            .bind(i64::from(per_year))
            .bind(from)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// A study's plan, as recorded last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn study_plan(&self, id: StudyId) -> Result<Option<StudyPlan>> {
        let sql = "SELECT per_year, from_date, recorded_ms FROM study_plan WHERE study = $1
            ORDER BY id DESC LIMIT 1";
        let row: Option<(i64, String, i64)> =
            sqlx::query_as(sql).bind(id.get()).fetch_optional(self.reader()).await?;
        row.map(|(per_year, from, recorded_ms)| {
            let per_year = u32::try_from(per_year).map_err(unreadable("study_plan", "per_year"))?;
            Ok(StudyPlan { per_year, from: date_of(&from, "study_plan", "from_date")?, recorded_ms })
        })
        .transpose()
    }

    /// The days (UTC) on which the people of a study were added here: their inclusion, as far as this registry knows it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn inclusion_days(&self, id: StudyId) -> Result<Vec<NaiveDate>> {
        let sql = "SELECT recorded_ms FROM participant WHERE study = $1 ORDER BY recorded_ms";
        let times: Vec<i64> = sqlx::query_scalar(sql).bind(id.get()).fetch_all(self.reader()).await?;
        let day = |ms| {
            let at = DateTime::from_timestamp_millis(ms);
            at.map(|at| at.date_naive()).ok_or_else(|| unreadable("participant", "recorded_ms")(()))
        };
        times.into_iter().map(day).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::NewParticipant;
    use super::super::fixture::{NOW, opened, person};
    use super::*;

    #[tokio::test]
    async fn the_plan_recorded_last_holds_and_people_count_from_their_day() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        assert_eq!(registry.study_plan(study).await.unwrap(), None);
        let from = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        registry.plan_study(study, 1_000, from, NOW).await.unwrap();
        registry.plan_study(study, 1_700, from, NOW + 1).await.unwrap();
        let plan = StudyPlan { per_year: 1_700, from, recorded_ms: NOW + 1 };
        assert_eq!(registry.study_plan(study).await.unwrap(), Some(plan));
        let none = registry.plan_study(study, 0, from, NOW).await;
        assert!(matches!(none, Err(RegistryError::PlanOutOfRange)));
        let nowhere = registry.plan_study(StudyId::new(99), 1, from, NOW).await;
        assert!(matches!(nowhere, Err(RegistryError::StudyUnknown)));
        let new = NewParticipant { id: person(1), external_id: None, study: Some(study) };
        registry.add_participant(new, NOW).await.unwrap();
        // 1,790,000,000 s are 2026-09-21T13:33:20Z.
        let day = NaiveDate::from_ymd_opt(2026, 9, 21).unwrap();
        assert_eq!(registry.inclusion_days(study).await.unwrap(), [day]);
    }
}
