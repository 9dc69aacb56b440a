//! Days of 23 and 25 hours in Europe/Paris.

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use crate::foulee::Folder;
use crate::people;
use crate::served::Served;

/// A local day: when it begins, how long it is, and from which minute on its offset is another.
struct Change {
    date: &'static str,
    begins: &'static str,
    minutes: i64,
    changes_after: i64,
    offsets: [i32; 2],
}

const CHANGES: [Change; 2] = [
    Change {
        date: "2026-03-29",
        begins: "2026-03-29T00:00:00+01:00",
        minutes: 1_380,
        changes_after: 120,
        offsets: [60, 120],
    },
    Change {
        date: "2025-10-26",
        begins: "2025-10-26T00:00:00+02:00",
        minutes: 1_500,
        changes_after: 180,
        offsets: [120, 60],
    },
];

/// Minutes before and after the day, which must not be in it.
const AROUND: i64 = 600;

/// Steps of the minute so many minutes from the day's beginning: never twice the same within the hour.
fn steps(minute: i64) -> i64 {
    minute.rem_euclid(67) + 1
}

impl Change {
    fn begins(&self) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(self.begins).expect("a time")
    }

    fn offset(&self, minute: i64) -> i32 {
        self.offsets[usize::from(minute >= self.changes_after)]
    }

    fn expected(&self) -> i64 {
        (0..self.minutes).map(steps).sum()
    }

    /// A person's own export: local times with their offset.
    fn csv(&self) -> String {
        let mut text = String::from("time,steps\n");
        for minute in -AROUND..self.minutes + AROUND {
            let zone = FixedOffset::east_opt(self.offset(minute) * 60).expect("an offset");
            let at = (self.begins() + TimeDelta::minutes(minute)).with_timezone(&zone);
            let _ = writeln!(text, "{},{}", at.to_rfc3339_opts(SecondsFormat::Secs, false), steps(minute));
        }
        text
    }

    /// A device that knows UTC alone.
    fn batch(&self, id: &str) -> Value {
        let start = (self.begins() - TimeDelta::minutes(AROUND)).timestamp_millis();
        let value: Vec<i64> = (-AROUND..self.minutes + AROUND).map(steps).collect();
        json!({"contract": 1, "series": [{
            "participant": id, "source": "watch////utc", "metric": "steps", "grain": "epoch", "unit": "{steps}",
            "grid": {"start": start, "step": 60_000, "value": value},
        }]})
    }

    /// Holds what `foulee minutes` and `foulee measures` say of the day.
    fn check(&self, folder: &Folder, id: &str, how: &str) {
        let date = self.date;
        let text = folder.say(&format!("minutes {id} --from {date} --to {date}")).ok();
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert_eq!(text.lines().next(), Some("start,offset,state,steps,heart_rate"));
        let sum: i64 = rows.iter().map(|row| row[3].parse::<i64>().expect("steps")).sum();
        println!("{date}, {how}: {} minutes, {sum} steps of {}", rows.len(), self.expected());
        assert_eq!(rows.len() as i64, self.minutes);
        for (minute, row) in (0..).zip(&rows) {
            let at = DateTime::parse_from_rfc3339(row[0]).expect("a time");
            assert_eq!(at, self.begins() + TimeDelta::minutes(minute), "{row:?}");
            assert_eq!(row[1], self.offset(minute).to_string(), "{row:?}");
            assert_eq!(row[3], steps(minute).to_string(), "{row:?}");
        }
        assert_eq!(sum, self.expected());
        let day: NaiveDate = date.parse().expect("a date");
        for (day, minutes) in [(day.pred_opt(), AROUND), (day.succ_opt(), AROUND)] {
            let date = day.expect("a date");
            let text = folder.say(&format!("minutes {id} --from {date} --to {date}")).ok();
            let known = text.lines().skip(1).filter(|line| line.split(',').nth(3) != Some("")).count();
            assert_eq!((text.lines().count() - 1, known as i64), (1_440, minutes), "{date}");
        }
        let measures = folder.say(&format!("measures {id} --from {date} --to {date}")).ok();
        let total = measures.lines().find(|line| line.split(',').nth(2) == Some("steps")).expect("steps");
        assert_eq!(total.split(',').nth(3), Some(self.expected().to_string().as_str()), "{total}");
    }
}

#[test]
fn a_day_of_clock_change_has_its_true_minutes_from_a_file() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "paris", "dst", "Europe/Paris");
    for change in &CHANGES {
        let path = folder.write(&format!("{}.csv", change.date), change.csv());
        folder.run(["import", "--participant", &id, path.to_str().expect("a path")]).ok();
        change.check(&folder, &id, "imported with offsets");
    }
}

#[test]
fn a_day_of_clock_change_has_its_true_minutes_over_http() {
    let folder = Folder::new();
    let id = people::id(1);
    people::add(&folder, &id, "paris", "dst", "Europe/Paris");
    let mut served = Served::start(&folder);
    for change in &CHANGES {
        let answer = served.post(&change.batch(&id));
        assert_eq!((answer.status, answer.json()["new"].as_i64()), (200, Some(change.minutes + 2 * AROUND)));
        served.drained();
        change.check(&folder, &id, "sent in UTC without offsets");
    }
    served.stop();
}
