//! From gateway to service over a network that nobody trusts: TLS 1.3, an authority of one's own, and a device token that
//! writes, reads nothing, and ends when it is revoked.

#[path = "support/chance.rs"]
#[expect(dead_code, reason = "shared with tests that shuffle")]
mod chance;
#[path = "support/foulee.rs"]
mod foulee;
#[path = "tls/gateway.rs"]
mod gateway;
#[path = "backlog/offline.rs"]
#[expect(dead_code, reason = "shared with the test of a month")]
mod offline;
#[path = "support/people.rs"]
mod people;
#[path = "tls/proxy.rs"]
mod proxy;
#[path = "support/served.rs"]
#[expect(dead_code, reason = "shared with tests that ask more")]
mod served;

use std::time::{Duration, Instant};

use rustls::ProtocolVersion;
use rustls::version::{TLS12, TLS13};

use foulee::Folder;
use gateway::Gateway;
use proxy::{Authority, Proxy};
use served::{JSON, Served};

/// The promise: a token that was revoked is refused after this at the latest.
const REVOKED_WITHIN: Duration = Duration::from_secs(60);

/// A service that knows 1 and 2 of the study `pilot`, and 3 of `other`; and a token that writes for `pilot`.
fn service() -> (Folder, Served, String) {
    let folder = Folder::new();
    for (number, study) in [(1, "pilot"), (2, "pilot"), (3, "other")] {
        people::add(&folder, &people::id(number), &number.to_string(), study, "Europe/Paris");
    }
    let served = Served::start(&folder);
    let token = token(&folder);
    (folder, served, token)
}

fn token(folder: &Folder) -> String {
    folder.say("token add --write-study pilot --label gateway").ok().trim().to_owned()
}

fn readings(folder: &Folder) -> u64 {
    folder.say("store stats --json").json()["readings"].as_u64().expect("a number")
}

