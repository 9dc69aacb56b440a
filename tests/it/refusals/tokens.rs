//! Who may not: without a token, with a revoked one, with one that is for something else.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::batch::{START_MS, heart_rates};
use crate::foulee::Folder;
use crate::people;
use crate::served::{JSON, Served};

fn token(folder: &Folder, scope: &[&str]) -> String {
    let words = ["token", "add", "--label", "of a test"].iter().chain(scope);
    folder.run(words).ok().trim().to_owned()
}

/// A service that knows two people of one study and one of another.
fn service_for_three() -> (Folder, Served) {
    let folder = Folder::new();
    for (n, study) in [(1, "here"), (2, "here"), (3, "elsewhere")] {
        people::add(&folder, &people::id(n), &format!("external-{n}"), study, "UTC");
    }
    let served = Served::start(&folder);
    (folder, served)
}

/// Everything of a participant that can be read.
fn paths(id: &str) -> Vec<String> {
    let of = |rest: &str| format!("/v1/participants/{id}{rest}");
    let period = "from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z";
    vec![
        of(""),
        of(&format!("/readings?{period}")),
        of("/minutes?from=2026-03-02&to=2026-03-02"),
        of("/measures"),
        of("/adherence"),
        of("/prescriptions"),
    ]
}

#[test]
fn without_a_known_token_nothing_is_taken_or_shown() {
    let (_folder, served) = service_for_three();
    let batch = heart_rates(&people::id(1), 10).to_string().into_bytes();
    let mut asked = 0;
    let wrong_tokens =
        [None, Some(""), Some("foulee_unknown"), Some("' OR 1=1 --"), Some(&served.token[1..])];
    for token in wrong_tokens {
        let said = served.ask("POST", "/v1/readings", token, JSON, &batch);
        assert_eq!(said.problem(401)["type"], "/problems/unauthorized");
        assert_eq!(said.header("www-authenticate"), Some("Bearer"));
        for path in paths(&people::id(1)).iter().map(String::as_str).chain(["/v1/participants"]) {
            served.ask("GET", path, token, &[], &[]).problem(401);
            asked += 1;
        }
        served.ask("DELETE", &format!("/v1/participants/{}", people::id(1)), token, &[], &[]).problem(401);
    }
    let basic = [("Content-Type", "application/json"), ("Authorization", "Basic Zm91bGVlOng=")];
    served.ask("POST", "/v1/readings", None, &basic, &batch).problem(401);
    println!(
        "without a known token: {asked} questions and {} batches refused with 401",
        wrong_tokens.len() + 1
    );
    assert_eq!(served.metric("store_readings"), 0);
    served.stop();
}

#[test]
fn a_revoked_token_is_refused_within_three_seconds() {
    let (folder, served) = service_for_three();
    let writer = token(&folder, &["--write-participant", &people::id(1)]);
    let reader = token(&folder, &["--read-participant", &people::id(1)]);
    let batch = heart_rates(&people::id(1), 10);
    assert_eq!(served.post_as(&writer, &batch).status, 200);
    let path = format!("/v1/participants/{}", people::id(1));
    assert_eq!(served.ask("GET", &path, Some(&reader), &[], &[]).status, 200);
    let list = folder.say("token list").ok();
    let numbers: Vec<&str> = list.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
    assert_eq!(numbers.len(), 2, "{list}");
    for number in numbers {
        folder.run(["token", "revoke", number]).ok();
    }
    let revoked = Instant::now();
    let mut still = 0;
    let refused = loop {
        // Asked before the time is taken, so that what is late is late.
        let at = revoked.elapsed();
        if served.post_as(&writer, &batch).status == 401 {
            break at;
        }
        still += 1;
        assert!(at < Duration::from_secs(3), "still taken {at:?} after it was revoked");
        sleep(Duration::from_millis(50));
    };
    println!("a revoked token: taken {still} times more, refused {} ms after", refused.as_millis());
    served.post_as(&writer, &batch).problem(401);
    served.ask("GET", &path, Some(&reader), &[], &[]).problem(401);
    served.stop();
}

#[test]
fn who_was_just_added_is_known_to_a_token_that_is_in_use() {
    let (folder, served) = service_for_three();
    let writer = token(&folder, &["--write-study", "here"]);
    for n in 11..=16 {
        // The grant is remembered from just before; every other time it was looked up again as well.
        assert_eq!(served.post_as(&writer, &heart_rates(&people::id(1), 10)).status, 200);
        if n % 2 == 0 {
            served.post_as(&writer, &heart_rates(&people::id(99), 1)).problem(422);
        }
        people::add(&folder, &people::id(n), &format!("external-{n}"), "here", "UTC");
        let said = served.post_as(&writer, &heart_rates(&people::id(n), 10));
        assert_eq!(said.status, 200, "participant {n}: {}", said.body);
    }
    // Naming strangers all the time is answered, and costs no more than a look in a tenth of a second.
    let started = Instant::now();
    for _ in 0..5 {
        served.post_as(&writer, &heart_rates(&people::id(99), 1)).problem(422);
    }
    println!("6 participants known at once; 5 strangers refused in {} ms", started.elapsed().as_millis());
    assert!(started.elapsed() > Duration::from_millis(350), "{:?}", started.elapsed());
    served.stop();
}

