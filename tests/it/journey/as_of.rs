//! Adherence as it was known: days of which nothing had arrived are censored, once they have they are judged.

use std::thread::sleep;
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

const START: &str = "2026-03-02";
const START_STEPS: i64 = 4_000;

fn day(n: u64) -> NaiveDate {
    START.parse::<NaiveDate>().expect("a date") + Days::new(n)
}

/// A worn day: heart rate throughout, and so many steps at 100 a minute from ten o'clock on.
fn worn(id: &str, date: NaiveDate, steps: usize) -> Value {
    let start = date.and_hms_opt(0, 0, 0).expect("midnight").and_utc().timestamp_millis();
    let mut minutes = vec![0; 1_440];
    minutes[600..600 + steps / 100].fill(100);
    let block = |metric: &str, unit: &str, value: Vec<i64>| {
        json!({
            "participant": id, "source": "watch////as-of", "metric": metric, "grain": "epoch", "unit": unit,
            "offset": 0, "grid": {"start": start, "step": 60_000, "value": value},
        })
    };
    let heart: Vec<i64> = minutes.iter().map(|steps| if *steps > 0 { 95 } else { 62 }).collect();
    json!({"contract": 1, "series": [block("steps", "{steps}", minutes), block("heart_rate", "/min", heart)]})
}

fn now() -> String {
    DateTime::<Utc>::from(std::time::SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A moment that no upload shares.
fn moment() -> String {
    sleep(Duration::from_millis(50));
    let moment = now();
    sleep(Duration::from_millis(50));
    moment
}

fn outcomes(doc: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let days = doc["by_day"].as_array().expect("days");
    days.iter().map(|day| (text(&day["date"]), text(&day["outcome"]))).collect()
}

fn counts(doc: &Value) -> [u64; 4] {
    ["prescribed", "attained", "missed", "censored"].map(|name| doc["days"][name].as_u64().expect("a count"))
}

#[test]
fn days_are_censored_as_of_before_they_came_and_judged_after() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "as-of", "UTC");
    folder
        .say(&format!("programme assign {id} graded-walking --start {START} --start-steps {START_STEPS}"))
        .ok();
    let mut served = Served::start(&folder);
    let asked = |as_of: &str| {
        let period = format!("--from {} --to {}", day(0), day(6));
        folder.say(&format!("adherence {id} {period} {as_of} --json")).json()
    };
    let nothing = moment();
    for n in 0..3 {
        assert_eq!(served.post(&worn(&id, day(n), 9_000)).status, 200);
    }
    served.drained();
    let first = moment();
    let seen_then = asked("");
    let as_of_first = asked(&format!("--as-of {first}"));

    // Late: four more days, of which two are short of any quota.
    for n in 3..7 {
        let steps = if n < 5 { 9_000 } else { 500 };
        assert_eq!(served.post(&worn(&id, day(n), steps)).status, 200);
    }
    served.drained();
    let second = moment();
    let (before, then, after, now) = (
        asked(&format!("--as-of {nothing}")),
        asked(&format!("--as-of {first}")),
        asked(&format!("--as-of {second}")),
        asked(""),
    );
    for (what, doc) in [("nothing", &before), ("first", &then), ("second", &after), ("now", &now)] {
        println!(
            "as of {what}: prescribed, attained, missed, censored {:?}; {:?}",
            counts(doc),
            outcomes(doc)
        );
    }
    assert_eq!(counts(&before), [7, 0, 0, 7]);
    assert_eq!(counts(&then), [7, 3, 0, 4]);
    assert_eq!(counts(&after), [7, 5, 2, 0]);
    assert_eq!(counts(&now), [7, 5, 2, 0]);
    let of_first: Vec<String> = outcomes(&then).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(
        of_first,
        ["attained", "attained", "attained", "censored", "censored", "censored", "censored"]
    );
    assert_eq!(
        as_of_first.to_string(),
        then.to_string(),
        "what came later changes nothing of what was known"
    );
    assert_eq!(outcomes(&seen_then), outcomes(&then), "as it was seen at the time");
    assert_eq!(then["as_of"].as_str(), Some(first.as_str()));

    let path = format!("/v1/participants/{id}/adherence?from={}&to={}&as_of={first}", day(0), day(6));
    assert_eq!(served.get(&path).json().to_string(), then.to_string(), "over HTTP");
    served.stop();
    assert_eq!(asked(&format!("--as-of {first}")).to_string(), then.to_string(), "without the service");
}

#[test]
fn a_programme_assigned_later_changes_nothing_of_what_was_known() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "as-of", "UTC");
    let assign = |steps: i64| {
        folder
            .say(&format!("programme assign {id} graded-walking --start {START} --start-steps {steps}"))
            .ok()
    };
    assign(START_STEPS);
    let mut served = Served::start(&folder);
    for n in 0..7 {
        assert_eq!(served.post(&worn(&id, day(n), 9_000)).status, 200);
    }
    served.drained();
    served.stop();
    let known = moment();
    let asked = || {
        let period = format!("--from {} --to {}", day(0), day(6));
        folder.say(&format!("adherence {id} {period} --as-of {known} --json")).json()
    };
    let before = asked();
    assign(3 * START_STEPS);
    let after = asked();
    for (what, doc) in [("before", &before), ("after", &after)] {
        println!(
            "as of one moment, asked {what} another was assigned: {} {:?}",
            doc["programme"]["name"],
            counts(doc)
        );
    }
    assert_eq!(before.to_string(), after.to_string());
}
