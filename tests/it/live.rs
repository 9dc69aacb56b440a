//! The live stream of a participant: what is stored is told at once, what the client has is not told again, and nothing is
//! told to whom it is no longer to be told.

#[path = "openapi/served.rs"]
#[expect(dead_code, reason = "shared with the tests of the OpenAPI document")]
mod served;
#[path = "live/stream.rs"]
mod stream;

use std::time::{Duration, Instant};

use foulee_api::registry::{Scope, TokenId};
use serde_json::{Value, json};
use served::{NOW_MS, Served};
use stream::open;

/// A service, a participant, and a token that reads them.
struct Watched {
    served: Served,
    admin: String,
    id: String,
    reader: (TokenId, String),
    _folder: tempfile::TempDir,
}

impl Watched {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let served = Served::start(folder.path());
        let (_, admin) = served.token(Scope::Admin, None);
        let body = json!({"study": "s", "time_zone": "Europe/Paris"});
        let added = served.ask("POST", "/v1/participants", Some(&admin), Some(&body)).json();
        let id = added["id"].as_str().expect("an id").to_owned();
        let reader = served.token(Scope::ReadParticipant(id.parse().expect("an id")), None);
        Self { served, admin, id, reader, _folder: folder }
    }

    /// Stores readings of one metric; when it was acknowledged.
    fn store(&self, metric: &str, unit: &str, points: Value) -> Instant {
        let body = json!({"contract": 1, "series": [{"participant": self.id, "source": "strap", "metric": metric,
            "grain": "sample", "unit": unit, "points": points}]});
        let reply = self.served.ask("POST", "/v1/readings", Some(&self.admin), Some(&body));
        assert_eq!((reply.status, &reply.json()["rejected"]), (200, &json!([])));
        Instant::now()
    }

    fn rate(&self, at_ms: i64, bpm: i64) -> Instant {
        self.store("heart_rate", "/min", json!({"start": [at_ms], "value": [bpm]}))
    }

    fn drain(&self) {
        self.served
            .runtime
            .block_on(self.served.service.worker.drain(NOW_MS))
            .expect("the days are computed");
    }
}

#[test]
fn what_is_stored_is_told_and_what_the_client_has_is_not_told_again() {
    let watched = Watched::new();
    let stream = open(&watched.served, &watched.reader.1, &watched.id, None).expect("a stream");
    let nothing = stream.next();
    let today = json!({"date": "2026-03-30", "value": null});
    assert_eq!(
        nothing.state,
        json!({"heart_rate": null, "steps": today, "last_reading": null, "safety": null})
    );

    let mut waits = Vec::new();
    for second in 0..5 {
        let at_ms = NOW_MS - 60_000 + second * 1_000;
        let stored = watched.rate(at_ms, 70 + second);
        let told = stream.next();
        assert_eq!(told.state["heart_rate"]["value"], json!(70.0 + second as f64));
        waits.push(told.at.saturating_duration_since(stored));
        std::thread::sleep(Duration::from_millis(150));
    }
    println!("from acknowledged to told: {waits:?}");
    assert!(waits.iter().all(|wait| *wait < Duration::from_secs(1)), "{waits:?}");

    // Older than the newest, and the same again: nothing to say.
    watched.rate(NOW_MS - 120_000, 99);
    watched.rate(NOW_MS - 56_000, 74);
    stream.silent(Duration::from_millis(500));

    let counter = json!({"start": [NOW_MS - 300_000, NOW_MS - 240_000], "value": [100, 190]});
    watched.store("step_counter", "{steps}", counter);
    stream.silent(Duration::from_millis(300));
    watched.drain();
    let walked = stream.next();
    assert_eq!(walked.state["steps"], json!({"date": "2026-03-30", "value": 90}));
    assert_eq!(walked.state["heart_rate"]["value"], json!(74.0));

    let again = open(&watched.served, &watched.reader.1, &watched.id, Some(&walked.id)).expect("a stream");
    again.silent(Duration::from_millis(500));
    let late = open(&watched.served, &watched.reader.1, &watched.id, Some(&nothing.id)).expect("a stream");
    assert_eq!(late.next().id, walked.id, "what changed meanwhile comes at once");
    watched.rate(NOW_MS - 1_000, 80);
    for stream in [&stream, &again, &late] {
        assert_eq!(stream.next().state["heart_rate"]["value"], json!(80.0));
    }
    // A correction and a deletion are not news of now, but change what is known of it.
    watched.store("heart_rate", "/min", json!({"start": [NOW_MS - 1_000], "rev": [1], "value": [81]}));
    assert_eq!(stream.next().state["heart_rate"]["value"], json!(81.0));
    let deletion = json!({"start": [NOW_MS - 1_000], "rev": [2], "value": [null], "deleted": [true]});
    watched.store("heart_rate", "/min", deletion);
    assert_eq!(stream.next().state["heart_rate"]["value"], json!(74.0));
}