#[test]
fn readings_cross_in_tls_1_3_to_a_service_that_an_own_authority_vouches_for() {
    let (folder, served, token) = service();
    let authority = Authority::new();
    let proxy = Proxy::start(&authority, "localhost", &served.address, &[&TLS13]);
    let gateway = Gateway::of([1, 2], &token);
    gateway.configure(&format!("https://localhost:{}", proxy.port), Some(&authority.pem()));
    let (all, log) = gateway.drain();
    assert!(all, "{log}");
    assert_eq!(proxy.seen.version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(folder.say("store digest").ok().trim(), gateway.offline.digest);
    println!(
        "{} readings in {} bytes within TLS 1.3: {:.1} a reading",
        gateway.offline.readings,
        proxy.seen.bytes(),
        proxy.seen.bytes() as f64 / gateway.offline.readings as f64
    );
}

#[test]
fn to_a_service_that_cannot_prove_itself_nothing_leaves_and_readings_wait() {
    let (folder, served, token) = service();
    let (own, stranger) = (Authority::new(), Authority::new());
    let gateway = Gateway::of([1, 2], &token);
    for (why, name, trusted) in [
        ("the world does not know its authority", "localhost", None),
        ("another authority signed it", "localhost", Some(&stranger)),
        ("its certificate is another host's", "foulee.example", Some(&own)),
    ] {
        let proxy = Proxy::start(&own, name, &served.address, &[&TLS13]);
        gateway
            .configure(&format!("https://localhost:{}", proxy.port), trusted.map(Authority::pem).as_deref());
        let (all, log) = gateway.drain();
        assert!(!all && log.contains("certificate"), "{why}: {log}");
        assert!(proxy.seen.connections() > 0, "{why}: it was asked");
        assert_eq!(proxy.seen.bytes(), 0, "{why}: nothing left");
        assert_eq!(gateway.waiting(), (600, 0), "{why}: readings wait");
    }
    assert_eq!(readings(&folder), 0);
    let proxy = Proxy::start(&own, "localhost", &served.address, &[&TLS13]);
    gateway.configure(&format!("https://localhost:{}", proxy.port), Some(&own.pem()));
    assert!(gateway.drain().0, "and go when it can");
    assert_eq!(folder.say("store digest").ok().trim(), gateway.offline.digest);
}

#[test]
fn an_older_tls_is_refused() {
    let (folder, served, token) = service();
    let authority = Authority::new();
    let proxy = Proxy::start(&authority, "localhost", &served.address, &[&TLS12]);
    let gateway = Gateway::of([1, 2], &token);
    gateway.configure(&format!("https://localhost:{}", proxy.port), Some(&authority.pem()));
    let (all, log) = gateway.drain();
    assert!(!all, "{:?}: {log}", proxy.seen.version());
    assert_eq!((proxy.seen.bytes(), gateway.waiting(), readings(&folder)), (0, (600, 0), 0));
}

#[test]
fn without_tls_readings_go_to_this_machine_alone() {
    let gateway = Gateway::of([1, 2], "token");
    for (url, code) in [
        ("http://foulee.example", 2),
        ("http://192.168.1.2:7373", 2),
        ("http://localhost.example", 2),
        ("http://127.0.0.1.example:7373", 2),
        ("http://127.0.0.1:7373", 0),
        ("http://[::1]:7373", 0),
        ("https://foulee.example", 0),
    ] {
        gateway.configure(url, None);
        let done = gateway.say(&["config", "check"]);
        assert_eq!(done.code, code, "{url}: {done:?}");
        if code == 2 {
            assert!(done.stderr.contains("uplink.url"), "{done:?}");
            assert_eq!(gateway.say(&["spool", "drain"]).code, 2, "{url}: nor is anything sent");
        }
    }
}

#[test]
fn a_device_token_writes_for_its_study_and_shows_nothing() {
    let (folder, served, token) = service();
    // Person 3 is of another study.
    let gateway = Gateway::of([1, 3], &token);
    gateway.configure(&format!("http://{}", served.address), None);
    assert!(gateway.drain().0);
    let half = gateway.offline.readings / 2;
    assert_eq!((readings(&folder), gateway.waiting()), (half, (0, half)), "the other half is set aside");
    for person in [1, 3].map(people::id) {
        for path in ["", "/readings", "/minutes", "/measures", "/adherence"] {
            let said = served.ask("GET", &format!("/v1/participants/{person}{path}"), Some(&token), &[], &[]);
            assert!([403, 404].contains(&said.status), "{path}: {said:?}");
        }
        let erase = served.ask("DELETE", &format!("/v1/participants/{person}"), Some(&token), &[], &[]);
        assert!([403, 404].contains(&erase.status), "{erase:?}");
    }
    let list = served.ask("GET", "/v1/participants", Some(&token), &[], &[]);
    assert!([403, 404].contains(&list.status), "{list:?}");
}

#[test]
fn a_revoked_token_is_refused_within_a_minute_and_nothing_is_lost() {
    let (folder, served, first) = service();
    let empty = br#"{"contract":1,"series":[]}"#;
    let status = |token: &str| served.ask("POST", "/v1/readings", Some(token), JSON, empty).status;
    // Asked with once before, so that whatever remembers it remembers it.
    assert_eq!(status(&first), 200);
    let gateway = Gateway::of([1, 2], &first);
    gateway.configure(&format!("http://{}", served.address), None);
    let list = folder.say("token list").ok();
    let number = list.lines().nth(1).and_then(|row| row.split(',').next()).expect("a row");
    let revoked = Instant::now();
    folder.say(&format!("token revoke {number}")).ok();
    while status(&first) != 401 {
        assert!(revoked.elapsed() < REVOKED_WITHIN, "still taken after {:?}", revoked.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("refused {} ms after `foulee token revoke` was started", revoked.elapsed().as_millis());
    let (all, log) = gateway.drain();
    assert!(!all && log.contains("token"), "{log}");
    assert_eq!((gateway.waiting(), readings(&folder)), ((600, 0), 0), "readings wait");
    gateway.replace_token(&token(&folder));
    assert!(gateway.drain().0);
    assert_eq!(folder.say("store digest").ok().trim(), gateway.offline.digest, "all of it, once");
}
