//! Forms of one request that mean the same, and forms that mean nothing.

use serde_json::json;

use crate::batch::{START_MS, heart_rates, service_for_one};

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