#[test]
fn a_stream_ends_with_its_token_its_participant_and_its_service() {
    let watched = Watched::new();
    let (number, reader) = &watched.reader;
    let revoked = open(&watched.served, reader, &watched.id, None).expect("a stream");
    let kept = open(&watched.served, &watched.admin, &watched.id, None).expect("a stream");
    let ending = {
        let added =
            watched.served.ask("POST", "/v1/participants", Some(&watched.admin), Some(&json!({}))).json();
        open(&watched.served, &watched.admin, added["id"].as_str().expect("an id"), None).expect("a stream")
    };
    for stream in [&revoked, &kept, &ending] {
        stream.next();
    }
    let revoke = watched.served.service.registry.revoke(*number, NOW_MS);
    watched.served.runtime.block_on(revoke).expect("it is revoked");
    std::thread::sleep(Duration::from_millis(1_100));
    watched.rate(NOW_MS - 1_000, 70);
    kept.next();
    println!("after the revocation it ended within {:?}", revoked.ends(Duration::from_secs(6)));
    assert_eq!(open(&watched.served, reader, &watched.id, None).err().map(|(status, _)| status), Some(401));

    let path = format!("/v1/participants/{}", watched.id);
    assert_eq!(watched.served.ask("DELETE", &path, Some(&watched.admin), None).status, 200);
    println!("after the erasure it ended within {:?}", kept.ends(Duration::from_secs(1)));

    watched.served.service.live.end();
    println!("at the end of the service it ended within {:?}", ending.ends(Duration::from_secs(1)));
    let late = watched.served.ask("GET", "/v1/participants", Some(&watched.admin), None).json();
    let id = late["items"][0]["id"].as_str().expect("an id").to_owned();
    let refused = open(&watched.served, &watched.admin, &id, None).err();
    assert_eq!(refused, Some((503, "5".to_owned())));
}

#[test]
fn an_idle_stream_notices_that_its_token_is_revoked() {
    let watched = Watched::new();
    let stream = open(&watched.served, &watched.reader.1, &watched.id, None).expect("a stream");
    stream.next();
    let revoke = watched.served.service.registry.revoke(watched.reader.0, NOW_MS);
    watched.served.runtime.block_on(revoke).expect("it is revoked");
    println!("it ended within {:?}", stream.ends(Duration::from_secs(8)));
}

#[test]
fn places_are_limited_and_given_back() {
    let watched = Watched::new();
    let open = || open(&watched.served, &watched.reader.1, &watched.id, None);
    let mut streams: Vec<_> =
        (0..64).map(|_| open().unwrap_or_else(|(status, _)| panic!("{status}"))).collect();
    assert_eq!(open().err(), Some((429, "1".to_owned())));
    streams.clear();
    // Who is gone is noticed when something is written to them.
    for second in 0..100 {
        watched.rate(NOW_MS - 60_000 + second, 70 + second % 9);
        if open().is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no place was given back");
}
