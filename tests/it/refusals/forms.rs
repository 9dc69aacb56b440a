//! Forms of one request that mean the same, forms that mean nothing, and the field that is named where one is wrong.

use serde_json::json;

use crate::batch::{START_MS, heart_rates, service_for_one};
use crate::served::JSON;

#[test]
fn media_types_and_codings_are_known_in_any_case() {
    let (_folder, served, id) = service_for_one();
    let batch = heart_rates(&id, 10).to_string().into_bytes();
    let post = |kind: &str, coding: &str, body: &[u8]| {
        let headers = [("Content-Type", kind), ("Content-Encoding", coding)];
        served.ask("POST", "/v1/readings", Some(&served.token), &headers, body)
    };
    let packed = zstd::encode_all(batch.as_slice(), 3).expect("memory");
    for kind in ["Application/JSON", "application/json ; charset=utf-8", "application/json;charset=\"UTF-8\""]
    {
        assert_eq!(post(kind, "identity", &batch).status, 200, "{kind}");
        assert_eq!(post(kind, "ZSTD", &packed).status, 200, "{kind}");
    }
    let refused = post("application/json; charset=utf-16", "identity", &batch).problem(415);
    assert_eq!(refused["errors"][0]["field"], "Content-Type");
    served.stop();
}

#[test]
fn an_array_is_no_batch_no_block_and_no_column_set() {
    let (_folder, served, id) = service_for_one();
    let points = json!({"start": [START_MS], "value": [60]});
    let block = |points| {
        json!({
            "participant": id, "source": "watch", "metric": "heart_rate", "grain": "sample", "unit": "/min", "points": points,
        })
    };
    let grid = json!({
        "participant": id, "source": "watch", "metric": "heart_rate", "grain": "sample", "unit": "/min",
        "grid": [START_MS, 60_000, 0, [60]],
    });
    for (what, batch, field) in [
        ("a batch", json!([1, [block(points.clone())]]), ""),
        (
            "a block",
            json!({"contract": 1, "series": [[id, "watch", "heart_rate", "sample", "/min"]]}),
            "series[0]",
        ),
        (
            "points",
            json!({"contract": 1, "series": [block(json!([[START_MS], null, null, null, [60]]))]}),
            "series[0].points",
        ),
        ("a grid", json!({"contract": 1, "series": [grid]}), "series[0].grid"),
    ] {
        let refused = served.post(&batch).problem(400);
        println!("{what} as an array: {}", refused["errors"]);
        let named = refused["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(named.starts_with(field), "{what}: {refused}");
        assert!(
            refused["errors"][0]["fix"].as_str().is_some_and(|fix| fix.contains("an object")),
            "{refused}"
        );
    }
    assert_eq!(served.metric("store_readings"), 0);
    assert_eq!(served.post(&json!({"contract": 1, "series": [block(points)]})).status, 200);
    served.stop();
}

#[test]
fn the_field_that_was_sent_is_the_field_that_is_named() {
    let (_folder, served, id) = service_for_one();
    let of = |query: &str| served.get(&format!("/v1/participants/{id}/readings{query}")).problem(400);
    for (query, field) in [
        ("", "from"),
        ("?from=2026-01-05", "from"),
        ("?from=2026-01-05T00:00:00Z", "to"),
        ("?from=2026-01-05T00:00:00Z&to=soon", "to"),
        ("?from=2026-01-05T00:00:00Z&to=2026-01-06T00:00:00Z&as_of=now", "as_of"),
    ] {
        let said = of(query);
        assert_eq!(said["errors"][0]["field"], field, "{query}: {said}");
        assert!(
            said["errors"][0]["fix"].as_str().is_some_and(|fix| fix.contains("2026-01-05T00:00:00Z")),
            "{said}"
        );
    }
    for (body, field) in
        [(json!({"external_id": "a b@c"}), "external_id"), (json!({"study": "a/b"}), "study")]
    {
        let body = body.to_string();
        let said =
            served.ask("POST", "/v1/participants", Some(&served.token), JSON, body.as_bytes()).problem(400);
        assert_eq!(said["errors"][0]["field"], field, "{said}");
    }
    served.stop();
}

#[test]
fn a_page_that_is_not_there_says_so_as_a_page() {
    let (_folder, served, id) = service_for_one();
    let strange = format!("/p/{id}?day=soon");
    for (path, status) in
        [("/p/not-a-uuid", 404), ("/p/01900000-0000-7000-8000-0000000000ff", 404), (strange.as_str(), 400)]
    {
        let said = served.get(path);
        assert_eq!(said.status, status, "{path}: {said:?}");
        assert!(
            said.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
            "{path}: {said:?}"
        );
        assert!(said.header("content-security-policy").is_some(), "{path}");
    }
    // Who is not known is asked for a token first, whatever the address.
    assert_eq!(served.ask("GET", "/p/not-a-uuid", None, &[], &[]).status, 303);
    served.stop();
}
