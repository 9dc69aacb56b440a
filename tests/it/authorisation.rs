//! Who may do what: every operation of `api/openapi.json` by every kind of identity, and that what a token may not see is
//! not told from what does not exist.
//!
//! An operation without a row in the matrix fails, so a new route comes with its rule.

#[path = "authorisation/cast.rs"]
mod cast;
#[path = "openapi/document.rs"]
mod document;
#[path = "authorisation/matrix.rs"]
mod matrix;
#[path = "openapi/served.rs"]
mod served;

use std::collections::BTreeSet;

use cast::{Cast, SCHOOL_DAY, UNKNOWN, Who, revoke};
use document::{document, operations};
use foulee_api::http::GRANT_CACHE_MS;
use foulee_api::registry::{AuditEntry, Scope};
use matrix::{Cell, MATRIX, batch};
use serde_json::json;
use served::Served;

#[test]
fn the_matrix_holds() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let document = document();
    let operations = operations(&document);
    let named: BTreeSet<&str> = operations.iter().map(|one| one.id.as_str()).collect();
    let rows: BTreeSet<&str> = MATRIX.iter().map(|(id, _)| *id).collect();
    assert_eq!(named, rows, "left: operations of openapi.json, right: rows of the matrix");
    assert_eq!(rows.len(), MATRIX.len(), "one row an operation");

    let mut wrong = Vec::new();
    let mut cells = 0;
    for operation in &operations {
        let (_, rule) = MATRIX.into_iter().find(|(id, _)| *id == operation.id).unwrap();
        let open = document["paths"][&operation.path][operation.method.to_lowercase()]["security"]
            .as_array()
            .is_some_and(Vec::is_empty);
        let is_open = matches!(rule, matrix::Rule::Open | matrix::Rule::BySecret);
        assert_eq!(open, is_open, "{}: the document's security", operation.id);
        for identity in &cast.identities {
            cells += 1;
            // Codes of phones can be tried only so often.
            served.pass(5_000);
            wrong.extend(Cell { served: &served, cast: &cast, operation, identity }.faults(rule));
        }
    }
    println!("{} operations x {} identities = {cells} cells", operations.len(), cast.identities.len());
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn of_a_mixed_batch_only_what_is_within_reach_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let token = cast.identity("write-study S").token.as_deref();
    let send = |last: &str| {
        let reply = served.ask("POST", "/v1/readings", token, Some(&batch(&[cast.id(Who::A), last])));
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    };
    let unknown = send(UNKNOWN);
    let unseen = send(cast.id(Who::C));
    assert_eq!(
        (&unknown["accepted"], &unknown["rejected"][0]["code"]),
        (&1.into(), &"participant_unknown".into())
    );
    assert_eq!(unknown["rejected"], unseen["rejected"]);
    let admin = cast.identity("admin").token.as_deref();
    let range = "from=2026-03-01T00:00:00Z&to=2026-03-30T00:00:00Z";
    let kept =
        |who| served.ask("GET", &format!("/v1/participants/{}/readings?{range}", cast.id(who)), admin, None);
    assert_eq!(kept(Who::A).json()["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        kept(Who::C).json()["items"].as_array().map(Vec::len),
        Some(0),
        "nothing of a stranger's was kept"
    );
}

#[test]
fn what_was_revoked_ended_or_erased_no_longer_holds() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let write = |token: &str, who: Who| {
        served.ask("POST", "/v1/readings", Some(token), Some(&batch(&[cast.id(who)]))).status
    };
    let (number, fleeting) = &cast.fleeting;
    assert_eq!(write(fleeting, Who::B), 200);
    revoke(&served, *number);
    served.pass(GRANT_CACHE_MS);
    assert_eq!(write(fleeting, Who::B), 401, "the memory of a grant is over");

    let (_, short) =
        served.token(Scope::WriteParticipant(cast.id(Who::B).parse().unwrap()), Some(GRANT_CACHE_MS));
    assert_eq!(write(&short, Who::B), 200);
    served.pass(GRANT_CACHE_MS);
    assert_eq!(write(&short, Who::B), 401, "it has expired");

    let (reading, text) = served.token(Scope::Admin, None);
    let list = || served.ask("GET", "/v1/participants", Some(&text), None).status;
    assert_eq!(list(), 200);
    revoke(&served, reading);
    assert_eq!(list(), 401, "where something is read, at once");

    let study = cast.identity("write-study S").token.as_deref().unwrap();
    assert_eq!(write(study, Who::A), 200);
    let admin = cast.identity("admin").token.as_deref();
    let path = format!("/v1/participants/{}", cast.id(Who::A));
    assert_eq!(served.ask("DELETE", &path, admin, None).status, 200);
    assert_eq!(write(study, Who::A), 422, "an erased participant exists for nobody");
    for name in ["read-participant A", "write-participant A"] {
        let token = cast.identity(name).token.as_deref();
        let status = served.ask("GET", &path, token, None).status;
        assert!(status == 401 || status == 404, "{name}: {status}");
    }
}

