use std::collections::HashSet;

use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::ids::participant_of;
use super::{Purpose, Registry, Result, Right, Role, StudyId, Within};

/// What a token is good for. Writing does not imply reading: a wearable's token shows nobody's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Send readings of one participant.
    WriteParticipant(ParticipantId),
    /// Send readings of the people of a study.
    WriteStudy(StudyId),
    /// Read one participant.
    ReadParticipant(ParticipantId),
    /// Read the people of a study.
    ReadStudy(StudyId),
    /// What a role may, for one person or a study.
    Role(Role, Within),
    /// Everything.
    Admin,
}

/// What somebody wants to do with a participant's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// See it.
    Read,
    /// Add to it.
    Write,
}

/// How far a scope reaches for one right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It has not this right.
    Nobody,
    /// One person.
    One(ParticipantId),
    /// The people of a study.
    Study(StudyId),
    /// Everybody.
    Everybody,
}

impl Scope {
    /// A role for one person, a study or (`None`) everybody: a device's and an administrator's are the scopes that
    /// there were before there were roles. `None` where a role cannot be given for these.
    #[must_use]
    pub fn of_role(role: Role, within: Option<Within>) -> Option<Self> {
        if !role.can_be_for(within) {
            return None;
        }
        Some(match (role, within) {
            (Role::Device, Some(Within::Participant(id))) => Self::WriteParticipant(id),
            (Role::Device, Some(Within::Study(study))) => Self::WriteStudy(study),
            (role, Some(within)) => Self::Role(role, within),
            (_, None) => Self::Admin,
        })
    }

    /// What it may. To read was never to report: the scopes for reading have that one right.
    #[must_use]
    pub fn rights(self) -> &'static [Right] {
        match self {
            Self::WriteParticipant(_) | Self::WriteStudy(_) => Role::Device.rights(),
            Self::ReadParticipant(_) | Self::ReadStudy(_) => &[Right::ReadPerson],
            Self::Role(role, _) => role.rights(),
            Self::Admin => Role::Administrator.rights(),
        }
    }

    /// How far it reaches for a right.
    #[must_use]
    pub fn reach(self, right: Right) -> Reach {
        if !self.rights().contains(&right) {
            return Reach::Nobody;
        }
        match self {
            Self::WriteParticipant(id)
            | Self::ReadParticipant(id)
            | Self::Role(_, Within::Participant(id)) => Reach::One(id),
            Self::WriteStudy(study) | Self::ReadStudy(study) | Self::Role(_, Within::Study(study)) => {
                Reach::Study(study)
            }
            Self::Admin => Reach::Everybody,
        }
    }

    /// Whom it is for: one person, a study, or everybody.
    #[must_use]
    pub fn within(self) -> Option<Within> {
        match self {
            Self::WriteParticipant(id) | Self::ReadParticipant(id) => Some(Within::Participant(id)),
            Self::WriteStudy(study) | Self::ReadStudy(study) => Some(Within::Study(study)),
            Self::Role(_, within) => Some(within),
            Self::Admin => None,
        }
    }

    /// Its word: a role's, or that of a scope which is none.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WriteParticipant(_) => "write_participant",
            Self::WriteStudy(_) => "write_study",
            Self::ReadParticipant(_) => "read_participant",
            Self::ReadStudy(_) => "read_study",
            Self::Role(role, _) => role.as_str(),
            Self::Admin => "admin",
        }
    }

    /// The scope as three columns: its word, the participant, the study.
    pub(super) fn columns(self) -> (&'static str, Option<ParticipantId>, Option<StudyId>) {
        match self.within() {
            Some(Within::Participant(id)) => (self.as_str(), Some(id), None),
            Some(Within::Study(study)) => (self.as_str(), None, Some(study)),
            None => (self.as_str(), None, None),
        }
    }

    /// The scope of three stored columns.
    pub(super) fn of_columns(word: &str, participant: Option<String>, study: Option<i64>) -> Result<Self> {
        let participant = participant.map(|text| participant_of(&text, "token")).transpose()?;
        let study = study.map(StudyId::new);
        let found = match (word, participant, study) {
            ("write_participant", Some(id), None) => Some(Self::WriteParticipant(id)),
            ("write_study", None, Some(study)) => Some(Self::WriteStudy(study)),
            ("read_participant", Some(id), None) => Some(Self::ReadParticipant(id)),
            ("read_study", None, Some(study)) => Some(Self::ReadStudy(study)),
            ("admin", None, None) => Some(Self::Admin),
            (word, Some(id), None) => role_of(word, Within::Participant(id)),
            (word, None, Some(study)) => role_of(word, Within::Study(study)),
            _ => None,
        };
        found.ok_or_else(|| unreadable("token", "scope")(()))
    }
}

