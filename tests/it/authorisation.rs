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

use cast::{Cast, UNKNOWN, Who, revoke};
use document::{document, operations};
use foulee_api::http::GRANT_CACHE_MS;
use foulee_api::registry::Scope;
use matrix::{Cell, MATRIX, batch};
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
    assert_eq!(secrets.len(), 7);
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
