//! /query, health and the like.

use serde_json::json;

use crate::{api2, http, refused, statement_error};

#[test]
fn answers_are_the_servers_own() {
    let Some(api2) = api2() else { return };
    let lines: String = (0..50_000).map(|at| format!("m,p=x value={at}i {at}\n")).collect();
    assert_eq!(api2.write("b", &lines).status, 204);
    let q = "SELECT * FROM m WHERE time >= 0";
    let own = format!("http://{}/query", api2.server.influxd.address());
    let token = ("Authorization", "Token all-access");
    for accept in ["application/json", "application/csv", "text/csv"] {
        for extra in [("epoch", "ms"), ("chunked", "true")] {
            let pairs = [("db", "b"), ("q", q), extra];
            let through = http::form(&api2.url("/query"), &[token, ("Accept", accept)], &pairs);
            let direct = http::form(&own, &[("Accept", accept)], &pairs);
            assert_eq!(through.status, 200);
            assert!(through.text == direct.text && through.text.len() > 500_000, "{accept} {extra:?}");
        }
    }
    let csv = http::form(&api2.url("/query"), &[token, ("Accept", "text/csv")], &[("db", "b"), ("q", q)]);
    assert_eq!(csv.header("Content-Type"), Some("application/csv"));
    let by_get =
        api2.get("/query?db=b&q=SELECT+count(value)+FROM+m+WHERE+p%3D$p&params=%7B%22p%22:%22x%22%7D");
    assert_eq!(by_get.json()["results"][0]["series"][0]["values"][0][1], 50_000);
    let body = b"SELECT count(value) FROM m";
    let own_type = [token, ("Content-Type", "application/vnd.influxql")];
    let answer = http::post(&api2.url("/query?db=b"), &own_type, body);
    assert_eq!(answer.json()["results"][0]["series"][0]["values"][0][1], 50_000);
    let packed = http::get(
        &api2.url("/query?db=b&q=SHOW+MEASUREMENTS"),
        &[token, ("Accept", "application/x-msgpack")],
    );
    assert_eq!(packed.header("Content-Type"), Some("application/x-msgpack"));
}

#[test]
fn errors_have_the_shape_of_2() {
    let Some(api2) = api2() else { return };
    let parse = api2.query("b", "SELEC");
    assert_eq!((parse.status, parse.json()["code"].as_str()), (400, Some("invalid")));
    let message = parse.json()["message"].as_str().expect("a message").to_owned();
    assert!(message.starts_with("failed to parse query: found SELEC, expected SELECT"), "{message}");
    let unknown = api2.query("x", "SELECT * FROM m");
    assert_eq!(unknown.status, 200);
    assert_eq!(unknown.json(), json!({ "results": [statement_error(0, "database not found: x")] }));
    let token = ("Authorization", "Token all-access");
    let csv = [token, ("Accept", "application/csv")];
    let silent = http::form(&api2.url("/query"), &csv, &[("db", "x"), ("q", "SELECT * FROM m")]);
    assert_eq!((silent.status, silent.text.as_str()), (200, ""));
    let body = json!({ "db": "b", "q": "SHOW MEASUREMENTS" }).to_string();
    let silent =
        http::post(&api2.url("/query"), &[token, ("Content-Type", "application/json")], body.as_bytes());
    assert_eq!((silent.status, silent.text.as_str()), (200, "{}"));
}

#[test]
fn some_statements_delete_and_some_are_not_implemented() {
    let Some(api2) = api2() else { return };
    assert_eq!(api2.write("b", "m,p=x value=1i 1\nm,p=y value=1i 1\nn value=1i 1").status, 204);
    for (q, left) in [("DELETE FROM m WHERE p='x'", 2), ("DROP MEASUREMENT n", 1)] {
        let answer = api2.query("b", q);
        assert_eq!((answer.status, answer.text.as_str()), (200, "{}"), "{q}");
        assert_eq!(api2.count("b"), left, "{q}");
    }
    for (q, name) in [
        ("DROP SERIES FROM m", "DROP SERIES"),
        ("SHOW SERIES CARDINALITY", "SHOW SERIES CARDINALITY"),
        ("SELECT * INTO k FROM m", "SELECT INTO"),
        ("CREATE DATABASE k", "CREATE DATABASE"),
        ("DROP DATABASE b", "DROP DATABASE"),
    ] {
        let answer = api2.query("b", q);
        let error = statement_error(0, &format!("not implemented: {name}"));
        assert_eq!(answer.json(), json!({ "results": [error] }), "{q}");
        assert_eq!((answer.status, api2.count("b")), (200, 1), "{q}");
    }
    let several =
        api2.query("b", "SELECT value FROM m; DELETE FROM m; DROP SERIES FROM m; SHOW MEASUREMENTS");
    let results = several.json()["results"].as_array().expect("results").clone();
    assert_eq!(results.len(), 3, "{results:?}");
    assert_eq!(results[0]["series"][0]["name"], "m");
    assert_eq!(results[1], statement_error(2, "not implemented: DROP SERIES"));
    assert_eq!(results[2], statement_error(3, "not executed"));
    assert_eq!(api2.count("b"), 0);
}

#[test]
fn health_ping_and_metrics_need_no_token_and_a_server() {
    let Some(mut api2) = api2() else { return };
    let health = http::get(&api2.url("/health"), &[]);
    assert_eq!((health.status, health.json()["status"].as_str()), (200, Some("pass")));
    let ping = http::get(&api2.url("/ping"), &[]);
    assert_eq!(ping.status, 204);
    assert!(ping.header("X-Influxdb-Version").is_some_and(|version| version.starts_with("v2.7")));
    assert!(http::get(&api2.url("/metrics"), &[]).text.contains("\nprocess_start_time_seconds "));
    api2.server.influxd.kill();
    let within = std::time::Duration::from_secs(10);
    assert!(http::try_get(&api2.url("/health"), &[], within).is_err());
    api2.server.influxd.restart().expect("it starts again");
    assert_eq!(http::get(&api2.url("/health"), &[]).status, 200);
    refused(&http::get(&api2.url("/nosuch"), &[]), 404, "not found", "path not found");
}