#[test]
fn pages_tell_no_more_than_feeds() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let page = |token: Option<&str>, path: &str| {
        let cookie = token.map(|token| ("Cookie", format!("foulee_token={token}")));
        served.send("GET", path, cookie.as_slice(), Vec::new())
    };
    for identity in &cast.identities {
        let token = identity.token.as_deref();
        let unknown = page(token, &format!("/p/{UNKNOWN}?lang=en"));
        for who in Who::ALL {
            for path in ["", "/live"] {
                let reply = page(token, &format!("/p/{}{path}?lang=en", cast.id(who)));
                if identity.reads.contains(&who) {
                    assert_eq!(reply.status, 200, "{} {who:?}", identity.name);
                } else {
                    assert_eq!(
                        (reply.status, &reply.body),
                        (unknown.status, &unknown.body),
                        "{} {who:?} {path}",
                        identity.name
                    );
                }
                // The live page alone may run a script, and only ours.
                let policy = reply.header("content-security-policy").contains("script-src");
                assert_eq!(policy, path == "/live" && reply.status == 200, "{} {who:?}", identity.name);
            }
        }
        let expected = if identity.valid { 404 } else { 303 };
        assert_eq!(unknown.status, expected, "{}: {}", identity.name, unknown.body);
        let index = page(token, "/?lang=en");
        let expected = match (identity.valid, identity.is_reader()) {
            (false, _) => 303,
            (true, false) => 403,
            (true, true) => 200,
        };
        assert_eq!(index.status, expected, "{}", identity.name);
        for who in Who::ALL {
            let shown = index.body.contains(cast.id(who));
            assert_eq!(shown, identity.reads.contains(&who), "{} {who:?}", identity.name);
        }
    }
}

/// Everything that was noted of somebody.
fn trail(served: &Served, id: &str) -> Vec<AuditEntry> {
    let entries = served.service.registry.audit(id.parse().expect("an id"), 0, 1_000);
    served.runtime.block_on(entries).expect("entries")
}

#[test]
fn every_access_to_somebody_leaves_an_entry() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let document = document();
    let mut operations = operations(&document);
    operations.retain(|operation| operation.path.contains("{id}"));
    // Erasing ends the trail: last of all, and by the admin, who stands last.
    operations.sort_by_key(|operation| operation.id == "eraseParticipant");
    assert!(operations.len() >= 20, "{operations:?}");
    assert_eq!(cast.identities.last().map(|last| last.name), Some("admin"));
    let id = cast.id(Who::A);
    let unknown = UNKNOWN.parse().unwrap();
    let mut noted = 0;
    for operation in &operations {
        for identity in &cast.identities {
            // Who holds no token is noted once a minute.
            served.pass(60_000);
            let name = format!("{} by {}", operation.id, identity.name);
            let cell = Cell { served: &served, cast: &cast, operation, identity };
            let last = trail(&served, id).last().map_or(0, |last| last.id);
            cell.ask(UNKNOWN);
            let reply = cell.ask(id);
            let found: Vec<AuditEntry> =
                trail(&served, id).into_iter().filter(|entry| entry.id > last).collect();
            if (operation.id.as_str(), identity.name) == ("eraseParticipant", "admin") {
                assert_eq!(
                    (reply.status, trail(&served, id).len()),
                    (200, 0),
                    "{name}: the trail is erased, too"
                );
                continue;
            }
            assert_eq!(found.len(), 1, "{name}: one entry, of the one who is known: {found:?}");
            let entry = &found[0];
            let (token, role) = match identity.of {
                Some((number, scope)) => (Some(number), scope.as_str()),
                None => (None, "nobody"),
            };
            assert_eq!((entry.token, entry.role.as_str()), (token, role), "{name}");
            assert_eq!(
                (entry.route.as_str(), entry.status),
                (operation.path.as_str(), Some(reply.status)),
                "{name}"
            );
            let act = match (operation.method.as_str(), operation.id.as_str()) {
                ("GET", _) => "read",
                (_, "eraseParticipant") => "erase",
                _ => "write",
            };
            assert_eq!(entry.act.as_str(), act, "{name}");
            noted += 1;
        }
    }
    let nobody = served.runtime.block_on(served.service.registry.audit(unknown, 0, 10)).unwrap();
    assert!(nobody.is_empty());
    println!("{} operations x {} identities: {noted} entries", operations.len(), cast.identities.len());
}

