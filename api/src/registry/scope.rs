use std::collections::HashSet;

use foulee_contract::ParticipantId;

use super::error::unreadable;
use super::ids::participant_of;
use super::{Registry, Result, StudyId};

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

/// How far a scope reaches for one sort of access.
enum Reach {
    Nobody,
    One(ParticipantId),
    Study(StudyId),
    Everybody,
}

impl Scope {
    fn reach(self, access: Access) -> Reach {
        match (self, access) {
            (Self::WriteParticipant(id), Access::Write) | (Self::ReadParticipant(id), Access::Read) => {
                Reach::One(id)
            }
            (Self::WriteStudy(study), Access::Write) | (Self::ReadStudy(study), Access::Read) => {
                Reach::Study(study)
            }
            (Self::Admin, _) => Reach::Everybody,
            _ => Reach::Nobody,
        }
    }

    /// The scope as three columns: its word, the participant, the study.
    pub(super) fn columns(self) -> (&'static str, Option<ParticipantId>, Option<StudyId>) {
        match self {
            Self::WriteParticipant(id) => ("write_participant", Some(id), None),
            Self::WriteStudy(study) => ("write_study", None, Some(study)),
            Self::ReadParticipant(id) => ("read_participant", Some(id), None),
            Self::ReadStudy(study) => ("read_study", None, Some(study)),
            Self::Admin => ("admin", None, None),
        }
    }

    /// The scope of three stored columns.
    pub(super) fn of_columns(word: &str, participant: Option<String>, study: Option<i64>) -> Result<Self> {
        let participant = participant.map(|text| participant_of(&text, "token")).transpose()?;
        match (word, participant, study.map(StudyId::new)) {
            ("write_participant", Some(id), None) => Ok(Self::WriteParticipant(id)),
            ("write_study", None, Some(study)) => Ok(Self::WriteStudy(study)),
            ("read_participant", Some(id), None) => Ok(Self::ReadParticipant(id)),
            ("read_study", None, Some(study)) => Ok(Self::ReadStudy(study)),
            ("admin", None, None) => Ok(Self::Admin),
            _ => Err(unreadable("token", "scope")(())),
        }
    }
}

impl Registry {
    /// Whether a scope lets data be added to a participant. Nobody may write for an unknown one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may_write(&self, scope: Scope, participant: ParticipantId) -> Result<bool> {
        self.may(scope, Access::Write, participant).await
    }

    /// Whether a scope lets a participant's data be seen. Nobody may read an unknown one.
    ///
    /// # Errors
    /// The database failed.
    pub async fn may_read(&self, scope: Scope, participant: ParticipantId) -> Result<bool> {
        self.may(scope, Access::Read, participant).await
    }

    async fn may(&self, scope: Scope, access: Access, participant: ParticipantId) -> Result<bool> {
        let reach = scope.reach(access);
        if matches!(reach, Reach::Nobody) || matches!(reach, Reach::One(id) if id != participant) {
            return Ok(false);
        }
        let sql = "SELECT study FROM participant WHERE id = $1";
        let found: Option<Option<i64>> =
            sqlx::query_scalar(sql).bind(participant.to_string()).fetch_optional(self.reader()).await?;
        Ok(match (found, reach) {
            (None, _) => false,
            (Some(theirs), Reach::Study(study)) => theirs == Some(study.get()),
            (Some(_), _) => true,
        })
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
        let query = match scope.reach(access) {
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
    use super::super::NewParticipant;
    use super::super::fixture::{NOW, opened, person};
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
}
