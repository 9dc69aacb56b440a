//! What is known of somebody at an instant, for the definitions of subgroups.

use chrono::{DateTime, NaiveDate};

use crate::ApiError;
use crate::registry::{Participant, Purpose, Registry, StudyId, consent_at};
use crate::study::Facts;

/// What is known now of everybody in a study, by id. Scores are left out: who has them adds them by their key.
///
/// # Errors
/// When the registry fails.
pub async fn facts_of_study(
    registry: &Registry,
    study: StudyId,
    now_ms: i64,
) -> Result<Vec<(Participant, Facts)>, ApiError> {
    let name = registry.study(study).await?.map(|study| study.name);
    let today = DateTime::from_timestamp_millis(now_ms).map_or(NaiveDate::MIN, |at| at.date_naive());
    let groups = registry.groups(study).await?;
    let mut members = registry.memberships_of_study(study).await?;
    members.retain(|(_, one)| one.holds_on(today));
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = registry.participants(Some(study), after, crate::registry::MAX_PAGE).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.id);
        for participant in page {
            let group = members.iter().find(|(_, one)| one.participant == participant.id);
            let group = group.and_then(|(id, _)| groups.iter().find(|group| group.id == *id));
            let history = registry.consents(participant.id).await?;
            let said = |purpose| Some((purpose, consent_at(&history, purpose, now_ms)?));
            let facts = Facts {
                birth_year: participant.birth_year,
                study: name.clone(),
                arm: registry.allocation(study, participant.id).await?.map(|given| given.arm),
                group: group.map(|group| group.name.clone()),
                consents: Purpose::ALL.into_iter().filter_map(said).collect(),
                ..Facts::default()
            };
            found.push((participant, facts));
        }
    }
}
