//! A phone with the Open Wearables SDK against the real service: a recorded session is kept once however it is sent, every
//! row is counted, and a phone is let in, refreshes, and is let in no more.

#[path = "support/chance.rs"]
mod chance;
#[path = "sdk/engines.rs"]
mod engines;
#[path = "support/foulee.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod foulee;
#[path = "sdk/memory.rs"]
mod memory;
#[path = "support/people.rs"]
mod people;
#[path = "sdk/phone.rs"]
mod phone;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod served;
#[path = "sdk/session.rs"]
mod session;

use std::fs;

use chance::Chance;
use foulee::Folder;
use phone::{Phone, Sums, redeem};
use serde_json::json;
use served::{JSON, Served};
use session::{Fate, bodies, count, session};

/// A folder with one participant, and a code for their phone.
fn folder() -> (Folder, String) {
    let folder = Folder::with(vec![("FOULEE_LOG_LEVEL", "debug".to_owned())]);
    people::add(&folder, &people::id(1), "p1", "s", "Europe/Paris");
    let said = folder.run(["phone", "add", "s/p1", "--public-url", "https://foulee.example.org"]).ok();
    let code = said.lines().next().expect("a code").to_owned();
    assert!(
        said.contains(&format!("https://foulee.example.org/enrol#{code}\n")) && said.contains('█'),
        "{said}"
    );
    (folder, code)
}

fn digest(folder: &Folder) -> String {
    folder.say("store digest").ok()
}

#[test]
fn a_recorded_session_is_kept_once_however_it_is_sent() {
    let rows = session();
    let (good, bad, other) =
        (count(&rows, Fate::Accepted), count(&rows, Fate::Rejected), count(&rows, Fate::NotKept));
    assert!(good > 1_000 && bad > 40 && other > 40, "{good} {bad} {other}");
    let sums = |new: u64| Sums { accepted: good, new, duplicate: good - new, rejected: bad, not_kept: other };

    let (recorded, code) = folder();
    let served = Served::start(&recorded);
    let phone = Phone::enrolled(&served, &code);
    let first = phone.send(&served, &rows, 500, 0);
    println!("{} rows: {first:?}", rows.len());
    assert_eq!(first, sums(good));
    assert_eq!(served.metric("ingest_rows_not_kept_total"), other);
    assert_eq!(served.metric("ingest_readings_rejected_total"), bad);
    served.stop();
    let expected = digest(&recorded);

    // Three times again: as it was, shuffled, and shuffled in bodies cut anew, one of them across a kill.
    let mut shuffled = rows.clone();
    Chance(1).shuffle(&mut shuffled);
    let mut served = Served::start(&recorded);
    assert_eq!(phone.send(&served, &rows, 500, 1), sums(0), "as it was");
    assert_eq!(phone.send(&served, &shuffled, 2_000, 2), sums(0), "shuffled");
    served.child.kill().expect("a child");
    drop(served);
    let served = Served::start(&recorded);
    Chance(2).shuffle(&mut shuffled);
    assert_eq!(phone.send(&served, &shuffled, 37, 3), sums(0), "cut anew");
    served.stop();
    assert_eq!(digest(&recorded), expected, "sent again");

    // Elsewhere, in another order from the beginning, killed in the midst.
    let (other, code) = folder();
    let mut served = Served::start(&other);
    let phone = Phone::enrolled(&served, &code);
    Chance(3).shuffle(&mut shuffled);
    let half = phone.send(&served, &shuffled[..shuffled.len() / 2], 101, 4);
    served.child.kill().expect("a child");
    drop(served);
    let served = Served::start(&other);
    let rest = phone.send(&served, &shuffled, 733, 5);
    assert_eq!(rest, sums(first.new - half.new), "what was acknowledged before the kill is there");
    served.stop();
    assert_eq!(digest(&other), expected, "one session, one digest");
}

