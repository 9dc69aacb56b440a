//! /api/v2/delete.

use serde_json::json;

use crate::{Api2, api2, http, refused};

fn delete(api2: &Api2, start: &str, stop: &str, predicate: &str) -> http::Answer {
    let body = json!({ "start": start, "stop": stop, "predicate": predicate });
    api2.post("/api/v2/delete?org=clinic&bucket=b", &body.to_string())
}

const EVER: [&str; 2] = ["1970-01-01T00:00:00Z", "2500-01-01T00:00:00Z"];

/// Two participants, two sources, two measurements, three seconds.
fn filled() -> Option<Api2> {
    let api2 = api2()?;
    let mut lines = String::new();
    for measurement in ["steps", "heart"] {
        for participant in ["x", "o'b\\\"y"] {
            for source in ["w", "p"] {
                for second in [0, 600, 1200] {
                    let escaped = participant.replace(' ', "\\ ");
                    let tags = format!("participant={escaped},source={source}");
                    lines.push_str(&format!("{measurement},{tags} value=1i {second}\n"));
                }
            }
        }
    }
    assert_eq!(api2.write("b", &lines).status, 204);
    assert_eq!(api2.count("b"), 24);
    Some(api2)
}

#[test]
fn tags_choose_what_is_deleted() {
    let Some(api2) = filled() else { return };
    let [first, last] = EVER;
    for (predicate, left) in [
        ("participant=\"nobody\"", 24),
        ("participant=\"x\" AND source=\"w\" AND _measurement=\"steps\"", 21),
        ("participant=\"x\" AND source=\"w\"", 18),
        ("participant=\"x\" and source!=\"w\"", 12),
        ("participant=\"o'b\\\\\\\"y\" AND _measurement != \"heart\"", 6),
        ("", 0),
    ] {
        let answer = delete(&api2, first, last, predicate);
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{predicate}");
        assert_eq!(api2.count("b"), left, "{predicate}");
    }
    assert_eq!(api2.write("b", "steps,participant=x,source=w value=2i 5").status, 204);
    assert_eq!(api2.count("b"), 1);
}

#[test]
fn both_ends_of_a_range_are_in_it() {
    let Some(api2) = filled() else { return };
    let x = "participant=\"x\"";
    assert_eq!(
        delete(&api2, "1970-01-01T00:10:00.000000001Z", "1970-01-01T00:19:59.999999999Z", x).status,
        204
    );
    assert_eq!(delete(&api2, "1970-01-01T00:20:00Z", "1970-01-01T00:10:00Z", x).status, 204);
    assert_eq!(api2.count("b"), 24);
    assert_eq!(delete(&api2, "1970-01-01T00:10:00Z", "1970-01-01T00:10:00Z", x).status, 204);
    assert_eq!(api2.count("b"), 20);
    assert_eq!(delete(&api2, "1970-01-01T00:00:00Z", "1970-01-01T01:20:00+01:00", x).status, 204);
    assert_eq!(api2.count("b"), 12);
}

#[test]
fn what_a_predicate_cannot_say_is_refused_and_deletes_nothing() {
    let Some(api2) = filled() else { return };
    let [first, last] = EVER;
    for predicate in
        ["participant=\"x\" OR source=\"w\"", "participant=~/x/", "participant!~/x/", "participant='x'"]
    {
        let answer = delete(&api2, first, last, predicate);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid")), "{predicate}");
    }
    assert_eq!(delete(&api2, first, last, "_field=\"value\"").status, 501);
    assert_eq!(delete(&api2, "yesterday", last, "").status, 400);
    let without = json!({ "stop": last, "predicate": "" }).to_string();
    assert_eq!(api2.post("/api/v2/delete?org=clinic&bucket=b", &without).status, 400);
    let body = json!({ "start": first, "stop": last }).to_string();
    let answer = api2.post("/api/v2/delete?org=clinic&bucket=x", &body);
    refused(&answer, 404, "not found", "bucket \"x\" not found");
    assert_eq!(api2.post("/api/v2/delete?org=x&bucket=b", &body).status, 404);
    assert_eq!(api2.count("b"), 24);
}
