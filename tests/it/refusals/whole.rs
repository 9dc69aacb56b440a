//! Batches that are wrong as a whole: a clear 4xx each, nothing stored, the process up.

use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::batch::{START_MS, heart_rates, service_for_one, with};
use crate::served::{JSON, Said, Served};

const MEBIBYTE: usize = 1 << 20;

/// A body, how it is announced, and what must be said to it.
struct Wrong {
    what: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    status: u16,
    kind: &'static str,
    /// The field that must be named, if it is a field.
    field: Option<&'static str>,
    /// A word without which nobody knows what to do.
    word: &'static str,
}

fn json_body(what: &'static str, body: impl Into<Vec<u8>>, status: u16, kind: &'static str) -> Wrong {
    Wrong { what, headers: JSON.to_vec(), body: body.into(), status, kind, field: None, word: "" }
}

fn packed(
    what: &'static str,
    encoding: &'static str,
    body: Vec<u8>,
    status: u16,
    kind: &'static str,
) -> Wrong {
    let mut wrong = json_body(what, body, status, kind);
    wrong.headers.push(("Content-Encoding", encoding));
    wrong
}

fn field(what: &'static str, batch: &Value, kind: &'static str, field: &'static str) -> Wrong {
    Wrong { field: Some(field), ..json_body(what, batch.to_string(), 400, kind) }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).expect("memory")
}

fn cut(mut body: Vec<u8>, keep: usize) -> Vec<u8> {
    assert!(keep < body.len());
    body.truncate(keep);
    body
}

/// 400 MiB of spaces in a few kilobytes.
fn bomb() -> Vec<u8> {
    zstd::encode_all(std::io::repeat(b' ').take(400 * MEBIBYTE as u64), 3).expect("memory")
}

fn gzip_bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::repeat(b' ').take(100 * MEBIBYTE as u64), &mut encoder).expect("memory");
    encoder.finish().expect("memory")
}

/// A good batch that asks for a window of 128 MiB.
fn wide_window(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("memory");
    encoder.window_log(27).expect("a window");
    encoder.write_all(text).expect("memory");
    // Without the size of the content the frame has to say its window.
    encoder.finish().expect("memory")
}