#[test]
fn a_phone_is_let_in_refreshes_and_is_let_in_no_more() {
    let (folder, code) = folder();
    let served = Served::start(&folder);
    let page = served.ask("GET", "/enrol?lang=en", None, &[], &[]);
    assert!(page.status == 200 && page.body.contains("Connect a phone"), "{page:?}");
    redeem(&served, "AAAAAAAA").problem(404);
    redeem(&served, "").problem(404);
    let phone = Phone::enrolled(&served, &format!("{}-{}", code[..4].to_lowercase(), &code[4..]));
    redeem(&served, &code).problem(404);
    assert_eq!(phone.user_id, people::id(1));

    let rows: Vec<_> = session().into_iter().take(50).collect();
    let (body, _) = &bodies(&rows, 50, 0)[0];
    assert_eq!(phone.sync(&served, body).status, 200);
    let apple = format!("{}/apple", phone.path());
    let mut unnamed = body.clone();
    unnamed.as_object_mut().expect("an object").remove("provider");
    let said = served.ask("POST", &apple, Some(&phone.access), JSON, unnamed.to_string().as_bytes());
    assert_eq!(said.json()["new"], 0, "the first versions' path is that of Apple's phones: {}", said.body);

    // A stranger and nobody are refused alike, as is a token of another sort.
    let strange = served.ask("POST", "/v1/participants", Some(&served.token), JSON, b"{}").json();
    let id = strange["id"].as_str().expect("an id");
    let at = |id: &str| Phone { user_id: id.to_owned(), ..phone.clone() }.sync(&served, body);
    assert_eq!(at(id).problem(403), at(&people::id(9)).problem(403));
    assert_eq!(at("me").status, 403);
    let big = json!({"provider": "apple", "data": {"records": [], "fill": "x".repeat(4 << 20)}});
    for wrong in ["", "fpa_1_00", &phone.refresh] {
        let phone = Phone { access: wrong.to_owned(), ..phone.clone() };
        phone.sync(&served, &big).problem(401);
    }
    let elsewhere =
        served.ask("GET", &format!("/v1/participants/{}", phone.user_id), Some(&phone.access), &[], &[]);
    assert_eq!(elsewhere.status, 404, "a phone's token shows nothing");
    let key = [JSON, &[("X-Open-Wearables-API-Key", phone.access.as_str())]].concat();
    assert_eq!(served.ask("POST", &phone.path(), None, &key, body.to_string().as_bytes()).status, 200);

    // The SDK keeps a refreshed token as it comes, and some apps put the word in front of it themselves.
    for authorization in [phone.access.clone(), format!("Bearer Bearer {}", phone.access)] {
        let bare = [JSON, &[("Authorization", authorization.as_str())]].concat();
        assert_eq!(served.ask("POST", &phone.path(), None, &bare, body.to_string().as_bytes()).status, 200);
    }

    let logs = phone.path().replace("/sync", "/logs");
    let events =
        json!({"sdkVersion": "0.6.0", "provider": "google", "events": [{"eventType": "device_state"}]});
    assert_eq!(
        served.ask("POST", &logs, Some(&phone.access), JSON, events.to_string().as_bytes()).status,
        202
    );
    let connection = format!("/api/v1/users/{}/connections/samsung", phone.user_id);
    assert_eq!(served.ask("DELETE", &connection, Some(&phone.access), &[], &[]).status, 204);
    assert_eq!(served.ask("DELETE", &connection, None, &[], &[]).status, 401);

    // An answer that was lost: the phone asks again with the same refresh token, and both answers hold.
    let lost = phone.refreshed(&served).json();
    let again = phone.refreshed(&served).json();
    for tokens in [&lost, &again] {
        let access = tokens["access_token"].as_str().expect("a token").to_owned();
        assert_eq!(Phone { access, ..phone.clone() }.sync(&served, body).status, 200);
    }
    let listed = folder.say("phone list --format json").ok();
    assert!(listed.contains(&phone.user_id), "{listed}");

    let ended = json!({"refresh_token": phone.refresh}).to_string();
    for _ in 0..2 {
        let said = served.ask("POST", "/api/v1/token/revoke", None, JSON, ended.as_bytes());
        assert_eq!(said.status, 204);
    }
    let last = Phone { access: again["access_token"].as_str().expect("a token").to_owned(), ..phone.clone() };
    last.sync(&served, body).problem(401);
    phone.refreshed(&served).problem(401);

    // Nothing of it all is in the log or in a file.
    let secrets: Vec<String> = [&phone.access, &phone.refresh, &last.access]
        .into_iter()
        .map(|token| token.rsplit('_').next().expect("a secret").to_owned())
        .chain([code])
        .collect();
    let log = served.log();
    assert!(secrets.iter().all(|secret| secret.len() >= 8 && !log.contains(secret)), "{log}");
    served.stop();
    for entry in
        fs::read_dir(folder.data()).expect("a folder").flatten().filter(|entry| entry.path().is_file())
    {
        let bytes = fs::read(entry.path()).expect("a file");
        for secret in &secrets {
            let stands = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!stands, "a secret stands in {}", entry.path().display());
        }
    }
}

