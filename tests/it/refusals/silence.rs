//! Clients that announce much and bring nothing.

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::batch::{START_MS, heart_rates, service_for_one, with};
use crate::served::Said;

/// The promise is ten seconds; a slow machine gets as long again.
const ENDED_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn those_who_bring_nothing_hold_up_nobody_and_are_ended() {
    let (_folder, served, id) = service_for_one();
    let head = format!(
        "POST /v1/readings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 8388608\r\n\r\n",
        served.address, served.token
    );
    let began = Instant::now();
    let mut silent: Vec<_> = (0..12).map(|_| served.connect()).collect();
    for stream in &mut silent {
        stream.write_all(head.as_bytes()).expect("it listens");
    }
    // One of them brings a little first.
    silent[0].write_all(b"{\"contract\":1,").expect("it reads");
    sleep(Duration::from_millis(300));
    for n in 0..10 {
        let start = vec![START_MS + n * 3_600_000].into();
        let batch = with(heart_rates(&id, 1), "/series/0/points/start", start);
        let batch = with(batch, "/series/0/points/end", vec![START_MS + n * 3_600_000 + 1].into());
        let said = served.post(&batch);
        assert_eq!(said.status, 200, "batch {n} beside 12 silent clients: {said:?}");
    }
    for mut stream in silent {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer, then the end");
        let said = Said::parse(&answer);
        assert_eq!(said.problem(408)["type"], "/problems/request-timeout");
        assert_eq!(said.header("connection"), Some("close"));
    }
    let took = began.elapsed();
    println!(
        "12 silent clients: 10 batches of another taken meanwhile, all 12 ended after {} ms",
        took.as_millis()
    );
    assert!(took < ENDED_WITHIN, "{took:?}");
    served.stop();
}

#[test]
fn who_is_refused_before_its_body_came_reads_the_answer_and_keeps_its_connection() {
    let (_folder, served, id) = service_for_one();
    let batch = heart_rates(&id, 10).to_string();
    let ask = |token: &str, close: &str| {
        format!(
            "POST /v1/readings HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n{close}Content-Length: {}\r\n\r\n",
            served.address,
            batch.len()
        )
    };
    let mut stream = served.connect();
    stream.write_all(ask("foulee_unknown", "").as_bytes()).expect("it listens");
    // The refusal is known by now, and half of the body is still on its way.
    for half in [&batch[..100], &batch[100..]] {
        sleep(Duration::from_millis(200));
        stream.write_all(half.as_bytes()).expect("it still reads");
    }
    stream.write_all((ask(&served.token, "Connection: close\r\n") + &batch).as_bytes()).expect("it reads on");
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).expect("two answers, then the end");
    let answers = String::from_utf8(answers).expect("text");
    let second = answers.rfind("HTTP/1.1 ").expect("an answer");
    assert_eq!(Said::parse(&answers.as_bytes()[..second]).status, 401, "{answers}");
    assert_eq!(Said::parse(&answers.as_bytes()[second..]).json()["new"], 10, "{answers}");
    served.stop();
}
