use super::StudyId;
use foulee_contract::ParticipantId;

/// One thing that may be allowed. Every question of who may do what comes down to one of these and to whom it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Send readings.
    SendReadings,
    /// Say what a person reports: pain, effort, sessions done, context, preferences.
    Report,
    /// See a person.
    ReadPerson,
    /// Assign a programme.
    Prescribe,
    /// Clear a stop that a red flag set off.
    ClearSafety,
    /// See and note who came to a group's school days.
    Attendance,
    /// Record what a person agrees to and takes back.
    Consent,
    /// Plan a study, its groups and arms.
    ManageStudy,
    /// See those who agreed to research, without the ids that an export uses for them.
    ReadPseudonymised,
    /// See who looked at a person's data.
    ReadAudit,
    /// Everything that changes people, tokens or the service.
    Administer,
}

impl Right {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SendReadings,
        Self::Report,
        Self::ReadPerson,
        Self::Prescribe,
        Self::ClearSafety,
        Self::Attendance,
        Self::Consent,
        Self::ManageStudy,
        Self::ReadPseudonymised,
        Self::ReadAudit,
        Self::Administer,
    ];
}

/// What somebody is to the people whom a token is about. There is none for an employer or an insurer: neither ever gets
/// anything from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The person themself.
    Participant,
    /// A physiotherapist.
    Physiotherapist,
    /// A teacher of adapted physical activity.
    AdaptedActivityTeacher,
    /// An occupational therapist.
    OccupationalTherapist,
    /// A psychologist.
    Psychologist,
    /// A physician.
    Physician,
    /// Who runs a study day by day.
    Coordinator,
    /// Who analyses a study.
    Researcher,
    /// Who runs the service.
    Administrator,
    /// A wearable, a gateway or a phone.
    Device,
}

/// Whom a role can be given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    OneAlone,
    StudyAlone,
    OneOrStudy,
    Everybody,
}

use Right::{
    Attendance, ClearSafety, Consent, ManageStudy, Prescribe, ReadAudit, ReadPerson, ReadPseudonymised,
    Report, SendReadings,
};

/// The one table: what each role may, and whom it can be given for. Who may prescribe and who may clear a stop is [D],
/// for clinicians to confirm.
const ROLES: [(Role, &str, For, &[Right]); 10] = [
    (Role::Participant, "participant", For::OneAlone, &[Report, ReadPerson, Consent, ReadAudit]),
    (
        Role::Physiotherapist,
        "physiotherapist",
        For::OneOrStudy,
        &[Report, ReadPerson, Prescribe, ClearSafety, Attendance],
    ),
    (
        Role::AdaptedActivityTeacher,
        "adapted_activity_teacher",
        For::OneOrStudy,
        &[Report, ReadPerson, Prescribe, Attendance],
    ),
    (
        Role::OccupationalTherapist,
        "occupational_therapist",
        For::OneOrStudy,
        &[Report, ReadPerson, Attendance],
    ),
    (Role::Psychologist, "psychologist", For::OneOrStudy, &[Report, ReadPerson, Attendance]),
    (
        Role::Physician,
        "physician",
        For::OneOrStudy,
        &[Report, ReadPerson, Prescribe, ClearSafety, Attendance],
    ),
    (
        Role::Coordinator,
        "coordinator",
        For::StudyAlone,
        &[Report, ReadPerson, Attendance, Consent, ManageStudy],
    ),
    (Role::Researcher, "researcher", For::StudyAlone, &[ReadPseudonymised]),
    (Role::Administrator, "administrator", For::Everybody, &Right::ALL),
    (Role::Device, "device", For::OneOrStudy, &[SendReadings]),
];

/// Whom a role is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    /// One person.
    Participant(ParticipantId),
    /// The people of a study.
    Study(StudyId),
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Participant,
        Self::Physiotherapist,
        Self::AdaptedActivityTeacher,
        Self::OccupationalTherapist,
        Self::Psychologist,
        Self::Physician,
        Self::Coordinator,
        Self::Researcher,
        Self::Administrator,
        Self::Device,
    ];

    fn row(self) -> &'static (Role, &'static str, For, &'static [Right]) {
        // The table stands in the order of the roles, which a test holds.
        &ROLES[self as usize]
    }

    /// Its word, as commands and the registry write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The role of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        ROLES.iter().find(|(_, known, ..)| *known == word).map(|(role, ..)| *role)
    }

    /// What it may.
    #[must_use]
    pub fn rights(self) -> &'static [Right] {
        self.row().3
    }

    /// Whether it can be given for these; `None` is everybody.
    #[must_use]
    pub fn can_be_for(self, within: Option<Within>) -> bool {
        matches!(
            (self.row().2, within),
            (For::OneAlone | For::OneOrStudy, Some(Within::Participant(_)))
                | (For::StudyAlone | For::OneOrStudy, Some(Within::Study(_)))
                | (For::Everybody, None)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_row_and_its_word() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!((ROLES[at].0, role as usize), (role, at));
            assert_eq!(Role::of_word(role.as_str()), Some(role));
        }
        assert_eq!(Role::of_word("Physician"), None);
    }

    #[test]
    fn no_role_is_an_employers_or_an_insurers() {
        for role in Role::ALL {
            for word in ["employ", "insur", "assur", "manager", "company", "mutuelle", "hr"] {
                let parts = role.as_str().split('_');
                assert!(parts.into_iter().all(|part| !part.starts_with(word)), "{role:?}");
            }
        }
        // The occupational physician is reached by the person's own summary, not by a role.
        assert_eq!(Role::ALL.len(), 10);
    }

    #[test]
    fn few_hold_what_weighs_most() {
        let holders = |right: Right| -> Vec<Role> {
            Role::ALL.into_iter().filter(|role| role.rights().contains(&right)).collect()
        };
        use Role::{
            AdaptedActivityTeacher, Administrator, Coordinator, Device, Participant, Physician,
            Physiotherapist, Researcher,
        };
        assert_eq!(holders(Right::Administer), [Administrator]);
        assert_eq!(holders(Right::ReadAudit), [Participant, Administrator]);
        assert_eq!(holders(Right::ClearSafety), [Physiotherapist, Physician, Administrator]);
        assert_eq!(
            holders(Right::Prescribe),
            [Physiotherapist, AdaptedActivityTeacher, Physician, Administrator]
        );
        assert_eq!(holders(Right::SendReadings), [Administrator, Device]);
        assert_eq!(holders(Right::ReadPseudonymised), [Researcher, Administrator]);
        assert_eq!(holders(Right::ManageStudy), [Coordinator, Administrator]);
        for (role, blind) in [(Device, true), (Researcher, true), (Physician, false)] {
            assert_eq!(!role.rights().contains(&Right::ReadPerson), blind, "{role:?}");
        }
    }
}