#[test]
fn lists_pages_and_sent_readings_leave_entries_too() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let since = |who: Who, last: i64| -> Vec<(String, String, Option<u16>)> {
        let entries = trail(&served, cast.id(who)).into_iter().filter(|entry| entry.id > last);
        entries.map(|entry| (entry.role, entry.route, entry.status)).collect()
    };
    let last = || Who::ALL.map(|who| trail(&served, cast.id(who)).last().map_or(0, |last| last.id));
    let entry = |role: &str, route: &str, status| vec![(role.to_owned(), route.to_owned(), Some(status))];

    let physio = cast.identity("physiotherapist of S").token.as_deref();
    let before = last();
    assert_eq!(served.ask("GET", "/v1/participants", physio, None).status, 200);
    for who in [Who::A, Who::B] {
        assert_eq!(since(who, before[who as usize]), entry("physiotherapist", "/v1/participants", 200));
    }
    assert!(since(Who::C, before[2]).is_empty(), "who is not shown is not looked at");

    let cookie = [("Cookie", format!("foulee_token={}", physio.unwrap()))];
    for (path, route) in [("", "/p/{id}"), ("/live", "/p/{id}/live"), ("/received", "/p/{id}/received")] {
        let before = last();
        let page = served.send("GET", &format!("/p/{}{path}", cast.id(Who::A)), &cookie, Vec::new());
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(since(Who::A, before[0]), entry("physiotherapist", route, 200));
        let refused = served.send("GET", &format!("/p/{}{path}", cast.id(Who::C)), &cookie, Vec::new());
        assert_eq!(refused.status, 404);
        assert_eq!(since(Who::C, before[2]), entry("physiotherapist", route, 404));
    }
    let before = last();
    assert_eq!(served.send("GET", "/", &cookie, Vec::new()).status, 200);
    assert_eq!(since(Who::B, before[1]), entry("physiotherapist", "/", 200));

    let before = last();
    let sheet = format!("/v1/groups/{}/attendance", cast.group(cast.id(Who::A)));
    assert_eq!(served.ask("GET", &sheet, physio, None).status, 200);
    let came = json!({"participant": cast.id(Who::B), "day": SCHOOL_DAY, "state": "present"});
    assert_eq!(served.ask("POST", &sheet, physio, Some(&came)).status, 201);
    let route = "/v1/groups/{group}/attendance";
    assert_eq!(since(Who::A, before[0]), entry("physiotherapist", route, 200));
    let both = [entry("physiotherapist", route, 200), entry("physiotherapist", route, 201)].concat();
    assert_eq!(since(Who::B, before[1]), both);

    // A device sends all day long: it is noted once an hour.
    let device = cast.identity("write-study S").token.as_deref();
    let before = last();
    let send = || {
        let reply =
            served.ask("POST", "/v1/readings", device, Some(&batch(&[cast.id(Who::A), cast.id(Who::B)])));
        assert_eq!(reply.status, 200, "{}", reply.body);
    };
    let noted = || since(Who::A, before[0]).len();
    for (later, expected) in [(0, 1), (0, 1), (3_599_999, 1), (1, 2)] {
        served.pass(later);
        send();
        assert_eq!(noted(), expected);
    }
    assert_eq!(since(Who::B, before[1])[0], entry("write_study", "/v1/readings", 200)[0]);

    // Another way to write an id is no way around, nor is another method; one that is not there is no access.
    let before = last();
    let spelt = cast.id(Who::A).to_uppercase().replace('0', "%30");
    assert_eq!(served.ask("GET", &format!("/v1/participants/{spelt}"), physio, None).status, 200);
    assert_eq!(since(Who::A, before[0]), entry("physiotherapist", "/v1/participants/{id}", 200));
    let before = last();
    assert_eq!(
        served.ask("HEAD", &format!("/v1/participants/{}", cast.id(Who::A)), physio, None).status,
        200
    );
    assert_eq!(
        served.ask("PATCH", &format!("/v1/participants/{}", cast.id(Who::A)), physio, None).status,
        405
    );
    assert_eq!(since(Who::A, before[0]), entry("physiotherapist", "/v1/participants/{id}", 200));
}