#[test]
fn a_token_is_good_for_what_it_is_for_and_nothing_else() {
    let (folder, served) = service_for_three();
    let [one, two, three] = [1, 2, 3].map(people::id);
    let write_one = token(&folder, &["--write-participant", &one]);
    let write_here = token(&folder, &["--write-study", "here"]);
    let read_one = token(&folder, &["--read-participant", &one]);
    let read_here = token(&folder, &["--read-study", "here"]);

    // A reader writes nothing.
    for reader in [&read_one, &read_here] {
        assert_eq!(
            served.post_as(reader, &heart_rates(&one, 10)).problem(403)["type"],
            "/problems/forbidden"
        );
    }
    // One person's writer writes for nobody else, and whoever it is, is as unknown as nobody.
    for other in [&two, &three, &people::id(99)] {
        let refused = served.post_as(&write_one, &heart_rates(other, 10)).problem(422);
        let list = refused["rejected"].as_array().expect("a list");
        assert_eq!(list.len(), 10);
        for (index, one) in list.iter().enumerate() {
            assert_eq!(
                (&one["index"], &one["code"]),
                (&json!(index), &"participant_unknown".into()),
                "{one}"
            );
            assert_eq!(one["field"], "participant");
        }
    }
    let elsewhere = served.post_as(&write_here, &heart_rates(&three, 10)).problem(422);
    assert_eq!(elsewhere["rejected"][0]["code"], "participant_unknown");
    assert_eq!(served.metric("store_readings"), 0);
    // Of a batch for two people, the one who is its own is kept.
    let mut both = heart_rates(&two, 10);
    let own = heart_rates(&one, 10)["series"][0].take();
    both["series"].as_array_mut().expect("a list").push(own);
    let answer = served.post_as(&write_one, &both).json();
    assert_eq!((&answer["accepted"], answer["rejected"].as_array().map(Vec::len)), (&10.into(), Some(10)));
    assert_eq!(served.metric("store_readings"), 10);
    assert_eq!(served.post_as(&write_here, &heart_rates(&two, 20)).json()["new"], 20);

    // A writer reads nothing, not even what it wrote.
    let (mut refused, mut shown) = (0, 0);
    for writer in [&write_one, &write_here] {
        let list = served.ask("GET", "/v1/participants", Some(writer), &[], &[]);
        list.problem(403);
        for path in paths(&one) {
            let said = served.ask("GET", &path, Some(writer), &[], &[]);
            assert!(matches!(said.status, 403 | 404), "{path}: {said:?}");
            assert!(!said.body.contains("watch////refusals"), "{path}: {said:?}");
            refused += 1;
        }
    }
    // A reader sees its own, and of others nothing: the same as of nobody.
    for (reader, seen, unseen) in
        [(&read_one, vec![&one], vec![&two, &three]), (&read_here, vec![&one, &two], vec![&three])]
    {
        for id in seen {
            // No programme is assigned, so adherence has nothing to be to.
            for path in paths(id).iter().filter(|path| !path.contains("adherence")) {
                let said = served.ask("GET", path, Some(reader), &[], &[]);
                assert_eq!(said.status, 200, "{path}: {said:?}");
                shown += 1;
            }
        }
        for id in unseen {
            for (path, nobody) in paths(id).iter().zip(paths(&people::id(99))) {
                let said = served.ask("GET", path, Some(reader), &[], &[]);
                assert_eq!(
                    said.problem(404),
                    served.ask("GET", &nobody, Some(reader), &[], &[]).problem(404)
                );
                refused += 1;
            }
        }
        let list = served.ask("GET", "/v1/participants", Some(reader), &[], &[]);
        assert!(!list.body.contains(&three), "{}", list.body);
    }
    // Only an admin adds and erases.
    for token in [&write_one, &write_here, &read_one, &read_here] {
        let new = json!({"study": "here"}).to_string();
        served.ask("POST", "/v1/participants", Some(token), JSON, new.as_bytes()).problem(403);
        served.ask("DELETE", &format!("/v1/participants/{one}"), Some(token), &[], &[]).problem(403);
    }
    println!(
        "tokens: {shown} questions answered, {refused} refused as if nobody were there; 30 readings stored"
    );
    let rows = served
        .get(&format!("/v1/participants/{one}/readings?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"));
    let rows = rows.json();
    assert_eq!(rows["items"].as_array().map(Vec::len), Some(10), "from {START_MS}");
    assert_eq!(served.metric("store_readings"), 30);
    served.stop();
}
