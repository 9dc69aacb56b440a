use std::collections::{HashMap, HashSet};

use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::ids::participant_of;
use super::open::next_number;
use super::people::require_participant;
use super::{Participant, Registry, RegistryError, Result, StudyId};

/// What somebody is asked to agree to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// The programme itself.
    Care,
    /// Being studied: cohort priors, researchers' lists and feeds.
    Research,
    /// Reminders.
    Contact,
    /// A summary for the general practitioner or the occupational physician.
    Sharing,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Care, Self::Research, Self::Contact, Self::Sharing];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Care => "care",
            Self::Research => "research",
            Self::Contact => "contact",
            Self::Sharing => "sharing",
        }
    }

    /// The purpose of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word)
    }
}

/// What somebody said to a purpose. That nobody asked is none of these: it is `not asked`, and never a yes or a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsentState {
    /// Yes.
    Given,
    /// No.
    Refused,
    /// No longer, after a yes.
    Withdrawn,
}

impl ConsentState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Given, Self::Refused, Self::Withdrawn];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One thing that somebody said to a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its number; a greater one was recorded later.
    pub id: i64,
    /// To what.
    pub purpose: Purpose,
    /// What.
    pub state: ConsentState,
    /// From when on it holds, ms UTC.
    pub effective_ms: i64,
    /// When it was recorded, ms UTC.
    pub recorded_ms: i64,
}

/// What holds for a purpose at an instant, ms UTC; `None` where nobody had asked by then.
#[must_use]
pub fn consent_at(history: &[Consent], purpose: Purpose, at_ms: i64) -> Option<ConsentState> {
    let said = history.iter().filter(|said| said.purpose == purpose && said.effective_ms <= at_ms);
    said.max_by_key(|said| (said.effective_ms, said.id)).map(|said| said.state)
}

/// Who may be part of what is computed of a cohort.
///
/// Who refused or withdrew is not. Who was never asked is, as long as nobody of their study was: a study that does not
/// ask here goes on as before; from the first answer on, it takes a yes.
#[derive(Clone, Debug, Default)]
pub struct ResearchConsents {
    said: HashMap<ParticipantId, ConsentState>,
    /// Studies in which somebody was asked; `None` for people without one.
    asked: HashSet<Option<StudyId>>,
}

impl ResearchConsents {
    /// Whether somebody may be part of it.
    #[must_use]
    pub fn admits(&self, participant: &Participant) -> bool {
        match self.said.get(&participant.id) {
            Some(ConsentState::Given) => true,
            Some(ConsentState::Refused | ConsentState::Withdrawn) => false,
            None => !self.asked.contains(&participant.study),
        }
    }
}

type Row = (i64, String, String, i64, i64);

fn consent((id, purpose, state, effective_ms, recorded_ms): Row) -> Result<Consent> {
    let purpose = Purpose::of_word(&purpose).ok_or_else(|| unreadable("consent", "purpose")(()))?;
    Ok(Consent { id, purpose, state: state_of(&state)?, effective_ms, recorded_ms })
}

fn state_of(word: &str) -> Result<ConsentState> {
    ConsentState::of_word(word).ok_or_else(|| unreadable("consent", "state")(()))
}

const HISTORY: &str = "SELECT id, purpose, state, effective_ms, recorded_ms FROM consent
    WHERE participant = $1 ORDER BY id";

