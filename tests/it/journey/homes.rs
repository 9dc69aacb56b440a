//! Where days begin: zones on the half hour, a journey, records that cross midnight, files without offsets; and which source is
//! asked first. Each is said by a command, beside a service and without one.

use chrono::DateTime;
use serde_json::{Value, json};

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

fn ms(at: &str) -> i64 {
    DateTime::parse_from_rfc3339(at).expect("a time").timestamp_millis()
}

/// Minutes of steps and heart rate of a watch from an instant on.
fn worn(id: &str, from: &str, offset: i32, steps: &[i64]) -> Value {
    let block = |metric: &str, unit: &str, value: Vec<i64>| {
        json!({
            "participant": id, "source": "watch////homes", "metric": metric, "grain": "epoch", "unit": unit,
            "offset": offset, "grid": {"start": ms(from), "step": 60_000, "value": value},
        })
    };
    let heart = vec![65; steps.len()];
    json!({"contract": 1, "series": [block("steps", "{steps}", steps.to_vec()), block("heart_rate", "/min", heart)]})
}

/// Steps of each day.
fn days(folder: &Folder, id: &str) -> Vec<(String, Option<f64>)> {
    let rows = folder.say(&format!("measures {id} --from 2026-04-01 --to 2026-05-31 --format json")).json();
    let steps = rows.as_array().expect("rows").iter().filter(|row| row["measure"] == "steps");
    steps.map(|row| (row["date"].as_str().expect("a date").to_owned(), row["value"].as_f64())).collect()
}

fn named(days: &[(&str, f64)]) -> Vec<(String, Option<f64>)> {
    days.iter().map(|(date, steps)| ((*date).to_owned(), Some(*steps))).collect()
}

#[test]
fn a_zone_on_the_half_hour_and_a_record_over_midnight() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "homes", "Asia/Kolkata");
    let served = Served::start(&folder);
    // From 23:00 until 01:00 at home: 18:30 UTC is midnight.
    assert_eq!(served.post(&worn(&id, "2026-04-10T17:30:00Z", 330, &[10; 120])).status, 200);
    // Ten minutes over midnight, of another device: an even share for each day.
    let over = json!({"contract": 1, "series": [{
        "participant": id, "source": "phone////homes", "metric": "steps", "grain": "sample", "unit": "{steps}", "offset": 330,
        "points": {"start": [ms("2026-04-11T18:26:00Z")], "end": [ms("2026-04-11T18:36:00Z")], "value": [200]},
    }]});
    assert_eq!(served.post(&over).status, 200);
    served.stop();
    let found = days(&folder, &id);
    println!("Asia/Kolkata: {found:?}");
    assert_eq!(found, named(&[("2026-04-10", 600.0), ("2026-04-11", 680.0), ("2026-04-12", 120.0)]));
    let minutes = folder.say(&format!("minutes {id} --from 2026-04-11 --to 2026-04-11")).ok();
    let first = minutes.lines().nth(1).expect("a minute");
    assert!(first.starts_with("2026-04-10T18:30:00Z,330,moved,10"), "{first}");
}