fn all(id: &str) -> Vec<Wrong> {
    let good = heart_rates(id, 10);
    let text = good.to_string().into_bytes();
    let large = heart_rates(id, 1_000).to_string().into_bytes();
    let replaced = |from: &str, to: &str| String::from_utf8_lossy(&text).replacen(from, to, 1);
    let value = |number: &str| replaced("\"value\":[60", &format!("\"value\":[{number}"));
    let grid = |length: usize| {
        let value = vec![1; length];
        let grid = json!({"start": START_MS, "step": 1_000, "value": value});
        let mut batch = with(good.clone(), "/series/0/metric", "steps".into());
        batch = with(batch, "/series/0/unit", "{steps}".into());
        let block = batch.pointer_mut("/series/0").and_then(Value::as_object_mut).expect("a block");
        block.remove("points");
        block.insert("grid".to_owned(), grid);
        batch
    };
    let many_series = {
        let block = json!({
            "participant": id, "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
        });
        json!({"contract": 1, "series": vec![block; 20_001]})
    };
    let (malformed, invalid) = ("/problems/malformed", "/problems/invalid-field");
    let (too_large, unsupported) = ("/problems/too-large", "/problems/unsupported-media");
    let unequal = |column: &str, length: usize| {
        with(good.clone(), &format!("/series/0/points/{column}"), vec![START_MS; length].into())
    };
    let mut several = text.clone();
    several.extend_from_slice(&text);
    let wrong_type = |what, content_type: Option<&'static str>| Wrong {
        headers: content_type.map(|value| ("Content-Type", value)).into_iter().collect(),
        field: Some("Content-Type"),
        ..json_body(what, text.clone(), 415, unsupported)
    };
    let wrong_encoding = |what, encoding| Wrong {
        field: Some("Content-Encoding"),
        ..packed(what, encoding, text.clone(), 415, unsupported)
    };
    let damaged = {
        let mut body = gzip(&large);
        let middle = body.len() / 2;
        body[middle] ^= 0x40;
        body
    };
    vec![
        packed("gzip cut in half", "gzip", cut(gzip(&large), gzip(&large).len() / 2), 400, malformed),
        packed("gzip without its last byte", "gzip", cut(gzip(&text), gzip(&text).len() - 1), 400, malformed),
        packed("gzip cut within its header", "gzip", cut(gzip(&text), 5), 400, malformed),
        packed("gzip with a bit turned", "gzip", damaged, 400, malformed),
        packed("no gzip at all", "gzip", text.clone(), 400, malformed),
        packed("zstd cut in half", "zstd", cut(zstd(&large), zstd(&large).len() / 2), 400, malformed),
        packed("no zstd at all", "zstd", text.clone(), 400, malformed),
        packed("a zstd bomb of 400 MiB", "zstd", bomb(), 413, too_large),
        packed("a gzip bomb of 100 MiB", "gzip", gzip_bomb(), 413, too_large),
        // To send it again is no help.
        Wrong {
            word: "window",
            ..packed("a zstd window of 128 MiB", "zstd", wide_window(&text), 400, malformed)
        },
        json_body("NaN", value("NaN"), 400, malformed),
        json_body("infinity", value("Infinity"), 400, malformed),
        json_body("a number beyond a double", value("1e999"), 400, malformed),
        Wrong {
            field: Some("series[0].points.value[0]"),
            ..json_body("a fraction", value("60.5"), 400, malformed)
        },
        Wrong {
            field: Some("series[0].points.value[0]"),
            ..json_body("a text", value("\"60\""), 400, malformed)
        },
        json_body("a number beyond 64 bits", value("99999999999999999999"), 400, malformed),
        field(
            "an unknown metric",
            &with(good.clone(), "/series/0/metric", "hart_rate".into()),
            malformed,
            "series[0].metric",
        ),
        field(
            "an unknown unit",
            &with(good.clone(), "/series/0/unit", "bpm".into()),
            invalid,
            "series[0].unit",
        ),
        field(
            "an unknown grain",
            &with(good.clone(), "/series/0/grain", "hour".into()),
            malformed,
            "series[0].grain",
        ),
        field(
            "an unknown kind of source",
            &with(good.clone(), "/series/0/source", "tricorder/x".into()),
            malformed,
            "series[0].source",
        ),
        field(
            "an id that is none",
            &with(good.clone(), "/series/0/participant", "pilot/7".into()),
            malformed,
            "series[0].participant",
        ),
        field("another contract", &with(good.clone(), "/contract", 2.into()), invalid, "contract"),
        field(
            "values too few",
            &with(good.clone(), "/series/0/points/value", json!([60])),
            invalid,
            "series[0].points.value",
        ),
        field("starts too few", &unequal("start", 9), invalid, "series[0].points.end"),
        field("ends too many", &unequal("end", 11), invalid, "series[0].points.end"),
        field(
            "offsets too few",
            &with(good.clone(), "/series/0/offset", json!([60, 60])),
            invalid,
            "series[0].offset",
        ),
        json_body("100,001 readings", grid(100_001).to_string(), 413, too_large),
        json_body("20,001 series", many_series.to_string(), 413, too_large),
        json_body(
            "a field that is not known",
            replaced("\"contract\"", "\"name\":\"x\",\"contract\""),
            400,
            malformed,
        ),
        json_body("two batches in one", several, 400, malformed),
        json_body("half a batch", cut(text.clone(), text.len() / 2), 400, malformed),
        json_body("nothing", "", 400, malformed),
        json_body("no JSON", "steps=60", 400, malformed),
        json_body("no UTF-8", b"{\"contract\":1,\"series\":[{\"unit\":\"\xff\"}]}".to_vec(), 400, malformed),
        json_body("brackets without end", "[".repeat(200_000), 400, malformed),
        wrong_type("no content type", None),
        wrong_type("text", Some("text/plain")),
        wrong_type("CSV", Some("text/csv")),
        wrong_encoding("brotli", "br"),
        wrong_encoding("two encodings", "gzip, zstd"),
    ]
}

