//! `foulee demo --check`: every hop once, on recordings or on a simulated person.

use std::path::Path;

use serde_json::Value;

use crate::data::{recordings, root};
use crate::foulee::{Folder, command, finish};

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
