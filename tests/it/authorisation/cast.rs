//! Who asks, and whom they ask about.

use foulee_api::registry::{
    ConsentState, GroupId, Membership, Purpose, RegistryError, Right, Role, Scope, StudyId, TokenId, Within,
};
use foulee_contract::ParticipantId;
use serde_json::json;

use crate::served::Served;

/// Somebody whom nobody added.
pub(crate) const UNKNOWN: &str = "01900000-0000-7000-8000-00000000dead";

/// A day on which the groups go to school.
pub(crate) const SCHOOL_DAY: &str = "2026-03-30";

/// A in S, B in S, C in T.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    A,
    B,
    C,
}

impl Who {
    pub(crate) const ALL: [Who; 3] = [Self::A, Self::B, Self::C];
}

/// A token, or none, and what it reaches.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) name: &'static str,
    pub(crate) token: Option<String>,
    /// The token's number and scope, where it holds.
    pub(crate) of: Option<(TokenId, Scope)>,
    /// Whether the token holds.
    pub(crate) valid: bool,
    pub(crate) reads: &'static [Who],
    pub(crate) writes: &'static [Who],
    pub(crate) admin: bool,
}

impl Identity {
    /// Whom a right of its role reaches: `None` where it has not this right.
    pub(crate) fn reach(&self, right: Right) -> Option<&[Who]> {
        let (_, scope) = self.of?;
        scope.rights().contains(&right).then_some(match self.reads {
            [] => self.writes,
            reads => reads,
        })
    }

    /// Whether it is for one person.
    pub(crate) fn is_for_one(&self) -> bool {
        self.of.is_some_and(|(_, scope)| matches!(scope.within(), Some(Within::Participant(_))))
    }

    /// Whether it may read at all: then the catalogue of programmes too.
    pub(crate) fn is_reader(&self) -> bool {
        !self.reads.is_empty()
    }
}

/// Everybody.
pub(crate) struct Cast {
    pub(crate) identities: Vec<Identity>,
    /// A token of the study S, still in force, with its number: to be revoked.
    pub(crate) fleeting: (TokenId, String),
    people: [String; 3],
    /// A group of S with A and B in it, and one of T with C.
    groups: [GroupId; 2],
}