/// What a problem says of its cause: the detail, and each field with its fix.
fn cause(problem: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = problem["errors"].as_array().into_iter().flatten();
    let fields = errors.map(|error| format!("{}: {}", text(&error["field"]), text(&error["fix"])));
    let detail = problem["detail"].as_str().map(str::to_owned);
    detail.into_iter().chain(fields).collect::<Vec<_>>().join("; ")
}

impl Wrong {
    /// What is not as it should be in the answer.
    fn fault(&self, said: &Said) -> Option<String> {
        let problem: Value = serde_json::from_str(&said.body).unwrap_or_default();
        let cause = cause(&problem);
        let named = self.field.is_none_or(|field| problem["errors"][0]["field"] == field);
        let good = said.status == self.status
            && said.header("content-type") == Some("application/problem+json")
            && problem["type"] == self.kind
            && !cause.is_empty()
            && cause.contains(self.word)
            && named;
        (!good).then(|| {
            let Wrong { what, status, kind, field, word, .. } = self;
            format!(
                "{what}: {status} {kind} {field:?} {word:?} is wanted, found {} {}",
                said.status, said.body
            )
        })
    }
}

fn unharmed(served: &mut Served, what: &str) {
    assert!(served.is_up(), "{what}: the process ended\n{}", served.log());
    assert_eq!(served.get("/livez").status, 200, "{what}");
    assert_eq!(served.metric("store_readings"), 0, "{what}: something was stored");
}

#[test]
fn what_is_wrong_as_a_whole_is_refused_clearly_and_leaves_nothing() {
    let (folder, mut served, id) = service_for_one();
    let empty = folder.say("store digest").ok();
    let all = all(&id);
    let count = all.len() as u64;
    let mut faults = Vec::new();
    for wrong in all {
        let said = served.ask("POST", "/v1/readings", Some(&served.token), &wrong.headers, &wrong.body);
        let start = said.body.chars().take(240).collect::<String>();
        println!("{}: {} {start}", wrong.what, said.status);
        faults.extend(wrong.fault(&said));
        unharmed(&mut served, wrong.what);
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(served.metric("ingest_batches_refused_total"), count);
    assert_eq!(folder.say("store digest").ok(), empty);
    let good = served.post(&heart_rates(&id, 10)).json();
    println!("{count} kinds of wrong batches refused, 0 readings stored; a good one after them: {good}");
    assert_eq!(good["new"], 10);
    served.stop();
}

#[test]
fn a_body_above_eight_mebibytes_is_refused_before_it_is_read() {
    let (_folder, mut served, _) = service_for_one();
    let head = |more: &str| {
        format!(
            "POST /v1/readings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Connection: close\r\n{more}\r\n\r\n",
            served.address, served.token
        )
        .into_bytes()
    };
    // Announced: not a byte of it is needed.
    let announced = head(&format!("Content-Length: {}", 8 * MEBIBYTE + 1));
    let said = served.raw(&[&announced]);
    println!("announced 8 MiB and a byte: {}", said.status);
    assert_eq!(said.problem(413)["type"], "/problems/too-large");
    // Not announced: it comes in pieces until somebody has had enough.
    let chunk = [format!("{MEBIBYTE:x}\r\n").into_bytes(), vec![b' '; MEBIBYTE], b"\r\n".to_vec()].concat();
    let mut parts: Vec<&[u8]> = vec![&chunk; 9];
    let (first, end) = (head("Transfer-Encoding: chunked"), b"0\r\n\r\n".as_slice());
    parts.insert(0, &first);
    parts.push(end);
    let said: Said = served.raw(&parts);
    println!("9 MiB in pieces: {}", said.status);
    assert_eq!(said.problem(413)["type"], "/problems/too-large");
    // Exactly at the limit it is read, and is no JSON.
    let headers = [("Content-Type", "application/json")];
    let limit = served.ask("POST", "/v1/readings", Some(&served.token), &headers, &vec![b' '; 8 * MEBIBYTE]);
    println!("8 MiB of spaces: {}", limit.status);
    limit.problem(400);
    unharmed(&mut served, "a large body");
    served.stop();
}
