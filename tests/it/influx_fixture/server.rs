//! The server itself.

use std::time::Duration;

use foulee_tests::influx::{Credentials, Influxd, InfluxdOptions, free_port};

use crate::http::{try_get, try_post};
use crate::{server, server_with};

#[test]
fn what_was_written_survives_a_kill_and_a_stop() {
    let Some(mut server) = server() else { return };
    let influxd = &mut server.influxd;
    influxd.query("CREATE DATABASE d", "").expect("a database");
    influxd.write_lines("d", "m,p=a value=1i 1\nm,p=b value=2i 2\nn value=3i 3").expect("written");
    assert_eq!(influxd.count_points("d").expect("a count"), 3);
    let (port, pid) = (influxd.port(), influxd.pid().expect("it runs"));
    assert!(influxd.disk_bytes().expect("bytes") > 0);
    assert!(influxd.cpu_seconds().expect("seconds") >= 0.0);
    assert!(influxd.folder().join("wal").is_dir() && influxd.folder().join("influxd.log").is_file());

    influxd.kill();
    assert_eq!(influxd.pid(), None);
    assert!(influxd.cpu_seconds().is_err() && influxd.count_points("d").is_err());
    influxd.restart().expect("it starts again");
    assert_eq!(influxd.port(), port);
    assert_ne!(influxd.pid(), Some(pid));
    assert_eq!(influxd.count_points("d").expect("a count"), 3);

    influxd.stop().expect("it stops");
    influxd.restart().expect("it starts again");
    assert_eq!(influxd.count_points("d").expect("a count"), 3);
}

#[test]
fn a_frozen_server_answers_nothing_until_it_is_thawed() {
    let Some(mut server) = server() else { return };
    let ping = format!("http://{}/ping", server.influxd.address());
    server.influxd.freeze().expect("it is frozen");
    let late = try_get(&ping, &[], Duration::from_millis(300)).expect_err("no answer");
    assert!(matches!(late, ureq::Error::Timeout(_)), "{late}");
    server.influxd.thaw().expect("it is thawed");
    assert_eq!(try_get(&ping, &[], Duration::from_secs(20)).expect("an answer").status, 204);
    server.influxd.freeze().expect("it is frozen");
    server.influxd.stop().expect("a frozen one stops, too");
    assert!(server.influxd.freeze().is_err());
    server.influxd.restart().expect("it starts again");
    server.influxd.freeze().expect("it is frozen");
    // Killed while frozen when it is dropped; a test that hangs here would say otherwise.
}

#[test]
fn authentication_and_limits_are_options() {
    let admin = Credentials { user: "ad\"min".to_owned(), password: "it's secret".to_owned() };
    let options = InfluxdOptions {
        admin: Some(admin),
        max_select_point: Some(2),
        max_select_series: Some(1),
        cache_snapshot_memory_bytes: Some(1 << 20),
        cache_snapshot_write_cold: Some(Duration::from_secs(1)),
        ..InfluxdOptions::default()
    };
    let Some(mut server) = server_with(options) else { return };
    let influxd = &mut server.influxd;
    influxd.query("CREATE DATABASE d", "").expect("a database");
    influxd
        .write_lines("d", "m value=1i 1\nm value=2i 2\nm value=3i 3\nn,p=a value=1i 1\nn,p=b value=1i 1")
        .expect("written");
    let write = format!("http://{}/write?db=d", influxd.address());
    let stranger = try_post(&write, &[], b"m value=1i 9", Duration::from_secs(20)).expect("an answer");
    assert_eq!(stranger.status, 401, "{stranger:?}");
    // The limit on points is looked at once a second: a query that is faster than that goes through.
    let fast = influxd.query("SELECT * FROM m", "d").expect("an answer");
    assert_eq!(fast["results"][0]["series"][0]["values"].as_array().map(Vec::len), Some(3));
    let seconds = "time >= 0 AND time < 90000000s GROUP BY time(1s)";
    let slow = influxd.query(&format!("SELECT mean(value) FROM m WHERE {seconds}"), "d").expect("an answer");
    let error = slow["results"][0]["error"].as_str().expect("an error").to_owned();
    assert!(error.contains("max-select-point limit exceeed: (3/2)"), "{error}");
    let series = influxd.query("SELECT * FROM n", "d").expect("an answer");
    let error = series["results"][0]["error"].as_str().expect("an error").to_owned();
    assert!(error.contains("max-select-series limit exceeded: (2/1)"), "{error}");
    influxd.restart().expect("it starts again");
    let shown = influxd.query("SHOW USERS", "").expect("an answer");
    assert_eq!(shown["results"][0]["series"][0]["values"][0][0], "ad\"min");
}

#[test]
fn a_folder_is_served_again_and_a_server_that_cannot_start_says_why() {
    let Some(server) = server() else { return };
    server.influxd.query("CREATE DATABASE kept", "").expect("a database");
    let folder = server.influxd.folder().to_owned();
    let kept = server._folder;
    drop(server.influxd);
    let again = Influxd::start(&folder, InfluxdOptions::default()).expect("it starts");
    let databases = again.query("SHOW DATABASES", "").expect("an answer");
    assert!(databases.to_string().contains("kept"), "{databases}");
    drop(again);
    std::fs::write(folder.join("meta/meta.db"), "no such thing").expect("written");
    let error = Influxd::start(&folder, InfluxdOptions::default()).expect_err("it cannot start");
    assert!(error.to_string().contains("ended at its start"), "{error}");
    drop(kept);
}

#[test]
fn ports_are_given_once() {
    let ports: Vec<u16> = (0..50).map(|_| free_port().expect("a port")).collect();
    let mut once = ports.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ports.len());
    assert!(once.iter().all(|port| (20_000..32_000).contains(port)));
}
