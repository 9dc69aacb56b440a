//! A red flag acts at once: on every page and answer, with no worker running, and with the store down.
//!
//! The service runs in this process without its worker loop, so nothing here can wait for one.

#[path = "safety/down.rs"]
mod down;
#[path = "openapi/served.rs"]
mod served;

use std::sync::Arc;
use std::time::{Duration, Instant};

use foulee_api::registry::{Role, Scope, Within};
use foulee_store::EmbeddedStore;
use serde_json::{Value, json};

use down::DownStore;
use served::{Reply, Served};

/// From the answer to the first page that withholds: the promise.
const WITHIN: Duration = Duration::from_secs(5);
/// What is prescribed, as the pages write it.
const TARGET: &str = "6\u{202f}000";

struct Person {
    id: String,
    admin: String,
}

/// Somebody with a programme, in a folder.
fn with_a_programme(served: &Served) -> Person {
    let (_, admin) = served.token(Scope::Admin, None);
    let ask = |method, path: &str, body: &Value| served.ask(method, path, Some(&admin), Some(body));
    let added = ask("POST", "/v1/participants", &json!({"time_zone": "Europe/Paris"}));
    let id = added.json()["id"].as_str().expect("an id").to_owned();
    let start = json!({"programme": "graded-walking", "start": "2026-03-23", "start_steps": 6_000});
    let assigned = ask("POST", &format!("/v1/participants/{id}/prescriptions"), &start);
    assert_eq!(assigned.status, 201, "{}", assigned.body);
    Person { id, admin }
}

/// A page, as a browser with the token's cookie asks for it.
fn page(served: &Served, person: &Person, path: &str) -> Reply {
    let cookie = ("Cookie", format!("foulee_token={}", person.admin));
    served.send("GET", path, &[cookie], Vec::new())
}

/// Sends a form of a page.
fn form(served: &Served, person: &Person, path: &str, fields: &str) -> Reply {
    let headers = [
        ("Cookie", format!("foulee_token={}", person.admin)),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
    ];
    served.send("POST", path, &headers, fields.as_bytes().to_vec())
}

/// Every page about the person, and the list that they are in.
fn pages(id: &str) -> Vec<String> {
    ["", "/day", "/live", "/received", "/safety"].iter().map(|rest| format!("/p/{id}{rest}")).collect()
}

/// Waits until nothing shows a target any more, and everything says what to do; how long that took.
fn withheld_within(served: &Served, person: &Person, said: Instant) -> Duration {
    let id = &person.id;
    loop {
        let mut wrong = Vec::new();
        for path in pages(id) {
            for (lang, text) in [("fr", "Appelez le 15 ou le 112"), ("en", "Call 15 or 112")] {
                let told = page(served, person, &format!("{path}?lang={lang}")).body;
                if !told.contains(text) || told.contains(TARGET) || told.contains("6,000") {
                    wrong.push(format!("{path} in {lang}"));
                }
            }
        }
        if !page(served, person, "/?lang=fr").body.contains("Arrêt de sécurité") {
            wrong.push("the list".to_owned());
        }
        for feed in ["adherence", "prescriptions", "safety"] {
            let path = format!("/v1/participants/{id}/{feed}");
            let reply = served.ask("GET", &path, Some(&person.admin), None);
            let told = reply.json();
            let state = if feed == "safety" { &told["state"] } else { &told["safety"]["state"] };
            let targets =
                [&told["by_day"], &told["weeks"]].map(|rows| rows.as_array().cloned().unwrap_or_default());
            let shown = targets.concat().iter().any(|row| {
                let until = row["date"].as_str().or(row["from"].as_str()).unwrap_or_default();
                until >= "2026-03-30" && !row["quota"].is_null()
            });
            if state != "urgent" || shown || !told["items"].as_array().is_none_or(Vec::is_empty) {
                wrong.push(path);
            }
        }
        if wrong.is_empty() {
            assert!(said.elapsed() < WITHIN, "{:?} went by until all of it was asked", said.elapsed());
            return said.elapsed();
        }
        assert!(said.elapsed() < WITHIN, "after {WITHIN:?} still shown by: {wrong:?}");
    }
}

