//! `foulee demo --check`: every hop once, on recordings or on a simulated person.

use std::path::Path;

use serde_json::Value;

use crate::data::{recordings, root};
use crate::foulee::{Folder, command, finish};
use crate::served::PATIENCE;

fn check(what: &str, data: &Path) -> Value {
    let folder = Folder::new();
    let temporary = folder.file("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let mut demo = command();
    demo.args(["demo", "--check"]).env("FOULEE_TEST_DATA", data).env("TMPDIR", &temporary);
    demo.env("HOME", folder.data()).env_remove("XDG_DATA_HOME").current_dir(folder.data());
    let done = finish(&mut demo);
    let said = done.stderr.clone();
    let found = done.json();
    let keys: Vec<&str> = found.as_object().expect("an object").keys().map(String::as_str).collect();
    println!(
        "demo, {what}: {} readings, {} days, {} page bytes, adherence {} ({})",
        found["readings"],
        found["days"],
        found["page_bytes"],
        found["adherence"]["status"],
        said.trim()
    );
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in ["readings", "days", "page_bytes"] {
        assert!(found[key].as_u64().is_some_and(|count| count > 0), "{key} in {found}");
    }
    let days = &found["adherence"]["days"];
    assert!(days["valid"].as_u64().is_some_and(|count| count > 0), "{days}");
    assert!(
        ["ok", "bounded", "insufficient"]
            .contains(&found["adherence"]["status"].as_str().unwrap_or_default())
    );
    for (what, folder) in [("its own folder", &temporary), ("the home folder", &folder.data())] {
        let left: Vec<_> = std::fs::read_dir(folder).expect("a folder").collect();
        assert!(left.is_empty(), "the demonstration left something in {what}: {left:?}");
    }
    found
}

#[test]
fn the_demonstration_is_whole_on_recordings() {
    if recordings("fitabase").is_none() {
        return;
    }
    let found = check("four real people", &root().canonicalize().expect("a path"));
    assert_eq!(found["readings"], 2 * 116_660);
}

#[test]
fn the_demonstration_is_whole_without_recordings() {
    let empty = tempfile::tempdir().expect("a folder");
    let found = check("one simulated person", empty.path());
    assert_eq!(found["days"], 28);
    assert!(found["readings"].as_u64().is_some_and(|count| count > 28 * 1_440), "{found}");
}

#[test]
fn a_closed_terminal_ends_the_demonstration_and_takes_its_data_along() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    if u64::from_str_radix(ignored.trim(), 16).is_ok_and(|mask| mask & 1 != 0) {
        println!("left out: this test was started to outlive its terminal (nohup), and so is what it starts");
        return;
    }
    let folder = Folder::new();
    let temporary = folder.file("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let said = folder.file("demo.out");
    let mut demo = command();
    demo.args(["demo", "--quiet"]).env("FOULEE_TEST_DATA", folder.data()).env("TMPDIR", &temporary);
    demo.stdout(std::fs::File::create(&said).expect("a file")).current_dir(folder.data());
    let mut child = demo.spawn().expect("foulee runs");
    let wait = |what: &str, done: &mut dyn FnMut() -> bool| {
        let started = std::time::Instant::now();
        while !done() {
            assert!(started.elapsed() < PATIENCE, "{what}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    };
    wait("it prints its address", &mut || {
        std::fs::read_to_string(&said).is_ok_and(|text| text.contains("/enter"))
    });
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 1);
    // It says so before it listens for signals.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let sent = std::process::Command::new("kill").args(["-HUP", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    wait("it ends", &mut || child.try_wait().expect("a child").is_some());
    assert!(child.wait().expect("a child").success());
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 0, "the data stay behind");
}
