//! Requests that nobody should send: each is refused as the document says, and none is a fault of the service.

use serde_json::{Value, json};

use crate::exchange::Exchanges;
use crate::served::Served;

/// The nil UUID, which names nobody.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// What was not refused in a documented way.
pub(crate) fn wrong(served: &Served, exchanges: &mut Exchanges<'_>) -> Vec<String> {
    let added = exchanges.ask("addParticipant", "/v1/participants", Some(&json!({}))).expect("documented");
    let id = added.json()["id"].as_str().expect("an id").to_owned();
    let mut wrong = Vec::new();
    let mut refuse = |id: &str, path: &str, body: Option<&Value>| match exchanges.ask(id, path, body) {
        Ok(reply) if (400..500).contains(&reply.status) => {}
        Ok(reply) => {
            let start: String = reply.body.chars().take(200).collect();
            wrong.push(format!("{id} {path} {}: {} {start}", body.unwrap_or(&Value::Null), reply.status));
        }
        Err(fault) => {
            let start: String = fault.chars().take(400).collect();
            wrong.push(format!("{id} {}: {start}", body.unwrap_or(&Value::Null)));
        }
    };
    for query in ["limit=0", "limit=1001", "limit=-1", "limit=x", "after=x", "who=x", "limit=1&limit=2"] {
        refuse("listParticipants", &format!("/v1/participants?{query}"), None);
    }
    for feed in ["minutes", "measures", "completeness", "totals", "adherence"] {
        let operation = match feed {
            "minutes" => "listMinutes",
            "measures" => "listMeasures",
            "totals" => "listTotals",
            "completeness" => "listCompleteness",
            _ => "getAdherence",
        };
        for query in [
            "from=x",
            "to=2026-02-30",
            "from=2026-01-02&to=2026-01-01",
            "from=0000-01-01&to=0000-01-02",
            "from=-0001-01-01&to=-0001-01-02",
            "from=%2B12026-01-01&to=%2B12026-01-02",
            "from=%2B262142-12-01",
            "to=-262143-01-01",
            "from=2026-01-01&to=9999-12-31",
            "day=2026-01-01",
        ] {
            refuse(operation, &format!("/v1/participants/{id}/{feed}?{query}"), None);
        }
    }
    for query in [
        "from=2026-01-01&to=2026-01-02",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&metric=stepz",
        "from=-262143-01-01T00:00:00Z&to=%2B262142-12-31T00:00:00Z",
    ] {
        refuse("listReadings", &format!("/v1/participants/{id}/readings?{query}"), None);
    }
    for bad in ["x", NIL, "..%2f..", "%00", "%ff"] {
        refuse("getParticipant", &format!("/v1/participants/{bad}"), None);
        refuse("getProgramme", &format!("/v1/programmes/{bad}"), None);
    }
    for body in [
        json!({"id": "x"}),
        json!({"external_id": "Marie Curie"}),
        json!({"external_id": "marie@example.org", "study": "s"}),
        json!({"external_id": "255081416802538", "study": "s"}),
        json!({"external_id": ""}),
        json!({"study": " s"}),
        json!({"study": "x".repeat(65)}),
        json!({"study": "a\u{0}b"}),
        json!({"time_zone": "Mars/Olympus"}),
        json!({"birth_year": 1}),
        json!({"birth_year": -9_223_372_036_854_775_808_i64}),
        json!({"birth_year": 1980.5}),
        json!("x"),
    ] {
        refuse("addParticipant", "/v1/participants", Some(&body));
    }
    for body in [
        json!({"programme": "graded-walking", "start": "2026-01-01", "start_steps": 0}),
        json!({"programme": "graded-walking", "start": "2026-01-01", "start_steps": 4_294_967_295_u32}),
        json!({"programme": "graded-walking", "start": "0000-01-01", "start_steps": 5_000}),
        json!({"programme": "graded-walking", "start": "+262142-12-31", "start_steps": 5_000}),
        json!({"programme": "graded-walking", "start": "-262143-01-01"}),
        json!({"programme": "", "start": "2026-01-01"}),
        json!({"start": "2026-01-01"}),
        json!({"programme": "graded-walking", "document": {}, "start": "2026-01-01"}),
        json!({"document": {}, "start": "2026-01-01"}),
        json!({"document": [], "start": "2026-01-01"}),
        json!({"document": null, "start": "2026-01-01"}),
        json!({"programme": "back-school", "start": "2026-01-01", "start_steps": 5_000}),
        json!({"programme": "gentle-start", "start": "2026-01-01", "start_steps": 5_000}),
        json!({"programme": "gentle-start", "start": "2026-01-01", "start_steps": 5_000, "trials": [0, 1, 2]}),
        json!({"programme": "gentle-start", "start": "2026-01-01", "start_steps": 1, "trials": [9, 9, 9]}),
        json!({"programme": "gentle-start", "start": "2026-01-01", "start_steps": 4_294_967_295_u32, "trials": [9, 9, 9]}),
        json!({"programme": "gentle-start", "start": "2026-01-01", "start_steps": 5_000, "trials": [-1, 1, 2]}),
        json!({"programme": "home-exercises", "start": "2026-01-01", "start_steps": 5_000}),
        json!({"programme": "home-exercises", "start": "2026-01-01", "start_steps": 5_000, "contingency": "none"}),
        json!({"programme": "graded-walking", "start": "2026-01-01", "start_steps": 5_000, "contingency": "pain_modulated"}),
    ] {
        refuse("addPrescription", &format!("/v1/participants/{id}/prescriptions"), Some(&body));
    }
    for (field, value) in [
        ("offset", json!("x")),
        ("offset", json!(40_000)),
        ("how", json!("guessed")),
        ("exponent", json!(100)),
        ("unit", json!("steps")),
        ("source", json!("tricorder/x")),
        ("participant", json!(NIL)),
        ("grid", json!({"start": i64::MAX, "step": i64::MAX, "value": [1, 2]})),
        ("grid", json!({"start": 0, "step": 0, "value": [1]})),
        ("points", json!({"start": [1, 2], "value": [1]})),
        ("points", json!({"start": [u64::MAX], "value": [1]})),
        ("grid", json!({"start": 1_700_000_000_000_i64, "step": 60_000, "value": [i64::MAX]})),
    ] {
        let mut block = json!({"participant": id, "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
            "grid": {"start": 1_700_000_000_000_i64, "step": 60_000, "value": [1]}});
        block[field] = value;
        refuse("addReadings", "/v1/readings", Some(&json!({"contract": 1, "series": [block]})));
    }
    // Last, since somebody whom nobody can name must not stand in the way of the others either.
    refuse("addParticipant", "/v1/participants", Some(&json!({"id": NIL})));
    let sound = json!({"contract": 1, "series": [{"participant": id, "source": "watch", "metric": "battery",
        "grain": "sample", "unit": "%", "points": {"start": [1_700_000_000_000_i64], "value": [50]}}]});
    for (operation, path, body) in [
        ("addReadings", "/v1/readings", Some(&sound)),
        ("listParticipants", "/v1/participants", None),
        ("getParticipant", &format!("/v1/participants/{id}"), None),
    ] {
        match exchanges.ask(operation, path, body) {
            Ok(reply) if reply.status == 200 => {}
            Ok(reply) => wrong.push(format!("{operation} no longer works: {} {}", reply.status, reply.body)),
            Err(fault) => wrong.push(fault),
        }
    }
    let still = served.ask("GET", "/readyz", None, None);
    assert_eq!(still.status, 200, "{}", still.body);
    wrong
}
