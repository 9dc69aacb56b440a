//! Buckets, organisations and who may do what.

use serde_json::json;

use crate::{Api2, api2, http, refused, statement_error};

/// A token for some actions on a bucket.
fn token_for(api2: &Api2, bucket: &str, actions: &[&str]) -> String {
    let found = api2.get(&format!("/api/v2/buckets?org=clinic&name={bucket}")).json();
    let (id, org_id) = (&found["buckets"][0]["id"], api2.org_id());
    let resource = json!({ "type": "buckets", "id": id, "orgID": org_id });
    let permissions: Vec<_> =
        actions.iter().map(|action| json!({ "action": action, "resource": resource })).collect();
    let answer = api2.post(
        "/api/v2/authorizations",
        &json!({ "orgID": org_id, "description": "a test", "permissions": permissions }).to_string(),
    );
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["token"].as_str().expect("a token").to_owned()
}

const WRITE: &str = "/api/v2/write?org=clinic&precision=s&bucket=";
const ALL: &str = r#"{"start":"1970-01-01T00:00:00Z","stop":"2100-01-01T00:00:00Z"}"#;

#[test]
fn buckets_are_made_once_and_found() {
    let Some(api2) = api2() else { return };
    let made = api2.create_bucket("kept", 7200);
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["retentionRules"][0]["everySeconds"], 7200);
    refused(&api2.create_bucket("kept", 7200), 422, "conflict", "bucket with name kept already exists");
    assert_eq!(api2.create_bucket("short", 60).status, 422);
    let found = api2.get("/api/v2/buckets?org=clinic&name=kept").json();
    assert_eq!(found["buckets"], json!([made.json()]));
    let all = api2.get("/api/v2/buckets?org=clinic").json();
    assert_eq!(all["buckets"].as_array().map(Vec::len), Some(2), "{all}");
    let none = api2.get("/api/v2/buckets?org=clinic&name=x");
    refused(&none, 404, "not found", "bucket \"x\" not found");
    let nobody = api2.get("/api/v2/orgs?org=nosuch");
    refused(&nobody, 404, "not found", "organization name \"nosuch\" not found");
}

#[test]
fn a_wrong_token_is_401_and_bearer_is_not_for_queries() {
    let Some(api2) = api2() else { return };
    let (write, query) = (api2.url(&format!("{WRITE}b")), api2.url("/query"));
    let show = [("db", "b"), ("q", "SHOW MEASUREMENTS")];
    // Basic any:all-access
    let basic = "Basic YW55OmFsbC1hY2Nlc3M=";
    for (authorization, may_write, may_query) in [
        ("Token all-access", true, true),
        ("Bearer all-access", true, false),
        (basic, false, true),
        ("Token wrong", false, false),
        ("nonsense", false, false),
    ] {
        let headers = [("Authorization", authorization)];
        let answer = http::post(&write, &headers, b"m value=1i 1");
        if may_write {
            assert_eq!(answer.status, 204, "{authorization}");
        } else {
            refused(&answer, 401, "unauthorized", "unauthorized access");
        }
        let answer = http::form(&query, &headers, &show);
        if may_query {
            assert_eq!(answer.status, 200, "{authorization}");
        } else {
            refused(&answer, 401, "unauthorized", "Unauthorized");
        }
    }
    refused(&http::form(&query, &[], &show), 401, "unauthorized", "Unauthorized");
    assert_eq!(http::form(&api2.url("/query?u=any&p=all-access"), &[], &show).status, 200);
    assert_eq!(http::get(&api2.url("/api/v2/buckets"), &[]).status, 401);
    assert_eq!(http::post(&api2.url("/api/v2/delete?org=clinic&bucket=b"), &[], ALL.as_bytes()).status, 401);
}

#[test]
fn a_token_for_a_bucket_is_for_that_alone() {
    let Some(api2) = api2() else { return };
    assert_eq!(api2.create_bucket("c", 0).status, 201);
    assert_eq!(api2.write("c", "m value=1i 1").status, 204);
    let token = format!("Token {}", token_for(&api2, "b", &["read", "write"]));
    let headers = [("Authorization", token.as_str())];
    let (own, other) = (api2.url(&format!("{WRITE}b")), api2.url(&format!("{WRITE}c")));
    assert_eq!(http::post(&own, &headers, b"m value=1i 1").status, 204);
    refused(
        &http::post(&other, &headers, b"m value=1i 2"),
        403,
        "forbidden",
        "insufficient permissions for write",
    );
    let show = |db| http::form(&api2.url("/query"), &headers, &[("db", db), ("q", "SHOW MEASUREMENTS")]);
    assert!(show("b").json()["results"][0]["series"].is_array());
    assert_eq!(show("c").json(), json!({ "results": [statement_error(0, "database not found: c")] }));
    let deleted = http::post(&api2.url("/api/v2/delete?org=clinic&bucket=c"), &headers, ALL.as_bytes());
    assert_eq!((deleted.status, api2.count("c")), (403, 1));
    let listed = http::get(&api2.url("/api/v2/buckets?org=clinic"), &headers).json();
    assert_eq!(listed["buckets"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(http::post(&api2.url("/api/v2/buckets"), &headers, b"{}").status, 403);
}

#[test]
fn reading_and_writing_are_two_permissions() {
    let Some(api2) = api2() else { return };
    let (read, write) = (token_for(&api2, "b", &["read"]), token_for(&api2, "b", &["write"]));
    let (read, write) = (format!("Token {read}"), format!("Token {write}"));
    let (reads, writes) = ([("Authorization", read.as_str())], [("Authorization", write.as_str())]);
    let url = api2.url(&format!("{WRITE}b"));
    assert_eq!(http::post(&url, &reads, b"m value=1i 1").status, 403);
    assert_eq!(http::post(&url, &writes, b"m value=1i 1").status, 204);
    let query = |headers: &[_], q| http::form(&api2.url("/query"), headers, &[("db", "b"), ("q", q)]);
    let not_found = json!({ "results": [statement_error(0, "database not found: b")] });
    assert_eq!(query(&writes, "SELECT * FROM m").json(), not_found);
    assert!(query(&reads, "SELECT * FROM m").json()["results"][0]["series"].is_array());
    let denied = json!({ "results": [statement_error(0, "insufficient permissions")] });
    assert_eq!(query(&reads, "DELETE FROM m").json(), denied);
    let deleted = http::post(&api2.url("/api/v2/delete?org=clinic&bucket=b"), &reads, ALL.as_bytes());
    assert_eq!((deleted.status, api2.count("b")), (403, 1));
}
