//! Requests to a running service, each answer of which is held against the document.

use std::collections::{BTreeMap, BTreeSet};

use foulee_api::registry::{Membership, RegistryError, Scope};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::document::{Operation, operations};
use crate::schema::{faults, strict};
use crate::served::{NOW_MS, Reply, Served};
use crate::shape::{entry, resolved};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Days of readings before the service's now.
const DAYS: i64 = 35;

/// What was asked so far.
pub(crate) struct Exchanges<'a> {
    document: &'a Value,
    served: &'a Served,
    /// A token that may do everything.
    pub(crate) admin: String,
    operations: Vec<Operation>,
    validators: BTreeMap<String, Validator>,
    seen: BTreeMap<(String, u16), usize>,
}

impl<'a> Exchanges<'a> {
    pub(crate) fn new(document: &'a Value, served: &'a Served) -> Self {
        let (_, admin) = served.token(Scope::Admin, None);
        let operations = operations(document);
        Self { document, served, admin, operations, validators: BTreeMap::new(), seen: BTreeMap::new() }
    }

    /// Asks as the admin with a JSON body.
    pub(crate) fn ask(&mut self, id: &str, path: &str, body: Option<&Value>) -> Result<Reply, String> {
        let method = self.operation(id).method.clone();
        let admin = self.admin.clone();
        let reply = self.served.ask(&method, path, Some(&admin), body);
        self.check(id, path, reply)
    }

    fn operation(&self, id: &str) -> &Operation {
        self.operations
            .iter()
            .find(|one| one.id == id)
            .unwrap_or_else(|| panic!("the operation {id} is in the document"))
    }

    /// An answer, if it is one that the document describes.
    pub(crate) fn check(&mut self, id: &str, path: &str, reply: Reply) -> Result<Reply, String> {
        let operation = self.operation(id).clone();
        let name = format!("{} {path}: {}", operation.method, reply.status);
        let entry = entry(self.document, &operation.path, &operation.method);
        let response = entry["responses"].get(reply.status.to_string());
        let Some(response) = response else {
            return Err(format!("{name} is not in the document: {}", reply.body));
        };
        let response = resolved(self.document, response);
        if reply.status == 204 {
            assert!(reply.body.is_empty(), "{name}: no content");
            *self.seen.entry((operation.id, reply.status)).or_default() += 1;
            return Ok(reply);
        }
        let kind = reply.header("content-type").to_owned();
        let Some(schema) = response["content"][&kind]["schema"]["$ref"].as_str() else {
            return Err(format!("{name}: the document has no {kind} there"));
        };
        for (header, said) in response["headers"].as_object().into_iter().flatten() {
            if said["required"] == true && reply.header(header).is_empty() {
                return Err(format!("{name}: {header} is missing"));
            }
        }
        let schema = schema.rsplit('/').next().unwrap_or_default().to_owned();
        let document = self.document;
        let validator = self.validators.entry(schema).or_insert_with_key(|schema| strict(document, schema));
        let body = reply.json();
        let wrong = faults(validator, &body);
        if !wrong.is_empty() {
            return Err(format!("{name}: {wrong:?}"));
        }
        if kind == "application/problem+json" && body["status"] != reply.status {
            return Err(format!("{name}: the problem says {}", body["status"]));
        }
        *self.seen.entry((operation.id, reply.status)).or_default() += 1;
        Ok(reply)
    }

    /// Asks and expects a status.
    fn expect(&mut self, id: &str, path: &str, body: Option<&Value>, status: u16) -> Value {
        let reply = self.ask(id, path, body).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(reply.status, status, "{id} {path}: {}", reply.body);
        reply.json()
    }

    /// Sends a body as it is and expects a status.
    fn expect_raw(
        &mut self,
        id: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        status: u16,
    ) -> Value {
        let mut headers: Vec<(&str, String)> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        headers.push(("Authorization", format!("Bearer {}", self.admin)));
        let reply = self.served.send("POST", path, &headers, body);
        let reply = self.check(id, path, reply).unwrap_or_else(|wrong| panic!("{wrong}"));
        assert_eq!(reply.status, status, "{id} {path}: {}", reply.body);
        reply.json()
    }

