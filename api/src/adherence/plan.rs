use chrono::NaiveDate;
use foulee_analytics::adherence::ReportedDay;
use foulee_analytics::programme::{PrescribedDay, Programme, QuotaKind};
use foulee_contract::{ParticipantId, ProgrammeDoc};

use super::said::{SaidDays, said_days};
use crate::ApiError;
use crate::profile::Preferences;
use crate::programme::programme_of;
use crate::registry::{Prescription, Registry, prescription_on};

/// What is prescribed to a participant.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    prescriptions: Vec<Prescription>,
    programmes: Vec<(ProgrammeDoc, Programme)>,
    preferences: Preferences,
    said: SaidDays,
}

/// A prescribed day and which prescription it comes from.
#[derive(Clone, Copy, Debug)]
pub struct PlanDay<'a> {
    /// The day and its quota.
    pub day: PrescribedDay,
    /// The programme's document.
    pub doc: &'a ProgrammeDoc,
}

impl Plan {
    /// As the registry knows it.
    ///
    /// # Errors
    /// When the registry fails or a stored document does not read back.
    pub async fn load(registry: &Registry, participant: ParticipantId) -> Result<Self, ApiError> {
        Self::load_as_of(registry, participant, None).await
    }

    /// As the registry knew it at an instant, ms UTC; as it knows it now where none is given.
    ///
    /// # Errors
    /// As [`Plan::load`].
    pub async fn load_as_of(
        registry: &Registry,
        participant: ParticipantId,
        known_at_ms: Option<i64>,
    ) -> Result<Self, ApiError> {
        let mut prescriptions = registry.prescriptions(participant).await?;
        prescriptions.retain(|one| known_at_ms.is_none_or(|at| one.recorded_ms <= at));
        let mut programmes = Vec::with_capacity(prescriptions.len());
        for prescription in &prescriptions {
            let stored = registry.programme(&prescription.programme, prescription.version).await?;
            let stored = stored.ok_or(ApiError::ProgrammeUnknown)?;
            let doc: ProgrammeDoc = serde_json::from_str(&stored.doc_json)?;
            let programme = programme_of(&doc)?;
            programmes.push((doc, programme));
        }
        let said = registry.context(participant, known_at_ms).await?;
        let zones = crate::zones::home_zones(registry, participant).await?;
        let preferences = Preferences::of(&said, &zones)?;
        let reports = registry.reports(participant, known_at_ms).await?;
        let attended = registry.attendance_of(participant, known_at_ms).await?;
        let said = said_days(&reports, &attended, &zones)?;
        Ok(Self { prescriptions, programmes, preferences, said })
    }

    /// Whether anything was ever assigned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prescriptions.is_empty()
    }

    /// The first day of any prescription.
    #[must_use]
    pub fn first_date(&self) -> Option<NaiveDate> {
        self.prescriptions.iter().map(|prescription| prescription.start_date).min()
    }

    /// The programme in force on a date, and its start.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<(&ProgrammeDoc, NaiveDate)> {
        let current = prescription_on(&self.prescriptions, date)?;
        let at = self.prescriptions.iter().position(|other| other.id == current.id)?;
        Some((&self.programmes[at].0, current.start_date))
    }

    /// What was said of a kind that no sensor judges, day by day.
    #[must_use]
    pub fn reported(&self, kind: QuotaKind) -> &[ReportedDay] {
        self.said.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The kinds of quota, among those that a sensor judges, that anything assigned has; steps first.
    #[must_use]
    pub fn kinds(&self) -> Vec<QuotaKind> {
        self.kinds_among(&QuotaKind::SENSED)
    }

    /// All kinds of quota that anything assigned has; steps first.
    #[must_use]
    pub fn all_kinds(&self) -> Vec<QuotaKind> {
        self.kinds_among(&QuotaKind::ALL)
    }

    fn kinds_among(&self, kinds: &[QuotaKind]) -> Vec<QuotaKind> {
        let mut kinds: Vec<QuotaKind> = kinds.to_vec();
        kinds.retain(|kind| {
            self.programmes
                .iter()
                .any(|(_, p)| p.stages().iter().any(|s| s.quotas.iter().any(|q| q.kind == *kind)))
        });
        kinds
    }

    /// The prescribed days of a kind, both ends included; a later assignment supersedes from its start. What the person
    /// avoids, and days that are impossible to them, are not prescribed.
    ///
    /// # Errors
    /// [`ApiError::PeriodReversed`], and dates beyond the calendar.
    pub fn days(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        kind: QuotaKind,
    ) -> Result<Vec<PlanDay<'_>>, ApiError> {
        if to < from {
            return Err(ApiError::PeriodReversed);
        }
        let mut days = Vec::new();
        for (prescription, (doc, programme)) in self.prescriptions.iter().zip(&self.programmes) {
            for day in programme.prescribed_days(prescription.start_date, from, to, kind)? {
                let current = prescription_on(&self.prescriptions, day.date);
                if current.is_some_and(|current| current.id == prescription.id)
                    && let Some(day) = self.preferences.constrain(day)
                {
                    days.push(PlanDay { day, doc });
                }
            }
        }
        days.sort_by_key(|plan| plan.day.date);
        Ok(days)
    }
}

/// A kind of quota as it stands in answers.
#[must_use]
pub fn kind_word(kind: QuotaKind) -> &'static str {
    kind.as_str()
}
