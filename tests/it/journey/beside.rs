//! Commands beside a running service show what it has acknowledged.

use std::fmt::Write as _;

use serde_json::json;

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

const DAYS: i64 = 60;
/// 2026-03-02T00:00:00Z.
const START_MS: i64 = 1_772_409_600_000;

/// Days of minutes in UTC, as seconds since 1970.
fn export() -> String {
    let mut text = String::from("time,heart_rate,steps\n");
    for minute in 0..DAYS * 1_440 {
        let at = START_MS / 1_000 + minute * 60;
        writeln!(text, "{at},{},{}", 60 + minute % 50, minute % 40).expect("in memory");
    }
    text
}

#[test]
fn what_was_just_imported_is_shown() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "1", "beside", "UTC");
    let served = Served::start(&folder);
    let file = folder.write("minutes.csv", export());
    folder.run(["import", "--participant", &id, file.to_str().expect("a path")]).ok();
    // At once, and of the last day, which the worker comes to last.
    let last = "--from 2026-04-30 --to 2026-04-30";
    let measures = folder.say(&format!("measures {id} {last}"));
    assert_eq!(measures.code, 0, "{}", measures.stderr);
    assert!(measures.stdout.lines().count() > 10, "{} {}", measures.stdout, measures.stderr);
    assert!(!measures.stderr.contains("still to compute"), "{}", measures.stderr);
    let minutes = folder.say(&format!("minutes {id} {last}")).ok();
    let known = minutes.lines().skip(1).filter(|row| !row.contains(",unknown,")).count();
    assert_eq!(known, 1_440);
    folder.say(&format!("programme assign {id} graded-walking --start 2026-04-01")).ok();
    let adherence = folder.say(&format!("adherence {id} --from 2026-04-01 --to 2026-04-30 --json")).json();
    assert_eq!((&adherence["status"], &adherence["days"]["valid"]), (&"ok".into(), &30.into()));
    served.stop();
}

#[test]
fn what_was_just_posted_is_among_the_readings() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "1", "beside", "Europe/Paris");
    let served = Served::start(&folder);
    let post = |start: i64| {
        let batch = json!({"contract": 1, "series": [{
            "participant": id, "source": "watch////wrist", "metric": "heart_rate", "grain": "sample", "unit": "/min",
            "points": {"start": [start], "value": [72]},
        }]});
        assert_eq!(served.post(&batch).json()["new"], 1);
    };
    let rows = || folder.say(&format!("readings {id}")).ok().lines().count() - 1;
    // Long ago, and then today: what is not yet a complete day, or not computed, is there all the same.
    post(START_MS - 365 * 86_400_000);
    assert_eq!(rows(), 1);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    post(i64::try_from(now.as_millis()).expect("a time"));
    assert_eq!(rows(), 1, "the last days now end today");
    served.stop();
}