fn role_of(word: &str, within: Within) -> Option<Scope> {
    Scope::of_role(Role::of_word(word)?, Some(within))
}

impl Registry {
    /// Whether a scope lets data be added to a participant. Nobody may write for an unknown one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may_write(&self, scope: Scope, participant: ParticipantId) -> Result<bool> {
        self.may(scope, Right::SendReadings, participant).await
    }

    /// Whether a scope lets a participant's data be seen. Nobody may read an unknown one, and who analyses reads only
    /// those who agree to research now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may_read(&self, scope: Scope, participant: ParticipantId) -> Result<bool> {
        Ok(self.may(scope, Right::ReadPerson, participant).await?
            || self.may(scope, Right::ReadPseudonymised, participant).await?)
    }

    /// Whether a scope has a right that reaches a participant.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may(&self, scope: Scope, right: Right, participant: ParticipantId) -> Result<bool> {
        let reach = scope.reach(right);
        if matches!(reach, Reach::Nobody) || matches!(reach, Reach::One(id) if id != participant) {
            return Ok(false);
        }
        let sql = "SELECT study FROM participant WHERE id = $1";
        let found: Option<Option<i64>> =
            sqlx::query_scalar(sql).bind(participant.to_string()).fetch_optional(self.reader()).await?;
        let is_within = match (found, reach) {
            (None, _) => false,
            (Some(theirs), Reach::Study(study)) => theirs == Some(study.get()),
            (Some(_), _) => true,
        };
        Ok(is_within
            && (right != Right::ReadPseudonymised
                || self.consents_now(participant, Purpose::Research).await?))
    }

    /// All people whom a scope reaches for one sort of access, at once for paths that ask for many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn participants_of_scope(
        &self,
        scope: Scope,
        access: Access,
    ) -> Result<HashSet<ParticipantId>> {
        let right = match access {
            Access::Read => Right::ReadPerson,
            Access::Write => Right::SendReadings,
        };
        let query = match scope.reach(right) {
            Reach::Nobody => return Ok(HashSet::new()),
            Reach::One(id) => {
                sqlx::query_scalar("SELECT id FROM participant WHERE id = $1").bind(id.to_string())
            }
            Reach::Study(study) => {
                sqlx::query_scalar("SELECT id FROM participant WHERE study = $1").bind(study.get())
            }
            Reach::Everybody => sqlx::query_scalar("SELECT id FROM participant"),
        };
        let texts: Vec<String> = query.fetch_all(self.reader()).await?;
        texts.iter().map(|text| participant_of(text, "participant")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{NOW, opened, person};
    use super::super::{ConsentState, NewParticipant};
    use super::*;

    #[tokio::test]
    async fn each_scope_reaches_exactly_whom_it_names() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        let other = registry.study_of("t", NOW).await.unwrap();
        for (number, study) in [(1, Some(study)), (2, Some(study)), (3, Some(other)), (4, None)] {
            let new = NewParticipant { id: person(number), external_id: None, study };
            registry.add_participant(new, NOW).await.unwrap();
        }
        // Person 5 is unknown, also to those who hold a token in their name.
        let everybody: &[u16] = &[1, 2, 3, 4];
        let matrix: [(Scope, &[u16], &[u16]); 7] = [
            (Scope::WriteParticipant(person(1)), &[], &[1]),
            (Scope::ReadParticipant(person(1)), &[1], &[]),
            (Scope::WriteStudy(study), &[], &[1, 2]),
            (Scope::ReadStudy(study), &[1, 2], &[]),
            (Scope::Admin, everybody, everybody),
            (Scope::WriteParticipant(person(5)), &[], &[]),
            (Scope::ReadParticipant(person(5)), &[], &[]),
        ];
        for (scope, readable, writable) in matrix {
            for number in 1..=5 {
                let id = person(number);
                let read = registry.may_read(scope, id).await.unwrap();
                let write = registry.may_write(scope, id).await.unwrap();
                assert_eq!(read, readable.contains(&number), "{scope:?} reads {number}");
                assert_eq!(write, writable.contains(&number), "{scope:?} writes {number}");
            }
            for (access, expected) in [(Access::Read, readable), (Access::Write, writable)] {
                let found = registry.participants_of_scope(scope, access).await.unwrap();
                assert_eq!(found, expected.iter().map(|n| person(*n)).collect(), "{scope:?} {access:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_role_reaches_whom_it_is_given_for_and_research_only_who_agrees() {
        let (_folder, registry) = opened().await;
        let study = registry.study_of("s", NOW).await.unwrap();
        let other = registry.study_of("t", NOW).await.unwrap();
        for (number, study) in [(1, study), (2, study), (3, other)] {
            let new = NewParticipant { id: person(number), external_id: None, study: Some(study) };
            registry.add_participant(new, NOW).await.unwrap();
        }
        let say = |number, state| registry.say_consent(person(number), Purpose::Research, state, NOW, NOW);
        say(1, ConsentState::Given).await.unwrap();
        say(3, ConsentState::Given).await.unwrap();
        let physio = Scope::of_role(Role::Physiotherapist, Some(Within::Study(study))).unwrap();
        let own = Scope::of_role(Role::Participant, Some(Within::Participant(person(1)))).unwrap();
        let researcher = Scope::of_role(Role::Researcher, Some(Within::Study(study))).unwrap();
        let cases: [(Scope, Right, &[u16]); 8] = [
            (physio, Right::ReadPerson, &[1, 2]),
            (physio, Right::ClearSafety, &[1, 2]),
            (physio, Right::SendReadings, &[]),
            (own, Right::Report, &[1]),
            (own, Right::Prescribe, &[]),
            (researcher, Right::ReadPseudonymised, &[1]),
            (researcher, Right::ReadPerson, &[]),
            (Scope::ReadParticipant(person(1)), Right::Report, &[]),
        ];
        for (scope, right, reached) in cases {
            for number in 1..=4 {
                let may = registry.may(scope, right, person(number)).await.unwrap();
                assert_eq!(may, reached.contains(&number), "{scope:?} {right:?} {number}");
            }
        }
        assert!(registry.may_read(researcher, person(1)).await.unwrap());
        assert!(!registry.may_read(researcher, person(2)).await.unwrap(), "never asked is not agreed");
        say(1, ConsentState::Withdrawn).await.unwrap();
        assert!(!registry.may_read(researcher, person(1)).await.unwrap());
        assert!(registry.may_read(physio, person(1)).await.unwrap(), "care is another purpose");
    }

    #[test]
    fn every_role_survives_its_columns_and_none_is_given_for_whom_it_is_not() {
        let (one, study) = (Within::Participant(person(1)), Within::Study(StudyId::new(7)));
        let mut given = 0;
        for role in Role::ALL {
            for within in [None, Some(one), Some(study)] {
                let Some(scope) = Scope::of_role(role, within) else { continue };
                given += 1;
                assert_eq!(scope.rights(), role.rights(), "{role:?}");
                assert_eq!(scope.within(), within);
                let (word, participant, study) = scope.columns();
                let columns = (participant.map(|id| id.to_string()), study.map(StudyId::get));
                assert_eq!(Scope::of_columns(word, columns.0, columns.1).unwrap(), scope);
            }
        }
        // A participant one person; coordinator and researcher a study; administrator everybody; six others both.
        assert_eq!(given, 1 + 2 + 1 + 6 * 2);
        for (word, person_of, study) in [
            ("employer", Some(person(1)), None),
            ("researcher", Some(person(1)), None),
            ("participant", None, Some(7)),
            ("physician", None, None),
        ] {
            assert!(Scope::of_columns(word, person_of.map(|id| id.to_string()), study).is_err(), "{word}");
        }
    }
}
