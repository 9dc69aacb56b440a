//! /api/v2/write.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::http::post;
use crate::{api2, refused};

const WRITE: &str = "/api/v2/write?org=clinic&bucket=b";

#[test]
fn a_precision_is_one_of_four_and_means_what_it_says() {
    let Some(api2) = api2() else { return };
    for (precision, time) in [
        ("s", "1700000000"),
        ("ms", "1700000000000"),
        ("us", "1700000000000000"),
        ("ns", "1700000000000000000"),
    ] {
        let line = format!("m,p={precision} value=1i {time}");
        let answer = api2.post(&format!("{WRITE}&precision={precision}"), &line);
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{precision}");
    }
    assert_eq!(api2.post(WRITE, "m,p=none value=1i 1700000000000000000").status, 204);
    let rows = api2.query("b", "SELECT value, p FROM m").json();
    let rows = rows["results"][0]["series"][0]["values"].as_array().expect("rows").clone();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row[0] == "2023-11-14T22:13:20Z"), "{rows:?}");
    for precision in ["u", "n", "m", "h", "ps"] {
        let answer = api2.post(&format!("{WRITE}&precision={precision}"), "m value=1i 1");
        refused(&answer, 400, "invalid", "valid precision units are ns, us, ms, and s");
    }
}

#[test]
fn a_line_that_cannot_be_read_takes_its_batch_with_it() {
    let Some(api2) = api2() else { return };
    let bad = [
        ("m,p=b value=", "unable to parse 'm,p=b value=': missing field value"),
        ("bad", "unable to parse 'bad': missing fields"),
        ("m,p=b value=NaN 1", "unable to parse 'm,p=b value=NaN 1': invalid number"),
        ("m,p=b value=1i x", "unable to parse 'm,p=b value=1i x': bad timestamp"),
        ("m,time=b value=1i 1", "invalid tag key: input tag \"time\" on measurement \"m\" is invalid"),
    ];
    for (line, message) in bad {
        let answer = api2.write("b", &format!("m,p=a value=1i 1\n{line}\nm,p=c value=1i 1"));
        refused(&answer, 400, "invalid", message);
        refused(&api2.write("b", line), 400, "invalid", message);
        assert_eq!(api2.count("b"), 0, "{line}");
    }
    // Also when a point of the batch would be dropped for its type, which 1.x tells first.
    let both = "m,p=a value=1i 1\nm,p=b value=1.5 1\nm,p=c value=oops 1";
    let answer = api2.write("b", both);
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(api2.count("b"), 0);
    let databases = api2.server.influxd.query("SHOW DATABASES", "").expect("an answer");
    assert!(!databases.to_string().contains("scratch"), "{databases}");
}

#[test]
fn what_is_odd_but_right_is_written() {
    let Some(api2) = api2() else { return };
    let odd = "# a comment\n\n m,p=a\\ b value=1i 1\nm,p=é value=2i,text=\"a b\"  2\nm,p=c\\,d,q=x\\=y value=-3i,much=1e3,ok=T 3\n";
    let answer = api2.write("b", odd);
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(api2.count("b"), 3);
    for empty in ["", "\n", "# a comment"] {
        assert_eq!(api2.write("b", empty).status, 204, "{empty:?}");
    }
}

#[test]
fn a_type_conflict_drops_its_point_and_keeps_the_rest() {
    let Some(api2) = api2() else { return };
    assert_eq!(api2.write("b", "m,p=a value=1i 1").status, 204);
    let conflict = "failure writing points to database: partial write: field type conflict: input field \"value\" on \
                    measurement \"m\" is type float, already exists as type integer dropped=1";
    refused(&api2.write("b", "m,p=a value=1.5 2"), 422, "unprocessable entity", conflict);
    assert_eq!(api2.count("b"), 1);
    let answer = api2.write("b", "m,p=b value=1i 3\nm,p=a value=1.5 3\nm,p=c value=1i 3");
    refused(&answer, 422, "unprocessable entity", conflict);
    assert_eq!(api2.count("b"), 3);
    // With a line that has to be tried elsewhere first, too.
    let answer = api2.write("b", "m,p=d\\ d value=1i 4\nm,p=a value=1.5 4");
    refused(&answer, 422, "unprocessable entity", conflict);
    assert_eq!(api2.count("b"), 4);
}

#[test]
fn what_is_older_than_the_retention_is_422() {
    let Some(api2) = api2() else { return };
    assert_eq!(api2.create_bucket("hour", 3600).status, 201);
    let now = chrono::Utc::now().timestamp();
    let answer = api2.write("hour", &format!("m,p=a value=1i 1\nm,p=b value=1i {now}"));
    let message =
        "failure writing points to database: partial write: points beyond retention policy dropped=1";
    refused(&answer, 422, "unprocessable entity", message);
    assert_eq!(api2.count("hour"), 1);
}

#[test]
fn gzip_is_read_and_a_broken_one_is_500() {
    let Some(api2) = api2() else { return };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for at in 0..10_000 {
        writeln!(encoder, "m,p=a value={at}i {at}").expect("written");
    }
    let body = encoder.finish().expect("written");
    let headers = [("Authorization", "Bearer all-access"), ("Content-Encoding", "gzip")];
    let url = api2.url(&format!("{WRITE}&precision=s"));
    assert_eq!(post(&url, &headers, &body).status, 204);
    assert_eq!(api2.count("b"), 10_000);
    let message = "An internal error has occurred - check server logs";
    refused(&post(&url, &headers, &body[..body.len() / 2]), 500, "internal error", message);
    assert_eq!(api2.count("b"), 10_000);
}

#[test]
fn what_is_not_there_is_named() {
    let Some(api2) = api2() else { return };
    let write = |query: &str| api2.post(&format!("/api/v2/write?{query}"), "m value=1i 1");
    refused(&write("org=clinic&bucket=x"), 404, "not found", "bucket \"x\" not found");
    refused(&write("org=clinic"), 404, "not found", "bucket not found");
    refused(&write("org=nosuch&bucket=b"), 404, "not found", "organization name \"nosuch\" not found");
    refused(&write("bucket=b"), 400, "invalid", "Please provide either orgID or org");
    assert_eq!(write(&format!("orgID={}&bucket=b", api2.org_id())).status, 204);
    let bucket = api2.get("/api/v2/buckets?name=b").json();
    assert_eq!(
        write(&format!("org=clinic&bucket={}", bucket["buckets"][0]["id"].as_str().expect("an id"))).status,
        204
    );
    // Known before, gone since.
    api2.server.influxd.query("DROP DATABASE b", "").expect("dropped");
    refused(&write("org=clinic&bucket=b"), 404, "not found", "bucket \"b\" not found");
    assert_eq!(api2.get("/api/v2/write?org=clinic&bucket=b").status, 405);
}