    /// A participant's whole life with the service: every operation, and every answer that can be brought about.
    pub(crate) fn live_through_everything(&mut self) {
        let id = self.add_people();
        self.send_readings(&id);
        self.served.pass(HOUR_MS);
        let drained = self.served.runtime.block_on(self.served.service.worker.drain(NOW_MS + HOUR_MS));
        drained.expect("the days are computed");
        self.follow_a_programme(&id);
        self.read(&id);
        self.say(&id);
        self.agree(&id);
        self.go_to_school(&id);
        self.send_from_a_phone(&id);
        self.expect("eraseParticipant", &format!("/v1/participants/{id}"), None, 200);
        self.expect("eraseParticipant", &format!("/v1/participants/{id}"), None, 404);
        self.expect("getParticipant", &format!("/v1/participants/{id}"), None, 404);
    }

    fn add_people(&mut self) -> String {
        let path = "/v1/participants";
        let body = json!({"study": "Étude 1", "external_id": "P-01", "time_zone": "Europe/Paris", "birth_year": 1980});
        let added = self.expect("addParticipant", path, Some(&body), 201);
        let again = self.expect("addParticipant", path, Some(&body), 200);
        assert_eq!(added, again);
        self.expect("addParticipant", path, Some(&json!({})), 201);
        self.expect("addParticipant", path, Some(&json!({"id": added["id"]})), 409);
        self.expect("addParticipant", path, Some(&json!({"nickname": "x"})), 400);
        self.expect_raw("addParticipant", path, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        let page = self.expect("listParticipants", "/v1/participants?limit=1", None, 200);
        let next =
            format!("/v1/participants?limit=1&after={}", page["next"].as_str().expect("there are two"));
        assert_eq!(
            self.expect("listParticipants", &next, None, 200)["items"].as_array().map(Vec::len),
            Some(1)
        );
        self.expect("listParticipants", "/v1/participants?limit=0", None, 400);
        let nobody = self.served.ask("GET", path, None, None);
        assert_eq!(self.check("listParticipants", path, nobody).expect("documented").status, 401);
        added["id"].as_str().expect("an id").to_owned()
    }

    fn send_readings(&mut self, id: &str) {
        let path = "/v1/readings";
        let first = NOW_MS - NOW_MS.rem_euclid(DAY_MS) - DAYS * DAY_MS;
        let block = |metric: &str, unit: &str, value: Vec<Value>| {
            json!({"participant": id, "source": "watch////test", "metric": metric, "grain": "epoch", "unit": unit,
                "offset": 60, "how": "automatic", "grid": {"start": first, "step": 60_000, "value": value}})
        };
        // Worn from 7 to 22 h, ten minutes of walking in each hour.
        let minutes = || (0..DAYS * 1440).map(|minute| (minute % 1440 / 60, minute % 60));
        let worn = |hour: i64, value: i64| if (7..22).contains(&hour) { json!(value) } else { Value::Null };
        let steps = minutes().map(|(hour, minute)| worn(hour, if minute < 10 { 100 } else { 0 })).collect();
        let heart = minutes().map(|(hour, minute)| worn(hour, if minute < 10 { 105 } else { 62 })).collect();
        let steps = json!({"contract": 1, "series": [block("steps", "{steps}", steps)]}).to_string();
        let heart = json!({"contract": 1, "series": [block("heart_rate", "/min", heart)]}).to_string();
        let kind = ("Content-Type", "application/json");
        let packed = zstd::encode_all(steps.as_bytes(), 3).expect("zstd");
        let answer = self.expect_raw("addReadings", path, &[kind, ("Content-Encoding", "zstd")], packed, 200);
        assert_eq!(answer["accepted"], DAYS * 15 * 60);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, heart.as_bytes()).expect("gzip");
        let packed = gzip.finish().expect("gzip");
        self.expect_raw("addReadings", path, &[kind, ("Content-Encoding", "gzip")], packed, 200);

        let point = |start: i64, value: Value, deleted: bool| {
            json!({"contract": 1, "series": [{"participant": id, "source": "strap//polar/h10", "metric": "rr_interval",
                "grain": "sample", "unit": "ms", "exponent": -1,
                "points": {"start": [start], "seq": [1], "rev": [u8::from(deleted)], "value": [value], "deleted": [deleted]}}]})
        };
        self.expect("addReadings", path, Some(&point(first, json!(8_125), false)), 200);
        self.expect("addReadings", path, Some(&point(first, Value::Null, true)), 200);
        let refused = self.expect("addReadings", path, Some(&point(first, json!(1), false)), 422);
        assert_eq!(refused["rejected"][0]["code"], "value_out_of_range");
        self.expect("addReadings", path, Some(&json!({"contract": 2, "series": []})), 400);
        let many = json!({"contract": 1, "series": [block("steps", "{steps}", vec![Value::Null; 100_001])]});
        self.expect("addReadings", path, Some(&many), 413);
        self.expect_raw("addReadings", path, &[kind], b"{\"contract\":".to_vec(), 400);
        self.expect_raw("addReadings", path, &[kind, ("Content-Encoding", "br")], b"{}".to_vec(), 415);
        self.expect_raw("addReadings", path, &[kind, ("Content-Encoding", "gzip")], b"{}".to_vec(), 400);
        let (_, reader) = self.served.token(Scope::ReadParticipant(id.parse().expect("an id")), None);
        let golden = json!({"contract": 1, "series": []});
        for (token, status) in [(Some(reader.as_str()), 403), (None, 401)] {
            let reply = self.served.ask("POST", path, token, Some(&golden));
            assert_eq!(self.check("addReadings", path, reply).expect("documented").status, status);
        }
    }