impl Registry {
    /// Records what somebody says to a purpose from an instant on. The same as what holds then is no further row.
    ///
    /// # Errors
    /// The participant is unknown; it would take effect only later; nothing is there to be withdrawn.
    pub async fn say_consent(
        &self,
        participant: ParticipantId,
        purpose: Purpose,
        state: ConsentState,
        effective_ms: i64,
        now_ms: i64,
    ) -> Result<Consent> {
        if effective_ms > now_ms {
            return Err(RegistryError::ConsentInFuture);
        }
        let mut tx = self.begin().await?;
        require_participant(&mut tx, participant).await?;
        let rows: Vec<Row> =
            sqlx::query_as(HISTORY).bind(participant.to_string()).fetch_all(&mut *tx).await?;
        let history: Vec<Consent> = rows.into_iter().map(consent).collect::<Result<_>>()?;
        let of_purpose = |said: &&Consent| said.purpose == purpose && said.effective_ms <= effective_ms;
        let held = history.iter().filter(of_purpose).max_by_key(|said| (said.effective_ms, said.id));
        match (held, state) {
            (Some(held), state) if held.state == state => return Ok(held.clone()),
            (Some(Consent { state: ConsentState::Given, .. }), _) => {}
            (_, ConsentState::Withdrawn) => return Err(RegistryError::NothingToWithdraw),
            _ => {}
        }
        let id = next_number(&mut tx, "consent", now_ms).await?;
        let sql = "INSERT INTO consent (id, participant, purpose, state, effective_ms, recorded_ms)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(id)
            .bind(participant.to_string())
            .bind(purpose.as_str())
            .bind(state.as_str())
            .bind(effective_ms)
            .bind(now_ms)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Consent { id, purpose, state, effective_ms, recorded_ms: now_ms })
    }

    /// All that somebody ever said, in the order in which it was recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn consents(&self, participant: ParticipantId) -> Result<Vec<Consent>> {
        let rows: Vec<Row> =
            sqlx::query_as(HISTORY).bind(participant.to_string()).fetch_all(self.reader()).await?;
        rows.into_iter().map(consent).collect()
    }

    /// Whether somebody had agreed to a purpose at an instant, ms UTC. Who was never asked had not.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_consent(
        &self,
        participant: ParticipantId,
        purpose: Purpose,
        at_ms: i64,
    ) -> Result<bool> {
        let sql = "SELECT state FROM consent WHERE participant = $1 AND purpose = $2 AND effective_ms <= $3
            ORDER BY effective_ms DESC, id DESC LIMIT 1";
        let query = sqlx::query_scalar::<_, String>(sql).bind(participant.to_string());
        let state = query.bind(purpose.as_str()).bind(at_ms).fetch_optional(self.reader()).await?;
        Ok(state.map(|word| state_of(&word)).transpose()? == Some(ConsentState::Given))
    }

    /// The same of now: nothing takes effect later than it is recorded.
    pub(super) async fn consents_now(&self, participant: ParticipantId, purpose: Purpose) -> Result<bool> {
        self.has_consent(participant, purpose, i64::MAX).await
    }

    /// What everybody says to research now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn research_consents(&self) -> Result<ResearchConsents> {
        let sql =
            "SELECT c.participant, p.study, c.state FROM consent c JOIN participant p ON p.id = c.participant
            WHERE c.purpose = $1 ORDER BY c.effective_ms, c.id";
        let rows: Vec<(String, Option<i64>, String)> =
            sqlx::query_as(sql).bind(Purpose::Research.as_str()).fetch_all(self.reader()).await?;
        let mut found = ResearchConsents::default();
        for (participant, study, state) in rows {
            // In order of effect, so the last one stays.
            found.said.insert(participant_of(&participant, "consent")?, state_of(&state)?);
            found.asked.insert(study.map(StudyId::new));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::NewParticipant;
    use super::super::fixture::{NOW, added, opened, person};
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[tokio::test]
    async fn what_holds_is_what_took_effect_last() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let held = |at| registry.has_consent(id, Purpose::Sharing, at);
        assert!(!held(NOW).await.unwrap(), "nobody asked");
        let say = |state, effective, now| registry.say_consent(id, Purpose::Sharing, state, effective, now);
        let given = say(ConsentState::Given, NOW, NOW).await.unwrap();
        assert_eq!(say(ConsentState::Given, NOW, NOW + 1).await.unwrap(), given, "again is no further row");
        say(ConsentState::Withdrawn, NOW + 2 * DAY_MS, NOW + 3 * DAY_MS).await.unwrap();
        let cases =
            [(-1, false), (0, true), (2 * DAY_MS - 1, true), (2 * DAY_MS, false), (9 * DAY_MS, false)];
        for (at, expected) in cases {
            assert_eq!(held(NOW + at).await.unwrap(), expected, "{at}");
            let history = registry.consents(id).await.unwrap();
            let pure = consent_at(&history, Purpose::Sharing, NOW + at) == Some(ConsentState::Given);
            assert_eq!(pure, expected, "{at}");
        }
        // A paper form that turns up later tells of a time before the withdrawal, which goes on holding after it.
        say(ConsentState::Refused, NOW - DAY_MS, NOW + 4 * DAY_MS).await.unwrap();
        assert!(held(NOW).await.unwrap() && !held(NOW + 9 * DAY_MS).await.unwrap());
        say(ConsentState::Given, NOW + 5 * DAY_MS, NOW + 5 * DAY_MS).await.unwrap();
        assert!(held(NOW + 5 * DAY_MS).await.unwrap());
        assert_eq!(registry.consents(id).await.unwrap().len(), 4, "nothing is edited");
        assert_eq!(consent_at(&registry.consents(id).await.unwrap(), Purpose::Care, NOW), None);
    }

    #[tokio::test]
    async fn what_was_not_given_is_not_withdrawn_and_nothing_holds_ahead_of_its_time() {
        let (_folder, registry) = opened().await;
        let id = added(&registry, 1).await;
        let say = |id, state, effective| registry.say_consent(id, Purpose::Care, state, effective, NOW);
        let nothing = say(id, ConsentState::Withdrawn, NOW).await;
        assert!(matches!(nothing, Err(RegistryError::NothingToWithdraw)));
        let later = say(id, ConsentState::Given, NOW + 1).await;
        assert!(matches!(later, Err(RegistryError::ConsentInFuture)));
        let nobody = say(person(9), ConsentState::Given, NOW).await;
        assert!(matches!(nobody, Err(RegistryError::ParticipantUnknown)));
        say(id, ConsentState::Refused, NOW).await.unwrap();
        let refused = say(id, ConsentState::Withdrawn, NOW).await;
        assert!(matches!(refused, Err(RegistryError::NothingToWithdraw)));
    }

    #[tokio::test]
    async fn a_study_that_asks_takes_a_yes() {
        let (_folder, registry) = opened().await;
        let asking = registry.study_of("asking", NOW).await.unwrap();
        let silent = registry.study_of("silent", NOW).await.unwrap();
        let studies = [Some(asking), Some(asking), Some(asking), Some(silent), None];
        for (number, study) in (1..).zip(studies) {
            let new = NewParticipant { id: person(number), external_id: None, study };
            registry.add_participant(new, NOW).await.unwrap();
        }
        let admitted = async || {
            let consents = registry.research_consents().await.unwrap();
            let people = registry.participants(None, None, 10).await.unwrap();
            people.iter().map(|one| consents.admits(one)).collect::<Vec<_>>()
        };
        assert_eq!(admitted().await, [true; 5], "nobody was asked");
        let say = |number, state| registry.say_consent(person(number), Purpose::Research, state, NOW, NOW);
        say(1, ConsentState::Given).await.unwrap();
        say(2, ConsentState::Refused).await.unwrap();
        assert_eq!(admitted().await, [true, false, false, true, true]);
        say(1, ConsentState::Withdrawn).await.unwrap();
        assert_eq!(admitted().await, [false, false, false, true, true]);
        // Another purpose says nothing of research.
        registry.say_consent(person(4), Purpose::Care, ConsentState::Refused, NOW, NOW).await.unwrap();
        assert_eq!(admitted().await, [false, false, false, true, true]);
    }
}
