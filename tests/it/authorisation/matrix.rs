//! What each operation lets each identity do.

use foulee_api::registry::Right;
use serde_json::{Value, json};

use crate::cast::{Cast, Identity, SCHOOL_DAY, UNKNOWN, Who};
use crate::document::Operation;
use crate::served::{Reply, Served};

/// How an operation is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Open to everybody.
    Open,
    /// For whoever may read anything.
    AnyReader,
    /// Shows the people whom the token may read, and nobody else.
    ListOfPeople,
    /// Of one participant, for whoever may read them; for others the participant does not exist.
    OfParticipant,
    /// Readings for those whom the token may write for; others do not exist.
    Writing,
    /// What is said of those whom the token may report for; of others it is refused as of nobody.
    Saying,
    /// A phone's, for those whom the token may write for; strangers are refused as nobody is.
    Phone,
    /// Open to who knows a secret in the body, whatever token they hold.
    BySecret,
    /// Of one participant, for who has a right over them; who has it over others sees nobody there, who has it not at all
    /// is told so.
    With(Right),
    /// Of a group, for who has a right over its study. A group is no one person's: who has the right over one alone sees
    /// none.
    OfGroup(Right),
    /// For the admin alone, whomever it is about.
    AdminAlone,
}

/// The matrix: every operation of the document has a row.
pub(crate) const MATRIX: [(&str, Rule); 41] = [
    ("addReadings", Rule::Writing),
    ("listParticipants", Rule::ListOfPeople),
    ("addParticipant", Rule::AdminAlone),
    ("getParticipant", Rule::OfParticipant),
    ("eraseParticipant", Rule::AdminAlone),
    ("listReadings", Rule::OfParticipant),
    ("listMinutes", Rule::OfParticipant),
    ("listCompleteness", Rule::OfParticipant),
    ("listTotals", Rule::OfParticipant),
    ("listSources", Rule::OfParticipant),
    ("preferSources", Rule::AdminAlone),
    ("moveParticipant", Rule::AdminAlone),
    ("listConsents", Rule::OfParticipant),
    ("addConsent", Rule::With(Right::Consent)),
    ("listAudit", Rule::With(Right::ReadAudit)),
    ("listAttendance", Rule::OfGroup(Right::Attendance)),
    ("addAttendance", Rule::OfGroup(Right::Attendance)),
    ("listMeasures", Rule::OfParticipant),
    ("getAdherence", Rule::OfParticipant),
    ("watchNewest", Rule::OfParticipant),
    ("listPrescriptions", Rule::OfParticipant),
    ("addReports", Rule::Saying),
    ("listReports", Rule::OfParticipant),
    ("getProfile", Rule::OfParticipant),
    ("setProfile", Rule::With(Right::Report)),
    ("getSafety", Rule::OfParticipant),
    ("clearSafety", Rule::With(Right::Report)),
    ("addClearingCode", Rule::With(Right::Report)),
    ("clearSafetyByCode", Rule::BySecret),
    ("addPrescription", Rule::With(Right::Prescribe)),
    ("listMeasureDefinitions", Rule::Open),
    ("listProgrammes", Rule::AnyReader),
    ("getProgramme", Rule::AnyReader),
    ("addEnrolment", Rule::AdminAlone),
    ("syncPhone", Rule::Phone),
    ("syncApplePhone", Rule::Phone),
    ("addPhoneLogs", Rule::Phone),
    ("disconnectPhone", Rule::Phone),
    ("redeemEnrolment", Rule::BySecret),
    ("refreshPhone", Rule::BySecret),
    ("revokePhone", Rule::BySecret),
];

/// A batch of one reading for somebody.
pub(crate) fn batch(participants: &[&str]) -> Value {
    let block = |id: &&str| {
        json!({"participant": id, "source": "watch", "metric": "battery", "grain": "sample", "unit": "%",
            "points": {"start": [1_774_000_000_000_i64], "value": [50]}})
    };
    json!({"contract": 1, "series": participants.iter().map(block).collect::<Vec<_>>()})
}

/// A report about somebody, always the same.
fn report(id: &str) -> Value {
    json!({"id": "01900000-0000-7000-8000-00000000000a", "participant": id, "question": "pain", "state": "answered",
        "answer": {"kind": "pain", "moment": "now", "nrs": 4}, "effective_at": "2026-03-01T07:30:00Z"})
}

/// What an answer is, apart from whom it is about: two that are the same tell nothing apart.
fn face(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let headers = reply.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    (reply.status, headers.collect(), reply.body.clone())
}

/// One operation asked by one identity.
pub(crate) struct Cell<'a> {
    pub(crate) served: &'a Served,
    pub(crate) cast: &'a Cast,
    pub(crate) operation: &'a Operation,
    pub(crate) identity: &'a Identity,
}