#[test]
fn staff_make_a_code_and_end_a_phone() {
    let (folder, _) = folder();
    let served = Served::start(&folder);
    let path = format!("/v1/participants/{}/enrolments", people::id(1));
    let made = served.ask("POST", &path, Some(&served.token), JSON, br#"{"expires_days": 2}"#);
    assert_eq!(made.status, 201, "{}", made.body);
    let phone = Phone::enrolled(&served, made.json()["code"].as_str().expect("a code"));
    served.ask("POST", &path, Some(&phone.access), JSON, b"").problem(403);
    served.ask("POST", &path, Some(&served.token), JSON, br#"{"expires_days": 31}"#).problem(400);
    let nobody = format!("/v1/participants/{}/enrolments", people::id(9));
    served.ask("POST", &nobody, Some(&served.token), JSON, b"").problem(404);

    let body = json!({"provider": "apple", "data": {}});
    assert_eq!(phone.sync(&served, &body).status, 200);
    assert_eq!(folder.say("phone revoke 1").ok(), "revoked 1\n");
    // A grant is remembered for two seconds where somebody else revoked it.
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    phone.sync(&served, &body).problem(401);
    phone.refreshed(&served).problem(401);
    assert_ne!(folder.say("phone revoke 7").code, 0);

    // Whoever is erased is let in no more, by no phone and no code.
    let made = served.ask("POST", &path, Some(&served.token), JSON, b"").json();
    let phone = Phone::enrolled(&served, made["code"].as_str().expect("a code"));
    let unused = served.ask("POST", &path, Some(&served.token), JSON, b"").json();
    let person = format!("/v1/participants/{}", people::id(1));
    assert_eq!(served.ask("DELETE", &person, Some(&served.token), &[], &[]).status, 200);
    phone.sync(&served, &body).problem(401);
    phone.refreshed(&served).problem(401);
    redeem(&served, unused["code"].as_str().expect("a code")).problem(404);
    served.stop();
}

#[test]
fn codes_are_not_guessed() {
    let (folder, code) = folder();
    let served = Served::start(&folder);
    let said: Vec<u16> = (0..40).map(|_| redeem(&served, "AAAAAAAA").status).collect();
    assert!(said[..20].iter().all(|status| *status == 404), "{said:?}");
    assert!(said.iter().filter(|status| **status == 429).count() >= 10, "{said:?}");
    let said = redeem(&served, &code);
    assert!(said.status == 429 && said.header("retry-after").is_some(), "{said:?}");
    served.stop();
}

#[test]
fn what_is_no_body_is_refused_and_leaves_nothing() {
    let (folder, code) = folder();
    let served = Served::start(&folder);
    let phone = Phone::enrolled(&served, &code);
    let good = bodies(&session(), 100, 0)[0].0.to_string();
    let send = |headers: &[(&str, &str)], body: &[u8]| {
        served.ask("POST", &phone.path(), Some(&phone.access), headers, body)
    };
    for cut in [0, 1, 100, good.len() / 2, good.len() - 1] {
        send(JSON, &good.as_bytes()[..cut]).problem(400);
    }
    send(JSON, b"[]").problem(400);
    let gzip = [JSON, &[("Content-Encoding", "gzip")]].concat();
    send(&gzip, good.as_bytes()).problem(400);
    send(&[JSON, &[("Content-Encoding", "br")]].concat(), good.as_bytes()).problem(415);
    assert_eq!(served.metric("ingest_readings_accepted_total"), 0);
    assert_eq!(send(&[], good.as_bytes()).status, 200, "the form is what counts, not what it is called");
    served.stop();
}
