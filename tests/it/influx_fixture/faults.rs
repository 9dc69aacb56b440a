//! The proxy, in every mode.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use foulee_tests::influx::{FaultProxy, Mode};

use crate::http::{Answer, try_get, try_post};
use crate::{Server, server};

const WITHIN: Duration = Duration::from_secs(20);

fn proxied() -> Option<(Server, FaultProxy)> {
    let server = server()?;
    server.influxd.query("CREATE DATABASE d", "").expect("a database");
    let proxy = FaultProxy::start(&server.influxd.address()).expect("a proxy");
    Some((server, proxy))
}

fn write(proxy: &FaultProxy, second: u64) -> Result<Answer, ureq::Error> {
    let line = format!("m value=1i {second}");
    try_post(&format!("http://{}/write?db=d&precision=s", proxy.address()), &[], line.as_bytes(), WITHIN)
}

#[test]
fn each_mode_fails_in_its_own_way_and_passing_heals() {
    let Some((server, mut proxy)) = proxied() else { return };
    let count = || server.influxd.count_points("d").expect("a count");
    assert_eq!(write(&proxy, 1).expect("an answer").status, 204);
    assert_eq!((count(), proxy.requests(), proxy.faults()), (1, 1, 0));

    proxy.set_mode(Mode::Answer(503)).expect("set");
    assert_eq!(write(&proxy, 2).expect("an answer").status, 503);
    assert_eq!(count(), 1);

    proxy.set_mode(Mode::RetryAfter429).expect("set");
    let busy = write(&proxy, 2).expect("an answer");
    assert_eq!((busy.status, busy.header("Retry-After")), (429, Some("1")));
    assert_eq!(count(), 1);

    proxy.set_mode(Mode::ForwardThenAnswer(500)).expect("set");
    assert_eq!(write(&proxy, 2).expect("an answer").status, 500);
    assert_eq!(count(), 2);

    proxy.set_mode(Mode::ForwardThenCut).expect("set");
    let error = write(&proxy, 3).expect_err("cut");
    assert!(!matches!(error, ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed), "{error}");
    assert_eq!(count(), 3);

    proxy.set_mode(Mode::Slow(Duration::from_millis(300))).expect("set");
    let started = Instant::now();
    assert_eq!(write(&proxy, 4).expect("an answer").status, 204);
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!((count(), proxy.requests(), proxy.faults()), (4, 6, 5));

    proxy.set_mode(Mode::Pass).expect("set");
    assert_eq!(write(&proxy, 5).expect("an answer").status, 204);
    assert_eq!(count(), 5);
}

#[test]
fn a_closed_port_refuses_and_opens_again() {
    let Some((_server, mut proxy)) = proxied() else { return };
    let address = proxy.address();
    let idle = TcpStream::connect(&address).expect("a connection");
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(WITHIN)).build().into();
    let ping = format!("http://{address}/ping");
    assert_eq!(agent.get(&ping).call().expect("an answer").status(), 204);
    for _ in 0..3 {
        proxy.set_mode(Mode::Closed).expect("set");
        proxy.set_mode(Mode::Closed).expect("set again");
        assert!(agent.get(&ping).call().is_err(), "the connection of before is cut");
        let refused = TcpStream::connect(&address).expect_err("refused");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        proxy.set_mode(Mode::Pass).expect("set");
        assert_eq!(proxy.address(), address);
        assert_eq!(agent.get(&ping).call().expect("an answer").status(), 204);
    }
    idle.set_read_timeout(Some(WITHIN)).expect("set");
    let ended = std::io::Read::read(&mut &idle, &mut [0; 8]);
    assert!(
        ended.as_ref().is_ok_and(|count| *count == 0)
            || ended.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset)
    );
}

#[test]
fn a_cut_answer_is_an_error_and_what_came_before_is_right() {
    let Some((server, mut proxy)) = proxied() else { return };
    let lines: String = (0..50_000).map(|at| format!("m value={at}i {at}\n")).collect();
    server.influxd.write_lines("d", &lines).expect("written");
    let url = format!("http://{}/query?db=d&q=SELECT+*+FROM+m", proxy.address());
    let whole = try_get(&url, &[], WITHIN).expect("an answer").text;
    for bytes in [0, 1, 1000, 500_000] {
        proxy.set_mode(Mode::CutAnswer(bytes)).expect("set");
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(WITHIN)).build().into();
        let mut answer = agent.get(&url).call().expect("a head");
        assert_eq!(answer.status(), 200);
        let mut read = Vec::new();
        let ended = std::io::Read::read_to_end(&mut answer.body_mut().as_reader(), &mut read);
        assert!(ended.is_err(), "an end of {bytes} looks whole");
        assert!(read.len() <= bytes && whole.as_bytes().starts_with(&read), "{} of {bytes}", read.len());
        assert_eq!(read.len(), bytes);
    }
}

#[test]
fn a_mode_holds_for_its_paths_alone() {
    let Some((server, mut proxy)) = proxied() else { return };
    proxy.set_mode_below("/write", Mode::Answer(500)).expect("set");
    assert_eq!(write(&proxy, 1).expect("an answer").status, 500);
    let query = format!("http://{}/query?db=d&q=SHOW+MEASUREMENTS", proxy.address());
    assert_eq!(try_get(&query, &[], WITHIN).expect("an answer").status, 200);
    assert_eq!((proxy.requests(), proxy.faults()), (2, 1));
    assert_eq!(server.influxd.count_points("d").expect("a count"), 0);
}

#[test]
fn a_server_that_is_gone_is_a_connection_that_ends() {
    let Some((mut server, proxy)) = proxied() else { return };
    assert_eq!(write(&proxy, 1).expect("an answer").status, 204);
    server.influxd.kill();
    assert!(write(&proxy, 2).is_err());
    server.influxd.restart().expect("it starts again");
    assert_eq!(write(&proxy, 2).expect("an answer").status, 204);
    assert_eq!(server.influxd.count_points("d").expect("a count"), 2);
}

#[test]
fn bodies_stream_both_ways() {
    let Some((server, proxy)) = proxied() else { return };
    let lines: String = (0..500_000).map(|at| format!("m value={at}i {at}\n")).collect();
    let url = format!("http://{}/write?db=d&precision=s", proxy.address());
    let answer = try_post(&url, &[], lines.as_bytes(), WITHIN).expect("an answer");
    assert_eq!(answer.status, 204, "{answer:?}");
    let query = |address: &str| {
        let url = format!("http://{address}/query?db=d&q=SELECT+*+FROM+m&chunked=true");
        try_get(&url, &[("Accept", "application/csv")], WITHIN).expect("an answer").text
    };
    let (through, direct) = (query(&proxy.address()), query(&server.influxd.address()));
    assert!(through == direct && through.len() > 5_000_000, "{} {}", through.len(), direct.len());
}