impl Cell<'_> {
    fn fails(&self, what: &str, reply: &Reply) -> Vec<String> {
        vec![format!(
            "{} by {}: {what}: {} {}",
            self.operation.id, self.identity.name, reply.status, reply.body
        )]
    }

    /// The path of the group of somebody.
    fn at_group(&self, id: &str) -> String {
        self.operation.path.replace("{group}", &self.cast.group(id).to_string())
    }

    /// Asks about somebody.
    pub(crate) fn ask(&self, id: &str) -> Reply {
        let path = self.operation.at(id, "graded-walking");
        let (path, body) = match self.operation.id.as_str() {
            "listReadings" => (format!("{path}?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"), None),
            "addReadings" => (path, Some(batch(&[id]))),
            "preferSources" => (path, Some(json!({"first": []}))),
            "moveParticipant" => (path, Some(json!({"time_zone": "Europe/Paris"}))),
            // Not research: whom a researcher sees stays as it is.
            "addConsent" => (path, Some(json!({"purpose": "contact", "state": "given"}))),
            "listAttendance" => (self.at_group(id), None),
            "addAttendance" => {
                (self.at_group(id), Some(json!({"participant": id, "day": SCHOOL_DAY, "state": "present"})))
            }
            "addParticipant" => (path, Some(json!({"study": "new"}))),
            "addPrescription" => (
                path,
                Some(json!({"programme": "graded-walking", "start": "2026-03-09", "start_steps": 6_000})),
            ),
            "addReports" => (path, Some(json!({"contract": 1, "reports": [report(id)]}))),
            "setProfile" => (path, Some(json!({"answers": {"likes": ["walking"]}}))),
            "clearSafety" => (path, Some(json!({"by": "own_statement"}))),
            "clearSafetyByCode" => (path, Some(json!({"code": "AAAAAAAA"}))),
            "syncPhone" | "syncApplePhone" | "addPhoneLogs" => (path, Some(json!({"data": {"records": []}}))),
            "redeemEnrolment" => (path, Some(json!({"code": "AAAAAAAA"}))),
            "refreshPhone" | "revokePhone" => (path, Some(json!({"refresh_token": "fpr_1_00"}))),
            _ => (path, None),
        };
        self.served.ask(&self.operation.method, &path, self.identity.token.as_deref(), body.as_ref())
    }

    /// Everything that is not as the rule says.
    pub(crate) fn faults(&self, rule: Rule) -> Vec<String> {
        if rule == Rule::Open {
            let reply = self.ask(UNKNOWN);
            return if reply.status == 200 { Vec::new() } else { self.fails("it is open", &reply) };
        }
        if rule == Rule::BySecret {
            let expected = match self.operation.id.as_str() {
                "redeemEnrolment" | "clearSafetyByCode" => 404,
                "refreshPhone" => 401,
                _ => 204,
            };
            let reply = self.ask(UNKNOWN);
            return if reply.status == expected { Vec::new() } else { self.fails("a wrong secret", &reply) };
        }
        if !self.identity.valid {
            return self.all_alike("unauthorized", 401);
        }
        match rule {
            Rule::AnyReader | Rule::ListOfPeople if !self.identity.is_reader() => {
                self.all_alike("forbidden", 403)
            }
            Rule::Writing | Rule::Phone if self.identity.writes.is_empty() => {
                self.all_alike("forbidden", 403)
            }
            Rule::AdminAlone if !self.identity.admin => self.all_alike("forbidden", 403),
            Rule::AnyReader | Rule::Open | Rule::BySecret => {
                let reply = self.ask(UNKNOWN);
                if reply.status == 200 { Vec::new() } else { self.fails("a reader may", &reply) }
            }
            Rule::ListOfPeople => self.list(),
            Rule::OfParticipant => self.each(self.identity.reads, ("not-found", 404)),
            Rule::With(right) => match self.identity.reach(right) {
                None => self.all_alike("forbidden", 403),
                Some(reach) => self.each(reach, ("not-found", 404)),
            },
            Rule::OfGroup(right) => match self.identity.reach(right) {
                None => self.all_alike("forbidden", 403),
                Some(_) if self.identity.is_for_one() => self.each(&[], ("not-found", 404)),
                Some(reach) => self.each(reach, ("not-found", 404)),
            },
            Rule::Writing => self.each(self.identity.writes, ("nothing-accepted", 422)),
            Rule::Saying => match self.identity.reach(Right::Report) {
                None => self.all_alike("forbidden", 403),
                Some(reach) => self.saying(reach),
            },
            Rule::Phone => self.phone(),
            Rule::AdminAlone => self.admin(),
        }
    }

    /// Kept for those within reach, and refused for everybody else as for an unknown id.
    fn saying(&self, reach: &[Who]) -> Vec<String> {
        let unknown = self.ask(UNKNOWN);
        let mut wrong = Vec::new();
        if unknown.status != 200 || unknown.json()["rejected"][0]["code"] != "participant_unknown" {
            wrong.extend(self.fails("an unknown id", &unknown));
        }
        for who in Who::ALL {
            let reply = self.ask(self.cast.id(who));
            if reach.contains(&who) {
                if reply.json()["accepted"] != 1 {
                    wrong.extend(self.fails(&format!("{who:?} is within reach"), &reply));
                }
            } else if face(&reply) != face(&unknown) {
                wrong.extend(self.fails(&format!("{who:?} is told from an unknown id"), &reply));
            }
        }
        wrong
    }

    /// The same refusal whomever it is about.
    fn all_alike(&self, kind: &str, status: u16) -> Vec<String> {
        let unknown = self.ask(UNKNOWN);
        let mut wrong = Vec::new();
        if unknown.status != status || !unknown.is_problem(kind) {
            wrong.extend(self.fails(kind, &unknown));
        }
        if status == 401 && unknown.header("www-authenticate") != "Bearer" {
            wrong.extend(self.fails("WWW-Authenticate: Bearer", &unknown));
        }
        let token = self.identity.token.as_deref().unwrap_or("fou_");
        if unknown.body.contains(token) {
            wrong.extend(self.fails("the token is not said back", &unknown));
        }
        for who in Who::ALL {
            let reply = self.ask(self.cast.id(who));
            if face(&reply) != face(&unknown) {
                wrong.extend(self.fails("it tells somebody apart", &reply));
            }
        }
        wrong
    }

    /// A success for those within reach; for everybody else the very answer that an unknown id has.
    fn each(&self, reach: &[Who], (kind, status): (&str, u16)) -> Vec<String> {
        let unknown = self.ask(UNKNOWN);
        let mut wrong = Vec::new();
        if unknown.status != status || !unknown.is_problem(kind) {
            wrong.extend(self.fails("an unknown id", &unknown));
        }
        for who in Who::ALL {
            let reply = self.ask(self.cast.id(who));
            if reach.contains(&who) {
                // Where nothing is stopped there is nothing to make a code for.
                if !(200..300).contains(&reply.status) && reply.status != 409 {
                    wrong.extend(self.fails(&format!("{who:?} is within reach"), &reply));
                }
                continue;
            }
            if face(&reply) != face(&unknown) {
                wrong.extend(self.fails(&format!("{who:?} is told from an unknown id"), &reply));
            }
            // Another way of writing the same id is no way around.
            let id = self.cast.id(who);
            for other in [id.to_uppercase(), id.replace('-', "")] {
                let reply = self.ask(&other);
                if !(400..500).contains(&reply.status) || reply.status == 403 {
                    wrong.extend(self.fails(&format!("{who:?} as {other}"), &reply));
                }
            }
        }
        wrong
    }

    /// A success for those within reach, however their id is written; one and the same refusal for everybody else.
    fn phone(&self) -> Vec<String> {
        let unknown = self.ask(UNKNOWN);
        let mut wrong = Vec::new();
        if unknown.status != 403 || !unknown.is_problem("forbidden") {
            wrong.extend(self.fails("an unknown id", &unknown));
        }
        for who in Who::ALL {
            let id = self.cast.id(who);
            for id in [id.to_owned(), id.to_uppercase(), id.replace('-', "")] {
                let reply = self.ask(&id);
                let is_right = if self.identity.writes.contains(&who) {
                    (200..300).contains(&reply.status)
                } else {
                    face(&reply) == face(&unknown)
                };
                if !is_right {
                    wrong.extend(self.fails(&format!("{who:?} as {id}"), &reply));
                }
            }
        }
        wrong
    }

    /// Exactly those within reach, by every way of asking.
    fn list(&self) -> Vec<String> {
        let token = self.identity.token.as_deref();
        let mut wrong = Vec::new();
        let studies: [(&str, &[Who]); 4] =
            [("", &Who::ALL), ("?study=S", &[Who::A, Who::B]), ("?study=T", &[Who::C]), ("?study=none", &[])];
        for (query, of_study) in studies {
            let reply = self.served.ask("GET", &format!("/v1/participants{query}"), token, None);
            let found: Vec<String> = reply.json()["items"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|one| one["id"].as_str().map(str::to_owned))
                .collect();
            for who in Who::ALL {
                let expected = self.identity.reads.contains(&who) && of_study.contains(&who);
                if found.iter().any(|id| id == self.cast.id(who)) != expected {
                    wrong.extend(
                        self.fails(&format!("{query}: {who:?} is on the list: {}", !expected), &reply),
                    );
                }
            }
        }
        wrong
    }

    /// What the admin may, done to somebody who was added for it.
    fn admin(&self) -> Vec<String> {
        let token = self.identity.token.as_deref();
        let added = self.served.ask("POST", "/v1/participants", token, Some(&json!({"study": "new"})));
        let id = added.json()["id"].as_str().unwrap_or_default().to_owned();
        let reply = self.ask(&id);
        let mut wrong =
            if (200..300).contains(&reply.status) { Vec::new() } else { self.fails("the admin may", &reply) };
        let unknown = self.ask(UNKNOWN);
        if self.operation.path.contains("{id}") && (unknown.status != 404 || !unknown.is_problem("not-found"))
        {
            wrong.extend(self.fails("an unknown id", &unknown));
        }
        wrong
    }
}
