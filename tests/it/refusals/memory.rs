//! What many or greedy clients can make the service hold.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};

use serde_json::json;

use crate::batch::{START_MS, heart_rates, service_for_one};
use crate::served::{Said, Served};

/// What the service promises to stay under, whoever asks.
const MOST_BYTES: u64 = 256_000_000;

/// The most memory that a process has held, where this system tells.
fn peak_bytes_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}

fn peak_bytes(served: &Served) -> Option<u64> {
    peak_bytes_of(served.child.id())
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

/// A million readings of heart rate within 31 days.
fn store_a_million(served: &Served, id: &str) {
    for n in 0..10 {
        let value: Vec<i64> = (0..100_000).map(|at| 60 + at % 97).collect();
        let batch = json!({"contract": 1, "series": [{
            "participant": id, "source": "watch", "metric": "heart_rate", "grain": "sample", "unit": "/min",
            "grid": {"start": START_MS - 31 * 86_400_000 + n * 100_000 * 2_600, "step": 2_600, "value": value},
        }]});
        assert_eq!(served.post(&batch).json()["new"], 100_000);
    }
}

#[test]
fn a_feed_of_a_million_readings_is_sent_as_it_is_read() {
    let (_folder, mut served, id) = service_for_one();
    store_a_million(&served, &id);
    served.drained();
    let mut stream = served.connect();
    let ask = format!(
        "GET /v1/participants/{id}/readings?from=2026-01-30T00:00:00Z&to=2026-03-02T00:00:00Z HTTP/1.1\r\nHost: {}\r\n\
         Authorization: Bearer {}\r\nConnection: close\r\n\r\n",
        served.address, served.token
    );
    stream.write_all(ask.as_bytes()).expect("it listens");
    // It is not far ahead of a reader who takes a little and waits.
    let mut some = vec![0; 100_000];
    stream.read_exact(&mut some).expect("the beginning");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let waiting = peak_bytes(&served);
    let (mut rows, mut length, mut end) = (count(&some), some.len(), Vec::new());
    loop {
        let read = stream.read(&mut some).expect("the rest");
        if read == 0 {
            break;
        }
        rows += count(&some[..read]);
        length += read;
        end = [&end[end.len().saturating_sub(16)..], &some[..read]].concat();
    }
    let peak = peak_bytes(&served);
    println!(
        "{rows} readings in {length} bytes; at most {waiting:?} bytes held when it waited, {peak:?} in all"
    );
    assert!(peak.is_none_or(|peak| peak < MOST_BYTES), "{peak:?} bytes");
    // A few rows' beginnings lie across two reads.
    assert!((995_000..=1_000_000).contains(&rows), "{rows}");
    assert!(end.ends_with(b"]}\r\n0\r\n\r\n"), "{}", String::from_utf8_lossy(&end));
    served.stop();
}

fn count(text: &[u8]) -> usize {
    text.windows(10).filter(|part| part == b"{\"metric\":").count()
}

#[test]
fn commands_print_rows_as_they_come() {
    let (folder, served, id) = service_for_one();
    store_a_million(&served, &id);
    served.stop();
    folder.say(&format!("measures {id}")).ok();
    for words in [
        format!("readings {id} --from 2026-01-01 --to 2026-03-31"),
        format!("minutes {id} --from 2016-01-01 --to 2026-12-31"),
    ] {
        let mut command = folder.command();
        command.args(words.split(' ')).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("foulee runs");
        let mut out = child.stdout.take().expect("its output");
        let mut some = vec![0; 1_000_000];
        out.read_exact(&mut some).expect("the beginning");
        // It waits for its reader; whatever it wants to have at hand, it has by now.
        let peak = peak_bytes_of(child.id());
        drop(out);
        let ended = child.wait().expect("it ends");
        println!("{words}: at most {peak:?} bytes held");
        assert!(ended.success(), "{words}: a reader who has seen enough is no failure");
        assert!(peak.is_none_or(|peak| peak < MOST_BYTES / 2), "{words}: {peak:?} bytes");
    }
}