#[test]
fn a_red_flag_withholds_everything_at_once_without_a_worker() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path());
    let person = with_a_programme(&served);
    let day = format!("/p/{}/day", person.id);
    for path in ["", "/day"] {
        let told = page(&served, &person, &format!("/p/{}{path}?lang=fr", person.id)).body;
        assert!(told.contains(TARGET), "{path}: {told}");
    }
    // Nothing ticked stops nothing.
    let none = form(&served, &person, &day, "what=signs&id=01900000-0000-7000-8000-000000000001");
    assert_eq!(none.status, 303, "{}", none.body);
    assert!(page(&served, &person, &format!("{day}?lang=fr")).body.contains(TARGET));

    let signs = "what=signs&id=01900000-0000-7000-8000-000000000002&signs=saddle_numbness&signs=fever";
    let said = form(&served, &person, &day, signs);
    let at = Instant::now();
    assert_eq!(said.status, 303, "{}", said.body);
    assert!(said.header("location").starts_with(&format!("/p/{}/day?", person.id)), "{said:?}");
    let took = withheld_within(&served, &person, at);
    println!("no worker: everything withheld within {} ms of the answer", took.as_millis());

    // The person's own word does not lift what is urgent; a code on paper does, once.
    let stop = format!("/p/{}/safety?lang=fr", person.id);
    assert_eq!(form(&served, &person, &stop, "what=own").status, 403);
    let sheet = || {
        let sheet = form(&served, &person, &stop, "what=code").body;
        let code = sheet.split("class=\"code\">").nth(1).and_then(|rest| rest.get(..8));
        code.expect("a code").to_owned()
    };
    let (old, month) = (sheet(), 30 * 86_400_000);
    let clear = |fields: String| {
        served.send(
            "POST",
            "/clear?lang=en",
            &[("Content-Type", "application/x-www-form-urlencoded".to_owned())],
            fields.into_bytes(),
        )
    };
    served.pass(month);
    assert_eq!(clear(format!("code={old}&doctor=yes")).status, 404, "it has ended");
    let code = sheet();
    assert_eq!(clear(format!("code={code}")).status, 400, "who is no doctor");
    assert_eq!(clear("code=AAAAAAAA&doctor=yes".to_owned()).status, 404);
    assert!(clear(format!("code={code}&doctor=yes")).body.contains("The stop is lifted"));
    assert_eq!(clear(format!("code={code}&doctor=yes")).status, 404, "it is spent");
    let told = page(&served, &person, &format!("{day}?lang=fr")).body;
    assert!(
        told.contains("5 jours par semaine") && !told.contains("112"),
        "the target of now is back: {told}"
    );
}

#[test]
fn a_red_flag_withholds_everything_at_once_with_the_store_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let person = {
        let served = Served::start(folder.path());
        with_a_programme(&served)
    };
    let served = Served::start_over(folder.path(), Arc::new(DownStore));
    let path = format!("/v1/participants/{}/completeness", person.id);
    let refused = served.ask("GET", &path, Some(&person.admin), None);
    assert!(refused.is_problem("unavailable"), "{refused:?}");
    // A page that needs the store cannot be made, and so shows nothing yet.
    assert_eq!(page(&served, &person, &format!("/p/{}/received", person.id)).status, 503);
    let report = json!({"contract": 1, "reports": [{
        "id": "01900000-0000-7000-8000-000000000003", "participant": person.id, "question": "red_flag",
        "state": "answered", "answer": {"kind": "red_flag", "codes": ["sphincter"]},
        "effective_at": "2026-03-30T12:00:00Z",
    }]});
    let said = served.ask("POST", "/v1/reports", Some(&person.admin), Some(&report));
    let at = Instant::now();
    assert_eq!((said.status, &said.json()["new"]), (200, &json!(1)), "{}", said.body);
    let took = withheld_within(&served, &person, at);
    println!("the store down: everything withheld within {} ms of the answer", took.as_millis());
}

