//! What many or greedy clients can make the service hold.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use serde_json::json;

use crate::batch::{START_MS, heart_rates, service_for_one};
use crate::served::{Said, Served};

/// What the service promises to stay under, whoever asks.
const MOST_BYTES: u64 = 256_000_000;

/// The most memory that the process has held, where this system tells.
fn peak_bytes(served: &Served) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", served.child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

fn post_packed(served: &Served, body: &[u8]) -> Said {
    let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    served.ask("POST", "/v1/readings", Some(&served.token), &headers, body)
}

/// Sends a body from so many clients at once; how often each status came.
fn statuses(served: &Served, clients: usize, body: &[u8]) -> BTreeMap<u16, usize> {
    let said: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..clients).map(|_| scope.spawn(|| post_packed(served, body).status)).collect();
        asked.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let mut counts = BTreeMap::new();
    for status in said {
        *counts.entry(status).or_default() += 1;
    }
    counts
}

#[test]
fn a_body_of_many_small_values_is_refused_before_it_is_parsed() {
    let (_folder, served, id) = service_for_one();
    let zeros = "0,".repeat((32 << 20) / 2 - 500);
    let body = format!(
        "{{\"contract\":1,\"series\":[{{\"participant\":\"{id}\",\"source\":\"watch\",\"metric\":\"steps\",\
         \"grain\":\"epoch\",\"unit\":\"{{steps}}\",\"points\":{{\"start\":[0],\"value\":[{zeros}0]}}}}]}}"
    );
    let body = gzip(body.as_bytes());
    let said = post_packed(&served, &body).problem(413);
    assert!(said["detail"].as_str().is_some_and(|detail| detail.contains("parts")), "{said}");
    for clients in [1, 2, 6] {
        let counts = statuses(&served, clients, &body);
        assert!(counts.keys().all(|status| matches!(status, 413 | 429)), "{counts:?}");
        let peak = peak_bytes(&served);
        println!("{clients} at once of {} bytes sent: {counts:?}, at most {peak:?} bytes held", body.len());
        assert!(peak.is_none_or(|peak| peak < MOST_BYTES), "{clients} at once: {peak:?} bytes");
    }
    assert_eq!(served.post(&heart_rates(&id, 10)).json()["new"], 10);
    served.stop();
}

#[test]
fn large_batches_from_many_clients_stay_within_the_memory_set_aside() {
    let (_folder, served, id) = service_for_one();
    let value: Vec<i64> = (0..100_000).map(|minute| minute % 97).collect();
    let batch = json!({"contract": 1, "series": [{
        "participant": id, "source": "watch", "metric": "steps", "grain": "epoch", "unit": "{steps}",
        "grid": {"start": START_MS - 100_000 * 60_000, "step": 60_000, "value": value},
    }]});
    let mut body = batch.to_string().into_bytes();
    body.resize(31 << 20, b' ');
    let counts = statuses(&served, 16, &gzip(&body));
    let peak = peak_bytes(&served);
    println!("16 clients with 31 MiB unpacked each: {counts:?}, at most {peak:?} bytes held");
    assert!(counts.keys().all(|status| matches!(status, 200 | 429)), "{counts:?}");
    assert!(counts.contains_key(&200), "{counts:?}");
    assert!(peak.is_none_or(|peak| peak < MOST_BYTES), "{peak:?} bytes");
    served.stop();
}