#[test]
fn who_looked_is_for_the_person_and_research_ends_with_its_consent() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let (a, b) = (cast.id(Who::A), cast.id(Who::B));
    let token = |name: &str| cast.identity(name).token.as_deref();
    let (own, researcher) = (token("participant A"), token("researcher of S"));
    let show = |who: &str| served.ask("GET", &format!("/v1/participants/{who}"), researcher, None);
    assert_eq!((show(a).status, show(b).status), (200, 404), "B was never asked");
    assert!(show(a).json()["external_id"].is_null(), "the id that ties it to an export stays behind");
    let physio = served.ask("GET", &format!("/v1/participants/{a}"), token("physiotherapist of S"), None);
    assert_eq!(physio.json()["external_id"], "a");

    let said = |body| served.ask("POST", &format!("/v1/participants/{a}/consents"), own, Some(&body));
    let withdrawn = said(json!({"purpose": "research", "state": "withdrawn"}));
    assert_eq!((withdrawn.status, &withdrawn.json()["state"]), (201, &json!("withdrawn")));
    assert_eq!(show(a).status, 404, "at once");
    let list = served.ask("GET", "/v1/participants", researcher, None).json();
    assert_eq!(list["items"], json!([]));
    assert_eq!(
        said(json!({"purpose": "research", "state": "withdrawn", "at": "2030-01-01T00:00:00Z"})).status,
        400
    );
    assert_eq!(said(json!({"purpose": "sharing", "state": "withdrawn"})).status, 409);
    let now = served.ask("GET", &format!("/v1/participants/{a}/consents"), own, None).json();
    assert_eq!(now["now"], json!({"care": null, "research": "withdrawn", "contact": null, "sharing": null}));

    let looked = served.ask("GET", &format!("/v1/participants/{a}/audit"), own, None).json();
    let items = looked["items"].as_array().unwrap();
    let by = |role: &str| items.iter().filter(|one| one["role"] == role).count();
    // What was shown twice, and what was refused once the consent was gone.
    assert_eq!((by("researcher"), by("physiotherapist")), (3, 1), "{looked}");
    assert!(!looked.to_string().contains("fou_"), "no secret stands in it");
    assert_eq!(served.ask("GET", &format!("/v1/participants/{b}/audit"), own, None).status, 404);
    let page = served.ask("GET", &format!("/v1/participants/{a}/audit?limit=2"), own, None).json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (2, &page["items"][1]["id"]));
}

#[test]
fn tokens_are_hashed_at_rest() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    let cast = Cast::new(&served);
    let mut secrets: Vec<String> = Vec::new();
    for identity in cast.identities.iter().filter(|one| one.valid) {
        let token = identity.token.as_deref().unwrap();
        // Used once each, so that whatever a use writes is written.
        served.ask("GET", "/v1/participants", Some(token), None);
        served.ask("POST", "/v1/readings", Some(token), Some(&batch(&[cast.id(Who::A)])));
        secrets.push(token.rsplit('_').next().unwrap().to_owned());
    }
    assert_eq!(secrets.len(), 16);
    served.runtime.block_on(served.service.registry.close());
    let mut read = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        read += bytes.len();
        for secret in &secrets {
            assert_eq!(secret.len(), 64);
            let raw: Vec<u8> =
                (0..32).map(|at| u8::from_str_radix(&secret[2 * at..2 * at + 2], 16).unwrap()).collect();
            let hits = |needle: &[u8]| bytes.windows(needle.len()).filter(|window| *window == needle).count();
            let found = hits(secret.as_bytes()) + hits(secret.to_uppercase().as_bytes()) + hits(&raw);
            assert_eq!(found, 0, "a secret stands in {}", path.display());
        }
    }
    println!("{} secrets, {read} bytes of files, 0 hits", secrets.len());
    assert!(read > 50_000, "the registry's file was read");
}