#[test]
fn who_watches_is_told_within_seconds() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path());
    let person = with_a_programme(&served);
    let address = served.base.strip_prefix("http://").expect("an address");
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(WITHIN)).expect("a timeout");
    let ask = format!(
        "GET /v1/participants/{}/live HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
        person.id, person.admin
    );
    std::io::Write::write_all(&mut stream, ask.as_bytes()).expect("it reads");
    let mut lines =
        BufReader::new(stream).lines().map_while(Result::ok).filter(|line| line.starts_with("data: "));
    assert!(lines.next().expect("a state").contains("\"safety\":null"));
    let signs = "what=signs&id=01900000-0000-7000-8000-000000000004&signs=night_pain";
    let said = form(&served, &person, &format!("/p/{}/day", person.id), signs);
    let at = Instant::now();
    assert_eq!(said.status, 303, "{}", said.body);
    assert!(lines.next().expect("another state within the time").contains("\"safety\":\"review\""));
    println!("a stream tells it {} ms after the answer", at.elapsed().as_millis());
    // Review: the person's own statement lifts it.
    let lifted = form(&served, &person, &format!("/p/{}/safety", person.id), "what=own");
    assert_eq!(lifted.status, 303, "{}", lifted.body);
    assert!(lines.next().expect("a third state").contains("\"safety\":null"));
}

#[test]
fn the_same_store_answers_again() {
    // The store that is down for the test above is the only thing that was wrong there.
    let folder = tempfile::tempdir().expect("a folder");
    let person = with_a_programme(&Served::start(folder.path()));
    let store = EmbeddedStore::open(folder.path()).expect("a store");
    let served = Served::start_over(folder.path(), Arc::new(store));
    assert_eq!(page(&served, &person, &format!("/p/{}/received", person.id)).status, 200);
}

#[test]
fn a_participant_begins_with_their_day_says_for_themselves_and_lifts_nothing_urgent() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path());
    let person = with_a_programme(&served);
    let own = Within::Participant(person.id.parse().expect("an id"));
    let (_, token) = served.token(Scope::of_role(Role::Participant, Some(own)).expect("a role"), None);
    let me = Person { id: person.id.clone(), admin: token.clone() };
    let id = &person.id;
    for (to, lands) in [
        (String::new(), format!("/p/{id}/day")),
        (format!("&to=/p/{id}/received"), format!("/p/{id}/received")),
        (format!("&to=/p/{id}"), format!("/p/{id}")),
        (format!("&to=/p/{id}/../../x"), format!("/p/{id}/day")),
        ("&to=//elsewhere.example".to_owned(), format!("/p/{id}/day")),
    ] {
        let entered = served.send("GET", &format!("/enter?lang=fr&token={token}{to}"), &[], Vec::new());
        assert_eq!(
            (entered.status, entered.header("location")),
            (303, format!("{lands}?lang=fr").as_str()),
            "{to}"
        );
    }
    let signs = "what=signs&id=01900000-0000-7000-8000-000000000005&signs=leg_weakness";
    assert_eq!(form(&served, &me, &format!("/p/{id}/day"), signs).status, 303);
    let said = served.ask("GET", &format!("/v1/participants/{id}/reports"), Some(&person.admin), None).json();
    assert_eq!(said["items"][0]["origin"], "participant");
    let stop = format!("/p/{id}/safety?lang=fr");
    for what in ["own", "professional"] {
        let refused = form(&served, &me, &stop, &format!("what={what}"));
        assert_eq!(refused.status, 403, "{what}");
        assert!(
            refused.body.contains("Appelez le 15 ou le 112"),
            "what to do is said there too: {}",
            refused.body
        );
    }
    let sheet = page(&served, &me, &stop).body;
    assert!(sheet.contains("name=\"what\" value=\"code\"") && !sheet.contains("value=\"professional\""));
}
