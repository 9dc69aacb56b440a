//! What the first run of a phone, and a phone that means ill, can make the service hold.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder;
use crate::phone::Phone;
use crate::served::{JSON, Served};

/// What the service promises to stay under, whoever asks.
const MOST_BYTES: u64 = 256_000_000;
/// Heart rates of the first run: 2,000 records of Health Connect with a minute of them each.
const RATES: u32 = 120_000;

/// The most memory that a process has held, where this system tells.
fn peak_bytes(served: &Served) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", served.child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}

/// A body of the size that Health Connect's records have, the second of each given.
fn first_run(rates: u32) -> String {
    let mut body = String::from(r#"{"provider":"google","sdkVersion":"0.6.0","data":{"records":["#);
    for second in 0..rates {
        let comma = if second > 0 { "," } else { "" };
        let (day, hour) = (1 + second / 86_400, second / 3_600 % 24);
        let at = format!("2026-03-{day:02}T{hour:02}:{:02}:{:02}Z", second / 60 % 60, second % 60);
        let record = format!(
            r#"{comma}{{"id":"0f8fad5b-d9cb-469f-a165-70867728950e-s{second}","type":"HEART_RATE","startDate":"{at}","endDate":"{at}","zoneOffset":"+01:00","source":{{"appId":"com.garmin.android.apps.connectmobile","deviceId":null,"deviceName":null,"deviceManufacturer":"Garmin","deviceModel":"Venu 3","deviceType":"watch","recordingMethod":"automatic"}},"value":{}.0,"unit":"bpm","parentId":"0f8fad5b-d9cb-469f-a165-70867728950e","metadata":null}}"#,
            60 + second % 60
        );
        body.write_str(&record).expect("memory");
    }
    body + "]}}"
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn a_first_run_is_taken_whole_and_nobody_makes_the_service_hold_more_than_it_may() {
    let (folder, code) = folder();
    let served = Served::start(&folder);
    let phone = Phone::enrolled(&served, &code);
    let body = first_run(RATES);
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        served.ask("POST", &phone.path(), Some(&phone.access), headers, body)
    };
    let said = post(JSON, body.as_bytes());
    assert_eq!((said.status, &said.json()["new"]), (200, &RATES.into()), "{}", said.body);
    let packed = [JSON, &[("Content-Encoding", "gzip")]].concat();
    let small = gzip(body.as_bytes());
    let said: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6).map(|_| scope.spawn(|| post(&packed, &small).status)).collect();
        asked.into_iter().map(|one| one.join().expect("an answer")).collect()
    });
    let mut counts = BTreeMap::new();
    for status in said {
        *counts.entry(status).or_insert(0) += 1;
    }
    assert!(
        counts.keys().all(|status| matches!(status, 200 | 429)) && counts.contains_key(&200),
        "{counts:?}"
    );

    // Texts, lists and blanks without end, a thousand times smaller on the wire.
    let open = r#"{"data":{"records":[{"id":""#;
    let endless = |fill: &str| gzip((open.to_owned() + &fill.repeat((300 << 20) / fill.len())).as_bytes());
    post(&packed, &endless("x")).problem(413);
    post(&packed, &endless(r#""},{"id":""#)).problem(413);
    post(&packed, &gzip(&vec![b' '; 300 << 20])).problem(413);
    let peak = peak_bytes(&served);
    println!(
        "{} bytes of {RATES} heart rates; six at once: {counts:?}; at most {peak:?} bytes held",
        body.len()
    );
    assert!(peak.is_none_or(|peak| peak < MOST_BYTES), "{peak:?} bytes");
    served.stop();
}
