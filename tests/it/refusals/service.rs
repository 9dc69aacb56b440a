//! Paths and methods that are not there, what an operator asks, and ending in good order.

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

use crate::batch::{heart_rates, service_for_one};
use crate::served::{Said, Served};

/// The promise: what is under way is finished within ten seconds. A slow machine gets as long again.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn a_path_that_is_not_there_is_a_problem() {
    let (_folder, served, id) = service_for_one();
    for path in [
        "/nowhere",
        "/v1",
        "/v1/reading",
        "/v2/readings",
        "/v1/participants/not-an-id",
        "/v1/participants/01900000-0000-7000-8000-0000000000ff",
        "/static/nothing.css",
        "/../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
    ] {
        assert_eq!(served.get(path).problem(404)["type"], "/problems/not-found", "{path}");
    }
    served.get(&format!("/v1/participants/{id}/nothing")).problem(404);
    println!("10 unknown paths: 404 and a problem each");
    served.stop();
}

#[test]
fn a_method_that_is_not_there_is_a_problem_that_names_those_that_are() {
    let (_folder, served, id) = service_for_one();
    let person = format!("/v1/participants/{id}");
    let mut wrong = Vec::new();
    for (method, path, allowed) in [
        ("GET", "/v1/readings", "POST"),
        ("DELETE", "/v1/readings", "POST"),
        ("PUT", "/v1/readings", "POST"),
        ("DELETE", "/v1/measures", "GET"),
        ("POST", "/livez", "GET"),
        ("POST", "/metrics", "GET"),
        ("DELETE", "/v1/participants", "GET"),
        ("PATCH", person.as_str(), "GET"),
        ("DELETE", "/", "GET"),
    ] {
        let said = served.ask(method, path, Some(&served.token), &[], &[]);
        println!(
            "{method} {path}: {} {:?} allows {:?}",
            said.status,
            said.header("content-type"),
            said.header("allow")
        );
        let is_problem = said.header("content-type") == Some("application/problem+json")
            && said.body.contains("/problems/method-not-allowed");
        let names =
            said.header("allow").is_some_and(|allow| allow.split(',').any(|one| one.trim() == allowed));
        if (said.status, is_problem, names) != (405, true, true) {
            wrong.push(format!("{method} {path}: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    served.stop();
}

#[test]
fn an_operator_sees_that_it_lives_is_ready_and_what_it_counts() {
    let (_folder, mut served, id) = service_for_one();
    let open = |served: &Served, path: &str| served.ask("GET", path, None, &[], &[]);
    assert_eq!(served.post(&heart_rates(&id, 100)).json()["new"], 100);
    served.drained();
    for path in ["/livez", "/healthz"] {
        let said = open(&served, path);
        assert_eq!((said.status, said.body.as_str()), (200, "ok\n"), "{path}");
    }
    let ready = open(&served, "/readyz");
    assert_eq!((ready.status, ready.body.as_str()), (200, "service running\nstore ok\nregistry ok\n"));
    let metrics = open(&served, "/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")), "{metrics:?}");
    let mut names = Vec::new();
    for line in metrics.body.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.split_once(' ').expect("a name and a value");
        value.parse::<f64>().expect("a number");
        let told = format!("# TYPE {name} ");
        assert!(metrics.body.contains(&told), "{name} has no type");
        names.push(name);
    }
    println!("/metrics: {} series, {}", names.len(), names.join(" "));
    assert!(!metrics.body.contains(&id) && !metrics.body.contains(&served.token));
    let figures = ["ingest_readings_accepted_total", "store_readings", "worker_dirty_days"]
        .map(|name| served.metric(name));
    assert_eq!(figures, [100, 100, 0]);
    served.stop();
}

/// The head of a post of so many bytes, by hand.
fn head(served: &Served, length: usize) -> Vec<u8> {
    format!(
        "POST /v1/readings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n",
        served.address, served.token
    )
    .into_bytes()
}

#[test]
fn it_ends_on_sigterm_once_what_is_under_way_is_done() {
    let (folder, served, id) = service_for_one();
    let body = heart_rates(&id, 1_000).to_string().into_bytes();
    let (first, rest) = body.split_at(body.len() / 2);
    let mut stream = served.connect();
    stream.write_all(&head(&served, body.len())).expect("it listens");
    stream.write_all(first).expect("it reads");
    sleep(Duration::from_millis(300));
    served.terminate();
    sleep(Duration::from_millis(500));
    let refused = std::net::TcpStream::connect(&served.address).is_err();
    stream.write_all(rest).expect("it still reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let said = Said::parse(&answer);
    let log = served.log();
    let (status, took) = served.wait();
    println!(
        "SIGTERM with half a batch under way: {} for the batch, then the process ended {} ms after ({status}); new \
         connections refused: {refused}",
        said.status,
        took.as_millis()
    );
    assert_eq!((said.status, said.json()["new"].as_u64()), (200, Some(1_000)));
    assert!(status.success() && took < STOPPED_WITHIN, "{status} after {took:?}\n{log}");
    assert!(refused, "it still took connections");
    assert_eq!(folder.say("store stats --json").json()["readings"], 1_000);
    assert!(!folder.data().join("foulee.address").exists(), "it still says where it listens");
}

#[test]
fn a_reader_who_never_ends_does_not_keep_it_from_ending() {
    let (folder, served, id) = service_for_one();
    assert_eq!(served.post(&heart_rates(&id, 10)).status, 200);
    let mut stuck = served.connect();
    stuck.write_all(&head(&served, 1_000)).expect("it listens");
    stuck.write_all(b"{\"contract\":1,").expect("it reads");
    let idle = served.connect();
    sleep(Duration::from_millis(300));
    served.terminate();
    let log = served.log();
    let (status, took) = served.wait();
    println!(
        "SIGTERM with a client that never ends: the process ended {} ms after ({status})",
        took.as_millis()
    );
    assert!(status.success() && took < STOPPED_WITHIN, "{status} after {took:?}\n{log}");
    drop((stuck, idle));
    assert_eq!(folder.say("store stats --json").json()["readings"], 10, "what was acknowledged is there");
}