    fn follow_a_programme(&mut self, id: &str) {
        let path = format!("/v1/participants/{id}/prescriptions");
        self.expect("getAdherence", &format!("/v1/participants/{id}/adherence"), None, 404);
        let start = json!({"programme": "graded-walking", "start": "2026-03-09"});
        let given = self.expect("addPrescription", &path, Some(&start), 201);
        assert_eq!(self.expect("addPrescription", &path, Some(&start), 200), given, "again changes nothing");
        let name = given["programme"].as_str().expect("a name");
        let mut document = self.expect("getProgramme", &format!("/v1/programmes/{name}"), None, 200);
        let same = json!({"document": document, "start": "2026-03-09"});
        assert_eq!(
            self.expect("addPrescription", &path, Some(&same), 200),
            given,
            "the same by its document"
        );
        document["title"]["en"] = "Another walk".into();
        self.expect(
            "addPrescription",
            &path,
            Some(&json!({"document": document, "start": "2026-03-09"})),
            409,
        );
        let too_soon = json!({"programme": "graded-walking", "start": "2020-03-09"});
        self.expect("addPrescription", &path, Some(&too_soon), 400);
        self.expect(
            "addPrescription",
            &path,
            Some(&json!({"programme": "none", "start": "2026-03-09"})),
            404,
        );
        self.expect_raw("addPrescription", &path, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        assert_eq!(self.expect("listPrescriptions", &path, None, 200)["items"][0], given);
        let all = self.expect("listProgrammes", "/v1/programmes", None, 200);
        assert_eq!(all["items"].as_array().map(Vec::len), Some(5), "the templates and what was made of one");
        self.start_from_a_baseline(&path);
        self.expect("getProgramme", "/v1/programmes/none", None, 404);
    }

    /// Programmes that start from trials, and those whose contingency the study chooses; what is wrong has its line.
    fn start_from_a_baseline(&mut self, path: &str) {
        let mut refused = |body: &Value, field: &str| {
            let problem = self.expect("addPrescription", path, Some(body), 400);
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
            problem
        };
        let gentle = json!({"programme": "gentle-start", "start": "2026-03-09", "trials": [12, 15, 14]});
        let with = |body: &Value, field: &str, value: Value| {
            let mut body = body.clone();
            body[field] = value;
            body
        };
        refused(&with(&gentle, "trials", Value::Null), "trials");
        refused(&with(&gentle, "trials", json!([12, 15])), "trials");
        refused(&with(&gentle, "contingency", json!("pain_modulated")), "contingency");
        let home = json!({"programme": "home-exercises", "start": "2026-03-09"});
        refused(&home, "contingency");
        refused(&with(&home, "trials", json!([1, 2, 3])), "trials");
        let mut document = json!({"contract": 1, "name": "mine", "version": 1, "title": {"fr": "a", "en": "a"},
            "stages": [{"weeks": 2, "quotas": [{"kind": "steps", "per_week": 5, "target": -1}]}]});
        let problem = refused(
            &json!({"document": document, "start": "2026-03-09"}),
            "document.stages[0].quotas[0].target",
        );
        assert_eq!(problem["errors"][0]["line"], 1, "{problem}");
        document["stages"][0]["quotas"][0]["target"] = json!(100);
        refused(&json!({"document": document, "start": "2026-03-09", "start_steps": 900}), "start_steps");

        let path = path.to_owned();
        let given = self.expect("addPrescription", &path, Some(&gentle), 201);
        let name = given["programme"].as_str().expect("a name").to_owned();
        assert!(name.ends_with("-trials-41"), "{name}");
        let own = self.expect("getProgramme", &format!("/v1/programmes/{name}"), None, 200);
        assert_eq!(own["stages"][0]["quotas"][0]["target"], 9, "70 % of the mean, 13.67: {own}");
        let chosen = with(&home, "contingency", json!("time_contingent"));
        let given = self.expect("addPrescription", &path, Some(&chosen), 201);
        let name = given["programme"].as_str().expect("a name").to_owned();
        let own = self.expect("getProgramme", &format!("/v1/programmes/{name}"), None, 200);
        assert_eq!(own["contingency"], "time_contingent");
        for template in ["back-school", "home-exercises", "gentle-start"] {
            self.expect("getProgramme", &format!("/v1/programmes/{template}"), None, 200);
        }
        let back = json!({"programme": "graded-walking", "start": "2026-03-09"});
        self.expect("addPrescription", &path, Some(&back), 201);
    }

    fn read(&mut self, id: &str) {
        let of = |feed: &str| format!("/v1/participants/{id}/{feed}");
        let length = |answer: Value| answer["items"].as_array().map_or(0, Vec::len);
        assert_eq!(length(self.expect("listMeasureDefinitions", "/v1/measures", None, 200)), 33);
        self.expect("getParticipant", &format!("/v1/participants/{id}"), None, 200);
        let newest = self.expect("watchNewest", &of("live"), None, 200);
        assert_eq!(
            newest["steps"],
            json!({"date": "2026-03-30", "value": null}),
            "nothing came today: not 0"
        );
        // The night of the clock change, 29 March, has 23 hours.
        let day = self.expect("listMinutes", &of("minutes?from=2026-03-29&to=2026-03-29"), None, 200);
        assert_eq!(length(day), 23 * 60);
        self.expect("listMinutes", &of("minutes?from=2026-01-01&to=2026-03-01"), None, 400);
        let hours = "completeness?from=2026-03-29&to=2026-03-29";
        let hours = self.expect("listCompleteness", &of(hours), None, 200);
        let of_each = hours["items"].as_array().expect("rows").chunk_by(|a, b| a["source"] == b["source"]);
        for rows in of_each {
            assert_eq!(rows.len(), 23, "a row for each hour: {rows:?}");
        }
        let known = "completeness?from=2026-03-01&to=2026-03-07&by=day&as_of=2026-03-05T12:00:00Z";
        self.expect("listCompleteness", &of(known), None, 200);
        self.expect("listCompleteness", &of("completeness?by=week"), None, 400);
        self.expect("listTotals", &of("totals"), None, 200);
        let sources = self.expect("listSources", &of("sources"), None, 200);
        let first = sources["items"][0]["source"].clone();
        self.expect("preferSources", &of("sources"), Some(&json!({"first": [first]})), 200);
        self.expect("preferSources", &of("sources"), Some(&json!({"first": []})), 200);
        self.expect("preferSources", &of("sources"), Some(&json!({"first": ["watch////none"]})), 400);
        let tokyo = json!({"time_zone": "Asia/Tokyo", "from": "2030-01-01T00:00:00Z"});
        self.expect("moveParticipant", &of("zones"), Some(&tokyo), 200);
        self.expect("moveParticipant", &of("zones"), Some(&json!({"time_zone": "Nowhere"})), 400);
        assert_eq!(length(self.expect("listMeasures", &of("measures"), None, 200)) % 33, 0);
        self.expect("listMeasures", &of("measures?from=2026-03-02&to=2026-03-01"), None, 400);
        let days = "from=2026-02-20T00:00:00Z&to=2026-02-27T00:00:00Z";
        assert!(
            length(self.expect("listReadings", &of(&format!("readings?{days}&metric=steps")), None, 200)) > 0
        );
        let all = "from=2026-02-22T00:00:00Z&to=2026-02-24T00:00:00Z";
        let rows = self.expect(
            "listReadings",
            &of(&format!("readings?{all}&as_of=2026-03-30T12:00:00Z")),
            None,
            200,
        );
        let rows = rows["items"].as_array().expect("rows");
        assert!(rows.iter().any(|row| row["value"].is_null()), "a deletion is a row");
        self.expect("listReadings", &of("readings?from=2026-02-20T00:00:00Z"), None, 400);
        // At noon nothing was assigned yet; the programme came an hour later.
        self.expect("getAdherence", &of("adherence?as_of=2026-03-30T12:00:00Z"), None, 404);
        self.expect("getAdherence", &of("adherence?quota=stretching"), None, 200);
        for query in ["adherence", "adherence?quota=walk_minutes", "adherence?as_of=2026-03-30T13:30:00Z"] {
            let judged = self.expect("getAdherence", &of(query), None, 200);
            assert_eq!(
                (&judged["status"], judged["programme"].is_object()),
                (&json!("ok"), true),
                "{judged}"
            );
        }
        let before = self.expect("getAdherence", &of("adherence?from=2026-01-01&to=2026-01-07"), None, 200);
        assert_eq!((&before["estimate"], &before["bounds"]), (&Value::Null, &Value::Null));
        self.expect("getAdherence", &of("adherence?quota=jumps"), None, 400);
    }

    fn say(&mut self, id: &str) {
        let of = |path: &str| format!("/v1/participants/{id}/{path}");
        let report = |n: u32, question: &str, answer: Value| {
            json!({"id": format!("01900000-0000-7000-8000-0000000000{n:02}"), "participant": id,
                "question": question, "state": "answered", "answer": answer,
                "effective_at": "2026-03-29T07:30:00Z"})
        };
        let all = json!({"contract": 1, "reports": [
            report(1, "pain", json!({"kind": "pain", "moment": "now", "nrs": 4})),
            report(2, "leave", json!({"kind": "leave", "edge": "start", "fraction": 0.5})),
            report(3, "pain", json!({"kind": "pain", "moment": "now", "nrs": 11})),
            report(4, "red_flag", json!({"kind": "red_flag", "codes": ["sphincter", "cancer_history"]})),
        ]});
        let answer = self.expect("addReports", "/v1/reports", Some(&all), 200);
        assert_eq!((&answer["new"], answer["rejected"].as_array().map(Vec::len)), (&json!(3), Some(1)));
        assert_eq!(self.expect("addReports", "/v1/reports", Some(&all), 200)["duplicate"], 3);
        self.expect("addReports", "/v1/reports", Some(&json!({"contract": 2, "reports": []})), 400);
        self.expect_raw("addReports", "/v1/reports", &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        let (_, reader) = self.served.token(Scope::ReadParticipant(id.parse().expect("an id")), None);
        for (token, status) in [(Some(reader.as_str()), 403), (None, 401)] {
            let reply = self.served.ask("POST", "/v1/reports", token, Some(&all));
            assert_eq!(self.check("addReports", "/v1/reports", reply).expect("documented").status, status);
        }
        let kept = self.expect("listReports", &of("reports"), None, 200);
        assert_eq!(kept["items"].as_array().map(Vec::len), Some(3));
        let before = self.expect("listReports", &of("reports?as_of=2026-03-01T00:00:00Z"), None, 200);
        assert_eq!(before["items"], json!([]));

        // What is stopped is withheld wherever it is asked for.
        let stopped = self.expect("getSafety", &of("safety"), None, 200);
        assert_eq!((&stopped["state"], &stopped["history"]), (&json!("urgent"), &json!(["cancer_history"])));
        let given = self.expect("listPrescriptions", &of("prescriptions"), None, 200);
        assert_eq!((&given["items"], &given["safety"]["state"]), (&json!([]), &json!("urgent")));
        let judged = self.expect("getAdherence", &of("adherence"), None, 200);
        assert_eq!(judged["safety"]["state"], "urgent");
        assert_eq!(self.expect("watchNewest", &of("live"), None, 200)["safety"], "urgent");
        let clear = of("safety/clearances");
        self.expect("clearSafety", &clear, Some(&json!({"by": "own_statement"})), 403);
        self.expect("clearSafety", &clear, Some(&json!({"by": "nobody"})), 400);
        self.expect_raw("clearSafety", &clear, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        self.expect("addClearingCode", &of("safety/codes"), Some(&json!({"expires_days": 31})), 400);
        let fortnight = json!({"expires_days": 14});
        let code = self.expect("addClearingCode", &of("safety/codes"), Some(&fortnight), 201)["code"].clone();
        let by_code = "/v1/safety/clearances";
        self.expect("clearSafetyByCode", by_code, Some(&json!({"code": "AAAAAAAA"})), 404);
        self.expect("clearSafetyByCode", by_code, Some(&json!({})), 400);
        self.expect_raw("clearSafetyByCode", by_code, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        let reply = self.ask("clearSafetyByCode", by_code, Some(&json!({"code": code})));
        assert_eq!(reply.expect("documented").status, 204);
        assert_eq!(self.expect("getSafety", &of("safety"), None, 200)["state"], "clear");
        self.expect("addClearingCode", &of("safety/codes"), None, 409);
        self.expect("clearSafety", &clear, Some(&json!({"by": "professional"})), 200);
        for n in 0..20 {
            let reply = self.ask("clearSafetyByCode", by_code, Some(&json!({"code": "AAAAAAAA"})));
            if reply.expect("documented").status == 429 {
                break;
            }
            assert!(n < 19, "codes can be tried without end");
        }
        self.served.pass(HOUR_MS);

        let answers = json!({"answers": {"avoids": ["strengthening"], "weight_kg": {"declined": null}}});
        self.expect("setProfile", &of("profile"), Some(&answers), 200);
        self.expect("setProfile", &of("profile"), Some(&json!({"answers": {"name": "Ada"}})), 400);
        self.expect_raw("setProfile", &of("profile"), &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        let known = self.expect("getProfile", &of("profile"), None, 200);
        assert_eq!(known["items"].as_array().map(Vec::len), Some(2));
        self.expect("getProfile", &of("profile?as_of=2026-13-01"), None, 400);
    }

    fn agree(&mut self, id: &str) {
        let path = format!("/v1/participants/{id}/consents");
        let none = self.expect("listConsents", &path, None, 200);
        assert_eq!((&none["now"]["research"], &none["items"]), (&Value::Null, &json!([])));
        let give = json!({"purpose": "research", "state": "given", "at": "2026-03-29T08:00:00+02:00"});
        let given = self.expect("addConsent", &path, Some(&give), 201);
        assert_eq!(given["from"], "2026-03-29T06:00:00Z");
        let withdraw = |purpose: &str| json!({"purpose": purpose, "state": "withdrawn"});
        self.expect("addConsent", &path, Some(&withdraw("research")), 201);
        self.expect("addConsent", &path, Some(&withdraw("contact")), 409);
        self.expect("addConsent", &path, Some(&json!({"purpose": "tea", "state": "given"})), 400);
        self.expect("addConsent", &path, Some(&json!({"purpose": "care", "state": "maybe"})), 400);
        self.expect_raw("addConsent", &path, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        let all = self.expect("listConsents", &path, None, 200);
        assert_eq!((&all["now"]["research"], &all["items"][0]), (&json!("withdrawn"), &given));
        let looked = self.expect("listAudit", &format!("/v1/participants/{id}/audit?limit=1"), None, 200);
        let next = looked["next"].as_i64().expect("there are more");
        self.expect("listAudit", &format!("/v1/participants/{id}/audit?after={next}"), None, 200);
        self.expect("listAudit", &format!("/v1/participants/{id}/audit?limit=0"), None, 400);
    }

    fn go_to_school(&mut self, id: &str) {
        let participant = id.parse().expect("an id");
        let from = "2026-03-02".parse().expect("a day");
        let registry = self.served.service.registry.clone();
        let group = self.served.runtime.block_on(async {
            let study = registry.study_by_name("Étude 1").await?.expect("the study").id;
            let group = registry.add_group(study, "mars", 6, NOW_MS).await?;
            registry.add_group_days(group, &[from], NOW_MS).await?;
            registry.join_group(group, Membership { participant, from, to: None }, NOW_MS).await?;
            Ok::<_, RegistryError>(group)
        });
        let path = format!("/v1/groups/{}/attendance", group.expect("a group"));
        let sheet = self.expect("listAttendance", &path, None, 200);
        assert_eq!((&sheet["items"][0]["state"], &sheet["items"][0]["day"]), (&Value::Null, &json!(from)));
        let came = |state: &str| json!({"participant": id, "day": "2026-03-02", "state": state});
        self.expect("addAttendance", &path, Some(&came("absent")), 201);
        let noted = self.expect("addAttendance", &path, Some(&came("excused")), 201);
        let day = self.expect("listAttendance", &format!("{path}?day=2026-03-02"), None, 200);
        assert_eq!(day["items"], json!([noted]));
        self.expect("listAttendance", &format!("{path}?day=2026-03-03"), None, 400);
        self.expect("addAttendance", &path, Some(&came("late")), 400);
        let free = json!({"participant": id, "day": "2026-03-03", "state": "present"});
        self.expect("addAttendance", &path, Some(&free), 400);
        let stranger = json!({"participant": "01900000-0000-7000-8000-00000000dead", "day": "2026-03-02",
            "state": "present"});
        self.expect("addAttendance", &path, Some(&stranger), 400);
        self.expect_raw("addAttendance", &path, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        self.expect("listAttendance", "/v1/groups/999/attendance", None, 404);
    }

    fn send_from_a_phone(&mut self, id: &str) {
        let path = format!("/v1/participants/{id}/enrolments");
        let code = self.expect("addEnrolment", &path, Some(&json!({"expires_days": 2})), 201)["code"].clone();
        self.expect("addEnrolment", &path, Some(&json!({"expires_days": 0})), 400);
        self.expect("addEnrolment", &path, Some(&json!({"label": "x"})), 400);
        let redeem = "/api/v1/invitation-code/redeem";
        let tokens = self.expect("redeemEnrolment", redeem, Some(&json!({"code": code})), 200);
        self.expect("redeemEnrolment", redeem, Some(&json!({"code": code})), 404);
        self.expect("redeemEnrolment", redeem, Some(&json!({})), 400);
        self.expect_raw("redeemEnrolment", redeem, &[("Content-Type", "text/plain")], b"{}".to_vec(), 415);
        let refresh = json!({"refresh_token": tokens["refresh_token"]});
        let again = self.expect("refreshPhone", "/api/v1/token/refresh", Some(&refresh), 200);
        assert_eq!(again["refresh_token"], tokens["refresh_token"]);
        let unknown = json!({"refresh_token": "fpr_1_00"});
        self.expect("refreshPhone", "/api/v1/token/refresh", Some(&unknown), 401);

        let body = entry(self.document, "/api/v1/sdk/users/{id}/sync", "post")["requestBody"]["content"]
            ["application/json"]["example"]
            .clone();
        let mut mixed = body.clone();
        mixed["data"]["records"]
            .as_array_mut()
            .expect("records")
            .extend([json!({"type": "STEP_COUNT"}), json!({"type": "X"})]);
        let sync = format!("/api/v1/sdk/users/{id}/sync");
        let answer = self.expect("syncPhone", &sync, Some(&mixed), 200);
        assert_eq!((&answer["new"], &answer["rejected_total"]), (&json!(1), &json!(1)));
        let apple = format!("{sync}/apple");
        assert_eq!(self.expect("syncApplePhone", &apple, Some(&body), 200)["duplicate"], 1);
        self.expect("syncPhone", &sync, Some(&json!([])), 400);
        self.expect_raw("syncPhone", &sync, &[("Content-Encoding", "br")], b"{}".to_vec(), 415);
        self.expect("addPhoneLogs", &sync.replace("/sync", "/logs"), Some(&json!({"events": []})), 202);
        let access = tokens["access_token"].as_str().expect("a token").to_owned();
        let strange = "/api/v1/sdk/users/01900000-0000-7000-8000-00000000dead/sync";
        for (token, status) in [(Some(access.as_str()), 403), (None, 401)] {
            let reply = self.served.ask("POST", strange, token, Some(&body));
            assert_eq!(self.check("syncPhone", strange, reply).expect("documented").status, status);
        }
        let gone = format!("/api/v1/users/{id}/connections/google");
        for (operation, method, path, body) in [
            ("disconnectPhone", "DELETE", gone.as_str(), None),
            ("revokePhone", "POST", "/api/v1/token/revoke", Some(&refresh)),
        ] {
            let reply = self.served.ask(method, path, Some(&access), body);
            assert_eq!(self.check(operation, path, reply).expect("documented").status, 204);
        }
    }

    /// Operations of which no success was seen.
    pub(crate) fn operations_without_success(&self) -> Vec<String> {
        let done: BTreeSet<&str> =
            self.seen.keys().filter(|(_, status)| *status < 300).map(|(id, _)| id.as_str()).collect();
        self.operations.iter().map(|one| one.id.clone()).filter(|id| !done.contains(id.as_str())).collect()
    }

    /// What was seen of what the document names.
    pub(crate) fn summary(&self) -> String {
        let mut named = 0;
        let mut unseen: BTreeMap<u16, usize> = BTreeMap::new();
        for operation in &self.operations {
            let entry = entry(self.document, &operation.path, &operation.method);
            for status in
                entry["responses"].as_object().into_iter().flatten().filter_map(|(code, _)| code.parse().ok())
            {
                named += 1;
                if !self.seen.contains_key(&(operation.id.clone(), status)) {
                    *unseen.entry(status).or_default() += 1;
                }
            }
        }
        let answers: usize = self.seen.values().sum();
        let seen = self.seen.len();
        let operations = self.operations.len();
        format!(
            "{answers} answers of {operations} operations validate; {seen} of {named} documented answers seen, by status not: {unseen:?}"
        )
    }
}
