//! `foulee demo --ble`: from a simulated wrist to the live page, each part a process of its own.
//!
//! Needs `dbus-daemon`, and foulee-gateway and foulee-sim built beside foulee; without the first the tests say that they
//! are left out, and fail with `FOULEE_TEST_REQUIRE_DBUS=1`. The time from wrist to page is printed and held to nothing.

#[path = "support/foulee.rs"]
#[expect(dead_code, reason = "shared with the other tests")]
mod foulee;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use foulee::{Folder, binary, command, finish};

/// Whether there is a message bus to play on.
fn bus() -> bool {
    let is_there = Command::new("dbus-daemon").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !is_there {
        assert!(
            std::env::var("FOULEE_TEST_REQUIRE_DBUS").is_err(),
            "dbus-daemon is absent and FOULEE_TEST_REQUIRE_DBUS is set"
        );
        println!("LEFT OUT: no dbus-daemon (Debian: apt-get install dbus-daemon)");
    }
    is_there
}

/// The demonstration, with a folder for what it makes.
fn demo(folder: &Folder) -> (Command, PathBuf) {
    for name in ["foulee-gateway", "foulee-sim"] {
        let path = binary().with_file_name(name);
        assert!(path.is_file(), "{} is absent: cargo build --release", path.display());
    }
    let temporary = folder.file("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let mut demo = command();
    demo.args(["demo", "--ble"]).env("TMPDIR", &temporary);
    (demo, temporary)
}

/// That neither a file nor a process of the demonstration is left.
#[track_caller]
fn nothing_is_left(temporary: &Path) {
    let left: Vec<_> = std::fs::read_dir(temporary).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    no_process_names(temporary);
}

#[track_caller]
fn no_process_names(temporary: &Path) {
    let begun = Instant::now();
    loop {
        let left = processes_of(temporary);
        if left.is_empty() {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "still running: {left:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The command lines that name a folder.
fn processes_of(temporary: &Path) -> Vec<String> {
    let name = temporary.display().to_string();
    let processes = std::fs::read_dir("/proc").expect("processes").flatten();
    let lines = processes.filter_map(|one| std::fs::read(one.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(&name)).collect()
}

#[test]
fn a_heart_rate_reaches_the_live_page() {
    if !bus() {
        return;
    }
    let folder = Folder::new();
    let (mut demo, temporary) = demo(&folder);
    let found = finish(demo.arg("--check")).json();
    println!("wrist to page, ms: {}", found["wrist_to_page_ms"]);
    for key in ["readings", "days", "page_bytes"] {
        assert!(found[key].as_u64().is_some_and(|count| count > 0), "{key} in {found}");
    }
    let wrist = &found["wrist_to_page_ms"];
    let [p50, p99, n] = ["p50", "p99", "n"].map(|key| wrist[key].as_i64().expect("a number"));
    assert!(n >= 5 && 0 < p50 && p50 <= p99, "{wrist}");
    nothing_is_left(&temporary);
}

/// Starts it and waits for its link.
fn start(demo: &mut Command) -> Child {
    let mut child = demo.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("foulee demo");
    let mut link = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut link).expect("a line");
    assert!(link.starts_with("http://127.0.0.1:") && link.trim().ends_with("/live"), "{link}");
    child
}

#[test]
fn whatever_ends_it_nothing_stays_behind() {
    if !bus() {
        return;
    }
    for signal in ["TERM", "INT", "KILL"] {
        let folder = Folder::new();
        let (mut demo, temporary) = demo(&folder);
        let mut child = start(&mut demo);
        assert_eq!(processes_of(&temporary).len(), 4, "a shell, the bus, wearables, a gateway");
        let told = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()));
        let status = child.wait().expect("it ends");
        if signal == "KILL" {
            // Nobody deletes the folder then; but the others end with it.
            no_process_names(&temporary);
        } else {
            assert!(status.success(), "{signal}: {status}");
            nothing_is_left(&temporary);
        }
    }
}

#[test]
fn it_ends_when_a_part_of_it_ends_and_says_which() {
    if !bus() {
        return;
    }
    let folder = Folder::new();
    let (mut demo, temporary) = demo(&folder);
    let mut child = demo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("foulee demo");
    let mut link = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut link).expect("a line");
    let socket = format!("unix:path={}", temporary.display());
    let wearables = std::fs::read_dir("/proc").expect("processes").flatten().find_map(|one| {
        let line = String::from_utf8_lossy(&std::fs::read(one.path().join("cmdline")).ok()?).into_owned();
        line.contains(&socket).then(|| one.file_name().to_string_lossy().into_owned())
    });
    let killed = Command::new("kill").args(["-KILL", &wearables.expect("the wearables")]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("foulee: foulee-sim ended by itself"), "{said}");
    nothing_is_left(&temporary);
}

#[test]
fn what_is_missing_is_said_with_how_to_get_it() {
    let folder = Folder::new();
    let alone = folder.file("foulee");
    std::fs::copy(binary(), &alone).expect("a copy");
    let run = |path: Option<&str>| {
        let mut command = Command::new(&alone);
        command.args(["demo", "--ble", "--check"]);
        if let Some(path) = path {
            command.env("PATH", path);
        }
        finish(&mut command)
    };
    let done = run(None);
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(done.stderr.contains("foulee-gateway is absent"), "{}", done.stderr);
    assert!(done.stderr.contains("cargo build --release"), "{}", done.stderr);
    for name in ["foulee-gateway", "foulee-sim"] {
        folder.write(name, "");
    }
    let done = run(Some("/nowhere"));
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(done.stderr.contains("apt-get install dbus-daemon"), "{}", done.stderr);
}