impl Cast {
    /// Adds the people and issues the tokens, straight in the registry.
    pub(crate) fn new(served: &Served) -> Self {
        let (_, admin) = served.token(Scope::Admin, None);
        let people = [("S", "a"), ("S", "b"), ("T", "c")].map(|(study, name)| {
            let body = json!({"study": study, "external_id": name, "time_zone": "Europe/Paris"});
            let added = served.ask("POST", "/v1/participants", Some(&admin), Some(&body)).json();
            let id = added["id"].as_str().expect("an id").to_owned();
            let body = json!({"programme": "graded-walking", "start": "2026-03-02", "start_steps": 5_000});
            let path = format!("/v1/participants/{id}/prescriptions");
            assert_eq!(served.ask("POST", &path, Some(&admin), Some(&body)).status, 201);
            id
        });
        let a: ParticipantId = people[0].parse().expect("an id");
        let [s, t] = ["S", "T"].map(|name| study(served, name));
        let valid = |name, scope, reads, writes, admin| {
            let (number, token) = served.token(scope, None);
            Identity {
                name,
                token: Some(token),
                of: Some((number, scope)),
                valid: true,
                reads,
                writes,
                admin,
            }
        };
        let invalid = |name, token| Identity {
            name,
            token,
            of: None,
            valid: false,
            reads: &[],
            writes: &[],
            admin: false,
        };
        let role = |name, role, within, reads| {
            valid(name, Scope::of_role(role, Some(within)).expect("a role"), reads, &[], false)
        };
        // Only A agrees to research; C does, in a study that nobody researches here.
        for id in [&people[0], &people[2]] {
            let id = id.parse().expect("an id");
            let now_ms = (served.service.clock)();
            let said = served.service.registry.say_consent(
                id,
                Purpose::Research,
                ConsentState::Given,
                now_ms,
                now_ms,
            );
            served.runtime.block_on(said).expect("said");
        }
        let (of_s, of_t, of_a) = (Within::Study(s), Within::Study(t), Within::Participant(a));
        let (revoked, revoked_text) = served.token(Scope::Admin, None);
        revoke(served, revoked);
        let (_, expired) = served.token(Scope::Admin, Some(1_000));
        served.pass(1_000);
        let tampered = format!("{}0", &admin[..admin.len() - 1]);
        let tampered = if tampered == admin { format!("{}1", &admin[..admin.len() - 1]) } else { tampered };
        let identities = vec![
            invalid("no token", None),
            invalid("garbage", Some("fou_1_xyz".to_owned())),
            invalid("an admin's with another end", Some(tampered)),
            invalid("revoked admin", Some(revoked_text)),
            invalid("expired admin", Some(expired)),
            valid("write-participant A", Scope::WriteParticipant(a), &[], &[Who::A], false),
            valid("write-study S", Scope::WriteStudy(s), &[], &[Who::A, Who::B], false),
            valid("write-study T", Scope::WriteStudy(t), &[], &[Who::C], false),
            valid("read-participant A", Scope::ReadParticipant(a), &[Who::A], &[], false),
            valid("read-study S", Scope::ReadStudy(s), &[Who::A, Who::B], &[], false),
            valid("read-study T", Scope::ReadStudy(t), &[Who::C], &[], false),
            role("participant A", Role::Participant, of_a, &[Who::A]),
            role("physiotherapist of S", Role::Physiotherapist, of_s, &[Who::A, Who::B]),
            role("adapted-activity teacher of A", Role::AdaptedActivityTeacher, of_a, &[Who::A]),
            role("occupational therapist of S", Role::OccupationalTherapist, of_s, &[Who::A, Who::B]),
            role("psychologist of A", Role::Psychologist, of_a, &[Who::A]),
            role("physician of T", Role::Physician, of_t, &[Who::C]),
            role("coordinator of S", Role::Coordinator, of_s, &[Who::A, Who::B]),
            role("researcher of S", Role::Researcher, of_s, &[Who::A]),
            valid(
                "device of A",
                Scope::of_role(Role::Device, Some(of_a)).expect("a role"),
                &[],
                &[Who::A],
                false,
            ),
            valid("admin", Scope::Admin, &Who::ALL, &Who::ALL, true),
        ];
        let groups = [(s, &people[..2]), (t, &people[2..])]
            .map(|(study, members)| served.runtime.block_on(group(served, study, members)).expect("a group"));
        let fleeting = served.token(Scope::WriteStudy(s), None);
        Self { identities, fleeting, people, groups }
    }

    /// Somebody's id.
    pub(crate) fn id(&self, who: Who) -> &str {
        &self.people[who as usize]
    }

    /// The number of the group of somebody, however their id is written; of a stranger one that is not there.
    pub(crate) fn group(&self, id: &str) -> i64 {
        let plain = |id: &str| id.to_lowercase().replace('-', "");
        match self.people.iter().position(|known| plain(known) == plain(id)) {
            Some(at) => self.groups[at / 2].get(),
            None => 999,
        }
    }

    /// The identity of a name.
    pub(crate) fn identity(&self, name: &str) -> &Identity {
        self.identities.iter().find(|one| one.name == name).expect("an identity")
    }
}

/// A group of a study that goes to school on the day of the test.
async fn group(served: &Served, study: StudyId, members: &[String]) -> Result<GroupId, RegistryError> {
    let (registry, now_ms) = (&served.service.registry, (served.service.clock)());
    let group = registry.add_group(study, "mars", 6, now_ms).await?;
    let from = SCHOOL_DAY.parse().expect("a day");
    registry.add_group_days(group, &[from], now_ms).await?;
    for id in members {
        let member = Membership { participant: id.parse().expect("an id"), from, to: None };
        registry.join_group(group, member, now_ms).await?;
    }
    Ok(group)
}

fn study(served: &Served, name: &str) -> StudyId {
    let found = served.runtime.block_on(served.service.registry.study_by_name(name));
    found.expect("the registry").expect("the study").id
}

/// Ends a token.
pub(crate) fn revoke(served: &Served, id: TokenId) {
    let now_ms = (served.service.clock)();
    served.runtime.block_on(served.service.registry.revoke(id, now_ms)).expect("it is revoked");
}