#[test]
fn a_journey_is_told_and_its_days_are_whole() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "homes", "Europe/Paris");
    let mut served = Served::start(&folder);
    // Two days in Paris, then two on Tokyo's clock, nine hours ahead of UTC; a step a minute.
    assert_eq!(served.post(&worn(&id, "2026-04-30T22:00:00Z", 120, &[1; 2 * 1_440])).status, 200);
    assert_eq!(served.post(&worn(&id, "2026-05-02T22:00:00Z", 540, &[1; 2 * 1_440])).status, 200);
    served.drained();
    let all = |days: &[(String, Option<f64>)]| days.iter().filter_map(|(_, steps)| *steps).sum::<f64>();
    let before = days(&folder, &id);
    println!("before it is told: {before:?}");
    assert_eq!(before.len(), 4);
    assert_eq!(all(&before), 4.0 * 1_440.0);
    let page = folder.say(&format!("explain {id} --date 2026-05-04")).ok();
    assert!(page.contains("clocks showed another zone than home's"), "{page}");
    let home = folder.say(&format!("explain {id} --date 2026-05-01")).ok();
    assert!(!home.contains("another zone"), "{home}");

    // Beside the service, whose worker computes the days anew.
    let told = folder.say(&format!("participant move {id} Asia/Tokyo --from 2026-05-02T22:00:00Z")).ok();
    assert_eq!(told, "Europe/Paris since ever\nAsia/Tokyo from 2026-05-02T22:00:00Z\n");
    let after = days(&folder, &id);
    println!("once it is told: {after:?}");
    // 3 May begins when the traveller's clock shows it, on arrival at 07:00, and ends at Tokyo's midnight.
    assert_eq!(
        after,
        named(&[
            ("2026-05-01", 1_440.0),
            ("2026-05-02", 1_440.0),
            ("2026-05-03", 1_020.0),
            ("2026-05-04", 1_440.0),
            ("2026-05-05", 420.0),
        ])
    );
    assert_eq!(all(&after), all(&before), "no minute is lost or doubled");
    let told = folder.say(&format!("explain {id} --date 2026-05-04")).ok();
    assert!(!told.contains("another zone"), "{told}");
    served.stop();

    // Without the service: back in Paris since ever.
    folder.say(&format!("participant move {id} Europe/Paris --from 2026-05-02T22:00:00Z")).ok();
    assert_eq!(days(&folder, &id), before);
}

#[test]
fn a_file_without_offsets_is_refused_until_its_zone_is_given() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "homes", "Asia/Kolkata");
    let file = folder.write("steps.csv", "time,steps\n2026-04-10 00:10:00,30\n2026-04-10 23:50:00,40\n");
    let file = file.to_str().expect("a path");
    let refused = folder.say(&format!("import --participant {id} {file}"));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--time-zone"), "{}", refused.stderr);
    folder.say(&format!("import --participant {id} --time-zone Asia/Kolkata {file}")).ok();
    assert_eq!(days(&folder, &id), named(&[("2026-04-10", 70.0)]));
}

#[test]
fn who_is_asked_first_is_said_of_each_participant() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "one", "homes", "UTC");
    let served = Served::start(&folder);
    let of = |source: &str, count: i64| {
        json!({"contract": 1, "series": [{
            "participant": id, "source": source, "metric": "steps", "grain": "epoch", "unit": "{steps}", "offset": 0,
            "grid": {"start": ms("2026-04-10T10:00:00Z"), "step": 60_000, "value": vec![count; 20]},
        }]})
    };
    for (source, count) in [("phone////p", 30), ("watch////w", 50), ("watch////v", 70)] {
        assert_eq!(served.post(&of(source, count)).status, 200);
    }
    let ranks = |folder: &Folder, flags: &str| {
        let rows = folder.say(&format!("participant sources {id} {flags} --format json")).json();
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| (row["source"].as_str().expect("a key").to_owned(), row["chosen"] == true))
            .collect::<Vec<_>>()
    };
    let keys = |order: [(&str, bool); 3]| order.map(|(key, chosen)| (key.to_owned(), chosen)).to_vec();
    assert_eq!(
        ranks(&folder, ""),
        keys([("watch////v", false), ("watch////w", false), ("phone////p", false)])
    );
    assert_eq!(days(&folder, &id), named(&[("2026-04-10", 1_400.0)]));
    // Beside the service.
    let chosen = ranks(&folder, "--first phone////p --first watch////w");
    assert_eq!(chosen, keys([("phone////p", true), ("watch////w", true), ("watch////v", false)]));
    assert_eq!(days(&folder, &id), named(&[("2026-04-10", 600.0)]));
    let unknown = folder.say(&format!("participant sources {id} --first watch////none"));
    assert!(unknown.code == 2 || unknown.code == 1, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("watch////w"), "{}", unknown.stderr);
    served.stop();
    // Without it.
    ranks(&folder, "--first watch////w");
    assert_eq!(days(&folder, &id), named(&[("2026-04-10", 1_000.0)]));
    let by_kind = ranks(&folder, "--by-kind");
    assert_eq!(by_kind, keys([("watch////v", false), ("watch////w", false), ("phone////p", false)]));
    assert_eq!(days(&folder, &id), named(&[("2026-04-10", 1_400.0)]));
}
